"""The stream is asked by kind and subject without looking at all of it; folders of before get the index."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text
from tests.examples import examples

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.journal import store
from chengshu.foundation.journal.queries import changes_of, subjects_of

ROWS = st.lists(st.tuples(st.sampled_from("xy"), st.sampled_from(["", "a", "b", "c"]), st.integers(0, 9)))


def put(database: SqliteDatabase, rows: list[tuple[str, str, int]]) -> None:
    named = [
        {"kind": kind, "subject": subject, "at": at, "payload": str(n).encode()}
        for n, (kind, subject, at) in enumerate(rows)
    ]
    if named:
        database.write(lambda connection: connection.execute(insert(store.changes), named) and None)


@settings(max_examples=examples(25))
@given(ROWS, st.integers(0, 9), st.integers(0, 9))
def test_subjects_and_changes_are_those_that_a_look_at_everything_finds(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, int]], start: int, end: int
) -> None:
    database = SqliteDatabase(tmp_path_factory.mktemp("stream") / "hub.db", durable=False, threaded=False)
    database.create(store.metadata)
    put(database, rows)
    with database.read() as connection:
        assert subjects_of(connection, "x") == sorted({subject for kind, subject, _ in rows if kind == "x"})
        found = [(at, payload) for _, at, payload in changes_of(connection, "x", "a", start, end)]
    wanted = [
        (at, str(n).encode())
        for n, (kind, subject, at) in enumerate(rows)
        if (kind, subject) == ("x", "a") and start <= at < end
    ]
    assert found == wanted
    database.close()


def test_a_folder_of_before_gets_the_index_and_the_look_uses_it(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "hub.db", durable=False, threaded=False)
    database.create(store.metadata)
    put(database, [("x", "a", 1)])

    def unindexed(connection: object) -> None:
        connection.execute(text("DROP INDEX changes_subject"))  # type: ignore[attr-defined]
        connection.execute(text("UPDATE table_shapes SET digest = '' WHERE name = 'changes'"))  # type: ignore[attr-defined]

    database.write(unindexed)
    database.create(store.metadata)
    plan = "EXPLAIN QUERY PLAN SELECT seq FROM changes WHERE kind = 'x' AND subject = 'a' AND at < 5"
    with database.read() as connection:
        told = str(connection.execute(text(plan)).all())
        assert "COVERING INDEX changes_subject" in told
        assert subjects_of(connection, "x") == ["a"]
    database.close()
