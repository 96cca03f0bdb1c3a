"""The writers of grades, of the steward's queue and of what stewards say. All of it is journalled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.clock import Clock
from chengshu.kernel.errors import Conflict, Invalid, Missing
from chengshu.kernel.ids import Ids
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.ports.database import Database
from chengshu.resources.grading import queries, store
from chengshu.resources.grading.classify import by_steward
from chengshu.resources.grading.declared import catalogue
from chengshu.resources.grading.export import ExportPlan
from chengshu.resources.grading.feature_types import FeatureTypes
from chengshu.resources.grading.folding import name_key
from chengshu.resources.grading.glimpse import Glimpse
from chengshu.resources.grading.grade import PLAIN, Elements
from chengshu.resources.grading.model import Classification
from chengshu.resources.grading.report import ColumnReport, Held, TableReport, grade_held, grade_sample
from chengshu.resources.grading.risk import Risk
from chengshu.resources.grading.sampling import TableSample
from chengshu.resources.grading.store import QueueItem, Result, Saying


class Grading:
    """Grades resources, keeps the results, and asks stewards where it is not sure."""

    def __init__(self, database: Database, clock: Clock, ids: Ids, types: FeatureTypes | None = None) -> None:
        self._database, self._clock, self._ids, self._types = database, clock, ids, types

    def grade(
        self, resource: str, table: TableSample, actor: Actor, elements: Elements = PLAIN
    ) -> TableReport:
        """Grade a sampled table with all that stewards have taught, and keep the result.

        What a steward has said of a column stands, whatever the machine finds. Columns of low confidence
        enter the queue once; an item whose column is sure now, or gone, is dropped. Raises Missing when no
        tables are in force today.
        """
        with self._database.read() as c:
            taught = _Taught.read(c, resource)
        while True:
            now = self._clock.now()
            report = grade_sample(
                resource,
                table,
                now.date(),
                elements,
                learned=taught.learned,
                said=taught.said,
                types=self._types,
            )
            newer = self._database.write(partial(self._keep_unless_taught, report, taught, actor, now))
            if newer is None:
                return report
            taught = newer  # a steward spoke meanwhile: the machine looks again

    def settle(self, item: str, category: str, actor: Actor, note: str = "") -> Saying:
        """A steward says what an item's column holds ("" for nothing known); it sticks and teaches the name.

        Raises Missing, Invalid for an unknown category, Conflict when the item is closed.
        """

        def work(c: Connection) -> Saying:
            found = queries.queue_item(c, item)
            if found.state != "open":
                raise Conflict(
                    "item-closed", f"the item is {found.state}", where=item, remedy="load the queue again"
                )
            return self._say(c, found.resource, found.column, category, actor, note)

        return self._database.write(work)

    def say(self, resource: str, column: str, category: str, actor: Actor, note: str = "") -> Saying:
        """As :meth:`settle`, for any graded column. Raises Missing and Invalid."""
        return self._database.write(lambda c: self._say(c, resource, column, category, actor, note))

    def withdraw(self, resource: str, column: str, actor: Actor) -> None:
        """Take back what was said of a column: what the machine had found holds again, and is asked again
        where it was unsure; the next grading looks anew. Raises Missing.
        """

        def work(c: Connection) -> None:
            if not store.drop_saying(c, resource, column):
                raise Missing("saying", "no steward has said anything of this column", where=column)
            now = self._clock.now()
            body = {"resource": resource, "column": column}
            kept = store.find_results(c, resource)
            if any(row.column == column for row in kept[1:]):
                report = _regraded(kept, column, lambda found: found.machine or found, now.date())
                store.put_results(c, resource, _rows(report), now)
                self._requeue(c, report, now)
                body["grade"] = report.graded.grade.value
            record(c, Act(actor, "grading.withdrawn", resource, now, body))

        self._database.write(work)

    def exported(
        self, resource: str, plan: ExportPlan, recipient: str, rows: int, actor: Actor, purpose: str = ""
    ) -> None:
        """Journal that ``rows`` of a resource left for a recipient, and how each column left."""
        body = {
            "recipient": recipient,
            "reader": plan.reader,
            "rows": rows,
            "purpose": purpose,
            "columns": {column.name: column.treatment.kind for column in plan.columns},
            "marked": [column.name for column in plan.columns if column.marked],
        }
        act = Act(actor, "grading.exported", resource, self._clock.now(), body)
        self._database.write(lambda c: record(c, act))

    def _keep_unless_taught(
        self, report: TableReport, taught: _Taught, actor: Actor, now: datetime, c: Connection
    ) -> _Taught | None:
        newest = _Taught.read(c, report.name)
        if newest != taught:
            return newest
        store.put_results(c, report.name, _rows(report), now)
        opened, dropped = self._requeue(c, report, now)
        body = {
            "grade": report.graded.grade.value,
            "rows": report.rows,
            "columns": {column.found.column: column.graded.grade.value for column in report.columns},
            "queued": opened,
            "dropped": dropped,
            "said": sorted(column.found.column for column in report.columns if column.found.by_steward),
        }
        record(c, Act(actor, "grading.graded", report.name, now, body, reason=report.graded.reasons[0]))
        return None

    def _requeue(self, c: Connection, report: TableReport, now: datetime) -> tuple[list[str], list[str]]:
        waiting = {item.column: item for item in store.items(c, "open", report.name, limit=100_000)}
        opened = []
        for column in report.columns:
            if not column.found.unsure:
                continue
            before = waiting.pop(column.found.column, None)
            item = QueueItem(
                before.id if before else self._ids.new("grading"),
                report.name,
                column.found.column,
                column.found.category,
                column.found.confidence,
                column.as_dict(),
                "open",
                before.opened_at if before else now,
            )
            if before:
                store.change_item(c, item)
            else:
                store.add_item(c, item)
                opened.append(item.column)
        for item in waiting.values():
            store.close_item(c, item.id, "dropped", now)
        return opened, sorted(waiting)

    def _say(
        self, c: Connection, resource: str, column: str, category: str, actor: Actor, note: str
    ) -> Saying:
        if category and category not in catalogue().categories:
            raise Invalid(
                "category-unknown",
                f"there is no category {category!r}",
                where="category",
                remedy=f"use one of: {', '.join(catalogue().categories)}, or none",
            )
        result, now = _column_of(c, resource, column), self._clock.now()
        saying = Saying(resource, result.fingerprint, column, name_key(column), category, actor.id, note, now)
        store.put_saying(c, saying)
        for item in store.items(c, "open", resource, limit=100_000):
            if item.column == column:
                store.close_item(c, item.id, "settled", now)
        kept = queries.results_of(c, resource)
        report = _regraded(kept, column, lambda found: by_steward(found, category), now.date())
        store.put_results(c, resource, _rows(report), now)
        body = {
            "column": column,
            "category": category,
            "machine": result.category,
            "note": note,
            "grade": report.graded.grade.value,
        }
        reason = Reason("steward", Text(note, note, note), {"fingerprint": result.fingerprint})
        record(c, Act(actor, "grading.said", resource, now, body, reason=reason))
        return saying


@dataclass(frozen=True, slots=True)
class _Taught:
    """What stewards have taught that matters for one resource."""

    learned: Mapping[str, str]
    said: Mapping[str, str]

    @classmethod
    def read(cls, c: Connection, resource: str) -> _Taught:
        return cls(queries.learned_names(c), queries.said_for(c, resource))


def _regraded(
    kept: Sequence[Result], column: str, change: Callable[[Classification], Classification], day: date
) -> TableReport:
    """The kept results with what one column holds changed, graded anew."""
    own = kept[0].body
    columns = []
    for row in kept[1:]:
        found = Classification.from_dict(row.body)
        settled = change(found) if row.column == column else found
        seen = Glimpse.from_dict(row.body.get("glimpse", {}))
        columns.append(Held(row.fingerprint, settled, row.body["feature_type"], seen))
    elements, risk = Elements(**own["elements"]), Risk.from_dict(own["risk"])
    return grade_held(kept[0].resource, own["rows"], day, elements, risk, columns)


def _rows(report: TableReport) -> list[dict[str, Any]]:
    own = {
        "column": "",
        "fingerprint": "",
        "category": "",
        "confidence": 1.0,
        "grade": report.graded.grade.value,
        "body": report.about(),
    }
    return [own, *map(_row, report.columns)]


def _row(column: ColumnReport) -> dict[str, Any]:
    return {
        "column": column.found.column,
        "fingerprint": column.fingerprint,
        "category": column.found.category,
        "confidence": column.found.confidence,
        "grade": column.graded.grade.value,
        "body": column.as_dict(),
    }


def _column_of(c: Connection, resource: str, column: str) -> store.Result:
    for result in queries.results_of(c, resource):
        if result.column == column and column:
            return result
    raise Missing("column", f"{resource!r} has no graded column {column!r}", where=column)
