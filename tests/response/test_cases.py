"""The cases a civil servant can read, run against the hub."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from world import START, World, city

from chengshu.scenes.response.clocks import alarms
from chengshu.scenes.response.declared import Escalating
from chengshu.scenes.response.duty import chain, route
from chengshu.scenes.response.model import EventState, OrderState, WorkOrder

CASES = Path(__file__).parent / "cases"


def cases(name):
    return [
        pytest.param(case, id=case["case"]) for case in yaml.safe_load((CASES / f"{name}.yaml").read_text())
    ]


@pytest.mark.parametrize("case", cases("joining"))
def test_joining(case, tmp_path):
    world = World(tmp_path / "hub.db")
    for number, warning in enumerate(case["warnings"]):
        hours, minutes = map(int, warning["at"].split(":"))
        moment = START.replace(hour=hours, minute=minutes)
        world.wait(seconds=(moment - world.clock.now()).total_seconds())
        world.warn(f"w{number}", warning["area"], warning["level"])
    found = [{"areas": list(e.areas), "covers": e.area, "lead": e.lead} for e in world.queries.events()]
    assert found == case["events"]


@pytest.mark.parametrize("case", cases("duties"))
def test_duties(case):
    answer = route(case["matter"], case["area"], city())
    assert (answer.lead, list(answer.assist), answer.fallback) == (
        case["lead"],
        case["assist"],
        case["fallback"],
    )
    assert all(answer.reason.text.as_dict().values())


@pytest.mark.parametrize("case", cases("clocks"))
def test_clocks(case):
    def moment(minute):
        return None if minute is None else START + timedelta(minutes=minute)

    ended = case.get("done")
    order = WorkOrder(
        id="o",
        event="e",
        scenario="s",
        kind="task",
        state=OrderState.DONE if ended else OrderState.ASSIGNED,
        name={},
        department=case["department"],
        matter="x",
        area="city",
        site=None,
        lon=None,
        lat=None,
        created_at=START,
        updated_at=START,
        reason={},
        assigned_at=START,
        accept_by=moment(case["clocks"].get("accept")),
        arrive_by=moment(case["clocks"].get("arrive")),
        done_by=moment(case["clocks"].get("done")),
        accepted_at=moment(case.get("accepted")),
        arrived_at=moment(case.get("arrived")),
        ended_at=moment(ended),
    )
    found = alarms(order, Escalating(), chain(case["department"], None, city()))
    told = [
        {"minute": (a.at - START) / timedelta(minutes=1), "clock": a.clock, "kind": a.kind, "to": a.to}
        for a in found
    ]
    assert told == case["told"]


@pytest.mark.parametrize("case", cases("closing"))
def test_closing(case, tmp_path):
    world = World(tmp_path / "hub.db")
    sensor = world.readings.declare("WaterLevelSensor", "s1", "west-s", 1, 1, fullDepth=2.0)
    closed = None
    for minute in range(0, 100, 5):
        if minute in case["readings"]:
            world.readings.set(sensor, waterLevel=case["readings"][minute])
        if minute == 0:
            world.warn("w1", "west-s", "orange")
        if closed is None and world.queries.events()[0].state is EventState.CLOSED:
            closed = world.queries.events()[0].verified_at
        world.wait(minutes=5)
    if case["closed_at"] is None:
        assert closed is None
    else:
        assert (closed - START) / timedelta(minutes=1) == pytest.approx(case["closed_at"], abs=1)
