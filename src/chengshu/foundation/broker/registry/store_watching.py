"""Tables of the subscriptions to registrations, and of the notices that wait to be delivered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import (
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

from chengshu.foundation.broker.registry.model import Registration
from chengshu.foundation.broker.registry.watching import Reason, SourceSubscription
from chengshu.foundation.broker.subscriptions.model import Progress

metadata = MetaData()

subscriptions = Table(
    "broker_source_subscriptions",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("id", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("progress", LargeBinary, nullable=False),
    Index("broker_source_subscriptions_id", "tenant", "id", unique=True),
    sqlite_autoincrement=True,
)

notices = Table(  # one row per notification that is not delivered yet
    "broker_source_notices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("reason", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("broker_source_notices_number", "number", "id"),
    sqlite_autoincrement=True,
)

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(SourceSubscription).decode
_decode_progress = msgspec.msgpack.Decoder(Progress).decode
_decode_shown = msgspec.msgpack.Decoder(tuple[Registration, ...]).decode


class Kept(NamedTuple):
    """A subscription and how far its delivery is."""

    item: SourceSubscription
    progress: Progress


class Notice(NamedTuple):
    """A notification that waits: the reason and the registrations to show."""

    id: int
    number: int
    reason: Reason
    shown: tuple[Registration, ...]


def add(connection: Connection, item: SourceSubscription) -> int:
    """Keep a new subscription; returns its number."""
    one = item.subscription
    values = {"tenant": one.tenant, "id": one.id, "body": _encode(item), "progress": _encode(Progress(0))}
    key = connection.execute(insert(subscriptions).values(**values)).inserted_primary_key
    assert key is not None  # noqa: S101  an insert into a table with a primary key has one
    return int(key[0])


def put(connection: Connection, item: SourceSubscription) -> None:
    """Write the body of a subscription that has its number."""
    where = subscriptions.c.number == item.subscription.number
    connection.execute(update(subscriptions).where(where).values(body=_encode(item)))


def put_progress(connection: Connection, progress: Progress) -> None:
    """Write how far the delivery is."""
    where = subscriptions.c.number == progress.number
    connection.execute(update(subscriptions).where(where).values(progress=_encode(progress)))


def remove(connection: Connection, number: int) -> None:
    """Forget a subscription and all that waits for it."""
    connection.execute(delete(subscriptions).where(subscriptions.c.number == number))
    connection.execute(delete(notices).where(notices.c.number == number))


def find(connection: Connection, tenant: str, name: str) -> Kept | None:
    """The subscription of a tenant with this id."""
    found = _kept(
        connection, (subscriptions.c.tenant == tenant) & (subscriptions.c.id == name), limit=1, offset=0
    )
    return found[0] if found else None


def page(connection: Connection, tenant: str, limit: int, offset: int) -> list[Kept]:
    """Subscriptions of a tenant, oldest first."""
    return _kept(connection, subscriptions.c.tenant == tenant, limit, offset)


def count(connection: Connection, tenant: str) -> int:
    """How many subscriptions a tenant has."""
    query = select(func.count()).select_from(subscriptions).where(subscriptions.c.tenant == tenant)
    return int(connection.execute(query).scalar_one())


def everything(connection: Connection) -> list[Kept]:
    """All subscriptions of all tenants, oldest first."""
    return _kept(connection, subscriptions.c.number > 0, None, 0)


def _kept(connection: Connection, where: object, limit: int | None, offset: int) -> list[Kept]:
    query = select(subscriptions).where(where).order_by(subscriptions.c.number).offset(offset)  # type: ignore[arg-type]
    rows = connection.execute(query if limit is None else query.limit(limit))
    return [Kept(_decode(row.body), _decode_progress(row.progress)) for row in rows]


def enqueue(connection: Connection, number: int, reason: Reason, shown: Sequence[Registration]) -> None:
    """Let a notification wait."""
    connection.execute(insert(notices).values(number=number, reason=reason, body=_encode(tuple(shown))))


def first_notices(connection: Connection) -> list[Notice]:
    """The oldest waiting notification of every subscription."""
    oldest = select(func.min(notices.c.id)).group_by(notices.c.number)
    rows = connection.execute(select(notices).where(notices.c.id.in_(oldest)).order_by(notices.c.id))
    return [Notice(row.id, row.number, row.reason, _decode_shown(row.body)) for row in rows]


def delivered(connection: Connection, notice: int) -> None:
    """Take a notification from the queue."""
    connection.execute(delete(notices).where(notices.c.id == notice))
