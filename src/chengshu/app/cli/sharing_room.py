"""The desk of sharing over a data folder, for one command."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chengshu.app.places import find_packages
from chengshu.kernel.clock import Clock, SystemClock
from chengshu.kernel.errors import Missing

if TYPE_CHECKING:
    from chengshu.resources.ledger import Resource
    from chengshu.resources.sharing import Duties, Gate, Sharing, SharingQueries, Source

KEY_FILE = "sharing.key"


@dataclass(frozen=True)
class Room:
    """The parts of the desk over one data folder."""

    clock: Clock
    desk: Sharing
    duties: Duties
    queries: SharingQueries
    gate: Gate


@contextmanager
def opened(city: Path, data: Path, packages: Path | None) -> Iterator[Room]:
    """The desk of a city; what is due is done first. The hub must be stopped: one process holds the data."""
    from chengshu.app.stores import DataFolder, open_state
    from chengshu.foundation.city import read_city
    from chengshu.foundation.journal import store as journal_store
    from chengshu.kernel.calendar import WorkingCalendar
    from chengshu.kernel.ids import TimeIds
    from chengshu.resources.ledger import LedgerQueries
    from chengshu.resources.ledger import store as ledger_store
    from chengshu.resources.sharing import (
        Duties,
        Gate,
        Sharing,
        SharingClocks,
        SharingQueries,
        read_terms,
        store,
    )

    found = read_city(city, packages or find_packages(city))
    lock = DataFolder(data)
    try:
        database = open_state(data, must_exist=True)
        try:
            for metadata in (journal_store.metadata, ledger_store.metadata, store.metadata):
                database.create(metadata)
            clock = SystemClock()
            calendar = WorkingCalendar.read(found.calendar, found.zone)
            entries = LedgerQueries(database)
            parts = (database, clock, TimeIds(clock), calendar, entries, read_terms(found.folder))
            desk = Sharing(*parts)
            sources = _sources(found)
            gate = Gate(database, clock, calendar, entries, desk, sources, _key(data))
            SharingClocks(database, desk).tick(clock.now())
            yield Room(clock, desk, Duties(*parts), SharingQueries(database, calendar), gate)
        finally:
            database.close()
    finally:
        lock.release()


def _key(data: Path) -> bytes:
    """The hub's secret for tokens and watermarks; drawn once, readable by the hub's user only."""
    path = data / KEY_FILE
    if not path.exists():
        spare = path.with_suffix(".new")
        with os.fdopen(os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        spare.replace(path)
    return path.read_bytes()


def _sources(city: Any) -> Callable[[Resource], Source]:
    """Where the rows of an entry are: a file of a folder that the city harvests."""
    from chengshu.app.harvesting import harvest_of
    from chengshu.resources.ledger.harvest.declared import Folder
    from chengshu.resources.sharing import Source

    roots = {
        source.id: (city.folder / source.connector.path).resolve()
        for source in harvest_of(city)
        if isinstance(source.connector, Folder)
    }

    def source_of(resource: Resource) -> Source:
        root = roots.get(resource.origin.source) if resource.origin else None
        for place in resource.distributions:
            if root is not None and place.local and place.url.startswith("file:"):
                path = (root / place.url.removeprefix("file:")).resolve()
                if path.is_relative_to(root):
                    return Source(path, resource.extra.get("encoding", "utf-8"))
        raise Missing(
            "sharing-source",
            "the hub cannot read the rows of this entry itself",
            where=resource.id,
            remedy="harvest its file from a folder, or let the provider hand it over",
        )

    return source_of
