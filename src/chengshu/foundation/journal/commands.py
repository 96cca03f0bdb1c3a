"""The only writers of journal, stream and outbox. All take the caller's open transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, insert, update
from sqlalchemy.dialects.sqlite import insert as upsert

from chengshu.foundation.journal import store
from chengshu.foundation.journal.model import GENESIS, Actor, canonical, chain_hash
from chengshu.kernel.clock import millis
from chengshu.kernel.reasons import Reason

_ENTER, _PUBLISH = insert(store.journal), insert(store.changes)  # built once: the hot path of every write


@dataclass(frozen=True, slots=True)
class Act:
    """A business write, as it is journalled and published: ``action`` on ``subject`` by ``actor``, and why.

    ``action`` is a dotted word in the past (``event.opened``); it becomes the kind of the change.
    """

    actor: Actor
    action: str
    subject: str
    at: datetime
    body: Mapping[str, Any] = field(default_factory=dict)
    reason: Reason | None = None
    policy: str = ""


def record(connection: Connection, act: Act) -> int:
    """Journal ``act`` and publish it as a change in the same transaction; returns the change's seq."""
    enter(connection, act)
    payload = dict(act.body) | {"actor": act.actor.id}
    return append_change(connection, act.action, act.subject, act.at, msgspec.msgpack.encode(payload))


def enter(connection: Connection, act: Act) -> int:
    """Journal ``act`` without publishing it (what it did is published already); returns the entry's seq."""
    last = store.last_link(connection)
    seq, previous = (last[0] + 1, last[1]) if last else (1, GENESIS)
    reason = canonical(act.reason.as_dict() if act.reason else {})
    body = canonical(dict(act.body))
    digest = chain_hash(
        previous, seq, act.at, act.actor.id, act.action, act.subject, reason, act.policy, body
    )
    connection.execute(
        _ENTER,
        {
            "seq": seq,
            "at": millis(act.at),
            "actor": act.actor.id,
            "action": act.action,
            "subject": act.subject,
            "reason": reason,
            "policy": act.policy,
            "body": body,
            "previous": previous,
            "hash": digest,
        },
    )
    return seq


def append_change(connection: Connection, kind: str, subject: str, at: datetime, payload: bytes) -> int:
    """Add a record to the change stream; ``payload`` is msgpack. Returns its seq."""
    row = {"kind": kind, "subject": subject, "at": millis(at), "payload": payload}
    result = connection.execute(_PUBLISH, row)
    key = result.inserted_primary_key
    assert key is not None  # noqa: S101  an insert into a table with a primary key has one
    return int(key[0])


def empty_changes(connection: Connection, seqs: Sequence[int]) -> None:
    """Take what changes said out of the stream: their places stay, of the kind ``destroyed``."""
    nothing = msgspec.msgpack.encode({})
    rows = [{"place": seq, "kind": "destroyed", "payload": nothing} for seq in seqs]
    if rows:
        statement = update(store.changes).where(store.changes.c.seq == bindparam("place"))
        connection.execute(statement.values(kind=bindparam("kind"), payload=bindparam("payload")), rows)


@contextmanager
def overwriting(connection: Connection) -> Iterator[None]:
    """What is deleted meanwhile is overwritten in the database's file too, where the engine can (SQLite)."""
    if connection.dialect.name != "sqlite":
        yield
        return
    before = connection.exec_driver_sql("PRAGMA secure_delete").scalar()
    connection.exec_driver_sql("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA secure_delete = {int(before or 0)}")


def send(connection: Connection, channel: str, key: str, at: datetime, payload: Mapping[str, Any]) -> None:
    """Put a side effect into the outbox; the same ``key`` is kept once however often it is sent."""
    statement = upsert(store.outbox).values(
        key=key,
        channel=channel,
        at=millis(at),
        next_at=millis(at),
        payload=msgspec.msgpack.encode(dict(payload)),
    )
    connection.execute(statement.on_conflict_do_nothing(index_elements=["key"]))
