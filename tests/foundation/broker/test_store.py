"""Rows are inserted many in a statement: every number of them arrives, whole and once."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from chengshu.foundation.broker import store


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 31, 32, 999, 1000, 1001, 2531])
def test_rows_arrive_however_many(count: int) -> None:
    engine = create_engine("sqlite://")
    rows = [(number, 7, f"scope {number}") for number in range(count)]
    with engine.connect() as connection:
        store.metadata.create_all(connection)
        store.insert(connection, "linked_scopes (key, typeset, scope)", rows)
        found = connection.execute(
            text("SELECT key, typeset, scope FROM linked_scopes ORDER BY key")
        ).fetchall()
    assert [tuple(row) for row in found] == rows


def test_statements_are_few_and_within_the_bounds_of_engines() -> None:
    engine = create_engine("sqlite://")
    seen: list[str] = []
    with engine.connect() as connection:
        store.metadata.create_all(connection)
        raw = connection.connection.dbapi_connection
        raw.set_trace_callback(seen.append)  # type: ignore[union-attr]
        store.insert(connection, "linked_scopes (key, typeset, scope)", [(n, 1, "a") for n in range(3000)])
    inserts = [statement for statement in seen if statement.startswith("INSERT")]
    assert len(inserts) < 12
    assert max(statement.count("(") for statement in inserts) <= 1001
