"""A broker in this process, and a client that speaks to it as over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from tools.broker import Standing


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[Standing]:
    """The broker; nothing follows its change stream unless a test starts it."""
    broker = Standing(tmp_path / "data", durable=False)
    yield broker
    broker.close()


@pytest.fixture
async def api(standing: Standing) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose addresses are relative to ``/ngsi-ld/v1/``."""
    transport = httpx.ASGITransport(app=standing.surface)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub/ngsi-ld/v1/") as client:
        yield client
