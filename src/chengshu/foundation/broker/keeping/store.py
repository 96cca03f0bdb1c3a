"""The tables of entity maps and snapshots, and the SQL over them. Portable: SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
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

from chengshu.foundation.broker.keeping.model import Copied, EntityMap, Snapshot

metadata = MetaData()
_encode = msgspec.msgpack.Encoder().encode
_entities = msgspec.msgpack.Decoder(Copied)
Kept = TypeVar("Kept", EntityMap, Snapshot)


def _table(name: str, *more: Column[bytes]) -> Table:
    return Table(
        name,
        metadata,
        Column("tenant", String, primary_key=True),
        Column("id", String, primary_key=True),
        Column("expires", BigInteger, nullable=False),
        Column("document", LargeBinary, nullable=False),  # msgpack of the struct
        *more,
        Index(f"{name}_expires", "expires"),
    )


class Shelf(Generic[Kept]):
    """One kind of them in its table."""

    def __init__(self, table: Table, kind: type[Kept]) -> None:
        self._table = table
        self._decode: Callable[[bytes], Kept] = msgspec.msgpack.Decoder(kind).decode

    def find(self, connection: Connection, tenant: str, id_: str) -> Kept | None:
        """One of them, also when its time is over."""
        table = self._table.c
        query = select(table.document).where(table.tenant == tenant, table.id == id_)
        found = connection.execute(query).scalar_one_or_none()
        return None if found is None else self._decode(found)

    def all(self, connection: Connection, tenant: str, now: int) -> list[Kept]:
        """All that the tenant has and that are not over at ``now``, by their ids."""
        table = self._table.c
        query = select(table.document).where(table.tenant == tenant, table.expires > now).order_by(table.id)
        return [self._decode(found) for found in connection.execute(query).scalars()]

    def count(self, connection: Connection, tenant: str) -> int:
        """How many the tenant has."""
        query = select(func.count()).where(self._table.c.tenant == tenant)
        return int(connection.execute(query).scalar_one())

    def add(self, connection: Connection, one: Kept, copied: Copied | None = None) -> None:
        """Keep a new one, of a snapshot with what was copied."""
        more = {"entities": _encode(copied)} if copied is not None else {}
        row = {"tenant": one.tenant, "id": one.id, "expires": one.expires_at, "document": _encode(one)}
        connection.execute(insert(self._table).values(**row, **more))

    def put(self, connection: Connection, one: Kept) -> None:
        """Keep it as it is now."""
        table = self._table.c
        where = (table.tenant == one.tenant, table.id == one.id)
        row = {"expires": one.expires_at, "document": _encode(one)}
        connection.execute(update(self._table).where(*where).values(**row))

    def drop(self, connection: Connection, tenant: str, id_: str) -> None:
        """Forget it."""
        table = self._table.c
        connection.execute(delete(self._table).where(table.tenant == tenant, table.id == id_))

    def drop_over(self, connection: Connection, now: int) -> None:
        """Forget all whose time is over at ``now``, milliseconds UTC."""
        connection.execute(delete(self._table).where(self._table.c.expires <= now))


_snapshots = _table("broker_snapshots", Column("entities", LargeBinary, nullable=False))
MAPS = Shelf(_table("broker_entity_maps"), EntityMap)
SNAPSHOTS = Shelf(_snapshots, Snapshot)


def copied(connection: Connection, tenant: str, id_: str) -> Copied:
    """What a snapshot holds; nothing when it is not there any more."""
    query = select(_snapshots.c.entities).where(_snapshots.c.tenant == tenant, _snapshots.c.id == id_)
    found = connection.execute(query).scalar_one_or_none()
    return Copied() if found is None else _entities.decode(found)
