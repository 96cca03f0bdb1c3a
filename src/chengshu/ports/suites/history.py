"""The promises of :class:`chengshu.ports.history.History`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from chengshu.kernel.errors import Invalid
from chengshu.ports.history import HISTORY_SCHEMA, History, empty_history
from chengshu.ports.suites.promise import expect, expect_raises

Factory = Callable[[], History]  # opens the same store each time it is called
_START = datetime(2026, 1, 1, tzinfo=UTC)
Row = tuple[int, int, float]  # series, minutes after _START, value


def _table(rows: Sequence[Row]) -> pa.Table:
    return pa.table(
        [
            pa.array([row[0] for row in rows], pa.int64()),
            pa.array([_START + timedelta(minutes=row[1]) for row in rows], HISTORY_SCHEMA.field(1).type),
            pa.array([row[2] for row in rows], pa.float64()),
        ],
        schema=HISTORY_SCHEMA,
    )


def _rows(history: History, series: Sequence[int], start: int = -10_000, end: int = 10_000) -> list[Row]:
    found = history.rows(series, _START + timedelta(minutes=start), _START + timedelta(minutes=end))
    return _plain(found)


def _plain(table: pa.Table) -> list[Row]:
    return [
        (row["series"], round((row["observed_at"] - _START) / timedelta(minutes=1)), row["value"])
        for row in table.to_pylist()
    ]


def check_empty(factory: Factory) -> None:
    """A new history is empty and says so."""
    history = factory()
    expect((history.applied(), history.durable()), (0, 0), "a new history has applied nothing")
    expect(_rows(history, [1]), [], "a new history has no rows")
    expect(history.last_before(_START).num_rows, 0, "a new history has no last values")
    history.close()


def check_reads_its_writes(factory: Factory) -> None:
    """What was appended is read at once, ordered by series and time, in HISTORY_SCHEMA."""
    history = factory()
    history.append(1, _table([(2, 1, 2.1), (1, 2, 1.2), (1, 1, 1.1)]))
    expect(_rows(history, [1, 2]), [(1, 1, 1.1), (1, 2, 1.2), (2, 1, 2.1)], "rows come by series and time")
    expect(_rows(history, [2]), [(2, 1, 2.1)], "only the series asked for")
    expect(history.rows([1], _START, _START).schema, HISTORY_SCHEMA, "rows have HISTORY_SCHEMA")
    history.close()


def check_interval_is_half_open(factory: Factory) -> None:
    """``start`` belongs to the interval, ``end`` does not."""
    history = factory()
    history.append(1, _table([(1, minute, float(minute)) for minute in range(5)]))
    expect(_rows(history, [1], 1, 3), [(1, 1, 1.0), (1, 2, 2.0)], "start <= observed_at < end")
    history.close()


def check_replay_doubles_nothing(factory: Factory) -> None:
    """Rows of a position already applied are ignored."""
    history = factory()
    history.append(5, _table([(1, 1, 1.0)]))
    history.append(5, _table([(1, 2, 2.0)]))
    history.append(4, _table([(1, 3, 3.0)]))
    expect(_rows(history, [1]), [(1, 1, 1.0)], "positions not above applied() are ignored")
    expect(history.applied(), 5, "applied() stays")
    history.close()


def check_same_time_last_one_stays(factory: Factory) -> None:
    """A second value of the same series and time replaces the first: within a batch, and later."""
    history = factory()
    history.append(1, _table([(1, 1, 1.0), (1, 1, 1.5), (1, 2, 2.0)]))
    expect(_rows(history, [1]), [(1, 1, 1.5), (1, 2, 2.0)], "in one batch the last of equals stays")
    history.append(2, _table([(1, 1, 9.0)]))
    expect(_rows(history, [1]), [(1, 1, 9.0), (1, 2, 2.0)], "a later correction replaces")
    history.append(3, _table([(1, 2, 2.0)]))
    expect(_rows(history, [1]), [(1, 1, 9.0), (1, 2, 2.0)], "the same value again changes nothing")
    history.close()


def check_late_rows_find_their_place(factory: Factory) -> None:
    """Rows may come in any order of time."""
    history = factory()
    history.append(1, _table([(1, 10, 10.0)]))
    history.append(2, _table([(1, 5, 5.0), (2, 1, 1.0)]))
    expect(_rows(history, [1, 2]), [(1, 5, 5.0), (1, 10, 10.0), (2, 1, 1.0)], "late rows are kept in order")
    history.close()


def check_last_before(factory: Factory) -> None:
    """The last value of each series not after the moment."""
    history = factory()
    history.append(1, _table([(1, 1, 1.0), (1, 3, 3.0), (2, 5, 5.0)]))
    found = _plain(history.last_before(_START + timedelta(minutes=3)))
    expect(found, [(1, 3, 3.0)], "the moment itself belongs to the past")
    history.close()


def check_flush_survives(factory: Factory) -> None:
    """After ``flush`` or ``close`` rows and position are there when opened again."""
    history = factory()
    history.append(1, _table([(1, 1, 1.0)]))
    history.append(7, empty_history())
    history.flush()
    expect(history.durable(), 7, "flush makes every position durable")
    history.append(8, _table([(1, 2, 2.0)]))
    history.close()
    again = factory()
    expect(again.applied(), 8, "the position survives closing")
    expect(_rows(again, [1]), [(1, 1, 1.0), (1, 2, 2.0)], "rows survive closing")
    again.append(9, _table([(1, 1, 4.0)]))
    expect(_rows(again, [1]), [(1, 1, 4.0), (1, 2, 2.0)], "a correction after opening again replaces")
    again.close()


def check_forgets(factory: Factory) -> None:
    """What is forgotten is gone; its neighbours stay, and its place can be filled."""
    history = factory()
    history.append(1, _table([(1, 1, 1.0), (1, 2, 2.0), (2, 1, 3.0)]))
    gone = _table([(1, 1, 0.0), (1, 1, 0.0), (7, 7, 0.0)]).drop_columns(["value"])
    expect(history.forget(gone), 1, "forget counts what was there")
    expect(history.forget(gone), 0, "a second time there is nothing")
    expect(history.forget(gone.slice(0, 0)), 0, "to forget nothing is no mistake")
    expect(_rows(history, [1, 2]), [(1, 2, 2.0), (2, 1, 3.0)], "neighbours stay")
    history.append(2, _table([(1, 1, 9.0)]))
    expect(_rows(history, [1]), [(1, 1, 9.0), (1, 2, 2.0)], "a new value may come to its place")
    history.forget(gone)
    history.close()


def check_forgotten_survives(factory: Factory) -> None:
    """What was forgotten does not come back with the file."""
    history = factory()
    history.append(1, _table([(1, 1, 1.0), (1, 2, 2.0)]))
    history.forget(_table([(1, 1, 0.0)]))
    history.close()
    again = factory()
    expect(_rows(again, [1]), [(1, 2, 2.0)], "forgotten values stay forgotten")
    again.close()


def check_sql(factory: Factory) -> None:
    """``sql`` sees history and the given tables; times are UTC."""
    history = factory()
    history.append(1, _table([(1, 0, 1.0), (1, 1, 3.0), (2, 0, 10.0)]))
    names = pa.table({"series": pa.array([1, 2], pa.int64()), "name": ["a", "b"]})
    found = history.sql(
        "SELECT name, sum(value) AS total, min(epoch_ms(observed_at)) AS first FROM history "
        "JOIN names USING (series) "
        "GROUP BY name ORDER BY name",
        {"names": names},
    )
    first = round(_START.timestamp() * 1000)
    expect(
        found.to_pylist(),
        [{"name": "a", "total": 4.0, "first": first}, {"name": "b", "total": 10.0, "first": first}],
        "sql joins the given tables",
    )
    hour = history.sql("SELECT DISTINCT extract('hour' FROM observed_at) AS h FROM history WHERE value = 1.0")
    expect([row["h"] for row in hour.to_pylist()], [0], "sql computes in UTC")
    history.close()


def check_sql_cannot_harm(factory: Factory) -> None:
    """``sql`` takes one SELECT and nothing else, and cannot reach files."""
    history = factory()
    history.append(1, _table([(1, 0, 1.0)]))
    for query in (
        "DELETE FROM history",
        "SELECT 1; SELECT 2",
        "COPY history TO 'x.csv'",
        "SELEC 1",
        "SELECT * FROM nowhere",
        "SELECT * FROM read_csv('/etc/passwd')",
        "ATTACH 'x.db'",
    ):
        expect_raises(Invalid, lambda query=query: history.sql(query), f"{query!r} is refused")  # type: ignore[misc]
    expect(_rows(history, [1]), [(1, 0, 1.0)], "nothing was changed")
    history.close()


HISTORY_CHECKS: Sequence[Callable[[Factory], None]] = (
    check_empty,
    check_reads_its_writes,
    check_interval_is_half_open,
    check_replay_doubles_nothing,
    check_same_time_last_one_stays,
    check_late_rows_find_their_place,
    check_last_before,
    check_flush_survives,
    check_forgets,
    check_forgotten_survives,
    check_sql,
    check_sql_cannot_harm,
)
