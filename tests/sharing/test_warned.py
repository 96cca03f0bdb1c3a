"""Whoever has a period is told two working days before it ends, once; holidays and weekends do not count."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.sharing.office import APPLICANT, START, ZONE, Office

from chengshu.foundation.journal import changes_after
from chengshu.resources.sharing.clocks import warn_moment


def told(office: Office) -> list[tuple[str, str, str]]:
    with office.database.read() as connection:
        found = changes_after(connection, 0, ("sharing.due_soon", "sharing.overdue"), 100)
        return [
            (change.kind, str(change.payload["owner"]), change.at.astimezone(ZONE).strftime("%a %m-%d %H:%M"))
            for change in found
        ]


def test_an_owner_is_told_once_before_the_period_ends_and_once_when_it_has(office: Office) -> None:
    office.desk.submit(office.ask(), APPLICANT)
    office.wait(days=30)
    assert told(office) == [
        ("sharing.due_soon", "civil", "Mon 07-20 00:00"),  # due on Tuesday the 21st: Monday and Tuesday left
        ("sharing.overdue", "civil", "Tue 07-21 17:30"),
    ]


def test_who_is_done_in_time_hears_nothing(office: Office) -> None:
    request = office.desk.submit(office.ask(), APPLICANT)
    office.wait(days=2)
    office.desk.withdraw(request.id, APPLICANT)
    office.wait(days=30)
    assert told(office) == []


def test_a_short_period_has_no_day_to_tell_on(office: Office) -> None:
    tuesday = datetime(2026, 7, 7, 16, tzinfo=UTC)
    assert warn_moment(office.calendar, START, tuesday) is None
    due = office.calendar.due(START, "P5WD")
    found = warn_moment(office.calendar, START, due)
    assert found is not None and found < due and office.calendar.is_workday(found.date())
