"""Statutory clocks in working days: they start, stand still, go on, are extended, run out and are told of.

They are rows and a ticker, not BPMN timers: a BPMN timer cannot stand still and go on with the days that are
left, and a request, its grant, its clock and the use that suspends it must commit in one transaction.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.calendar import WorkingCalendar
from chengshu.kernel.clock import from_millis, iso, millis
from chengshu.kernel.durations import Duration
from chengshu.resources.sharing import store
from chengshu.resources.sharing.model import StatutoryClock

HUB = Actor.hub("sharing")
WARN_DAYS = 2  # working days before the end on which its owner is told that a period ends


def begin(
    connection: Connection,
    calendar: WorkingCalendar,
    subject: str,
    kind: str,
    owner: str,
    days: int,
    now: datetime,
    *,
    running: bool = True,
) -> StatutoryClock:
    """Start a clock, or make one ready that stands still. The day it starts does not count (民法典 201)."""
    clock = StatutoryClock(subject, kind, owner, days, 0, millis(now), 0)
    if running:
        clock = _on(clock, calendar, now)
    store.save_clock(connection, clock)
    return clock


def stand_still(
    connection: Connection, calendar: WorkingCalendar, subject: str, kind: str, now: datetime
) -> None:
    """Stop counting; the days spent are kept."""
    clock = store.find_clock(connection, subject, kind)
    if clock is None or not clock.running:
        return
    used = clock.used + spent(calendar, from_millis(clock.started_at), now)
    store.save_clock(connection, replace(clock, used=min(used, clock.days), due_at=0))


def go_on(connection: Connection, calendar: WorkingCalendar, subject: str, kind: str, now: datetime) -> None:
    """Count again, with the days that are left; at least one is."""
    clock = store.find_clock(connection, subject, kind)
    if clock is not None and not clock.running and not clock.ended_at:
        store.save_clock(connection, _on(clock, calendar, now))


def change_days(
    connection: Connection, calendar: WorkingCalendar, clock: StatutoryClock, days: int, *, extended: bool
) -> None:
    """Give a clock another length, counted from where it began."""
    changed = replace(clock, days=days, extended=extended, escalated_at=0)
    if clock.running:
        changed = _on(changed, calendar, from_millis(clock.started_at))
    store.save_clock(connection, changed)


def end(connection: Connection, subject: str, kind: str, now: datetime) -> None:
    """It is done, in time or not."""
    clock = store.find_clock(connection, subject, kind)
    if clock is not None and not clock.ended_at:
        store.save_clock(connection, replace(clock, ended_at=millis(now)))


def end_all(connection: Connection, subject: str, now: datetime) -> None:
    """Nobody waits for anything any more."""
    for clock in store.clocks_of(connection, subject):
        end(connection, subject, clock.kind, now)


def spent(calendar: WorkingCalendar, start: datetime, now: datetime) -> int:
    """Working days that passed in full since ``start``: neither its day nor today counts."""
    day, today = start.astimezone(calendar.zone).date(), now.astimezone(calendar.zone).date()
    count = 0
    while (day := day + timedelta(days=1)) < today:
        count += calendar.is_workday(day)
    return count


def left(clock: StatutoryClock, calendar: WorkingCalendar, now: datetime) -> int:
    """Working days left, today included unless it began today; negative when it ran out: days overdue."""
    if not clock.running:
        return clock.days - clock.used
    due = from_millis(clock.due_at)
    if now >= due:
        return -max(1, spent(calendar, due, now) + 1)
    first = from_millis(clock.started_at).astimezone(calendar.zone).date() + timedelta(days=1)
    day, last = max(first, now.astimezone(calendar.zone).date()), due.astimezone(calendar.zone).date()
    count = 0
    while day <= last:
        count += calendar.is_workday(day)
        day += timedelta(days=1)
    return count


def _on(clock: StatutoryClock, calendar: WorkingCalendar, start: datetime) -> StatutoryClock:
    due = calendar.due(start, Duration(working_days=max(1, clock.days - clock.used)))
    warn = warn_moment(calendar, start, due)
    return replace(
        clock, started_at=millis(start), due_at=millis(due), warn_at=0 if warn is None else millis(warn)
    )


def warn_moment(calendar: WorkingCalendar, start: datetime, due: datetime) -> datetime | None:
    """The beginning of the second last working day; None for a period that has no day before that."""
    day, count = due.astimezone(calendar.zone).date(), 0
    while True:
        count += calendar.is_workday(day)
        if count == WARN_DAYS:
            break
        day -= timedelta(days=1)
        if day <= start.astimezone(calendar.zone).date():
            return None
    if day <= start.astimezone(calendar.zone).date() + timedelta(days=1):
        return None
    return datetime.combine(day, time(), calendar.zone)


def warn(connection: Connection, now: datetime) -> int:
    """Tell of every clock that ends soon, once; how many. One that has run out is told of as that."""
    soon = store.clocks_to_warn(connection, millis(now))
    for clock in soon:
        store.save_clock(connection, replace(clock, warn_at=0))
        body = {
            "clock": msgspec.to_builtins(clock),
            "due": iso(from_millis(clock.due_at)),
            "owner": clock.owner,
        }
        record(connection, Act(HUB, "sharing.due_soon", clock.subject, now, body))
    return len(soon)


def escalate(connection: Connection, now: datetime, bureau: str) -> int:
    """Tell of every clock that ran out, once; how many."""
    late = store.overdue_clocks(connection, millis(now))
    for clock in late:
        told = replace(clock, escalated_at=millis(now), warn_at=0)
        store.save_clock(connection, told)
        body = {
            "clock": msgspec.to_builtins(told),
            "due": iso(from_millis(clock.due_at)),
            "owner": clock.owner,
            "to": bureau,
        }
        record(connection, Act(HUB, "sharing.overdue", clock.subject, now, body))
    return len(late)
