"""A context with its history and pump, on a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.embedded.history import DuckHistory
from chengshu.foundation.context import Context, ContextQueries, HistoryFeed, Observation, store
from chengshu.foundation.journal import Pump
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.areas import Area, AreaTree
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.texts import Text

START = datetime(2026, 7, 20, 8, tzinfo=UTC)
AREAS = AreaTree(
    [
        Area("city", Text.of("City"), "city", None),
        Area("east", Text.of("East"), "district", "city"),
        Area("east-1", Text.of("East 1"), "street", "east"),
        Area("west", Text.of("West"), "district", "city"),
    ]
)


@dataclass
class Room:
    """Everything a test of the context needs."""

    database: SqliteDatabase
    clock: VirtualClock
    history: DuckHistory
    context: Context
    queries: ContextQueries
    pump: Pump


def open_room(folder: Path, clock: VirtualClock, *, threaded: bool = False) -> Room:
    """Open (again) the hub that lies in ``folder``."""
    database = SqliteDatabase(folder / "hub.db", durable=False, threaded=threaded)
    database.create(journal_store.metadata)
    database.create(store.metadata)
    history = DuckHistory(folder / "history.duckdb")
    context = Context(database, clock)
    feed = HistoryFeed(history, clock)
    queries = ContextQueries(database, clock, context.series, history, AREAS)
    return Room(
        database, clock, history, context, queries, Pump(database, clock, [feed], [feed], strict=True)
    )


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = open_room(tmp_path, VirtualClock(START))
    yield room
    room.history.close()
    room.database.close()


@pytest.fixture
def rain() -> Callable[..., Observation]:
    def make(gauge: object, value: float, at: datetime, unit: str = "mm/h") -> Observation:
        return Observation(f"urn:ngsi-ld:RainGauge:{gauge}", "RainGauge", "rainIntensity", value, unit, at)

    return make
