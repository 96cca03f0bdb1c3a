"""Panes kept up as values come equal panes computed from all raw values, whatever the order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from chengshu.engines.embedded.history import DuckHistory
from chengshu.ports.history import HISTORY_SCHEMA
from chengshu.scenes.vitals.panes import PaneBook, from_history

MINUTE = 60_000
HOUR = 60 * MINUTE
BASE = 1_782_864_000_000  # 2026-07-01T00:00Z
Row = tuple[int, int, float]

rows = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.integers(0, 20 * MINUTE - 1).map(lambda ms: ms // 7000 * 7000),
        st.integers(-40, 40).map(lambda v: v / 4),
    ),
    max_size=30,
)
batches = st.lists(rows, min_size=1, max_size=6)


def take(history: DuckHistory, book: PaneBook, seq: int, batch: list[Row], *, both: bool = True) -> None:
    series = np.array([row[0] for row in batch], np.int64)
    times = np.array([BASE + row[1] for row in batch], np.int64)
    values = np.array([row[2] for row in batch], np.float64)
    table = pa.table(
        [pa.array(series), pa.array(times).cast(pa.timestamp("ms", "UTC")), pa.array(values)],
        schema=HISTORY_SCHEMA,
    )
    if both:
        history.append(seq, table)
    book.take(seq, series, times, values)


def state(table: pa.Table) -> list[dict[str, Any]]:
    return sorted(table.to_pylist(), key=lambda row: (row["pane"], row["series"]))


@settings(max_examples=examples(30))
@given(batches)
def test_incremental_equals_recomputed(stream: list[list[Row]]) -> None:
    history = DuckHistory()
    book = PaneBook(history, {MINUTE: 2 * HOUR, 5 * MINUTE: 2 * HOUR})
    book.rebuild(BASE + HOUR)
    for seq, batch in enumerate(stream, 1):
        take(history, book, seq, batch)
        if seq % 2:
            book.settle()
    book.settle()
    for width in (MINUTE, 5 * MINUTE):
        assert state(book.table(width, BASE, BASE + HOUR)) == state(
            from_history(history, width, BASE, BASE + HOUR)
        )


@settings(max_examples=examples(20))
@given(batches)
def test_a_rebuilt_book_is_the_same_and_repeats_change_nothing(stream: list[list[Row]]) -> None:
    history = DuckHistory()
    book = PaneBook(history, {MINUTE: 2 * HOUR})
    for seq, batch in enumerate(stream, 1):
        take(history, book, seq, batch)
    book.settle()
    again = PaneBook(history, {MINUTE: 2 * HOUR})
    again.rebuild(BASE + HOUR)
    assert state(again.table(MINUTE, BASE, BASE + HOUR)) == state(book.table(MINUTE, BASE, BASE + HOUR))
    last = max(([row[0], row[1]] for batch in stream for row in batch), default=None)
    if last is not None:  # the newest value of a series again
        final = next(row for batch in reversed(stream) for row in reversed(batch) if [row[0], row[1]] == last)
        take(history, again, len(stream) + 1, [final])
        again.settle()
        assert state(again.table(MINUTE, BASE, BASE + HOUR)) == state(book.table(MINUTE, BASE, BASE + HOUR))


def test_late_values_wait_until_history_has_them() -> None:
    history = DuckHistory()
    book = PaneBook(history, {MINUTE: 2 * HOUR})
    take(history, book, 1, [(1, 5000, 1.0), (1, 65_000, 2.0)])
    take(history, book, 2, [(1, 6000, 5.0)], both=False)
    book.settle()  # history is behind: nothing may be lost by computing from it now
    assert [row["n"] for row in state(book.table(MINUTE, BASE, BASE + HOUR))] == [1, 1]
    take(history, PaneBook(history, {}), 2, [(1, 6000, 5.0)])
    book.settle()
    assert [(row["n"], row["mx"]) for row in state(book.table(MINUTE, BASE, BASE + HOUR))] == [
        (2, 5.0),
        (1, 2.0),
    ]


def test_a_corrected_value_replaces_the_first_one() -> None:
    history = DuckHistory()
    book = PaneBook(history, {MINUTE: 2 * HOUR})
    take(history, book, 1, [(1, 5000, 99.0)])
    take(history, book, 2, [(1, 5000, 1.0)])
    book.settle()
    [row] = state(book.table(MINUTE, BASE, BASE + HOUR))
    assert (row["n"], row["s"], row["mx"], row["la"]) == (1, 1.0, 1.0, 1.0)


def test_old_panes_are_let_go() -> None:
    history = DuckHistory()
    book = PaneBook(history, {MINUTE: HOUR})
    take(history, book, 1, [(1, 0, 1.0), (1, HOUR, 2.0)])
    book.prune(BASE + HOUR + MINUTE)
    assert len(state(book.table(MINUTE, BASE, BASE + 2 * HOUR))) == 1
