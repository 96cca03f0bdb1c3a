"""The periods over which aggregates are taken (clause 4.5.19): of a fixed length, of the calendar, or one in
all.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import numpy.typing as npt

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.temporal import Ask, read_period
from chengshu.kernel.clock import from_millis, millis
from chengshu.kernel.durations import Duration, add_wall

_MOST = 100_000


class Cover:
    """The periods that cover the time asked for; ``first`` and ``last`` bound what there is, milliseconds.

    They begin at the moment asked for, else with the first instance; a single one ends where was asked,
    else with the last instance. Raises :class:`BadRequestData` when they are too many.
    """

    def __init__(self, ask: Ask, first: int, last: int) -> None:
        start, end = ask.span()
        origin = first if start is None else start
        period = read_period(ask.period)
        self._check(period, origin, last, ask.period)
        edges = _edges(period, origin, last)
        self.edges = (
            edges if edges is not None else np.array([origin, last if end is None else end], np.int64)
        )

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        """The beginnings of the periods."""
        return self.edges[:-1]

    def number(self, at: int) -> int:
        """The period in which a moment lies."""
        return int(np.searchsorted(self.starts, at, "right")) - 1

    def bounds(self, number: int) -> tuple[int, int]:
        """Beginning and end of a period."""
        return int(self.edges[number]), int(self.edges[number + 1])

    @staticmethod
    def _check(period: Duration, origin: int, last: int, said: str) -> None:
        day = timedelta(days=1)
        shortest = (period.months * 28 + period.days) * day + period.exact
        if shortest and (last - origin) / (shortest / timedelta(milliseconds=1)) > _MOST:
            raise BadRequestData(
                f"there are more than {_MOST} periods of {said}",
                where="aggrPeriodDuration",
                remedy="ask for longer periods or a shorter time",
            )


def _edges(period: Duration, origin: int, last: int) -> npt.NDArray[np.int64] | None:
    """The edges of the periods from ``origin`` until one ends after ``last``; None for one period."""
    if not period.months:
        length = round((timedelta(days=period.days) + period.exact) / timedelta(milliseconds=1))
        if not length:
            return None
        return np.arange(origin, last + length + 1, length, dtype=np.int64)
    found = [origin]
    while found[-1] <= last:
        count = len(found)
        moved = add_wall(from_millis(origin), period.months * count, period.days * count)
        found.append(millis(moved + period.exact * count))
    return np.array(found, np.int64)
