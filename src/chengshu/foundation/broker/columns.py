"""The numbers of one series in a span of time, as arrays: from blocks, and from instances where there are
none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from chengshu.foundation.broker import store_temporal as st
from chengshu.foundation.broker.store_blocks import Block, read_blocks
from chengshu.foundation.broker.temporal import Ask

Sums = tuple[int, int, float, float, float, float]  # count, distinct, sum, min, max, sum of squares
Times = npt.NDArray[np.int64]


class Columns(NamedTuple):
    """Times (milliseconds, ascending) and values."""

    times: Times
    values: npt.NDArray[np.float64]


NOTHING = Columns(np.empty(0, np.int64), np.empty(0, np.float64))


def read_columns(connection: Connection, series: int, ask: Ask) -> Columns | None:
    """The numbers that ``ask`` means; None when among the instances are others than numbers."""
    start, end = ask.span()
    blocks = read_blocks(connection, series, start, end) if ask.property == "observedAt" else []
    parts: list[Columns] = []
    at = start
    for block in blocks:
        if at is None or block.after > at:
            if (loose := _loose(connection, series, ask, at, block.after + 1)) is None:
                return None
            parts.append(loose)
        parts.append(_within(block, start, end))
        at = block.last
    if end is None or at is None or at < end - 1:
        if (loose := _loose(connection, series, ask, at, end)) is None:
            return None
        parts.append(loose)
    return _joined(parts)


def _loose(
    connection: Connection, series: int, ask: Ask, after: int | None, before: int | None
) -> Columns | None:
    """Instances between two moments."""
    found = st.read_numbers(connection, series, ask, after, before)
    if any(num is None for _, num in found):
        return None
    return Columns(
        np.array([row[0] for row in found], np.int64), np.array([row[1] for row in found], np.float64)
    )


def _within(block: Block, after: int | None, before: int | None) -> Columns:
    low = 0 if after is None else int(np.searchsorted(block.times, after, "right"))
    high = len(block.times) if before is None else int(np.searchsorted(block.times, before, "left"))
    return Columns(block.times[low:high], block.values[low:high])


def _joined(parts: Sequence[Columns]) -> Columns:
    if len(parts) == 1:
        return parts[0]
    return Columns(
        np.concatenate([part.times for part in parts]), np.concatenate([part.values for part in parts])
    )


def by_period(columns: Columns, starts: Times, *, distinct: bool) -> Iterator[tuple[int, Sums]]:
    """The sums of the values in each period that has any; ``starts`` are the beginnings, ascending.

    Gives the number of the period with its sums.
    """
    cuts = np.append(np.searchsorted(columns.times, starts, "left"), len(columns.times))
    counts = np.diff(cuts)
    (filled,) = np.nonzero(counts)
    if not len(filled):
        return
    values, edges, counts = columns.values, cuts[filled], counts[filled]
    totals, squares = np.add.reduceat(values, edges), np.add.reduceat(values * values, edges)
    least, most = np.minimum.reduceat(values, edges), np.maximum.reduceat(values, edges)
    for index, (edge, count) in enumerate(zip(edges.tolist(), counts.tolist(), strict=True)):
        different = len(np.unique(values[edge : edge + count])) if distinct else 0
        yield (
            int(filled[index]),
            (
                count,
                different,
                float(totals[index]),
                float(least[index]),
                float(most[index]),
                float(squares[index]),
            ),
        )
