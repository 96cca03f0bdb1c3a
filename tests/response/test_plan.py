"""With the real process engine: its tasks are work orders, its requests are served, its end closes."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from world import CREW, SCENARIO, START, World

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.spiff import SpiffEngine
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal import store as journal_store
from chengshu.foundation.processes import Processes, Timers
from chengshu.foundation.processes import store as process_store
from chengshu.kernel.calendar import WorkingCalendar
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import Invalid
from chengshu.kernel.ids import SequenceIds
from chengshu.scenes.response.model import EventState, OrderState


def planned_world(path):
    database = SqliteDatabase(path, durable=False, threaded=False)
    for metadata in (journal_store.metadata, process_store.metadata):
        database.create(metadata)
    clock, ids = VirtualClock(START), SequenceIds()
    calendar = WorkingCalendar.always(ZoneInfo("Asia/Shanghai"))
    processes = Processes(database, SpiffEngine(), clock, ids, calendar)
    processes.deploy((SCENARIO / "plan.bpmn").read_bytes(), Actor.hub("test"))
    timers = Timers(database, clock, processes)
    return World(path, plans=processes, database=database, clock=clock, ids=ids, tickers=(timers,))


@pytest.fixture
def world(tmp_path):
    return planned_world(tmp_path / "hub.db")


def test_tasks_of_the_plan_are_work_orders_with_names_clocks_and_forms(world):
    world.warn("w1", "west-s", "orange")
    (order,) = world.orders("task")
    assert order.name["zh-Hans"] == "值守泵站"
    assert (order.department, order.state) == ("water", OrderState.ASSIGNED)
    assert (order.done_by - order.created_at).total_seconds() == 1800
    assert order.form[0]["name"] == "note"


def test_reporting_an_order_completes_the_task_and_a_wrong_report_changes_nothing(world):
    world.warn("w1", "west-s", "orange")
    (order,) = world.orders("task")
    world.do.accept(order.id, CREW)
    with pytest.raises(Invalid, match="note"):
        world.do.done(order.id, {}, CREW)
    assert world.queries.order(order.id).state is OrderState.ACCEPTED
    world.do.done(order.id, {"note": "all run"}, CREW)
    world.pump.drain()
    assert world.queries.order(order.id).state is OrderState.DONE
    assert "task.completed" in world.kinds("task.")


def test_the_dispatch_task_is_answered(world):
    world.warn("w1", "west-s", "orange")
    assert "process.service_requested" in world.kinds("process.")
    assert "task.completed" in world.kinds("task.") or "process.service_completed" in world.kinds("process.")


def test_the_plan_ends_with_the_data_and_the_event_with_the_plan(world):
    gauge = world.readings.declare("WaterLevelSensor", "s1", "west-s", 1, 1, fullDepth=2.0)
    world.readings.set(gauge, waterLevel=0.2)
    world.warn("w1", "west-s", "orange")
    (order,) = world.orders("task")
    world.do.accept(order.id, CREW)
    world.do.done(order.id, {"note": "all run"}, CREW)
    for _ in range(5):
        world.readings.set(gauge, waterLevel=0.2)
        world.wait(minutes=8)
    (event,) = world.queries.events()
    assert event.state is EventState.CLOSED
    assert "process.ended" in world.kinds("process.")
    assert world.kinds("event.")[-3:] == ["event.verified", "event.closed", "event.reviewed"]


def test_a_plan_that_does_not_end_is_ended_and_what_was_left_is_named(world):
    gauge = world.readings.declare("WaterLevelSensor", "s1", "west-s", 1, 1, fullDepth=2.0)
    world.warn("w1", "west-s", "orange")
    (order,) = world.orders("task")
    for _ in range(8):
        world.readings.set(gauge, waterLevel=0.2)
        world.wait(minutes=9)
    (event,) = world.queries.events()
    assert event.state is EventState.CLOSED
    assert event.closed_by["unfinished"] == [order.id]
    assert world.queries.order(order.id).state is OrderState.CANCELLED


def test_a_refused_task_goes_down_the_duty_list_in_the_plan_too(world):
    world.warn("w1", "west-s", "orange")
    (order,) = world.orders("task")
    world.do.refuse(order.id, "no people", CREW)
    world.pump.drain()
    assert world.queries.order(order.id).department == "city_management"
