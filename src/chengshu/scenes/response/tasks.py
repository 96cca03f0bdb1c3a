"""The plan's side: its tasks become work orders, its requests are served, its end closes the event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.journal import Actor
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.scenes.response import store
from chengshu.scenes.response.closing import close_with_plan
from chengshu.scenes.response.duty import route
from chengshu.scenes.response.means import Means
from chengshu.scenes.response.model import Event, EventState, OrderState, WorkOrder
from chengshu.scenes.response.orders import assign_department, draft, recall
from chengshu.scenes.response.words import PLAN_DROPPED, PLAN_WENT_ON, TASK
from chengshu.scenes.response.writing import put_event, put_order

#: Service tasks of a plan that this scene answers.
HANDLERS = ("dispatch", "control", "verify")


def on_task(connection: Connection, means: Means, kind: str, payload: Mapping[str, Any]) -> None:
    """``task.*``: create, end or escalate the work order that stands for a task of the plan."""
    task = payload["task"]
    task_id = str(task["id"])
    found = store.list_orders(connection, task=task_id)
    if kind == "task.created":
        if not found:
            _create(connection, means, task, task_id)
        return
    if not found or not (order := found[0]).open:
        return
    if kind == "task.completed":
        why = Reason("plan.completed", PLAN_WENT_ON, {"task": task_id})
        _end(connection, means, order, OrderState.DONE, why)
    elif kind == "task.cancelled":
        recall(connection, means, order, Reason("plan.dropped", PLAN_DROPPED, {"task": task_id}))
    elif kind == "task.claimed":
        _claimed(connection, means, order, task)
    elif kind in ("task.escalated", "task.reassigned"):
        _moved(connection, means, order, kind, task)


def _end(connection: Connection, means: Means, order: WorkOrder, state: OrderState, why: Reason) -> None:
    now = means.clock.now()
    put_order(connection, means, order, state.value, why=why, state=state, ended_at=now)


def _claimed(connection: Connection, means: Means, order: WorkOrder, task: Mapping[str, Any]) -> None:
    """Somebody took the task in the plan's own list: the order is accepted by that."""
    if order.state is OrderState.ASSIGNED:
        now, person = means.clock.now(), str(task.get("assignee") or "")
        changes: dict[str, Any] = {"state": OrderState.ACCEPTED, "accepted_at": now, "handler": person}
        put_order(connection, means, order, "accepted", actor=Actor(person), **changes)


def _moved(
    connection: Connection, means: Means, order: WorkOrder, kind: str, task: Mapping[str, Any]
) -> None:
    """The plan gave the task to another department: the order follows, and is to be accepted anew."""
    department = str(task.get("department") or "")
    if department and department != order.department:
        why = Reason(kind.replace("task.", "plan."), TASK, {"task": order.task, "from": order.department})
        changes: dict[str, Any] = {"department": department, "state": OrderState.ASSIGNED, "handler": ""}
        action = kind.removeprefix("task.")
        put_order(connection, means, order, action, why=why, extra={"to": department}, **changes)


def _create(connection: Connection, means: Means, task: Mapping[str, Any], task_id: str) -> None:
    event = store.find_event(connection, str(task.get("business_key", "")))
    if event is None or event.scenario not in means.playbooks:
        return  # a task of a plan that is not about an event
    declared = means.playbooks[event.scenario].declared
    kind = str(task.get("work") or "")
    kind = kind if kind in declared.orders and declared.orders[kind].unit is None else declared.task_order
    matter = task.get("matter")
    duty = route(str(matter or declared.orders[kind].matter), event.area, means.city)
    named = task.get("department")
    department = str(named) if named else duty.lead
    inputs = {"task": task_id, "element": task.get("element")}
    reason = Reason("plan.task", TASK, inputs) if named else duty.reason
    order = draft(
        means,
        event,
        kind,
        department=department,
        reason=reason,
        slot=f"task:{task_id}",
        task=task_id,
        form=_form(task),
        area=event.area,
        at=_place(event),
    )
    order = _named(order, task)
    due = _moment(task.get("due"))
    clock: dict[str, Any] = {"done_by": due} if due else {}
    assign_department(connection, means, order, department, reason, **clock)


def _named(order: WorkOrder, task: Mapping[str, Any]) -> WorkOrder:
    given = task.get("name")
    if not given:
        return order
    return replace(order, name=Text.of(given).as_dict())


def _form(task: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(task.get("fields") or ())


def _place(event: Event) -> tuple[float, float] | None:
    return None if event.lon is None or event.lat is None else (event.lon, event.lat)


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    return datetime.fromisoformat(value) if isinstance(value, str) and value else None


def on_process(connection: Connection, means: Means, kind: str, payload: Mapping[str, Any]) -> None:
    """``process.*``: requests of service tasks, requests taken back, and the end of the plan."""
    if kind == "process.service_requested":
        _request(connection, means, payload["request"])
    elif kind == "process.service_cancelled":
        store.drop_service(connection, str(payload["request"]["id"]))
    elif kind == "process.ended":
        event = store.find_event(connection, str(payload["instance"]["business_key"]))
        if event is None:
            return
        if event.state is EventState.VERIFIED:
            close_with_plan(connection, means, event)
        elif event.state is EventState.OPEN:  # the plan ran out before the data agreed: data alone close it
            put_event(connection, means, event, "updated", process=None)


def _request(connection: Connection, means: Means, request: Mapping[str, Any]) -> None:
    event = store.find_event(connection, str(request.get("business_key", "")))
    handler = str(request.get("handler", ""))
    if event is None or handler not in HANDLERS:
        return
    store.add_service(connection, str(request["id"]), event.id, handler)
    subject = event.id if handler == "verify" else event.scenario
    store.wake(connection, f"{handler}:{subject}", means.clock.now())
