"""Readers of the journal and the stream, and the check that nobody changed the past."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, bindparam, func, or_, select

from chengshu.foundation.journal import store
from chengshu.foundation.journal.model import GENESIS, Entry, chain_hash
from chengshu.kernel.clock import from_millis
from chengshu.ports.runtime import Change

_SOME = 100  # changes whose payloads are read at once
_BITE = 16 * 1024 * 1024
_LAST_SEQ = select(func.coalesce(func.max(store.changes.c.seq), 0))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What :func:`verify` found: ``broken_at`` is the first entry that does not fit, or None."""

    entries: int
    head: str
    broken_at: int | None
    detail: str = ""

    @property
    def ok(self) -> bool:
        """Whether the whole chain fits."""
        return self.broken_at is None


def verify(connection: Connection) -> Verdict:
    """Recompute the chain from the first entry to the last."""
    previous, count = GENESIS, 0
    rows = connection.execute(select(store.journal).order_by(store.journal.c.seq)).yield_per(1000)
    for row in rows:
        count += 1
        if row.seq != count:
            return Verdict(count, previous, row.seq, f"entry {count} is missing")
        if row.previous != previous:
            return Verdict(count, previous, row.seq, "it does not follow the entry before it")
        expected = chain_hash(
            previous,
            row.seq,
            from_millis(row.at),
            row.actor,
            row.action,
            row.subject,
            row.reason,
            row.policy,
            row.body,
        )
        if expected != row.hash:
            return Verdict(count, previous, row.seq, "its content was changed after it was written")
        previous = row.hash
    return Verdict(count, previous, None)


def head(connection: Connection) -> tuple[int, str]:
    """Number of entries and the hash of the last: note it elsewhere, and a cut-off tail is noticed too."""
    row = connection.execute(
        select(store.journal.c.seq, store.journal.c.hash).order_by(store.journal.c.seq.desc()).limit(1)
    ).first()
    return (row.seq, row.hash) if row else (0, GENESIS)


def entries_about(connection: Connection, subject: str, limit: int = 500) -> list[Entry]:
    """The journal of one thing, oldest first."""
    rows = connection.execute(
        select(store.journal)
        .where(store.journal.c.subject == subject)
        .order_by(store.journal.c.seq)
        .limit(limit)
    )
    return [_entry(row) for row in rows]


def newest_about(connection: Connection, subject: str, limit: int) -> list[Entry]:
    """The newest entries of one thing, newest first."""
    query = select(store.journal).where(store.journal.c.subject == subject)
    return [
        _entry(row) for row in connection.execute(query.order_by(store.journal.c.seq.desc()).limit(limit))
    ]


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    return Entry(
        row.seq,
        from_millis(row.at),
        row.actor,
        row.action,
        row.subject,
        json.loads(row.reason),
        row.policy,
        json.loads(row.body),
        row.previous,
        row.hash,
    )


def last_seq(connection: Connection) -> int:
    """The newest position of the change stream, 0 when it is empty."""
    return int(connection.execute(_LAST_SEQ).scalar_one())


def changes_after(
    connection: Connection, seq: int, kinds: Sequence[str] = ("",), limit: int = 500
) -> Iterator[Change]:
    """Changes above ``seq`` whose kind starts with one of ``kinds``, in order.

    Ends after ``limit`` changes, or earlier when their payloads exceed 16 MB, so that a backlog is taken
    in bites; ask again from the last one's seq.
    """
    size = 0
    query = _changes_of_kinds(tuple(kinds))
    for row in connection.execute(query, {"after": seq, "most": limit}):
        yield Change(row.seq, row.kind, row.subject, from_millis(row.at), decode(row.kind, row.payload))
        size += len(row.payload)
        if size > _BITE:
            return


@lru_cache(maxsize=200)
def _changes_of_kinds(kinds: tuple[str, ...]) -> Select[Any]:
    """Built once for each consumer: some ask many times in a second."""
    query = select(store.changes).where(store.changes.c.seq > bindparam("after"))
    if "" not in kinds:
        query = query.where(or_(*(store.changes.c.kind.startswith(kind) for kind in kinds)))
    return query.order_by(store.changes.c.seq).limit(bindparam("most"))


def changes_of(
    connection: Connection, kind: str, subject: str, start: int, end: int
) -> Iterator[tuple[int, int, bytes]]:
    """Position, moment and bytes of a subject's changes of a kind, ``start <= at < end`` (ms), in order."""
    changes = store.changes
    named = select(changes.c.seq).where(
        changes.c.kind == kind, changes.c.subject == subject, changes.c.at >= start, changes.c.at < end
    )
    seqs = sorted(connection.scalars(named))  # from the index alone; payloads are then read some at a time
    for first in range(0, len(seqs), _SOME):
        query = select(changes.c.seq, changes.c.at, changes.c.payload)
        query = query.where(changes.c.seq.in_(seqs[first : first + _SOME])).order_by(changes.c.seq)
        for row in connection.execute(query):
            yield row.seq, row.at, row.payload


def subjects_of(connection: Connection, kind: str) -> list[str]:
    """What the changes of a kind are about."""
    changes = store.changes
    found: list[str] = []
    query = select(func.min(changes.c.subject)).where(changes.c.kind == kind)
    following = connection.execute(query).scalar_one()
    while following is not None:  # from one to the next by the index: DISTINCT would look at every change
        found.append(following)
        following = connection.execute(query.where(changes.c.subject > following)).scalar_one()
    return found


def decode(kind: str, payload: bytes) -> dict[str, object]:
    """A change's payload; batches of observations stay packed until a consumer wants them."""
    if kind == "observations":
        return {"batch": payload}
    decoded: dict[str, object] = msgspec.msgpack.decode(payload)
    return decoded


def earlier_entries(connection: Connection, before: int | None, limit: int) -> list[Entry]:
    """The newest entries below ``before`` (None: of all), newest first."""
    query = select(store.journal).order_by(store.journal.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(store.journal.c.seq < before)
    return [_entry(row) for row in connection.execute(query)]


def first_entry_at(connection: Connection) -> datetime | None:
    """When the journal begins."""
    value = connection.execute(select(func.min(store.journal.c.at))).scalar()
    return None if value is None else from_millis(value)
