"""History on DuckDB: one columnar file, appended in bites, its stream position in the same transaction."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chengshu.kernel.clock import as_utc
from chengshu.kernel.errors import Invalid, Unavailable
from chengshu.ports.history import HISTORY_SCHEMA

_BUFFER = 50_000  # rows in memory before they are written on their own
_TABLES = """
CREATE TABLE IF NOT EXISTS history (series BIGINT, observed_at TIMESTAMPTZ, value DOUBLE);
CREATE TABLE IF NOT EXISTS applied (seq BIGINT);
INSERT INTO applied SELECT 0 WHERE NOT EXISTS (FROM applied);
"""
_FORGET = """
DELETE FROM history h USING late n WHERE h.series = n.series AND h.observed_at = n.observed_at
AND h.observed_at BETWEEN (SELECT min(observed_at) FROM late) AND (SELECT max(observed_at) FROM late)
"""
_DESTROY = """
DELETE FROM history h USING wanted n WHERE h.series = n.series AND h.observed_at = n.observed_at
AND h.observed_at BETWEEN (SELECT min(observed_at) FROM wanted) AND (SELECT max(observed_at) FROM wanted)
"""
_ROWS = """
SELECT series, observed_at, value FROM history
WHERE series IN (FROM wanted) AND observed_at >= $start AND observed_at < $end ORDER BY series, observed_at
"""
_LAST_BEFORE = """
SELECT series, max(observed_at) AS observed_at, arg_max(value, observed_at) AS value
FROM history WHERE observed_at <= $moment GROUP BY series ORDER BY series
"""


class DuckHistory:
    """``path`` None keeps history in memory (drills, tests). One process owns the file.

    ``threads`` above 1 makes large sums faster but their last digit may differ from run to run.
    """

    def __init__(self, path: Path | None = None, *, threads: int = 1) -> None:
        self._db = _connect(path)
        self._lock = threading.RLock()
        self._db.execute(f"SET TimeZone = 'UTC'; SET threads = {int(threads)}; {_TABLES}")
        self._db.execute("SET python_enable_replacements = false; SET enable_external_access = false")
        self._db.execute("SET lock_configuration = true")
        self._durable = self._applied = self._stored_seq()
        self._buffer: list[pa.Table] = []
        self._buffered = 0
        self._last: npt.NDArray[np.int64] = np.full(1024, np.iinfo(np.int64).min, dtype=np.int64)
        self._load_last()

    def append(self, seq: int, rows: pa.Table) -> None:
        with self._lock:
            if seq <= self._applied:
                return
            self._applied = seq
            if rows.num_rows:
                self._buffer.append(rows.cast(HISTORY_SCHEMA))
                self._buffered += rows.num_rows
            if self._buffered >= _BUFFER:
                self.flush()

    def flush(self) -> None:
        with self._lock:
            if self._applied == self._durable:
                return
            new, late = self._sift()
            cursor = self._db.cursor()
            cursor.execute("BEGIN")
            try:
                if late.num_rows:
                    cursor.register("late", late)
                    cursor.execute(_FORGET)
                if new.num_rows:
                    cursor.register("incoming", new)
                    cursor.execute("INSERT INTO history SELECT series, observed_at, value FROM incoming")
                cursor.execute("UPDATE applied SET seq = ?", [self._applied])
                cursor.execute("COMMIT")
            except BaseException:
                cursor.execute("ROLLBACK")
                raise
            finally:
                cursor.close()
            self._buffer, self._buffered, self._durable = [], 0, self._applied
            self._note_last(new)

    def applied(self) -> int:
        return self._applied

    def durable(self) -> int:
        return self._durable

    def rows(self, series: Sequence[int], start: datetime, end: datetime) -> pa.Table:
        wanted = pa.table({"id": pa.array(series, pa.int64())})
        found = self._read(_ROWS, {"wanted": wanted}, {"start": as_utc(start), "end": as_utc(end)})
        return found.cast(HISTORY_SCHEMA)

    def last_before(self, moment: datetime) -> pa.Table:
        return self._read(_LAST_BEFORE, {}, {"moment": as_utc(moment)}).cast(HISTORY_SCHEMA)

    def forget(self, rows: pa.Table) -> int:
        wanted = rows.select(["series", "observed_at"]).group_by(["series", "observed_at"]).aggregate([])
        if not wanted.num_rows:
            return 0
        with self._lock:
            self.flush()
            cursor = self._db.cursor()
            try:
                cursor.register("wanted", wanted)
                [(count,)] = cursor.execute(_DESTROY).fetchall()
                cursor.execute("CHECKPOINT")  # the file itself is written anew without them
            finally:
                cursor.close()
        return int(count)

    def sql(self, query: str, tables: Mapping[str, pa.Table] | None = None) -> pa.Table:
        _check_select(query)
        return self._read(query, tables or {}, {})

    def close(self) -> None:
        with self._lock:
            self.flush()
            self._db.close()

    def _read(
        self, query: str, tables: Mapping[str, pa.Table], parameters: Mapping[str, datetime]
    ) -> pa.Table:
        self.flush()
        cursor = self._db.cursor()
        try:
            for name, table in tables.items():
                cursor.register(name, table)
            return cursor.sql(query, params=dict(parameters) or None).to_arrow_table()
        except duckdb.Error as error:
            raise Invalid(
                "history-sql", str(error), where=query, remedy="check names and syntax of the query"
            ) from None
        finally:
            cursor.close()

    def _stored_seq(self) -> int:
        return int(self._db.sql("SELECT seq FROM applied").fetchall()[0][0])

    def _sift(self) -> tuple[pa.Table, pa.Table]:
        """The buffered rows, one per series and time, ordered; and those that may be there already."""
        table = pa.concat_tables(self._buffer) if self._buffer else HISTORY_SCHEMA.empty_table()
        series, times = _columns(table)
        order = np.lexsort((times, series))  # stable: of equals the one appended last comes last
        s, t = series[order], times[order]
        keep = np.ones(len(s), dtype=bool)
        keep[:-1] = (s[1:] != s[:-1]) | (t[1:] != t[:-1])
        chosen = order[keep]
        self._grow(series)
        late = times[chosen] <= self._last[series[chosen]]
        return table.take(pa.array(chosen)), table.take(pa.array(chosen[late]))

    def _grow(self, series: npt.NDArray[np.int64]) -> None:
        if len(series) and (top := int(series.max())) >= len(self._last):
            more = np.full(max(top + 1, 2 * len(self._last)), np.iinfo(np.int64).min, dtype=np.int64)
            more[: len(self._last)] = self._last
            self._last = more

    def _note_last(self, table: pa.Table) -> None:
        series, times = _columns(table)
        self._grow(series)
        np.maximum.at(self._last, series, times)

    def _load_last(self) -> None:
        found = self._db.sql(
            "SELECT series, max(observed_at) AS observed_at, 0.0 AS value FROM history GROUP BY series"
        )
        self._note_last(found.to_arrow_table().cast(HISTORY_SCHEMA))


def _connect(path: Path | None) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(path) if path else ":memory:")
    except duckdb.IOException as error:
        raise Unavailable(
            "history-locked",
            f"the history file cannot be opened: {error}",
            where=str(path),
            remedy="stop the other hub that has it open, or check the disk",
        ) from None


def _columns(table: pa.Table) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    times = pc.cast(table["observed_at"], pa.int64())
    return table["series"].to_numpy(), times.to_numpy()


def _check_select(query: str) -> None:
    try:
        statements = duckdb.extract_statements(query)
    except duckdb.ParserException as error:
        raise Invalid(
            "history-sql", str(error), where=query, remedy="check the syntax of the query"
        ) from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise Invalid(
            "history-sql-not-select",
            "only one SELECT may be run over history",
            where=query,
            remedy="write one SELECT statement",
        )
