"""Rows under their primary key: put in, or put in the place of what is there.

Spoken as ``INSERT … ON CONFLICT DO UPDATE``, which SQLite has and every engine must understand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.sqlite import Insert, insert


def put(connection: Connection, table: Table, *rows: Mapping[str, Any], keep: Sequence[str] = ()) -> None:
    """Write whole rows (every column of ``table`` in each). A row with the primary key of one that is there
    takes its place, but for the columns named in ``keep``, which stay as they were first written.
    """
    if rows:
        connection.execute(_put_into(table, tuple(keep)), list(rows))


@cache
def _put_into(table: Table, keep: tuple[str, ...]) -> Insert:
    """Built once for each table: some run every minute."""
    statement = insert(table)
    keys = [column.name for column in table.primary_key.columns]
    changed = [column.name for column in table.columns if column.name not in keys and column.name not in keep]
    replaced = {name: statement.excluded[name] for name in changed}
    return statement.on_conflict_do_update(index_elements=keys, set_=replaced)
