"""How every change of this scene is kept: row, version and journal entry, together."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation import journal
from chengshu.foundation.journal import Act, Actor
from chengshu.kernel.reasons import Reason
from chengshu.scenes.response import store
from chengshu.scenes.response.alarming import schedule
from chengshu.scenes.response.means import HUB, Means
from chengshu.scenes.response.model import Closure, Event, Review, Unit, WorkOrder, plain


def put_event(
    connection: Connection,
    means: Means,
    event: Event,
    action: str,
    *,
    actor: Actor = HUB,
    reason: Reason | None = None,
    **changes: Any,
) -> Event:
    """Keep ``event`` with ``changes`` and say so as ``event.<action>``. Returns the event as kept."""
    now = means.clock.now()
    event = replace(event, updated_at=now, **changes)
    store.save_event(connection, event)
    act = Act(actor, f"event.{action}", event.id, now, {"event": plain(event)}, reason)
    journal.record(connection, act)
    return event


def put_order(
    connection: Connection,
    means: Means,
    order: WorkOrder,
    action: str,
    *,
    actor: Actor = HUB,
    why: Reason | None = None,
    extra: dict[str, Any] | None = None,
    **changes: Any,
) -> WorkOrder:
    """Keep ``order`` with ``changes`` and say so as ``work_order.<action>``. Returns the order as kept."""
    now = means.clock.now()
    order = replace(order, updated_at=now, **changes)
    store.save_order(connection, order)
    schedule(connection, means, order)
    body = {"work_order": plain(order), **(extra or {})}
    journal.record(connection, Act(actor, f"work_order.{action}", order.id, now, body, why))
    return order


def put_unit(connection: Connection, means: Means, unit: Unit, **changes: Any) -> Unit:
    """Keep a unit with ``changes``; it is published as ``unit.changed``."""
    unit = replace(unit, **changes)
    now = means.clock.now()
    store.save_unit(connection, unit, now)
    journal.record(connection, Act(HUB, "unit.changed", unit.id, now, {"unit": plain(unit)}))
    return unit


def put_closure(connection: Connection, means: Means, closure: Closure, action: str, reason: Reason) -> None:
    """Keep a closure and say so as ``road.closed`` or ``road.opened``."""
    store.save_closure(connection, closure)
    act = Act(HUB, f"road.{action}", closure.id, means.clock.now(), {"road": plain(closure)}, reason)
    journal.record(connection, act)


def put_review(connection: Connection, means: Means, event: Event, review: Review) -> None:
    """Keep the review and say so as ``event.reviewed``."""
    store.save_review(connection, review)
    event = replace(event, reviewed_at=review.written_at)
    put_event(connection, means, event, "reviewed")
