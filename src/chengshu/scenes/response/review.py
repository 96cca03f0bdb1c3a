"""The review (復盤) of a closed event, written from what was kept. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Any

from chengshu.kernel.clock import iso
from chengshu.scenes.response.declared import Lessons
from chengshu.scenes.response.model import ClockResult, Event, Lesson, OrderState, Review, WorkOrder
from chengshu.scenes.response.words import LESSONS


def write_review(
    event: Event,
    orders: Sequence[WorkOrder],
    entries: Iterable[Mapping[str, Any]],
    rounds: Sequence[Mapping[str, Any]],
    first_water: datetime | None,
    volumes: Mapping[str, Any] | None,
    rule: Lessons,
    now: datetime,
) -> Review:
    """The review. ``entries`` are journal lines {at, action, subject, actor, reason}, in order."""
    clocks = [result for order in orders for result in clock_results(order, event.closed_at or now)]
    return Review(
        event=event.id,
        written_at=now,
        timeline=tuple(_timeline(entries)),
        figures=_figures(event, orders, first_water),
        clocks=tuple(clocks),
        departments=tuple(_departments(orders, clocks)),
        lessons=tuple(_lessons(event, orders, clocks, rounds, first_water, rule)),
        volumes=dict(volumes) if volumes is not None else None,
    )


def clock_results(order: WorkOrder, end: datetime) -> list[ClockResult]:
    """How each clock of an order went. A clock stopped by a recall before it was due counts as met."""
    stopped = order.ended_at or end
    clocks = (
        ("accept", order.accept_by, order.accepted_at or order.arrived_at),
        ("arrive", order.arrive_by, order.arrived_at),
        ("done", order.done_by, order.ended_at if order.state is OrderState.DONE else None),
    )
    results = []
    for name, due, met_at in clocks:
        if due is None:
            continue
        late = ((met_at or stopped) - due).total_seconds()
        met = late <= 0
        results.append(
            ClockResult(
                order=order.id,
                kind=order.kind,
                department=order.department,
                clock=name,
                due=due,
                met_at=met_at,
                late_s=round(late, 3) if met_at or late > 0 else None,
                met=met,
            )
        )
    return results


def _timeline(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    skip = {"event.updated", "unit.changed", "event.reviewed"}
    return [dict(entry) for entry in entries if entry["action"] not in skip]


def _figures(event: Event, orders: Sequence[WorkOrder], first_water: datetime | None) -> dict[str, Any]:
    accepted = [order.accepted_at for order in orders if order.accepted_at is not None]
    signal = event.first_signal_at or event.opened_at
    waits = [
        (order.accepted_at - order.assigned_at).total_seconds()
        for order in orders
        if order.accepted_at is not None and order.assigned_at is not None
    ]
    routes = [order.route for order in orders if order.route is not None and order.arrived_at is not None]
    ended = event.closed_at or event.updated_at
    return {
        "highest": event.highest,
        "areas": len(event.areas),
        "warnings": len(event.warnings),
        "orders": len(orders),
        "by_state": dict(sorted(Counter(order.state.value for order in orders).items())),
        "signal_to_event_s": (event.opened_at - signal).total_seconds(),
        "signal_to_first_accept_s": (min(accepted) - signal).total_seconds() if accepted else None,
        "median_accept_s": median(waits) if waits else None,
        "lead_time_s": (first_water - signal).total_seconds() if first_water is not None else None,
        "first_water_at": iso(first_water) if first_water is not None else None,
        "open_to_verified_s": (event.verified_at - event.opened_at).total_seconds()
        if event.verified_at
        else None,
        "open_to_closed_s": (ended - event.opened_at).total_seconds(),
        "travel_s": round(sum(route.travel_s for route in routes), 1),
        "travel_m": round(sum(route.length_m for route in routes), 1),
        "arrivals": sum(order.arrived_at is not None for order in orders),
        "refusals": sum(len(order.refusals) for order in orders),
        "escalations": sum(len(order.escalations) for order in orders),
        "expected_avoided_m3": round(
            sum(order.avoided_m3 or 0 for order in orders if order.arrived_at is not None or order.setting), 1
        ),
        "closed_by": (event.closed_by or {}).get("kind"),
    }


def _departments(orders: Sequence[WorkOrder], clocks: Sequence[ClockResult]) -> list[dict[str, Any]]:
    grouped: dict[str, list[WorkOrder]] = defaultdict(list)
    for order in orders:
        grouped[order.department].append(order)
    rows = []
    for department, theirs in sorted(grouped.items()):
        mine = [clock for clock in clocks if clock.department == department]
        rows.append(
            {
                "department": department,
                "orders": len(theirs),
                "done": sum(order.state is OrderState.DONE for order in theirs),
                "clocks": len(mine),
                "met": sum(clock.met for clock in mine),
                "worst_late_s": max((clock.late_s or 0 for clock in mine if not clock.met), default=0),
                "refusals": sum(len(order.refusals) for order in theirs),
            }
        )
    return rows


def _lessons(
    event: Event,
    orders: Sequence[WorkOrder],
    clocks: Sequence[ClockResult],
    rounds: Sequence[Mapping[str, Any]],
    first_water: datetime | None,
    rule: Lessons,
) -> list[Lesson]:
    lessons: list[Lesson] = []

    def learn(key: str, **values: Any) -> None:
        lessons.append(Lesson(rule=key, text=LESSONS[key].fill(**values).as_dict(), inputs=values))

    for row in _departments(orders, clocks):
        missed = row["clocks"] - row["met"]
        if row["clocks"] and missed / row["clocks"] > rule.late_share:
            learn("late", department=row["department"], met=row["met"], total=row["clocks"])
    signal = event.first_signal_at or event.opened_at
    if first_water is not None and first_water - signal < rule.short_lead:
        learn("short_lead", minutes=max(0, round((first_water - signal).total_seconds() / 60)))
    left = _never_served(orders, rounds)
    if left:
        why = Counter(left.values()).most_common(1)[0][0]
        learn("unserved", count=len(left), why=why)
    if refused := sum(bool(order.refusals) for order in orders):
        learn("refused", count=refused)
    if any(order.slot.startswith(f"inspect:{event.id}") for order in orders):
        learn("blind")
    if not lessons and clocks:
        learn("none")
    return lessons


def _never_served(orders: Sequence[WorkOrder], rounds: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Places that were wanted in some round and never had a unit arrive, with the last reason why."""
    reached = {order.site for order in orders if order.arrived_at is not None}
    left: dict[str, str] = {}
    for planned in rounds:
        for slot, found in planned.get("unserved", {}).items():
            site = slot.split(":", 1)[1].rsplit(":", 1)[0]
            left[site] = found["why"]
    return {site: why for site, why in left.items() if site not in reached}
