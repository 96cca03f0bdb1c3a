"""The port's promises over a real PostgreSQL, and what only a server can do to us."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, text
from tests.engines.postgres.server import fresh_schema

from chengshu.engines.postgres import PostgresDatabase
from chengshu.kernel.errors import Unavailable
from chengshu.ports.suites import DATABASE_CHECKS

_metadata = MetaData()
_things = Table("things", _metadata, Column("id", Integer, primary_key=True))


@pytest.fixture
def url() -> Iterator[str]:
    with fresh_schema() as url:
        yield url


@pytest.mark.slow
@pytest.mark.parametrize("threaded", [True, False], ids=["threaded", "inline"])
@pytest.mark.parametrize("check", DATABASE_CHECKS, ids=lambda check: check.__name__)
def test_suite(check: Callable[..., None], threaded: bool, url: str) -> None:
    check(lambda: PostgresDatabase(url, threaded=threaded))


def test_a_server_that_is_not_there_is_said_clearly() -> None:
    pytest.importorskip("psycopg", reason="needs psycopg (extra postgres)")
    with pytest.raises(Unavailable, match="does not answer") as caught:
        PostgresDatabase("postgresql://nobody:secret@127.0.0.1:9/nowhere")
    assert "secret" not in str(caught.value)


def test_a_writer_cut_off_by_the_server_fails_once_and_finds_it_again(url: str) -> None:
    database = PostgresDatabase(url)
    database.create(_metadata)

    def suicide(connection: object) -> None:
        connection.execute(insert(_things).values(id=1))  # type: ignore[attr-defined]
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))  # type: ignore[attr-defined]

    with pytest.raises(Exception, match=r"terminat|closed|lost"):
        database.write(suicide)
    database.write(lambda connection: connection.execute(insert(_things).values(id=2)))
    with database.read() as connection:
        assert list(connection.execute(select(_things.c.id)).scalars()) == [2]
    database.close()


def test_two_hubs_on_one_database_do_not_mix_their_writes(url: str) -> None:
    """The writer is one, also among processes: nobody sees the half of another's transaction."""
    one, other = PostgresDatabase(url), PostgresDatabase(url)
    one.create(_metadata)

    def next_id(connection: object) -> None:
        highest = connection.execute(text("SELECT coalesce(max(id), 0) FROM things")).scalar_one()  # type: ignore[attr-defined]
        connection.execute(insert(_things).values(id=highest + 1))  # type: ignore[attr-defined]

    futures = [database.submit(next_id) for _ in range(40) for database in (one, other)]
    assert [future.exception(30) for future in futures] == [None] * 80
    with other.read() as connection:
        assert connection.execute(text("SELECT count(*), max(id) FROM things")).one() == (80, 80)
    one.close()
    other.close()
