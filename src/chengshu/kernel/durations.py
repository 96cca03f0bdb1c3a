"""Durations as people write them: ISO 8601 (``PT30M``, ``P1D``) and working time (``P3WD``, ``PT8WH``)."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta

from chengshu.kernel.errors import Invalid

_ISO = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,3})?)S)?)?"
)
_WORKING = re.compile(r"P(?:(\d+)WD)?(?:T(?:(\d+)WH)?(?:(\d+)WM)?)?")
_MOST = 10_000  # of any unit: beyond that it is a slip of the pen, not a clock


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time. ``months`` and ``days`` follow the wall calendar, ``exact`` is absolute,
    ``working_days`` and ``working`` run only in working time. Working and other parts are never mixed."""

    months: int = 0
    days: int = 0
    exact: timedelta = timedelta()
    working_days: int = 0
    working: timedelta = timedelta()

    @property
    def is_working(self) -> bool:
        """Whether it needs a working calendar."""
        return bool(self.working_days or self.working)


def parse_duration(text: str) -> Duration:
    """Read ``PT30M``, ``P1DT2H``, ``P3WD``, ``PT8WH``, ``P1WDT2WH30WM``. Zero is allowed (``PT0S``).

    Raises :class:`Invalid` for anything else, with the forms that are understood.
    """
    word = text.strip().upper()
    if len(word) > 2 and not word.endswith("T") and len(word) < 60:
        if match := _WORKING.fullmatch(word):
            days, hours, minutes = (int(part or 0) for part in match.groups())
            _check(text, days, hours, minutes)
            return Duration(working_days=days, working=timedelta(hours=hours, minutes=minutes))
        if match := _ISO.fullmatch(word):
            years, months, weeks, days, hours, minutes = (int(part or 0) for part in match.groups()[:6])
            seconds = float(match.group(7) or 0)
            _check(text, years, months, weeks, days)
            return Duration(
                years * 12 + months,
                weeks * 7 + days,
                timedelta(hours=hours, minutes=minutes, seconds=seconds),
            )
    raise Invalid(
        "duration",
        f"{text!r} is no duration",
        remedy="write PT30M, PT2H, P1D (clock time), P3WD (working days) or PT8WH (working hours)",
    )


def _check(text: str, *counts: int) -> None:
    if max(counts) > _MOST:
        raise Invalid(
            "duration-long",
            f"{text!r} is longer than the hub counts",
            remedy=f"use at most {_MOST} of a unit",
        )


def add_wall(local: datetime, months: int, days: int) -> datetime:
    """``local`` moved by whole months, then days, on the wall calendar;
    the 31st becomes a month's last day.
    """
    index = local.year * 12 + local.month - 1 + months
    year, month = divmod(index, 12)
    if not 1 <= year <= 9998:
        raise Invalid(
            "duration-long", "the moment lies outside the calendar", remedy="use a shorter duration"
        )
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day) + timedelta(days=days)
