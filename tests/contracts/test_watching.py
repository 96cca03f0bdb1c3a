"""Contracts are held against what is harvested: once for each change, once a day, whatever a source does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from tests.contracts.test_check import CASES, HEADER
from tests.contracts.test_keeping import DOCUMENT, ENTRY, LIN

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.journal import changes_after
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import Missing, Unavailable
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.texts import Text
from chengshu.resources.contracts import ContractQueries, Contracts, ContractWatch, store
from chengshu.resources.ledger import Ledger, LedgerQueries, Origin, Resource
from chengshu.resources.ledger import store as ledger_store
from chengshu.resources.ledger.harvest import Rows
from chengshu.resources.ledger.harvest import store as harvest_store

GOOD, BAD = CASES[0]["rows"], CASES[1]["rows"]


def rows_of(lines: list[str]) -> pa.Table:
    cells = [line.split(",") for line in lines]
    names = HEADER.split(",")
    return pa.table({name: pa.array([row[at] or None for row in cells]) for at, name in enumerate(names)})


@dataclass
class Gauges:
    """A source whose rows the test changes."""

    lines: list[str]
    word: str = "one"
    total: int | None = None
    trouble: Exception | None = None
    reads: int = 0
    dialect: str = ""
    made_: Mapping[str, str] = field(default_factory=dict)

    def content(self, entry: Resource) -> str:
        return self.word

    def rows(self, entry: Resource) -> Rows:
        self.reads += 1
        if self.trouble is not None:
            raise self.trouble
        return Rows(rows_of(self.lines), self.total)

    def made(self) -> Mapping[str, str]:
        return self.made_


class Room:
    def __init__(self, folder: Path, source: Gauges) -> None:
        self.database = SqliteDatabase(folder / "hub.db", durable=False, threaded=False)
        for part in (journal_store, ledger_store, harvest_store, store):
            self.database.create(part.metadata)
        self.clock = VirtualClock(datetime(2026, 7, 6, 1, 30, tzinfo=UTC))
        entries = LedgerQueries(self.database)
        self.contracts, self.queries = (
            Contracts(self.database, self.clock, entries),
            ContractQueries(self.database),
        )
        entry = Resource(ENTRY, "dataset", Text.of("gauges"), origin=Origin("water", "gauges"))
        other = Resource("urn:x:other", "dataset", Text.of("other"), origin=Origin("nobody", "x"))
        self.ledger = Ledger(self.database, self.clock, SequenceIds())
        self.ledger.put([entry, other], LIN)
        for id_ in (ENTRY, "urn:x:other"):
            self.contracts.keep(id_, DOCUMENT, LIN)
        sources = {"water": source}
        self.watch = ContractWatch(
            self.database, self.clock, self.contracts, entries, sources, "Asia/Shanghai"
        )

    def held(self) -> list[bool]:
        return [item.holds for item in self.queries.checks(ENTRY)]


@pytest.fixture
def source() -> Gauges:
    return Gauges(GOOD)


@pytest.fixture
def room(tmp_path: Path, source: Gauges) -> Room:
    return Room(tmp_path, source)


def test_once_for_each_change(room: Room, source: Gauges) -> None:
    assert (room.watch.look(), room.watch.look(), source.reads) == (1, 0, 1)
    source.lines, source.word = BAD, "two"
    assert (room.watch.look(), room.watch.look()) == (1, 0)
    assert room.held() == [True, False]
    room.contracts.keep(ENTRY, DOCUMENT | {"version": "1.1.0"}, LIN)
    assert room.watch.look() == 1 and source.reads == 3
    with room.database.read() as connection:
        [first, *_] = changes_after(connection, 0, ("contract.broken",))
    assert first.subject == ENTRY and first.payload["findings"][0]["check"] == "c1-required"


def test_what_grows_old_is_found_within_a_day(room: Room, source: Gauges) -> None:
    assert room.watch.look() == 1
    room.clock.advance_to(room.clock.now() + timedelta(hours=23))
    assert room.watch.look() == 0
    room.clock.advance_to(room.clock.now() + timedelta(hours=1))
    assert room.watch.look() == 1 and room.held() == [True, False]  # two hours of latency were promised


def test_rows_that_cannot_be_read_break_the_contract(room: Room, source: Gauges) -> None:
    source.trouble = Missing("harvest-file", "the file is not there any more")
    assert room.watch.look() == 1 and room.held() == [False]


def test_a_silent_source_is_asked_again_an_hour_later(room: Room, source: Gauges) -> None:
    for trouble in (Unavailable("down", "it does not answer"), RuntimeError("a surprise")):
        source.trouble, source.reads = trouble, 0
        assert (room.watch.look(), room.watch.look(), source.reads) == (0, 0, 1)
        room.clock.advance_to(room.clock.now() + timedelta(hours=1))
    source.trouble = None
    assert room.held() == [] and room.watch.look() == 1


def test_of_a_part_only_what_a_part_can_say(room: Room, source: Gauges) -> None:
    quality = [{"id": "many", "metric": "rowCount", "mustBeGreaterThan": 100}]
    table = DOCUMENT["schema"][0] | {"quality": quality}
    room.contracts.keep(ENTRY, DOCUMENT | {"version": "2.0.0", "schema": [table]}, LIN)
    assert room.watch.look() == 1
    source.word, source.total = "two", 5000
    assert room.watch.look() == 1
    assert room.held() == [False, True]


def test_retired_entries_are_left_alone_and_it_stops_when_told(room: Room, source: Gauges) -> None:
    assert room.watch.look(lambda: True) == 0
    room.ledger.retire([ENTRY], LIN, why="over")
    assert room.watch.look() == 0 and source.reads == 0
