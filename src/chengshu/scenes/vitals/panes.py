"""Panes: mergeable partials of every series by short steps of event time.

A pane of a series is (n, sum, sum of squares, min, max, first, last). Values that come in order are merged in
as they come; for late, repeated or corrected ones the pane is computed again from history, which alone knows
what counts once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chengshu.kernel.clock import from_millis
from chengshu.ports.history import History

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_COLUMNS = (
    ("n", np.int64),
    ("s", np.float64),
    ("q", np.float64),
    ("mn", np.float64),
    ("mx", np.float64),
    ("fi", np.float64),
    ("fi_at", np.int64),
    ("la", np.float64),
    ("la_at", np.int64),
)
PANE_SCHEMA = pa.schema(
    [
        ("series", pa.int64()),
        ("pane", pa.int64()),
        *((name, pa.int64() if kind is np.int64 else pa.float64()) for name, kind in _COLUMNS),
    ]
)
_EMPTY = {
    "n": 0,
    "s": 0.0,
    "q": 0.0,
    "mn": np.inf,
    "mx": -np.inf,
    "fi": 0.0,
    "fi_at": np.iinfo(np.int64).max,
    "la": 0.0,
    "la_at": np.iinfo(np.int64).min,
}
_NEVER = np.iinfo(np.int64).min

_STAGE_ONE = """
SELECT h.series, (epoch_ms(h.observed_at) // {width}) * {width} AS pane, count(*) AS n, sum(h.value) AS s,
       sum(h.value * h.value) AS q, min(h.value) AS mn, max(h.value) AS mx,
       arg_min(h.value, h.observed_at) AS fi, min(epoch_ms(h.observed_at)) AS fi_at,
       arg_max(h.value, h.observed_at) AS la, max(epoch_ms(h.observed_at)) AS la_at
FROM history h {join}
WHERE h.observed_at >= TIMESTAMPTZ '{start}' AND h.observed_at < TIMESTAMPTZ '{end}'
GROUP BY 1, 2 ORDER BY 2, 1
"""
_TOUCHED = "JOIN touched t ON t.series = h.series AND t.pane = (epoch_ms(h.observed_at) // {width}) * {width}"


def from_history(
    history: History, width: int, start: int, end: int, touched: pa.Table | None = None
) -> pa.Table:
    """Stage one over raw values: the panes of ``start <= time < end`` (ms), or those ``touched``."""
    join = _TOUCHED.format(width=width) if touched is not None else ""
    query = _STAGE_ONE.format(
        width=width, join=join, start=from_millis(start).isoformat(), end=from_millis(end).isoformat()
    )
    found = history.sql(query, {"touched": touched} if touched is not None else None)
    return found.cast(PANE_SCHEMA)


class Block:
    """One pane of all series: column arrays indexed by the series' integer."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.columns: dict[str, npt.NDArray[Any]] = {name: np.empty(0, kind) for name, kind in _COLUMNS}
        self._batch: pa.RecordBatch | None = None

    def reach(self, top: int) -> dict[str, npt.NDArray[Any]]:
        """The columns to write into, long enough for series ``top``; the Arrow form is made anew."""
        size = len(self.columns["n"])
        if top >= size:
            more = max(top + 1, 2 * size) - size
            self.columns = {
                name: np.concatenate([column, np.full(more, _EMPTY[name], column.dtype)])
                for name, column in self.columns.items()
            }
        self._batch = None
        return self.columns

    def batch(self) -> pa.RecordBatch:
        """The series that have values, as Arrow."""
        if self._batch is None:
            series = np.flatnonzero(self.columns["n"])
            arrays = [pa.array(series), pa.array(np.full(len(series), self.start))]
            arrays += [pa.array(self.columns[name][series]) for name, _ in _COLUMNS]
            self._batch = pa.RecordBatch.from_arrays(arrays, schema=PANE_SCHEMA)
        return self._batch


class Panes:
    """All panes of one width (ms) within a horizon."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.blocks: dict[int, Block] = {}
        self._merged: dict[tuple[int, int], dict[str, npt.NDArray[Any]]] = {}

    def merge(self, series: Ints, times: Ints, values: Floats) -> None:
        """Add values that are not in any pane yet; rows ordered by series and time."""
        self._merged.clear()
        starts = times // self.width * self.width
        for start in np.unique(starts):
            mine = starts == start
            self._merge_block(int(start), series[mine], times[mine], values[mine])

    def _merge_block(self, start: int, series: Ints, times: Ints, values: Floats) -> None:
        first = np.flatnonzero(np.concatenate([[True], series[1:] != series[:-1]]))
        last = np.concatenate([first[1:], [len(series)]]) - 1
        who = series[first]
        block = self.blocks.setdefault(start, Block(start)).reach(int(who[-1]))
        block["n"][who] += last - first + 1
        block["s"][who] += np.add.reduceat(values, first)
        block["q"][who] += np.add.reduceat(values * values, first)
        block["mn"][who] = np.minimum(block["mn"][who], np.minimum.reduceat(values, first))
        block["mx"][who] = np.maximum(block["mx"][who], np.maximum.reduceat(values, first))
        sooner = times[first] < block["fi_at"][who]
        block["fi"][who[sooner]] = values[first][sooner]
        block["fi_at"][who[sooner]] = times[first][sooner]
        later = times[last] > block["la_at"][who]
        block["la"][who[later]] = values[last][later]
        block["la_at"][who[later]] = times[last][later]

    def put(self, table: pa.Table) -> None:
        """Set panes (PANE_SCHEMA) as they are, whatever was there."""
        self._merged.clear()
        starts, series = table["pane"].to_numpy(), table["series"].to_numpy()
        columns = {name: table[name].to_numpy() for name, _ in _COLUMNS}
        for start in np.unique(starts):
            mine = starts == start
            who = series[mine]
            block = self.blocks.setdefault(int(start), Block(int(start))).reach(int(who.max()))
            for name, column in columns.items():
                block[name][who] = column[mine]

    def forget(self, series: Ints, starts: Ints) -> None:
        """Empty the given panes."""
        self._merged.clear()
        for who, start in zip(series.tolist(), starts.tolist(), strict=True):
            if (block := self.blocks.get(start)) is not None:
                columns = block.reach(who)
                for name, _ in _COLUMNS:
                    columns[name][who] = _EMPTY[name]

    def drop_before(self, start: int) -> None:
        """Let go of panes that begin before ``start``."""
        self._merged.clear()
        for pane in [pane for pane in self.blocks if pane < start]:
            del self.blocks[pane]

    def window(self, start: int, end: int, top: int) -> dict[str, npt.NDArray[Any]]:
        """Stage two: merged partials of every series up to ``top``, over panes in ``start <= time < end``.

        All plans with the same window share the result; it is made anew when a pane changes.
        """
        found = self._merged.get((start, end))
        if found is None or len(found["n"]) <= top:
            found = self._merged[start, end] = self._merge_window(start, end, top)
        return found

    def _merge_window(self, start: int, end: int, top: int) -> dict[str, npt.NDArray[Any]]:
        blocks = [self.blocks[pane].columns for pane in sorted(self.blocks) if start <= pane < end]
        size = max([top + 1, *(len(block["n"]) for block in blocks)])
        merged = {name: np.full(size, _EMPTY[name], kind) for name, kind in _COLUMNS}
        for part in blocks:
            into = {name: column[: len(part["n"])] for name, column in merged.items()}
            for name in ("n", "s", "q"):
                into[name] += part[name]
            np.minimum(into["mn"], part["mn"], out=into["mn"])
            np.maximum(into["mx"], part["mx"], out=into["mx"])
            for name, better in (
                ("fi", part["fi_at"] < into["fi_at"]),
                ("la", part["la_at"] > into["la_at"]),
            ):
                np.copyto(into[name], part[name], where=better)
                np.copyto(into[f"{name}_at"], part[f"{name}_at"], where=better)
        return merged

    def table(self, start: int, end: int) -> pa.Table:
        """The panes that begin in ``start <= time < end`` as Arrow; unchanged panes are not copied again."""
        batches = [self.blocks[pane].batch() for pane in sorted(self.blocks) if start <= pane < end]
        return pa.Table.from_batches(batches, PANE_SCHEMA)


class PaneBook:
    """The panes of every width an indicator asks for, kept right from the stream and from history."""

    def __init__(self, history: History, horizons: dict[int, int]) -> None:
        """``horizons``: for each width, how long panes are kept (both in milliseconds)."""
        self._history = history
        self._horizons = horizons
        self._panes = {width: Panes(width) for width in horizons}
        self._newest: Ints = np.full(1024, _NEVER, np.int64)  # by series: time of its newest value
        self._dirty: dict[int, dict[tuple[int, int], None]] = {width: {} for width in horizons}
        self._seen = 0

    def rebuild(self, now: int) -> None:
        """Compute all panes from history, as after a restart."""
        for width, horizon in self._horizons.items():
            panes = self._panes[width] = Panes(width)
            start = (now - horizon) // width * width
            panes.put(from_history(self._history, width, start, now + 366 * 86_400_000))
            self._dirty[width] = {}
            for block in panes.blocks.values():
                self._note(np.flatnonzero(block.columns["n"]), block.columns["la_at"][block.columns["n"] > 0])
        self._seen = self._history.applied()

    def _note(self, series: Ints, times: Ints) -> None:
        if not len(series):
            return
        top = int(series.max())
        if top >= len(self._newest):
            more = max(top + 1, 2 * len(self._newest)) - len(self._newest)
            self._newest = np.concatenate([self._newest, np.full(more, _NEVER, np.int64)])
        np.maximum.at(self._newest, series, times)

    def take(self, seq: int, series: Ints, times: Ints, values: Floats) -> None:
        """Take in the values of stream position ``seq``, in any order, new or repeated."""
        self._seen = max(self._seen, seq)
        if not len(series):
            return
        self._note(series, np.full(len(series), _NEVER))
        order = np.lexsort((times, series))
        series, times, values = series[order], times[order], values[order]
        again = (series[1:] == series[:-1]) & (times[1:] == times[:-1])
        late = times <= self._newest[series]
        late[1:] |= again
        late[:-1] |= again
        fresh = ~late
        self._mark(series[late], times[late])
        for width, panes in self._panes.items():
            kept = fresh & (times >= int(times.max()) - self._horizons[width])
            if kept.any():
                panes.merge(series[kept], times[kept], values[kept])
        self._note(series, times)

    def _mark(self, series: Ints, times: Ints) -> None:
        for width, dirty in self._dirty.items():
            pairs = np.unique(np.stack([series, times // width * width], axis=1), axis=0)
            dirty.update(dict.fromkeys(map(tuple, pairs.tolist())))

    def settle(self) -> None:
        """Compute panes with late or repeated values again, as soon as history has what the stream had."""
        if self._history.applied() < self._seen:
            return
        for width, dirty in self._dirty.items():
            if not dirty:
                continue
            pairs = np.array(list(dirty), np.int64).reshape(-1, 2)
            touched = pa.table({"series": pairs[:, 0], "pane": pairs[:, 1]})
            start, end = int(pairs[:, 1].min()), int(pairs[:, 1].max()) + width
            self._panes[width].forget(pairs[:, 0], pairs[:, 1])
            self._panes[width].put(from_history(self._history, width, start, end, touched))
            dirty.clear()

    def prune(self, now: int) -> None:
        """Let go of what no window can reach any more."""
        for width, panes in self._panes.items():
            panes.drop_before((now - self._horizons[width]) // width * width)

    def of(self, width: int) -> Panes:
        """All panes of one width."""
        return self._panes[width]

    def table(self, width: int, start: int, end: int) -> pa.Table:
        """The panes of one width that begin in ``start <= time < end`` (ms)."""
        return self._panes[width].table(start, end)
