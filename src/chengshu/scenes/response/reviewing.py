"""Gathers what the review of an event is written from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chengshu.foundation import journal
from chengshu.kernel.clock import iso, millis
from chengshu.scenes.response import store
from chengshu.scenes.response.declared import Lessons
from chengshu.scenes.response.means import Means
from chengshu.scenes.response.model import Event, Review, WorkOrder
from chengshu.scenes.response.review import write_review


def make_review(means: Means, event_id: str) -> Review:
    """The review of a closed event. Raises :class:`Missing`."""
    with means.database.read() as connection:
        event = store.event(connection, event_id)
        orders = store.list_orders(connection, event_id=event_id)
        subjects = [event_id, *(order.id for order in orders)]
        subjects += [closure for closure in event.entities if closure]
        entries = [
            (
                entry.seq,
                {
                    "at": iso(entry.at),
                    "action": entry.action,
                    "subject": entry.subject,
                    "actor": entry.actor,
                    "reason": dict(entry.reason).get("text"),
                    "detail": _detail(entry.action, entry.body),
                },
            )
            for subject in dict.fromkeys(subjects)
            for entry in journal.entries_about(connection, subject)
        ]
        end = event.closed_at or means.clock.now()
        rounds = store.dispatches_between(connection, event.scenario, event.opened_at, end)
    timeline = [entry for _, entry in sorted(entries, key=lambda item: item[0])]
    volumes = None
    if means.foresight is not None:
        volumes = means.foresight.volumes(event.scenario, event.opened_at, end)
    book = means.playbooks.get(event.scenario)
    rule = book.declared.lessons if book else Lessons()
    water = _first_water(means, event, orders)
    return write_review(event, orders, timeline, rounds, water, volumes, rule, means.clock.now())


def _detail(action: str, body: Any) -> dict[str, Any]:
    """The few words of a journal body that a timeline shows."""
    if action.startswith("work_order."):
        order = body.get("work_order", {})
        keys = ("kind", "name", "department", "units", "site", "eta", "state")
        return {key: order.get(key) for key in keys}
    event = body.get("event", {})
    return {key: event.get(key) for key in ("severity", "areas", "state")}


def _first_water(means: Means, event: Event, orders: list[WorkOrder]) -> datetime | None:
    """When water first closed a road of the event's areas: the moment the warning should have come before."""
    with means.database.read() as connection:
        closures = store.closures_between(
            connection, event.first_signal_at or event.opened_at, event.closed_at or means.clock.now()
        )
    sites = {order.site for order in orders} | set(event.entities)
    inside = [closure for closure in closures if closure.id in sites]
    moments = sorted(millis(closure.closed_at) for closure in inside)
    return next((closure.closed_at for closure in inside if millis(closure.closed_at) == moments[0]), None)
