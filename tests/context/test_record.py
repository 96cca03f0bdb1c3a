"""Recording: state, change and journal together; nothing goes back; nothing is doubled."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.context.conftest import START, Room, open_room
from tests.waiting import PATIENCE_S

from chengshu.foundation.context import Columns, Observation, SeriesKey, decode_batch, encode_batch
from chengshu.foundation.journal import changes_after, entries_about, last_seq, verify
from chengshu.foundation.journal.queries import earlier_entries
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import Invalid

Rain = Callable[..., Observation]
TRUCK = "urn:ngsi-ld:PumpTruck:1"


def test_a_batch_is_state_change_and_journal_entry(room: Room, rain: Rain) -> None:
    seq = room.context.record([rain(1, 2.5, START), rain(2, 3.5, START)], source="gauges")
    assert [(item.series.entity[-1], item.value, item.age_s) for item in room.queries.latest()] == [
        ("1", 2.5, 0.0),
        ("2", 3.5, 0.0),
    ]
    with room.database.read() as connection:
        change = next(change for change in changes_after(connection, 0, ("observations",)))
        (entry,) = entries_about(connection, "gauges")
        assert verify(connection).ok
    batch = decode_batch(change.payload["batch"])
    assert (change.seq, change.subject, list(batch.values)) == (seq, "gauges", [2.5, 3.5])
    assert (entry.actor, entry.body["count"], entry.body["change"]) == ("source:gauges", 2, seq)
    assert entry.body["sha256"] == hashlib.sha256(change.payload["batch"]).hexdigest()


def test_nothing_of_a_bad_batch_is_kept(room: Room, rain: Rain) -> None:
    for bad in (rain(1, float("nan"), START), rain(1, float("inf"), START), rain(1, 1.0, START, "furlong")):
        with pytest.raises(Invalid):
            room.context.record([rain(2, 1.0, START), bad])
    room.context.record([rain(1, 1.0, START)])
    with pytest.raises(Invalid, match="intensity"):
        room.context.record([rain(1, 1.0, START, "Cel")])
    assert [item.value for item in room.queries.latest()] == [1.0]
    assert room.context.record([]) == 0


def test_values_are_kept_in_the_unit_of_their_series(room: Room, rain: Rain) -> None:
    room.context.record([rain(1, 6.0, START)])
    room.context.record([rain(1, 0.5, START, "mm/min")])
    (reading,) = room.queries.latest()
    assert (reading.value, reading.series.unit) == (pytest.approx(30.0), "mm/h")


def test_state_never_goes_back_but_history_keeps_late_values(room: Room, rain: Rain) -> None:
    room.context.record([rain(1, 5.0, START)])
    room.context.record([rain(1, 4.0, START - timedelta(minutes=5))])
    room.pump.drain()
    assert [item.value for item in room.queries.latest()] == [5.0]
    found = room.queries.series_history(
        "urn:ngsi-ld:RainGauge:1", "rainIntensity", START - timedelta(hours=1), START + timedelta(hours=1)
    )
    assert found["value"].to_pylist() == [4.0, 5.0]


def test_the_same_again_doubles_nothing_and_a_correction_replaces(room: Room, rain: Rain) -> None:
    for value in (5.0, 5.0, 6.0):
        room.context.record([rain(1, value, START)])
        room.pump.drain()
    assert [item.value for item in room.queries.latest()] == [6.0]
    assert room.history.sql("SELECT value FROM history").to_pylist() == [{"value": 6.0}]


def test_booleans_and_texts_come_back_as_they_were(room: Room) -> None:
    room.context.record(
        [
            Observation("urn:ngsi-ld:Underpass:1", "Underpass", "closed", True, "", START),
            Observation(TRUCK, "PumpTruck", "status", "on the way", "", START),
        ]
    )
    room.pump.drain()
    assert room.queries.entity("urn:ngsi-ld:Underpass:1").value("closed") is True
    assert room.queries.entity(TRUCK).value("status") == "on the way"
    assert room.history.sql("SELECT value FROM history").to_pylist() == [{"value": 1.0}]


def test_what_waits_together_commits_together_per_source(tmp_path_factory: pytest.TempPathFactory) -> None:
    room = open_room(tmp_path_factory.mktemp("room"), VirtualClock(START), threaded=True)
    (series,) = room.context.open_series(
        [SeriesKey("urn:ngsi-ld:RainGauge:1", "RainGauge", "rainIntensity", "mm/h")]
    )
    gate, held = threading.Event(), threading.Event()

    def hold(_connection: object) -> None:
        held.set()
        gate.wait(PATIENCE_S)

    blocked = room.database.submit(hold)
    assert held.wait(PATIENCE_S)
    futures = [
        room.context.submit(Columns([series.id], [n], [float(n)]), "a" if n % 2 else "b") for n in range(10)
    ]
    gate.set()
    seqs = [future.result(PATIENCE_S) for future in futures]
    blocked.result(PATIENCE_S)
    assert len(set(seqs)) == 2
    with room.database.read() as connection:
        changes = list(changes_after(connection, 0, ("observations",)))
        entries = [
            item for item in earlier_entries(connection, None, 100) if item.action == "observations.recorded"
        ]
    by_source = {change.subject: sorted(decode_batch(change.payload["batch"]).values) for change in changes}
    assert by_source == {"a": [1, 3, 5, 7, 9], "b": [0, 2, 4, 6, 8]}
    assert len(entries) == 2
    assert [item.value for item in room.queries.latest()] == [9.0]
    room.database.close()
    with pytest.raises(RuntimeError, match="closed"):
        room.context.submit(Columns([series.id], [1], [1.0]), "a").result(PATIENCE_S)
    room.history.close()


def test_a_commit_that_fails_is_told_to_everybody_who_waited(room: Room, rain: Rain) -> None:
    room.context.record([rain(1, 1.0, START)])
    with room.database.read() as connection:
        before = last_seq(connection)
    room.database.write(lambda c: c.execute(text("DROP TABLE current")))
    with pytest.raises(Exception, match="no such table: current"):
        room.context.record([rain(1, 2.0, START)])
    with room.database.read() as connection:
        assert last_seq(connection) == before


@pytest.mark.parametrize("threaded", [False, True])
def test_recording_inside_a_write_is_refused_not_stuck(
    tmp_path_factory: pytest.TempPathFactory, rain: Rain, threaded: bool
) -> None:
    room = open_room(tmp_path_factory.mktemp("room"), VirtualClock(START), threaded=threaded)
    room.context.record([rain(1, 1.0, START)])
    with pytest.raises(RuntimeError, match="a write inside a write"):
        room.database.write(lambda _connection: room.context.record([rain(1, 2.0, START)]))
    room.context.record([rain(1, 3.0, START)])
    assert [item.value for item in room.queries.latest()] == [3.0]
    room.history.close()
    room.database.close()


ROWS = st.lists(
    st.tuples(
        st.integers(1, 5),
        st.integers(0, 2**41),
        st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.text(max_size=5)),
    )
)


@given(ROWS)
def test_packing_and_unpacking_gives_the_same(rows: list[tuple[int, int, float | bool | str]]) -> None:
    columns = Columns()
    for row in rows:
        columns.add(*row)
    packed = encode_batch(columns)
    batch = decode_batch(packed)
    assert encode_batch(columns) == packed
    assert [int(n) for n in batch.series] == [row[0] for row in rows]
    assert [int(n) for n in batch.observed_at] == [row[1] for row in rows]
    for index, (_, _, value) in enumerate(rows):
        if isinstance(value, str):
            assert batch.texts[index] == value
            assert np.isnan(batch.values[index])
        else:
            assert batch.values[index] == float(value)


@given(st.lists(ROWS, max_size=4))
def test_merging_columns_is_appending_their_rows(
    parts: list[list[tuple[int, int, float | bool | str]]],
) -> None:
    merged, whole = Columns(), Columns()
    for part in parts:
        one = Columns()
        for row in part:
            one.add(*row)
            whole.add(*row)
        merged.extend(one)
    assert encode_batch(merged) == encode_batch(whole)
