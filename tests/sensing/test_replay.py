"""A file played again: in the order of time by the clock, or at once; it goes on where it was stopped."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.context.conftest import START, Room
from tests.sensing.conftest import GAUGES

from chengshu.foundation.context import Entity
from chengshu.foundation.journal import Actor, Pump
from chengshu.foundation.sensing import Intake, quarantined
from chengshu.foundation.sensing.connectors import FileReplay
from chengshu.kernel.clock import VirtualClock, iso
from chengshu.kernel.errors import Invalid

Open = Callable[..., Intake]
FILE: dict[str, Any] = GAUGES | {"format": "csv", "connector": {"kind": "file", "path": "rain.csv.gz"}}
del FILE["each"]


def write(folder: Path, rows: list[tuple[str, int, Any]]) -> None:
    lines = ["gauge,time,mm_h", *(f"{g},{iso(START + timedelta(minutes=m))},{v}" for g, m, v in rows)]
    (folder / "rain.csv.gz").write_bytes(gzip.compress("\n".join(lines).encode()))


def run(pump: Pump, clock: VirtualClock) -> list[float]:
    """Drain from due moment to due moment; the minutes at which something was due."""
    moments = []
    pump.drain()
    while (due := pump.next_due()) is not None:
        clock.advance_to(max(due, clock.now()))
        moments.append((clock.now() - START) / timedelta(minutes=1))
        pump.drain()
    return moments


def open_replay(room: Room, intake: Intake, folder: Path) -> tuple[FileReplay, Pump]:
    replay = FileReplay(room.database, room.clock, intake, intake.sources["gauges"], folder)
    return replay, Pump(room.database, room.clock, tickers=[replay], strict=True)


def current(room: Room) -> list[tuple[str, Any]]:
    return [(item.series.entity[-1], item.value) for item in room.queries.latest()]


def test_by_the_clock_in_the_order_of_time(room: Room, open_intake: Open, tmp_path: Path) -> None:
    write(tmp_path, [("1", 0, 1), ("1", 10, 2), ("1", 20, 3), ("2", 0, 4), ("2", 10, "NA"), ("2", 15, 5)])
    replay, pump = open_replay(room, open_intake(FILE), tmp_path)
    assert replay.name == "replay:gauges"
    pump.drain()
    assert current(room) == [("1", 1.0), ("2", 4.0)]
    assert run(pump, room.clock) == [10.0, 15.0, 20.0]
    assert (current(room), len(replay)) == ([("1", 3.0), ("2", 5.0)], 0)


def test_at_once(room: Room, open_intake: Open, tmp_path: Path) -> None:
    write(tmp_path, [("1", -minute, minute) for minute in range(4500)])
    source = FILE | {"connector": FILE["connector"] | {"pace": "fast"}, "age": "P30D"}
    replay, pump = open_replay(room, open_intake(source), tmp_path)
    assert pump.drain() == 3
    assert (len(replay), room.clock.now(), current(room)) == (0, START, [("1", 0.0)])


def test_it_goes_on_after_a_restart_and_starts_anew_with_another_file(
    room: Room, open_intake: Open, tmp_path: Path
) -> None:
    write(tmp_path, [("1", minute, minute) for minute in range(10)])
    intake = open_intake(FILE)
    _, pump = open_replay(room, intake, tmp_path)
    room.clock.advance_to(START + timedelta(minutes=4))
    pump.drain()
    again, pump = open_replay(room, intake, tmp_path)
    assert len(again) == 5
    run(pump, room.clock)
    assert len(open_replay(room, intake, tmp_path)[0]) == 0
    write(tmp_path, [("1", minute, minute + 1) for minute in range(10)])
    assert len(open_replay(room, intake, tmp_path)[0]) == 10


def test_an_old_day_can_be_played_today(room: Room, open_intake: Open, tmp_path: Path) -> None:
    write(tmp_path, [("1", -60 * 24 * 365, 1), ("1", -60 * 24 * 365 + 5, 2)])
    source = FILE | {"connector": FILE["connector"] | {"shift": "P365D"}}
    _, pump = open_replay(room, open_intake(source), tmp_path)
    assert run(pump, room.clock) == [5.0]
    (reading,) = room.queries.latest()
    assert (reading.value, reading.observed_at) == (2.0, START + timedelta(minutes=5))


def test_a_requeued_record_is_moved_to_today_as_well(room: Room, open_intake: Open, tmp_path: Path) -> None:
    write(tmp_path, [("9", -60 * 24 * 365, 1)])
    intake = open_intake(FILE | {"connector": FILE["connector"] | {"shift": "P365D"}})
    _, pump = open_replay(room, intake, tmp_path)
    pump.drain()
    assert [item.code for item in quarantined(room.database)] == ["entity-unknown"]
    room.context.upsert(Entity("urn:ngsi-ld:RainGauge:9", "RainGauge"))
    assert intake.requeue("gauges", Actor("person:li")).kept == 1
    assert [item.observed_at for item in room.queries.latest()] == [START]


def test_what_cannot_be_read_goes_to_quarantine(room: Room, open_intake: Open, tmp_path: Path) -> None:
    (tmp_path / "rain.csv.gz").write_bytes(
        gzip.compress(f"gauge,time,mm_h\n1,soon,2\n1,{iso(START)}\n1,{iso(START)},3\n".encode())
    )
    _, pump = open_replay(room, open_intake(FILE), tmp_path)
    run(pump, room.clock)
    assert current(room) == [("1", 3.0)]
    assert sorted(item.code for item in quarantined(room.database)) == ["malformed", "time-unreadable"]


def test_a_missing_or_broken_file_is_said(room: Room, open_intake: Open, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        open_replay(room, open_intake(FILE), tmp_path)
    (tmp_path / "rain.csv.gz").write_bytes(b"no gzip")
    with pytest.raises(Invalid, match="cannot be read"):
        open_replay(room, open_intake(FILE), tmp_path)
    with pytest.raises(Invalid, match="not declared as a file"):
        open_replay(room, open_intake(GAUGES), tmp_path)


@pytest.mark.external
def test_real_stations_of_a_year(room: Room, open_intake: Open, shared: Path) -> None:
    """The public hourly readings of twelve stations, wide and with gaps, straight from the file."""
    pollutants = {"PM2.5": "pm25", "PM10": "pm10", "SO2": "so2", "NO2": "no2", "CO": "co", "O3": "o3"}
    source = {
        "id": "gauges",
        "format": "csv",
        "type": "AirQualityObserved",
        "unknown": "create",
        "age": "P9000D",
        "connector": {"kind": "file", "path": "beijing_air_hourly_2015_2016.csv.gz", "pace": "fast"},
        "entity": '"urn:ngsi-ld:AirQualityObserved:" + station',
        "observed_at": "date and time(date(number(year), number(month), number(day)), "
        "time(number(hour), 0, 0))",
        "attributes": {
            name: {"field": field, "unit": "ug/m3", "range": [0, 20000]} for field, name in pollutants.items()
        },
    }
    replay = FileReplay(
        room.database,
        room.clock,
        open_intake(source),
        open_intake(source).sources["gauges"],
        shared / "data" / "air",
    )
    assert len(replay) == 210_528
    for _ in range(2):
        replay.tick(room.clock.now())
    assert quarantined(room.database) == []
    room.pump.drain()
    (sums,) = room.history.sql(
        "SELECT count(*) AS n, count(DISTINCT series) AS series FROM history"
    ).to_pylist()
    assert sums["series"] == 6
    assert 4000 * 6 * 0.8 < sums["n"] < 4000 * 6  # some are NA
