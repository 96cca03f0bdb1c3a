"""The same storm gives the same bytes; and a storm that is killed again and again orders nothing twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import text
from storm import Storm, run

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation import journal
from chengshu.scenes.response import store
from chengshu.scenes.response.model import Event, EventState, OrderState, WorkOrder

pytestmark = pytest.mark.slow  # thorough; `make check` has the quicker ones beside it


def dump(world):
    tables = (
        "journal",
        "changes",
        "outbox",
        "response_events",
        "response_orders",
        "response_units",
        "response_closures",
        "response_reviews",
        "response_dispatches",
        "response_versions",
    )
    with world.database.read() as connection:
        return {
            table: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY 1"))]
            for table in tables
        }


def check_whole(events: list[Event], orders: list[WorkOrder], units) -> None:
    """What must hold at any moment, also right after a kill."""
    living = [order for order in orders if order.open]
    assert max(Counter(order.slot for order in living).values(), default=0) <= 1, "a slot is ordered twice"
    held = Counter(unit for order in living if order.state is not OrderState.PROPOSED for unit in order.units)
    assert max(held.values(), default=0) <= 1, "a unit has two orders"
    by_unit = {unit.id: unit.order for unit in units}
    for order in living:
        for unit in order.units:
            assert by_unit[unit] == order.id, "order and unit disagree"
    for unit, order_id in by_unit.items():
        assert order_id is None or any(order.id == order_id and unit in order.units for order in living)
    seen = Counter(warning.id for event in events for warning in event.warnings)
    assert max(seen.values(), default=0) <= 1, "a warning belongs to two events"
    assert max(Counter(order.task for order in orders if order.task).values(), default=0) <= 1, "a task twice"
    for order in living:
        assert next(event for event in events if event.id == order.event).state is not EventState.CLOSED


def test_two_storms_give_the_same_bytes(tmp_path):
    dumps = []
    for number in (1, 2):
        world = Storm(tmp_path / f"{number}.db")
        run(world)
        dumps.append(dump(world))
    assert dumps[0] == dumps[1]
    assert len(dumps[0]["response_reviews"]) == len(dumps[0]["response_events"]) >= 1


def test_the_storm_ends_closed_by_data_with_units_home(tmp_path):
    world = Storm(tmp_path / "hub.db")
    run(world)
    events = world.queries.events()
    assert {event.state for event in events} == {EventState.CLOSED}
    assert {event.closed_by["kind"] for event in events} == {"data"}
    assert all(item.unit.status == "free" for item in world.queries.units())
    assert world.queries.closures() == []
    check_whole(events, world.queries.orders(), [item.unit for item in world.queries.units()])


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_kill_nine_at_any_moment_orders_nothing_twice(tmp_path, seed):
    path = tmp_path / "hub.db"
    chance = random.Random(seed)
    kills = 0
    for _ in range(40):
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "storm.py"), str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None and process.stdout is not None
        if kills < 5:
            for _ in range(chance.randint(1, 3)):
                print(file=process.stdin, flush=True)
                process.stdout.readline()
            print(file=process.stdin, flush=True)
            time.sleep(chance.random() * 0.03)  # somewhere inside the next step, which takes so long
            process.send_signal(signal.SIGKILL)
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                pipe.close()
            kills += 1
            _check(path)
            continue
        _, errors = process.communicate("\n" * 100, timeout=240)
        assert process.returncode == 0, errors
        break
    assert kills == 5
    events, orders = _check(path)
    assert {event.state for event in events} == {EventState.CLOSED}
    assert all(not order.open for order in orders)
    assert len([order for order in orders if order.task]) == len(
        events
    )  # one task in each plan, ordered once


def _check(path: Path) -> tuple[list[Event], list[WorkOrder]]:
    database = SqliteDatabase(path, durable=False, threaded=False)
    with database.read() as connection:
        events, orders = store.list_events(connection), store.list_orders(connection)
        units = store.list_units(connection)
        assert journal.verify(connection).broken_at is None
    database.close()
    check_whole(events, orders, units)
    return events, orders
