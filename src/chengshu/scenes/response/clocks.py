"""The clocks of a work order: accept, arrive, done; near at a share of the time, late when it has run out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chengshu.scenes.response.declared import Escalating
from chengshu.scenes.response.model import Escalation, WorkOrder

CLOCKS = ("accept", "arrive", "done")


@dataclass(frozen=True, slots=True)
class Running:
    """A clock that has not been met yet."""

    name: str
    since: datetime
    due: datetime


def running(order: WorkOrder) -> list[Running]:
    """The clocks of an open order that still run."""
    if not order.open:
        return []
    since = _base(order)
    clocks = (
        ("accept", order.accept_by, order.accepted_at or order.arrived_at),
        ("arrive", order.arrive_by, order.arrived_at),
        ("done", order.done_by, order.ended_at),
    )
    return [Running(name, since, due) for name, due, met in clocks if due is not None and met is None]


def alarms(order: WorkOrder, rule: Escalating, above: Sequence[str]) -> list[Escalation]:
    """Every escalation the running clocks will bring if nothing happens, in order of time.

    Near: told to the department itself. Late: the first body above at once, the next ones a step later each;
    with nobody above, the department itself.
    """
    plan: list[Escalation] = []
    for clock in running(order):
        near = clock.since + (clock.due - clock.since) * rule.near
        plan.append(Escalation(clock=clock.name, kind="near", at=_whole(near), to=order.department))
        for number, body in enumerate(above or [order.department]):
            plan.append(Escalation(clock=clock.name, kind="late", at=clock.due + rule.step * number, to=body))
    fired = {(past.clock, past.kind, past.to) for past in order.escalations if past.at >= _base(order)}
    left = [alarm for alarm in plan if (alarm.clock, alarm.kind, alarm.to) not in fired]
    return sorted(left, key=lambda alarm: (alarm.at, CLOCKS.index(alarm.clock), alarm.to))


def _base(order: WorkOrder) -> datetime:
    """Since when the present clocks run: the assignment, else when it was last given back, else its birth."""
    given_back = order.refusals[-1].at if order.refusals else order.created_at
    return order.assigned_at or given_back


def _whole(moment: datetime) -> datetime:
    return (
        moment.replace(microsecond=0)
        if moment.microsecond == 0
        else moment.replace(microsecond=0) + timedelta(seconds=1)
    )
