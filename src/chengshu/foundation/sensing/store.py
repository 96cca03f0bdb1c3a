"""Tables of sensing: quarantine, the sources' minutes and silence, their tokens, replayed files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    case,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from chengshu.ports.rows import put

metadata = MetaData()

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String, nullable=False),
    Column("code", String, nullable=False),
    Column("digest", String(64), nullable=False),  # of source, code, topic and record: the same comes once
    Column("detail", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("cut", Boolean, nullable=False),
    Column("topic", String, nullable=False),
    Column("times", Integer, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    Column("entity", String),  # NULL in rows of before it was kept
    Index("quarantine_digest", "digest", unique=True),
    Index("quarantine_source", "source", "state", "id"),
)

minutes = Table(
    "source_minutes",
    metadata,
    Column("source", String, primary_key=True),
    Column("minute", BigInteger, primary_key=True, autoincrement=False),
    Column("accepted", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
    sqlite_with_rowid=False,
)

sources = Table(
    "sources",
    metadata,
    Column("source", String, primary_key=True),
    Column("last_seen", BigInteger),
    Column("accepted", BigInteger, nullable=False),
    Column("quarantined", BigInteger, nullable=False),
    Column("silent_since", BigInteger),
    sqlite_with_rowid=False,
)

tokens = Table(
    "source_tokens",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("source", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", String, nullable=False),
    Column("revoked_at", BigInteger),
    sqlite_with_rowid=False,
)

replays = Table(
    "replays",
    metadata,
    Column("source", String, primary_key=True),
    Column("file", String, nullable=False),  # digest of the content: another file starts from its beginning
    Column("done", Integer, nullable=False),
    sqlite_with_rowid=False,
)


def put_quarantined(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep rejected records; one that is there already is counted (and waits again)."""
    statement = upsert(quarantine)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["digest"],
            set_={
                "times": quarantine.c.times + 1,
                "last_at": statement.excluded.last_at,
                "detail": statement.excluded.detail,
                "state": "waiting",
            },
        ),
        list(rows),
    )


def quarantined_rows(
    connection: Connection,
    *,
    source: str | None = None,
    state: str | None = None,
    code: str | None = None,
    after: int = 0,
    limit: int = 200,
) -> list[Row[Any]]:
    """Quarantined records by id above ``after``."""
    query = select(quarantine).where(quarantine.c.id > after)
    for column, wanted in (
        (quarantine.c.source, source),
        (quarantine.c.state, state),
        (quarantine.c.code, code),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    return list(connection.execute(query.order_by(quarantine.c.id).limit(limit)))


def quarantine_counts(connection: Connection) -> list[tuple[str, str, int, int]]:
    """(source, code, records, times) of what waits."""
    query = (
        select(quarantine.c.source, quarantine.c.code, func.count(), func.sum(quarantine.c.times))
        .where(quarantine.c.state == "waiting")
        .group_by(quarantine.c.source, quarantine.c.code)
        .order_by(quarantine.c.source, quarantine.c.code)
    )
    return [(row[0], row[1], row[2], row[3]) for row in connection.execute(query)]


def complaints(connection: Connection, limit: int) -> tuple[list[tuple[int, int, int, Row[Any]]], int]:
    """What waits, by source, reason and device, that last heard of first: (records, times, first_at, the
    newest row) of at most ``limit`` groups, and how many groups there are.
    """
    grouped = (
        select(
            func.count().label("records"),
            func.sum(quarantine.c.times).label("times"),
            func.min(quarantine.c.first_at).label("since"),
            func.max(quarantine.c.last_at).label("last"),
            func.max(quarantine.c.id).label("newest"),
        )
        .where(quarantine.c.state == "waiting")
        .group_by(quarantine.c.source, quarantine.c.code, func.coalesce(quarantine.c.entity, ""))
        .subquery()
    )
    query = (
        select(grouped.c.records, grouped.c.times, grouped.c.since, quarantine)
        .join(quarantine, quarantine.c.id == grouped.c.newest)
        .order_by(grouped.c.last.desc(), grouped.c.newest.desc())
        .limit(limit)
    )
    found = [(row.records, int(row[1]), row.since, row) for row in connection.execute(query)]
    return found, connection.execute(select(func.count()).select_from(grouped)).scalar_one()


def waiting_like(connection: Connection, row_id: int) -> list[int]:
    """Ids of what waits with the source, reason and device of a row; none when there is no such row."""
    like = select(quarantine).where(quarantine.c.id == row_id).subquery()
    same = (
        (quarantine.c.source == like.c.source)
        & (quarantine.c.code == like.c.code)
        & (func.coalesce(quarantine.c.entity, "") == func.coalesce(like.c.entity, ""))
    )
    query = select(quarantine.c.id).join(like, same).where(quarantine.c.state == "waiting")
    return list(connection.scalars(query.order_by(quarantine.c.id)))


def set_states(connection: Connection, ids: Sequence[int], state: str) -> None:
    """Move quarantined records to ``state``."""
    for start in range(0, len(ids), 500):
        connection.execute(
            update(quarantine).where(quarantine.c.id.in_(ids[start : start + 500])).values(state=state)
        )


def set_reason(connection: Connection, row_id: int, code: str, detail: str) -> None:
    """A record that was tried again and is still bad, perhaps for another reason."""
    connection.execute(update(quarantine).where(quarantine.c.id == row_id).values(code=code, detail=detail))


def add_minute(connection: Connection, source: str, minute: int, accepted: int, quarantined: int) -> None:
    """Count into a minute of a source."""
    row = {"source": source, "minute": minute, "accepted": accepted, "quarantined": quarantined}
    connection.execute(_ADD_MINUTE, row)


_MINUTE = upsert(minutes)
_ADD_MINUTE = _MINUTE.on_conflict_do_update(  # built once: it runs for every message
    index_elements=["source", "minute"],
    set_={name: minutes.c[name] + _MINUTE.excluded[name] for name in ("accepted", "quarantined")},
)


def drop_minutes(connection: Connection, before: int) -> None:
    """Forget minutes before ``before``."""
    connection.execute(delete(minutes).where(minutes.c.minute < before))


def minute_sums(connection: Connection, start: int, end: int) -> dict[str, int]:
    """Accepted per source over minutes ``start <= minute < end``."""
    query = (
        select(minutes.c.source, func.sum(minutes.c.accepted))
        .where(minutes.c.minute >= start, minutes.c.minute < end)
        .group_by(minutes.c.source)
    )
    return {row[0]: int(row[1]) for row in connection.execute(query)}


def see_source(connection: Connection, source: str, at: int | None, accepted: int, quarantined: int) -> None:
    """Count into a source's totals; ``at`` None only makes sure there is a row."""
    row = {"source": source, "last_seen": at, "accepted": accepted, "quarantined": quarantined}
    connection.execute(_KNOW_SOURCE if at is None else _SEE_SOURCE, row)


_SOURCE = upsert(sources)  # built once: it runs for every message
_KNOW_SOURCE = _SOURCE.on_conflict_do_nothing(index_elements=["source"])
_SEEN = _SOURCE.excluded.last_seen
_SEE_SOURCE = _SOURCE.on_conflict_do_update(
    index_elements=["source"],
    set_={
        "last_seen": case((sources.c.last_seen > _SEEN, sources.c.last_seen), else_=_SEEN),
        "accepted": sources.c.accepted + _SOURCE.excluded.accepted,
        "quarantined": sources.c.quarantined + _SOURCE.excluded.quarantined,
        "silent_since": None,
    },
)


def set_silent(connection: Connection, source: str, since: int) -> None:
    """Mark a source as silent."""
    connection.execute(update(sources).where(sources.c.source == source).values(silent_since=since))


def source_rows(connection: Connection) -> dict[str, Row[Any]]:
    """All sources ever seen, by id."""
    return {row.source: row for row in connection.execute(select(sources))}


def valid_tokens(connection: Connection) -> list[tuple[str, str]]:
    """(source, hash) of every token that was not revoked."""
    query = select(tokens.c.source, tokens.c.hash).where(tokens.c.revoked_at.is_(None))
    return [(row[0], row[1]) for row in connection.execute(query)]


def put_token(connection: Connection, source: str, digest: str, at: int, by: str) -> None:
    """Keep the hash of a new token."""
    connection.execute(upsert(tokens).values(hash=digest, source=source, created_at=at, created_by=by))


def revoke_tokens(connection: Connection, source: str, at: int) -> int:
    """Revoke all tokens of a source; returns how many there were."""
    hit = connection.execute(
        update(tokens).where(tokens.c.source == source, tokens.c.revoked_at.is_(None)).values(revoked_at=at)
    )
    return hit.rowcount


def replay_done(connection: Connection, source: str, file: str) -> int:
    """How many records of this very file have been played."""
    query = select(replays.c.done).where(replays.c.source == source, replays.c.file == file)
    return int(connection.execute(query).scalar_one_or_none() or 0)


def put_replay(connection: Connection, source: str, file: str, done: int) -> None:
    """Note how many records have been played."""
    put(connection, replays, {"source": source, "file": file, "done": done})
