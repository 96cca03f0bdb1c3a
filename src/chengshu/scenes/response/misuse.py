"""Misuse of shared data as an event at the duty desk: opened by the record of uses, closed by the decision.

It belongs to no scenario: no sensor sees it and no plan runs. The duty list says who looks into it (matter
``data.safety``; where it does not, the data bureau), one work order with clocks asks for the decision, and
the event closes by itself when the grant is restored or over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chengshu.foundation.journal import Actor
from chengshu.kernel.levels import Level
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.scenes.response import store
from chengshu.scenes.response.duty import DutyAnswer, route
from chengshu.scenes.response.means import Means
from chengshu.scenes.response.model import Event, EventState, OrderState, WorkOrder
from chengshu.scenes.response.orders import DECIDE, assign_department, deadlines
from chengshu.scenes.response.words import BUREAU, DECISIONS, MISUSE, said
from chengshu.scenes.response.writing import put_event, put_order

SHARING = "sharing"  # stands where other events name their scenario
MISUSED = "sharing.misuse"
DECIDED = ("sharing.restored", "sharing.revoked", "sharing.ended", "sharing.expired")


def on_misuse(
    connection: Connection, means: Means, request: str, payload: Mapping[str, Any], at: datetime
) -> None:
    """Open an event for the request whose grant was misused, and ask for a decision; one at a time."""
    if _open_for(connection, request):
        return
    now = means.clock.now()
    area = means.city.areas.roots()[0].id
    level = Level.parse(str(payload["level"])).word
    duty = _duty(means, area, str(payload["bureau"]))
    found = Reason.from_dict(payload["reason"])
    event = Event(
        id=means.ids.new("event"),
        scenario=SHARING,
        name=said(MISUSE, title=Text.of(payload["title"])).as_dict(),
        area=area,
        areas=(area,),
        severity=level,
        highest=level,
        state=EventState.OPEN,
        opened_at=now,
        updated_at=now,
        lead=duty.lead,
        assist=tuple(dict.fromkeys((str(payload["provider"]), *duty.assist))),
        fallback=duty.fallback,
        warnings=(),
        entities=(request,),
        lon=None,
        lat=None,
        severity_reason=dict(payload["severity"]),
        duty_reason=duty.reason.as_dict(),
        first_signal_at=at,
    )
    put_event(connection, means, event, "opened", reason=found)
    order = _order(means, event, duty, request, found)
    order = put_order(connection, means, order, "created", why=found)
    assign_department(connection, means, order, duty.lead, duty.reason)


def on_decision(connection: Connection, means: Means, request: str, payload: Mapping[str, Any]) -> None:
    """Close the event of a request once it is decided; whoever decided has done the work order."""
    state, by = str(payload["state"]), Actor(str(payload["actor"]))
    verdict = Reason(f"sharing.{state}", DECISIONS[state], {"request": request, "by": by.id})
    for event in _open_for(connection, request):
        now = means.clock.now()
        for order in store.list_orders(connection, event_id=event.id, open_only=True):
            put_order(
                connection,
                means,
                order,
                "done",
                actor=by,
                why=verdict,
                state=OrderState.DONE,
                ended_at=now,
                handler=order.handler or by.id,
                report={"decision": state},
            )
        put_event(
            connection,
            means,
            event,
            "closed",
            actor=by,
            reason=verdict,
            state=EventState.CLOSED,
            closed_at=now,
            closed_by={"kind": "decision", "by": by.id, "state": state, "reason": payload.get("reason")},
        )


def _open_for(connection: Connection, request: str) -> list[Event]:
    found = store.list_events(connection, scenario=SHARING, states=[EventState.OPEN])
    return [event for event in found if request in event.entities]


def _duty(means: Means, area: str, bureau: str) -> DutyAnswer:
    """Whom the duty list names; the data bureau where no line does and it is a body of the city."""
    duty = route(DECIDE.matter, area, means.city)
    if duty.reason.rule == "duty.none" and bureau in means.city.departments:
        reason = Reason("duty.bureau", BUREAU.fill(matter=DECIDE.matter, lead=bureau), {"bureau": bureau})
        return DutyAnswer(bureau, (), duty.lead, reason)
    return duty


def _order(means: Means, event: Event, duty: DutyAnswer, request: str, why: Reason) -> WorkOrder:
    now = means.clock.now()
    return WorkOrder(
        id=means.ids.new("order"),
        event=event.id,
        scenario=event.scenario,
        kind="decide",
        state=OrderState.CREATED,
        name=Text.of(DECIDE.name).as_dict(),
        department=duty.lead,
        matter=DECIDE.matter,
        area=event.area,
        site=None,
        lon=None,
        lat=None,
        created_at=now,
        updated_at=now,
        reason=why.as_dict(),
        slot=f"decide:{request}",
        accept_by=deadlines(DECIDE, now)["accept_by"],
    )
