"""The room as a whole: from observations to warnings, through the pump."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from vitals_lab import START, Hub, fill, rain

from chengshu.foundation.journal import Actor, verify
from chengshu.kernel.errors import Conflict, Missing
from chengshu.kernel.levels import Level
from chengshu.scenes.vitals import Contribution, Status, Vital
from chengshu.surfaces.cap import read_cap

Make = Callable[..., Hub]
MINUTE = timedelta(minutes=1)


def about(hub: Hub, area: str) -> list[tuple[str, str]]:
    return [(kind.removeprefix("warning."), level) for kind, place, level in hub.kinds() if place == area]


def vital(hub: Hub, indicator: str, area: str) -> Vital:
    found = hub.queries.vital(indicator, area)
    assert found is not None
    return found


def test_rain_raises_changes_and_clears(make_hub: Make) -> None:
    hub = make_hub(rain())
    hub.feed("RainGauge", (1, 2, 3), [0, 0, 12, 25, 25])
    assert hub.kinds() == [
        ("warning.raised", "d1", "blue"),
        ("warning.raised", "d2", "blue"),
        ("warning.changed", "d1", "yellow"),
        ("warning.changed", "d2", "yellow"),
    ]
    hub.feed("RainGauge", (1, 2, 3), [0] * 12)
    assert about(hub, "d1")[2:] == [("cleared", "normal")]
    with hub.database.read() as connection:
        assert verify(connection).ok


def test_a_warning_tells_everything(make_hub: Make) -> None:
    hub = make_hub(rain())
    hub.feed("RainGauge", (1,), [5.0])
    hub.send("RainGauge", 1, 33.0)
    hub.send("RainGauge", 2, 11.0)
    hub.minutes(1)
    [change] = hub.changes()
    body = change.payload
    assert change.subject == body["id"] == "warning-000001"
    assert {
        key: body[key] for key in ("scenario", "indicator", "area", "level", "previous", "value", "unit")
    } == {
        "scenario": "waterlogging",
        "indicator": "rain",
        "area": "d1",
        "level": "orange",
        "previous": "normal",
        "value": 33.0,
        "unit": "mm/h",
    }
    assert body["observed_at"] == "2026-07-01T00:02:00Z"
    assert body["lead_time_s"] is None and body["probability"] is None
    assert body["entities"] == ["urn:ngsi-ld:RainGauge:1", "urn:ngsi-ld:RainGauge:2"]
    assert body["reason"]["rule"] == "indicator:waterlogging/rain#orange"
    assert body["reason"]["inputs"]["threshold"] == 30.0
    assert body["reason"]["text"]["zh-Hant"] == "一區Rain為33.00 mm/h，達到橙色閾值30.00 mm/h"
    assert body["headline"]["zh-Hans"] == "一区 橙色 33.00"


def test_values_go_up_the_tree_of_areas(make_hub: Make) -> None:
    hub = make_hub(fill())
    hub.send("WaterLevelSensor", 1, 1.0)  # half of 2 m
    hub.send("WaterLevelSensor", 2, 3.0)  # three quarters of 4 m
    hub.send("WaterLevelSensor", 3, 0.1)
    hub.minutes(1)
    values = {item.area: item.value for item in hub.queries.vitals(indicator="fill")}
    assert values == {"c1": 0.75, "s1": 0.75, "d1": 0.75, "city": 0.75, "c3": 0.1, "s2": 0.1, "d2": 0.1}
    assert about(hub, "c1") == [("raised", "yellow")]
    assert about(hub, "city") == []  # warnings only at the declared kind of area


@pytest.mark.parametrize(
    ("rollup", "more", "value"),
    [
        ("max", {}, 8.0),
        ("min", {}, 2.0),
        ("mean", {}, 5.0),
        ("sum", {}, 10.0),
        ("count", {"value": "last > 4"}, 1.0),
        ("weighted", {"weight": "entity.fullDepth"}, (2 * 2 + 8 * 4) / 6),
        ("pooled", {"value": "sum / count"}, 14 / 3),
    ],
)
def test_rollups(make_hub: Make, rollup: str, more: dict[str, Any], value: float) -> None:
    hub = make_hub(fill(value="last", unit="m", rollup=rollup, levels=None, warning=None) | more)
    hub.send("WaterLevelSensor", 1, 4.0, START + timedelta(seconds=10))
    hub.send("WaterLevelSensor", 1, 2.0, START + timedelta(seconds=20))
    hub.send("WaterLevelSensor", 2, 8.0, START + timedelta(seconds=30))
    hub.minutes(1)
    assert vital(hub, "fill", "c1").value == pytest.approx(value)


@pytest.mark.slow
def test_units_are_converted(make_hub: Make) -> None:
    hub = make_hub(fill())
    hub.send("WaterLevelSensor", 1, 160, unit="cm")
    hub.minutes(1)
    assert vital(hub, "fill", "c1").value == 0.8


def test_a_filter_over_declared_attributes(make_hub: Make) -> None:
    source = {"type": "WaterLevelSensor", "attribute": "waterLevel", "unit": "m", "where": "fullDepth > 3"}
    hub = make_hub(fill(source=source))
    hub.send("WaterLevelSensor", 1, 2.0)
    hub.send("WaterLevelSensor", 2, 1.0)
    hub.minutes(1)
    assert vital(hub, "fill", "c1").value == 0.25


def test_silence_is_never_green(make_hub: Make) -> None:
    hub = make_hub(rain())
    hub.feed("RainGauge", (1, 2, 3), [25])
    hub.minutes(20)
    after = vital(hub, "rain", "d1")
    assert (after.level, after.status, after.value, after.coverage) == (Level.YELLOW, Status.STALE, 25.0, 0.0)
    assert about(hub, "d1") == [("raised", "yellow")]
    assert hub.queries.area_states()["d1"].stale == 1
    coverage = hub.queries.coverage()
    assert (coverage.expected, coverage.fresh) == (3, 0)
    assert coverage.silent[0].last_at == START


def test_what_never_spoke_is_silent_and_counts(make_hub: Make) -> None:
    hub = make_hub(rain())
    hub.feed("RainGauge", (1,), [0])
    assert vital(hub, "rain", "d1").status is Status.PARTIAL
    assert vital(hub, "rain", "d1").coverage == 0.5
    assert vital(hub, "rain", "d2").status is Status.SILENT
    assert vital(hub, "rain", "d2").value is None


def test_few_sources_may_warn_but_not_clear(make_hub: Make) -> None:
    hub = make_hub(rain(coverage=0.9))
    hub.feed("RainGauge", (1, 2), [0])
    hub.feed("RainGauge", (1,), [30] * 7)
    assert (vital(hub, "rain", "d1").status, vital(hub, "rain", "d1").level) == (Status.STALE, Level.ORANGE)
    hub.feed("RainGauge", (1,), [0] * 15)
    assert vital(hub, "rain", "d1").level is Level.ORANGE
    hub.feed("RainGauge", (1, 2), [0] * 15)
    assert vital(hub, "rain", "d1").level is Level.NORMAL


def test_the_level_does_not_fall_because_its_sensor_died(make_hub: Make) -> None:
    hub = make_hub(rain(levels=rain()["levels"] | {"hold": "PT30M"}))
    for _ in range(3):
        hub.send("RainGauge", 1, 35)
        hub.feed("RainGauge", (2,), [1])
    hub.feed("RainGauge", (2,), [1] * 20)  # gauge 1 is gone; gauge 2 is dry
    assert vital(hub, "rain", "d1").level is Level.ORANGE
    hub.feed("RainGauge", (2,), [1] * 30)  # at most so long
    assert vital(hub, "rain", "d1").level is Level.NORMAL


def test_idle_sources_go_back_to_normal(make_hub: Make) -> None:
    source = {"type": "DrainageNode", "attribute": "floodProbability", "unit": "1"}
    hub = make_hub(fill(source=source, value="last", when_silent="idle", interval=None, window="PT10M"))
    hub.minutes(2)
    assert vital(hub, "fill", "c1").status is Status.IDLE
    hub.send("DrainageNode", 1, 0.95)
    hub.minutes(1)
    assert about(hub, "c1") == [("raised", "red")]
    hub.minutes(13)
    assert about(hub, "c1") == [("raised", "red"), ("cleared", "normal")]
    assert vital(hub, "fill", "c1").status is Status.IDLE


def forecast() -> tuple[dict[str, Any], dict[str, Any]]:
    node = {"type": "DrainageNode", "unit": "1"}
    lead = fill(
        id="lead",
        unit="s",
        source=node | {"attribute": "floodLeadTime", "unit": "s"},
        value="last",
        rollup="min",
        when_silent="idle",
        interval=None,
        levels=None,
        warning=None,
        window="PT10M",
    )
    chance = fill(
        id="chance",
        source=node | {"attribute": "floodProbability"},
        value="last",
        when_silent="idle",
        interval=None,
        window="PT10M",
        warning={
            "event": "Flood",
            "headline": "in {lead_time}",
            "probability": "chance",
            "lead_time": "lead",
        },
    )
    return chance, lead


def test_a_forecast_warning_carries_probability_and_lead_time(make_hub: Make) -> None:
    hub = make_hub(*forecast())
    hub.send("DrainageNode", 1, 0.85)
    hub.send("DrainageNodeLead", 1, 2700.0)
    hub.minutes(1)
    [change] = hub.changes()
    assert (change.payload["probability"], change.payload["lead_time_s"]) == (0.85, 2700.0)
    assert change.payload["headline"]["zh-Hans"] == "in 45分钟"


def risk(**more: Any) -> dict[str, Any]:
    return {
        "id": "risk",
        "name": "Risk",
        "unit": "1",
        "group": "water",
        "by": "community",
        "formula": "max([rain / settings.level.rain.red, fill][item != null])",
        "levels": {"yellow": {"at": 0.5}, "red": {"at": 1}, "keep": "PT1M"},
        "warning": {"event": "Risk", "headline": "{area}"},
    } | more


def test_a_derived_indicator_looks_up_the_tree(make_hub: Make) -> None:
    hub = make_hub(rain(warning=None), fill(warning=None), risk())
    hub.send("WaterLevelSensor", 1, 0.2)
    hub.send("RainGauge", 2, 24.0)  # in c2, which has no level sensor; c1 shares the district
    hub.send("RainGauge", 1, 0.0)
    hub.minutes(1)
    assert vital(hub, "risk", "c1").value == 0.6
    assert vital(hub, "risk", "c2").value == 0.6
    assert about(hub, "c1") == about(hub, "c2") == [("raised", "yellow")]
    inputs = hub.queries.inputs("risk", "c2")
    assert [(item.indicator, item.area) for item in inputs if isinstance(item, Vital)] == [("rain", "d1")]
    [reached] = [change for change in hub.changes() if change.payload["area"] == "c1"]
    assert reached.payload["entities"][0].startswith("urn:ngsi-ld:")


def test_a_formula_is_computed_once_for_the_same_inputs(
    make_hub: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = make_hub(rain(warning=None), fill(warning=None), risk())
    evaluator = hub.vitals.evaluator
    computed: list[object] = []
    compute = evaluator._computed

    def counted(item: object, given: tuple[float | None, ...]) -> float | None:
        computed.append(given)
        return compute(item, given)

    monkeypatch.setattr(evaluator, "_computed", counted)
    monkeypatch.setattr("chengshu.scenes.vitals.evaluate._MOST_ANSWERS", 2)
    asked: dict[str, float | None] = {}
    for level in (0.4, 0.4, 0.4, 2.4, 0.4, 0.4):
        hub.send("WaterLevelSensor", 1, level)
        hub.minutes(1)
        asked[f"{level}"] = vital(hub, "risk", "c1").value
    assert asked == {"0.4": 0.2, "2.4": 1.2}
    assert 2 <= len(computed) < 6 * len(evaluator._derived_areas["risk"])
    assert len(evaluator._answers) <= 2  # what is remembered is bounded, and forgetting changes nothing


def test_a_derived_level_does_not_fall_while_an_input_is_stale(make_hub: Make) -> None:
    hub = make_hub(rain(warning=None), fill(warning=None), risk(coverage=0.3))
    hub.send("WaterLevelSensor", 1, 1.9)
    hub.feed("RainGauge", (1, 2), [0])
    hub.feed("RainGauge", (1, 2), [0] * 20)
    assert vital(hub, "fill", "c1").status is Status.STALE
    assert vital(hub, "risk", "c1").level is Level.YELLOW
    assert vital(hub, "risk", "c1").status is not Status.FRESH


def test_inputs_of_a_measured_vital(make_hub: Make) -> None:
    hub = make_hub(fill())
    hub.send("WaterLevelSensor", 1, 1.0)
    hub.send("WaterLevelSensor", 2, 3.0)
    hub.minutes(1)
    found = [item for item in hub.queries.inputs("fill", "c1") if isinstance(item, Contribution)]
    assert [(item.entity[-1], item.value, item.fresh) for item in found] == [
        ("2", 0.75, True),
        ("1", 0.5, True),
    ]


def test_coming_back_soon_reopens_the_same_warning(make_hub: Make) -> None:
    hub = make_hub(rain())
    hub.feed("RainGauge", (3,), [15, *[0] * 10, 15, *[0] * 25, 15])
    bodies = [change.payload for change in hub.changes()]
    assert about(hub, "d2") == [
        ("raised", "blue"),
        ("cleared", "normal"),
        ("raised", "blue"),
        ("cleared", "normal"),
        ("raised", "blue"),
    ]
    assert [body["id"][-1] for body in bodies] == ["1", "1", "1", "1", "2"]
    assert [body["reopened"] for body in bodies] == [0, 0, 1, 1, 0]


def test_a_child_is_not_warned_under_its_parents_warning(make_hub: Make) -> None:
    hub = make_hub(fill(warning={"event": "Fill", "headline": "{area}", "at": ["community", "district"]}))
    hub.feed("WaterLevelSensor", (1, 2, 3), [0.1])
    hub.send("WaterLevelSensor", 1, 1.5)
    hub.minutes(1)
    assert hub.kinds() == [("warning.raised", "d1", "yellow")]


class TestAcknowledge:
    def hub(self, make_hub: Make, *values: float) -> Hub:
        rule = rain()["warning"] | {
            "acknowledge_within": {"orange": "PT10M", "red": "PT5M"},
            "escalations": 2,
        }
        hub = make_hub(rain(warning=rule))
        hub.feed("RainGauge", (3,), values)
        return hub

    def test_nobody_answers(self, make_hub: Make) -> None:
        hub = self.hub(make_hub, 35, *[35] * 40)
        assert about(hub, "d2") == [("raised", "orange"), ("escalated", "orange"), ("escalated", "orange")]
        first, second = (change for change in hub.changes() if change.kind == "warning.escalated")
        assert first.at - START == timedelta(minutes=11)
        assert second.payload["escalations"] == 2
        assert "10 min" in second.payload["reason"]["text"]["en"]

    def test_an_answer_in_time_ends_it(self, make_hub: Make) -> None:
        hub = self.hub(make_hub, 35, 35)
        made = hub.vitals.acknowledge("warning-000001", Actor("person:li"), note="on it")
        assert (made.state, made.acknowledged_by, made.acknowledged_level) == (
            "acknowledged",
            "person:li",
            "orange",
        )
        hub.feed("RainGauge", (3,), [35] * 30)
        assert about(hub, "d2") == [("raised", "orange"), ("acknowledged", "orange")]
        assert hub.changes()[-1].payload["note"] == "on it"
        with pytest.raises(Conflict, match="person:li has acknowledged"):
            hub.vitals.acknowledge("warning-000001", Actor("person:wu"))

    def test_worse_than_acknowledged_asks_again(self, make_hub: Make) -> None:
        hub = self.hub(make_hub, 35)
        hub.vitals.acknowledge("warning-000001", Actor("person:li"))
        hub.feed("RainGauge", (3,), [45] * 7)
        assert about(hub, "d2")[2:] == [("changed", "red"), ("escalated", "red")]

    def test_errors(self, make_hub: Make) -> None:
        hub = self.hub(make_hub, 35, *[0] * 12)
        with pytest.raises(Missing):
            hub.vitals.acknowledge("warning-9", Actor("person:li"))
        with pytest.raises(Conflict, match="is over"):
            hub.vitals.acknowledge("warning-000001", Actor("person:li"))


class TestPast:
    def test_as_of(self, make_hub: Make) -> None:
        hub = make_hub(rain())
        hub.feed("RainGauge", (3,), [0, 15, 25, *[0] * 12])
        then = START + timedelta(minutes=3)
        past = hub.queries.vital("rain", "d2", then)
        assert past is not None and past.level is Level.YELLOW
        assert [warning.level for warning in hub.queries.warnings(as_of=then)] == ["yellow"]
        assert hub.queries.warnings() == []
        assert [warning.level for warning in hub.queries.warnings(state="all")] == ["normal"]
        assert hub.queries.warning("warning-000001", START + timedelta(minutes=2)).level == "blue"
        assert hub.queries.area_states(then)["d2"].level is Level.YELLOW
        branch = hub.queries.tree("d2", then)[0]
        assert (branch.level, branch.leaves[0].vital and branch.leaves[0].vital.value) == (Level.YELLOW, 25.0)

    def test_history_and_spark(self, make_hub: Make) -> None:
        hub = make_hub(rain())
        hub.feed("RainGauge", (3,), [0, 15, 15, 25])
        found = hub.queries.history("rain", "d2", START, hub.clock.now())
        assert [(row.at - START, row.value) for row in found.rows] == [
            (MINUTE * 1, 0.0),
            (MINUTE * 2, 15.0),
            (MINUTE * 4, 25.0),
        ]
        assert found.thresholds == {"blue": 10.0, "yellow": 20.0, "orange": 30.0, "red": 40.0}
        assert hub.queries.spark("rain", "d2", 5 / 60, steps=5) == (None, 0.0, 15.0, 15.0, 25.0)

    def test_unknown_names(self, make_hub: Make) -> None:
        hub = make_hub(rain())
        with pytest.raises(Missing, match="did you mean 'rain'"):
            hub.queries.vital("rian", "d1")
        with pytest.raises(Missing):
            hub.queries.tree("nowhere")
        with pytest.raises(Missing):
            hub.queries.warning("warning-9")


class TestBulletins:
    def test_a_life_in_messages(self, make_hub: Make) -> None:
        hub = make_hub(rain())
        hub.feed("RainGauge", (3,), [15, 25, *[0] * 15])
        found = hub.queries.bulletins(warning="warning-000001")
        assert [item.kind for item in found] == ["Alert", "Update", "Cancel"]
        last = read_cap(found[-1].xml.encode())
        assert last.references == tuple(item.reference for item in found[:-1])
        assert last.infos[0].areas[0].polygons[0][0] == (30.0, 122.0)
        assert hub.queries.bulletins()[0] == hub.queries.bulletin(found[-1].identifier) == found[-1]
        with pytest.raises(Missing):
            hub.queries.bulletin("nothing")
