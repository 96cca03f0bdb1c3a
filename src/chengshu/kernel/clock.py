"""Time inside the hub is UTC and comes from a clock that is handed in, so that a drill can run it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the hub reads the time."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        ...


class SystemClock:
    """The clock on the wall."""

    def now(self) -> datetime:
        moment = datetime.now(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)  # stored to the millisecond


class VirtualClock:
    """A clock that stands still until it is moved; it never goes back."""

    def __init__(self, start: datetime) -> None:
        self._now = as_utc(start)

    def now(self) -> datetime:
        return self._now

    def advance_to(self, moment: datetime) -> None:
        """Move to ``moment``. Raises ValueError when that lies in the past."""
        moment = as_utc(moment)
        if moment < self._now:
            raise ValueError(f"a clock never goes back: {moment} is before {self._now}")
        self._now = moment


def as_utc(moment: datetime) -> datetime:
    """``moment`` in UTC. Raises ValueError for a naive time: a time without zone means nothing."""
    if moment.tzinfo is None:
        raise ValueError(f"the time {moment.isoformat()} has no zone")
    return moment.astimezone(UTC)


def millis(moment: datetime) -> int:
    """Milliseconds since 1970-01-01 UTC, the form in which times are stored."""
    return round(as_utc(moment).timestamp() * 1000)


def from_millis(value: int) -> datetime:
    """The inverse of :func:`millis`."""
    return datetime.fromtimestamp(value / 1000, UTC)


def iso(moment: datetime) -> str:
    """RFC 3339 in UTC with a ``Z``, without needless fractions."""
    text = as_utc(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return text.replace(".000Z", "Z")
