"""Time zones by name, for any year."""

from __future__ import annotations

from datetime import datetime
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
