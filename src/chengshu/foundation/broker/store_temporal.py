"""Tables of the evolution of entities.

A *series* is one attribute and dataset of one entity under an integer; its instances lie together in order
of time, so that a range of time is one run of the table. A plain instance (a number with its time) is a row
without a document; anything more has its document beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
)

from chengshu.foundation.broker.store import Exact, many, marks, metadata, portions, rows, run
from chengshu.foundation.broker.store_blocks import SIZE, forget_blocks, forget_series, pack
from chengshu.foundation.broker.temporal import Ask, TimeProperty

evolutions = Table(
    "linked_evolutions",
    metadata,
    Column("key", Integer().with_variant(BigInteger, "postgresql"), primary_key=True, autoincrement=False),
    Column("tenant", Exact, nullable=False),
    Column("id", Exact, nullable=False),
    Column("typeset", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    Column("born_here", SmallInteger, nullable=False),  # the entity came from its evolution, and goes with it
    Index("linked_evolutions_id", "tenant", "id", unique=True),
    Index("linked_evolutions_typeset", "typeset", "key"),
)

series = Table(
    "linked_series",
    metadata,
    Column("id", Integer().with_variant(BigInteger, "postgresql"), primary_key=True, autoincrement=False),
    Column("evolution", BigInteger, nullable=False),
    Column("name", Integer, nullable=False),
    Column("dataset", Exact, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("unit", Exact, nullable=False),
    Index("linked_series_key", "evolution", "name", "dataset", unique=True),
)

instances = Table(
    "linked_instances",
    metadata,
    Column("series", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),  # observed, or else written
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("observed", SmallInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    Column("num", Double),
    Column("doc", LargeBinary),
    sqlite_with_rowid=False,
)


class EvolutionRow(NamedTuple):
    """An evolution as it lies."""

    key: int
    tenant: str
    id: str
    typeset: int
    created_at: int
    modified_at: int
    deleted_at: int | None
    born_here: int


class SeriesRow(NamedTuple):
    """A series as it lies."""

    id: int
    evolution: int
    name: int
    dataset: str
    kind: int
    unit: str


class InstanceRow(NamedTuple):
    """An instance as it lies."""

    series: int
    at: int
    number: int
    observed: int
    created_at: int
    modified_at: int
    deleted_at: int | None
    num: float | None
    doc: bytes | None


_EVOLUTION = "key, tenant, id, typeset, created_at, modified_at, deleted_at, born_here"
_SERIES = "id, evolution, name, dataset, kind, unit"
_INSTANCE = "series, at, number, observed, created_at, modified_at, deleted_at, num, doc"
_COLUMNS: dict[TimeProperty, str] = {
    "observedAt": "at",
    "createdAt": "created_at",
    "modifiedAt": "modified_at",
    "deletedAt": "deleted_at",
}


# ---- reading ---------------------------------------------------------------------------------------------


def find_evolutions(connection: Connection, tenant: str, ids: Sequence[str]) -> list[EvolutionRow]:
    """Evolutions by id."""
    found: list[EvolutionRow] = []
    for part in portions(ids):
        sql = f"SELECT {_EVOLUTION} FROM linked_evolutions WHERE tenant = ? AND id IN ({marks(len(part))})"
        found += map(EvolutionRow._make, rows(connection, sql, (tenant, *part)))
    return found


def evolutions_of(
    connection: Connection, typesets: Sequence[int], after: int, limit: int
) -> list[EvolutionRow]:
    """The next evolutions of the type sets above a key."""
    found: list[EvolutionRow] = []
    for part in portions(typesets, 100):
        run_ = (
            f"SELECT {_EVOLUTION} FROM linked_evolutions WHERE typeset = ? AND key > ? ORDER BY key LIMIT ?"
        )
        sql = " UNION ALL ".join([f"SELECT * FROM ({run_}) AS run"] * len(part))
        values = [value for number in part for value in (number, after, limit)]
        found += map(EvolutionRow._make, rows(connection, sql, values))
    return sorted(found)[:limit]


def series_of(connection: Connection, keys: Sequence[int]) -> list[SeriesRow]:
    """All series of these evolutions."""
    found: list[SeriesRow] = []
    for part in portions(keys):
        sql = f"SELECT {_SERIES} FROM linked_series WHERE evolution IN ({marks(len(part))}) ORDER BY id"
        found += map(SeriesRow._make, rows(connection, sql, part))
    return found


def read_instances(connection: Connection, series_id: int, ask: Ask, limit: int) -> list[InstanceRow]:
    """The first instances of a series that ``ask`` means, in order of time; with ``ask.last`` the newest,
    newest first.
    """
    where, values = _where(ask)
    column, way = _COLUMNS[ask.property], "DESC" if ask.last else "ASC"
    sql = (
        f"SELECT {_INSTANCE} FROM linked_instances WHERE series = ?{where} "
        f"ORDER BY {column} {way}, number {way} LIMIT ?"
    )
    return [InstanceRow._make(row) for row in rows(connection, sql, (series_id, *values, limit))]


def _where(ask: Ask) -> tuple[str, tuple[int, ...]]:
    """The condition of a temporal query."""
    column = _COLUMNS[ask.property]
    start, end = ask.span()
    sql, values = "", list[int]()
    if ask.property == "deletedAt":
        sql += " AND deleted_at IS NOT NULL"
    elif ask.property == "observedAt" and ask.relation:
        sql += " AND observed = 1"
    if start is not None:
        sql, values = f"{sql} AND {column} > ?", [*values, start]
    if end is not None:
        sql, values = f"{sql} AND {column} < ?", [*values, end]
    return sql, tuple(values)


def find_instance(connection: Connection, series_ids: Sequence[int], number: int) -> InstanceRow | None:
    """One instance of these series by its number."""
    sql = f"SELECT {_INSTANCE} FROM linked_instances WHERE series = ? AND number = ?"
    found = (rows(connection, sql, (series_id, number)) for series_id in series_ids)
    return next((InstanceRow._make(part[0]) for part in found if part), None)


def observed_at(connection: Connection, series_id: int, at: int) -> InstanceRow | None:
    """The instance of a series that was observed at this moment, the first of several."""
    sql = (
        f"SELECT {_INSTANCE} FROM linked_instances "
        "WHERE series = ? AND at = ? AND observed = 1 ORDER BY number"
    )
    found = rows(connection, sql, (series_id, at))
    return InstanceRow._make(found[0]) if found else None


def bounds(connection: Connection, series_ids: Iterable[int], ask: Ask) -> tuple[int, int] | None:
    """First and last time of the instances that ``ask`` means."""
    where, values = _where(ask)
    column = _COLUMNS[ask.property]
    ends: list[int] = []
    for series_id in series_ids:
        for way in ("ASC", "DESC"):
            sql = (
                f"SELECT {column} FROM linked_instances WHERE series = ?{where} "
                f"ORDER BY {column} {way} LIMIT 1"
            )
            ends += [row[0] for row in rows(connection, sql, (series_id, *values)) if row[0] is not None]
    return (min(ends), max(ends)) if ends else None


def read_numbers(
    connection: Connection, series_id: int, ask: Ask, after: int | None, before: int | None
) -> list[tuple[int, float | None]]:
    """Time and number of the instances of a series between two moments; what is no number is None.

    Ends of attributes (deletedAt) are no values and not among them.
    """
    column = _COLUMNS[ask.property]
    sql, values = " AND deleted_at IS NULL", list[int]()
    if ask.property == "observedAt" and ask.relation:
        sql += " AND observed = 1"
    if after is not None:
        sql, values = f"{sql} AND {column} > ?", [*values, after]
    if before is not None:
        sql, values = f"{sql} AND {column} < ?", [*values, before]
    sql = f"SELECT {column}, num FROM linked_instances WHERE series = ?{sql} ORDER BY {column}, number"
    return rows(connection, sql, (series_id, *values))


# ---- writing ---------------------------------------------------------------------------------------------


def last_key(connection: Connection) -> int:
    """The highest key of an evolution."""
    return int(rows(connection, "SELECT coalesce(max(key), 0) FROM linked_evolutions")[0][0])


def last_series(connection: Connection) -> int:
    """The highest id of a series."""
    return int(rows(connection, "SELECT coalesce(max(id), 0) FROM linked_series")[0][0])


def insert_evolutions(connection: Connection, new: Sequence[EvolutionRow]) -> None:
    """Keep new evolutions."""
    many(connection, f"INSERT INTO linked_evolutions ({_EVOLUTION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", new)


def touch_evolutions(connection: Connection, moved: Sequence[tuple[int, int, int | None, int]]) -> None:
    """Set type set, time of change and of deletion by key (the last field)."""
    many(
        connection,
        "UPDATE linked_evolutions SET typeset = ?, modified_at = ?, deleted_at = ? WHERE key = ?",
        moved,
    )


def insert_series(connection: Connection, new: Sequence[SeriesRow]) -> None:
    """Keep new series."""
    many(connection, f"INSERT INTO linked_series ({_SERIES}) VALUES (?, ?, ?, ?, ?, ?)", new)


def insert_instances(connection: Connection, new: Sequence[InstanceRow]) -> None:
    """Keep new instances, in the order in which they lie."""
    many(
        connection,
        f"INSERT INTO linked_instances ({_INSTANCE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        sorted(new),
    )
    forget_blocks(connection, [(row.series, row.at) for row in new])
    due = {row.series for row in new if row.number % SIZE == 0}  # each about once per block of its own rows
    for series_id in sorted(due):
        pack(connection, series_id)


def delete_instance(connection: Connection, row: InstanceRow) -> None:
    """Forget one instance."""
    run(
        connection,
        "DELETE FROM linked_instances WHERE series = ? AND at = ? AND number = ?",
        (row.series, row.at, row.number),
    )
    forget_blocks(connection, [(row.series, row.at)])


def delete_series(connection: Connection, series_ids: Sequence[int]) -> None:
    """Forget series with all their instances."""
    forget_series(connection, series_ids)
    many(connection, "DELETE FROM linked_instances WHERE series = ?", [(number,) for number in series_ids])
    many(connection, "DELETE FROM linked_series WHERE id = ?", [(number,) for number in series_ids])


def delete_evolutions(connection: Connection, keys: Sequence[int]) -> None:
    """Forget evolutions with all that is in them."""
    delete_series(connection, [row.id for row in series_of(connection, keys)])
    many(connection, "DELETE FROM linked_evolutions WHERE key = ?", [(key,) for key in keys])


def count_evolutions(connection: Connection, typesets: Sequence[int]) -> int:
    """How many evolutions the type sets have."""
    total = 0
    for part in portions(typesets):
        sql = f"SELECT count(*) FROM linked_evolutions WHERE typeset IN ({marks(len(part))})"
        total += rows(connection, sql, part)[0][0]
    return total
