"""A database with the journal's tables, and a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.journal import store
from chengshu.kernel.clock import VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(datetime(2026, 7, 20, 8, tzinfo=UTC))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "hub.db", durable=False, threaded=False)
    database.create(store.metadata)
    yield database
    database.close()
