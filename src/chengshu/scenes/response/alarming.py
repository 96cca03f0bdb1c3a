"""When an order's clocks speak next, and to whom."""

from __future__ import annotations

from sqlalchemy import Connection

from chengshu.scenes.response import store
from chengshu.scenes.response.clocks import alarms
from chengshu.scenes.response.declared import Escalating
from chengshu.scenes.response.duty import chain, route
from chengshu.scenes.response.means import Means
from chengshu.scenes.response.model import Escalation, WorkOrder


def pending(connection: Connection, means: Means, order: WorkOrder) -> list[Escalation]:
    """The alarms an order will bring if nothing happens, in order of time."""
    book = means.playbooks.get(order.scenario)
    if not order.open:
        return []
    event = store.find_event(connection, order.event)
    fallback = route(order.matter, order.area, means.city).fallback or (event.fallback if event else None)
    rule = book.declared.escalation if book else Escalating()
    return alarms(order, rule, chain(order.department, fallback, means.city))


def schedule(connection: Connection, means: Means, order: WorkOrder) -> None:
    """Let the ticker wake for the next alarm of the order, or no more."""
    left = pending(connection, means, order)
    if left:
        store.wake(connection, f"clock:{order.id}", left[0].at, sooner_only=False)
    else:
        store.sleep(connection, f"clock:{order.id}")
