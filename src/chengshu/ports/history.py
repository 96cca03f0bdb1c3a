"""History: every value of every series, columnar, and the SQL that computes over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa

#: One row per value. ``series`` is the integer id the context gave; times are UTC.
HISTORY_SCHEMA = pa.schema(
    [("series", pa.int64()), ("observed_at", pa.timestamp("ms", tz="UTC")), ("value", pa.float64())]
)


class History(Protocol):
    """Numeric values by series and time. Appending is idempotent by stream position and by (series, time)."""

    def append(self, seq: int, rows: pa.Table) -> None:
        """Take in ``rows`` (HISTORY_SCHEMA), which came up to stream position ``seq``.

        Readers see them at once; they are durable at the latest after :meth:`flush`. Rows of a position not
        above :meth:`applied` are ignored, so that a replay doubles nothing. Of rows with the same series and
        time the one appended last stays (a correction).
        """
        ...

    def flush(self) -> None:
        """Make everything appended durable."""
        ...

    def applied(self) -> int:
        """The highest stream position taken in."""
        ...

    def durable(self) -> int:
        """The highest stream position that a kill at this moment would leave."""
        ...

    def last_before(self, moment: datetime) -> pa.Table:
        """The last row of every series with ``observed_at <= moment``, ordered by series."""
        ...

    def rows(self, series: Sequence[int], start: datetime, end: datetime) -> pa.Table:
        """Values of the series with ``start <= observed_at < end``, ordered by series and time."""
        ...

    def forget(self, rows: pa.Table) -> int:
        """Destroy the values at the series and times of ``rows`` (HISTORY_SCHEMA without ``value``), for good
        when this returns; how many there were. What is not there is no mistake.
        """
        ...

    def sql(self, query: str, tables: Mapping[str, pa.Table] | None = None) -> pa.Table:
        """Run a SELECT (DuckDB dialect, checked subset) over ``history`` and the given tables."""
        ...

    def close(self) -> None:
        """Close; what was appended stays."""
        ...


def empty_history() -> Any:
    """A table of HISTORY_SCHEMA without rows."""
    return HISTORY_SCHEMA.empty_table()
