"""Dates, times and durations from text (DMN 1.5, 10.3.2.3): ISO 8601 as XML Schema restricts it."""

from __future__ import annotations

import re

from chengshu.rules.feel.temporal import NANOS, Date, DateTime, Duration, Months, Temporal, Time
from chengshu.rules.feel.zones import zone

_YEAR = r"(?P<year>-?(?:[1-9][0-9]{4,8}|[0-9]{4}))"
_DATE = rf"{_YEAR}-(?P<month>[0-9]{{2}})-(?P<day>[0-9]{{2}})"
_TIME = (
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?|@[A-Za-z0-9_+\-]+(?:/[A-Za-z0-9_+\-]+)*)?"
)
_DATE_RE = re.compile(_DATE)
_TIME_RE = re.compile(_TIME)
_DATE_TIME_RE = re.compile(f"{_DATE}T{_TIME}")
_MONTHS_RE = re.compile(r"(?P<sign>-?)P(?=[0-9])(?:(?P<years>[0-9]{1,12})Y)?(?:(?P<months>[0-9]{1,12})M)?")
_DAYS_RE = re.compile(
    r"(?P<sign>-?)P(?!$)(?:(?P<days>[0-9]{1,15})D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,15})H)?(?:(?P<minutes>[0-9]{1,15})M)?"
    r"(?:(?P<seconds>[0-9]{1,15})(?:\.(?P<fraction>[0-9]*))?S)?)?"
)


def _nanos(fraction: str | None) -> int:
    return int((fraction or "")[:9].ljust(9, "0"))


def _date_of(match: re.Match[str]) -> Date:
    if match["year"] == "-0000":
        raise ValueError("there is no year -0000")
    return Date(int(match["year"]), int(match["month"]), int(match["day"]))


def _zone_of(text: str | None) -> tuple[int | None, str | None]:
    if not text:
        return None, None
    if text == "Z":
        return 0, None
    if text[0] == "@":
        if zone(text[1:]) is None:
            raise ValueError(f"there is no time zone {text[1:]}")
        return None, text[1:]
    hours, minutes, *seconds = (int(part) for part in text[1:].split(":"))
    if minutes > 59 or (seconds and seconds[0] > 59):
        raise ValueError(f"there is no offset {text}")
    size = hours * 3600 + minutes * 60 + (seconds[0] if seconds else 0)
    return (-size if text[0] == "-" else size), None


def _time_of(match: re.Match[str]) -> tuple[Time, int]:
    """The time and how many days it carries over (24:00:00 is the next midnight)."""
    hour = int(match["hour"])
    offset, name = _zone_of(match["zone"])
    minute, second, nano = int(match["minute"]), int(match["second"]), _nanos(match["fraction"])
    if hour == 24 and minute == second == nano == 0:
        return Time(0, 0, 0, 0, offset, name), 1
    return Time(hour, minute, second, nano, offset, name), 0


def _full(pattern: re.Pattern[str], text: str, what: str) -> re.Match[str]:
    match = pattern.fullmatch(text)
    if match is None or not text.isascii():
        raise ValueError(f"«{text[:60]}» is not a {what}")
    return match


def parse_date(text: str) -> Date:
    """``2026-07-01``. Raises ValueError."""
    return _date_of(_full(_DATE_RE, text, "date"))


def parse_time(text: str) -> Time:
    """``08:30:00``, with a fraction, offset or ``@Zone/Name``. Raises ValueError."""
    return _time_of(_full(_TIME_RE, text, "time"))[0]


def parse_date_time(text: str) -> DateTime:
    """``2026-07-01T08:30:00+08:00``; a date alone is its midnight. Raises ValueError."""
    if "T" not in text:
        return DateTime(parse_date(text), Time(0, 0, 0))
    match = _full(_DATE_TIME_RE, text, "date and time")
    time, carry = _time_of(match)
    date = _date_of(match)
    return DateTime(Date.of_number(date.key + carry) if carry else date, time)


def parse_duration(text: str) -> Duration | Months:
    """``P1DT2H`` or ``P1Y2M``. Raises ValueError."""
    match = _MONTHS_RE.fullmatch(text)
    if match and text.isascii():
        months = int(match["years"] or 0) * 12 + int(match["months"] or 0)
        return Months(-months if match["sign"] else months)
    match = _full(_DAYS_RE, text, "duration")
    seconds = int(match["days"] or 0) * 86_400 + int(match["hours"] or 0) * 3600
    seconds += int(match["minutes"] or 0) * 60 + int(match["seconds"] or 0)
    nanos = seconds * NANOS + _nanos(match["fraction"])
    return Duration(-nanos if match["sign"] else nanos)


def parse_temporal(text: str) -> Temporal:
    """Whatever the text of an ``@`` literal denotes. Raises ValueError."""
    if text.lstrip("-").startswith("P"):
        return parse_duration(text)
    if "T" in text.split("@", 1)[0]:
        return parse_date_time(text)
    return parse_time(text) if ":" in text else parse_date(text)


def years_and_months(start: Date, end: Date) -> Months:
    """Whole months from ``start`` to ``end``, cut towards zero; times of day do not matter."""
    earlier, later = (start, end) if start.key <= end.key else (end, start)
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    if later.day < earlier.day:
        months -= 1
    return Months(months if later is end else -months)
