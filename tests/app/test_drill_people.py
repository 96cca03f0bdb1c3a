"""The people of a drill do what the hub orders: a pump truck really pumps, until it is recalled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from chengshu.app.drill.declared import People as PeopleFile
from chengshu.app.drill.habits import Habits
from chengshu.app.drill.people import People
from chengshu.foundation.journal import Actor
from chengshu.ports.runtime import Change
from chengshu.scenes.response.model import OrderState, Route, WorkOrder

T0 = datetime(2026, 7, 17, 7, tzinfo=UTC)
TRUCKS = ("urn:ngsi-ld:PumpTruck:T01", "urn:ngsi-ld:PumpTruck:T02")
SITE = "urn:ngsi-ld:DrainageNode:J1"
THINGS: list[Mapping[str, Any]] = [
    {"id": SITE, "type": "DrainageNode", "swmmId": "J1", "lon": 6.1, "lat": 49.6},
    *({"id": truck, "type": "PumpTruck", "lon": 6.1, "lat": 49.6} for truck in TRUCKS),
]


def order(number: int, capacity: float, **changes: Any) -> WorkOrder:
    plain: dict[str, Any] = {
        "id": f"order-{number}",
        "event": "event-1",
        "scenario": "waterlogging",
        "kind": "pump",
        "state": OrderState.ASSIGNED,
        "name": {"en": "Pump"},
        "department": "water",
        "matter": "drainage.pump",
        "area": "city",
        "site": SITE,
        "lon": 6.1,
        "lat": 49.6,
        "created_at": T0,
        "updated_at": T0,
        "reason": {},
        "units": (TRUCKS[number],),
        "capacity": capacity,
        "route": Route(length_m=1000.0, travel_s=600.0, points=(), departs_at=T0),
    }
    return WorkOrder(**(plain | changes))


@dataclass
class Desk:
    """A hub that takes every deed and notes when it was done."""

    orders: dict[str, WorkOrder]
    done_deeds: list[str] = field(default_factory=list)

    def order(self, order: str) -> WorkOrder:
        return self.orders[order]

    def accept(self, order: str, _actor: Actor) -> None:
        self._to(order, OrderState.ACCEPTED)

    def arrive(self, order: str, _actor: Actor) -> None:
        self._to(order, OrderState.ARRIVED)

    def done(self, order: str, _actor: Actor, _report: Mapping[str, Any]) -> None:
        self._to(order, OrderState.DONE)

    def refuse(self, order: str, _actor: Actor, _why: str) -> None:
        self.done_deeds.append(f"refuse {order}")

    def acknowledge(self, warning: str, _actor: Actor) -> None:
        self.done_deeds.append(f"acknowledge {warning}")

    def approve(self, order: str, _actor: Actor) -> None:
        self.done_deeds.append(f"approve {order}")

    def _to(self, order: str, state: OrderState) -> None:
        self.orders[order] = msgspec.structs.replace(self.orders[order], state=state)


def told(order: WorkOrder, at: datetime) -> Change:
    payload = {"work_order": msgspec.to_builtins(order)}
    return Change(seq=1, at=at, kind=f"work_order.{order.state.value}", subject=order.id, payload=payload)


def people_with(*orders: WorkOrder) -> tuple[People, Desk]:
    desk = Desk({one.id: one for one in orders})
    people = People(desk, Habits(PeopleFile()), THINGS, 1.5)
    for one in orders:
        people.hear(told(one, T0))
    return people, desk


def live(people: People, minutes: int) -> None:
    """Minute by minute, as the drill does."""
    for minute in range(minutes + 1):
        people.act(T0 + timedelta(minutes=minute))


def test_a_truck_pumps_after_driving_and_setting_up_until_its_order_ends() -> None:
    people, desk = people_with(order(0, 0.3))
    live(people, 15)  # 10 min of road take 15 in the storm, after some time to accept
    assert people.settings() == {}
    live(people, 60)
    assert desk.orders["order-0"].state is OrderState.ARRIVED
    assert people.settings() == {"mobile:J1": 0.3}
    people.hear(told(order(0, 0.3, state=OrderState.DONE), T0 + timedelta(hours=2)))
    assert people.settings() == {"mobile:J1": 0.0}


def test_trucks_at_one_place_pump_together() -> None:
    people, _ = people_with(order(0, 0.3), order(1, 0.5))
    live(people, 60)
    assert people.settings() == {"mobile:J1": pytest.approx(0.8)}


def test_a_truck_at_no_place_of_the_model_pumps_nothing() -> None:
    people, _ = people_with(order(0, 0.3, site=TRUCKS[1]))
    live(people, 60)
    assert people.settings() == {}
