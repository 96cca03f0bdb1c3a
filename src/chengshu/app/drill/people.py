"""The people of a drill: officers, departments, crews. They answer the hub late, as people do."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from chengshu.app.drill.habits import Habits
from chengshu.foundation.journal import Actor
from chengshu.kernel.errors import Conflict, Missing
from chengshu.ports.runtime import Change
from chengshu.scenes.response.model import ENDED, OrderState, Route, WorkOrder, restore

Deed = Callable[[datetime], None]


class Desk(Protocol):
    """What people can do at the hub; the app gives it."""

    def acknowledge(self, warning: str, actor: Actor) -> None: ...
    def order(self, order: str) -> WorkOrder: ...
    def accept(self, order: str, actor: Actor) -> None: ...
    def arrive(self, order: str, actor: Actor) -> None: ...
    def done(self, order: str, actor: Actor, report: Mapping[str, Any]) -> None: ...
    def refuse(self, order: str, actor: Actor, why: str) -> None: ...
    def approve(self, order: str, actor: Actor) -> None: ...


@dataclass(slots=True)
class _Whereabouts:
    """Where a unit is: at a place, or on a route that it left at ``departed``."""

    lon: float
    lat: float
    status: str = "free"
    route: Route | None = None
    departed: datetime | None = None


class People:
    """Follows warnings and work orders and does what they ask, each after its own delay."""

    def __init__(
        self, desk: Desk, habits: Habits, entities: Sequence[Mapping[str, Any]], travel_factor: float
    ) -> None:
        self._desk, self._habits, self._slow = desk, habits, travel_factor
        self._agenda: list[tuple[datetime, int, Deed]] = []
        self._count = 0
        self._units = {
            str(item["id"]): _Whereabouts(item["lon"], item["lat"])
            for item in entities
            if item["type"] in ("PumpTruck", "Crew") and "lon" in item
        }
        self._pumping: dict[str, tuple[str, float]] = {}  # order → element, m3/s
        self._set: dict[str, float] = {}  # fixed pumps and gates
        self._ever: set[str] = set()
        self._begun: set[tuple[str, str]] = set()  # order and unit whose acceptance is on the agenda

    def next_at(self) -> datetime | None:
        """When somebody wants to act."""
        return self._agenda[0][0] if self._agenda else None

    def act(self, moment: datetime) -> None:
        """Everybody whose time has come acts. What the hub refuses by then is dropped, as in life."""
        while self._agenda and self._agenda[0][0] <= moment:
            _, _, deed = heapq.heappop(self._agenda)
            try:
                deed(moment)
            except (Conflict, Missing):
                continue  # recalled, reassigned or cleared meanwhile

    def hear(self, change: Change) -> None:
        """Take note of a change of the stream."""
        if change.kind in ("warning.raised", "warning.escalated"):
            self._plan(
                change.at,
                "notice",
                change.subject,
                lambda _: self._desk.acknowledge(
                    change.subject, Actor("person:duty-officer", "Duty officer")
                ),
            )
        elif change.kind.startswith("work_order."):
            self._hear_order(change, _order_of(change))

    def _hear_order(self, change: Change, order: WorkOrder) -> None:
        if order.state in ENDED:
            self._end(order)
        elif order.state is OrderState.PROPOSED:
            self._plan(
                change.at,
                "notice",
                order.id,
                lambda _: self._desk.approve(order.id, Actor("person:duty-officer", "Duty officer")),
            )
        elif order.state is OrderState.ASSIGNED or (
            order.state is OrderState.CREATED and not order.units and order.accept_by is not None
        ):
            who = order.units[0] if order.units else order.department
            if (order.id, who) not in self._begun:
                self._begun.add((order.id, who))
                self._plan(
                    change.at, "accept", f"{order.id}/{who}", lambda now: self._accept(order.id, who, now)
                )

    def _accept(self, order_id: str, who: str, now: datetime) -> None:
        order = self._desk.order(order_id)
        if order.units and who not in order.units:
            return
        actor = Actor(f"unit:{who}" if order.units else f"department:{who}", who)
        if order.units and self._habits.refuses(order_id, who):
            self._begun.discard((order_id, who))
            self._desk.refuse(order_id, actor, "the vehicle does not start")
            return
        self._desk.accept(order_id, actor)
        if not order.units:
            what = "control" if order.setting else "task"
            self._plan(now, what, order_id, lambda later: self._finish(order_id, actor, later))
            return
        seconds = (order.route.travel_s if order.route else 0.0) * self._slow
        for unit in order.units:
            place = self._units[unit]
            place.route, place.departed, place.status = order.route, now, "moving"
        self._push(
            now + timedelta(seconds=round(seconds)), lambda later: self._arrive(order_id, actor, later)
        )

    def _arrive(self, order_id: str, actor: Actor, now: datetime) -> None:
        self._desk.arrive(order_id, actor)
        order = self._desk.order(order_id)
        for unit in order.units:
            place = self._units[unit]
            if order.route and order.route.points:
                place.lon, place.lat = order.route.points[-1].lon, order.route.points[-1].lat
            place.route, place.status = None, "working"
        if order.setting:
            self._plan(now, "setup", order_id, lambda _: self._pump(order_id))
        elif order.done_by is not None or order.kind == "inspect":
            self._plan(now, "inspect", order_id, lambda later: self._finish(order_id, actor, later))

    def _pump(self, order_id: str) -> None:
        order = self._desk.order(order_id)
        if order.state is OrderState.ARRIVED and order.setting:
            self._pumping[order_id] = (str(order.setting["element"]), float(order.setting["value"]))

    def _finish(self, order_id: str, actor: Actor, _now: datetime) -> None:
        order = self._desk.order(order_id)
        self._desk.done(order_id, actor, _answers(order))
        if order.setting and not order.units:
            self._set[str(order.setting["element"])] = float(order.setting["value"])

    def _end(self, order: WorkOrder) -> None:
        self._pumping.pop(order.id, None)
        for unit in order.units:
            place = self._units.get(unit)
            if place is not None:
                place.lon, place.lat = self._at(place, order.ended_at or order.updated_at)
                place.route, place.status = None, "free"

    def settings(self) -> dict[str, float]:
        """What is set now, by element of the model: fixed ones 0..1, mobile pumps in m3/s."""
        wanted = dict(self._set)
        for element, value in self._pumping.values():
            wanted[element] = wanted.get(element, 0.0) + value
        self._ever |= set(wanted)
        return {
            element: wanted.get(element, 0.0) for element in self._ever
        }  # a truck that left pumps nothing

    def whereabouts(self, unit: str, moment: datetime) -> tuple[float, float, str]:
        """Longitude, latitude and status of a unit."""
        place = self._units[unit]
        return (*self._at(place, moment), place.status)

    def _at(self, place: _Whereabouts, moment: datetime) -> tuple[float, float]:
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

    def _plan(self, now: datetime, what: str, subject: str, deed: Deed) -> None:
        self._push(now + self._habits.delay(what, subject), deed)

    def _push(self, moment: datetime, deed: Deed) -> None:
        self._count += 1
        heapq.heappush(self._agenda, (moment, self._count, deed))


def _order_of(change: Change) -> WorkOrder:
    return restore(WorkOrder, msgspec.json.encode(change.payload["work_order"]))


def _answers(order: WorkOrder) -> dict[str, Any]:
    """A plain honest answer to every field of the order's form."""
    answers: dict[str, Any] = {}
    for item in order.form:
        field = item if isinstance(item, Mapping) else {}
        kind, name = field.get("type", "text"), str(field.get("name", ""))
        if kind == "boolean":
            answers[name] = True
        elif kind == "number":
            answers[name] = 1
        elif kind == "choice":
            choices = field.get("choices") or [""]
            answers[name] = choices[0] if isinstance(choices, list | tuple) else str(choices).split(",")[0]
        else:
            answers[name] = "done in the drill"
    return answers
