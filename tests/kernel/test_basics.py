"""The small things everything stands on."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kernel.areas import Area, AreaTree
from chengshu.kernel.clock import VirtualClock, as_utc, from_millis, iso, millis
from chengshu.kernel.errors import Findings, Invalid
from chengshu.kernel.geometry import distance_m
from chengshu.kernel.ids import SequenceIds, TimeIds
from chengshu.kernel.levels import Level
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.kernel.units import convert

T0 = datetime(2026, 7, 20, tzinfo=UTC)


def test_a_virtual_clock_never_goes_back() -> None:
    clock = VirtualClock(T0)
    clock.advance_to(T0 + timedelta(hours=1))
    with pytest.raises(ValueError, match="never goes back"):
        clock.advance_to(T0)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no zone"):
        as_utc(datetime(2026, 7, 20))  # noqa: DTZ001


EIGHT = timezone(timedelta(hours=8))


@given(st.integers(0, 4_000_000_000_000).map(lambda ms: from_millis(ms).astimezone(EIGHT)))
def test_stored_times_come_back(moment: datetime) -> None:
    assert abs((from_millis(millis(moment)) - moment).total_seconds()) <= 0.0005
    assert iso(moment).endswith("Z")


def test_ids_sort_by_birth_and_count_in_a_drill() -> None:
    clock = VirtualClock(T0)
    ids = TimeIds(clock)
    first = ids.new("event")
    clock.advance_to(T0 + timedelta(milliseconds=1))
    assert first < ids.new("event")
    counted = SequenceIds()
    assert [counted.new("event"), counted.new("crew"), counted.new("event")] == [
        "event-000001",
        "crew-000001",
        "event-000002",
    ]


def test_levels_are_ordered_and_named() -> None:
    assert Level.NORMAL < Level.BLUE < Level.YELLOW < Level.ORANGE < Level.RED
    assert Level.parse("Orange") is Level.ORANGE
    with pytest.raises(ValueError, match="use one of"):
        Level.parse("purple")


def test_text_falls_back_to_the_nearest_language() -> None:
    assert Text.of({"en": "pump", "zh-Hans": "泵"}).say("zh-Hant") == "泵"
    assert Text.of("x {n}").fill(n=3).say("en") == "x 3"


def test_a_reason_survives_the_journal() -> None:
    reason = Reason("rule-1", Text.of("because"), {"level": 3})
    assert Reason.from_dict(reason.as_dict()) == reason


@pytest.mark.parametrize(
    ("value", "source", "target", "result"),
    [
        (1, "[ft_i]", "m", 0.3048),
        (36, "km/h", "m/s", 10),
        (50, "[degF]", "Cel", 10),
        (1, "m3/s", "L/s", 1000),
        (80, "%", "1", 0.8),
        (0, "K", "Cel", -273.15),
    ],
)
def test_units_convert(value: float, source: str, target: str, result: float) -> None:
    assert convert(value, source, target) == pytest.approx(result)


@given(st.floats(-1e6, 1e6), st.sampled_from([("m", "mm"), ("m3/s", "[cft_i]/s"), ("Cel", "[degF]")]))
def test_conversion_has_an_inverse(value: float, pair: tuple[str, str]) -> None:
    there = convert(value, *pair)
    assert convert(there, pair[1], pair[0]) == pytest.approx(value, abs=1e-6, rel=1e-9)


@pytest.mark.parametrize(
    ("source", "target", "code"), [("furlong", "m", "unit-unknown"), ("m", "s", "unit-dimension")]
)
def test_wrong_units_are_said(source: str, target: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        convert(1, source, target)
    assert caught.value.fault.code == code
    assert caught.value.fault.remedy


def area(name: str, parent: str | None) -> Area:
    return Area(name, Text.of(name), "area", parent)


def test_areas_know_above_and_below() -> None:
    tree = AreaTree([area("city", None), area("east", "city"), area("pier", "east")])
    assert tree.ancestors("pier") == ["pier", "east", "city"]
    assert [item.id for item in tree.leaves()] == ["pier"]
    assert [item.id for item in tree.children("city")] == ["east"]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([("a", "b"), ("b", "a")], "area-cycle"),
        ([("a", "z")], "area-parent"),
        ([("a", None), ("a", None)], "area-double"),
    ],
)
def test_wrong_trees_are_refused(rows: list[tuple[str, str | None]], code: str) -> None:
    with pytest.raises(Invalid) as caught:
        AreaTree([area(*row) for row in rows])
    assert caught.value.fault.code == code


def test_findings_carry_every_fault() -> None:
    findings = Findings()
    findings.add("one", "first", where="a:1", remedy="mend it")
    findings.add("two", "second")
    with pytest.raises(Invalid) as caught:
        findings.raise_any()
    problem = caught.value.as_problem()
    assert [fault["code"] for fault in problem["faults"]] == ["one", "two"]
    assert problem["status"] == 422


def test_a_degree_of_latitude_is_111_km() -> None:
    assert distance_m(120, 31, 120, 32) == pytest.approx(111_195, rel=1e-4)
