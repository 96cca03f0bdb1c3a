"""The parts of a drill alone: rain that falls, people who are late, warnings held against the truth."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.app.drill.chart import Line, line_chart, nice_step
from chengshu.app.drill.declared import ChicagoStorm, Habit, People, RecordedStorm
from chengshu.app.drill.habits import Habits
from chengshu.app.drill.measure import SubArea, first_floods, scores
from chengshu.app.drill.rain import rain_of_drill
from chengshu.app.drill.report import compare, seal
from chengshu.app.drill.truth import Flooding
from chengshu.kernel.areas import Area, AreaTree
from chengshu.kernel.errors import Invalid
from chengshu.kernel.texts import Text

T0 = datetime(2026, 7, 17, 7, tzinfo=UTC)
GAUGES = [("g1", 120.0, 31.0), ("g2", 120.1, 31.0)]
ZONE = ZoneInfo("Asia/Shanghai")


def chicago(**changes: object) -> ChicagoStorm:
    given_: dict[str, object] = {
        "kind": "chicago",
        "formula": {"A": 17.969, "C": 1.24, "b": 18.415, "n": 0.785},
        "return_period": 50,
        "duration_min": 180,
        "peak_ratio": 0.43,
        "starts_after": "PT1H",
    }
    return ChicagoStorm.model_validate(given_ | changes)


def fallen(storm: ChicagoStorm) -> np.ndarray:
    rain = rain_of_drill(storm, GAUGES, T0, 12 * 3600, Path(), ZONE)
    return np.asarray(rain.values.sum(axis=0) * rain.step_s / 3600)


def test_a_design_storm_brings_what_the_formula_says() -> None:
    depth = 17.969 * (1 + 1.24 * np.log10(50)) * 180 / (180 + 18.415) ** 0.785
    assert fallen(chicago()) == pytest.approx([depth, depth], rel=1e-6)


def test_a_moving_storm_reaches_the_farther_gauge_later_and_brings_as_much() -> None:
    storm = chicago(spatial={"moving": {"speed_m_s": 5, "towards_deg": 90}})
    rain = rain_of_drill(storm, GAUGES, T0, 12 * 3600, Path(), ZONE)
    first = [int(np.nonzero(rain.values[:, column])[0][0]) for column in range(2)]
    # 0.1 degree of longitude at 31 N is 9,531 m: 1,906 s at 5 m/s, six steps of five minutes
    assert first == [12, 18]
    totals = fallen(storm)
    assert totals[0] == pytest.approx(totals[1])


@pytest.mark.slow
@given(st.integers(0, 1000))
def test_a_rarer_storm_is_heavier(seed: int) -> None:
    years = 1 + seed % 99
    assert fallen(chicago(return_period=years + 1)).sum() > fallen(chicago(return_period=years)).sum()


def record(folder: Path, text: str) -> RecordedStorm:
    (folder / "rain.csv").write_text(text, encoding="utf-8")
    return RecordedStorm.model_validate(
        {"kind": "recorded", "file": "rain.csv", "event": "E1", "stations": {"g1": "North", "g2": "South"}}
    )


def test_recorded_rain_is_spread_evenly_over_its_hour_in_local_time(tmp_path: Path) -> None:
    storm = record(
        tmp_path,
        "event_id,time,station,rain_mm\nE1,2026-07-17T16:00,North,12\n"
        "E1,2026-07-17T16:00,South,0\nE2,2026-07-17T16:00,North,99\n",
    )
    rain = rain_of_drill(storm, GAUGES, T0, 3 * 3600, tmp_path, ZONE)
    assert rain.values[:, 0].tolist() == [0.0] * 12 + [12.0] * 12 + [0.0] * 12
    assert rain.values[:, 1].sum() == 0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("event_id,time,station,rain_mm\nE1,2026-07-17T16:00,North,12\n", "storm-station"),
        ("event_id,time,station,rain_mm\nE1,yesterday,North,12\n", "storm-row"),
    ],
)
def test_a_wrong_record_is_told(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        rain_of_drill(record(tmp_path, text), GAUGES, T0, 3600, tmp_path, ZONE)
    assert caught.value.fault.code == code


def test_people_are_late_by_their_habit_whatever_was_drawn_before() -> None:
    people = People(seed=1, accept=Habit(median=timedelta(minutes=2), spread=0.5))
    one, other = Habits(people), Habits(people)
    one.delay("accept", "order-9")
    assert one.delay("accept", "order-1") == other.delay("accept", "order-1")
    delays = [one.delay("accept", f"order-{n}").total_seconds() for n in range(400)]
    assert 100 < np.median(delays) < 145
    assert Habits(People(refuse=1.0)).refuses("o", "u")
    assert not Habits(People(refuse=0.0)).refuses("o", "u")


def test_outcomes_of_sub_areas_and_their_scores() -> None:
    late, early = T0 + timedelta(hours=2), T0 + timedelta(hours=1)
    found = [
        SubArea("a", late, early),
        SubArea("b", early, late),
        SubArea("c", late, None),
        SubArea("d", None, early),
        SubArea("e", None, None),
    ]
    assert [item.outcome for item in found] == ["hit", "miss", "miss", "false_alarm", "quiet"]
    assert [item.lead_time_s for item in found] == [3600.0, -3600.0, None, None, None]
    assert scores(found) == {
        "hits": 1,
        "misses": 2,
        "false_alarms": 1,
        "pod": 0.3333,
        "far": 0.5,
        "csi": 0.25,
    }


def test_an_area_floods_when_its_first_node_does_and_so_do_those_above() -> None:
    areas = AreaTree(
        [
            Area("city", Text.of("c"), "city", None),
            Area("x", Text.of("x"), "street", "city"),
            Area("y", Text.of("y"), "street", "city"),
        ]
    )
    flooding = Flooding(
        ("n1", "n2", "n3"), np.array([600.0, 300.0, np.nan]), np.zeros(3), np.zeros(1), np.zeros(1), 0
    )
    floods = first_floods(flooding, {"n1": "x", "n2": "x", "n3": "y"}, areas, T0)
    assert floods == {"x": T0 + timedelta(minutes=5), "city": T0 + timedelta(minutes=5)}


def test_a_seal_changes_with_the_figures_and_comparison_tells_the_difference() -> None:
    a = {"hits": 3, "flood_volume_m3": {"with": 10.0, "without": 20.0}}
    b = {"hits": 5, "flood_volume_m3": {"with": 4.0, "without": 20.0}}
    assert seal(dict(a))["result_hash"] == seal(seal(dict(a)))["result_hash"] != seal(dict(b))["result_hash"]
    rows = {row["figure"]: row for row in compare(a, b)}
    assert rows["flood_volume_m3.with"]["change"] == -6.0
    assert rows["hits"]["change"] == 2.0
    assert rows["pod"]["change"] is None


@given(st.floats(0.01, 1e9))
def test_axis_steps_are_round_and_few(top: float) -> None:
    step = nice_step(top)
    assert top / step <= 12
    assert float(f"{step:.6g}") == pytest.approx(step)


def test_a_chart_says_what_it_is_and_does_not_rely_on_colour() -> None:
    svg = line_chart(
        [Line("a", [[0, 1], [3600, 2]], "a"), Line("b", [[0, 2], [3600, 3]], "b", "6 4")], "m³", "h", "x<y"
    )
    assert 'role="img"' in svg
    assert 'aria-label="x&lt;y"' in svg
    assert "stroke-dasharray" in svg
