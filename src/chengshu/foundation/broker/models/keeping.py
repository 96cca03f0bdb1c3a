"""Quality flags of entities, kept as they are written: a consumer of the broker's changes, and its table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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

from chengshu.foundation.broker.models.quality import Flag, Models, flags
from chengshu.foundation.broker.stream import KIND, changes_of
from chengshu.kernel.clock import millis
from chengshu.ports.database import Database
from chengshu.ports.runtime import Change, Effect

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


class Flagging:
    """The consumer ``broker-flags``: whatever is written is held against the declared models.

    Nothing is refused: a device that reports oddly is heard, and its oddities are on record. The flags of an
    entity are those of its newest state.
    """

    name = "broker-flags"
    kinds: tuple[str, ...] = (KIND,)

    def __init__(self, models: Models) -> None:
        self._models = models

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        """The flags of every entity that these changes wrote, by its last state among them."""
        if not len(self._models):
            return None
        newest: dict[tuple[str, str], tuple[tuple[Flag, ...], int]] = {}
        for change in changes:
            at = millis(change.at)
            for item in changes_of(change).items:
                gone = item.what == "deleted"
                found = () if gone else flags(item.entity, self._models)
                newest[item.tenant, item.entity.id] = (found, at)

        def effect(connection: Connection) -> None:
            for (tenant, entity), (found, at) in newest.items():
                _replace(connection, tenant, entity, found, at)

        return effect


def _replace(connection: Connection, tenant: str, entity: str, found: Iterable[Flag], at: int) -> None:
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
