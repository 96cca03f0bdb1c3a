"""Readers of accounts."""

from __future__ import annotations

from sqlalchemy import Connection

from chengshu.foundation.access import store
from chengshu.foundation.access.model import Person
from chengshu.kernel.errors import Missing


def person(connection: Connection, account: str) -> Person:
    """A person by account id. Raises :class:`Missing`."""
    found = store.find_person(connection, account)
    if found is None:
        raise Missing("account", f"there is no account {account!r}", where=account)
    return found


def people(connection: Connection) -> list[Person]:
    """Everybody, by login name."""
    return store.all_people(connection)


def without_password(connection: Connection) -> frozenset[str]:
    """The accounts whose person has not used a set-up link yet."""
    return store.without_password(connection)


def needs_setup(connection: Connection) -> bool:
    """Whether nobody can administer the hub yet: then the app prints a set-up link."""
    return not store.administrators(connection)
