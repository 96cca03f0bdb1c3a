"""One round of dispatch: what is needed, who can go, the assignment, and the orders that follow from it.

Reading and solving happen outside of any transaction; what is written is checked again against what has
changed meanwhile, so that a unit never gets two orders and a slot never two units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from chengshu.foundation import journal
from chengshu.foundation.journal import Act
from chengshu.foundation.roads import RoadGraph
from chengshu.foundation.roads.graph import position_at
from chengshu.foundation.roads.model import PathPoint
from chengshu.kernel.errors import Missing
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.scenes.response import store
from chengshu.scenes.response.assignment import Answer, Choice, Hand, Want, assign
from chengshu.scenes.response.duty import route as duty_route
from chengshu.scenes.response.means import HUB, Means
from chengshu.scenes.response.model import (
    MOVING,
    EventState,
    OrderState,
    Route,
    RoutePoint,
    Unit,
    WorkOrder,
)
from chengshu.scenes.response.needs import Slot, find_slots, with_benefits
from chengshu.scenes.response.orders import assign_units, draft, give_back, recall
from chengshu.scenes.response.playbook import Playbook
from chengshu.scenes.response.words import LOST, REROUTED, SENT, UNSERVED, said
from chengshu.scenes.response.writing import put_order

POSITION_FRESH = timedelta(minutes=5)  # after that a route says better where a moving unit is


@dataclass(frozen=True, slots=True)
class Sight:
    """What a round saw: slots, living orders, units, where units say they are, and the closed edges."""

    slots: Mapping[str, Slot]
    orders: Sequence[WorkOrder]
    units: Mapping[str, Unit]
    closed: frozenset[int]
    seen_at: Mapping[str, tuple[float, float]]
    now: datetime


def run_round(means: Means, playbook: Playbook) -> None:
    """Plan and write one round of the scenario; plans the next one while an event is open."""
    scenario, rule = playbook.scenario.id, playbook.declared.dispatch
    sight = _look(means, playbook)
    wants, hands = _wants(playbook, sight), _hands(playbook, sight)
    answer = Answer((), {}, {}, 0)
    if means.roads is not None and means.solver is not None:
        answer = assign(wants, hands, sight.closed, means.roads, means.solver, rule)
        answer = replace(answer, unserved=_told(answer.unserved, wants, hands, sight))

    def write(connection: Connection) -> None:
        _write(connection, means, playbook, sight, answer, {hand.id: hand for hand in hands})
        open_events = store.list_events(connection, scenario=scenario, states=[EventState.OPEN])
        if open_events:
            again = means.clock.now() + rule.replan_every
            store.wake(connection, f"dispatch:{scenario}", again, sooner_only=False)
        else:
            store.sleep(connection, f"dispatch:{scenario}")

    means.database.write(write)


def _told(
    unserved: Mapping[str, str], wants: Sequence[Want], hands: Sequence[Hand], sight: Sight
) -> dict[str, str]:
    """Tell places nobody can serve from those whose units are all at work already."""
    told = dict(unserved)
    free = {hand.id for hand in hands}
    for want in wants:
        if told.get(want.slot) == "no_skill":
            able = [
                u for u in sight.units.values() if u.type == want.unit_type and want.skills <= set(u.skills)
            ]
            if any(unit.order is not None and unit.id not in free for unit in able):
                told[want.slot] = "busy"
    return told


def closed_edges(connection: Connection, roads: RoadGraph | None) -> frozenset[int]:
    """The edges under water now, as far as they are edges of this graph."""
    if roads is None:
        return frozenset()
    edges = [edge for closure in store.list_closures(connection) for edge in closure.edges]
    return frozenset(edge for edge in edges if edge < len(roads.edges))


def whereabouts(unit: Unit, order: WorkOrder | None, now: datetime) -> tuple[float, float]:
    """Where a unit is: on its way, at its order's place, or where it was last seen."""
    if order is not None and order.route is not None and order.state in MOVING and order.accepted_at:
        points = [PathPoint(point.lon, point.lat, point.after_s) for point in order.route.points]
        return position_at(points, (now - order.route.departs_at).total_seconds())
    return unit.lon, unit.lat


def _look(means: Means, playbook: Playbook) -> Sight:
    now = means.clock.now()
    with means.database.read() as connection:
        events = store.list_events(connection, scenario=playbook.scenario.id, states=[EventState.OPEN])
        orders = store.list_orders(connection, scenario=playbook.scenario.id, open_only=True)
        units = {unit.id: unit for unit in store.list_units(connection)}
        closed = closed_edges(connection, means.roads)
    slots = find_slots(means, playbook, events)
    capacities = sorted(unit.capacity for unit in units.values() if unit.capacity > 0)
    typical = capacities[len(capacities) // 2] if capacities else 0.0
    served = frozenset(order.slot for order in orders if order.state is OrderState.ARRIVED)
    slots = with_benefits(means, playbook, slots, typical, served)
    seen_at = _seen_at(means, playbook, now)
    return Sight({slot.id: slot for slot in slots}, orders, units, closed, seen_at, now)


def _seen_at(means: Means, playbook: Playbook, now: datetime) -> dict[str, tuple[float, float]]:
    """Where units themselves say they are (readings lon, lat), if they have within :data:`POSITION_FRESH`."""
    seen: dict[str, tuple[float, float]] = {}
    for kind in playbook.declared.units:
        for state in means.readings.states(type_=kind.type):
            lon, lat = state.readings.get("lon"), state.readings.get("lat")
            if lon is None or lat is None or now - lon.observed_at > POSITION_FRESH:
                continue
            if isinstance(lon.value, int | float) and isinstance(lat.value, int | float):
                seen[state.entity.id] = (float(lon.value), float(lat.value))
    return seen


def _wants(playbook: Playbook, sight: Sight) -> list[Want]:
    """Slots to fill: wanted ones nobody works at yet, and waiting orders that stand by themselves."""
    living = {order.slot: order for order in sight.orders}
    wants: list[Want] = []
    for slot in sight.slots.values():
        order = living.get(slot.id)
        settled = order is not None and (
            order.state in (OrderState.ARRIVED, OrderState.PROPOSED) or order.pinned
        )
        if not settled and (slot.wanted or order is not None):
            wants.append(_want(playbook, slot.id, slot.need.order, slot.lon, slot.lat, slot.worth, order))
    for order in sight.orders:
        alone = order.slot not in sight.slots and order.lon is not None and order.lat is not None
        waits = order.state is OrderState.CREATED or (order.state in MOVING and not order.pinned)
        kind = playbook.declared.orders.get(order.kind)
        if alone and waits and kind is not None and kind.unit is not None and not _is_need(order, playbook):
            assert order.lon is not None and order.lat is not None  # noqa: S101  seen above
            wants.append(_want(playbook, order.slot, order.kind, order.lon, order.lat, 100.0, order))
    return wants


def _is_need(order: WorkOrder, playbook: Playbook) -> bool:
    """Whether the order fills a declared need, which may have gone."""
    return any(order.slot.startswith(f"{need.order}:{order.site}:") for need in playbook.declared.needs)


def _want(
    playbook: Playbook, slot: str, kind_id: str, lon: float, lat: float, worth: float, order: WorkOrder | None
) -> Want:
    kind = playbook.declared.orders[kind_id]
    barred: set[str] = set()
    if order is not None:  # who gave it back does not get it again; whom the hub took it from may
        barred = {refusal.unit for refusal in order.refusals if refusal.by != HUB.id}
        barred |= set(order.independent_of)
    return Want(
        slot,
        kind_id,
        kind.unit or "",
        frozenset(kind.skills),
        lon,
        lat,
        worth,
        kind.stays,
        round(kind.site_time.total_seconds()),
        frozenset(barred),
    )


def _hands(playbook: Playbook, sight: Sight) -> list[Hand]:
    types = {unit.type for unit in playbook.declared.units}
    orders = {order.id: order for order in sight.orders}
    hands: list[Hand] = []
    for unit in sight.units.values():
        order = orders.get(unit.order) if unit.order else None
        moving = order is not None and order.state in MOVING and not order.pinned
        if unit.type not in types or unit.status == "off" or (unit.order is not None and not moving):
            continue
        lon, lat = sight.seen_at.get(unit.id) or whereabouts(unit, order, sight.now)
        slot = order.slot if order is not None else None
        hands.append(Hand(unit.id, unit.type, frozenset(unit.skills), lon, lat, unit.capacity, slot))
    return hands


def _write(
    connection: Connection,
    means: Means,
    playbook: Playbook,
    sight: Sight,
    answer: Answer,
    hands: Mapping[str, Hand],
) -> None:
    recalled = _recall_gone(connection, means, playbook, sight)
    for slot, why in sorted(answer.broken.items()):
        _break(connection, means, playbook, slot, why, hands)
    made: list[str] = []
    for choice in answer.choices:
        if choice.kept:
            _reroute(connection, means, choice, hands[choice.unit], sight)
        elif (order := _order_for(connection, means, playbook, sight, choice, hands)) is not None:
            made.append(order.id)
    _note(connection, means, playbook, answer, made, recalled)
    for event in store.list_events(connection, scenario=playbook.scenario.id, states=[EventState.OPEN]):
        requests = store.take_services(connection, event.id, "dispatch")
        orders = store.list_orders(connection, event_id=event.id, open_only=True)
        data = {"assigned": sum(bool(o.units) for o in orders), "unserved": len(answer.unserved)}
        for request in requests:
            if means.plans is not None:
                means.plans.complete_service(request, data, HUB, connection=connection)


def _recall_gone(connection: Connection, means: Means, playbook: Playbook, sight: Sight) -> list[str]:
    """End the orders whose need has gone for good (neither wanted nor held)."""
    gone: list[str] = []
    for seen in sight.orders:
        if not _is_need(seen, playbook) or seen.slot in sight.slots or seen.pinned:
            continue
        order = store.order(connection, seen.id)
        if order.open:
            at = _unit_place(connection, order, sight.now)
            recall(connection, means, order, at=at)
            gone.append(order.id)
    return gone


def _unit_place(connection: Connection, order: WorkOrder, now: datetime) -> tuple[float, float] | None:
    return whereabouts(store.unit(connection, order.units[0]), order, now) if order.units else None


def _break(
    connection: Connection, means: Means, playbook: Playbook, slot: str, why: str, hands: Mapping[str, Hand]
) -> None:
    for order in store.list_orders(connection, scenario=playbook.scenario.id, slot=slot, open_only=True):
        if order.state in MOVING and not order.pinned:
            hand = next((hands[unit] for unit in order.units if unit in hands), None)
            text = said(LOST, why=UNSERVED[why])
            reason = Reason(f"dispatch.broken.{why}", text, {"slot": slot})
            at = (hand.lon, hand.lat) if hand else None
            give_back(connection, means, order, reason, at=at, action="withdrawn")


def _reroute(connection: Connection, means: Means, choice: Choice, hand: Hand, sight: Sight) -> None:
    """A unit on its way keeps its order; when its way leads through water now, it gets another way."""
    order = _living(connection, choice.slot)
    if order is None or order.route is None or order.lon is None or order.lat is None:
        return
    if not sight.closed.intersection(order.route.edges):
        return
    path = path_between(means, (hand.lon, hand.lat), (order.lon, order.lat), sight.closed, sight.now)
    if path is None:
        return  # the assignment has seen a way; the next round will say otherwise
    eta = sight.now + timedelta(seconds=round(path.travel_s))
    text = REROUTED.fill(minutes=round(path.travel_s / 60))
    reason = Reason("dispatch.rerouted", text, {"travel_s": path.travel_s, "closed": sorted(sight.closed)})
    put_order(connection, means, order, "rerouted", why=reason, route=path, eta=eta)


def _living(connection: Connection, slot: str) -> WorkOrder | None:
    return next(iter(store.list_orders(connection, slot=slot, open_only=True)), None)


def path_between(
    means: Means, start: tuple[float, float], end: tuple[float, float], closed: frozenset[int], now: datetime
) -> Route | None:
    """The timed way between two places over open roads, or None when there is none (or no road graph)."""
    if means.roads is None:
        return None
    a, b = means.roads.snap(*start), means.roads.snap(*end)
    path = means.roads.path(a.node, b.node, closed)
    if path is None:
        return None
    first, last = round(a.away_m / 5.0, 1), round(b.away_m / 5.0, 1)
    points = [RoutePoint(round(start[0], 6), round(start[1], 6), 0.0)]
    points += [RoutePoint(round(p.lon, 6), round(p.lat, 6), round(p.after_s + first, 1)) for p in path.points]
    whole = round(path.seconds + first + last, 1)
    points.append(RoutePoint(round(end[0], 6), round(end[1], 6), whole))
    length = round(path.length_m + a.away_m + b.away_m, 1)
    return Route(points=tuple(points), length_m=length, travel_s=whole, departs_at=now, edges=path.edges)


def _order_for(
    connection: Connection,
    means: Means,
    playbook: Playbook,
    sight: Sight,
    choice: Choice,
    hands: Mapping[str, Hand],
) -> WorkOrder | None:
    """The order of a choice, unless unit or slot have been taken since the round looked."""
    try:
        unit = store.unit(connection, choice.unit)
    except Missing:
        return None
    order = _living(connection, choice.slot)
    taken = order is not None and order.state is not OrderState.CREATED
    if unit.order is not None or unit.status == "off" or taken:
        return None
    slot = sight.slots.get(choice.slot)
    if order is None:
        if slot is None:
            return None
        event = store.event(connection, slot.event)
        if event.state is not EventState.OPEN:
            return None
        kind = playbook.declared.orders[slot.need.order]
        duty = duty_route(kind.matter, slot.area, means.city)
        order = draft(
            means,
            event,
            slot.need.order,
            department=unit.department or duty.lead,
            reason=duty.reason,
            slot=slot.id,
            area=slot.area,
            site=slot.entity,
            site_name=slot.name,
            at=(slot.lon, slot.lat),
            avoided_m3=slot.avoided_m3,
        )
        put_order(connection, means, order, "created", why=duty.reason)
    assert order.lon is not None and order.lat is not None  # noqa: S101  a want has a place
    start = (hands[unit.id].lon, hands[unit.id].lat)
    path = path_between(means, start, (order.lon, order.lat), sight.closed, sight.now)
    reason = _why(playbook, choice, unit, slot, order)
    if not playbook.declared.orders[order.kind].auto:
        return _propose(connection, means, order, unit, path, reason)
    return assign_units(connection, means, order, [unit], path, reason)


def _propose(
    connection: Connection, means: Means, order: WorkOrder, unit: Unit, path: Route | None, reason: Reason
) -> WorkOrder:
    """An order that is not low-risk waits for an officer; the unit is named, not sent."""
    return put_order(
        connection,
        means,
        order,
        "proposed",
        why=reason,
        state=OrderState.PROPOSED,
        units=(unit.id,),
        capacity=unit.capacity,
        route=path,
    )


def _why(playbook: Playbook, choice: Choice, unit: Unit, slot: Slot | None, order: WorkOrder) -> Reason:
    worth = slot.worth if slot else 0.0
    shown = f"{slot.avoided_m3:.0f} m³" if slot and slot.avoided_m3 is not None else f"{worth:.1f}"
    inputs = {
        "unit": unit.id,
        "travel_s": choice.travel_s,
        "capacity_m3s": unit.capacity,
        "worth": round(worth, 2),
        "avoided_m3": slot.avoided_m3 if slot else None,
        "alternatives": list(choice.alternatives),
        "refused_by": [refusal.unit for refusal in order.refusals],
    }
    names = Text.of(unit.name) if unit.name else Text.of(unit.id)
    minutes = round(choice.travel_s / 60)
    text = said(SENT, unit=names, minutes=minutes, worth=shown)
    return Reason("dispatch.route", text, inputs)


def _note(
    connection: Connection,
    means: Means,
    playbook: Playbook,
    answer: Answer,
    made: list[str],
    recalled: list[str],
) -> None:
    """Keep the round when it differs from the one before; who was left unserved, and why, is part of it."""
    scenario, now = playbook.scenario.id, means.clock.now()
    unserved = {
        slot: {"why": why, "text": UNSERVED[why].as_dict()} for slot, why in sorted(answer.unserved.items())
    }
    body: dict[str, Any] = {
        "unserved": unserved,
        "made": made,
        "recalled": recalled,
        "broken": dict(sorted(answer.broken.items())),
        "kept": sorted(choice.slot for choice in answer.choices if choice.kept),
        "objective": answer.objective,
    }
    before = store.last_dispatch(connection, scenario)
    quiet = not made and not recalled and not answer.broken
    if quiet and (before or {}).get("unserved", {}) == unserved:
        return
    store.add_dispatch(connection, scenario, now, body)
    journal.record(connection, Act(HUB, "dispatch.planned", f"dispatch:{scenario}", now, {"dispatch": body}))
