"""The view's reading of the ledger: the home with its balance and search, and one entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chengshu.app.harvesting import harvest_of
from chengshu.app.view.grading_base import DataBase, category_of, grade_of
from chengshu.app.view.sources import policy_of
from chengshu.console import model as shown
from chengshu.console.model import ledger as page
from chengshu.kernel.clock import from_millis
from chengshu.kernel.errors import Missing
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.resources.contracts.queries import ContractQueries
from chengshu.resources.grading import Classification
from chengshu.resources.grading import store as grading_store
from chengshu.resources.grading.store import Result
from chengshu.resources.inspection import store as inspection_store
from chengshu.resources.ledger import Field, Resource, Version, wanting
from chengshu.resources.ledger.checks import MOST_WANTED
from chengshu.resources.ledger.harvest import store as harvest_store
from chengshu.resources.ledger.search import Hit
from chengshu.resources.quality import store as quality_store
from chengshu.resources.quality.queries import history
from chengshu.resources.sharing import store as sharing_store

_PAGE = 20
_SHOWN_FACETS = ("kind", "provider", "source_class", "sharing", "state", "theme")
_PROBLEMS = 20
HIGHER = Text(
    "what it is made from is graver, and its grade comes along",
    "来源列级别更高，级别随之传入",
    "來源欄級別更高，級別隨之傳入",
)


class LedgerReading(DataBase):
    """What people see of the ledger."""

    def ledger(
        self,
        person: shown.Person,
        question: str,
        chosen: Mapping[str, str],
        number: int,
        as_of: datetime | None,
    ) -> page.LedgerView:
        """The home: balance of the month, what was found for a question, facets, harvests."""
        self.require(person, "view", "ledger")
        filters = {name: [value] for name, value in chosen.items() if name in _SHOWN_FACETS and value}
        found = self.hub.ledger_search.ask(
            question,
            filters=filters,
            facets=_SHOWN_FACETS,
            limit=_PAGE,
            offset=(number - 1) * _PAGE,
            retired="state" in filters,
        )
        hits = found.hits if as_of is None else self._then(found.hits, as_of)
        until, shown_ids = as_of or self.means.clock.now(), [hit.resource.id for hit in hits]
        with self.hub.database.read() as connection:
            scores = quality_store.newest_scores(connection, until, shown_ids)
        return page.LedgerView(
            self._month(as_of),
            question,
            {name: values[0] for name, values in filters.items()},
            found.total,
            tuple(self._hit(hit, scores) for hit in hits),
            {
                name: tuple((value, self._facet(name, value), count) for value, count in counts.items())
                for name, counts in found.facets.items()
            },
            self._harvests(),
            number,
            max((found.total + _PAGE - 1) // _PAGE, 1),
            0 if as_of else self._unsure(),
        )

    def _unsure(self) -> int:
        with self.hub.database.read() as connection:
            return grading_store.count_items(connection)

    def _then(self, hits: Sequence[Hit], moment: datetime) -> list[Hit]:
        """Of what is found today, the entries that stood at a moment, as they were then."""
        with_past = []
        for hit in hits:
            try:
                entry = self.hub.ledger_queries.get(hit.resource.id, moment)
            except Missing:
                continue
            with_past.append(replace(hit, resource=entry))
        return with_past

    def entry(self, person: shown.Person, id_: str, as_of: datetime | None) -> page.EntryView:
        """One entry, as it stood at a moment when one is given. Raises :class:`Missing`."""
        self.require(person, "view", "ledger", id_)
        queries = self.hub.ledger_queries
        entry = queries.get(id_, as_of)
        until = as_of or self.means.clock.now()
        versions = [version for version in queries.versions(id_) if from_millis(version.at) <= until]
        uses = queries.many(list(entry.related))
        with self.hub.database.read() as connection:
            drifts = harvest_store.drifts_of(connection, id_)
            graded = {row.column: row for row in grading_store.find_results(connection, id_)}
            measured = history(connection, id_, as_of)
            look = inspection_store.find_look(connection, id_)
            shared = _shared(connection, id_, until) if as_of is None else None
        may_write = as_of is None and self.may_settle(person, entry).allowed
        lacks = tuple(fault.code.removeprefix("wanting-") for fault in wanting(entry))
        return page.EntryView(
            entry.id,
            entry.kind,
            entry.title,
            entry.summary,
            entry.state,
            entry.version,
            self._facts(entry),
            tuple(_field(part, graded.get(part.name) if as_of is None else None) for part in entry.fields),
            tuple((way.url, way.format) for way in entry.distributions),
            lacks,
            1 - len(lacks) / MOST_WANTED,
            tuple((item.id, item.title) for item in uses.values()),
            tuple((item.id, item.title) for item in queries.related_to(id_)),
            _versions(versions),
            tuple(
                (
                    drift.dropped,
                    drift.added,
                    tuple(f"{name}: {was} → {now}" for name, was, now in drift.retyped),
                )
                for drift in drifts
            ),
            entry.extra,
            self._provider(entry.provider),
            grade_of(entry.grade),
            _reasons(graded.get("") if as_of is None else None),
            measured.newest.score if measured else None,
            page.LookView(look.at, look.error, look.remedy) if look and as_of is None else None,
            shared,
            self._contract(id_) if as_of is None else None,
            policy_of(self.hub.sharing.desk, entry) if as_of is None else None,
            may_write,
            _writing(entry) if may_write and entry.origin and entry.state != "retired" else None,
        )

    def describe_entry(self, person: shown.Person, id_: str, version: int, parts: Mapping[str, Any]) -> None:
        """Write parts of an entry by hand."""
        self.must_settle(person, self.hub.ledger_queries.get(id_))
        self.hub.ledger.describe(id_, parts, self.account(person).actor, version=version)

    def _contract(self, id_: str) -> page.ContractView | None:
        """The contract kept with an entry, in short."""
        contracts = ContractQueries(self.hub.database)
        versions = contracts.versions(id_)
        if not versions:
            return None
        newest, checks = versions[-1], contracts.checks(id_, 1)
        brief = page.ContractView(newest.id, newest.version, newest.number, from_millis(newest.at))
        if not checks:
            return brief
        last = checks[0]
        return replace(
            brief,
            checked_at=from_millis(last.at),
            checks=last.checks,
            broken=last.broken,
            holds=last.holds,
        )

    def _month(self, as_of: datetime | None) -> page.LedgerMonth:
        now = as_of or self.means.clock.now()
        local = now.astimezone(self.city.zone)
        start = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        found = self.hub.ledger_queries.balance(start, now, now=None if as_of else now)
        return page.LedgerMonth(
            start,
            found.opening,
            found.added,
            found.retired,
            found.closing,
            found.changed,
            found.reconciles,
        )

    def _hit(self, hit: Hit, scores: Mapping[str, tuple[float, datetime]]) -> page.LedgerHit:
        item = hit.resource
        return page.LedgerHit(
            item.id,
            item.kind,
            item.title,
            self._provider(item.provider),
            item.sharing,
            grade_of(item.grade),
            item.state,
            len(item.fields),
            tuple(page.LedgerMatch(match.part, match.word, match.how) for match in hit.why[:6]),
            item.summary,
            item.rows,
            scores[item.id][0] if item.id in scores else None,
        )

    def _provider(self, name: str) -> Text:
        return self.department(name) if name else Text()

    def _facet(self, name: str, value: str) -> Text:
        """Words for a facet's value; those of closed lists are in the console's own words."""
        return self._provider(value) if name == "provider" else Text.of(value)

    def _facts(self, item: Resource) -> tuple[tuple[str, Text], ...]:
        said = (
            ("code", Text.of(item.code)),
            ("class_path", Text.of(" › ".join(item.class_path))),
            ("provider", self._provider(item.provider)),
            ("owner", self._provider(item.owner)),
            ("steward", self._provider(item.steward)),
            ("contact", Text.of(item.contact)),
            ("purpose", Text.of(item.purpose)),
            ("format", Text.of(item.format)),
            ("rows", Text.of("" if item.rows is None else f"{item.rows:,}")),
            ("condition", Text.of(item.sharing_condition)),
            ("grade", grade_of(item.grade)),
            ("cycle", Text.of(item.update_cycle)),
            ("published_on", Text.of(item.published_on)),
            ("updated_on", Text.of(item.updated_on)),
            ("licence", Text.of(item.licence)),
            ("keywords", Text.of(", ".join(item.keywords))),
            ("origin", Text.of(f"{item.origin.source} · {item.origin.native_id}" if item.origin else "")),
        )
        return tuple((name, words) for name, words in said if words.en)

    def _harvests(self) -> tuple[page.HarvestRow, ...]:
        rows = []
        with self.hub.database.read() as connection:
            for source in harvest_of(self.city):
                run = harvest_store.last_run(connection, source.id)
                name = source.name or Text.of(source.id)
                if run is None:
                    rows.append(page.HarvestRow(source.id, name, "never"))
                    continue
                problems = harvest_store.problems_of(connection, source.id, run.number)
                rows.append(
                    page.HarvestRow(
                        source.id,
                        name,
                        run.state,
                        run.started_at,
                        run.seen,
                        run.added,
                        run.changed,
                        run.vanished,
                        run.stale,
                        run.drifts,
                        tuple((item.native_id, item.detail) for item in problems[:_PROBLEMS]),
                        run.error,
                    )
                )
        return tuple(rows)


def _field(part: Field, graded: Result | None) -> page.FieldRow:
    """A field with what grading found of it; the grade is the ledger's: lineage may have raised it."""
    row = page.FieldRow(
        part.name,
        part.title,
        part.type,
        part.unit,
        part.key,
        category_of(part.category),
        grade_of(part.grade),
    )
    if graded is None:
        return row
    found = Classification.from_dict(graded.body)
    reasons = _reasons(graded)
    if graded.grade != part.grade:
        reasons = (Reason("lineage.path", HIGHER, {"own": graded.grade}), *reasons)
    return replace(
        row,
        confidence=found.confidence,
        unsure=found.unsure,
        by_steward=found.by_steward,
        reasons=(*reasons, found.reason) if found.reason not in reasons else reasons,
    )


def _reasons(graded: Result | None) -> tuple[Reason, ...]:
    told = graded.body.get("grade", {}).get("reasons", ()) if graded else ()
    return tuple(Reason.from_dict(one) for one in told)


def _shared(connection: Connection, id_: str, now: datetime) -> page.SharedView:
    """The record of sharing in counts; who it was stays with sharing's own pages."""
    requests = sharing_store.select_requests(connection, "", 10_000, resource=id_)
    uses = sharing_store.uses_where(connection, resource=id_)
    answered = [use for use in uses if use.outcome == "answered"]
    return page.SharedView(
        len(requests),
        sum(request.state in ("granted", "supplied") for request in requests),
        len({request.by.department for request in requests}),
        len(answered),
        len(uses) - len(answered),
        sum(use.rows for use in answered),
        from_millis(answered[-1].at) if answered else None,
    )


def _versions(versions: list[Version]) -> tuple[page.VersionRow, ...]:
    """Newest first, each with the parts that differ from the one before."""
    rows = []
    before: dict[str, object] = {}
    for item in versions:
        after = item.body.as_dict()
        parts = tuple(
            name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)
        )
        changed = tuple(name for name in parts if name != "version") if before else ()
        rows.append(page.VersionRow(item.version, from_millis(item.at), item.actor, item.what, changed))
        before = after
    return tuple(reversed(rows))


def _writing(entry: Resource) -> page.EntryWriting:
    return page.EntryWriting(
        entry.title,
        entry.summary,
        entry.purpose,
        entry.steward,
        entry.contact,
        entry.update_cycle,
        entry.sharing,
        entry.sharing_condition,
        entry.licence,
        entry.keywords,
        entry.said,
    )
