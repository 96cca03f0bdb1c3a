"""Readings that take too long are cut off, whatever was being done when the time was up."""

from __future__ import annotations

import contextlib
import time

import duckdb
import pytest

from chengshu.kernel.errors import Invalid, Unavailable
from chengshu.resources.tables import patience

LONG = "SELECT count(*) FROM range(100000) a, range(100000) b WHERE a.range % 7 = b.range % 11"


def test_a_query_that_does_not_end_is_cut_off_and_says_so() -> None:
    database = duckdb.connect()
    with pytest.raises(Unavailable, match=r"longer than 0\.05 s") as caught, patience(database, 0.05):
        database.execute(LONG)
    assert caught.value.fault.remedy


def test_a_query_begun_after_the_time_was_up_is_cut_off_too() -> None:
    database = duckdb.connect()
    with pytest.raises(Unavailable), patience(database, 0.01):
        time.sleep(0.05)
        database.execute(LONG)


def test_a_cut_that_was_swallowed_is_told_all_the_same() -> None:
    database = duckdb.connect()
    with pytest.raises(Unavailable), patience(database, 0.02), contextlib.suppress(duckdb.Error):
        database.execute(LONG)


def test_what_ends_in_time_is_left_alone_and_other_errors_stay_what_they_are() -> None:
    database = duckdb.connect()
    with patience(database, 60):
        assert database.execute("SELECT 1").fetchall() == [(1,)]
    with pytest.raises(Invalid, match="mine"), patience(database, 60):
        raise Invalid("own", "mine")
    with patience(database, None):
        assert database.execute("SELECT 2").fetchall() == [(2,)]
