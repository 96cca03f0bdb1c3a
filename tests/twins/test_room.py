"""The room in a small city: nowcast, forecasts, advice, and that a kill changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from chengshu.foundation.context import Observation
from chengshu.foundation.journal import Act, Actor, changes_after, record
from chengshu.foundation.twins import Alternative, Foresight, store
from chengshu.kernel.errors import Invalid
from chengshu.ports.twin import Action

OpenLab = Callable[..., Any]


def _forecasts(lab: Any) -> list[Any]:
    with lab.database.read() as connection:
        end = lab.clock.now() + timedelta(days=1)
        return store.read_forecasts(connection, "wet", end - timedelta(days=9), end)


def test_no_rain_no_forecast(open_lab: OpenLab) -> None:
    lab = open_lab()
    lab.go([0.0] * 4)
    assert lab.twins.nowcast().at == lab.truth.now
    assert _forecasts(lab) == []


def test_flooding_is_forecast_before_it_happens(open_lab: OpenLab, lab_module: Any) -> None:
    lab = open_lab()
    first: dict[str, Any] = {}
    warned: dict[str, Any] = {}
    for rate in [0.0, 0.0, *lab_module.cloudburst()]:
        lab.go([rate])
        for node, volume in lab.flooded.items():
            if volume > 5.0:
                first.setdefault(node, lab.truth.now)
        if (forecast := lab.twins.forecast()) is not None:
            for node in forecast.nodes:
                if node.probability >= 0.3:
                    warned.setdefault(node.node, (forecast.at, node.lead_s))
    assert {"a", "u"} <= set(first)
    for node in ("a", "u"):
        assert warned[node][0] < first[node], f"{node} flooded at {first[node]}, warned {warned[node]}"
        assert warned[node][1] > 0


def test_a_forecast_is_written_where_others_look(open_lab: OpenLab, lab_module: Any) -> None:
    lab = open_lab()
    lab.go([0.0, *lab_module.cloudburst()[:6]])
    record_ = lab.twins.forecast()
    series = lab.context.series
    entities = {node.entity for node in record_.nodes}
    assert entities == {f"urn:ngsi-ld:DrainageNode:{n}" for n in "abupc"}
    for entity in entities:
        units = [
            series.find(entity, name).unit for name in ("floodProbability", "floodLeadTime", "forecastDepth")
        ]
        assert units == ["1", "s", "m"]
    with lab.database.read() as connection:
        made = list(changes_after(connection, 0, ("forecast.made",)))
    body = made[-1].payload["forecast"]
    assert body["id"] == record_.id
    assert body["nodes"][0]["probability"] == max(node.probability for node in record_.nodes)
    assert len(body["provenance"]["rain"]) == 8
    assert body["provenance"]["model"] == lab.truth.spec().model
    for node in record_.nodes:
        assert (node.lead_s is None) == (node.probability == 0)
        assert node.depth_low <= node.depth_middle <= node.depth_high
        assert node.dry_s is None or node.dry_s >= (node.lead_early_s or 0)


def test_a_forecast_says_from_when_on_places_are_dry(open_lab: OpenLab, lab_module: Any) -> None:
    lab = open_lab()
    lab.go([0.0, *lab_module.cloudburst()[:6]])
    seen = Foresight({"wet": lab.twins})
    record_ = lab.twins.forecast()
    wet = {node.entity for node in record_.nodes if node.dry_s is not None}
    assert wet and not wet & {node.entity for node in record_.nodes if node.probability < 0.1}
    last = max(node.dry_s for node in record_.nodes if node.dry_s is not None)
    end = seen.dry_by("wet", wet, record_.at)
    assert (end.at, end.beyond) == (record_.at + timedelta(seconds=last), last >= record_.horizon_s)
    assert seen.dry_by("wet", {"urn:ngsi-ld:DrainageNode:nowhere"}, record_.at) is None
    assert seen.dry_by("dry", wet, record_.at) is None
    late = record_.at + timedelta(seconds=record_.horizon_s + 1)
    assert seen.dry_by("wet", wet, late) is None  # its word is over


def test_the_same_storm_gives_the_same_bytes(open_lab: OpenLab, lab_module: Any) -> None:
    runs = []
    for _ in range(2):
        lab = open_lab()
        lab.go(lab_module.cloudburst()[:7])
        runs.append((_forecasts(lab), lab.twins.nowcast()))
    assert runs[0] == runs[1]
    assert runs[0][0]


@pytest.mark.slow
def test_a_kill_at_any_moment_changes_nothing(open_lab: OpenLab, lab_module: Any) -> None:
    """A new room on the same database goes on with the same figures."""
    storm = lab_module.cloudburst()[:7]
    whole, cut = open_lab(), open_lab()
    for rate in storm:
        whole.go([rate])
        cut.go([rate])
        cut.database.close()
        cut.open()
    assert cut.twins.nowcast() == whole.twins.nowcast()
    assert _forecasts(cut) == _forecasts(whole)
    assert cut.twins.benefits(["a"], 0.2, 1) == whole.twins.benefits(["a"], 0.2, 1)


def test_advice_after_a_kill_between_two_forecasts(open_lab: OpenLab, lab_module: Any) -> None:
    """The futures advice compares in are those of the newest forecast, also when the room is new."""
    lab = open_lab()
    lab.go(lab_module.cloudburst()[:6])
    assert lab.twins.nowcast().last_forecast < lab.twins.nowcast().at
    before = lab.twins.benefits(["a", "u"], 0.2, 2)
    lab.database.close()
    lab.open()
    assert lab.twins.benefits(["a", "u"], 0.2, 2) == before


def test_a_sensor_at_no_node_is_named(
    open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch, lab_module: Any
) -> None:
    declared = lab_module.entities()
    declared.append({"id": "urn:x", "type": "WaterLevelSensor", "refNode": "nowhere"})
    monkeypatch.setattr(lab_module, "entities", lambda: declared)
    with pytest.raises(Invalid, match="nowhere"):
        open_lab()


@pytest.mark.slow
def test_sensors_correct_the_nowcast(open_lab: OpenLab, lab_module: Any) -> None:
    """Twin experiment: the true pipes are rougher, and the gauges catch only part of the rain. The nowcast
    with sensors must be nearer to the truth than the same without, at places that have no sensor too."""
    errors = {}
    for name, toml in (
        ("with", lab_module.TWIN_TOML.replace("count = 5", "count = 12")),
        ("without", lab_module.TWIN_TOML.replace("count = 5", "count = 1")),
    ):
        lab = open_lab(toml)
        lab.rain_error = 0.7
        gaps = []
        for rate in [*lab_module.cloudburst(18, 50.0), *[0.0] * 6]:
            lab.go([rate])
            gaps.append([lab.twins.depths()[node] - lab.depth[node] for node in ("a", "b", "p", "u", "c")])
        errors[name] = np.sqrt(np.mean(np.square(gaps), axis=0))
    assert errors["with"].mean() < 0.85 * errors["without"].mean(), errors


def test_what_is_done_enters_the_nowcast_and_its_shadow(open_lab: OpenLab, lab_module: Any) -> None:
    lab = open_lab()
    storm = lab_module.cloudburst()
    lab.go(storm[:3])
    order = {"id": "wo-1", "state": "arrived", "site": "urn:ngsi-ld:DrainageNode:a", "capacity": 0.4}
    act = Act(Actor.hub("test"), "work_order.arrived", "wo-1", lab.clock.now(), {"work_order": order})
    lab.database.write(lambda connection: record(connection, act))
    lab.go(storm[3:], {0: [Action("mobile:a", 0.4)]})
    volumes = lab.twins.volumes(lab_module.START + timedelta(minutes=5), lab.clock.now())
    assert volumes["avoided_m3"] > 50
    assert volumes["flooded_m3"] < volumes["without_actions_m3"]
    assert lab.twins.volumes(lab_module.START - timedelta(days=1), lab.clock.now()) is None


def test_a_truck_that_has_arrived_makes_the_next_one_worth_less(open_lab: OpenLab, lab_module: Any) -> None:
    lab = open_lab()
    lab.go(lab_module.cloudburst()[:6])
    first, second = sorted(lab.twins.benefits(["a"], 0.2, 2), key=lambda b: b.units)
    order = {"id": "wo-1", "state": "arrived", "site": "urn:ngsi-ld:DrainageNode:a", "capacity": 0.2}
    act = Act(Actor.hub("test"), "work_order.arrived", "wo-1", lab.clock.now(), {"work_order": order})
    lab.database.write(lambda connection: record(connection, act))
    lab.pump.drain()
    (now,) = lab.twins.benefits(["a"], 0.2, 1)
    assert now.avoided_m3 == pytest.approx(second.avoided_m3, rel=0.01)
    assert now.avoided_m3 < first.avoided_m3


def test_a_changed_report_of_a_gate_is_an_order(open_lab: OpenLab) -> None:
    lab = open_lab()
    gate = "urn:ngsi-ld:Gate:gate"
    for value in (0.5, 0.5, 1.0):
        at = lab.truth.now + timedelta(minutes=4)
        lab.context.record([Observation(gate, "Gate", "setting", value, "1", at)], source="gates")
        lab.go([10.0])
    with lab.database.read() as connection:
        taken = store.read_actions(connection, "wet")
    assert [(one.element, one.value) for one in taken] == [("gate", 1.0)]


def test_advice_is_what_the_model_shows(open_lab: OpenLab, lab_module: Any) -> None:
    lab = open_lab()
    assert lab.twins.benefits(["a"], 0.2, 2) == []  # nothing is known yet
    lab.go(lab_module.cloudburst()[:6])
    sites = ["urn:ngsi-ld:DrainageNode:a", "b", "u", "p", "nowhere"]
    benefits = lab.twins.benefits(sites, 0.2, 2)
    assert {(b.site, b.units) for b in benefits} == {(n, k) for n in "abu" for k in (1, 2)}  # p is no site
    best = benefits[0]
    assert best.avoided_m3 > 10
    assert best.probability > 0.3
    assert best.site in best.reason.text.en
    plans = [Alternative("pump", (Action(f"mobile:{best.site}", 0.2),)), Alternative("nothing", ())]
    pump, nothing = lab.twins.what_if(plans)
    assert pump.avoided_m3 == pytest.approx(best.avoided_m3, rel=1e-6)
    assert nothing.avoided_m3 == 0.0
    for proposal in lab.twins.proposals():
        assert proposal.element in ("gate", "lift")
        (outcome,) = lab.twins.what_if([Alternative("it", (Action(proposal.element, proposal.value),))])
        assert outcome.avoided_m3 > 0
        break


def test_what_was_asked_once_is_not_run_again(
    open_lab: OpenLab, lab_module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = open_lab()
    lab.go(lab_module.cloudburst()[:6])
    asked: list[int] = []
    simulate = lab.twins._twin.simulate

    def counted(runs: Any) -> Any:
        asked.append(len(runs))
        return simulate(runs)

    monkeypatch.setattr(lab.twins._twin, "simulate", counted)
    alone = lab.twins.benefits(["a"], 0.2, 1)
    first = sum(asked)
    both = lab.twins.benefits(["a", "b"], 0.2, 1)
    assert 0 < sum(asked) - first <= first  # b, and perhaps fewer futures than before: a is known
    assert lab.twins.benefits(["b", "a"], 0.2, 1) == both
    again = sum(asked)
    assert [b.site for b in alone] == ["a"]
    lab.twins.benefits(["a"], 0.2, 1)
    assert sum(asked) == again
