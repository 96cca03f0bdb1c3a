"""The working calendar: examples a clerk would check, and the laws every period obeys."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kernel.calendar import WorkingCalendar
from chengshu.kernel.durations import Duration, parse_duration
from chengshu.kernel.errors import Invalid

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = ["09:00-12:00", "13:30-17:30"]
DECLARED: dict[str, Any] = {
    "hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), DAY),
    "holidays": [
        {"date": date(2026, 1, 1), "name": "元旦"},
        {"from": "2026-02-15", "to": "2026-02-23", "name": "春節"},
    ],
    "workdays": [
        {"date": "2026-02-14", "name": "春節調休"},
        {"date": "2026-02-28", "hours": ["10:00-12:00"]},
    ],
}
CITY = WorkingCalendar.read(DECLARED, SHANGHAI)
NEW_YORK = WorkingCalendar.read(
    {"hours": {name: ["00:00-24:00"] for name in ("mon", "sun")}}, ZoneInfo("America/New_York")
)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("start", "duration", "due"),
    [
        ("2026-03-02T16:00", "PT30M", "2026-03-02T16:30"),
        ("2026-03-02T16:00", "P1D", "2026-03-03T16:00"),
        ("2026-01-31T16:00", "P1M", "2026-02-28T16:00"),
        ("2026-03-02T16:00", "PT1WH", "2026-03-02T17:00"),
        ("2026-03-02T16:00", "PT2WH", "2026-03-03T09:30"),  # the night does not count
        ("2026-03-02T11:30", "PT1WH", "2026-03-02T14:00"),  # nor does lunch
        ("2026-03-06T17:00", "PT1WH", "2026-03-09T09:30"),  # nor the weekend
        ("2026-03-02T16:00", "P1WD", "2026-03-03T17:30"),  # the day of the start does not count
        ("2026-03-06T08:00", "P3WD", "2026-03-11T17:30"),
        ("2026-03-07T12:00", "P1WD", "2026-03-09T17:30"),  # from a Saturday
        ("2026-02-13T10:00", "P1WD", "2026-02-14T17:30"),  # a Saturday worked for the festival (調休)
        ("2026-02-13T10:00", "P2WD", "2026-02-24T17:30"),  # then nine days of festival
        ("2026-02-27T17:30", "PT1WH", "2026-02-28T11:00"),  # a make-up day with its own hours
        ("2026-02-14T17:00", "PT1WH", "2026-02-24T09:30"),
        ("2025-12-31T17:00", "P1WDT1WH30WM", "2026-01-05T10:30"),
        ("2026-03-02T16:00", "PT0S", "2026-03-02T16:00"),
    ],
)
def test_due(start: str, duration: str, due: str) -> None:
    assert CITY.due(local(start), duration) == local(due)


def test_times_come_out_in_utc() -> None:
    assert CITY.due(local("2026-03-02T16:00"), "PT1WH").tzinfo is UTC


def test_a_day_with_a_clock_change_has_its_real_length() -> None:
    sunday = datetime(2026, 3, 8, tzinfo=NEW_YORK.zone)  # clocks jump from 02:00 to 03:00
    assert NEW_YORK.elapsed_working(sunday, datetime(2026, 3, 9, tzinfo=NEW_YORK.zone)) == timedelta(hours=23)


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "30M", "PT5X", "P1DT", "P1WDT1H", "-PT5M", "PT99999999999WH"]
)
def test_a_bad_duration_is_refused_with_the_forms_there_are(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_duration(text)
    assert caught.value.fault.remedy


@pytest.mark.parametrize(
    ("declared", "code"),
    [
        ({"hours": {}}, "calendar-empty"),
        ({"hours": {"mon": ["9-17"]}}, "calendar-span"),
        ({"hours": {"mon": ["22:00-06:00"]}}, "calendar-span"),
        ({"hours": {"mon": ["09:00-12:00", "11:00-13:00"]}}, "calendar-overlap"),
        ({"hours": {"monday": DAY}}, "calendar-weekday"),
        ({"hours": {"mon": DAY}, "holidays": [{"date": "soon"}]}, "calendar-date"),
        ({"hours": {"mon": DAY}, "feasts": []}, "calendar-key"),
    ],
)
def test_a_bad_calendar_names_the_place(declared: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as caught:
        WorkingCalendar.read(declared, SHANGHAI)
    assert caught.value.fault.code == code
    assert caught.value.fault.where


def test_it_says_which_years_it_knows() -> None:
    assert CITY.knows(local("2026-05-01T00:00"))
    assert not CITY.knows(local("2031-05-01T00:00"))


moments = st.integers(0, 395 * 86_400).map(
    lambda seconds: datetime(2025, 12, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
spans = st.integers(1, 60 * 200).map(lambda minutes: timedelta(minutes=minutes))
calendars = st.sampled_from([CITY, NEW_YORK, WorkingCalendar.always(SHANGHAI)])


@given(calendars, moments, spans)
def test_the_working_time_until_due_is_the_period(
    calendar: WorkingCalendar, start: datetime, span: timedelta
) -> None:
    due = calendar.due(start, Duration(working=span))
    assert calendar.elapsed_working(start, due) == span
    assert calendar.is_working(due - timedelta(seconds=1))  # never due outside working time


@given(calendars, moments, spans, spans)
def test_periods_add_up(calendar: WorkingCalendar, start: datetime, one: timedelta, two: timedelta) -> None:
    assert calendar.due(calendar.due(start, Duration(working=one)), Duration(working=two)) == calendar.due(
        start, Duration(working=one + two)
    )


@given(calendars, moments, st.integers(1, 30), st.integers(1, 30))
def test_working_days_add_up(calendar: WorkingCalendar, start: datetime, one: int, two: int) -> None:
    if calendar is NEW_YORK or calendar is CITY:  # round the clock ends at midnight, which is the next day
        assert calendar.due(
            calendar.due(start, f"P{one}WD") - timedelta(seconds=1), f"P{two}WD"
        ) == calendar.due(start, f"P{one + two}WD")


@given(calendars, moments, moments, moments)
def test_elapsed_time_adds_up(calendar: WorkingCalendar, a: datetime, b: datetime, c: datetime) -> None:
    assert calendar.elapsed_working(a, b) + calendar.elapsed_working(b, c) == calendar.elapsed_working(a, c)
    assert calendar.elapsed_working(min(a, b), max(a, b)) <= abs(b - a)


@given(calendars, moments, spans)
def test_a_longer_period_is_never_due_earlier(
    calendar: WorkingCalendar, start: datetime, span: timedelta
) -> None:
    assert calendar.due(start, Duration(working=span)) < calendar.due(
        start, Duration(working=span + timedelta(minutes=1))
    )
