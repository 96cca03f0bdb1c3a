"""Writes that wait together: one commit, each its own answer, and nobody waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection
from tests.waiting import PATIENCE_S

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.journal import Gathering


class Doubling:
    """Doubles numbers; keeps which came together, and how the commits ended."""

    def __init__(self) -> None:
        self.together: list[list[int]] = []
        self.ended: list[bool] = []

    def work(self, _connection: Connection, items: Sequence[int]) -> list[int]:
        self.together.append(list(items))
        if 13 in items:
            raise ValueError("thirteen")
        return [2 * item for item in items]


def test_what_waits_goes_together_and_each_gets_its_own(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "hub.db", durable=False)
    doubling = Doubling()
    gathering = Gathering(database, doubling.work, doubling.ended.append)
    held, go = threading.Event(), threading.Event()

    def hold(_connection: Connection) -> None:
        held.set()
        assert go.wait(PATIENCE_S)

    database.submit(hold)
    assert held.wait(PATIENCE_S)
    futures = [gathering.submit(number) for number in range(5)]
    go.set()
    assert [future.result(PATIENCE_S) for future in futures] == [0, 2, 4, 6, 8]
    assert gathering.submit(7).result(PATIENCE_S) == 14
    assert doubling.together == [[0, 1, 2, 3, 4], [7]]
    assert doubling.ended == [True, True]
    database.close()


def test_a_failure_is_told_to_everybody_who_waited_and_to_nobody_after(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "hub.db", durable=False, threaded=False)
    doubling = Doubling()
    gathering = Gathering(database, doubling.work, doubling.ended.append)
    with pytest.raises(ValueError, match="thirteen"):
        gathering.submit(13).result(PATIENCE_S)
    assert gathering.submit(1).result(PATIENCE_S) == 2
    assert doubling.ended == [False, True]
    database.close()


def test_a_closed_database_is_said_to_who_comes_late(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "hub.db", durable=False)
    gathering = Gathering(database, Doubling().work)
    database.close()
    with pytest.raises(RuntimeError, match="closed"):
        gathering.submit(1).result(PATIENCE_S)
