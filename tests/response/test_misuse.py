"""Misuse of shared data at the duty desk: an event, a work order with clocks, closed by the decision."""

from __future__ import annotations

import pytest
from world import OFFICER, World

from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.scenes.response.model import EventState, OrderState

BULK = Reason("sharing.anomaly.bulk", Text("600 rows; usually 5", "600 行", "600 行"), {"rows": 600})
BODY = {
    "request": "share-1",
    "grant": "grant-1",
    "anomaly": "bulk",
    "blocked": True,
    "actor": "hub:sharing",
    "reason": BULK.as_dict(),
    "level": "orange",
    "severity": Reason("misuse.bulk", Text("many rows", "大量", "大量")).as_dict(),
    "title": {"en": "Residents", "zh-Hans": "居民", "zh-Hant": "居民"},
    "provider": "city_management",
    "bureau": "water",
}


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "hub.db")


def misuse(world, **more):
    world.change("sharing.misuse", "share-1", BODY | more)
    world.pump.drain()


def decide(world, state, kind):
    body = {"state": state, "actor": "person:chen", "reason": {}}
    world.change(f"sharing.{kind}", "share-1", body)
    world.pump.drain()


def test_misuse_opens_one_event_with_an_order_that_has_clocks(world):
    misuse(world)
    misuse(world)  # the same grant again: nothing new to decide
    (event,) = world.queries.events()
    assert (event.scenario, event.severity, event.lead) == ("sharing", "orange", "water")
    assert event.assist == ("city_management",)
    assert event.name["zh-Hant"] == "共享數據被違規使用：居民"
    assert event.entities == ("share-1",)
    (order,) = world.orders()
    assert (order.state, order.department) == (OrderState.ASSIGNED, "water")
    assert (order.accept_by - order.assigned_at).total_seconds() == 1800
    assert "600" in order.reason["text"]["en"] or order.reason["rule"] == "duty.bureau"


def test_the_duty_list_comes_before_the_bureau_and_the_topmost_body_last(world):
    misuse(world, bureau="nobody-knows")
    (event,) = world.queries.events()
    assert event.lead == "command" and event.duty_reason["rule"] == "duty.none"


def test_an_order_nobody_takes_is_escalated_and_still_open(world):
    misuse(world)
    world.wait(minutes=40)
    (order,) = world.orders()
    assert [(item.clock, item.kind, item.to) for item in order.escalations] == [
        ("accept", "near", "water"),
        ("accept", "late", "command"),
    ]
    assert order.open


@pytest.mark.parametrize(("state", "kind"), [("in_use", "restored"), ("revoked", "revoked")])
def test_the_decision_closes_event_and_order_and_the_review_is_written(world, state, kind):
    misuse(world)
    (order,) = world.orders()
    world.do.accept(order.id, OFFICER)
    decide(world, state, kind)
    (event,) = world.queries.events()
    assert event.state is EventState.CLOSED
    assert event.closed_by["kind"] == "decision" and event.closed_by["by"] == "person:chen"
    (order,) = world.orders()
    assert order.state is OrderState.DONE and order.handler == OFFICER.id
    assert world.queries.review(event.id) is not None
    misuse(world)  # it happens once more: another event
    assert len(world.queries.events()) == 2


def test_a_decision_about_another_request_closes_nothing(world):
    misuse(world)
    world.change("sharing.ended", "share-2", {"state": "ended", "actor": "person:wang"})
    world.pump.drain()
    (event,) = world.queries.events()
    assert event.state is EventState.OPEN


def test_the_order_can_be_given_back_and_the_loop_of_the_scenario_goes_on(world):
    misuse(world)
    (order,) = world.orders()
    given = world.do.refuse(order.id, "we were the ones who used it", OFFICER)
    assert given.department == "command" and given.state is OrderState.ASSIGNED
    world.warn("w1", "west-s", "yellow")
    assert {event.scenario for event in world.queries.events()} == {"sharing", "waterlogging"}
    world.wait(hours=2)
    assert world.pump.health()[0].trouble is None
