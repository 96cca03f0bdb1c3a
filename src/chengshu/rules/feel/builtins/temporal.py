"""Built-in functions on dates, times and durations (DMN 1.5, 10.3.4.1, 10.3.4.7, 10.3.4.8 and 10.3.4.10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date as python_date
from decimal import Decimal
from typing import TypeVar

from chengshu.rules.feel.builtins.signature import Library, whole
from chengshu.rules.feel.errors import FeelError
from chengshu.rules.feel.runtime import Run
from chengshu.rules.feel.temporal import NANOS, Date, DateTime, Duration, Months, Time, day_number
from chengshu.rules.feel.temporal_text import (
    parse_date,
    parse_date_time,
    parse_duration,
    parse_time,
    years_and_months,
)
from chengshu.rules.feel.values import from_python

LIBRARY = Library()
T = TypeVar("T")

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@LIBRARY.add("date", "from: string|date|datetime")
def date_from(_run: Run, source: str | Date | DateTime) -> Date:
    """The date that a text, date, or date and time denotes."""
    if isinstance(source, DateTime):
        return source.date
    if isinstance(source, Date):
        return source
    return _read(parse_date, source, "date")


def _read(parse: Callable[[str], T], text: str, name: str) -> T:
    try:
        return parse(text)
    except ValueError:
        raise FeelError("bad-value", name=name, value=f"«{text[:60]}»") from None


@LIBRARY.add("date", "year: number; month: number; day: number")
def date_of(_run: Run, year: Decimal, month: Decimal, day: Decimal) -> Date:
    """The date of a year, month and day."""
    try:
        return Date(whole(year, "year"), whole(month, "month"), whole(day, "day"))
    except ValueError:
        raise FeelError("bad-value", name="date", value=f"{year}, {month}, {day}") from None


@LIBRARY.add("time", "from: string|date|time|datetime")
def time_from(_run: Run, source: str | Date | Time | DateTime) -> Time:
    """The time that a text, time, or date and time denotes; a date is its midnight in UTC."""
    if isinstance(source, DateTime):
        return source.time
    if isinstance(source, Time):
        return source
    if isinstance(source, Date):
        return Time(0, 0, 0, 0, 0)
    return _read(parse_time, source, "time")


@LIBRARY.add("time", "hour: number; minute: number; second: number; [offset: duration|null]")
def time_of(
    _run: Run, hour: Decimal, minute: Decimal, second: Decimal, offset: Duration | None = None
) -> Time:
    """The time of an hour, minute and second, perhaps with an offset from UTC."""
    nanos = whole(second * NANOS, "second")
    seconds, nano = divmod(nanos, NANOS)
    east = None if offset is None else offset.seconds
    try:
        return Time(whole(hour, "hour"), whole(minute, "minute"), seconds, nano, east)
    except ValueError:
        raise FeelError("bad-value", name="time", value=f"{hour}, {minute}, {second}") from None


@LIBRARY.add("date and time", "from: string|date|datetime")
def date_time_from(_run: Run, source: str | Date | DateTime) -> DateTime:
    """The date and time that a text denotes; a date is its midnight in UTC."""
    if isinstance(source, DateTime):
        return source
    if isinstance(source, Date):
        return DateTime(source, Time(0, 0, 0, 0, 0))
    return _read(parse_date_time, source, "date and time")


@LIBRARY.add("date and time", "date: date|datetime; time: time")
def date_time_of(_run: Run, date: Date | DateTime, time: Time) -> DateTime:
    """A date joined with a time."""
    return DateTime(date.date if isinstance(date, DateTime) else date, time)


@LIBRARY.add("duration", "from: string|duration|months")
def duration(_run: Run, source: str | Duration | Months) -> Duration | Months:
    """The duration that a text denotes."""
    return _read(parse_duration, source, "duration") if isinstance(source, str) else source


def _day(value: Date | DateTime) -> Date:
    return value.date if isinstance(value, DateTime) else value


@LIBRARY.add("years and months duration", "from: date|datetime; to: date|datetime")
def years_and_months_duration(_run: Run, start: Date | DateTime, end: Date | DateTime) -> Months:
    """Whole months from one day to another."""
    return years_and_months(_day(start), _day(end))


@LIBRARY.add("day of year", "date: date|datetime")
def day_of_year(_run: Run, value: Date | DateTime) -> Decimal:
    """1 to 366."""
    day = _day(value)
    return Decimal(day.key - day_number(day.year, 1, 1) + 1)


@LIBRARY.add("day of week", "date: date|datetime")
def day_of_week(_run: Run, value: Date | DateTime) -> str:
    """``Monday`` to ``Sunday``."""
    return DAYS[_day(value).weekday - 1]


@LIBRARY.add("month of year", "date: date|datetime")
def month_of_year(_run: Run, value: Date | DateTime) -> str:
    """``January`` to ``December``."""
    return MONTHS[_day(value).month - 1]


@LIBRARY.add("week of year", "date: date|datetime")
def week_of_year(_run: Run, value: Date | DateTime) -> Decimal:
    """ISO 8601 week; years outside 1..9999 use the matching year of the 400-year cycle."""
    day = _day(value)
    year = day.year if 1 < day.year < 9999 else 2000 + day.year % 400
    return Decimal(python_date(year, day.month, day.day).isocalendar().week)


@LIBRARY.add("now", "")
def now(run: Run) -> DateTime:
    """The present moment, from the clock handed in."""
    return _now(run, "now")


def _now(run: Run, name: str) -> DateTime:
    clock = run.budget.clock
    moment = None if clock is None else from_python(clock.now())
    if not isinstance(moment, DateTime):
        raise FeelError("no-clock", name=name)
    return moment


@LIBRARY.add("today", "")
def today(run: Run) -> Date:
    """The present date, from the clock handed in."""
    return _now(run, "today").date
