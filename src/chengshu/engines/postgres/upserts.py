"""Makes PostgreSQL understand the upserts that the rooms write.

They say ``INSERT … ON CONFLICT`` through ``sqlalchemy.dialects.sqlite.insert``; PostgreSQL has the same
clause, and only SQLAlchemy's object for it is another one.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects.postgresql import dml as postgres
from sqlalchemy.dialects.sqlite import dml as sqlite
from sqlalchemy.ext.compiler import compiles


@compiles(sqlite.OnConflictDoUpdate, "postgresql")
def _update(clause: sqlite.OnConflictDoUpdate, compiler: Any, **words: Any) -> Any:
    return compiler.visit_on_conflict_do_update(_same(clause, postgres.OnConflictDoUpdate), **words)


@compiles(sqlite.OnConflictDoNothing, "postgresql")
def _nothing(clause: sqlite.OnConflictDoNothing, compiler: Any, **words: Any) -> Any:
    return compiler.visit_on_conflict_do_nothing(_same(clause, postgres.OnConflictDoNothing), **words)


def _same(clause: Any, kind: type[Any]) -> Any:
    """The clause as PostgreSQL's object, which also may name a constraint."""
    found: Any = object.__new__(kind)
    found.__dict__.update(clause.__dict__)
    found.constraint_target = None
    return found
