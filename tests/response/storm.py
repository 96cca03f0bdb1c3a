"""A whole storm in small, step by step, for the tests of determinism and of kills. Run as a program it is
a child that can be killed at any moment and started again: it goes on from what the database says."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from zoneinfo import ZoneInfo

from world import CREW, SCENARIO, START, World

from chengshu.engines.spiff import SpiffEngine
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal import store as journal_store
from chengshu.foundation.processes import Processes, Timers
from chengshu.foundation.processes import store as process_store
from chengshu.kernel.calendar import WorkingCalendar
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import Conflict
from chengshu.kernel.ids import TimeIds
from chengshu.scenes.response.model import OrderState

STEPS = 24
STEP = timedelta(minutes=6)


def weather(world: World, step: int) -> None:
    """The readings at a step: water rises to step 8, falls to step 14, then it is over."""
    wet = max(0.0, 1 - abs(step - 8) / 6)
    for number, (area, x, y) in enumerate((("west-s", 1, 1), ("east-s", 5, 2), ("west-n", 2, 5))):
        node = world.readings.declare("DrainageNode", f"n{number}", area, x, y, swmmId=f"N{number}")
        world.readings.set(node, floodProbability=round(wet * (1 - number / 10), 3), forecastDepth=wet)
        gauge = world.readings.declare("WaterLevelSensor", f"s{number}", area, x, y, fullDepth=2.0)
        world.readings.set(gauge, waterLevel=round(0.2 + 1.7 * wet, 3))
    underpass = world.readings.declare("Underpass", "1", "east-n", 3.5, 3)
    world.readings.set(underpass, pondingDepth=round(0.5 * wet, 3))


def step(world: World, number: int) -> None:
    """One step of the storm; doing it twice changes nothing more than doing it once."""
    weather(world, number)
    world.observe()
    if number in (2, 3, 4):
        area, id_ = {2: ("west-s", "w1"), 3: ("east-s", "w2"), 4: ("west-n", "w3")}[number]
        if f"{id_}" not in world.seen("warning.raised"):
            world.warn(id_, area, "orange")
    if number == 13:
        for id_, area in (("w1", "west-s"), ("w2", "east-s"), ("w3", "west-n")):
            if id_ not in world.seen("warning.cleared"):
                world.warn(id_, area, "orange", "cleared")
    crews(world)
    world.wait(seconds=(START + STEP * (number + 1) - world.clock.now()).total_seconds())


def crews(world: World) -> None:
    """Crews accept what they are given and report arrival when the time of their way is over."""
    for order in world.queries.orders(open_only=True):
        try:
            if order.state is OrderState.ASSIGNED:
                world.do.accept(order.id, CREW)
            elif order.state is OrderState.ACCEPTED and order.units and order.eta <= world.clock.now():
                world.do.arrive(order.id, CREW)
            elif order.state is OrderState.ACCEPTED and order.task is not None:
                world.do.done(order.id, {"note": "all run"}, CREW)
        except Conflict:
            continue
    world.pump.drain()


class Storm(World):
    """The world with a memory of which warnings have been told already."""

    def seen(self, kind: str) -> set[str]:
        with self.database.read() as connection:
            from chengshu.foundation import journal

            return {change.subject for change in journal.changes_after(connection, 0, (kind,), 10_000)}


def run(world: Storm, first: int = 0) -> None:
    """Run the storm from a step to its end."""
    for number in range(first, STEPS):
        step(world, number)


def child(path: Path) -> None:
    """Go on with the storm where the database says it stands; says when it is through.

    Each step waits for a line of the input, so that whoever kills it knows which step it is in.
    """
    from chengshu.engines.embedded.database import SqliteDatabase

    database = SqliteDatabase(path, durable=True, threaded=True)
    database.create(journal_store.metadata)
    with database.read() as connection:
        from sqlalchemy import func, select

        last = connection.execute(select(func.max(journal_store.changes.c.at))).scalar()
    start = START if last is None else max(START, _moment(last))
    clock = VirtualClock(start)
    ids = TimeIds(clock)
    database.create(process_store.metadata)
    calendar = WorkingCalendar.always(ZoneInfo("Asia/Shanghai"))
    processes = Processes(database, SpiffEngine(), clock, ids, calendar)
    processes.deploy((SCENARIO / "plan.bpmn").read_bytes(), Actor.hub("test"))
    timers = Timers(database, clock, processes)
    world = Storm(path, database=database, clock=clock, ids=ids, plans=processes, tickers=(timers,))
    first = int((start - START) / STEP)
    weather(world, first)
    world.pump.drain()
    for number in range(first, STEPS):
        sys.stdin.readline()
        step(world, number)
        print(f"step {number}", flush=True)
    database.close()
    print("through", flush=True)


def _moment(value: int):
    from chengshu.kernel.clock import from_millis

    return from_millis(value)


if __name__ == "__main__":
    child(Path(sys.argv[1]))
