"""Tables of the broker: documents, what the indexes know of them, and the dictionaries of names.

Every entity has an integer ``key`` (in order of creation) under which all indexes know it. The set of its
types is one integer too, a *type set*, and a type set belongs to one tenant: so every index is apart by
tenant, and a query by type looks only at the rows of that type. Names of attributes are integers
(``linked_names``).

The statements are written out, once, in the part of SQL that SQLite and PostgreSQL share: they run
thousands of times a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
)

metadata = MetaData()
Exact = String().with_variant(String(collation="C"), "postgresql")  # texts compare by code point everywhere
SEVERAL = 99  # among the kinds of counts: index rows of an attribute beyond the first of each entity
_MOST = 500  # parameters of one statement: engines bound them
_TOGETHER = 3_000  # parameters of an insert of many rows
_FEW = 16  # rows that are not worth a statement of their own
T = TypeVar("T")

tenants = Table(
    "linked_tenants",
    metadata,
    Column("name", Exact, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
)

own = Table(  # one row: what this broker calls itself among brokers
    "linked_own",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Exact, nullable=False),
)

typesets = Table(
    "linked_typesets",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("tenant", Exact, nullable=False),
    Column("types", Exact, nullable=False),  # sorted IRIs, one a line
    Index("linked_typesets_key", "tenant", "types", unique=True),
)

names = Table(
    "linked_names",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("iri", Exact, nullable=False, unique=True),
)

entities = Table(
    "linked_entities",
    metadata,
    Column("key", Integer().with_variant(BigInteger, "postgresql"), primary_key=True, autoincrement=False),
    Column("tenant", Exact, nullable=False),
    Column("id", Exact, nullable=False),
    Column("typeset", Integer, nullable=False),
    Column("expires", BigInteger),  # when it vanishes by itself, milliseconds
    Column("doc", LargeBinary, nullable=False),
    Index("linked_entities_id", "tenant", "id", unique=True),
    Index("linked_entities_typeset", "typeset", "key"),
    Index("linked_entities_expires", "expires", sqlite_where=Column("expires").is_not(None)),
)

values = Table(  # one row per indexed value; rank: see chengshu.foundation.broker.indexing
    "linked_values",
    metadata,
    Column("typeset", Integer, primary_key=True, autoincrement=False),
    Column("name", Integer, primary_key=True, autoincrement=False),
    Column("rank", SmallInteger, primary_key=True, autoincrement=False),
    Column("num", Double, primary_key=True),
    Column("txt", Exact, primary_key=True),
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Index("linked_values_key", "typeset", "name", "key"),  # whether an entity has a value
    sqlite_with_rowid=False,
)

places = Table(  # bounding boxes under the Z-order of their south-west corner, by class of size
    "linked_places",
    metadata,
    Column("typeset", Integer, primary_key=True, autoincrement=False),
    Column("name", Integer, primary_key=True, autoincrement=False),
    Column("size", SmallInteger, primary_key=True, autoincrement=False),
    Column("z", BigInteger, primary_key=True, autoincrement=False),
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("west", Double, nullable=False),
    Column("south", Double, nullable=False),
    Column("east", Double, nullable=False),
    Column("north", Double, nullable=False),
    sqlite_with_rowid=False,
)

scopes = Table(
    "linked_scopes",
    metadata,
    Column("typeset", Integer, primary_key=True, autoincrement=False),
    Column("scope", Exact, primary_key=True),
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

counts = Table(  # entities by type set (name 0, kind 0) and by attribute and kind of it
    "linked_counts",
    metadata,
    Column("typeset", Integer, primary_key=True, autoincrement=False),
    Column("name", Integer, primary_key=True, autoincrement=False),
    Column("kind", SmallInteger, primary_key=True, autoincrement=False),
    Column("entities", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)


@cache
def _spelt(statement: str, paramstyle: str) -> str:
    return statement if paramstyle == "qmark" else statement.replace("?", "%s")


def rows(connection: Connection, statement: str, parameters: Sequence[Any] = ()) -> list[Any]:
    """All rows of a SELECT with ``?`` parameters, past the layers that cost more than the query itself."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(_spelt(statement, connection.dialect.paramstyle), tuple(parameters))
        return list(cursor.fetchall())
    finally:
        cursor.close()


def run(connection: Connection, statement: str, parameters: Sequence[Any] = ()) -> int:
    """Run one statement with ``?`` parameters; how many rows it touched."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(_spelt(statement, connection.dialect.paramstyle), tuple(parameters))
        return int(cursor.rowcount)
    finally:
        cursor.close()


def many(connection: Connection, statement: str, parameters: Sequence[Sequence[Any]]) -> None:
    """Run one statement with ``?`` parameters once per row of ``parameters``."""
    if not parameters:
        return
    cursor = connection.connection.cursor()
    try:
        cursor.executemany(_spelt(statement, connection.dialect.paramstyle), parameters)
    finally:
        cursor.close()


def insert(connection: Connection, into: str, new: Sequence[Sequence[Any]]) -> None:
    """Insert rows of equal length ``into`` a table with its columns, many in one statement.

    A statement is one step of the engine, during which other threads run; a step for each row would let them
    in between, and wait for them, a thousand times in a batch.
    """
    if not new:
        return
    width = len(new[0])
    most = _TOGETHER // width
    row = f"({marks(width)})"
    start = 0
    while len(new) - start >= _FEW:
        count = most if len(new) - start >= most else 1 << ((len(new) - start).bit_length() - 1)
        statement = _several(into, row, count)
        run(connection, statement, tuple(chain.from_iterable(new[start : start + count])))
        start += count
    many(connection, _several(into, row, 1), new[start:])


@cache
def _several(into: str, row: str, count: int) -> str:
    return f"INSERT INTO {into} VALUES {', '.join([row] * count)}"


@cache
def marks(count: int) -> str:
    """``?, ?, ?`` for a list of parameters."""
    return ", ".join("?" * count)


def portions(items: Sequence[T], size: int = _MOST) -> Iterable[Sequence[T]]:
    """The items in portions that one statement takes."""
    return (items[start : start + size] for start in range(0, len(items), size))


# ---- names, types, tenants -------------------------------------------------------------------------------


def add_tenant(connection: Connection, tenant: str, at: int) -> None:
    """Let there be a tenant."""
    run(
        connection,
        "INSERT INTO linked_tenants (name, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (tenant, at),
    )


def has_tenant(connection: Connection, tenant: str) -> bool:
    """Whether there is such a tenant (the default one always is)."""
    return tenant == "" or bool(rows(connection, "SELECT 1 FROM linked_tenants WHERE name = ?", (tenant,)))


def all_tenants(connection: Connection) -> list[tuple[str, int]]:
    """Tenants with the milliseconds of their making, by name; the default one is not among them."""
    return rows(connection, "SELECT name, created_at FROM linked_tenants ORDER BY name")


def delete_tenant(connection: Connection, tenant: str) -> bool:
    """Take a tenant away; whether it was there. Its entities must be gone already."""
    return run(connection, "DELETE FROM linked_tenants WHERE name = ?", (tenant,)) > 0


def own_name(connection: Connection) -> str:
    """What this broker calls itself; nothing when it has no name yet."""
    found = rows(connection, "SELECT name FROM linked_own WHERE id = 1")
    return str(found[0][0]) if found else ""


def keep_own_name(connection: Connection, name: str) -> None:
    """Call it so from now on."""
    run(connection, "INSERT INTO linked_own (id, name) VALUES (1, ?)", (name,))


def typesets_of(connection: Connection, tenant: str) -> list[tuple[int, tuple[str, ...]]]:
    """The type sets of a tenant with their types."""
    found = rows(connection, "SELECT id, types FROM linked_typesets WHERE tenant = ? ORDER BY id", (tenant,))
    return [(row[0], tuple(row[1].split("\n"))) for row in found]


def ensure_typeset(connection: Connection, tenant: str, types: Sequence[str]) -> int:
    """The number of these types (in any order) in this tenant."""
    wanted = (tenant, "\n".join(sorted(types)))
    found = rows(connection, "SELECT id FROM linked_typesets WHERE tenant = ? AND types = ?", wanted)
    if not found:
        run(
            connection,
            "INSERT INTO linked_typesets (id, tenant, types) "
            "SELECT coalesce(max(id), 0) + 1, ?, ? FROM linked_typesets",
            wanted,
        )
        found = rows(connection, "SELECT id FROM linked_typesets WHERE tenant = ? AND types = ?", wanted)
    return int(found[0][0])


def ensure_name(connection: Connection, iri: str) -> int:
    """The number of an attribute's name."""
    found = rows(connection, "SELECT id FROM linked_names WHERE iri = ?", (iri,))
    if not found:
        run(
            connection,
            "INSERT INTO linked_names (id, iri) SELECT coalesce(max(id), 0) + 1, ? FROM linked_names",
            (iri,),
        )
        found = rows(connection, "SELECT id FROM linked_names WHERE iri = ?", (iri,))
    return int(found[0][0])


def has_several(connection: Connection, typesets: Sequence[int], name: int) -> bool:
    """Whether some entity of the type sets has several values of the attribute in the index."""
    sets = marks(len(typesets))
    sql = f"SELECT 1 FROM linked_counts WHERE typeset IN ({sets}) AND name = ? AND kind = ? LIMIT 1"
    return bool(rows(connection, sql, (*typesets, name, SEVERAL)))


def names_of(connection: Connection, numbers: Sequence[int]) -> dict[int, str]:
    """The names of these numbers."""
    found: dict[int, str] = {}
    for part in portions(numbers):
        found |= rows(connection, f"SELECT id, iri FROM linked_names WHERE id IN ({marks(len(part))})", part)
    return found


def types_of(connection: Connection, typeset: int) -> tuple[str, ...]:
    """The types of a type set, in order."""
    found = rows(connection, "SELECT types FROM linked_typesets WHERE id = ?", (typeset,))
    return tuple(found[0][0].split("\n")) if found else ()


def find_name(connection: Connection, iri: str) -> int:
    """The number of a name, 0 when no entity ever had it."""
    found = rows(connection, "SELECT id FROM linked_names WHERE iri = ?", (iri,))
    return int(found[0][0]) if found else 0


# ---- documents -------------------------------------------------------------------------------------------

Kept = tuple[int, str, int, bytes]  # key, id, type set, document
EntityRow = tuple[int, str, str, int, int | None, bytes]  # key, tenant, id, typeset, expires, doc

_BY_ID = "SELECT doc FROM linked_entities WHERE tenant = ? AND id = ?"


def document(connection: Connection, tenant: str, entity: str) -> bytes | None:
    """The document of one entity."""
    found = rows(connection, _BY_ID, (tenant, entity))
    return bytes(found[0][0]) if found else None


def kept(connection: Connection, tenant: str, ids: Sequence[str]) -> list[Kept]:
    """What is kept of these entities, one statement per 500 ids."""
    found: list[Kept] = []
    for part in portions(ids):
        width = _width(len(part))
        statement = (
            f"SELECT key, id, typeset, doc FROM linked_entities WHERE tenant = ? AND id IN ({marks(width)})"
        )
        padded = (tenant, *part, *(part[-1],) * (width - len(part)))
        found += rows(connection, statement, padded)
    return found


def _width(count: int) -> int:
    """The next power of two: few different statements, each prepared once."""
    return min(1 << (count - 1).bit_length(), _MOST) if count else 1


def documents(connection: Connection, keys: Sequence[int]) -> list[tuple[int, bytes]]:
    """Documents by key, in order of the keys' values."""
    found: list[tuple[int, bytes]] = []
    for part in portions(keys):
        width = _width(len(part))
        statement = f"SELECT key, doc FROM linked_entities WHERE key IN ({marks(width)}) ORDER BY key"
        found += rows(connection, statement, (*part, *(part[-1],) * (width - len(part))))
    return found


def last_key(connection: Connection) -> int:
    """The highest key in use."""
    return int(rows(connection, "SELECT coalesce(max(key), 0) FROM linked_entities")[0][0])


def insert_entities(connection: Connection, new: Sequence[EntityRow]) -> None:
    """Keep new entities."""
    insert(connection, "linked_entities (key, tenant, id, typeset, expires, doc)", new)


def update_entities(connection: Connection, changed: Sequence[tuple[int, int | None, bytes, int]]) -> None:
    """Set type set, expiry and document by key (the last field)."""
    many(connection, "UPDATE linked_entities SET typeset = ?, expires = ?, doc = ? WHERE key = ?", changed)


def delete_entities(connection: Connection, keys: Sequence[int]) -> None:
    """Take entities away."""
    many(connection, "DELETE FROM linked_entities WHERE key = ?", [(key,) for key in keys])


def expired(connection: Connection, at: int, limit: int) -> list[tuple[str, str]]:
    """Tenant and id of entities whose time is over."""
    return rows(
        connection,
        "SELECT tenant, id FROM linked_entities WHERE expires <= ? ORDER BY expires, key LIMIT ?",
        (at, limit),
    )


def next_expiry(connection: Connection) -> int | None:
    """When the next entity vanishes by itself."""
    found = rows(connection, "SELECT min(expires) FROM linked_entities WHERE expires IS NOT NULL")
    return None if found[0][0] is None else int(found[0][0])


# ---- indexes ---------------------------------------------------------------------------------------------

ValueRow = tuple[int, int, int, float, str, int]  # typeset, name, rank, num, txt, key
PlaceRow = tuple[int, int, int, int, int, float, float, float, float]  # typeset, name, size, z, key, box
ScopeRow = tuple[int, str, int]  # typeset, scope, key
CountRow = tuple[int, int, int, int]  # typeset, name, kind, change of the number


def change_values(connection: Connection, gone: Sequence[ValueRow], new: Sequence[ValueRow]) -> None:
    """Move the value index; ``new`` in order of the key writes each page once."""
    many(
        connection,
        "DELETE FROM linked_values "
        "WHERE typeset = ? AND name = ? AND rank = ? AND num = ? AND txt = ? AND key = ?",
        gone,
    )
    insert(connection, "linked_values (typeset, name, rank, num, txt, key)", new)


def change_places(connection: Connection, gone: Sequence[PlaceRow], new: Sequence[PlaceRow]) -> None:
    """Move the index of places."""
    many(
        connection,
        "DELETE FROM linked_places WHERE typeset = ? AND name = ? AND size = ? AND z = ? AND key = ?",
        [row[:5] for row in gone],
    )
    insert(connection, "linked_places (typeset, name, size, z, key, west, south, east, north)", new)


def change_scopes(connection: Connection, gone: Sequence[ScopeRow], new: Sequence[ScopeRow]) -> None:
    """Move the index of scopes."""
    many(connection, "DELETE FROM linked_scopes WHERE typeset = ? AND scope = ? AND key = ?", gone)
    insert(connection, "linked_scopes (typeset, scope, key)", new)


def change_counts(connection: Connection, moves: Sequence[CountRow]) -> None:
    """Add to the numbers of entities; what reaches zero goes."""
    many(
        connection,
        "INSERT INTO linked_counts (typeset, name, kind, entities) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (typeset, name, kind) "
        "DO UPDATE SET entities = linked_counts.entities + excluded.entities",
        moves,
    )
    if any(row[3] < 0 for row in moves):
        many(
            connection,
            "DELETE FROM linked_counts WHERE typeset = ? AND name = ? AND kind = ? AND entities <= 0",
            [row[:3] for row in moves if row[3] < 0],
        )


def counts_of(connection: Connection, tenant: str) -> list[tuple[int, str, int, int]]:
    """Type set, name ('' for the entities themselves), kind and number of entities."""
    sql = (
        "SELECT c.typeset, coalesce(n.iri, ''), c.kind, c.entities FROM linked_typesets t "
        "JOIN linked_counts c ON c.typeset = t.id LEFT JOIN linked_names n ON n.id = c.name "
        "WHERE t.tenant = ? AND c.entities > 0 ORDER BY c.typeset, c.name, c.kind"
    )
    return rows(connection, sql, (tenant,))
