"""When it is over: data say so, not the crew's report; then the plan ends, and the event closes with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from chengshu.foundation.context.model import EntityState
from chengshu.foundation.journal import Actor
from chengshu.kernel.clock import iso
from chengshu.kernel.errors import Conflict
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.scenes.response import store
from chengshu.scenes.response.correlate import within
from chengshu.scenes.response.declared import Closing
from chengshu.scenes.response.duty import route
from chengshu.scenes.response.events import facts
from chengshu.scenes.response.means import HUB, Means
from chengshu.scenes.response.model import Event, EventState, OrderState, WorkOrder
from chengshu.scenes.response.orders import assign_department, draft, recall
from chengshu.scenes.response.words import CALM, INSPECT, OVER
from chengshu.scenes.response.writing import put_event, put_order

FINISH_WITHIN = timedelta(minutes=30)  # the plan's own last steps after the data have agreed


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the closing condition: what was seen, and whether it holds."""

    holds: bool
    enough: bool  # enough fresh data to say anything
    reason: Reason
    coverage: float
    fresh: int
    total: int
    series: tuple[str, ...]
    values: dict[str, Any]
    silent: tuple[EntityState, ...]
    inspected: WorkOrder | None


def look(means: Means, event: Event, orders: Sequence[WorkOrder], now: datetime) -> Look:
    """Ask the closing decision over the independent readings of the event's areas."""
    playbook = means.playbooks[event.scenario]
    closing = playbook.declared.closing
    seen: dict[str, Any] = {}
    series: list[str] = []
    values: dict[str, Any] = {}
    silent: list[EntityState] = []
    fresh = total = 0
    for evidence in closing.evidence:
        rows = seen.setdefault(evidence.key, [])
        for state in means.readings.states(type_=evidence.entity):
            if not within(event.areas, state.entity.area, means.city.areas):
                continue
            total += 1
            reading = state.readings.get(evidence.attribute)
            age = None if reading is None else (now - reading.observed_at).total_seconds()
            if reading is None or age is None or age > closing.fresh_for.total_seconds():
                silent.append(state)
                continue
            fresh += 1
            others = {name: other.value for name, other in state.readings.items()}
            row = {
                **state.entity.attributes,
                **others,
                "entity": state.entity.id,
                "value": reading.value,
                "age": age,
            }
            rows.append(row)
            series.append(f"{state.entity.id}.{evidence.attribute}")
            values[series[-1]] = reading.value
    coverage = fresh / total if total else 0.0
    inspected = _inspection(event, orders, closing, now)
    report = None if inspected is None else dict(inspected.report or {})
    context = {**facts(event.warnings), **seen, "coverage": coverage, "inspection": report}
    holds, reason = playbook.closed(context)
    enough = coverage >= closing.coverage or inspected is not None
    return Look(
        holds and enough,
        enough,
        reason,
        coverage,
        fresh,
        total,
        tuple(series),
        values,
        tuple(silent),
        inspected,
    )


def _inspection(
    event: Event, orders: Sequence[WorkOrder], closing: Closing, now: datetime
) -> WorkOrder | None:
    """The newest inspection by somebody who did not handle the event, while it is fresh enough."""
    done = [
        order
        for order in orders
        if order.slot.startswith(f"inspect:{event.id}")
        and order.state is OrderState.DONE
        and order.ended_at is not None
        and now - order.ended_at <= closing.dwell + closing.inspect_after
        and not (order.report or {}).get("recalled")
    ]
    return done[-1] if done else None


def verify(connection: Connection, means: Means, event: Event, seen: Look) -> None:
    """Carry one look over to the event: count the calm, ask for eyes where data are missing, verify."""
    now = means.clock.now()
    playbook = means.playbooks[event.scenario]
    closing = playbook.declared.closing
    if event.state is EventState.VERIFIED:
        _press(connection, means, event, now)
        return
    calm = (event.calm_since or now) if seen.holds else None
    blind = None if seen.enough else (event.blind_since or now)
    shown = {
        "holds": seen.holds,
        "coverage": round(seen.coverage, 3),
        "fresh": seen.fresh,
        "total": seen.total,
        "reason": seen.reason.as_dict(),
        "at": iso(now),
        "calm_since": iso(calm) if calm else None,
        "until": iso(calm + closing.dwell) if calm else None,
        "values": seen.values,
    }
    if calm is not None and now - calm >= closing.dwell:
        _verified(connection, means, event, seen, calm, shown)
        return
    if blind is not None and now - blind >= closing.inspect_after:
        _send_eyes(connection, means, event, seen)
    store.wake(connection, f"verify:{event.id}", now + closing.every, sooner_only=False)
    before = event.closing or {}
    if (calm, blind) != (event.calm_since, event.blind_since) or _news(before, shown):
        put_event(
            connection,
            means,
            event,
            "updated",
            reason=seen.reason,
            calm_since=calm,
            blind_since=blind,
            closing=shown,
        )


def _news(before: dict[str, Any], shown: dict[str, Any]) -> bool:
    """Whether a look differs in more than its time and the last digits of its readings."""
    keys = ("holds", "fresh", "total", "calm_since")
    return any(before.get(key) != shown[key] for key in keys)


def _verified(
    connection: Connection, means: Means, event: Event, seen: Look, since: datetime, shown: dict[str, Any]
) -> None:
    now = means.clock.now()
    closing = means.playbooks[event.scenario].declared.closing
    minutes = round((now - since).total_seconds() / 60)
    reason = Reason(seen.reason.rule, CALM.fill(minutes=minutes), seen.reason.inputs)
    closed_by: dict[str, Any] = {
        "kind": "data" if seen.coverage >= closing.coverage else "inspection",
        "rule": seen.reason.rule,
        "series": list(seen.series),
        "values": seen.values,
        "coverage": round(seen.coverage, 3),
        "since": iso(since),
        "reason": seen.reason.as_dict(),
    }
    if seen.inspected is not None:
        by = seen.inspected.handler
        closed_by["inspection"] = {"order": seen.inspected.id, "by": by, "report": seen.inspected.report}
    event = put_event(
        connection,
        means,
        event,
        "verified",
        reason=reason,
        state=EventState.VERIFIED,
        verified_at=now,
        closed_by=closed_by,
        closing=shown,
        calm_since=since,
        blind_since=None,
    )
    over = Reason("event.verified", OVER, {"event": event.id})
    for order in store.list_orders(connection, event_id=event.id, open_only=True):
        if order.task is None:
            recall(connection, means, order, over)
    _press(connection, means, event, now)


def _press(connection: Connection, means: Means, event: Event, now: datetime) -> None:
    """Tell the plan until it has ended; a plan that does not end in time is ended."""
    closing = means.playbooks[event.scenario].declared.closing
    if means.plans is None or event.process is None:
        close_with_plan(connection, means, event)
        return
    data = {"verified": True, "closed_by": (event.closed_by or {}).get("kind", "data")}
    for request in store.take_services(connection, event.id, "verify"):
        means.plans.complete_service(request, data, HUB, connection=connection)
    means.plans.message(closing.message, event.id, data, HUB, connection=connection)
    if now - (event.verified_at or now) >= FINISH_WITHIN:
        left = [order.id for order in store.list_orders(connection, event_id=event.id, open_only=True)]
        means.plans.cancel(event.process, "the event is verified and closed", HUB, connection=connection)
        close_with_plan(connection, means, event, unfinished=left)
    else:
        store.wake(connection, f"verify:{event.id}", now + closing.every, sooner_only=False)


def close_with_plan(
    connection: Connection, means: Means, event: Event, *, unfinished: Sequence[str] = ()
) -> None:
    """Close a verified event. Orders still open are recalled."""
    event = store.event(connection, event.id)
    if event.state is not EventState.VERIFIED:
        return
    _close(connection, means, event, {**(event.closed_by or {}), "unfinished": list(unfinished)}, HUB, None)


def close_by_person(connection: Connection, means: Means, event_id: str, actor: Actor, why: str) -> Event:
    """A person closes an event against or without the data; the record says so. Raises :class:`Conflict`."""
    event = store.event(connection, event_id)
    if event.state is EventState.CLOSED:
        raise Conflict(
            "event-closed", f"event {event_id} is closed already", where=event_id, remedy="open its review"
        )
    reason = Reason("event.closed.person", Text.of(why), {"by": actor.id})
    if means.plans is not None and event.process is not None:
        means.plans.cancel(event.process, why, actor, connection=connection)
    closed_by = {"kind": "person", "by": actor.id, "why": why, "data": event.closing}
    return _close(connection, means, event, closed_by, actor, reason)


def _close(
    connection: Connection,
    means: Means,
    event: Event,
    closed_by: dict[str, Any],
    actor: Actor,
    reason: Reason | None,
) -> Event:
    over = Reason("event.closed", OVER, {"event": event.id})
    for order in store.list_orders(connection, event_id=event.id, open_only=True):
        recall(connection, means, order, over, actor=actor)
    store.sleep(connection, f"verify:{event.id}")
    for handler in ("dispatch", "control", "verify"):
        store.take_services(connection, event.id, handler)
    return put_event(
        connection,
        means,
        event,
        "closed",
        actor=actor,
        reason=reason,
        state=EventState.CLOSED,
        closed_at=means.clock.now(),
        closed_by=closed_by,
    )


def _send_eyes(connection: Connection, means: Means, event: Event, seen: Look) -> None:
    """Ask for an inspection by somebody who did not handle the event, once at a time."""
    playbook = means.playbooks[event.scenario]
    kind = playbook.declared.closing.inspect_order
    slot = f"inspect:{event.id}"
    if any(order.open for order in store.list_orders(connection, slot=slot)):
        return
    handlers = sorted(
        {unit for order in store.list_orders(connection, event_id=event.id) for unit in _hands(order)}
    )
    place = next((state.entity for state in seen.silent if state.entity.lon is not None), None)
    at = (place.lon, place.lat) if place and place.lon is not None and place.lat is not None else None
    if at is None and event.lon is not None and event.lat is not None:
        at = (event.lon, event.lat)
    reason = Reason(
        "closing.blind",
        INSPECT.fill(fresh=seen.fresh, total=seen.total),
        {"coverage": seen.coverage, "silent": [state.entity.id for state in seen.silent], "not": handlers},
    )
    declared = playbook.declared.orders[kind]
    area = place.area if place and place.area else event.area
    department = route(declared.matter, area, means.city).lead
    order = draft(
        means,
        event,
        kind,
        department=department,
        reason=reason,
        slot=slot,
        area=area,
        site=place.id if place else None,
        site_name=place.name if place else None,
        at=at,
        independent_of=tuple(handlers),
    )
    if declared.unit is None:
        order = put_order(connection, means, order, "created", why=reason)
        assign_department(connection, means, order, department, reason)
    else:
        put_order(connection, means, order, "created", why=reason)
        store.wake(connection, f"dispatch:{event.scenario}", means.clock.now())


def _hands(order: WorkOrder) -> set[str]:
    if order.slot.startswith("inspect:"):
        return set()
    return {*order.units, *(refusal.unit for refusal in order.refusals)}
