"""Tables of accounts, grants, sessions, set-up links and throttles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from chengshu.foundation.access.model import Grant, Person
from chengshu.kernel.clock import from_millis, millis
from chengshu.ports.rows import put

metadata = MetaData()

accounts = Table(
    "accounts",
    metadata,
    Column("id", String, primary_key=True),
    Column("login", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("password", String),
    Column("unit", String, nullable=False, server_default=""),
    Column("language", String, nullable=False, server_default=""),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("created_at", BigInteger, nullable=False),
)

grants = Table(
    "account_grants",
    metadata,
    Column("account", String, ForeignKey("accounts.id"), primary_key=True),
    Column("role", String, primary_key=True),
    Column("department", String, primary_key=True),
    Column("area", String, primary_key=True),
)

sessions = Table(
    "account_sessions",
    metadata,
    Column("token", String(64), primary_key=True),  # SHA-256 of what the browser holds
    Column("account", String, ForeignKey("accounts.id"), nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("account_sessions_account", "account"),
)

links = Table(
    "account_links",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("account", String),  # None: the first administrator
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

throttles = Table(
    "login_throttles",
    metadata,
    Column("key", String, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("blocked_until", BigInteger, nullable=False),
)

clients = Table(
    "access_clients",
    metadata,
    Column("token", String(64), primary_key=True),  # SHA-256 of what the program holds
    Column("name", String, nullable=False),
    Column("rights", String, nullable=False),
    Column("tenants", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Index("access_clients_name", "name"),
)


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A stored program."""

    token: str
    name: str
    rights: tuple[str, ...]
    tenants: tuple[str, ...]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A stored session."""

    account: str
    opened_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A stored set-up link."""

    account: str | None
    expires_at: datetime
    used: bool


@dataclass(frozen=True, slots=True)
class Throttle:
    """How often a login or an address failed."""

    failures: int
    last_at: datetime
    blocked_until: datetime


def _person(connection: Connection, row: Row[Any]) -> Person:
    held = connection.execute(
        select(grants)
        .where(grants.c.account == row.id)
        .order_by(grants.c.role, grants.c.department, grants.c.area)
    )
    return Person(
        row.id,
        row.login,
        row.name,
        tuple(Grant(g.role, g.department, g.area) for g in held),
        row.unit,
        row.language,
        bool(row.disabled),
    )


def find_person(connection: Connection, account: str) -> Person | None:
    """The person of an account id."""
    row = connection.execute(select(accounts).where(accounts.c.id == account)).first()
    return None if row is None else _person(connection, row)


def find_login(connection: Connection, login: str) -> tuple[Person, str | None] | None:
    """The person of a login name, and the stored password."""
    row = connection.execute(select(accounts).where(accounts.c.login == login)).first()
    return None if row is None else (_person(connection, row), row.password)


def all_people(connection: Connection) -> list[Person]:
    """Everybody, by login."""
    return [
        _person(connection, row)
        for row in connection.execute(select(accounts).order_by(accounts.c.login)).all()
    ]


def without_password(connection: Connection) -> frozenset[str]:
    """Ids of the accounts that nobody can sign in with yet."""
    return frozenset(connection.execute(select(accounts.c.id).where(accounts.c.password.is_(None))).scalars())


def count_accounts(connection: Connection) -> int:
    """How many accounts there are."""
    return int(connection.execute(select(func.count()).select_from(accounts)).scalar_one())


def administrators(connection: Connection) -> list[str]:
    """Ids of accounts that can administer now: enabled, with a password and the role everywhere."""
    query = (
        select(accounts.c.id)
        .join(grants, grants.c.account == accounts.c.id)
        .where(
            grants.c.role == "administrator", accounts.c.disabled.is_(False), accounts.c.password.is_not(None)
        )
        .distinct()
    )
    return list(connection.execute(query).scalars())


def add_person(connection: Connection, person: Person, password: str | None, at: datetime) -> None:
    """A new account with its grants."""
    connection.execute(
        insert(accounts).values(
            id=person.id,
            login=person.login,
            name=person.name,
            password=password,
            unit=person.unit,
            language=person.language,
            disabled=person.disabled,
            created_at=millis(at),
        )
    )
    put_grants(connection, person.id, person.grants)


def put_grants(connection: Connection, account: str, held: Iterable[Grant]) -> None:
    """Replace the grants of an account."""
    connection.execute(delete(grants).where(grants.c.account == account))
    rows = [
        {"account": account, "role": g.role, "department": g.department, "area": g.area}
        for g in sorted(set(held))
    ]
    if rows:
        connection.execute(insert(grants), rows)


def change_account(connection: Connection, account: str, **values: Any) -> None:
    """Change columns of an account."""
    connection.execute(update(accounts).where(accounts.c.id == account).values(**values))


def add_session(connection: Connection, token: str, session: SessionRow) -> None:
    """A new session under the hash of its token."""
    connection.execute(
        insert(sessions).values(
            token=token,
            account=session.account,
            opened_at=millis(session.opened_at),
            seen_at=millis(session.seen_at),
            expires_at=millis(session.expires_at),
        )
    )


def find_session(connection: Connection, token: str) -> SessionRow | None:
    """A session by the hash of its token."""
    row = connection.execute(select(sessions).where(sessions.c.token == token)).first()
    return (
        None
        if row is None
        else SessionRow(
            row.account, from_millis(row.opened_at), from_millis(row.seen_at), from_millis(row.expires_at)
        )
    )


def touch_session(connection: Connection, token: str, at: datetime) -> None:
    """Note that the session was used."""
    connection.execute(update(sessions).where(sessions.c.token == token).values(seen_at=millis(at)))


def drop_session(connection: Connection, token: str) -> bool:
    """End one session; whether there was one."""
    return connection.execute(delete(sessions).where(sessions.c.token == token)).rowcount > 0


def drop_sessions(connection: Connection, account: str) -> int:
    """End every session of an account; how many."""
    return connection.execute(delete(sessions).where(sessions.c.account == account)).rowcount


def drop_expired(connection: Connection, now: datetime) -> None:
    """Forget sessions that are over."""
    connection.execute(delete(sessions).where(sessions.c.expires_at <= millis(now)))


def add_link(
    connection: Connection, token: str, account: str | None, now: datetime, expires_at: datetime
) -> None:
    """A new set-up link; older unused ones for the same account end."""
    same = links.c.account.is_(None) if account is None else links.c.account == account
    connection.execute(delete(links).where(same, links.c.used_at.is_(None)))
    connection.execute(
        insert(links).values(
            token=token, account=account, issued_at=millis(now), expires_at=millis(expires_at)
        )
    )


def find_link(connection: Connection, token: str) -> LinkRow | None:
    """A set-up link by the hash of its token."""
    row = connection.execute(select(links).where(links.c.token == token)).first()
    return None if row is None else LinkRow(row.account, from_millis(row.expires_at), row.used_at is not None)


def use_link(connection: Connection, token: str, at: datetime) -> bool:
    """Mark it used; False when it was already."""
    return (
        connection.execute(
            update(links).where(links.c.token == token, links.c.used_at.is_(None)).values(used_at=millis(at))
        ).rowcount
        == 1
    )


def find_throttle(connection: Connection, key: str) -> Throttle | None:
    """The failures counted under a key."""
    row = connection.execute(select(throttles).where(throttles.c.key == key)).first()
    return (
        None
        if row is None
        else Throttle(row.failures, from_millis(row.last_at), from_millis(row.blocked_until))
    )


def put_throttle(connection: Connection, key: str, throttle: Throttle) -> None:
    """Count failures under a key."""
    row = {
        "key": key,
        "failures": throttle.failures,
        "last_at": millis(throttle.last_at),
        "blocked_until": millis(throttle.blocked_until),
    }
    put(connection, throttles, row)


def drop_throttle(connection: Connection, key: str) -> None:
    """Forget the failures under a key."""
    connection.execute(delete(throttles).where(throttles.c.key == key))


def valid_clients(connection: Connection) -> list[ClientRow]:
    """Programs whose token is not revoked."""
    rows = connection.execute(select(clients).where(clients.c.revoked_at.is_(None)))
    return [
        ClientRow(
            row.token,
            row.name,
            tuple(row.rights.split(",")),
            tuple(row.tenants.split(",")),
            None if row.expires_at is None else from_millis(row.expires_at),
        )
        for row in rows
    ]


def put_client(
    connection: Connection,
    token: str,
    name: str,
    rights: Iterable[str],
    tenants: Iterable[str],
    expires_at: datetime | None,
    at: datetime,
) -> bool:
    """Keep a program; False when one of this name is valid."""
    taken = select(clients.c.token).where(clients.c.name == name, clients.c.revoked_at.is_(None))
    if connection.execute(taken).first() is not None:
        return False
    values = {
        "token": token,
        "name": name,
        "rights": ",".join(rights),
        "tenants": ",".join(tenants),
        "created_at": millis(at),
        "expires_at": None if expires_at is None else millis(expires_at),
    }
    connection.execute(insert(clients).values(**values))
    return True


def revoke_client(connection: Connection, name: str, at: datetime) -> bool:
    """Revoke the program of this name; whether there was one."""
    hit = connection.execute(
        update(clients)
        .where(clients.c.name == name, clients.c.revoked_at.is_(None))
        .values(revoked_at=millis(at))
    )
    return hit.rowcount > 0
