"""A hub of processes alone: a database, a clock that is moved, and the pump."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.spiff import SpiffEngine
from chengshu.foundation.journal import Actor, changes_after, verify
from chengshu.foundation.journal import store as journal_store
from chengshu.foundation.journal.pump import Pump
from chengshu.foundation.processes import Processes, Services, Task, Timers, queries, store
from chengshu.kernel.calendar import WorkingCalendar
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.ids import Ids, SequenceIds, TimeIds
from chengshu.ports.database import Database

PLANS = Path(__file__).parent / "plans"
OFFICE = {
    "hours": {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": [{"date": "2026-07-02", "name": "holiday"}],
    "workdays": [{"date": "2026-07-04", "name": "make-up"}],
}
ALICE, BOB = Actor("person:alice", "Alice"), Actor("person:bob", "Bob")


class House:
    """The rooms, wired; ``to`` moves the time and lets everything due happen."""

    def __init__(self, path: Path, *, durable_ids: bool = False) -> None:
        self.database = SqliteDatabase(path, durable=False, threaded=False)
        self.clock = VirtualClock(datetime(2026, 7, 1, 10, 0, tzinfo=UTC))  # a Wednesday
        self.ids: Ids = TimeIds(self.clock) if durable_ids else SequenceIds()
        self.processes = self.renewed(self.database)
        self.services = Services(self.processes)
        self.timers = Timers(self.database, self.clock, self.processes)
        self.pump = Pump(self.database, self.clock, [self.services], [self.timers], strict=True)
        self.database.create(journal_store.metadata)
        self.database.create(store.metadata)

    def renewed(self, database: Database) -> Processes:
        calendar = WorkingCalendar.read(OFFICE, ZoneInfo("UTC"))
        return Processes(database, SpiffEngine(), self.clock, self.ids, calendar, self._decide)

    @staticmethod
    def _decide(key: str, name: str, context: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any]]:
        return {"key": key, "level": context["level"]}, {"rule": name}

    def deploy(self, name: str) -> Any:
        return self.processes.deploy((PLANS / name).read_bytes(), ALICE)

    def to(self, moment: str) -> None:
        target = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        self.pump.drain()
        while (due := self.pump.next_due()) is not None and due <= target:
            self.clock.advance_to(max(due, self.clock.now()))
            self.pump.drain()
        self.clock.advance_to(target)
        self.pump.drain()

    def tasks(self, **asked: Any) -> list[Task]:
        with self.database.read() as connection:
            return queries.tasks(connection, **asked)

    def task(self, element: str) -> Task:
        return next(task for task in self.tasks() if task.element == element)

    def requests(self) -> list[Task]:
        with self.database.read() as connection:
            return queries.requests(connection)

    def picture(self, instance: str, as_of: datetime | None = None) -> queries.Picture:
        with self.database.read() as connection:
            return queries.picture(connection, instance, as_of)

    def instance(self, instance: str) -> Any:
        with self.database.read() as connection:
            return queries.instance(connection, instance)

    def changes(self, kind: str = "") -> list[Any]:
        with self.database.read() as connection:
            assert verify(connection).ok
            return list(changes_after(connection, 0, (kind,), 10_000))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "hub.db")
    yield made
    made.database.close()


@pytest.fixture
def people() -> tuple[Actor, Actor]:
    return ALICE, BOB
