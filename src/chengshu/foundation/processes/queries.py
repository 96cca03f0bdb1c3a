"""Readers of the room: definitions, instances, tasks, and the picture of an instance at any moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chengshu.foundation.processes import store, store_tasks
from chengshu.foundation.processes.model import Deployed, Instance, Mark, Task
from chengshu.kernel.errors import Missing


@dataclass(frozen=True, slots=True)
class Picture:
    """An instance on its diagram: the XML to draw, and the marks to put on it."""

    instance: Instance
    source: bytes
    marks: tuple[Mark, ...]

    @property
    def active(self) -> tuple[str, ...]:
        """Elements where a token stands, each once, in order of arrival."""
        return tuple(dict.fromkeys(mark.element for mark in self.marks if mark.outcome == "active"))

    @property
    def completed(self) -> tuple[str, ...]:
        """Elements that were finished at least once, in order."""
        return tuple(dict.fromkeys(mark.element for mark in self.marks if mark.outcome == "completed"))


def definitions(connection: Connection) -> list[Deployed]:
    """Every version of every process."""
    return store.all_definitions(connection)


def source(connection: Connection, key: str, version: int | None = None) -> bytes:
    """The BPMN file of a version (default: the newest). Raises :class:`Missing`."""
    latest = store.latest_definition(connection, key) if version is None else None
    number = version if version is not None else latest.version if latest else 0
    found = store.sources_of(connection, key, number)
    if not found:
        raise Missing("process-definition", f"there is no version {version or ''} of {key!r}", where=key)
    return found[0]


def instance(connection: Connection, instance_id: str) -> Instance:
    """An instance with its data. Raises :class:`Missing`."""
    found = store.find_instance(connection, instance_id)
    if found is None:
        raise Missing("process", f"there is no process {instance_id!r}", where=instance_id)
    return found[0]


def instances(
    connection: Connection,
    business_key: str | None = None,
    state: str | None = None,
    key: str | None = None,
    limit: int = 500,
) -> list[Instance]:
    """Instances by business key, state (running, stuck, ended) and process, newest first."""
    return store.find_instances(connection, business_key, state, key, limit)


def picture(connection: Connection, instance_id: str, as_of: datetime | None = None) -> Picture:
    """Where the tokens stand and what was passed, now or at ``as_of``. Raises :class:`Missing`."""
    found = instance(connection, instance_id)
    return Picture(
        found,
        source(connection, found.key, found.version),
        tuple(store.marks(connection, instance_id, as_of)),
    )


def task(connection: Connection, task_id: str) -> Task:
    """A task or service request. Raises :class:`Missing`."""
    found = store_tasks.find_task(connection, task_id)
    if found is None:
        raise Missing("task", f"there is no task {task_id!r}", where=task_id)
    return found


def tasks(
    connection: Connection,
    *,
    departments: Sequence[str] | None = None,
    person: str | None = None,
    business_key: str | None = None,
    instance_id: str | None = None,
    states: Sequence[str] = store.OPEN,
    due_before: datetime | None = None,
    limit: int = 500,
) -> list[Task]:
    """People's tasks, the soonest due first."""
    return store_tasks.find_tasks(
        connection,
        kind="human",
        departments=departments,
        person=person,
        business_key=business_key,
        instance=instance_id,
        states=states,
        due_before=due_before,
        limit=limit,
    )


def requests(
    connection: Connection,
    *,
    business_key: str | None = None,
    instance_id: str | None = None,
    states: Sequence[str] = ("open", "failed"),
    limit: int = 500,
) -> list[Task]:
    """Service requests, the soonest due first."""
    return store_tasks.find_tasks(
        connection,
        kind="service",
        business_key=business_key,
        instance=instance_id,
        states=states,
        limit=limit,
    )
