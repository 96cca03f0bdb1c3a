"""The breaker of a channel: after failures in a row it rests, longer each time; then one delivery tries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

TRIPS = 3  # failures in a row
_REST, _REST_MAX = timedelta(seconds=30), timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Strain:
    """``failures`` in a row up to now; ``rests_until`` is None while the channel is used as usual."""

    failures: int = 0
    rests_until: datetime | None = None

    def after(self, outcome: str, at: datetime) -> Strain:
        """As it is after one more attempt; an answer of "never" shows that the other side is there."""
        return strain_of(self.failures + 1, at) if outcome == "failed" else Strain()


def strain_of(failures: int, last: datetime | None) -> Strain:
    """The strain after so many failures in a row, the last of them at ``last``."""
    if failures < TRIPS or last is None:
        return Strain(failures)
    return Strain(failures, last + min(_REST * 2 ** min(failures - TRIPS, 9), _REST_MAX))
