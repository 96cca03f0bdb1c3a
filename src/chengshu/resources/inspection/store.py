"""The table of looks: which content of an entry was looked into, in which run, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Row, String, Table, Text, select

from chengshu.kernel.clock import from_millis, millis
from chengshu.ports.rows import put

metadata = MetaData()

looks = Table(
    "inspection_looks",
    metadata,
    Column("resource", String, primary_key=True),
    Column("run", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("stamp", String, nullable=False),
    Column("made", String, nullable=False),
    Column("error", Text, nullable=False),
    Column("remedy", Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Look:
    """The last look into an entry. ``stamp`` is of its content and of what is declared and taught of it
    ("": look again), ``made`` of the SQL that makes it; ``error`` says why it could not be read.
    """

    resource: str
    run: int
    at: datetime
    stamp: str = ""
    made: str = ""
    error: str = ""
    remedy: str = ""


def put_look(connection: Connection, look: Look) -> None:
    """Keep the last look into an entry."""
    row = {
        "resource": look.resource,
        "run": look.run,
        "at": millis(look.at),
        "stamp": look.stamp,
        "made": look.made,
        "error": look.error,
        "remedy": look.remedy,
    }
    put(connection, looks, row)


def find_look(connection: Connection, resource: str) -> Look | None:
    """The last look into an entry."""
    row = connection.execute(select(looks).where(looks.c.resource == resource)).first()
    return None if row is None else _look(row)


def runs_of(connection: Connection, resources: list[str]) -> dict[str, int]:
    """The run in which each was last looked into; those never looked into are left out."""
    found: dict[str, int] = {}
    for start in range(0, len(resources), 500):
        bite = looks.c.resource.in_(resources[start : start + 500])
        for row in connection.execute(select(looks.c.resource, looks.c.run).where(bite)):
            found[row.resource] = row.run
    return found


def _look(row: Row[Any]) -> Look:
    return Look(row.resource, row.run, from_millis(row.at), row.stamp, row.made, row.error, row.remedy)
