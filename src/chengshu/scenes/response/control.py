"""Settings of pumps and gates: the twin proposes, the operator the duty list names carries it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chengshu.foundation.context.model import EntityState
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.scenes.response import store
from chengshu.scenes.response.duty import route
from chengshu.scenes.response.means import HUB, Means, Proposal
from chengshu.scenes.response.model import Event, EventState, OrderState, WorkOrder
from chengshu.scenes.response.orders import assign_department, draft
from chengshu.scenes.response.playbook import Playbook
from chengshu.scenes.response.words import CONTROL, said
from chengshu.scenes.response.writing import put_order

ACTUATORS = ("PumpingStation", "Gate")


def run_control(means: Means, playbook: Playbook) -> None:
    """Ask the twin what to set, and order what is worth it; again after the declared interval."""
    scenario, rule = playbook.scenario.id, playbook.declared.control
    proposals: Sequence[Proposal] = ()
    if rule is not None and means.foresight is not None:
        proposals = means.foresight.controls(scenario)
    actuators = {
        str(state.value("swmmLink")): state
        for type_ in ACTUATORS
        for state in means.readings.states(type_=type_)
        if state.value("swmmLink")
    }

    def write(connection: Connection) -> None:
        events = store.list_events(connection, scenario=scenario, states=[EventState.OPEN])
        ordered = 0
        for proposal in proposals:
            worth = rule is not None and proposal.avoided_m3 >= rule.min_avoided_m3
            if events and worth and rule is not None:
                ordered += _order(connection, means, playbook, rule.order, events, proposal, actuators)
        for event in events:
            for request in store.take_services(connection, event.id, "control"):
                if means.plans is not None:
                    data = {"settings": ordered, "proposals": len(proposals)}
                    means.plans.complete_service(request, data, HUB, connection=connection)
        if events and rule is not None:
            again = means.clock.now() + rule.interval
            store.wake(connection, f"control:{scenario}", again, sooner_only=False)
        else:
            store.sleep(connection, f"control:{scenario}")

    means.database.write(write)


def _order(
    connection: Connection,
    means: Means,
    playbook: Playbook,
    kind: str,
    events: Sequence[Event],
    proposal: Proposal,
    actuators: Mapping[str, EntityState],
) -> int:
    """Order one setting; 1 when something was ordered. A setting ordered or in force is not ordered again."""
    slot = f"{kind}:{proposal.element}"
    before = store.list_orders(connection, scenario=playbook.scenario.id, slot=slot)
    if any(order.open for order in before):
        return 0
    done = [order for order in before if order.state is OrderState.DONE and order.setting is not None]
    if done and done[-1].setting is not None and done[-1].setting["value"] == proposal.value:
        return 0
    state = actuators.get(proposal.element)
    event = events[0]
    area = state.entity.area if state is not None and state.entity.area else event.area
    event = next((item for item in events if area in item.areas), event)
    declared = playbook.declared.orders[kind]
    duty = route(declared.matter, area, means.city)
    names = state.entity.name if state is not None else Text.of(proposal.element)
    reason = _reason(proposal, names)
    order = draft(
        means,
        event,
        kind,
        department=duty.lead,
        reason=reason,
        slot=slot,
        area=area,
        site=state.entity.id if state is not None else None,
        site_name=names,
        at=_place(state),
        setting={"element": proposal.element, "value": proposal.value},
        avoided_m3=round(proposal.avoided_m3, 1),
    )
    if declared.auto:
        put_order(connection, means, order, "created", why=reason)
        assign_department(connection, means, order, duty.lead, reason)
    else:
        put_order(connection, means, order, "proposed", why=reason, state=OrderState.PROPOSED)
    return 1


def _place(state: EntityState | None) -> tuple[float, float] | None:
    if state is None or state.entity.lon is None or state.entity.lat is None:
        return None
    return state.entity.lon, state.entity.lat


def _reason(proposal: Proposal, names: Text) -> Reason:
    avoided = round(proposal.avoided_m3)
    text = said(CONTROL, element=names, value=f"{proposal.value:g}", avoided=avoided)
    inputs: dict[str, Any] = {
        "element": proposal.element,
        "value": proposal.value,
        "avoided_m3": round(proposal.avoided_m3, 1),
        "why": dict(proposal.why),
    }
    return Reason("control.what_if", text, inputs)


def actions_in_force(orders: Sequence[WorkOrder], nodes: Mapping[str, str], at: datetime) -> dict[str, float]:
    """What has been done to the water by ``at``, in the twin's words: element → setting or m3/s.

    Units that have arrived at a site and stay pump at ``mobile:<node>`` of the site's node; settings hold
    from when the operator reported them done.
    """
    force: dict[str, float] = {}
    settings: list[tuple[datetime, str, float]] = []
    for order in orders:
        arrived = order.arrived_at is not None and order.arrived_at <= at
        ended = order.ended_at is not None and order.ended_at <= at
        node = nodes.get(order.site or "")
        if order.setting is not None and order.state is OrderState.DONE and order.ended_at and ended:
            settings.append((order.ended_at, order.setting["element"], float(order.setting["value"])))
        elif order.capacity > 0 and arrived and not ended and node is not None:
            key = f"mobile:{node}"
            force[key] = round(force.get(key, 0.0) + order.capacity, 6)
    for _, element, value in sorted(settings):
        force[element] = value
    return force
