"""Readers of value: entries ranked by density over a period, those without use, those without a basis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chengshu.kernel.clock import millis
from chengshu.ports.database import Database
from chengshu.resources.ledger import LedgerQueries, Resource
from chengshu.resources.quality import store as quality_store
from chengshu.resources.sharing import store as sharing_store
from chengshu.resources.value.density import Basis, Density, Part, density_of, lacking, size_of


@dataclass(frozen=True, slots=True)
class Valued:
    """An entry with what is known of it, and its density where all of it is."""

    entry: Resource
    basis: Basis
    density: Density | None
    lacks: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """``ranked`` by density, ``idle``: measured, and nobody used it on record; ``unknown``: used or measured,
    but something is lacking. ``silent`` entries were neither used nor measured: nothing is said of them.
    """

    since: datetime
    until: datetime
    ranked: tuple[Valued, ...]
    idle: tuple[Valued, ...]
    unknown: tuple[Valued, ...]
    silent: int


class ValueQueries:
    """What the record of uses, the measures of quality and the ledger say together."""

    def __init__(self, database: Database, ledger: LedgerQueries) -> None:
        self._database, self._ledger = database, ledger

    def ranking(self, since: datetime, until: datetime) -> Ranking:
        """Every entry that was used after ``since`` until ``until``, or that was measured until then.

        Retired entries are left out. Size and title are those of now.
        """
        with self._database.read() as connection:
            uses = sharing_store.answered_by_resource(connection, millis(since), millis(until))
            scores = quality_store.newest_scores(connection, until)
        found = self._ledger.many(sorted(uses.keys() | scores.keys()))
        standing = [entry for entry in found.values() if entry.state != "retired"]
        valued = []
        for entry in standing:
            count, rows = uses.get(entry.id, (0, 0))
            score, at = scores.get(entry.id, (None, None))
            basis = Basis(count, rows, size_of(entry), score, at)
            valued.append(Valued(entry, basis, density_of(basis), lacking(basis)))
        valued.sort(key=_order)
        return Ranking(
            since,
            until,
            tuple(item for item in valued if item.density and item.basis.uses),
            tuple(item for item in valued if item.density and not item.basis.uses),
            tuple(item for item in valued if item.density is None),
            self._ledger.totals().entries - len(standing),
        )


def _order(item: Valued) -> tuple[float, int, str]:
    return (-item.density.value if item.density else 0.0, -item.basis.uses, item.entry.id)
