"""Tables of the subscriptions, of how far each is delivered, and of the attempts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import astuple
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from chengshu.foundation.broker.store import many, rows
from chengshu.foundation.broker.subscriptions.model import Attempt, Progress, Subscription

metadata = MetaData()
RING = 100  # attempts kept per subscription
FOLLOWER = "linked.notifier"
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Subscription).decode

subscriptions = Table(
    "linked_subscriptions",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("id", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("linked_subscriptions_id", "tenant", "id", unique=True),
    sqlite_autoincrement=True,  # a number never has two owners: the ledger is kept under it
)

progress = Table(
    "linked_progress",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("done", BigInteger, nullable=False),
    Column("behind", SmallInteger, nullable=False),
    Column("cut", BigInteger, nullable=False),
    Column("times_sent", BigInteger, nullable=False),
    Column("times_failed", BigInteger, nullable=False),
    Column("last_notification", BigInteger, nullable=False),
    Column("last_success", BigInteger, nullable=False),
    Column("last_failure", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("retry_at", BigInteger, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("error", Text, nullable=False),
)

deliveries = Table(  # a ring of rows per subscription: the newest RING attempts
    "linked_deliveries",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("slot", SmallInteger, primary_key=True, autoincrement=False),
    Column("attempt", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("writes", Integer, nullable=False),
    Column("ok", SmallInteger, nullable=False),
    Column("status", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("took_ms", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

followers = Table(
    "linked_followers",
    metadata,
    Column("name", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

_PROGRESS = tuple(Progress.__struct_fields__)
_PUT_PROGRESS = (
    f"INSERT INTO linked_progress ({', '.join(_PROGRESS)}) VALUES ({', '.join('?' * len(_PROGRESS))}) "
    f"ON CONFLICT (number) DO UPDATE SET {', '.join(f'{n} = excluded.{n}' for n in _PROGRESS[1:])}"
)
_ATTEMPT = ("slot", *(name for name in Attempt._fields if name != "number"))
_PUT_ATTEMPT = (
    f"INSERT INTO linked_deliveries (number, {', '.join(_ATTEMPT)}) "
    f"VALUES ({', '.join('?' * (len(_ATTEMPT) + 1))}) "
    f"ON CONFLICT (number, slot) DO UPDATE SET {', '.join(f'{n} = excluded.{n}' for n in _ATTEMPT[1:])}"
)
_PUT_FOLLOWER = upsert(followers)


def add(connection: Connection, subscription: Subscription) -> int:
    """Insert a subscription; returns its number."""
    values = {"tenant": subscription.tenant, "id": subscription.id, "body": b""}
    key = connection.execute(insert(subscriptions).values(**values)).inserted_primary_key
    assert key is not None  # noqa: S101  an insert into a table with a primary key has one
    return int(key[0])


def put(connection: Connection, subscription: Subscription) -> None:
    """Write the body of a subscription that has its number."""
    where = subscriptions.c.number == subscription.number
    connection.execute(update(subscriptions).where(where).values(body=_encode(subscription)))


def remove(connection: Connection, number: int) -> None:
    """Forget a subscription and all that is known of its delivery."""
    for table in (subscriptions, progress, deliveries):
        connection.execute(delete(table).where(table.c.number == number))


def find(connection: Connection, tenant: str, name: str) -> Subscription | None:
    """The subscription of a tenant with this id."""
    query = select(subscriptions.c.body).where(subscriptions.c.tenant == tenant, subscriptions.c.id == name)
    body = connection.execute(query).scalar_one_or_none()
    return _decode(body) if body else None


def by_number(connection: Connection, number: int) -> Subscription | None:
    """The subscription with this number."""
    query = select(subscriptions.c.body).where(subscriptions.c.number == number)
    body = connection.execute(query).scalar_one_or_none()
    return _decode(body) if body else None


def page(connection: Connection, tenant: str, limit: int, offset: int) -> list[Subscription]:
    """Subscriptions of a tenant, oldest first."""
    query = select(subscriptions.c.body).where(subscriptions.c.tenant == tenant)
    query = query.order_by(subscriptions.c.number).limit(limit).offset(offset)
    return [_decode(body) for body in connection.execute(query).scalars()]


def count(connection: Connection, tenant: str) -> int:
    """How many subscriptions a tenant has."""
    query = select(func.count()).select_from(subscriptions).where(subscriptions.c.tenant == tenant)
    return int(connection.execute(query).scalar_one())


def everything(connection: Connection) -> list[Subscription]:
    """All subscriptions of all tenants, oldest first."""
    query = select(subscriptions.c.body).order_by(subscriptions.c.number)
    return [_decode(body) for body in connection.execute(query).scalars() if body]


def progress_of(connection: Connection, numbers: Sequence[int] | None = None) -> dict[int, Progress]:
    """What is kept of the delivery of these subscriptions, or of all."""
    query = select(*(progress.c[name] for name in _PROGRESS))
    if numbers is not None:
        query = query.where(progress.c.number.in_(numbers))
    found = [Progress(row[0], row[1], bool(row[2]), *row[3:]) for row in connection.execute(query)]
    return {item.number: item for item in found}


def head(connection: Connection) -> int | None:
    """The last record of the stream that the notifier has seen; None when it never ran."""
    query = select(followers.c.seq).where(followers.c.name == FOLLOWER)
    return connection.execute(query).scalar_one_or_none()


def keep(connection: Connection, seq: int, moved: Iterable[Progress], attempts: Iterable[Attempt]) -> None:
    """Write one moment of the delivery: how far the notifier has read, and what moved since the last time."""
    put_head = _PUT_FOLLOWER.on_conflict_do_update(
        index_elements=["name"], set_={"seq": _PUT_FOLLOWER.excluded.seq}
    )
    connection.execute(put_head, {"name": FOLLOWER, "seq": seq})
    many(connection, _PUT_PROGRESS, [_plain(astuple(item)) for item in moved])
    many(
        connection,
        _PUT_ATTEMPT,
        [_plain((item.number, item.attempt % RING, *item[1:])) for item in attempts],
    )


def _plain(values: Iterable[int | bool | str]) -> tuple[int | str, ...]:
    """Truths as numbers: not every driver puts them into a column of integers."""
    return tuple(int(value) if isinstance(value, bool) else value for value in values)


def ledger(connection: Connection, number: int, limit: int) -> list[Attempt]:
    """The newest attempts of a subscription, newest first."""
    names = ("number", *_ATTEMPT[1:])
    found = rows(
        connection,
        f"SELECT {', '.join(names)} FROM linked_deliveries WHERE number = ? ORDER BY attempt DESC LIMIT ?",
        (number, limit),
    )
    return [Attempt(*row)._replace(ok=bool(row[6])) for row in found]
