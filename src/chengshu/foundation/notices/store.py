"""Tables of notices: what was told, each person's inbox, what waits to be told together, what left lately."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from chengshu.foundation.notices.model import Line, Notice, Routed, Way
from chengshu.kernel.clock import from_millis, millis

metadata = MetaData()

notices = Table(
    "notices",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("instead", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("notices_at", "at"),
)
inbox = Table(
    "notice_inbox",
    metadata,
    Column("account", String, primary_key=True),
    Column("notice", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("read_at", BigInteger),
    Index("notice_inbox_unread", "account", "read_at"),
    Index("notice_inbox_at", "account", "at"),
    sqlite_with_rowid=False,
)
held = Table(
    "notice_held",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", String, nullable=False),
    Column("address", String, nullable=False),
    Column("language", String, nullable=False),
    Column("notice", String, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Index("notice_held_due", "due_at"),
    Index("notice_held_one", "channel", "address", "notice", unique=True),
)
left = Table(
    "notice_left",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", String, nullable=False),
    Column("address", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("notice_left_to", "channel", "address", "kind", "at"),
    Index("notice_left_at", "at"),
)

_notice = msgspec.json.Decoder(Notice)


@dataclass(frozen=True, slots=True)
class Told:
    """A notice and how it was told."""

    notice: Notice
    urgent: bool


def add_notice(connection: Connection, notice: Notice, found: Routed) -> bool:
    """Keep a notice; False when it is there already."""
    statement = upsert(notices).values(
        id=notice.id,
        kind=notice.kind,
        subject=notice.subject,
        at=notice.at,
        urgent=found.urgent,
        instead=found.instead,
        body=msgspec.json.encode(notice, order="deterministic"),
    )
    done = connection.execute(statement.on_conflict_do_nothing(index_elements=["id"]))
    return done.rowcount > 0


def put_in_inboxes(connection: Connection, notice: Notice, accounts: Sequence[str]) -> None:
    """A line for each account; what is there stays as it is, read or not."""
    for account in accounts:
        statement = upsert(inbox).values(account=account, notice=notice.id, at=notice.at)
        connection.execute(statement.on_conflict_do_nothing(index_elements=["account", "notice"]))


def unclaimed(connection: Connection, since: datetime, limit: int) -> list[Notice]:
    """Notices that stand in nobody's inbox, the newest first."""
    somewhere = select(inbox.c.notice).where(inbox.c.notice == notices.c.id).exists()
    query = select(notices.c.body).where(notices.c.at > millis(since), ~somewhere)
    return [
        _notice.decode(row.body)
        for row in connection.execute(query.order_by(notices.c.at.desc()).limit(limit))
    ]


def hold(connection: Connection, way: Way, notice: str, due: datetime) -> None:
    """Keep a message back until ``due``."""
    statement = upsert(held).values(
        channel=way.channel, address=way.address, language=way.language, notice=notice, due_at=millis(due)
    )
    columns = ["channel", "address", "notice"]
    connection.execute(statement.on_conflict_do_nothing(index_elements=columns))


def held_until(connection: Connection, way: Way) -> datetime | None:
    """When the messages kept back for an address leave; None where there are none."""
    query = select(func.max(held.c.due_at)).where(
        held.c.channel == way.channel, held.c.address == way.address
    )
    moment = connection.execute(query).scalar_one_or_none()
    return None if moment is None else from_millis(moment)


def next_held(connection: Connection) -> datetime | None:
    """When the next message kept back is due."""
    moment = connection.execute(select(func.min(held.c.due_at))).scalar_one_or_none()
    return None if moment is None else from_millis(moment)


def take_due(connection: Connection, now: datetime) -> dict[Way, list[Told]]:
    """What is due, by address, the oldest first; it is held no longer."""
    due = held.c.due_at <= millis(now)
    rows = connection.execute(
        select(held.c.channel, held.c.address, held.c.language, notices.c.body, notices.c.urgent)
        .join(notices, notices.c.id == held.c.notice)
        .where(due)
        .order_by(held.c.id)
    ).all()
    connection.execute(delete(held).where(due))
    found: dict[Way, list[Told]] = {}
    for row in rows:
        way = Way(row.channel, row.address, row.language)
        found.setdefault(way, []).append(Told(_notice.decode(row.body), bool(row.urgent)))
    return found


def note_left(connection: Connection, way: Way, kind: str, now: datetime) -> None:
    """A message of a kind leaves by itself."""
    connection.execute(
        insert(left).values(channel=way.channel, address=way.address, kind=kind, at=millis(now))
    )


def left_since(connection: Connection, way: Way, kind: str, since: datetime) -> list[datetime]:
    """When messages of a kind left for an address, one by one."""
    query = select(left.c.at).where(
        left.c.channel == way.channel,
        left.c.address == way.address,
        left.c.kind == kind,
        left.c.at > millis(since),
    )
    return [from_millis(row.at) for row in connection.execute(query)]


def prune(connection: Connection, before: datetime, forgotten: datetime) -> None:
    """Let go of notices older than ``before``, and of what left before ``forgotten``."""
    connection.execute(delete(left).where(left.c.at < millis(forgotten)))
    connection.execute(delete(inbox).where(inbox.c.at < millis(before)))
    waiting = select(held.c.notice)
    connection.execute(delete(notices).where(notices.c.at < millis(before), notices.c.id.not_in(waiting)))


def lines(
    connection: Connection, account: str, *, unread: bool, kinds: Iterable[str], before: int, limit: int
) -> list[Line]:
    """An inbox, the newest first; ``before`` is milliseconds, 0 for all."""
    query = (
        select(notices.c.body, notices.c.urgent, notices.c.instead, inbox.c.read_at, inbox.c.at)
        .join(notices, notices.c.id == inbox.c.notice)
        .where(inbox.c.account == account)
    )
    if unread:
        query = query.where(inbox.c.read_at.is_(None))
    if wanted := tuple(kinds):
        query = query.where(notices.c.kind.in_(wanted))
    if before:
        query = query.where(inbox.c.at < before)
    rows = connection.execute(query.order_by(inbox.c.at.desc(), inbox.c.notice.desc()).limit(limit))
    return [
        Line(
            _notice.decode(row.body),
            from_millis(row.at),
            bool(row.urgent),
            bool(row.instead),
            None if row.read_at is None else from_millis(row.read_at),
        )
        for row in rows
    ]


def line(connection: Connection, account: str, notice: str) -> Notice | None:
    """A notice of somebody's inbox, None when it is not there."""
    query = (
        select(notices.c.body)
        .join(inbox, inbox.c.notice == notices.c.id)
        .where(inbox.c.account == account, inbox.c.notice == notice)
    )
    body = connection.execute(query).scalar_one_or_none()
    return None if body is None else _notice.decode(body)


def unread(connection: Connection, account: str) -> int:
    """How many lines nobody has read."""
    query = select(func.count()).where(inbox.c.account == account, inbox.c.read_at.is_(None))
    return int(connection.execute(query).scalar_one())


def mark_read(connection: Connection, account: str, notice: str, until: datetime, now: datetime) -> int:
    """Mark one line as read, or (with no ``notice``) all that were there at ``until``; how many it were."""
    statement = update(inbox).where(inbox.c.account == account, inbox.c.read_at.is_(None))
    if notice:
        statement = statement.where(inbox.c.notice == notice)
    else:
        statement = statement.where(inbox.c.at <= millis(until))
    return connection.execute(statement.values(read_at=millis(now))).rowcount


def mark_unread(connection: Connection, account: str, notice: str) -> int:
    """Put a line back among the unread."""
    mine = (inbox.c.account == account) & (inbox.c.notice == notice) & inbox.c.read_at.is_not(None)
    return connection.execute(update(inbox).where(mine).values(read_at=None)).rowcount


def find(connection: Connection, ids: Iterable[str]) -> dict[str, Notice]:
    """Notices by id; unknown ones are left out."""
    rows = connection.execute(select(notices.c.id, notices.c.body).where(notices.c.id.in_(list(ids))))
    return {row.id: _notice.decode(row.body) for row in rows}


def held_counts(connection: Connection) -> dict[str, int]:
    """How many messages are kept back, by channel."""
    query = select(held.c.channel, func.count().label("n")).group_by(held.c.channel)
    return {row.channel: row.n for row in connection.execute(query)}
