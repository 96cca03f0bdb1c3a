"""Time zones by name, for any year."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo | None:
    """The IANA zone called ``name``, or None when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def zone_offset(name: str, year: int, month: int, day: int, second_of_day: int) -> int:
    """Seconds east of UTC in zone ``name`` at a local time.

    Years outside 1..9999 borrow the rules of the matching year of the 400-year cycle.
    """
    found = zone(name)
    if found is None:
        return 0
    if year > 9999:
        year = 9600 + year % 400
    elif year < 1:
        year = 400 + year % 400
    hour, rest = divmod(second_of_day, 3600)
    local = datetime(year, month, day, hour, rest // 60, rest % 60, tzinfo=found)
    offset = local.utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


_CYCLE = 146_097 * 86_400
"""Seconds of 400 years, after which the calendar repeats."""


def zone_offset_at(name: str, instant: int) -> int:
    """Seconds east of UTC in zone ``name`` at an instant, in seconds since 1970-01-01T00:00:00Z.

    Instants outside the years 2..9998 borrow the rules of the matching year of the 400-year cycle.
    """
    found = zone(name)
    if found is None:
        return 0
    if not _FIRST <= instant <= _LAST:
        instant = instant % _CYCLE + (16 * _CYCLE if instant > 0 else -4 * _CYCLE)
    offset = datetime.fromtimestamp(instant, UTC).astimezone(found).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


_FIRST = int(datetime(2, 1, 1, tzinfo=UTC).timestamp())
_LAST = int(datetime(9998, 12, 31, tzinfo=UTC).timestamp())
