"""What a source brought, as it lies in stream, history and store – and how all of it is forgotten.

A kill in between leaves the batch in the stream, so that doing it again finds what is left.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection

from chengshu.foundation.context import store
from chengshu.foundation.context.batch import decode_batch
from chengshu.foundation.journal.commands import empty_changes, overwriting
from chengshu.foundation.journal.queries import changes_of, subjects_of
from chengshu.ports.database import Database
from chengshu.ports.history import HISTORY_SCHEMA, History

_KIND = "observations"
_BITE = 200_000  # values forgotten at once
Portion = list[tuple[int, bytes]]


class Past:
    """The observations of the hub's sources. One object per hub."""

    def __init__(self, database: Database, history: History) -> None:
        self._database, self._history = database, history

    def sources(self) -> list[str]:
        """Sources that anything is kept of."""
        with self._database.read() as connection:
            return subjects_of(connection, _KIND)

    def batches(self, source: str, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        """When each batch of a source came (ms, ``start <= at < end``), and its bytes."""
        with self._database.read() as connection:
            for _, at, payload in changes_of(connection, _KIND, source, start, end):
                yield at, payload

    def forget(self, source: str, start: int, end: int) -> int:
        """Destroy what a source brought between two moments (ms); how many values. Derived figures stay."""
        count = 0
        while portion := self._portion(source, start, end):
            count += self._forget(portion)
        return count

    def _portion(self, source: str, start: int, end: int) -> Portion:
        found: Portion = []
        values = 0
        with self._database.read() as connection:
            for seq, _, payload in changes_of(connection, _KIND, source, start, end):
                found.append((seq, payload))
                values += len(decode_batch(payload))
                if values >= _BITE:
                    break
        return found

    def _forget(self, portion: Portion) -> int:
        batches = [decode_batch(payload) for _, payload in portion]
        series = np.concatenate([batch.series for batch in batches])
        times = np.concatenate([batch.observed_at for batch in batches])
        moments = pa.array(times).cast(HISTORY_SCHEMA.field("observed_at").type)
        self._history.forget(pa.table({"series": pa.array(series), "observed_at": moments}))

        def work(connection: Connection) -> None:
            with overwriting(connection):
                store.forget_values(connection, list(zip(series.tolist(), times.tolist(), strict=True)))
                empty_changes(connection, [seq for seq, _ in portion])

        self._database.write(work)
        return len(series)
