"""The desk of sharing over a data folder, for one command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chengshu.app.places import find_packages
from chengshu.kernel.clock import Clock, SystemClock

if TYPE_CHECKING:
    from chengshu.resources.ledger import LedgerQueries
    from chengshu.resources.sharing import Corrections, Duties, Gate, SharedFiles, Sharing, SharingQueries


@dataclass(frozen=True)
class Room:
    """The parts of the desk over one data folder."""

    clock: Clock
    desk: Sharing
    duties: Duties
    queries: SharingQueries
    gate: Gate
    corrections: Corrections
    files: SharedFiles
    entries: LedgerQueries


@contextmanager
def opened(city: Path, data: Path, packages: Path | None, *, writing: bool = True) -> Iterator[Room]:
    """The desk of a city. To write, the hub must be stopped, and what is due is done first; a look needs
    neither.
    """
    from chengshu.app.sharing import sharing_of
    from chengshu.app.stores import DataFolder, open_state
    from chengshu.foundation.city import read_city
    from chengshu.foundation.journal import store as journal_store
    from chengshu.kernel.calendar import WorkingCalendar
    from chengshu.kernel.ids import TimeIds
    from chengshu.resources.ledger import LedgerQueries
    from chengshu.resources.ledger import store as ledger_store
    from chengshu.resources.sharing import SharedFiles, store

    found = read_city(city, packages or find_packages(city))
    lock = DataFolder(data) if writing else None
    try:
        database = open_state(data, must_exist=True)
        try:
            for metadata in (journal_store.metadata, ledger_store.metadata, store.metadata):
                database.create(metadata)
            clock = SystemClock()
            calendar = WorkingCalendar.read(found.calendar, found.zone)
            entries = LedgerQueries(database)
            room = sharing_of(found, data, database, clock, TimeIds(clock), calendar, entries)
            if writing:
                room.clocks.tick(clock.now())
            yield Room(
                clock,
                room.desk,
                room.duties,
                room.queries,
                room.gate,
                room.corrections,
                SharedFiles(database, clock),
                entries,
            )
        finally:
            database.close()
    finally:
        if lock is not None:
            lock.release()
