"""The view's reading of the data as a whole: value density."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from chengshu.app.view.base import Base
from chengshu.console import model as shown
from chengshu.console.model import holdings as page
from chengshu.kernel.texts import Text
from chengshu.resources.value import SMALLEST, UNIT, Valued, ValueQueries

_MOST = 100  # entries of each list


class HoldingsReading(Base):
    """What people see of the data as a whole."""

    def ledger_value(self, person: shown.Person, days: int, as_of: datetime | None) -> page.ValueView:
        """Entries ranked by value density over the last ``days``."""
        self.require(person, "view", "ledger")
        until = as_of or self.means.clock.now()
        found = ValueQueries(self.hub.database, self.hub.ledger_queries).ranking(
            until - timedelta(days=days), until
        )
        best = found.ranked[0].density.value if found.ranked and found.ranked[0].density else 0.0
        return page.ValueView(
            found.since,
            found.until,
            days,
            self._valued(found.ranked, best),
            self._valued(found.idle, best),
            self._valued(found.unknown, best),
            found.silent,
            SMALLEST,
            UNIT,
            self.may(person, "view", "journal").allowed,
        )

    def _valued(self, items: Sequence[Valued], best: float) -> tuple[page.ValueRow, ...]:
        return tuple(self._value_row(item, best) for item in items[:_MOST])

    def _value_row(self, item: Valued, best: float) -> page.ValueRow:
        entry, basis, density = item.entry, item.basis, item.density
        return page.ValueRow(
            entry.id,
            entry.title,
            self.department(entry.provider) if entry.provider else Text(),
            basis.uses,
            basis.rows,
            basis.size,
            basis.quality,
            basis.measured_at,
            density.value if density else None,
            density.value / best if density and best else 0.0,
            item.lacks,
        )
