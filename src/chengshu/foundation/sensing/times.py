"""Reading the moment of an observation, in whatever form a device writes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from chengshu.kernel.clock import millis

_MAX_MS = 253_370_764_800_000  # year 9999; beyond it no datetime can be made again


def compile_time(format_: str, zone: ZoneInfo) -> Callable[[Any], int]:
    """A function from a raw value to milliseconds UTC; it raises ValueError with a readable sentence.

    A local time that the clocks go through twice is taken as the first of the two (PEP 495 fold 0).
    """
    if format_ in ("s", "ms"):
        return _epoch(1000 if format_ == "s" else 1)
    last: tuple[Any, int] = ("", 0)

    def read(raw: Any) -> int:
        nonlocal last
        if raw == last[0] and type(raw) is str:
            return last[1]
        moment = _moment(raw, format_)
        result = millis(moment if moment.tzinfo else moment.replace(tzinfo=zone))
        last = (raw, result)
        return result

    return read


def _moment(raw: Any, format_: str) -> datetime:
    if isinstance(raw, datetime):
        return raw
    if isinstance(raw, str):
        try:
            if format_ == "auto":
                return datetime.fromisoformat(raw)
            return datetime.strptime(raw, format_)  # noqa: DTZ007  the zone follows in the caller
        except ValueError:
            shape = "ISO 8601" if format_ == "auto" else format_
            raise ValueError(f"{raw!r} is no time of the form {shape}") from None
    if isinstance(raw, date):
        raise ValueError(f"{raw} is a day, not a moment")
    raise ValueError(f"{raw!r} is no time; for seconds since 1970 declare format: s")


def _epoch(factor: int) -> Callable[[Any], int]:
    def read(raw: Any) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int | float | str | Decimal):
            raise ValueError(f"{raw!r} is no number of seconds or milliseconds since 1970")
        try:
            result = round(float(raw) * factor)
        except (ValueError, OverflowError):
            raise ValueError(f"{raw!r} is no number of seconds or milliseconds since 1970") from None
        if not 0 <= result <= _MAX_MS:
            raise ValueError(f"{raw!r} lies outside the years 1970 to 9999")
        return result

    return read
