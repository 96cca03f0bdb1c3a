"""The writers of grades, of the steward's queue and of what stewards say. All of it is journalled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
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
from chengshu.resources.grading.declared import catalogue
from chengshu.resources.grading.feature_types import FeatureTypes
from chengshu.resources.grading.folding import name_key
from chengshu.resources.grading.grade import PLAIN, Elements
from chengshu.resources.grading.report import ColumnReport, TableReport, grade_sample
from chengshu.resources.grading.sampling import TableSample
from chengshu.resources.grading.store import QueueItem, Saying


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
        now = self._clock.now()
        with self._database.read() as c:
            learned, said = queries.learned_names(c), queries.said_for(c, resource)
        report = grade_sample(
            resource, table, now.date(), elements, learned=learned, said=said, types=self._types
        )
        self._database.write(lambda c: self._keep(c, report, said, actor, now))
        return report

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
        """Take back what was said of a column; the machine judges it at the next grading. Raises Missing."""

        def work(c: Connection) -> None:
            result = _column_of(c, resource, column)
            if not store.drop_saying(c, resource, result.fingerprint):
                raise Missing("saying", "no steward has said anything of this column", where=column)
            body = {"resource": resource, "column": column}
            record(c, Act(actor, "grading.withdrawn", resource, self._clock.now(), body))

        self._database.write(work)

    def _keep(
        self, c: Connection, report: TableReport, said: Mapping[str, str], actor: Actor, now: datetime
    ) -> None:
        own = {
            "column": "",
            "fingerprint": "",
            "category": "",
            "confidence": 1.0,
            "grade": report.graded.grade.value,
            "body": report.graded.as_dict() | {"rows": report.rows, "tables_of": report.day.isoformat()},
        }
        store.put_results(c, report.name, [own, *map(_row, report.columns)], now)
        opened, dropped = self._requeue(c, report, now)
        body = {
            "grade": report.graded.grade.value,
            "rows": report.rows,
            "columns": {column.found.column: column.graded.grade.value for column in report.columns},
            "queued": opened,
            "dropped": dropped,
            "said": sorted(said.keys() & {column.fingerprint for column in report.columns}),
        }
        record(c, Act(actor, "grading.graded", report.name, now, body, reason=report.graded.reasons[0]))

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
                column.found.as_dict(),
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
        body: dict[str, Any] = {
            "column": column,
            "category": category,
            "machine": result.category,
            "note": note,
        }
        reason = Reason("steward", Text(note, note, note), {"fingerprint": result.fingerprint})
        record(c, Act(actor, "grading.said", resource, now, body, reason=reason))
        return saying


def _row(column: ColumnReport) -> dict[str, Any]:
    return {
        "column": column.found.column,
        "fingerprint": column.fingerprint,
        "category": column.found.category,
        "confidence": column.found.confidence,
        "grade": column.graded.grade.value,
        "body": column.found.as_dict()
        | {"grade": column.graded.as_dict(), "feature_type": column.feature_type},
    }


def _column_of(c: Connection, resource: str, column: str) -> store.Result:
    for result in queries.results_of(c, resource):
        if result.column == column and column:
            return result
    raise Missing("column", f"{resource!r} has no graded column {column!r}", where=column)
