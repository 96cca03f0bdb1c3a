"""Tables of the processes room."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Select,
    String,
    Table,
    Text,
    and_,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from chengshu.foundation.processes.model import Deployed, Instance, Mark
from chengshu.kernel import texts
from chengshu.kernel.clock import from_millis, millis
from chengshu.kernel.errors import Conflict
from chengshu.ports.process_engine import Live

metadata = MetaData()

definitions = Table(
    "process_definitions",
    metadata,
    Column("key", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("sources", LargeBinary, nullable=False),
)

instances = Table(
    "process_instances",
    metadata,
    Column("id", String, primary_key=True),
    Column("key", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("business_key", String, nullable=False),
    Column("state", String, nullable=False),
    Column("how", String, nullable=False, server_default=""),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("revision", Integer, nullable=False),
    Column("snapshot", LargeBinary, nullable=False),
    Column("data", Text, nullable=False),
    ForeignKeyConstraint(["key", "version"], ["process_definitions.key", "process_definitions.version"]),
    Index("process_business_key", "business_key", "key"),
)

history = Table(
    "process_history",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("instance", String, nullable=False),
    Column("element", String, nullable=False),
    Column("token", Integer),
    Column("entered_at", BigInteger, nullable=False),
    Column("left_at", BigInteger),
    Column("outcome", String, nullable=False),
    Column("note", Text),
    Index("process_history_instance", "instance", "left_at"),
)

waits = Table(
    "process_waits",
    metadata,
    Column("instance", String, primary_key=True),
    Column("token", Integer, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("due_at", BigInteger),
    Column("leased_until", BigInteger),
    Index("process_waits_due", "kind", "due_at"),
    Index("process_waits_name", "kind", "name"),
)

tasks = Table(
    "process_tasks",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("instance", String, nullable=False),
    Column("process", String, nullable=False),
    Column("business_key", String, nullable=False),
    Column("element", String, nullable=False),
    Column("token", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("department", String, nullable=False),
    Column("role", String, nullable=False),
    Column("matter", String, nullable=False),
    Column("assignee", String, nullable=False),
    Column("due_at", BigInteger),
    Column("escalate", String, nullable=False),
    Column("escalated_at", BigInteger),
    Column("form", String, nullable=False),
    Column("fields", Text, nullable=False),
    Column("handler", String, nullable=False),
    Column("work", String, nullable=False),
    Column("input", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("finished_at", BigInteger),
    Column("finished_by", String, nullable=False),
    Index("process_tasks_instance", "instance", "token"),
    Index("process_tasks_department", "department", "state", "due_at"),
    Index("process_tasks_due", "state", "due_at"),
)

OPEN = ("open", "claimed")
UNFINISHED = (*OPEN, "failed")  # a failed request can still be completed


def moment(value: int | None) -> datetime | None:
    """A stored time that may be absent."""
    return None if value is None else from_millis(value)


def dump(value: Any) -> str:
    """JSON as it is stored: sorted, no spaces. Raises ValueError for NaN."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def latest_definition(connection: Connection, key: str) -> Deployed | None:
    """The newest version of a process."""
    rows = _definitions(
        connection,
        select(definitions).where(definitions.c.key == key).order_by(definitions.c.version.desc()).limit(1),
    )
    return rows[0] if rows else None


def all_definitions(connection: Connection) -> list[Deployed]:
    """Every version of every process."""
    return _definitions(connection, select(definitions).order_by(definitions.c.key, definitions.c.version))


def _definitions(connection: Connection, query: Select[Any]) -> list[Deployed]:
    return [
        Deployed(row.key, row.version, row.hash, texts.Text.of(json.loads(row.name)), from_millis(row.at))
        for row in connection.execute(query)
    ]


def sources_of(connection: Connection, key: str, version: int) -> tuple[bytes, ...] | None:
    """The files of a version, the main one first."""
    found = connection.execute(
        select(definitions.c.sources).where(definitions.c.key == key, definitions.c.version == version)
    ).scalar()
    return None if found is None else tuple(msgspec.msgpack.decode(found, type=list[bytes]))


def add_definition(connection: Connection, deployed: Deployed, sources: Sequence[bytes]) -> None:
    """Keep a new version."""
    connection.execute(
        insert(definitions).values(
            key=deployed.key,
            version=deployed.version,
            hash=deployed.hash,
            name=dump(deployed.name.as_dict()),
            at=millis(deployed.at),
            sources=msgspec.msgpack.encode(list(sources)),
        )
    )


def instance_of(row: Row[Any]) -> Instance:
    """An instance from its row."""
    return Instance(
        row.id,
        row.key,
        row.version,
        row.business_key,
        row.state,
        row.how,
        from_millis(row.started_at),
        moment(row.ended_at),
        row.revision,
        json.loads(row.data),
    )


def find_instance(connection: Connection, instance: str) -> tuple[Instance, bytes] | None:
    """An instance and its snapshot."""
    row = connection.execute(select(instances).where(instances.c.id == instance)).first()
    return None if row is None else (instance_of(row), row.snapshot)


def find_instances(
    connection: Connection,
    business_key: str | None = None,
    state: str | None = None,
    key: str | None = None,
    limit: int = 500,
) -> list[Instance]:
    """Instances, newest first."""
    query = select(instances).order_by(instances.c.started_at.desc(), instances.c.id.desc()).limit(limit)
    for column, value in (
        (instances.c.business_key, business_key),
        (instances.c.state, state),
        (instances.c.key, key),
    ):
        if value is not None:
            query = query.where(column == value)
    return [instance_of(row) for row in connection.execute(query)]


def running_twin(connection: Connection, key: str, business_key: str) -> str | None:
    """The id of a running instance of that process with that business key."""
    return connection.execute(
        select(instances.c.id).where(
            instances.c.key == key, instances.c.business_key == business_key, instances.c.state != "ended"
        )
    ).scalar()


def add_instance(connection: Connection, instance: Instance, snapshot: bytes) -> None:
    """A new instance."""
    connection.execute(
        insert(instances).values(
            id=instance.id,
            key=instance.key,
            version=instance.version,
            business_key=instance.business_key,
            state=instance.state,
            how=instance.how,
            started_at=millis(instance.started_at),
            revision=instance.revision,
            snapshot=snapshot,
            data=dump(dict(instance.data)),
        )
    )


def move_instance(connection: Connection, instance: Instance, snapshot: bytes) -> None:
    """Replace the state of an instance, if nobody else did meanwhile.

    ``instance.revision`` is the new one. Raises :class:`Conflict` when the row is not at the one before.
    """
    changed = connection.execute(
        update(instances)
        .where(instances.c.id == instance.id, instances.c.revision == instance.revision - 1)
        .values(
            state=instance.state,
            how=instance.how,
            version=instance.version,
            revision=instance.revision,
            snapshot=snapshot,
            ended_at=millis(instance.ended_at) if instance.ended_at else None,
            data=dump(dict(instance.data)),
        )
    )
    if changed.rowcount != 1:
        raise Conflict(
            "process-moved",
            f"process {instance.id} went on meanwhile",
            where=instance.id,
            remedy="read it again and repeat the command",
        )


def active_marks(connection: Connection, instance: str) -> dict[int, tuple[int, str]]:
    """Token → (history row, element) of what stands now."""
    rows = connection.execute(
        select(history.c.id, history.c.token, history.c.element).where(
            history.c.instance == instance, history.c.left_at.is_(None)
        )
    )
    return {row.token: (row.id, row.element) for row in rows}


def enter(connection: Connection, instance: str, live: Live, at: datetime) -> None:
    """A token arrived."""
    connection.execute(
        insert(history).values(
            instance=instance,
            element=live.element,
            token=live.number,
            entered_at=millis(at),
            outcome="active",
        )
    )


def leave(
    connection: Connection, row: int, outcome: str, at: datetime, note: Mapping[str, Any] | None
) -> None:
    """A token is gone."""
    connection.execute(
        update(history)
        .where(history.c.id == row)
        .values(left_at=millis(at), outcome=outcome, note=dump(dict(note)) if note else None)
    )


def pass_by(
    connection: Connection, instance: str, element: str, at: datetime, note: Mapping[str, Any] | None
) -> None:
    """An element was passed without a stop."""
    connection.execute(
        insert(history).values(
            instance=instance,
            element=element,
            entered_at=millis(at),
            left_at=millis(at),
            outcome="completed",
            note=dump(dict(note)) if note else None,
        )
    )


def marks(connection: Connection, instance: str, as_of: datetime | None = None) -> list[Mark]:
    """The whole picture, in order of arrival; as it stood at ``as_of``."""
    query = select(history).where(history.c.instance == instance).order_by(history.c.id)
    limit = None if as_of is None else millis(as_of)
    if limit is not None:
        query = query.where(history.c.entered_at <= limit)
    found = []
    for row in connection.execute(query):
        still = row.left_at is None or (limit is not None and row.left_at > limit)
        found.append(
            Mark(
                row.element,
                from_millis(row.entered_at),
                None if still else from_millis(row.left_at),
                "active" if still else row.outcome,
                row.token,
                json.loads(row.note) if row.note else None,
            )
        )
    return found


def set_waits(connection: Connection, instance: str, live: Iterable[Live]) -> None:
    """What the instance waits for now, in place of what it waited for."""
    connection.execute(delete(waits).where(waits.c.instance == instance))
    rows = {
        (token.number, wait.kind, wait.name): wait.due
        for token in live
        for wait in token.waits
        if wait.kind in ("timer", "message", "signal")
    }
    if rows:
        connection.execute(
            insert(waits),
            [
                {
                    "instance": instance,
                    "token": number,
                    "kind": kind,
                    "name": name,
                    "due_at": millis(due) if due else None,
                }
                for (number, kind, name), due in rows.items()
            ],
        )


def waiting_instances(connection: Connection, kind: str, name: str, business_key: str | None) -> list[str]:
    """Instances that wait for a message or signal, oldest first."""
    query = (
        select(instances.c.id)
        .join(waits, waits.c.instance == instances.c.id)
        .where(waits.c.kind == kind, waits.c.name == name)
        .distinct()
        .order_by(instances.c.started_at, instances.c.id)
    )
    if business_key is not None:
        query = query.where(instances.c.business_key == business_key)
    return list(connection.execute(query).scalars())


def next_moment(connection: Connection) -> datetime | None:
    """When the next timer, or the clock of an open task, runs out."""
    found = [moment for moment in connection.execute(_NEXT).one() if moment is not None]
    return from_millis(min(found)) if found else None


_EFFECTIVE = case((waits.c.leased_until > waits.c.due_at, waits.c.leased_until), else_=waits.c.due_at)
_TIMER = select(func.min(_EFFECTIVE)).where(waits.c.kind == "timer")
_CLOCK = select(func.min(tasks.c.due_at)).where(tasks.c.state.in_(OPEN), tasks.c.escalated_at.is_(None))
_NEXT = select(_TIMER.scalar_subquery(), _CLOCK.scalar_subquery())  # asked after every write: built once


def lease_due(connection: Connection, now: datetime, until: datetime) -> list[str]:
    """Take the due timers until ``until``; the instances they belong to, the longest due first."""
    free = and_(
        waits.c.kind == "timer",
        waits.c.due_at <= millis(now),
        or_(waits.c.leased_until.is_(None), waits.c.leased_until <= millis(now)),
    )
    found = connection.execute(
        select(waits.c.instance, func.min(waits.c.due_at).label("due"))
        .where(free)
        .group_by(waits.c.instance)
        .order_by("due", waits.c.instance)
    ).all()
    connection.execute(update(waits).where(free).values(leased_until=millis(until)))
    return [row.instance for row in found]


def drop_timers(connection: Connection, instance: str) -> None:
    """Forget the timers of an instance that cannot go on."""
    connection.execute(delete(waits).where(waits.c.instance == instance, waits.c.kind == "timer"))
