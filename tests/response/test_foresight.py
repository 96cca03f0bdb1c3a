"""What the twin says decides where units go and what is set; and people decide where the risk is not low."""

from __future__ import annotations

from typing import ClassVar

import pytest
import yaml
from world import CREW, OFFICER, SCENARIO, World

from chengshu.scenes.response import Proposal
from chengshu.scenes.response.model import OrderState


class Twin:
    """Says what it was told to say."""

    volumes_known: ClassVar[dict[str, float]] = {"flooded_m3": 120.0, "without_actions_m3": 400.0}

    def __init__(self, benefits, controls=()):
        self.given, self.settings, self.asked = benefits, list(controls), []

    def benefits(self, scenario, nodes, unit_capacity, max_units):
        self.asked.append((tuple(nodes), unit_capacity, max_units))
        return {node: values for node, values in self.given.items() if node in nodes}

    def controls(self, scenario):
        return self.settings

    def volumes(self, scenario, start, end):
        return self.volumes_known


def site(world, name, x, y, area="west-s"):
    node = world.readings.declare("DrainageNode", name, area, x, y, swmmId=name)
    world.readings.set(node, floodProbability=0.9, forecastDepth=0.5)
    return node


def test_units_go_where_they_avoid_most(tmp_path):
    twin = Twin({"A": [10.0, 0.0], "B": [500.0, 400.0], "C": [0.0, 0.0]})
    world = World(tmp_path / "hub.db", foresight=twin)
    for name, x, y in (("A", 1, 1), ("B", 2, 2), ("C", 0, 1), ("D", 1, 0)):
        site(world, name, x, y)
    world.warn("w1", "west-s", "orange")
    sent = sorted((order.site.split(":")[-1], order.avoided_m3) for order in world.orders("pump"))
    assert sent == [("A", 10.0), ("B", 400.0), ("B", 500.0)]
    assert twin.asked[0] == (("A", "B", "C", "D"), 0.2, 2)
    unserved = world.queries.dispatch("waterlogging")["unserved"]
    assert unserved["pump:urn:ngsi-ld:DrainageNode:C:0"]["why"] == "not_worth"
    assert not any("DrainageNode:D" in slot for slot in unserved)  # the twin says no pump can stand there


@pytest.mark.slow
def test_units_that_pump_already_are_counted_in(tmp_path):
    twin = Twin({"B": [500.0, 400.0]})
    world = World(tmp_path / "hub.db", foresight=twin)
    site(world, "B", 1, 1)
    world.warn("w1", "west-s", "orange")
    for order in world.orders("pump"):
        world.do.accept(order.id, CREW)
        world.wait(seconds=1)
    first = world.orders("pump")[0]
    world.do.arrive(first.id, CREW)
    twin.given = {"B": [90.0, 5.0]}
    world.wait(minutes=5)
    states = [order.state for order in world.orders("pump")]
    assert states == [OrderState.ARRIVED, OrderState.ACCEPTED]


def test_settings_are_proposed_approved_and_in_force_once_done(tmp_path):
    twin = Twin({}, [Proposal("G1", 0.5, 300.0, {"members": 5}), Proposal("G2", 1.0, 3.0, {})])
    world = World(tmp_path / "hub.db", foresight=twin)
    gate = world.readings.declare("Gate", "1", "east-s", 5, 1, swmmLink="G1", setting=1.0)
    world.warn("w1", "west-s", "orange")
    (order,) = world.orders("control")
    assert (order.state, order.site, order.department) == (OrderState.PROPOSED, gate, "water")
    assert order.avoided_m3 == 300.0
    assert world.do.approve(order.id, OFFICER).state is OrderState.ASSIGNED
    world.do.accept(order.id, CREW)
    assert world.queries.actions("waterlogging") == {}
    world.do.done(order.id, {}, CREW)
    assert world.queries.actions("waterlogging") == {"G1": 0.5}
    world.wait(minutes=40)
    assert len(world.orders("control")) == 1  # in force: not ordered again
    twin.settings = [Proposal("G1", 0.0, 200.0, {})]
    world.wait(minutes=15)
    second = world.orders("control")[1]
    assert second.setting == {"element": "G1", "value": 0.0}
    rejected = world.do.reject(second.id, "the lake is full", OFFICER)
    assert rejected.state is OrderState.CANCELLED


def test_units_of_a_kind_that_is_not_low_risk_wait_for_an_officer(tmp_path):
    declared = yaml.safe_load((SCENARIO / "dispatch.yaml").read_text())
    declared["orders"]["pump"]["auto"] = False
    folder = tmp_path / "scenario"
    (folder / "rules").mkdir(parents=True)
    for name in ("rules/severity.dmn", "rules/closing.dmn"):
        (folder / name).write_bytes((SCENARIO / name).read_bytes())
    (folder / "dispatch.yaml").write_text(yaml.safe_dump(declared, allow_unicode=True))
    world = World(tmp_path / "hub.db", folder=folder)
    site(world, "A", 1, 1)
    world.warn("w1", "west-s", "orange")
    orders = world.orders("pump")
    assert {order.state for order in orders} == {OrderState.PROPOSED}
    assert all(item.unit.order is None for item in world.queries.units())
    approved = world.do.approve(orders[0].id, OFFICER)
    assert approved.state is OrderState.ASSIGNED
    assert approved.route is not None
    world.wait(minutes=10)
    assert [o.state for o in world.orders("pump")] == [OrderState.ASSIGNED, OrderState.PROPOSED]


def test_the_review_has_the_volumes(tmp_path):
    world = World(tmp_path / "hub.db", foresight=Twin({}))
    world.warn("w1", "west-s", "orange")
    (event,) = world.queries.events()
    world.do.close(event.id, "drill", OFFICER)
    world.pump.drain()
    assert world.queries.review(event.id).volumes == pytest.approx(Twin.volumes_known)
