"""The table of hosted and cached contexts, and the SQL over it."""

from __future__ import annotations

from typing import Literal

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    MetaData,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

metadata = MetaData()
Kind = Literal["Hosted", "Cached", "ImplicitlyCreated"]

contexts = Table(
    "broker_contexts",
    metadata,
    Column("id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("url", String, nullable=False),  # where a cached one came from; '' of the others
    Column("body", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("hits", BigInteger, nullable=False),
    Index("broker_contexts_url", "url"),
)


class Kept(msgspec.Struct, frozen=True):
    """One stored context; times in milliseconds UTC.

    ``body`` is the JSON document with its ``@context`` ('' where it was not read), ``digest`` its SHA-256.
    """

    id: str
    tenant: str
    kind: Kind
    url: str
    digest: str
    created_at: int
    used_at: int = 0
    hits: int = 0
    body: str = ""


_COLUMNS = tuple(contexts.c[name] for name in Kept.__struct_fields__ if name != "body")


def all_kept(connection: Connection) -> list[Kept]:
    """Every context without its body, the oldest first."""
    query = select(*_COLUMNS).order_by(contexts.c.created_at, contexts.c.id)
    return [Kept(*row) for row in connection.execute(query)]


def add(connection: Connection, kept: Kept) -> None:
    """Keep a new context."""
    connection.execute(insert(contexts).values(msgspec.structs.asdict(kept)))


def body_of(connection: Connection, name: str) -> str | None:
    """The JSON document of a context."""
    return connection.execute(select(contexts.c.body).where(contexts.c.id == name)).scalar_one_or_none()


def bodies_of(connection: Connection, tenant: str) -> dict[str, str]:
    """The documents of the contexts of a tenant by id, those that came from elsewhere left out."""
    query = select(contexts.c.id, contexts.c.body)
    query = query.where(contexts.c.tenant == tenant, contexts.c.kind != "Cached")
    return {row.id: row.body for row in connection.execute(query)}


def put_body(connection: Connection, kept: Kept) -> None:
    """Put a newer body in place of the one that is there."""
    values = {"body": kept.body, "digest": kept.digest, "created_at": kept.created_at}
    connection.execute(update(contexts).where(contexts.c.id == kept.id).values(values))


def put_usage(connection: Connection, usage: list[tuple[str, int, int]]) -> None:
    """Set hits and time of last use by id."""
    for name, hits, used_at in usage:
        connection.execute(update(contexts).where(contexts.c.id == name).values(hits=hits, used_at=used_at))


def remove(connection: Connection, name: str) -> None:
    """Forget a context."""
    connection.execute(delete(contexts).where(contexts.c.id == name))
