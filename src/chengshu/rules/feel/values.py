"""The values of FEEL, and how Python's values become them and come back.

number is ``Decimal``, string ``str``, boolean ``bool``, null ``None``, list ``list``, context ``dict``;
dates, times and durations are those of :mod:`temporal`; ranges and functions are here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from numbers import Integral, Real
from typing import Any
from zoneinfo import ZoneInfo

from chengshu.rules.feel.errors import LimitExceeded
from chengshu.rules.feel.temporal import NANOS, Date, DateTime, Duration, Months, Time
from chengshu.rules.feel.zones import zone

ARITHMETIC = Context(
    prec=34,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
"""IEEE 754 decimal128 (DMN 1.5, 10.3.2.3.1), except that what is not finite becomes null."""


class ForeignValue(ValueError):
    """A Python value that FEEL has no kind for."""


@dataclass(frozen=True, slots=True)
class Range:
    """``[low..high]``; ``op`` is set for ``(< 10)`` and its kin, which have one stated end."""

    low: Any
    high: Any
    low_included: bool
    high_included: bool
    op: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    """Something that can be called: a built-in, a function definition, knowledge model or decision service.

    ``types`` and ``result`` are FeelTypes or None; ``call`` takes a Run and the arguments.
    """

    name: str
    parameters: tuple[str, ...]
    types: tuple[Any, ...]
    call: Callable[[Any, list[Any]], Any]
    result: Any = None
    bind: Callable[[Any, list[Any], tuple[str, ...]], Any] | None = None
    """Set by built-ins, which choose among signatures themselves."""
    takes: Callable[[int], bool] | None = None
    """Set with ``bind``: whether a signature takes so many arguments."""

    def accepts(self, count: int) -> bool:
        """Whether it can be called with so many arguments."""
        return len(self.parameters) == count if self.takes is None else self.takes(count)


_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    Decimal: "number",
    str: "string",
    list: "list",
    dict: "context",
    Range: "range",
    Function: "function",
    Date: Date.kind,
    Time: Time.kind,
    DateTime: DateTime.kind,
    Duration: Duration.kind,
    Months: Months.kind,
}


def kind_of(value: Any) -> str:
    """The name of the kind of a FEEL value."""
    return _KINDS[type(value)]


PLAIN = frozenset(_KINDS) - {list, dict}
"""Kinds of Python objects that are FEEL values as they stand."""


def _from_time(value: time) -> Time:
    nano = value.microsecond * 1000
    if isinstance(value.tzinfo, ZoneInfo) and value.tzinfo.key:
        return Time(value.hour, value.minute, value.second, nano, None, value.tzinfo.key)
    offset = value.utcoffset()
    seconds = None if offset is None else int(offset.total_seconds())
    return Time(value.hour, value.minute, value.second, nano, seconds)


def _from_date(value: date) -> Date:
    return Date(value.year, value.month, value.day)


def _from_datetime(value: datetime) -> DateTime:
    clock = _from_time(value.timetz())
    if clock.zone is None and value.tzinfo is not None:
        offset = value.utcoffset()
        clock = _from_time(value.time())
        clock = Time.of_nanos(clock.nanos, 0 if offset is None else int(offset.total_seconds()))
    return DateTime(_from_date(value), clock)


def _from_timedelta(value: timedelta) -> Duration:
    return Duration((value.days * 86_400 + value.seconds) * NANOS + value.microseconds * 1000)


def _from_float(value: float) -> Decimal | None:
    return ARITHMETIC.create_decimal(repr(float(value))) if math.isfinite(value) else None


def _from_decimal(value: Decimal) -> Decimal | None:
    return ARITHMETIC.plus(value) if value.is_finite() else None


_IMPORTS: dict[type, Callable[[Any], Any]] = {
    int: ARITHMETIC.create_decimal,
    float: _from_float,
    Decimal: _from_decimal,
    datetime: _from_datetime,
    date: _from_date,
    time: _from_time,
    timedelta: _from_timedelta,
    list: lambda value: [from_python(item) for item in value],
    tuple: lambda value: [from_python(item) for item in value],
    dict: lambda value: {str(key): from_python(item) for key, item in value.items()},
}
_FALLBACKS: tuple[type, ...] = (str, bool, int, float, Decimal, datetime, date, time, timedelta, list, tuple)


def from_python(value: Any) -> Any:
    """The FEEL value of a Python value: numbers to decimals, date types to FEEL's, mappings to contexts.

    Raises ForeignValue for any other kind of object: nothing is read from objects' attributes.
    """
    kind = type(value)
    change = _IMPORTS.get(kind)
    if change is not None:
        return change(value)
    if kind in PLAIN:
        return value
    for base in _FALLBACKS:
        if isinstance(value, base):
            return str(value) if base is str else bool(value) if base is bool else _IMPORTS[base](value)
    if isinstance(value, Mapping):
        return {str(key): from_python(item) for key, item in value.items()}
    if isinstance(value, Integral):  # whole numbers of other libraries
        return ARITHMETIC.create_decimal(int(value))
    if isinstance(value, Real):
        return _from_float(float(value))
    raise ForeignValue(kind.__name__)


def _zone_to_python(value: Time) -> timezone | ZoneInfo | None:
    if value.zone is not None:
        return zone(value.zone)
    if value.offset is None:
        return None
    return UTC if value.offset == 0 else timezone(timedelta(seconds=value.offset))


def _to_time(value: Time) -> time | Time:
    if value.nano % 1000:
        return value
    return time(value.hour, value.minute, value.second, value.nano // 1000, _zone_to_python(value))


def _to_date(value: Date) -> date | Date:
    return date(value.year, value.month, value.day) if 1 <= value.year <= 9999 else value


def _to_datetime(value: DateTime) -> datetime | DateTime:
    day, clock = _to_date(value.date), _to_time(value.time)
    if isinstance(day, date) and isinstance(clock, time):
        return datetime.combine(day, clock)
    return value


def _to_timedelta(value: Duration) -> timedelta | Duration:
    if value.nanos % 1000:
        return value
    try:
        return timedelta(microseconds=value.nanos // 1000)
    except OverflowError:
        return value


_EXPORTS: dict[type, Callable[[Any], Any]] = {
    Date: _to_date,
    Time: _to_time,
    DateTime: _to_datetime,
    Duration: _to_timedelta,
}
MAX_PARTS = 1_000_000
"""Members and entries handed out in one value."""


def to_python(value: Any) -> Any:
    """The Python value of a FEEL value. Dates and times that Python cannot hold stay FEEL's own.

    Raises LimitExceeded for a value of more than MAX_PARTS members and entries.
    """
    kind = type(value)
    if kind is list or kind is dict:
        return _to_parts(value, [MAX_PARTS])
    change = _EXPORTS.get(kind)
    return value if change is None else change(value)


def _to_parts(value: Any, left: list[int]) -> Any:
    kind = type(value)
    if kind is not list and kind is not dict:
        return to_python(value)
    left[0] -= len(value)
    if left[0] < 0:
        raise LimitExceeded("parts of a value", MAX_PARTS)
    if kind is list:
        return [_to_parts(item, left) for item in value]
    return {key: _to_parts(item, left) for key, item in value.items()}
