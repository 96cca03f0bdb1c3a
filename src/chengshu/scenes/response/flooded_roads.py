"""Water closes roads and gives them back: closures by the declared readings, and the orders to guard them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.context.model import EntityState
from chengshu.foundation.roads import RoadGraph
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.scenes.response import store
from chengshu.scenes.response.correlate import covers
from chengshu.scenes.response.declared import RoadClosure
from chengshu.scenes.response.duty import route
from chengshu.scenes.response.means import Means
from chengshu.scenes.response.model import Closure, Event, EventState
from chengshu.scenes.response.orders import draft, recall
from chengshu.scenes.response.playbook import Playbook
from chengshu.scenes.response.words import ROAD_CLOSED, ROAD_OPENED, said
from chengshu.scenes.response.writing import put_closure, put_order

Verdict = tuple[
    RoadClosure, EntityState, bool
]  # True: closed now; a place between the two limits has no verdict


def judge(means: Means, playbook: Playbook) -> list[Verdict]:
    """The places whose water clearly closes or frees the road now, and that are not so yet."""
    with means.database.read() as connection:
        standing = {closure.id for closure in store.list_closures(connection)}
    verdicts: list[Verdict] = []
    for rule in playbook.declared.roads:
        for state in means.readings.states(type_=rule.entity):
            closed = state.entity.id in standing
            if not closed and playbook.holds(rule.closes, state):
                verdicts.append((rule, state, True))
            elif closed and playbook.holds(rule.opens, state):
                verdicts.append((rule, state, False))
    return verdicts


def apply(connection: Connection, means: Means, playbook: Playbook, verdicts: Sequence[Verdict]) -> None:
    """Write what differs from the closures that stand; a change lets dispatch plan again."""
    standing = {closure.id: closure for closure in store.list_closures(connection)}
    changed = False
    for rule, state, closed in verdicts:
        closure = standing.get(state.entity.id)
        if closed and closure is None:
            _close(connection, means, playbook, rule, state)
            changed = True
        elif not closed and closure is not None:
            _reopen(connection, means, closure, state)
            changed = True
    if changed:
        store.wake(connection, f"dispatch:{playbook.scenario.id}", means.clock.now())


def _close(
    connection: Connection, means: Means, playbook: Playbook, rule: RoadClosure, state: EntityState
) -> None:
    value = state.value(rule.depth)
    depth = round(float(value), 3) if isinstance(value, int | float) else None
    text = said(ROAD_CLOSED, place=_place(state), depth=depth)
    reason = Reason("road.closes", text, {"rule": rule.closes, "depth_m": depth, "entity": state.entity.id})
    edges = edges_of(means.roads, rule, state)
    now = means.clock.now()
    closure = Closure(
        id=state.entity.id, edges=edges, depth_m=depth, closed_at=now, opened_at=None, reason=reason.as_dict()
    )
    put_closure(connection, means, closure, "closed", reason)
    if rule.order is not None and (event := _event_of(connection, means, playbook, state)) is not None:
        _guard(connection, means, playbook, rule.order, event, state, reason)


def _place(state: EntityState) -> Text:
    return state.entity.name if state.entity.name.say("en") else Text.of(state.entity.id)


def edges_of(roads: RoadGraph | None, rule: RoadClosure, state: EntityState) -> tuple[int, ...]:
    """The edges the water takes away: those through the underpass, or those near the place."""
    if roads is None:
        return ()
    if rule.within_m is None:
        return roads.through(state.entity.id)
    if state.entity.lon is None or state.entity.lat is None:
        return ()
    return roads.within(state.entity.lon, state.entity.lat, rule.within_m)


def _event_of(connection: Connection, means: Means, playbook: Playbook, state: EntityState) -> Event | None:
    events = store.list_events(connection, scenario=playbook.scenario.id, states=[EventState.OPEN])
    areas = means.city.areas
    near = [e for e in events if any(covers(area, state.entity.area, areas) for area in e.areas)]
    near += [event for event in events if covers(event.area, state.entity.area, areas)]
    return next(iter([*near, *events]), None)


def _guard(
    connection: Connection,
    means: Means,
    playbook: Playbook,
    kind: str,
    event: Event,
    state: EntityState,
    reason: Reason,
) -> None:
    slot = f"{kind}:{state.entity.id}:road"
    needs = playbook.declared.needs
    if any(need.order == kind and need.entity == state.entity.type for need in needs):
        return  # a declared need sends them there already
    if any(order.open for order in store.list_orders(connection, slot=slot)):
        return
    declared = playbook.declared.orders[kind]
    area = state.entity.area or event.area
    duty = route(declared.matter, area, means.city)
    lon, lat = state.entity.lon, state.entity.lat
    order = draft(
        means,
        event,
        kind,
        department=duty.lead,
        reason=reason,
        slot=slot,
        area=area,
        site=state.entity.id,
        site_name=state.entity.name,
        at=(lon, lat) if lon is not None and lat is not None else None,
    )
    put_order(connection, means, order, "created", why=reason)


def guard_standing(connection: Connection, means: Means, playbook: Playbook, event: Event) -> None:
    """Guard the places closed before the event was opened."""
    rules = [rule for rule in playbook.declared.roads if rule.order is not None]
    standing = {closure.id: closure for closure in store.list_closures(connection)}
    for rule in rules:
        for state in means.readings.states(type_=rule.entity):
            closure = standing.get(state.entity.id)
            inside = any(covers(area, state.entity.area, means.city.areas) for area in event.areas)
            if closure is not None and inside and rule.order is not None:
                _guard(
                    connection, means, playbook, rule.order, event, state, Reason.from_dict(closure.reason)
                )


def _reopen(connection: Connection, means: Means, closure: Closure, state: EntityState) -> None:
    reason = Reason("road.opens", said(ROAD_OPENED, place=_place(state)), {"entity": closure.id})
    put_closure(connection, means, replace(closure, opened_at=means.clock.now()), "opened", reason)
    for order in store.list_orders(connection, open_only=True):
        if order.site == closure.id and order.slot.endswith(":road"):
            recall(connection, means, order, reason)
