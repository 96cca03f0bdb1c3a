"""How long things are kept: a length of time by the calendar. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chengshu.kernel.durations import Duration, add_wall, parse_duration
from chengshu.kernel.errors import Invalid

_SLACK = timedelta(days=4)  # months have 28 to 31 days


def keeping(text: str) -> Duration:
    """A period of keeping such as ``P3Y``. Raises :class:`Invalid` for working time and for none at all."""
    found = parse_duration(text)
    if found.is_working or not (found.months or found.days or found.exact):
        raise Invalid(
            "retention-period", f"{text!r} is no time to keep data", remedy="write P3Y, P6M, P30D or PT24H"
        )
    return found


def earliest_kept(now: datetime, keep: Duration) -> datetime:
    """A moment from which on everything is kept still: nothing due came after it, or hardly."""
    return add_wall(now, -keep.months, -keep.days) - keep.exact + _SLACK


def kept_until(at: datetime, keep: Duration) -> datetime:
    """Until when something of a moment is kept."""
    return add_wall(at, keep.months, keep.days).astimezone(UTC) + keep.exact
