"""The table of relays and the SQL over it. Portable: SQLite and PostgreSQL."""

from __future__ import annotations

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from chengshu.foundation.broker.relaying.model import Relay

metadata = MetaData()
relays = Table(
    "broker_relays",
    metadata,
    Column("key", String, primary_key=True),
    Column("document", LargeBinary, nullable=False),  # msgpack of Relay
)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Relay).decode


def everything(connection: Connection) -> list[Relay]:
    """All relays, in order of their keys."""
    return [
        _decode(one) for one in connection.execute(select(relays.c.document).order_by(relays.c.key)).scalars()
    ]


def find(connection: Connection, key: str) -> Relay | None:
    """The relay of this key."""
    found = connection.execute(select(relays.c.document).where(relays.c.key == key)).scalar_one_or_none()
    return None if found is None else _decode(found)


def add(connection: Connection, relay: Relay) -> None:
    """Keep a new one."""
    connection.execute(insert(relays).values(key=relay.key, document=_encode(relay)))


def put(connection: Connection, relay: Relay) -> None:
    """Keep it as it is now; nothing happens when it is gone."""
    connection.execute(update(relays).where(relays.c.key == relay.key).values(document=_encode(relay)))


def drop(connection: Connection, key: str) -> None:
    """Forget it."""
    connection.execute(delete(relays).where(relays.c.key == key))
