"""The wiring of sharing: the desk and what stands around it, the same for the hub and the command line."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chengshu.app.harvesting import harvest_of
from chengshu.foundation.city import City
from chengshu.kernel.calendar import WorkingCalendar
from chengshu.kernel.clock import Clock
from chengshu.kernel.errors import Missing
from chengshu.kernel.ids import Ids
from chengshu.ports.database import Database
from chengshu.resources.ledger import LedgerQueries, Resource
from chengshu.resources.ledger.harvest.declared import Folder
from chengshu.resources.libraries import key_of as library_key
from chengshu.resources.libraries import read_libraries
from chengshu.resources.sharing import (
    Corrections,
    Duties,
    Gate,
    Residents,
    Sharing,
    SharingClocks,
    SharingQueries,
    Source,
    read_source_rules,
    read_terms,
)
from chengshu.resources.sharing.keys import KeyOf
from chengshu.resources.sharing.shelf import Shelf

KEY_FILE = "sharing.key"


@dataclass(frozen=True, slots=True)
class SharingRoom:
    """The desk of a city, the gate, what is owed, what can be read, its clocks, and the residents' side."""

    desk: Sharing
    duties: Duties
    queries: SharingQueries
    gate: Gate
    clocks: SharingClocks
    residents: Residents
    corrections: Corrections


def sharing_of(
    city: City,
    folder: Path,
    database: Database,
    clock: Clock,
    ids: Ids,
    calendar: WorkingCalendar,
    ledger: LedgerQueries,
) -> SharingRoom:
    """Sharing over the data in ``folder``. Raises :class:`Invalid` with the mistakes of ``sharing.yaml`` and
    of the city's table of sources.
    """
    terms = read_terms(city.folder)
    parts = (database, clock, ids, calendar, ledger, terms)
    desk = Sharing(*parts, read_source_rules(city.folder))
    duties, queries = Duties(*parts), SharingQueries(database, calendar)
    gate = Gate(database, clock, calendar, ledger, desk, sources_of(city), key_of(folder), library_keys(city))
    residents = Residents(database, clock, queries, duties, gate.subject_token, terms)
    return SharingRoom(
        desk,
        duties,
        queries,
        gate,
        SharingClocks(database, desk),
        residents,
        Corrections(database, duties, residents.counted_token),
    )


def key_of(folder: Path) -> bytes:
    """The hub's secret for tokens and watermarks; drawn once, readable by the hub's user only."""
    path = folder / KEY_FILE
    if not path.exists():
        spare = path.with_suffix(".new")
        with os.fdopen(os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        spare.replace(path)
    return path.read_bytes()


def library_keys(city: City) -> KeyOf:
    """By which field entries may be looked up: the keys of the base libraries that the city declares."""
    declared = read_libraries(city.folder)
    return lambda resource: library_key(declared, resource)


def sources_of(city: City) -> Callable[[Resource], Source]:
    """Where the rows of an entry are: a file of a folder that the city harvests."""
    roots = {
        source.id: (city.folder / source.connector.path).resolve()
        for source in harvest_of(city)
        if isinstance(source.connector, Folder)
    }

    shelf = Shelf()

    def source_of(resource: Resource) -> Source:
        root = roots.get(resource.origin.source) if resource.origin else None
        for place in resource.distributions:
            if root is not None and place.local and place.url.startswith("file:"):
                path = (root / place.url.removeprefix("file:")).resolve()
                if path.is_relative_to(root):
                    encoding = resource.extra.get("encoding", "utf-8")
                    return Source(shelf.table(path, encoding), encoding)
        raise Missing(
            "sharing-source",
            "the hub cannot read the rows of this entry itself",
            where=resource.id,
            remedy="harvest its file from a folder, or let the provider hand it over",
        )

    return source_of
