"""The consumer that brings the stream's observations into history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from chengshu.foundation.context.batch import decode_batch
from chengshu.kernel.clock import Clock
from chengshu.ports.history import HISTORY_SCHEMA, History
from chengshu.ports.runtime import Change, Effect


class HistoryFeed:
    """Consumer and ticker ``history``. Its durable offset is the history's own, so that a kill between
    the two stores neither loses nor doubles a value: the pump starts it again from :meth:`offset`.
    """

    name = "history"
    kinds: tuple[str, ...] = ("observations",)

    def __init__(self, history: History, clock: Clock, *, every: timedelta = timedelta(seconds=1)) -> None:
        self._history = history
        self._clock = clock
        self._every = every
        self._flush_at: datetime | None = None

    def offset(self) -> int:
        """Where the durable history ends."""
        return self._history.durable()

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        """Append the numbers of all batches; texts stay in the context."""
        batches = [decode_batch(change.payload["batch"]) for change in changes]
        values = np.concatenate([batch.values for batch in batches])
        keep = np.isfinite(values)
        table = pa.table(
            [
                pa.array(np.concatenate([batch.series for batch in batches])[keep]),
                pa.array(np.concatenate([batch.observed_at for batch in batches])[keep]).cast(
                    pa.timestamp("ms", "UTC")
                ),
                pa.array(values[keep]),
            ],
            schema=HISTORY_SCHEMA,
        )
        self._history.append(changes[-1].seq, table)
        if self._flush_at is None:
            self._flush_at = self._clock.now() + self._every
        return None

    def next_due(self) -> datetime | None:
        """When what lies in memory must be on disk."""
        return self._flush_at

    def tick(self, now: datetime) -> None:
        """Make what was appended durable."""
        self._history.flush()
        self._flush_at = None
