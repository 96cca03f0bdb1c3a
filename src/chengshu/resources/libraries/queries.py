"""Reader of the base libraries: the five, each with its authority, coverage, freshness, quality and use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chengshu.kernel.clock import millis
from chengshu.kernel.errors import ChengshuError
from chengshu.ports.database import Database
from chengshu.resources.ledger import LedgerQueries, Resource
from chengshu.resources.ledger import store as ledger_store
from chengshu.resources.ledger.model import BASE_LIBRARIES
from chengshu.resources.libraries.covering import Coverage, cover
from chengshu.resources.libraries.declared import LibrariesFile, Library
from chengshu.resources.quality.queries import history
from chengshu.resources.sharing import Source
from chengshu.resources.sharing import store as sharing_store
from chengshu.resources.sharing.keys import KEYED

_LATELY = timedelta(days=30)
_MOST_USES = 5000


@dataclass(frozen=True, slots=True)
class Standing:
    """One of the five base libraries. ``declared`` None: the city names no authority for it; ``entry`` None:
    it is named and not in the ledger. ``unread`` says why its rows cannot be counted; ``lookups`` are those
    of the last thirty days, ``found`` those that found somebody or something.
    """

    library: str
    declared: Library | None
    entry: Resource | None
    coverage: Coverage | None = None
    unread: str = ""
    quality: float | None = None
    measured_at: datetime | None = None
    lookups: int = 0
    found: int = 0


class LibraryQueries:
    """``rows_of`` gives where an entry's rows are, or raises what a reader should be told."""

    def __init__(
        self,
        database: Database,
        ledger: LedgerQueries,
        declared: LibrariesFile,
        rows_of: Callable[[Resource], Source],
    ) -> None:
        self._database, self._ledger, self._declared, self._rows_of = database, ledger, declared, rows_of

    def all(self, now: datetime) -> tuple[Standing, ...]:
        """The five, in their order, as they stand ``now``."""
        by_name = {item.library: item for item in self._declared.libraries}
        return tuple(self._standing(name, by_name.get(name), now) for name in BASE_LIBRARIES)  # type: ignore[call-overload]

    def entry_of(self, declared: Library) -> Resource | None:
        """The authority of a library; None while the ledger does not have it."""
        source, _, native = declared.entry.partition("/")
        with self._database.read() as connection:
            id_ = ledger_store.origin_ids(connection, source).get(native, "")
        entry = self._ledger.many([id_]).get(id_)
        return entry if entry is not None and entry.state != "retired" else None

    def _standing(self, name: str, declared: Library | None, now: datetime) -> Standing:
        entry = self.entry_of(declared) if declared else None
        if declared is None or entry is None:
            return Standing(name, declared, None)
        coverage, unread = self._covered(entry, declared)
        with self._database.read() as connection:
            measured = history(connection, entry.id, now)
            uses = sharing_store.uses_where(
                connection, resource=entry.id, since=millis(now - _LATELY), limit=_MOST_USES
            )
        asked = [use for use in uses if use.filter.startswith(KEYED) and use.outcome == "answered"]
        return Standing(
            name,
            declared,
            entry,
            coverage,
            unread,
            measured.newest.score if measured else None,
            measured.newest.at if measured else None,
            len(asked),
            sum(use.rows > 0 for use in asked),
        )

    def _covered(self, entry: Resource, declared: Library) -> tuple[Coverage | None, str]:
        try:
            source = self._rows_of(entry)
            found = cover(source.table, declared.field, declared.key, source.encoding)
        except ChengshuError as error:
            return None, error.fault.detail
        return found, "" if found else f"it has no column {declared.field}"
