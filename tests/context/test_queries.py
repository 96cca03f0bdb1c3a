"""Entities, the present, the silent and the past."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.context.conftest import AREAS, START, Room, open_room
from tests.examples import examples

from chengshu.foundation.city.model import City
from chengshu.foundation.context import Entity, Observation, SeriesRegistry
from chengshu.foundation.journal import Actor, changes_after, entries_about
from chengshu.kernel.clock import VirtualClock, from_millis, millis
from chengshu.kernel.errors import Missing
from chengshu.kernel.texts import Text

Rain = Callable[..., Observation]
GAUGE = "urn:ngsi-ld:RainGauge:1"


def city(*entities: dict[str, object]) -> City:
    return City("demo", Text.of("Demo"), ZoneInfo("Asia/Shanghai"), Path(), AREAS, {}, [], {}, {}, entities)


def test_an_entity_is_created_replaced_and_deleted_with_its_changes(room: Room, rain: Rain) -> None:
    person = Actor("person:li")
    room.context.upsert(
        Entity(GAUGE, "RainGauge", Text.of("Gauge"), "east-1", 120.9, 31.6, {"height": 2}), actor=person
    )
    room.context.record([rain(1, 2.0, START)])
    room.context.upsert(Entity(GAUGE, "RainGauge", Text.of("Gauge"), "west", 120.8, 31.6), actor=person)
    state = room.queries.entity(GAUGE)
    assert (state.entity.area, state.value("rainIntensity"), state.value("height")) == ("west", 2.0, None)
    assert room.context.series[1].area == "west"
    room.context.delete(GAUGE, actor=person)
    with pytest.raises(Missing, match="does not exist"):
        room.queries.entity(GAUGE)
    with pytest.raises(Missing):
        room.context.delete(GAUGE)
    with room.database.read() as connection:
        kinds = [change.kind for change in changes_after(connection, 0, ("entity.",))]
        assert kinds == ["entity.upserted", "entity.upserted", "entity.deleted"]
        assert {entry.actor for entry in entries_about(connection, GAUGE)} == {"person:li"}


def test_loading_a_city_is_idempotent_and_takes_away_what_is_gone(room: Room, rain: Rain) -> None:
    one = {
        "id": GAUGE,
        "type": "RainGauge",
        "name": {"en": "One"},
        "area": "east-1",
        "lon": 120.9,
        "lat": 31.6,
        "h": 3,
    }
    two = {"id": "urn:ngsi-ld:RainGauge:2", "type": "RainGauge"}
    room.context.record([rain(9, 1.0, START)])  # came by itself: not the city's to take away
    assert room.context.load(city(one, two)) == 2
    assert room.context.load(city(one, two)) == 0
    assert room.context.load(city(one | {"h": 4})) == 2
    assert [item.id[-1] for item in room.queries.entities(type_="RainGauge")] == ["1", "9"]
    assert room.queries.entity(GAUGE).value("h") == 4
    assert room.context.load(city(one | {"h": 4}, two)) == 1


def test_an_area_answers_for_all_below_it(room: Room, rain: Rain) -> None:
    for number, area in ((1, "east-1"), (2, "east"), (3, "west")):
        room.context.upsert(Entity(f"urn:ngsi-ld:RainGauge:{number}", "RainGauge", area=area))
        room.context.record([rain(number, float(number), START)])
    assert [item.value for item in room.queries.latest(area="east")] == [1.0, 2.0]
    assert [item.entity.id[-1] for item in room.queries.states(area="city")] == ["1", "2", "3"]
    assert [
        item.value for item in room.queries.latest(type_="RainGauge", attribute="rainIntensity", area="west")
    ] == [3.0]
    assert room.queries.latest(type_="PumpTruck") == []


def test_the_silent_are_those_too_old_and_those_that_never_spoke(room: Room, rain: Rain) -> None:
    for number in (1, 2, 3):
        room.context.upsert(Entity(f"urn:ngsi-ld:RainGauge:{number}", "RainGauge"))
    room.context.record(
        [rain(1, 1.0, START - timedelta(minutes=20)), rain(2, 1.0, START - timedelta(minutes=5))]
    )
    silent = room.queries.silent("RainGauge", "rainIntensity", timedelta(minutes=10))
    assert [(item.entity[-1], item.last) for item in silent] == [
        ("1", START - timedelta(minutes=20)),
        ("3", None),
    ]


def test_every_reading_carries_its_age(room: Room, rain: Rain) -> None:
    room.context.record([rain(1, 1.0, START - timedelta(seconds=90))], source="gauges")
    (reading,) = room.queries.latest()
    assert (reading.age_s, reading.source) == (90.0, "gauges")


def test_unknown_series_have_no_history(room: Room) -> None:
    with pytest.raises(Missing, match="no values of rainIntensity"):
        room.queries.series_history(GAUGE, "rainIntensity", START, START)
    with pytest.raises(Missing):
        room.context.series[77]


def test_the_past_knows_entities_numbers_and_texts_of_then(room: Room, rain: Rain) -> None:
    truck = "urn:ngsi-ld:PumpTruck:1"
    for minute, status in ((0, "idle"), (30, "on the way"), (60, "pumping")):
        room.clock.advance_to(START + timedelta(minutes=minute))
        room.context.record(
            [
                rain(1, float(minute), room.clock.now()),
                Observation(truck, "PumpTruck", "status", status, "", room.clock.now()),
            ]
        )
    room.context.upsert(Entity("urn:ngsi-ld:RainGauge:late", "RainGauge"))
    room.context.delete(GAUGE)
    room.pump.drain()
    then = START + timedelta(minutes=45)
    states = {item.entity.id: item for item in room.queries.states(at=then)}
    assert states[GAUGE].value("rainIntensity") == 30.0
    assert states[GAUGE].readings["rainIntensity"].age_s == 900.0
    assert states[truck].value("status") == "on the way"
    assert "urn:ngsi-ld:RainGauge:late" not in states
    assert room.queries.entity(truck, at=START).value("status") == "idle"
    assert GAUGE not in {item.entity.id for item in room.queries.states()}


@settings(max_examples=examples(25))
@given(
    rows=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 50), st.integers(0, 9)), max_size=30),
    moment=st.integers(0, 50),
    bites=st.integers(1, 5),
)
def test_as_of_is_the_newest_value_not_after_the_moment(
    tmp_path_factory: pytest.TempPathFactory,
    rain: Rain,
    rows: list[tuple[int, int, int]],
    moment: int,
    bites: int,
) -> None:
    """Whatever the order of arrival and the size of batches; the later arrival wins at equal times."""
    room = open_room(tmp_path_factory.mktemp("room"), VirtualClock(START))
    for start in range(0, len(rows), bites):
        room.context.record(
            [
                rain(g, float(v), from_millis(millis(START) + m * 60_000))
                for g, m, v in rows[start : start + bites]
            ]
        )
        room.pump.drain()
    expected: dict[str, float] = {}
    for gauge in {row[0] for row in rows}:
        best = max(
            ((m, i, v) for i, (g, m, v) in enumerate(rows) if g == gauge and m <= moment), default=None
        )
        if best:
            expected[str(gauge)] = float(best[2])
    at = from_millis(millis(START) + moment * 60_000)
    past = room.queries.states(at=at)
    # entities born later than the moment are not part of it; here all are born at START
    assert {s.entity.id[-1]: s.value("rainIntensity") for s in past if s.readings} == expected
    latest = {r.series.entity[-1]: r.value for r in room.queries.latest()}
    newest = {
        str(g): float(max((m, i, v) for i, (gg, m, v) in enumerate(rows) if gg == g)[2]) for g, _, _ in rows
    }
    assert latest == newest
    room.history.close()
    room.database.close()


def test_the_registry_is_the_same_after_opening_again(room: Room, rain: Rain) -> None:
    room.context.record([rain(1, 1.0, START), rain(2, 1.0, START)])
    again = SeriesRegistry(room.database)
    assert list(again) == list(room.context.series)
    assert again.table().to_pylist()[0]["entity"] == GAUGE
    assert [item.id for item in again.of("RainGauge", "rainIntensity")] == [1, 2]
