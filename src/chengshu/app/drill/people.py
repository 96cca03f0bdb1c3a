"""The people of a drill: officers, departments, crews. They answer the hub late, as people do."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from chengshu.app.drill.habits import Habits
from chengshu.foundation.journal import Actor
from chengshu.kernel.errors import Conflict, Missing
from chengshu.ports.runtime import Change
from chengshu.scenes.response.model import ENDED, OrderState, Route, WorkOrder, restore

OFFICER = Actor("person:duty-officer", "Duty officer")


class Desk(Protocol):
    """What people can do at the hub; the drill gives it."""

    def acknowledge(self, warning: str, actor: Actor) -> None: ...
    def order(self, order: str) -> WorkOrder: ...
    def accept(self, order: str, actor: Actor) -> None: ...
    def arrive(self, order: str, actor: Actor) -> None: ...
    def done(self, order: str, actor: Actor, report: Mapping[str, Any]) -> None: ...
    def refuse(self, order: str, actor: Actor, why: str) -> None: ...
    def approve(self, order: str, actor: Actor) -> None: ...


class Deed(msgspec.Struct, frozen=True, array_like=True, order=True):
    """What somebody will do: ``verb`` on ``subject`` (a warning or order). Sorted by time, then birth."""

    at: datetime
    number: int
    verb: str
    subject: str
    who: str = ""


class Whereabouts(msgspec.Struct):
    """Where a unit is: at a place, or on a route that it left at ``departed``."""

    lon: float
    lat: float
    status: str = "free"
    route: Route | None = None
    departed: datetime | None = None


class PeopleState(msgspec.Struct):
    """Everything the people know and intend, so that a demo can go on after a stop."""

    units: dict[str, Whereabouts]
    agenda: list[Deed] = []
    count: int = 0
    pumping: dict[str, tuple[str, float]] = {}  # order → element, m3/s
    fixed: dict[str, float] = {}  # pumps and gates of the network
    ever: set[str] = set()  # every element that was ever set
    begun: set[str] = set()  # "order/who" whose acceptance is on the agenda


class People:
    """Follows warnings and work orders and does what they ask, each after its own delay."""

    def __init__(
        self, desk: Desk, habits: Habits, entities: Sequence[Mapping[str, Any]], travel_factor: float
    ) -> None:
        self._desk, self._habits, self._slow = desk, habits, travel_factor
        self._nodes = {str(item["id"]): str(item["swmmId"]) for item in entities if "swmmId" in item}
        self.state = PeopleState(
            {
                str(item["id"]): Whereabouts(item["lon"], item["lat"])
                for item in entities
                if item["type"] in ("PumpTruck", "Crew") and "lon" in item
            }
        )
        self._verbs = {
            "acknowledge": self._acknowledge,
            "approve": self._approve,
            "accept": self._accept,
            "arrive": self._arrive,
            "pump": self._pump,
            "finish": self._finish,
        }

    def next_at(self) -> datetime | None:
        """When somebody wants to act."""
        return self.state.agenda[0].at if self.state.agenda else None

    def act(self, moment: datetime) -> None:
        """Everybody whose time has come acts. What the hub refuses by then is dropped, as in life."""
        while self.state.agenda and self.state.agenda[0].at <= moment:
            deed = heapq.heappop(self.state.agenda)
            try:
                self._verbs[deed.verb](deed, moment)
            except (Conflict, Missing):
                continue  # recalled, reassigned or cleared meanwhile

    def hear(self, change: Change) -> None:
        """Take note of a change of the stream."""
        if change.kind in ("warning.raised", "warning.escalated"):
            self._plan(change.at, "notice", "acknowledge", change.subject)
        elif change.kind.startswith("work_order."):
            self._hear_order(change, restore(WorkOrder, msgspec.json.encode(change.payload["work_order"])))

    def _hear_order(self, change: Change, order: WorkOrder) -> None:
        if order.state in ENDED:
            self._end(order)
        elif order.state is OrderState.PROPOSED:
            self._plan(change.at, "notice", "approve", order.id)
        elif order.state is OrderState.ASSIGNED:
            who = order.units[0] if order.units else order.department
            key = f"{order.id}/{who}"
            if key not in self.state.begun:
                self.state.begun.add(key)
                self._plan(change.at, "accept", "accept", order.id, who)

    def _acknowledge(self, deed: Deed, _now: datetime) -> None:
        self._desk.acknowledge(deed.subject, OFFICER)

    def _approve(self, deed: Deed, _now: datetime) -> None:
        self._desk.approve(deed.subject, OFFICER)

    def _accept(self, deed: Deed, now: datetime) -> None:
        order, who = self._desk.order(deed.subject), deed.who
        if who not in order.units and (order.units or who != order.department):
            return
        actor = _actor(order, who)
        if order.units and self._habits.refuses(order.id, who):
            self.state.begun.discard(f"{order.id}/{who}")
            self._desk.refuse(order.id, actor, "the vehicle does not start")
            return
        self._desk.accept(order.id, actor)
        if not order.units:
            self._plan(now, "control" if order.setting else "task", "finish", order.id, who)
            return
        for unit in order.units:
            place = self.state.units[unit]
            place.route, place.departed, place.status = order.route, now, "moving"
        seconds = (order.route.travel_s if order.route else 0.0) * self._slow
        self._push(now + timedelta(seconds=round(seconds)), "arrive", order.id, who)

    def _arrive(self, deed: Deed, now: datetime) -> None:
        order = self._desk.order(deed.subject)
        if deed.who not in order.units:
            return
        self._desk.arrive(order.id, _actor(order, deed.who))
        for unit in order.units:
            place = self.state.units[unit]
            if order.route and order.route.points:
                place.lon, place.lat = order.route.points[-1].lon, order.route.points[-1].lat
            place.route, place.status = None, "working"
        if order.capacity > 0:
            self._plan(now, "setup", "pump", order.id)
        elif order.done_by is not None or order.kind == "inspect":
            self._plan(now, "inspect", "finish", order.id, deed.who)

    def _pump(self, deed: Deed, _now: datetime) -> None:
        """The unit's pump runs from here until its order ends."""
        order = self._desk.order(deed.subject)
        node = self._nodes.get(order.site or "")
        if order.state is OrderState.ARRIVED and node is not None:
            self.state.pumping[order.id] = (f"mobile:{node}", order.capacity)

    def _finish(self, deed: Deed, _now: datetime) -> None:
        order = self._desk.order(deed.subject)
        self._desk.done(order.id, _actor(order, deed.who), answers(order))
        if order.setting and not order.units:
            self.state.fixed[str(order.setting["element"])] = float(order.setting["value"])

    def _end(self, order: WorkOrder) -> None:
        self.state.pumping.pop(order.id, None)
        for unit in order.units:
            if (place := self.state.units.get(unit)) is not None:
                place.lon, place.lat = self._at(place, order.ended_at or order.updated_at)
                place.route, place.status = None, "free"

    def settings(self) -> dict[str, float]:
        """What is set now, by element of the model: fixed ones 0..1, mobile pumps in m3/s."""
        wanted = dict(self.state.fixed)
        for element, value in self.state.pumping.values():
            wanted[element] = wanted.get(element, 0.0) + value
        self.state.ever |= set(wanted)
        return {element: wanted.get(element, 0.0) for element in self.state.ever}  # who left pumps nothing

    def whereabouts(self, unit: str, moment: datetime) -> tuple[float, float, str]:
        """Longitude, latitude and status of a unit."""
        place = self.state.units[unit]
        return (*self._at(place, moment), place.status)

    def _at(self, place: Whereabouts, moment: datetime) -> tuple[float, float]:
        if place.route is None or place.departed is None or not place.route.points:
            return place.lon, place.lat
        gone = (moment - place.departed).total_seconds() / self._slow
        before = place.route.points[0]
        for point in place.route.points:
            if point.after_s >= gone:
                span = point.after_s - before.after_s
                share = (gone - before.after_s) / span if span > 0 else 1.0
                return (
                    before.lon + share * (point.lon - before.lon),
                    before.lat + share * (point.lat - before.lat),
                )
            before = point
        return before.lon, before.lat

    def _plan(self, now: datetime, habit: str, verb: str, subject: str, who: str = "") -> None:
        delay = self._habits.delay(habit, f"{subject}/{who}" if who else subject)
        self._push(now + delay, verb, subject, who)

    def _push(self, moment: datetime, verb: str, subject: str, who: str = "") -> None:
        self.state.count += 1
        heapq.heappush(self.state.agenda, Deed(moment, self.state.count, verb, subject, who))


def _actor(order: WorkOrder, who: str) -> Actor:
    return Actor(f"unit:{who}" if order.units else f"department:{who}", who)


def answers(order: WorkOrder) -> dict[str, Any]:
    """A plain answer to every field of the order's form."""
    given: dict[str, Any] = {}
    for item in order.form:
        field = item if isinstance(item, Mapping) else {}
        kind, name = field.get("type", "text"), str(field.get("name", ""))
        if kind == "boolean":
            given[name] = True
        elif kind == "number":
            given[name] = 1
        elif kind == "choice":
            choices = field.get("choices") or [""]
            given[name] = choices[0] if isinstance(choices, list | tuple) else str(choices).split(",")[0]
        else:
            given[name] = "done in the drill"
    return given
