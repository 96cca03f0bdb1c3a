"""Tables made by an earlier version of the hub are brought up to this one's, or left alone with a clear word.

What only adds (a table, a column that may be empty or has a default, an index) is done at once, in the
transaction that asks for the tables. What would have to change or drop what is stored is refused: that needs
a person. Differences are found by Alembic's autogenerate; it is asked only where the digest of a table's
definition is not the one kept in ``table_shapes``, so that an ordinary start costs one query.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Column, Connection, Dialect, MetaData, String, Table, delete, insert, inspect, select
from sqlalchemy.schema import CreateIndex, CreateTable

from chengshu.kernel.errors import Conflict

_metadata = MetaData()
_shapes = Table(
    "table_shapes",
    _metadata,
    Column("name", String, primary_key=True),
    Column("digest", String, nullable=False),
)


class _Making(NamedTuple):
    """What makes a table and its indexes in one dialect."""

    statements: tuple[str, ...]
    digest: str


_makings: WeakKeyDictionary[Table, dict[str, _Making]] = WeakKeyDictionary()  # the same in every database


class _Difference(NamedTuple):
    """One entry of Alembic's list: what would make the stored table the wanted one."""

    act: str
    table: str
    column: str
    item: Any  # the Column or Index to add or remove


def bring_up(connection: Connection, metadatas: Sequence[MetaData]) -> None:
    """Make the tables of ``metadatas``, or bring those that are there up to it.

    Raises :class:`Conflict` naming every difference that cannot be made without touching stored values; the
    caller's transaction then keeps nothing.
    """
    stored = set(inspect(connection).get_table_names())
    if _shapes.name not in stored:
        _make(connection, _shapes)
    known = {row.name: row.digest for row in connection.execute(select(_shapes))}
    changed: dict[str, str] = {}
    for metadata in metadatas:
        makings = {table: _making(table, connection.dialect) for table in metadata.sorted_tables}
        news = {table.name: made.digest for table, made in makings.items()}
        news = {name: digest for name, digest in news.items() if known.get(name) != digest}
        for table in makings:
            if table.name in news and table.name not in stored:
                _make(connection, table)
        if present := news.keys() & stored:
            _mend(connection, metadata, present)
        changed |= news
    if changed:
        connection.execute(delete(_shapes).where(_shapes.c.name.in_(sorted(changed))))
        rows = [{"name": name, "digest": changed[name]} for name in sorted(changed)]
        connection.execute(insert(_shapes), rows)


def _make(connection: Connection, table: Table) -> None:
    for statement in _making(table, connection.dialect).statements:
        connection.exec_driver_sql(statement)


def _making(table: Table, dialect: Dialect) -> _Making:
    kept = _makings.setdefault(table, {})
    if dialect.name not in kept:
        made = [str(CreateTable(table).compile(dialect=dialect))]
        made += sorted(str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes)
        kept[dialect.name] = _Making(tuple(made), hashlib.sha256("\n".join(made).encode()).hexdigest())
    return kept[dialect.name]


def _mend(connection: Connection, metadata: MetaData, names: set[str]) -> None:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    def ours(_item: Any, name: str | None, kind: str, *_: Any) -> bool:
        return kind != "table" or name in names

    context = MigrationContext.configure(
        connection,
        opts={"include_object": ours, "include_name": lambda name, kind, _: ours(None, name, kind)},
    )
    operations = Operations(context)
    refused = list(_keys(connection, metadata, names))
    for difference in _differences(context, metadata):
        match difference:
            case _Difference("add_column", table, _, column) if _fillable(column):
                operations.add_column(table, column)
            case _Difference("remove_column", _, _, column) if _fillable(column):
                pass  # nobody reads it any more; what it holds stays
            case _Difference("add_index", _, _, index):
                index.create(connection)
            case _Difference("remove_index", table, _, index):
                operations.drop_index(index.name, table)
            case _:
                refused.append(_told(difference))
    if refused:
        raise Conflict(
            "data-shape",
            f"the data were written by another version of the hub: {'; '.join(refused)}",
            where=str(connection.engine.url.render_as_string(hide_password=True)),
            remedy="serve them with the version that wrote them, or start with another data folder",
        )


def _differences(context: Any, metadata: MetaData) -> Iterator[_Difference]:
    from alembic.autogenerate import compare_metadata

    for entry in compare_metadata(context, metadata):
        for act, *rest in entry if isinstance(entry, list) else [entry]:
            if act.endswith("_column"):
                yield _Difference(act, rest[1], rest[2].name, rest[2])
            elif act.startswith("modify_"):
                yield _Difference(act, rest[1], rest[2], None)
            else:  # indexes and constraints
                yield _Difference(act, rest[0].table.name, "", rest[0])


def _keys(connection: Connection, metadata: MetaData, names: Iterable[str]) -> Iterator[str]:
    """Primary keys that differ: Alembic does not compare them."""
    inspector = inspect(connection)
    for name in sorted(names):
        stored = inspector.get_pk_constraint(name)["constrained_columns"]
        wanted = [column.name for column in metadata.tables[name].primary_key.columns]
        if sorted(stored) != sorted(wanted):
            yield f"{name} is kept by {', '.join(stored)}, not by {', '.join(wanted)}"


def _fillable(column: Any) -> bool:
    """May rows lack a value for it?"""
    return bool(column.nullable) or column.server_default is not None


def _told(difference: _Difference) -> str:
    """The difference in words."""
    words = {
        "add_column": "lacks {column}, which may not be empty",
        "remove_column": "has {column}, which may not be empty and is not known here",
        "modify_type": "has another type for {column}",
        "modify_nullable": "differs in whether {column} may be empty",
    }.get(difference.act, "differs: {act} {column}")
    return f"{difference.table} {words.format(column=difference.column, act=difference.act)}".rstrip()
