"""Tables of the residents' side of sharing: consent taken back, codes on paper, how often clerks asked."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    String,
    Table,
    delete,
    insert,
    select,
)

from chengshu.resources.sharing.store import metadata

withdrawals = Table(
    "sharing_withdrawals",
    metadata,
    Column("token", String, primary_key=True),
    Column("resource", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
lookups = Table(  # of the last hour: how often a clerk asked for residents
    "sharing_lookups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("sharing_lookups_person", "person", "at"),
)
codes = Table(  # what residents read their own record with; of a code only its hash is kept
    "sharing_codes",
    metadata,
    Column("token", String, primary_key=True),
    Column("hash", String, nullable=False, unique=True),
    Column("ends_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)


def keep_code(connection: Connection, token: str, hash_: str, ends_at: int) -> None:
    """The one code of a person from now on."""
    drop_code(connection, token)
    connection.execute(insert(codes).values(token=token, hash=hash_, ends_at=ends_at))


def drop_code(connection: Connection, token: str) -> bool:
    """The person's code holds no more; whether there was one."""
    return connection.execute(delete(codes).where(codes.c.token == token)).rowcount > 0


def token_of_code(connection: Connection, hash_: str, now: int) -> str | None:
    """Whose code it is, while it holds."""
    query = select(codes.c.token).where(codes.c.hash == hash_, codes.c.ends_at > now)
    return connection.execute(query).scalar_one_or_none()


def keep_withdrawal(connection: Connection, token: str, resource: str, at: int) -> None:
    """A person takes consent back for a resource."""
    drop_withdrawal(connection, token, resource)
    connection.execute(insert(withdrawals).values(token=token, resource=resource, at=at))


def drop_withdrawal(connection: Connection, token: str, resource: str) -> None:
    """A person consents again."""
    key = (withdrawals.c.token == token) & (withdrawals.c.resource == resource)
    connection.execute(delete(withdrawals).where(key))


def withdrawn_by(connection: Connection, token: str) -> frozenset[str]:
    """The resources for which a person took their consent back."""
    query = select(withdrawals.c.resource).where(withdrawals.c.token == token)
    return frozenset(connection.scalars(query))


def withdrawn(connection: Connection, resource: str) -> frozenset[str]:
    """The tokens of those who took their consent back for a resource."""
    return frozenset(
        connection.scalars(select(withdrawals.c.token).where(withdrawals.c.resource == resource))
    )


def lookups_since(connection: Connection, person: str, since: int) -> list[int]:
    """When somebody asked for residents since a moment (ms), oldest first."""
    query = select(lookups.c.at).where(lookups.c.person == person, lookups.c.at > since)
    return list(connection.scalars(query.order_by(lookups.c.at)))


def add_lookup(connection: Connection, person: str, at: int, forget: int) -> None:
    """Count a question for a resident; those before ``forget`` (ms) count no more."""
    connection.execute(delete(lookups).where(lookups.c.at <= forget))
    connection.execute(insert(lookups).values(person=person, at=at))
