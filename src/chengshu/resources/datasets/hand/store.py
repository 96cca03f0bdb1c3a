"""Tables of labelling by hand: the tasks, and marks that are not in a version of the labels yet."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    LargeBinary,
    String,
    Table,
    delete,
    insert,
    select,
)

from chengshu.resources.datasets.hand.model import LabelTask, Mark
from chengshu.resources.datasets.store import metadata

tasks = Table(
    "dataset_tasks",
    metadata,
    Column("entry", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
marks = Table(
    "dataset_marks",
    metadata,
    Column("entry", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Column("annotator", String, primary_key=True),
    Column("value", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("final", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
_task = msgspec.json.Decoder(LabelTask)


def put_task(connection: Connection, task: LabelTask) -> None:
    """Insert or replace a task."""
    connection.execute(delete(tasks).where(tasks.c.entry == task.entry, tasks.c.name == task.name))
    body = msgspec.json.encode(task, order="deterministic")
    connection.execute(insert(tasks).values(entry=task.entry, name=task.name, body=body))


def tasks_of(connection: Connection, entry: str) -> list[LabelTask]:
    """The tasks of an entry, by name."""
    query = select(tasks.c.body).where(tasks.c.entry == entry).order_by(tasks.c.name)
    return [_task.decode(body) for body in connection.scalars(query)]


def put_mark(connection: Connection, entry: str, name: str, mark: Mark) -> None:
    """Insert or replace what a person says of a unit."""
    key = (marks.c.entry == entry) & (marks.c.name == name)
    own = (marks.c.unit == mark.unit) & (marks.c.annotator == mark.annotator)
    connection.execute(delete(marks).where(key, own))
    connection.execute(insert(marks).values(entry=entry, name=name, **msgspec.to_builtins(mark)))


def marks_of(connection: Connection, entry: str, name: str) -> list[Mark]:
    """The marks of a task, by unit and person."""
    columns = (marks.c.unit, marks.c.annotator, marks.c.value, marks.c.at, marks.c.final)
    query = select(*columns).where(marks.c.entry == entry, marks.c.name == name)
    rows = connection.execute(query.order_by(marks.c.unit, marks.c.annotator))
    return [Mark(*row) for row in rows]


def drop_marks(connection: Connection, entry: str, name: str, gone: Iterable[Mark]) -> None:
    """Take out marks as they were read; one that was changed meanwhile stays."""
    for mark in gone:
        key = (marks.c.entry == entry) & (marks.c.name == name) & (marks.c.unit == mark.unit)
        same = (marks.c.annotator == mark.annotator) & (marks.c.at == mark.at) & (marks.c.value == mark.value)
        connection.execute(delete(marks).where(key, same))
