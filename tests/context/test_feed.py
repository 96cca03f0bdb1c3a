"""The history feed: nothing lost and nothing doubled, whenever it is cut off."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tests.context.conftest import START, Room

from chengshu.engines.embedded.history import DuckHistory
from chengshu.foundation.context import HistoryFeed, Observation
from chengshu.foundation.journal import Pump
from chengshu.kernel.errors import Unavailable

Rain = Callable[..., Observation]


def _values(history: DuckHistory) -> list[float]:
    return [row["value"] for row in history.sql("SELECT value FROM history ORDER BY value").to_pylist()]


def test_what_was_only_in_memory_is_replayed_from_the_stream(room: Room, rain: Rain, tmp_path: Path) -> None:
    """A kill between append and flush: the new feed starts where the file ends, not where the pump was."""
    history = DuckHistory(tmp_path / "other.duckdb")
    feed = HistoryFeed(history, room.clock)
    pump = Pump(room.database, room.clock, [feed], [feed], strict=True)
    room.context.record([rain(1, 1.0, START)])
    pump.drain()
    history.flush()
    room.context.record([rain(1, 2.0, START + timedelta(minutes=1))])
    pump.drain()
    assert (history.applied() > history.durable(), feed.offset()) == (True, history.durable())
    history._buffer, history._buffered, history._applied = [], 0, history._durable  # the kill
    reborn = HistoryFeed(history, room.clock)
    Pump(room.database, room.clock, [reborn], [reborn], strict=True).drain()
    assert _values(history) == [1.0, 2.0]
    history.close()


def test_a_lost_history_is_built_again_from_the_stream(room: Room, rain: Rain) -> None:
    for minute in range(5):
        room.context.record([rain(1, float(minute), START + timedelta(minutes=minute))])
    room.pump.drain()
    fresh = DuckHistory(None)
    feed = HistoryFeed(fresh, room.clock)
    Pump(room.database, room.clock, [feed], [feed], strict=True).drain()
    assert _values(fresh) == _values(room.history) == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_it_is_durable_a_second_after_at_the_latest(room: Room, rain: Rain) -> None:
    room.context.record([rain(1, 1.0, START)])
    room.pump.drain()
    assert (room.history.durable(), room.pump.next_due()) == (0, START + timedelta(seconds=1))
    room.clock.advance_to(START + timedelta(seconds=1))
    room.pump.drain()
    assert room.history.durable() == room.history.applied() > 0
    assert room.pump.next_due() is None


def test_many_rows_are_written_before_the_second_is_over(room: Room, rain: Rain) -> None:
    for bite in range(6):
        room.context.record(
            [rain(1, 1.0, START + timedelta(milliseconds=bite * 10_000 + n)) for n in range(10_000)]
        )
    room.pump.drain()
    assert room.history.durable() > 0
    assert room.history.sql("SELECT count(*) AS n FROM history").to_pylist() == [{"n": 60_000}]


def test_a_file_of_another_process_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "history.duckdb"
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import duckdb; c = duckdb.connect({str(path)!r}); print('open', flush=True); input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(Unavailable, match="cannot be opened"):
            DuckHistory(path)
    finally:
        holder.communicate("\n", timeout=90)
