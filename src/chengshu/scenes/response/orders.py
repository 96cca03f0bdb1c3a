"""The life of a work order: who gets it, what each step needs, what it leaves behind.

Every function works inside the caller's transaction and keeps order, unit and journal in step.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from chengshu.foundation.journal import Actor
from chengshu.kernel.errors import Conflict
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.scenes.response import store
from chengshu.scenes.response.declared import Clocks, OrderKind
from chengshu.scenes.response.means import HUB, Means
from chengshu.scenes.response.model import Event, OrderState, Refusal, Route, Unit, WorkOrder
from chengshu.scenes.response.words import GONE
from chengshu.scenes.response.writing import put_order, put_unit

DECIDE = OrderKind(  # of events that belong to no scenario: a person looks and decides
    name=Text("Look into it and decide", "核查并作出决定", "核查並作出決定"),
    matter="data.safety",
    clocks=Clocks(accept=timedelta(minutes=30), done=timedelta(days=1)),
)


def kind_of(means: Means, order: WorkOrder) -> OrderKind:
    """What dispatch.yaml says of this kind of order; a plain task where it no longer names it.

    An order of no scenario asks for a decision.
    """
    if (book := means.playbooks.get(order.scenario)) is None:
        return DECIDE
    return book.declared.orders.get(order.kind, book.declared.orders[book.declared.task_order])


def draft(
    means: Means,
    event: Event,
    kind: str,
    *,
    department: str,
    reason: Reason,
    slot: str,
    area: str | None = None,
    site: str | None = None,
    site_name: Text | None = None,
    at: tuple[float, float] | None = None,
    **more: Any,
) -> WorkOrder:
    """A new order of this kind for the event, not yet kept and not yet given to anybody."""
    now = means.clock.now()
    declared = means.playbooks[event.scenario].declared.orders[kind]
    place = site_name or Text.of(site or area or event.area)
    name = {
        tag: text.replace("{site}", place.say(tag)).replace("{unit}", "")
        for tag, text in Text.of(declared.name).as_dict().items()
    }
    values: dict[str, Any] = {
        "id": means.ids.new("order"),
        "event": event.id,
        "scenario": event.scenario,
        "kind": kind,
        "state": OrderState.CREATED,
        "name": name,
        "department": department,
        "matter": declared.matter,
        "area": area or event.area,
        "site": site,
        "lon": at[0] if at else None,
        "lat": at[1] if at else None,
        "created_at": now,
        "updated_at": now,
        "reason": reason.as_dict(),
        "slot": slot,
        "form": declared.form,
        "accept_by": deadlines(declared, now)["accept_by"],
    }
    return WorkOrder(**(values | more))


def deadlines(kind: OrderKind, now: datetime, travel_s: float = 0.0) -> dict[str, datetime | None]:
    """When an order assigned now has to be accepted, reached, done; no clock is shorter than the way."""

    def after(clock: timedelta | None, least: float = 0.0) -> datetime | None:
        return None if clock is None else now + max(clock, timedelta(seconds=round(least)))

    return {
        "accept_by": after(kind.clocks.accept),
        "arrive_by": after(kind.clocks.arrive, travel_s * 1.2),
        "done_by": after(kind.clocks.done, travel_s * 1.2),
    }


def assign_units(
    connection: Connection,
    means: Means,
    order: WorkOrder,
    units: Sequence[Unit],
    route: Route | None,
    reason: Reason,
    *,
    actor: Actor = HUB,
    **more: Any,
) -> WorkOrder:
    """Give the order to these units, who must be free. An order that had units before is reassigned."""
    now = means.clock.now()
    travel = route.travel_s if route else 0.0
    again = bool(order.refusals)
    changes: dict[str, Any] = {
        "state": OrderState.ASSIGNED,
        "units": tuple(unit.id for unit in units),
        "department": next((unit.department for unit in units if unit.department), order.department),
        "capacity": round(sum(unit.capacity for unit in units), 6),
        "route": route,
        "eta": now + timedelta(seconds=round(travel)),
        "assigned_at": now,
        "accepted_at": None,
        "arrived_at": None,
        "handler": "",
        "reason": reason.as_dict(),
        **deadlines(kind_of(means, order), now, travel),
        **more,
    }
    for unit in units:
        put_unit(connection, means, unit, status="busy", order=order.id)
    return put_order(
        connection,
        means,
        order,
        "reassigned" if again else "assigned",
        actor=actor,
        why=reason,
        extra={"units": [unit.id for unit in units], "eta": changes["eta"].isoformat()},
        **changes,
    )


def assign_department(
    connection: Connection,
    means: Means,
    order: WorkOrder,
    department: str,
    reason: Reason,
    *,
    actor: Actor = HUB,
    action: str = "assigned",
    **more: Any,
) -> WorkOrder:
    """Give the order to a department as a whole."""
    now = means.clock.now()
    clocks = deadlines(kind_of(means, order), now)
    clocks |= {key: value for key, value in more.items() if key in clocks}
    rest = {key: value for key, value in more.items() if key not in clocks}
    changes: dict[str, Any] = {
        "state": OrderState.ASSIGNED,
        "department": department,
        "assigned_at": now,
        "accepted_at": None,
    }
    return put_order(connection, means, order, action, actor=actor, why=reason, **(changes | clocks | rest))


def release(
    connection: Connection,
    means: Means,
    order: WorkOrder,
    *,
    status: str = "free",
    at: tuple[float, float] | None = None,
) -> None:
    """Free the units of an order, where they are now or at ``at``."""
    now = means.clock.now()
    for unit_id in order.units:
        unit = store.unit(connection, unit_id)
        if unit.order != order.id:
            continue
        place: dict[str, Any] = {}
        if at is not None:
            place = {"lon": at[0], "lat": at[1], "located_at": now}
        put_unit(connection, means, unit, status=status, order=None, **place)


def give_back(
    connection: Connection,
    means: Means,
    order: WorkOrder,
    why: Reason,
    *,
    by: Actor = HUB,
    said: str = "",
    unit_status: str = "free",
    at: tuple[float, float] | None = None,
    action: str = "refused",
) -> WorkOrder:
    """The units lose the order; it waits for others, who will not be the same."""
    now = means.clock.now()
    release(connection, means, order, status=unit_status, at=at)
    lost = tuple(Refusal(unit=unit, at=now, why=said or why.text.en, by=by.id) for unit in order.units)
    return put_order(
        connection,
        means,
        order,
        action,
        actor=by,
        why=why,
        state=OrderState.CREATED,
        units=(),
        route=None,
        eta=None,
        assigned_at=None,
        accept_by=deadlines(kind_of(means, order), now)["accept_by"],
        arrive_by=None,
        done_by=None,
        accepted_at=None,
        arrived_at=None,
        handler="",
        pinned=False,
        refusals=order.refusals + lost,
    )


def recall(
    connection: Connection,
    means: Means,
    order: WorkOrder,
    reason: Reason | None = None,
    *,
    actor: Actor = HUB,
    at: tuple[float, float] | None = None,
) -> WorkOrder:
    """End an open order that is no longer needed: done when somebody worked on it there, else cancelled."""
    reason = reason or Reason("order.gone", GONE, {"slot": order.slot})
    worked = order.state is OrderState.ARRIVED
    release(connection, means, order, at=at)
    state = OrderState.DONE if worked else OrderState.CANCELLED
    report = {**(order.report or {}), "recalled": True, "why": reason.text.as_dict()}
    return put_order(
        connection,
        means,
        order,
        state.value,
        actor=actor,
        why=reason,
        state=state,
        ended_at=means.clock.now(),
        report=report,
    )


def must_be(order: WorkOrder, states: frozenset[OrderState], verb: str) -> None:
    """Raise :class:`Conflict` unless the order is in one of ``states``."""
    if order.state not in states:
        allowed = ", ".join(sorted(state.value for state in states))
        raise Conflict(
            "order-state",
            f"work order {order.id} is {order.state.value}; only an order that is {allowed} can be {verb}",
            where=order.id,
            remedy="look at the order again: somebody or the plan has changed it",
            state=order.state.value,
        )
