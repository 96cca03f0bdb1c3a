"""Fixtures of the vitals tests; what they are made of is in ``vitals_lab``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # tests are no package; vitals_lab must be found by name

from vitals_lab import Hub, city_with


@pytest.fixture
def make_hub(tmp_path: Path) -> Iterator[Callable[..., Hub]]:
    """Opens hubs over cities with the given indicators; all are closed at the end."""
    hubs: list[Hub] = []

    def make(*indicators: dict[str, Any], **more: Any) -> Hub:
        folder = tmp_path / f"hub{len(hubs)}"
        hubs.append(Hub(folder, city_with(folder, indicators, **more)))
        return hubs[-1]

    yield make
    for hub in hubs:
        hub.close()
