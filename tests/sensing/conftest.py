"""An intake over a small city."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.context.conftest import START, Room, open_room

from chengshu.foundation.context import Entity
from chengshu.foundation.sensing import Box, Intake, Source, store
from chengshu.foundation.sensing.declared import Sources
from chengshu.kernel.clock import VirtualClock

BOX = Box(120.0, 31.0, 122.0, 32.0)
GAUGES: dict[str, Any] = {
    "id": "gauges",
    "connector": {"kind": "http"},
    "each": "readings",
    "type": "RainGauge",
    "entity": '"urn:ngsi-ld:RainGauge:" + gauge',
    "observed_at": "time",
    "attributes": {"rainIntensity": {"value": "mm_h", "unit": "mm/h", "range": [0, 500]}},
}


def declare(*sources: dict[str, Any]) -> tuple[Source, ...]:
    """Sources from their declared form."""
    return Sources.model_validate({"sources": list(sources)}).sources


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = open_room(tmp_path, VirtualClock(START))
    room.database.create(store.metadata)
    for number in ("1", "2", "3"):
        room.context.upsert(Entity(f"urn:ngsi-ld:RainGauge:{number}", "RainGauge"))
    yield room
    room.history.close()
    room.database.close()


@pytest.fixture
def open_intake(room: Room) -> Callable[..., Intake]:
    def make(*sources: dict[str, Any]) -> Intake:
        return Intake(
            room.database,
            room.clock,
            room.context,
            declare(*(sources or (GAUGES,))),
            ZoneInfo("Asia/Shanghai"),
            BOX,
        )

    return make
