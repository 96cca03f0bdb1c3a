"""Tables of the context and the SQL over them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from chengshu.foundation.context.model import Entity, Kind, Series
from chengshu.kernel.texts import Text as Words
from chengshu.ports.rows import put

metadata = MetaData()
_MOST = 500  # parameters of one statement: engines bound them

entities = Table(
    "entities",
    metadata,
    Column("id", String, primary_key=True),
    Column("type", String, nullable=False),
    Column("area", String, nullable=False),
    Column("lon", Float),
    Column("lat", Float),
    Column("name", Text, nullable=False),
    Column("attributes", Text, nullable=False),
    Column("declared", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    Index("entities_type", "type"),
    Index("entities_area", "area"),
    sqlite_with_rowid=False,
)

series = Table(
    "series",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("entity", String, nullable=False),
    Column("attribute", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("kind", String, nullable=False),
    Index("series_key", "entity", "attribute", unique=True),
)

current = Table(
    "current",
    metadata,
    Column("series", Integer, primary_key=True, autoincrement=False),
    Column("observed_at", BigInteger, nullable=False),
    Column("value", Float),
    Column("text", Text),
    Column("source", String, nullable=False),
)

texts = Table(  # history keeps numbers; the few texts are kept here, so that the past has them too
    "texts",
    metadata,
    Column("series", Integer, primary_key=True, autoincrement=False),
    Column("observed_at", BigInteger, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    sqlite_with_rowid=False,
)

CurrentRow = tuple[int, int, float | None, str | None, str]

_UPSERT_CURRENT = (
    "INSERT INTO current (series, observed_at, value, text, source) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (series) DO UPDATE SET observed_at = excluded.observed_at, value = excluded.value, "
    "text = excluded.text, source = excluded.source WHERE excluded.observed_at >= current.observed_at"
)
_UPSERT_TEXT = (
    "INSERT INTO texts (series, observed_at, text) VALUES (?, ?, ?) "
    "ON CONFLICT (series, observed_at) DO UPDATE SET text = excluded.text"
)


def move_current(connection: Connection, rows: list[CurrentRow]) -> None:
    """Set the current values; a row older than what is there changes nothing."""
    connection.exec_driver_sql(_UPSERT_CURRENT, rows)


def keep_texts(connection: Connection, rows: list[tuple[int, int, str]]) -> None:
    """Keep texts by series and time."""
    connection.exec_driver_sql(_UPSERT_TEXT, rows)


def forget_values(connection: Connection, rows: Sequence[tuple[int, int]]) -> None:
    """Destroy the texts and current values of these series and times (ms)."""
    if rows:
        connection.exec_driver_sql("DELETE FROM texts WHERE series = ? AND observed_at = ?", list(rows))
        connection.exec_driver_sql("DELETE FROM current WHERE series = ? AND observed_at = ?", list(rows))


def all_series(connection: Connection) -> list[Series]:
    """Every series, with type and area of its entity."""
    query = select(series, entities.c.type, entities.c.area).join(entities, entities.c.id == series.c.entity)
    return [_series(row) for row in connection.execute(query.order_by(series.c.id))]


def _series(row: Row[Any]) -> Series:
    return Series(row.id, row.entity, row.type, row.attribute, row.unit, row.area, row.kind)


def add_series(connection: Connection, entity: str, attribute: str, unit: str, kind: Kind) -> int:
    """Create the series if it is new; returns its id either way."""
    connection.execute(
        upsert(series)
        .values(entity=entity, attribute=attribute, unit=unit, kind=kind)
        .on_conflict_do_nothing(index_elements=["entity", "attribute"])
    )
    found = connection.execute(
        select(series.c.id).where(series.c.entity == entity, series.c.attribute == attribute)
    ).scalar_one()
    return int(found)


def put_entity(connection: Connection, entity: Entity, declared: bool, at: int) -> None:
    """Insert or replace an entity; a deleted one comes back."""
    row = {
        "id": entity.id,
        "type": entity.type,
        "area": entity.area,
        "lon": entity.lon,
        "lat": entity.lat,
        "name": _dump(entity.name.as_dict()),
        "attributes": _dump(dict(entity.attributes)),
        "declared": declared,
        "created_at": at,
        "modified_at": at,
        "deleted_at": None,
    }
    put(connection, entities, row, keep=("created_at",))


def mark_deleted(connection: Connection, entity: str, at: int) -> bool:
    """Mark an entity as gone and forget its current values; whether it was there."""
    hit = connection.execute(
        update(entities).where(entities.c.id == entity, entities.c.deleted_at.is_(None)).values(deleted_at=at)
    )
    mine = select(series.c.id).where(series.c.entity == entity)
    connection.execute(delete(current).where(current.c.series.in_(mine)))
    return hit.rowcount > 0


def find_entities(
    connection: Connection,
    *,
    ids: Iterable[str] | None = None,
    type_: str | None = None,
    areas: Sequence[str] | None = None,
    at: int | None = None,
) -> list[Entity]:
    """Entities by id, type and areas, ordered by id; ``at`` (ms) gives those that were there then."""
    query = select(entities).order_by(entities.c.id)
    if type_ is not None:
        query = query.where(entities.c.type == type_)
    if areas is not None:
        query = query.where(entities.c.area.in_(areas))
    if at is None:
        query = query.where(entities.c.deleted_at.is_(None))
    else:
        query = query.where(entities.c.created_at <= at, func.coalesce(entities.c.deleted_at, at + 1) > at)
    if ids is None:
        return [_entity(row) for row in connection.execute(query)]
    wanted = sorted(ids)
    found: list[Row[Any]] = []
    for start in range(0, len(wanted), _MOST):
        found += connection.execute(query.where(entities.c.id.in_(wanted[start : start + _MOST])))
    return [_entity(row) for row in found]


def declared_ids(connection: Connection) -> set[str]:
    """The entities that came from the city folder and are still there."""
    rows = connection.execute(
        select(entities.c.id).where(entities.c.declared, entities.c.deleted_at.is_(None))
    )
    return set(rows.scalars())


def _entity(row: Row[Any]) -> Entity:
    return Entity(
        row.id,
        row.type,
        Words.of(json.loads(row.name)),
        row.area,
        row.lon,
        row.lat,
        json.loads(row.attributes),
    )


def _dump(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def current_rows(connection: Connection, ids: Sequence[int] | None = None) -> list[Row[Any]]:
    """Current values (series, observed_at, value, text, source) of the series, or of all."""
    if ids is None:
        return list(connection.execute(select(current).order_by(current.c.series)))
    found: list[Row[Any]] = []
    for start in range(0, len(ids), _MOST):
        part = list(ids[start : start + _MOST])
        found += connection.execute(
            select(current).where(current.c.series.in_(part)).order_by(current.c.series)
        )
    return found


def texts_at(connection: Connection, at: int) -> list[tuple[int, int, str]]:
    """The newest text of every series that has one not after ``at`` (ms)."""
    newest = (
        select(texts.c.series, func.max(texts.c.observed_at).label("t"))
        .where(texts.c.observed_at <= at)
        .group_by(texts.c.series)
        .subquery()
    )
    query = select(texts.c.series, texts.c.observed_at, texts.c.text).join(
        newest, (newest.c.series == texts.c.series) & (newest.c.t == texts.c.observed_at)
    )
    return [(row.series, row.observed_at, row.text) for row in connection.execute(query)]


def texts_between(
    connection: Connection, of: int, after: int | None, before: int | None, most: int, *, newest: bool = False
) -> list[tuple[int, str]]:
    """The first ``most`` texts of a series strictly between two moments (ms; None: no bound), in order; the
    ``newest`` ones, newest first, when these are wanted.
    """
    at = texts.c.observed_at
    query = select(at, texts.c.text).where(texts.c.series == of)
    if after is not None:
        query = query.where(at > after)
    if before is not None:
        query = query.where(at < before)
    query = query.order_by(at.desc() if newest else at).limit(most)
    return [(row.observed_at, row.text) for row in connection.execute(query)]
