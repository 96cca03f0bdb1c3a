"""The view's reading of an entry's insides: its quality, its lineage, what changed of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from chengshu.app.view.data_lineage import drawn
from chengshu.app.view.grading_base import DataBase
from chengshu.console import model as shown
from chengshu.console.model import grading as page
from chengshu.kernel.clock import from_millis, millis
from chengshu.kernel.errors import Missing
from chengshu.kernel.texts import Text
from chengshu.resources.grading import queries as grading_queries
from chengshu.resources.grading.model import Grade
from chengshu.resources.inspection import store as inspection_store
from chengshu.resources.inspection.guarding import guard_of
from chengshu.resources.ledger import Resource
from chengshu.resources.quality.queries import history
from chengshu.resources.quality.store import Kept
from chengshu.resources.sharing import Correction
from chengshu.resources.sharing import store as sharing_store

_MOVED = 300  # entries of a period that are shown
_LONGEST = 200  # signs of a part's value in a list of changes


class DataReading(DataBase):
    """What people see of the insides of entries."""

    def ledger_period(self, person: shown.Person, since: datetime, until: datetime) -> page.PeriodView:
        """The balance of a period, what moved in it, and the counts of the one ledger."""
        self.require(person, "view", "ledger")
        queries, now = self.hub.ledger_queries, self.means.clock.now()
        balance = queries.balance(since, until, now=now if until >= now else None)
        moved = queries.differences(since, until, limit=_MOVED + 1)
        totals = queries.totals()
        with self.hub.database.read() as connection:
            grants = len(sharing_store.in_states(connection, ("granted", "supplied")))
            outcomes, rows = sharing_store.tally(connection, millis(since), millis(until))
        return page.PeriodView(
            since,
            until,
            balance.opening,
            balance.added,
            balance.changed,
            balance.retired,
            balance.closing,
            balance.reconciles,
            tuple(
                page.MovedRow(
                    item.id, item.after.title, item.after.kind, item.what, tuple(sorted(item.parts))
                )
                for item in moved[:_MOVED]
            ),
            len(moved) > _MOVED,
            totals.systems,
            totals.entries,
            totals.fields,
            grants,
            outcomes.get("answered", 0),
            sum(rows.values()),
        )

    def entry_quality(self, person: shown.Person, id_: str, as_of: datetime | None) -> page.QualityView:
        """The newest measure until a moment, with its trend."""
        self.require(person, "view", "ledger", id_)
        _, head = self.head(id_, as_of)
        with self.hub.database.read() as connection:
            found = history(connection, id_, as_of)
            look = None if as_of else inspection_store.find_look(connection, id_)
            summary = grading_queries.summaries_of(connection, id_)
            said = sharing_store.select_corrections(connection, id_)
        error, remedy = (look.error, look.remedy) if look else ("", "")
        corrected, asked = _corrections(said, as_of)
        if found is None:
            return page.QualityView(head, error=error, remedy=remedy, corrected=corrected, asked=asked)
        newest = found.newest
        return page.QualityView(
            head,
            newest.at,
            newest.rows,
            newest.score,
            tuple(_point(kept) for kept in found.trend),
            tuple(_outcome(rule, self._seen(summary)) for rule in newest.body.get("rules", ())),
            error,
            remedy,
            corrected,
            asked,
        )

    def entry_lineage(
        self, person: shown.Person, id_: str, column: str, as_of: datetime | None
    ) -> page.LineageView:
        """Where an entry or one of its columns comes from and goes, as it is known now."""
        self.require(person, "view", "ledger", id_)
        entry, head = self.head(id_)
        names = tuple(part.name for part in entry.fields)
        if column and column not in names:
            raise Missing("column", f"{id_} has no column {column!r}", where=column)
        return drawn(self.hub.inspection.lineage_queries, self.hub.ledger_queries, entry, head, column)

    def entry_changes(
        self, person: shown.Person, id_: str, since: datetime, until: datetime
    ) -> page.DifferenceView:
        """What changed of an entry between two moments."""
        self.require(person, "view", "ledger", id_)
        _, head = self.head(id_)
        before, after = self._then_or_none(id_, since), self._then_or_none(id_, until)
        if after is None:
            return page.DifferenceView(head, since, until, "absent")
        changes = tuple(_changes(before, after)) if before else ()
        if before is None:
            what = "added"
        elif not changes:
            what = "same"
        elif after.state == "retired":
            what = "retired"
        else:
            what = "restored" if before.state == "retired" else "changed"
        return page.DifferenceView(head, since, until, what, changes)  # type: ignore[arg-type]

    def _then_or_none(self, id_: str, moment: datetime) -> Resource | None:
        try:
            return self.hub.ledger_queries.get(id_, moment)
        except Missing:
            return None

    def _seen(self, summary: Mapping[str, tuple[str, Grade]]) -> Any:
        """What may be seen of kept values by the grades of now: they may have risen since."""
        return guard_of(summary, self.means.clock.now().date())


def _corrections(
    said: Sequence[Correction], as_of: datetime | None
) -> tuple[tuple[tuple[datetime, str], ...], int]:
    """What was corrected until a moment, newest first, and how many corrections waited then."""
    until = millis(as_of) if as_of else None
    known = [one for one in said if until is None or one.at <= until]
    decided = [one for one in known if one.decided_at and (until is None or one.decided_at <= until)]
    mended = [(from_millis(one.decided_at), one.field) for one in decided if one.state == "corrected"]
    return tuple(sorted(mended, reverse=True)), len(known) - len(decided)


def _point(kept: Kept) -> page.TrendPoint:
    scores = tuple(kept.scores.get(name) for name in page.DIMENSIONS)
    return page.TrendPoint(kept.at, kept.rows, kept.score, scores)


def _outcome(rule: Mapping[str, Any], seen: Any) -> page.RuleOutcome:
    return page.RuleOutcome(
        rule["id"],
        Text.of(rule["name"]) if rule["name"] else Text(),
        rule["about"],
        rule["dimension"],
        rule["discovered"],
        rule["checked"],
        rule["broken"],
        rule["score"],
        rule["problem"],
        tuple(
            page.FailingRow(
                number,
                tuple((name, None if value is None else seen(name, value)) for name, value in row.items()),
            )
            for number, row in rule["failing"]
        ),
    )


def _changes(before: Resource, after: Resource) -> Iterable[page.PartChange]:
    old, new = before.as_dict(), after.as_dict()
    for name in sorted(old.keys() | new.keys()):
        if name in ("version", "fields") or old.get(name) == new.get(name):
            continue
        yield page.PartChange(name, _plain(old.get(name)), _plain(new.get(name)))
    was = {part["name"]: part for part in old.get("fields", ())}
    now = {part["name"]: part for part in new.get("fields", ())}
    for name in dict.fromkeys((*was, *now)):
        one, other = was.get(name), now.get(name)
        if one == other:
            continue
        keys = sorted((one or {}).keys() | (other or {}).keys())
        told = [key for key in keys if key != "name" and (one or {}).get(key) != (other or {}).get(key)]
        yield page.PartChange(f"fields.{name}", _of(one, told), _of(other, told))


def _of(part: Mapping[str, Any] | None, keys: Iterable[str]) -> str:
    if part is None:
        return ""
    return ", ".join(f"{key}: {_plain(part.get(key)) or '–'}" for key in keys) or str(part["name"])


def _plain(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
