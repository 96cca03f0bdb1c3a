"""The table of quality flags, and the SQL over it."""

from __future__ import annotations

from collections.abc import Iterable

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
)

from chengshu.foundation.broker.models.quality import Flag
from chengshu.ports.database import Database

metadata = MetaData()

kept = Table(
    "linked_flags",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("entity", String, primary_key=True),
    Column("attribute", String, primary_key=True),
    Column("dataset", String, primary_key=True),
    Column("code", String, primary_key=True),
    Column("detail", Text, nullable=False),
    Column("at", BigInteger, nullable=False),  # when the entity was written so, milliseconds
    Index("linked_flags_code", "tenant", "code"),
)


class Flagged(msgspec.Struct, frozen=True):
    """A flag of an entity, and since when (milliseconds UTC)."""

    entity: str
    flag: Flag
    at: int


def put_flags(connection: Connection, tenant: str, entity: str, found: Iterable[Flag], at: int) -> None:
    """The flags of an entity, in place of those it had."""
    connection.execute(delete(kept).where(kept.c.tenant == tenant, kept.c.entity == entity))
    rows = {(flag.attribute, flag.dataset, flag.code): flag for flag in found}
    if rows:
        connection.execute(
            insert(kept),
            [
                {
                    "tenant": tenant,
                    "entity": entity,
                    "attribute": flag.attribute,
                    "dataset": flag.dataset,
                    "code": flag.code,
                    "detail": flag.detail,
                    "at": at,
                }
                for flag in rows.values()
            ],
        )


def flagged(
    database: Database, tenant: str, *, entity: str = "", code: str = "", limit: int = 1000
) -> list[Flagged]:
    """Flags of a tenant's entities, of one entity or of one code, by entity and attribute."""
    query = select(kept).where(kept.c.tenant == tenant)
    if entity:
        query = query.where(kept.c.entity == entity)
    if code:
        query = query.where(kept.c.code == code)
    query = query.order_by(kept.c.entity, kept.c.attribute, kept.c.code).limit(limit)
    with database.read() as connection:
        return [
            Flagged(row.entity, Flag(row.attribute, row.code, row.detail, row.dataset), row.at)
            for row in connection.execute(query)
        ]
