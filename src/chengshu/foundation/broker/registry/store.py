"""Tables of the registry and the SQL over them. Portable: SQLite and PostgreSQL."""

from __future__ import annotations

import msgspec
from sqlalchemy import (
    BigInteger,
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

from chengshu.foundation.broker.registry.model import Registration

metadata = MetaData()

registrations = Table(
    "broker_registrations",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("document", LargeBinary, nullable=False),  # msgpack of Registration
)

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Registration).decode


def all_registrations(connection: Connection) -> list[tuple[str, Registration]]:
    """Every registration with its tenant, oldest first."""
    query = select(registrations).order_by(registrations.c.created_at, registrations.c.id)
    return [(row.tenant, _decode(row.document)) for row in connection.execute(query)]


def find(connection: Connection, tenant: str, id_: str) -> Registration | None:
    """One registration."""
    query = select(registrations.c.document).where(
        registrations.c.tenant == tenant, registrations.c.id == id_
    )
    document = connection.execute(query).scalar_one_or_none()
    return None if document is None else _decode(document)


def of_tenant(connection: Connection, tenant: str) -> list[Registration]:
    """The registrations of a tenant, oldest first."""
    query = select(registrations.c.document).where(registrations.c.tenant == tenant)
    ordered = query.order_by(registrations.c.created_at, registrations.c.id)
    return [_decode(document) for document in connection.execute(ordered).scalars()]


def add(connection: Connection, tenant: str, registration: Registration) -> None:
    """Keep a new registration."""
    connection.execute(
        insert(registrations).values(
            tenant=tenant,
            id=registration.id,
            created_at=registration.created_at,
            document=_encode(registration),
        )
    )


def put(connection: Connection, tenant: str, registration: Registration) -> None:
    """Keep a changed registration in the place of the old one."""
    connection.execute(
        update(registrations)
        .where(registrations.c.tenant == tenant, registrations.c.id == registration.id)
        .values(document=_encode(registration))
    )


def drop(connection: Connection, tenant: str, id_: str) -> None:
    """Forget a registration."""
    connection.execute(
        delete(registrations).where(registrations.c.tenant == tenant, registrations.c.id == id_)
    )


def plain(registration: Registration) -> dict[str, object]:
    """The registration as plain data, for journal and change stream."""
    said: dict[str, object] = msgspec.to_builtins(registration)
    return said


def from_plain(said: object) -> Registration:
    """The inverse of :func:`plain`."""
    return msgspec.convert(said, Registration)
