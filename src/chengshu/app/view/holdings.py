"""The view's reading of the data as a whole: value density, the crossings, base libraries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from chengshu.app.crossings import crossings_of
from chengshu.app.libraries import libraries_of
from chengshu.app.view.base import Base
from chengshu.console import model as shown
from chengshu.console.model import holdings as page
from chengshu.kernel.texts import Text
from chengshu.resources.crossings import Exchange
from chengshu.resources.libraries import Standing
from chengshu.resources.value import SMALLEST, UNIT, Valued, ValueQueries

_MOST = 100  # entries of each list
_MOST_PATHS = 50


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

    def ledger_crossings(self, person: shown.Person, as_of: datetime | None) -> page.CrossingsView:
        """The five crossings, each with the newest exchange on every path."""
        self.require(person, "view", "ledger")
        lines = crossings_of(self.city, self.hub.database).lines(as_of or self.means.clock.now())
        about = [path.about for line in lines for path in line.paths if path.how == "use"]
        titles = {id_: item.title for id_, item in self.hub.ledger_queries.many(about).items()}
        return page.CrossingsView(
            tuple(
                page.CrossingRow(
                    line.crossing,
                    line.state,
                    line.days,
                    tuple(_path(path, titles) for path in line.paths[:_MOST_PATHS]),
                    line.broken,
                    line.declared,
                )
                for line in lines
            ),
            self.may(person, "view", "journal").allowed,
        )

    def ledger_libraries(self, person: shown.Person) -> page.LibrariesView:
        """The five base libraries as they stand now, and the thematic ones."""
        self.require(person, "view", "ledger")
        found = libraries_of(self.city, self.hub.database, self.hub.ledger_queries)
        themes = self.hub.ledger_search.ask("", facets=("theme",), limit=1).facets.get("theme", {})
        return page.LibrariesView(
            tuple(self._library(item) for item in found.all(self.means.clock.now())),
            tuple(themes.items()),
        )

    def _library(self, item: Standing) -> page.LibraryRow:
        declared, entry, coverage = item.declared, item.entry, item.coverage
        if declared is None:
            return page.LibraryRow(item.library, False)  # type: ignore[arg-type]  # one of the five
        row = page.LibraryRow(
            item.library,  # type: ignore[arg-type]  # one of the five
            True,
            declared.entry,
            name=declared.name or Text(),
            key=declared.key,
            field=declared.field,
            lookups=item.lookups,
            found=item.found,
        )
        if entry is None:
            return row
        people = dict.fromkeys((entry.provider, entry.owner, entry.steward))
        return replace(
            row,
            id=entry.id,
            title=entry.title,
            responsible=tuple(self.department(name) for name in people if name),
            rows=coverage.rows if coverage else 0,
            filled=coverage.filled if coverage else 0,
            different=coverage.different if coverage else 0,
            valid=coverage.valid if coverage else 0,
            checked=coverage.checked if coverage else 0,
            covered=coverage.share if coverage else None,
            unread=item.unread,
            state=entry.state,
            updated=_moment(entry.updated_on),
            quality=item.quality,
            measured_at=item.measured_at,
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


def _path(path: Exchange, titles: Mapping[str, Text]) -> page.PathRow:
    return page.PathRow(
        path.how,
        path.at,
        path.giver,
        path.taker,
        titles.get(path.about, Text.of(path.about)),
        f"/ledger/{path.about}" if path.about in titles else "",
        path.subject,
        path.record,
        path.journal,
        path.count,
        path.state,
    )


def _moment(text: str) -> datetime | None:
    """When a source says that it was updated; None where it does not say."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
