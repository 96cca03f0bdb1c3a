"""Dates, times and date-times as NGSI-LD writes them (clause 4.6.3), put in order."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_DAY = r"(\d{4})-(\d\d)-(\d\d)"
_CLOCK = r"(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?(Z|[+-]\d\d:?\d\d)?"
_DATE_TIME = re.compile(rf"{_DAY}T{_CLOCK}", re.ASCII)
_DATE = re.compile(_DAY, re.ASCII)
_TIME = re.compile(_CLOCK, re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST = 40


@lru_cache(maxsize=16_384)
def moment_of(text: str) -> tuple[bool, int] | None:
    """``(is a time of day, microseconds)`` since 1970 or since midnight UTC; None of any other text.

    A date stands for its midnight UTC; without a zone, UTC is meant (the only one of clause 4.6.3).
    """
    if not 5 <= len(text) <= _LONGEST or not text[0].isdigit():
        return None
    try:
        if found := _DATE_TIME.fullmatch(text):
            day = datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
            return False, (day - _EPOCH) // _MICROSECOND + _clock(found.groups()[3:])
        if found := _DATE.fullmatch(text):
            day = datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
            return False, (day - _EPOCH) // _MICROSECOND
        if found := _TIME.fullmatch(text):
            return True, _clock(found.groups())
    except ValueError:
        return None
    return None


def _clock(parts: tuple[str | None, ...]) -> int:
    """Microseconds since midnight UTC; :class:`ValueError` of no time of day."""
    hour, minute, second = int(parts[0] or 0), int(parts[1] or 0), int(parts[2] or 0)
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and minute + second):
        raise ValueError("not a time of day")
    fraction = int((parts[3] or "0").ljust(6, "0")[:6])
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction - _offset(parts[4] or "Z")


def _offset(zone: str) -> int:
    if zone == "Z":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return (-minutes if zone[0] == "-" else minutes) * 60_000_000
