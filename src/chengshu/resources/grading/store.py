"""Tables of graded columns, of the steward's queue, and of what stewards have said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Index,
    MetaData,
    Row,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from chengshu.kernel.clock import from_millis, millis
from chengshu.ports.rows import put

metadata = MetaData()
_MOST = 500  # parameters of one statement: engines bound them

results = Table(
    "grading_results",
    metadata,
    Column("resource", String, primary_key=True),
    Column("column", String, primary_key=True),  # "" for the table itself
    Column("fingerprint", String, nullable=False),
    Column("category", String, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("grade", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

queue = Table(
    "grading_queue",
    metadata,
    Column("id", String, primary_key=True),
    Column("resource", String, nullable=False),
    Column("column", String, nullable=False),
    Column("proposal", String, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String, nullable=False),  # open, settled, dropped
    Column("opened_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Index("grading_queue_open", "state", "confidence"),
    Index("grading_queue_column", "resource", "column"),
)

sayings = Table(
    "grading_sayings",
    metadata,
    Column("resource", String, primary_key=True),
    Column("column", String, primary_key=True),
    Column("fingerprint", String, nullable=False),
    Column("name", String, nullable=False),  # the column's name as names are compared
    Column("category", String, nullable=False),
    Column("by", String, nullable=False),
    Column("note", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("grading_sayings_name", "name"),
)


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A column a steward should look at. ``state`` is open, settled or dropped."""

    id: str
    resource: str
    column: str
    proposal: str
    confidence: float
    body: Mapping[str, Any]
    state: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Saying:
    """What a steward has said of a column: its category, "" for nothing known."""

    resource: str
    fingerprint: str
    column: str
    name: str
    category: str
    by: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """The latest grade of a column, or of the table itself (column "")."""

    resource: str
    column: str
    fingerprint: str
    category: str
    confidence: float
    grade: str
    body: Mapping[str, Any]
    at: datetime


def put_results(
    connection: Connection, resource: str, rows: Sequence[Mapping[str, Any]], at: datetime
) -> None:
    """Replace the results of a resource."""
    connection.execute(delete(results).where(results.c.resource == resource))
    kept = [
        {**row, "resource": resource, "body": json.dumps(row["body"], ensure_ascii=False), "at": millis(at)}
        for row in rows
    ]
    if kept:
        connection.execute(insert(results), kept)


def find_results(connection: Connection, resource: str) -> list[Result]:
    """The results of a resource, the table's own first."""
    found = connection.execute(
        select(results).where(results.c.resource == resource).order_by(results.c.column)
    )
    return [_result(row) for row in found]


def column_grades(connection: Connection) -> list[tuple[str, str, str]]:
    """Resource, column and grade of every graded column."""
    query = select(results.c.resource, results.c.column, results.c.grade).where(results.c.column != "")
    found = connection.execute(query.order_by(results.c.resource, results.c.column))
    return [(resource, column, grade) for resource, column, grade in found]


def summaries(
    connection: Connection, resources: Sequence[str] | None = None
) -> Iterator[tuple[str, str, str, str]]:
    """Resource, column, category and grade of every result, or of those of some resources; column "" is the
    table itself.
    """
    query = select(results.c.resource, results.c.column, results.c.category, results.c.grade)
    query = query.order_by(results.c.resource, results.c.column)
    bites = [query]
    if resources is not None:
        wanted = sorted(set(resources))
        parts = [wanted[start : start + _MOST] for start in range(0, len(wanted), _MOST)]
        bites = [query.where(results.c.resource.in_(part)) for part in parts]
    for bite in bites:
        for row in connection.execute(bite):
            yield row.resource, row.column, row.category, row.grade


def _result(row: Row[Any]) -> Result:
    found = row._mapping
    return Result(
        found["resource"],
        found["column"],
        found["fingerprint"],
        found["category"],
        found["confidence"],
        found["grade"],
        json.loads(found["body"]),
        from_millis(found["at"]),
    )


def add_item(connection: Connection, item: QueueItem) -> None:
    """A new item in the queue."""
    connection.execute(
        insert(queue).values(
            id=item.id,
            resource=item.resource,
            column=item.column,
            proposal=item.proposal,
            confidence=item.confidence,
            body=json.dumps(dict(item.body), ensure_ascii=False),
            state=item.state,
            opened_at=millis(item.opened_at),
        )
    )


def change_item(connection: Connection, item: QueueItem) -> None:
    """What the machine proposes now for an open item."""
    connection.execute(
        update(queue)
        .where(queue.c.id == item.id)
        .values(
            proposal=item.proposal,
            confidence=item.confidence,
            body=json.dumps(dict(item.body), ensure_ascii=False),
        )
    )


def close_item(connection: Connection, item: str, state: str, at: datetime) -> None:
    """Close an item as settled or dropped."""
    connection.execute(update(queue).where(queue.c.id == item).values(state=state, closed_at=millis(at)))


def find_item(connection: Connection, item: str) -> QueueItem | None:
    """An item by id."""
    row = connection.execute(select(queue).where(queue.c.id == item)).first()
    return None if row is None else _item(row)


def count_items(connection: Connection, state: str = "open") -> int:
    """How many items of a state there are."""
    query = select(func.count()).select_from(queue).where(queue.c.state == state)
    return int(connection.execute(query).scalar_one())


def items(
    connection: Connection, state: str = "open", resource: str | None = None, limit: int = 500
) -> list[QueueItem]:
    """Items of a state, the least sure first."""
    query = select(queue).where(queue.c.state == state)
    if resource is not None:
        query = query.where(queue.c.resource == resource)
    found = connection.execute(query.order_by(queue.c.confidence, queue.c.id).limit(limit))
    return [_item(row) for row in found]


def _item(row: Row[Any]) -> QueueItem:
    return QueueItem(
        row.id,
        row.resource,
        row.column,
        row.proposal,
        row.confidence,
        json.loads(row.body),
        row.state,
        from_millis(row.opened_at),
    )


def put_saying(connection: Connection, saying: Saying) -> None:
    """Keep what a steward says; the same column's earlier saying gives way."""
    row = {
        "resource": saying.resource,
        "column": saying.column,
        "fingerprint": saying.fingerprint,
        "name": saying.name,
        "category": saying.category,
        "by": saying.by,
        "note": saying.note,
        "at": millis(saying.at),
    }
    put(connection, sayings, row)


def drop_saying(connection: Connection, resource: str, column: str) -> bool:
    """Forget a saying; whether there was one."""
    found = connection.execute(
        delete(sayings).where(sayings.c.resource == resource, sayings.c.column == column)
    )
    return found.rowcount > 0


def all_sayings(connection: Connection) -> list[Saying]:
    """Everything stewards have said, oldest first."""
    found = connection.execute(select(sayings).order_by(sayings.c.at, sayings.c.resource, sayings.c.column))
    return [
        Saying(
            row.resource,
            row.fingerprint,
            row.column,
            row.name,
            row.category,
            row.by,
            row.note,
            from_millis(row.at),
        )
        for row in found
    ]
