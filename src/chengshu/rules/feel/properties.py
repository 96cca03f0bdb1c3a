"""Properties of dates, times, durations and ranges (DMN 1.5, table 65)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from chengshu.rules.feel.temporal import NANOS, Date, DateTime, Duration, Months, Time
from chengshu.rules.feel.values import Range


def _offset(seconds: int | None) -> Duration | None:
    return None if seconds is None else Duration(seconds * NANOS)


def _part(size: int, modulus: int | None) -> Callable[[Duration], Decimal]:
    """Whole units of ``size`` seconds in a duration, up to the next larger unit, with its sign."""

    def read(value: Duration) -> Decimal:
        units = abs(value.seconds) // size
        units = units % modulus if modulus else units
        return Decimal(-units if value.nanos < 0 else units)

    return read


def _months(value: Months, years: bool) -> Decimal:
    part = abs(value.months) // 12 if years else abs(value.months) % 12
    return Decimal(-part if value.months < 0 else part)


PROPERTIES: dict[tuple[type, str], Callable[[Any], Any]] = {
    (Duration, "days"): _part(86_400, None),
    (Duration, "hours"): _part(3_600, 24),
    (Duration, "minutes"): _part(60, 60),
    (Duration, "seconds"): _part(1, 60),
    (Months, "years"): lambda value: _months(value, True),
    (Months, "months"): lambda value: _months(value, False),
    (Range, "start"): lambda value: None if value.op in ("<", "<=", "!=") else value.low,
    (Range, "end"): lambda value: None if value.op in (">", ">=", "!=") else value.high,
    (Range, "start included"): lambda value: value.low_included,
    (Range, "end included"): lambda value: value.high_included,
    (Time, "time offset"): lambda value: _offset(value.offset),
    (Time, "timezone"): lambda value: value.zone,
    (DateTime, "time offset"): lambda value: _offset(value.offset),
    (DateTime, "timezone"): lambda value: value.time.zone,
}

_DATE_PARTS: dict[str, Callable[[Date], int]] = {
    "year": lambda date: date.year,
    "month": lambda date: date.month,
    "day": lambda date: date.day,
    "weekday": lambda date: date.weekday,
}
_TIME_PARTS: dict[str, Callable[[Time], Decimal]] = {
    "hour": lambda time: Decimal(time.hour),
    "minute": lambda time: Decimal(time.minute),
    "second": lambda time: Decimal(time.second) + Decimal(time.nano) / NANOS,
}


def _add_date_part(name: str, read: Callable[[Date], int]) -> None:
    PROPERTIES[Date, name] = lambda value: Decimal(read(value))
    PROPERTIES[DateTime, name] = lambda value: Decimal(read(value.date))


def _add_time_part(name: str, read: Callable[[Time], Decimal]) -> None:
    PROPERTIES[Time, name] = read
    PROPERTIES[DateTime, name] = lambda value: read(value.time)


for _name, _date_part in _DATE_PARTS.items():
    _add_date_part(_name, _date_part)
for _name, _time_part in _TIME_PARTS.items():
    _add_time_part(_name, _time_part)
