"""When an event is expected to be over: by calm data, by the twin, else by the units out there."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from world import OFFICER, World

from chengshu.foundation.twins.model import Drying

HOUR = timedelta(hours=1)


class Twin:
    """Sees what it is told to see, at the places it is told of."""

    def __init__(self, drying: Drying | None = None, place: str = "") -> None:
        self.drying, self.place = drying, place

    def benefits(self, *asked: Any) -> dict[str, Any]:
        return {}

    def controls(self, scenario: str) -> list[Any]:
        return []

    def volumes(self, *asked: Any) -> None:
        return None

    def dry_by(self, scenario: str, entities: Collection[str], at: datetime | None = None) -> Drying | None:
        return self.drying if self.place in entities else None


def begun(tmp_path: Any, twin: Twin) -> Any:
    world = World(tmp_path / "hub.db", foresight=twin)
    twin.place = world.readings.declare("DrainageNode", "A", "west-s", 1, 1, swmmId="A")
    world.readings.set(twin.place, floodProbability=0.9, forecastDepth=0.5)
    world.warn("w1", "west-s", "orange")
    return world


def ending(world: Any) -> Any:
    (event,) = world.queries.events()
    now = world.clock.now()
    return world.queries.expected_end(event, world.queries.orders(event=event.id), at=now)


def test_the_last_place_must_be_dry_and_stay_calm(tmp_path: Any) -> None:
    twin = Twin()
    world = begun(tmp_path, twin)
    now = world.clock.now()
    dwell = world.response.means.playbooks["waterlogging"].declared.closing.dwell
    twin.drying = Drying(now + HOUR, beyond=False)
    end = ending(world)
    assert (end.at, end.basis, end.beyond) == (now + HOUR + dwell, "forecast", False)
    twin.drying = Drying(now + 2 * HOUR, beyond=True)
    assert (ending(world).at, ending(world).beyond) == (now + 2 * HOUR + dwell, True)


def test_a_unit_that_is_longer_out_than_the_water_counts(tmp_path: Any) -> None:
    twin = Twin()
    world = begun(tmp_path, twin)
    orders = [order for order in world.orders() if order.eta]
    assert orders
    twin.drying = Drying(world.clock.now() - timedelta(minutes=1), beyond=False)
    dwell = world.response.means.playbooks["waterlogging"].declared.closing.dwell
    through = max(order.done_by or order.eta for order in orders)
    end = ending(world)
    assert (end.at, end.basis, end.beyond) == (max(world.clock.now() + dwell, through), "dry", True)


def test_without_a_word_of_the_twin_the_units_say(tmp_path: Any) -> None:
    twin = Twin()
    world = begun(tmp_path, twin)
    end = ending(world)
    assert end.basis == "units" and end.at >= world.clock.now()
    stale = Drying(world.clock.now() - HOUR, beyond=True)  # it saw no end, and has said nothing since
    twin.drying = stale
    assert ending(world).basis == "units"


def test_calm_data_close_it_after_their_dwell_and_a_closed_one_has_no_end_to_come(tmp_path: Any) -> None:
    world = begun(tmp_path, Twin())
    (event,) = world.queries.events()
    since = world.clock.now() - timedelta(minutes=3)
    dwell = world.response.means.playbooks["waterlogging"].declared.closing.dwell
    calm = event.__class__(**{f: getattr(event, f) for f in event.__struct_fields__} | {"calm_since": since})
    end = world.queries.expected_end(calm, (), at=world.clock.now())
    assert (end.at, end.basis) == (since + dwell, "calm")
    world.do.close(event.id, "a person says so", OFFICER)
    assert ending(world) is None
