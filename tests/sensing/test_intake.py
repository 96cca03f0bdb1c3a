"""Messages in, observations and quarantine out: the good is kept, the bad is said and kept apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.context.conftest import START, Room
from tests.sensing.conftest import GAUGES, declare

from chengshu.foundation.context import Entity
from chengshu.foundation.journal import Actor, changes_after
from chengshu.foundation.sensing import Intake, complaints, quarantine_counts, quarantined
from chengshu.kernel.clock import iso
from chengshu.kernel.errors import Missing, TooLarge

Open = Callable[..., Intake]
PERSON = Actor("person:li")
NOW = iso(START)


def reading(gauge: Any = "1", mm_h: Any = 2.5, time: Any = NOW) -> dict[str, Any]:
    return {"gauge": gauge, "mm_h": mm_h, "time": time}


def body(*readings: Any) -> bytes:
    return json.dumps({"readings": readings}).encode()


def values(room: Room) -> dict[str, Any]:
    return {
        f"{item.series.entity.rsplit(':')[-1]}.{item.series.attribute}": item.value
        for item in room.queries.latest()
    }


def test_a_good_message_is_kept(room: Room, open_intake: Open) -> None:
    receipt = open_intake().receive("gauges", body(reading(), reading("2", 7))).result()
    assert (receipt.accepted, receipt.quarantined) == (2, ())
    assert values(room) == {"1.rainIntensity": 2.5, "2.rainIntensity": 7.0}


BAD: list[tuple[str, Any, str]] = [
    ("time-missing", {"gauge": "1", "mm_h": 1}, "gives no time"),
    ("time-unreadable", reading(time="yesterday"), "'yesterday' is no time of the form ISO 8601"),
    ("time-unreadable", reading(time=1700000000), "declare format: s"),
    ("time-in-future", reading(time=iso(START + timedelta(hours=1))), "3600 s ahead"),
    ("too-old", reading(time="2025-01-01T00:00:00Z"), "days old"),
    ("value-not-number", reading(mm_h="wet"), "'wet', no number"),
    ("value-not-number", reading(mm_h=True), "no number"),
    ("value-not-number", reading(mm_h="NaN"), "is nan"),
    ("value-not-number", reading(mm_h=10**400), "no number"),
    ("out-of-range", reading(mm_h=-1), "possible is 0 to 500"),
    ("out-of-range", reading(mm_h=501), "501 mm/h"),
    ("entity-unknown", reading("99"), "urn:ngsi-ld:RainGauge:99 is not declared"),
    ("entity-missing", {"mm_h": 1, "time": iso(START)}, "gives no entity id"),
    ("malformed", "just text", "must have fields"),
    ("malformed", None, "must have fields"),
]


@pytest.mark.parametrize(
    ("code", "record", "words"), BAD, ids=[f"{code}-{i}" for i, (code, _, _) in enumerate(BAD)]
)
def test_a_bad_record_costs_only_itself(
    room: Room, open_intake: Open, code: str, record: Any, words: str
) -> None:
    receipt = open_intake().receive("gauges", body(reading("2"), record, reading("3"))).result()
    assert receipt.accepted == 2
    (reject,) = receipt.quarantined
    assert (reject.index, reject.code) == (1, code)
    assert words in reject.detail
    (kept,) = quarantined(room.database)
    assert (kept.source, kept.code, kept.cut, json.loads(kept.raw)) == ("gauges", code, False, record)
    with room.database.read() as connection:
        (change,) = changes_after(connection, 0, ("quarantine.",))
    assert (change.kind, change.payload["codes"]) == ("quarantine.added", {code: 1})


def test_infinite_numbers_written_as_no_json_allows_cost_only_themselves(
    room: Room, open_intake: Open
) -> None:
    message = body(reading("2"), reading()).replace(b"2.5", b"-Infinity", 1)
    receipt = open_intake().receive("gauges", message).result()
    assert (receipt.accepted, [item.code for item in receipt.quarantined]) == (1, ["value-not-number"])


@pytest.mark.parametrize(
    ("format_", "message", "words"),
    [
        ("json", b'{"readings": [', "no JSON"),
        ("json", b'{"other": 1}', "gives no list"),
        ("json", b"\xff\xfe", "no JSON"),
        ("csv", b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_a_message_nobody_can_read_is_kept_as_a_whole(
    room: Room, open_intake: Open, format_: str, message: bytes, words: str
) -> None:
    receipt = open_intake().receive("gauges", message, format_=format_).result()
    assert (receipt.accepted, [item.code for item in receipt.quarantined]) == (0, ["malformed"])
    assert words in receipt.quarantined[0].detail
    assert quarantine_counts(room.database)[0].records == 1


def test_the_same_bad_record_is_kept_once_and_counted(room: Room, open_intake: Open) -> None:
    intake = open_intake()
    for _ in range(3):
        intake.receive("gauges", body(reading(mm_h=-1))).result()
    (kept,) = quarantined(room.database)
    assert kept.times == 3
    (count,) = quarantine_counts(room.database)
    assert (count.source, count.code, count.records, count.times) == ("gauges", "out-of-range", 1, 3)


def test_an_enormous_record_is_cut_and_cannot_be_tried_again(room: Room, open_intake: Open) -> None:
    intake = open_intake()
    intake.receive("gauges", body(reading("9" * 100_000))).result()
    (kept,) = quarantined(room.database)
    assert (kept.cut, len(kept.raw)) == (True, 64 * 1024)
    assert intake.requeue("gauges", PERSON).still == 1


def test_limits_are_for_the_whole_message(room: Room, open_intake: Open) -> None:
    intake = open_intake(GAUGES | {"limits": {"bytes": 400, "records": 2}})
    with pytest.raises(TooLarge, match="at most 2"):
        intake.receive("gauges", body(reading(), reading(), reading()))
    with pytest.raises(TooLarge, match="at most 400"):
        intake.receive("gauges", b" " * 401)
    with pytest.raises(Missing, match="does not exist"):
        intake.receive("nobody", b"{}")
    assert values(room) == {}


def test_json_lines_and_csv_keep_what_is_good(room: Room, open_intake: Open) -> None:
    intake = open_intake()
    lines = b"\n".join([json.dumps(reading()).encode(), b"{oops", b"", json.dumps(reading("2")).encode()])
    receipt = intake.receive("gauges", lines, format_="jsonl").result()
    assert (receipt.accepted, [(item.index, item.code) for item in receipt.quarantined]) == (
        2,
        [(1, "malformed")],
    )
    table = f"gauge,time,mm_h\n3,{iso(START)},4.5\n3,{iso(START)}\n1,{iso(START)},NA\n".encode()
    receipt = intake.receive("gauges", table, format_="csv").result()
    assert (receipt.accepted, [(item.index, item.code) for item in receipt.quarantined]) == (
        1,
        [(1, "malformed")],
    )
    assert "2 columns, the header 3" in receipt.quarantined[0].detail
    assert values(room)["3.rainIntensity"] == 4.5


def test_units_are_converted_and_units_of_the_payload_checked(room: Room, open_intake: Open) -> None:
    level = {
        "attributes": {
            "waterLevel": {"value": "level", "unit": "cm", "keep": "m", "range": [-1, 20]},
            "temp": {"value": "t.v", "unit_from": "t.u", "keep": "Cel"},
        }
    }
    intake = open_intake(GAUGES | level)
    record = {"gauge": "1", "time": iso(START), "level": "150", "t": {"v": 50, "u": "[degF]"}}
    assert intake.receive("gauges", body(record)).result().accepted == 2
    assert values(room) == {"1.waterLevel": 1.5, "1.temp": pytest.approx(10.0)}
    for unit, words in (("furlong", "not known"), ("m", "is a length"), (None, "no unit")):
        (reject,) = intake.receive("gauges", body(record | {"t": {"v": 1, "u": unit}})).result().quarantined
        assert (reject.code, words in reject.detail) == ("unit-unknown", True)


def test_local_times_are_read_in_the_zone_of_source_or_city(room: Room, open_intake: Open) -> None:
    local = {"observed_at": {"value": "time", "format": "%Y-%m-%d %H:%M"}}
    open_intake(GAUGES | local).receive("gauges", body(reading(time="2026-07-20 15:30"))).result()
    (item,) = room.queries.latest()
    assert item.observed_at == datetime(2026, 7, 20, 7, 30, tzinfo=UTC)
    open_intake(GAUGES | local | {"zone": "UTC"}).receive(
        "gauges", body(reading("2", time="2026-07-20 07:45"))
    ).result()
    assert room.queries.latest()[1].observed_at == datetime(2026, 7, 20, 7, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("format_", "raw"),
    [
        ("s", START.timestamp()),
        ("ms", START.timestamp() * 1000),
        ("ms", str(round(START.timestamp() * 1000))),
    ],
)
def test_epoch_times(room: Room, open_intake: Open, format_: str, raw: Any) -> None:
    intake = open_intake(GAUGES | {"observed_at": {"value": "time", "format": format_}})
    intake.receive("gauges", body(reading(time=raw))).result()
    assert room.queries.latest()[0].observed_at == START
    (reject,) = intake.receive("gauges", body(reading(time=10**18))).result().quarantined
    assert reject.code == "time-unreadable"


def test_feel_reaches_time_value_topic_and_the_whole_message(room: Room, open_intake: Open) -> None:
    source = GAUGES | {
        "entity": '"urn:ngsi-ld:RainGauge:" + topic[3]',
        "observed_at": "date and time(date(y, m, d), time(h, 0, 0))",
        "attributes": {"rainIntensity": {"value": "(a + b) * message.factor", "unit": "mm/h"}},
    }
    message = json.dumps(
        {"factor": 2, "readings": [{"y": 2026, "m": 7, "d": 20, "h": 15, "a": 1, "b": 2.5}]}
    ).encode()
    receipt = open_intake(source).receive("gauges", message, topic="city/rain/2").result()
    assert receipt.quarantined == ()
    (item,) = room.queries.latest()
    assert (item.series.entity[-1], item.value) == ("2", 7.0)
    assert item.observed_at == datetime(2026, 7, 20, 7, tzinfo=UTC)


def test_places_are_kept_and_checked(room: Room, open_intake: Open) -> None:
    intake = open_intake(GAUGES | {"location": {"lon": "x", "lat": "y"}})
    good = reading() | {"x": 121.0, "y": 31.5}
    assert intake.receive("gauges", body(good)).result().accepted == 3
    assert values(room) == {"1.rainIntensity": 2.5, "1.lon": 121.0, "1.lat": 31.5}
    for change, code, words in (
        ({"x": 31.5, "y": 121.0}, "coordinates-projected", "latitude before longitude"),
        ({"x": 500_000.0, "y": 3_500_000.0}, "coordinates-projected", "projected metres"),
        ({"x": 31.5, "y": 31.5}, "coordinates-outside", "outside the city"),
    ):
        (reject,) = intake.receive("gauges", body(good | change)).result().quarantined
        assert (reject.code, words in reject.detail) == (code, True)


def test_a_requeue_after_a_fix_keeps_what_can_be_kept_now(room: Room, open_intake: Open) -> None:
    intake = open_intake()
    intake.receive("gauges", body(reading("1", 700), reading("77"), reading("2", "wet"))).result()
    intake.receive(
        "gauges", b'{"data": [{"gauge": "3", "mm_h": 1, "time": "2026-07-20T08:00:00Z"}]}'
    ).result()
    assert len(quarantined(room.database)) == 4
    wider = {"value": "mm_h", "unit": "mm/h", "range": [0, 900]}
    intake.declare(declare(GAUGES | {"attributes": {"rainIntensity": wider}, "each": "data"}))
    room.context.upsert(Entity("urn:ngsi-ld:RainGauge:77", "RainGauge"))
    result = intake.requeue("gauges", PERSON)
    assert (result.kept, result.still) == (3, 1)
    assert values(room) == {"1.rainIntensity": 700.0, "77.rainIntensity": 2.5, "3.rainIntensity": 1.0}
    (left,) = quarantined(room.database)
    assert left.code == "value-not-number"
    assert len(quarantined(room.database, state="requeued")) == 3
    assert intake.discard(left.id, PERSON, "the device is gone") == 1
    assert quarantined(room.database) == []
    with room.database.read() as connection:
        kinds = [change.kind for change in changes_after(connection, 0, ("quarantine.",))]
    assert kinds[-2:] == ["quarantine.requeued", "quarantine.discarded"]


def test_what_waits_is_told_by_device_and_reason_and_put_away_at_once(room: Room, open_intake: Open) -> None:
    intake = open_intake()
    for rain in (700, 701, 701):
        intake.receive("gauges", body(reading("1", rain))).result()
        room.clock.advance_to(room.clock.now() + timedelta(minutes=1))
    intake.receive("gauges", body(reading("2", 700), reading("77"))).result()
    found, total = complaints(room.database, limit=2)
    assert total == 3 and len(found) == 2  # what was last heard of first
    found, _ = complaints(room.database)
    (first,) = [one for one in found if one.newest.entity.endswith(":1")]
    assert (first.records, first.times, first.newest.code) == (2, 3, "out-of-range")
    assert first.newest.last_at - first.first_at == timedelta(minutes=2)
    assert "701" in first.newest.detail
    assert intake.discard(first.newest.id, PERSON, "the probe is broken") == 2
    assert intake.discard(first.newest.id, PERSON, "twice") == 0
    left = {(one.newest.entity[-2:], one.newest.code) for one in complaints(room.database)[0]}
    assert left == {(":2", "out-of-range"), ("77", "entity-unknown")}


def test_a_new_entity_is_known_as_soon_as_it_is_declared(room: Room, open_intake: Open) -> None:
    intake = open_intake()
    assert intake.receive("gauges", body(reading("4"))).result().accepted == 0
    room.context.upsert(Entity("urn:ngsi-ld:RainGauge:4", "RainGauge"))
    assert intake.receive("gauges", body(reading("4"))).result().accepted == 1
    room.context.delete("urn:ngsi-ld:RainGauge:4")
    assert intake.receive("gauges", body(reading("4"))).result().accepted == 0
    create = open_intake(GAUGES | {"unknown": "create"})
    assert create.receive("gauges", body(reading("new"))).result().accepted == 1


def test_booleans_and_texts(room: Room, open_intake: Open) -> None:
    intake = open_intake(
        GAUGES
        | {
            "attributes": {
                "closed": {"value": "c", "kind": "boolean"},
                "status": {"value": "s", "kind": "text"},
            }
        }
    )
    intake.receive("gauges", body({"gauge": "1", "time": iso(START), "c": "true", "s": "ok"})).result()
    assert values(room) == {"1.closed": True, "1.status": "ok"}
    (reject,) = (
        intake.receive("gauges", body({"gauge": "1", "time": iso(START), "c": "perhaps"}))
        .result()
        .quarantined
    )
    assert reject.code == "value-not-number"
