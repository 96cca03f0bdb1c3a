"""Tables of contracts: every version kept with an entry, and what the checks found."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    func,
    insert,
    select,
)

from chengshu.resources.contracts.model import Held, Kept

metadata = MetaData()

contracts = Table(
    "contracts",
    metadata,
    Column("entry", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", String, nullable=False),
    Column("id", String, nullable=False),
    Column("version", String, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("document", LargeBinary, nullable=False),
)
checks = Table(
    "contract_checks",
    metadata,
    Column("entry", String, primary_key=True),
    Column("turn", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("table", String, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("checks", Integer, nullable=False),
    Column("broken", Integer, nullable=False),
    Column("holds", Boolean, nullable=False),
    Column("stamp", String, nullable=False, server_default=""),
)


def add(connection: Connection, kept: Kept) -> None:
    """Keep a version; none is ever changed."""
    row = msgspec.structs.asdict(kept) | {"document": msgspec.json.encode(kept.document)}
    connection.execute(insert(contracts).values(**row))


def versions_of(connection: Connection, entry: str) -> list[Kept]:
    """Every version kept with an entry, oldest first."""
    query = select(contracts).where(contracts.c.entry == entry).order_by(contracts.c.number)
    return [_kept(row) for row in connection.execute(query)]


def newest(connection: Connection, entry: str) -> Kept | None:
    """The version in force, or None."""
    query = select(contracts).where(contracts.c.entry == entry).order_by(contracts.c.number.desc())
    row = connection.execute(query.limit(1)).first()
    return None if row is None else _kept(row)


def in_force(connection: Connection) -> list[Kept]:
    """The newest version of every entry that has one, by entry."""
    newest_ = select(contracts.c.entry, func.max(contracts.c.number).label("number")).group_by(
        contracts.c.entry
    )
    last = newest_.subquery()
    query = select(contracts).join(
        last, (last.c.entry == contracts.c.entry) & (last.c.number == contracts.c.number)
    )
    return [_kept(row) for row in connection.execute(query.order_by(contracts.c.entry))]


def add_check(connection: Connection, held: Held) -> None:
    """Note what a check found."""
    turns = select(func.coalesce(func.max(checks.c.turn), 0)).where(checks.c.entry == held.entry)
    turn = int(connection.execute(turns).scalar_one()) + 1
    connection.execute(insert(checks).values(turn=turn, **msgspec.structs.asdict(held)))


def checks_of(connection: Connection, entry: str, limit: int) -> list[Held]:
    """The newest checks of an entry, oldest first."""
    query = select(checks).where(checks.c.entry == entry).order_by(checks.c.turn.desc()).limit(limit)
    found = [dict(row._mapping) for row in connection.execute(query)]
    return [Held(**{key: value for key, value in row.items() if key != "turn"}) for row in found[::-1]]


def _kept(row: Row[Any]) -> Kept:
    told = dict(row._mapping)
    return Kept(**(told | {"document": msgspec.json.decode(told["document"])}))
