"""Numbers of a series packed in blocks, beside its instances: what aggregates read instead of a million rows.

A block holds every instance of its series after ``after`` up to ``last``, all of them observed numbers. It
is made when enough instances have gathered and forgotten when one of them changes or another comes between:
the instances are the truth, a block only spares reading them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import BigInteger, Column, Connection, LargeBinary, Table

from chengshu.foundation.broker.store import many, metadata, rows

SIZE = 1024
_LOOSE = 256  # newest instances that are not packed: late ones come among them
_BEGINNING = -(1 << 62)

blocks = Table(
    "linked_blocks",
    metadata,
    Column("series", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, primary_key=True, autoincrement=False),
    Column("after", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)


class Block(NamedTuple):
    """Times in milliseconds and values, in order of time."""

    after: int
    last: int
    times: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]


def read_blocks(connection: Connection, series: int, after: int | None, before: int | None) -> list[Block]:
    """The blocks of a series that reach between two moments, in order."""
    sql, values = "SELECT after, last, data FROM linked_blocks WHERE series = ?", [series]
    if after is not None:
        sql, values = f"{sql} AND last > ?", [*values, after]
    if before is not None:
        sql, values = f"{sql} AND after < ?", [*values, before]
    return [_unpacked(*row) for row in rows(connection, f"{sql} ORDER BY last", values)]


def _unpacked(after: int, last: int, data: bytes) -> Block:
    half = len(data) // 2
    return Block(after, last, np.frombuffer(data[:half], "<i8"), np.frombuffer(data[half:], "<f8"))


def forget_blocks(connection: Connection, moments: Sequence[tuple[int, int]]) -> None:
    """Forget the blocks in which these moments (series, time) lie."""
    many(
        connection,
        "DELETE FROM linked_blocks WHERE series = ? AND last >= ? AND after < ?",
        [(series, at, at) for series, at in moments],
    )


def forget_series(connection: Connection, series: Sequence[int]) -> None:
    """Forget all blocks of these series."""
    many(connection, "DELETE FROM linked_blocks WHERE series = ?", [(number,) for number in series])


def pack(connection: Connection, series: int) -> int:
    """Pack what has gathered after the newest block of a series; how many blocks were made."""
    sql = "SELECT max(last) FROM linked_blocks WHERE series = ?"
    start = rows(connection, sql, (series,))[0][0]
    sql = (
        "SELECT at, num, observed, deleted_at FROM linked_instances "
        "WHERE series = ? AND at > ? ORDER BY at, number"
    )
    found = rows(connection, sql, (series, _BEGINNING if start is None else start))
    made = []
    after = (found[0][0] - 1 if found else 0) if start is None else start
    first, end = 0, len(found) - _LOOSE
    while (stop := _whole(found, first + SIZE)) <= end:
        part = found[first:stop]
        if all(num is not None and observed and deleted is None for _, num, observed, deleted in part):
            times = np.array([row[0] for row in part], "<i8")
            values = np.array([row[1] for row in part], "<f8")
            made.append((series, part[-1][0], after, times.tobytes() + values.tobytes()))
        after, first = part[-1][0], stop
    many(connection, "INSERT INTO linked_blocks (series, last, after, data) VALUES (?, ?, ?, ?)", made)
    return len(made)


def _whole(found: Sequence[tuple[int, ...]], stop: int) -> int:
    """Where to end so that no moment is cut in two."""
    while 0 < stop < len(found) and found[stop][0] == found[stop - 1][0]:
        stop += 1
    return stop
