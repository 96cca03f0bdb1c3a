"""Tables of the journal, the change stream and the outbox."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    select,
)
from sqlalchemy.dialects.sqlite import insert as upsert

metadata = MetaData()

journal = Table(
    "journal",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("policy", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("journal_subject", "subject", "seq"),
)

changes = Table(
    "changes",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Index("changes_subject", "kind", "subject", "at"),  # for what is looked up by subject: retention
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String, nullable=False, unique=True),  # idempotency: the same effect is sent once
    Column("channel", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", BigInteger, nullable=False),
    Column("done_at", BigInteger),
    Column("gave_up_at", BigInteger),
    Column("error", Text),
    Index("outbox_due", "done_at", "next_at"),
)

attempts = Table(
    "outbox_attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("outcome", String, nullable=False),  # done, failed (to be tried again), rejected (never again)
    Column("error", Text, nullable=False),
    Index("outbox_attempts_channel", "channel", "id"),
    Index("outbox_attempts_key", "key", "id"),
)

offsets = Table(
    "offsets",
    metadata,
    Column("consumer", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

_PUT = upsert(offsets)
_PUT_OFFSET = _PUT.on_conflict_do_update(index_elements=["consumer"], set_={"seq": _PUT.excluded.seq})
_LAST_LINK = select(journal.c.seq, journal.c.hash).order_by(journal.c.seq.desc()).limit(1)


def last_link(connection: Connection) -> tuple[int, str] | None:
    """Seq and hash of the newest journal entry."""
    row = connection.execute(_LAST_LINK).first()
    return (row[0], row[1]) if row else None


def read_offset(connection: Connection, consumer: str) -> int:
    """The last position the consumer has handled, 0 when it never ran."""
    query = select(offsets.c.seq).where(offsets.c.consumer == consumer)
    return int(connection.execute(query).scalar_one_or_none() or 0)


def put_offset(connection: Connection, consumer: str, seq: int) -> None:
    """Set the consumer's position."""
    connection.execute(_PUT_OFFSET, {"consumer": consumer, "seq": seq})
