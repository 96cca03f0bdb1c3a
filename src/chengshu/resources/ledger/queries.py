"""Readers of the ledger: entries, their pasts, what changed, and whether the balance adds up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Literal

from chengshu.kernel.clock import millis
from chengshu.kernel.errors import Invalid, Missing
from chengshu.ports.database import Database
from chengshu.resources.ledger import store
from chengshu.resources.ledger.model import Resource, Version

FACETS = ("kind", "state", "provider", "sharing", "source_class", "base_library", "grade", "origin")
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Balance:
    """The ledger over a period: ``opening + added − retired = closing``, or it does not reconcile.

    ``added`` counts new and restored entries. ``counted`` is the closing number counted afresh from the
    versions, and ``standing`` that of the entries themselves when the period reaches the present.
    """

    opening: int
    added: int
    changed: int
    retired: int
    counted: int
    standing: int | None = None

    @property
    def closing(self) -> int:
        """What the moves say."""
        return self.opening + self.added - self.retired

    @property
    def reconciles(self) -> bool:
        """Whether moves, versions and entries agree."""
        return self.closing == self.counted and self.standing in (None, self.counted)


@dataclass(frozen=True, slots=True)
class Totals:
    """How many sources (the hub itself counts as one), entries and fields there are."""

    systems: int
    entries: int
    fields: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of one entry between two moments; ``parts`` by name: (before, after)."""

    id: str
    what: Literal["added", "changed", "retired", "restored"]
    before: Resource | None
    after: Resource
    parts: Mapping[str, tuple[Any, Any]]


class LedgerQueries:
    """What the ledger says, now and at any moment before."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, id_: str, at: datetime | None = None) -> Resource:
        """The entry, as it stood at a moment if one is given. Raises :class:`Missing`."""
        with self._database.read() as connection:
            if at is None:
                found = store.find_entries(connection, [id_]).get(id_)
                resource = found[0] if found else None
            else:
                version = store.version_at(connection, id_, millis(at))
                resource = version.body if version else None
        if resource is None:
            raise Missing("resource-missing", f"the ledger has no entry {id_}")
        return resource

    def many(self, ids: list[str]) -> dict[str, Resource]:
        """Those of the ids that exist."""
        with self._database.read() as connection:
            return {id_: pair[0] for id_, pair in store.find_entries(connection, ids).items()}

    def related_to(self, id_: str, limit: int = _PAGE) -> list[Resource]:
        """Entries that name ``id_`` among what they are made from, ordered by id."""
        with self._database.read() as connection:
            return store.naming(connection, id_, limit)

    def page(self, *, after: str = "", limit: int = _PAGE, **conditions: str) -> list[Resource]:
        """Entries by facet values (``kind="dataset"``), ordered by id, a page at a time.

        Raises :class:`Invalid` for a facet that does not exist.
        """
        _check_facets(conditions)
        with self._database.read() as connection:
            return store.select_entries(connection, conditions, after, limit)

    def below(self, prefix: str) -> list[Resource]:
        """Every entry whose id begins with ``prefix``, ordered by id."""
        found: list[Resource] = []
        while True:
            more = self.page(after=found[-1].id if found else prefix)
            wanted = [item for item in more if item.id.startswith(prefix)]
            found += wanted
            if len(wanted) < _PAGE:
                return found

    def facet(self, name: str, **conditions: str) -> dict[str, int]:
        """How many entries there are per value of a facet, most first. Raises :class:`Invalid`."""
        _check_facets({name: "", **conditions})
        with self._database.read() as connection:
            return store.count_by(connection, name, conditions)

    def versions(self, id_: str) -> list[Version]:
        """Every version of an entry, oldest first. Raises :class:`Missing`."""
        with self._database.read() as connection:
            found = store.versions_of(connection, id_)
        if not found:
            raise Missing("resource-missing", f"the ledger has no entry {id_}")
        return found

    def totals(self) -> Totals:
        """What there is: sources, entries that stand, and their fields."""
        with self._database.read() as connection:
            return Totals(*store.totals(connection))

    def differences(self, start: datetime, end: datetime, *, limit: int | None = None) -> list[Difference]:
        """What changed after ``start`` until ``end``, entry by entry; back and forth counts as nothing.

        ``limit``: so many at most, by id.
        """
        found: list[Difference] = []
        with self._database.read() as connection:
            moved = store.versions_between(connection, millis(start), millis(end))
            for id_, group in groupby(moved, key=lambda version: version.id):
                last = list(group)[-1]
                earlier = store.version_at(connection, id_, millis(start))
                if (difference := _difference(earlier.body if earlier else None, last.body)) is not None:
                    found.append(difference)
                    if len(found) == limit:
                        break
        return found

    def balance(self, start: datetime, end: datetime, *, now: datetime | None = None) -> Balance:
        """The balance after ``start`` until ``end``; with ``now`` until then, entries are counted too."""
        with self._database.read() as connection:
            moves = store.moves_between(connection, millis(start), millis(end))
            opening = store.standing_at(connection, millis(start))
            counted = store.standing_at(connection, millis(end))
            standing = None
            if now is not None and now <= end:
                by_state = store.count_by(connection, "state", {})
                standing = sum(count for state, count in by_state.items() if state != "retired")
        return Balance(
            opening,
            moves.get("added", 0) + moves.get("restored", 0),
            moves.get("changed", 0),
            moves.get("retired", 0),
            counted,
            standing,
        )


def _check_facets(conditions: Mapping[str, str]) -> None:
    if unknown := sorted(set(conditions) - set(FACETS)):
        raise Invalid(
            "facet-unknown", f"no facet {', '.join(unknown)}", remedy=f"use one of {', '.join(FACETS)}"
        )


def _difference(before: Resource | None, after: Resource) -> Difference | None:
    old, new = before.as_dict() if before else {}, after.as_dict()
    parts = {
        name: (old.get(name), new.get(name))
        for name in sorted(old.keys() | new.keys())
        if name != "version" and old.get(name) != new.get(name)
    }
    if before is None:
        what: Literal["added", "changed", "retired", "restored"] = "added"
    elif not parts:
        return None
    elif after.state == "retired":
        what = "retired"
    else:
        what = "restored" if before.state == "retired" else "changed"
    return Difference(after.id, what, before, after, parts)
