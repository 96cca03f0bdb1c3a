"""Rows of tasks and service requests; the table stands in :mod:`.store`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from chengshu.foundation.processes.model import Task
from chengshu.foundation.processes.store import OPEN, dump, moment, tasks
from chengshu.kernel import texts
from chengshu.kernel.clock import from_millis, millis
from chengshu.ports.process_engine import Field


def add_task(connection: Connection, task: Task) -> None:
    """A new task."""
    connection.execute(insert(tasks).values(**_task_row(task)))


def save_task(connection: Connection, task: Task) -> None:
    """The new state of a task."""
    connection.execute(update(tasks).where(tasks.c.id == task.id).values(**_task_row(task)))


def _task_row(task: Task) -> dict[str, Any]:
    row = {
        name: getattr(task, name)
        for name in (
            "id",
            "kind",
            "instance",
            "process",
            "business_key",
            "element",
            "token",
            "state",
            "department",
            "role",
            "matter",
            "assignee",
            "escalate",
            "form",
            "handler",
            "work",
            "finished_by",
        )
    }
    moments = {
        "created_at": task.created_at,
        "due_at": task.due,
        "escalated_at": task.escalated_at,
        "finished_at": task.finished_at,
    }
    row |= {name: millis(moment) if moment else None for name, moment in moments.items()}
    fields = [
        [item.name, item.type, item.label.as_dict(), item.required, list(item.choices)]
        for item in task.fields
    ]
    return row | {
        "name": dump(task.name.as_dict()),
        "fields": dump(fields),
        "input": dump(dict(task.input)),
        "result": dump(dict(task.result)),
    }


def _task_of(row: Row[Any]) -> Task:
    """A task from its row."""
    fields = tuple(
        Field(name, kind, texts.Text.of(label), required, tuple(choices))
        for name, kind, label, required, choices in json.loads(row.fields)
    )
    return Task(
        row.id,
        row.kind,
        row.instance,
        row.process,
        row.business_key,
        row.element,
        texts.Text.of(json.loads(row.name)),
        row.state,
        from_millis(row.created_at),
        row.token,
        row.department,
        row.role,
        row.matter,
        row.assignee,
        moment(row.due_at),
        row.escalate,
        moment(row.escalated_at),
        row.form,
        fields,
        row.handler,
        row.work,
        json.loads(row.input),
        json.loads(row.result),
        moment(row.finished_at),
        row.finished_by,
    )


def find_task(connection: Connection, task: str) -> Task | None:
    """A task by id."""
    row = connection.execute(select(tasks).where(tasks.c.id == task)).first()
    return None if row is None else _task_of(row)


def find_tasks(
    connection: Connection,
    *,
    kind: str | None = None,
    instance: str | None = None,
    business_key: str | None = None,
    departments: Sequence[str] | None = None,
    person: str | None = None,
    states: Sequence[str] = OPEN,
    due_before: datetime | None = None,
    limit: int = 500,
) -> list[Task]:
    """Tasks by what is asked, the soonest due first."""
    query = (
        select(tasks)
        .where(tasks.c.state.in_(states))
        .order_by(tasks.c.due_at.is_(None), tasks.c.due_at, tasks.c.created_at, tasks.c.id)
        .limit(limit)
    )
    for column, value in (
        (tasks.c.kind, kind),
        (tasks.c.instance, instance),
        (tasks.c.business_key, business_key),
        (tasks.c.assignee, person),
    ):
        if value is not None:
            query = query.where(column == value)
    if departments is not None:
        query = query.where(tasks.c.department.in_(departments))
    if due_before is not None:
        query = query.where(tasks.c.due_at <= millis(due_before))
    return [_task_of(row) for row in connection.execute(query)]


def overdue_tasks(connection: Connection, now: datetime) -> list[Task]:
    """Open tasks whose clock has run out and that were not escalated yet."""
    rows = connection.execute(
        select(tasks)
        .where(tasks.c.state.in_(OPEN), tasks.c.due_at <= millis(now), tasks.c.escalated_at.is_(None))
        .order_by(tasks.c.due_at, tasks.c.id)
    )
    return [_task_of(row) for row in rows]
