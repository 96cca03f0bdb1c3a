"""What is in a table: per column how much, how many different, from where to where, and in which shapes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from chengshu.resources.quality.table import Opened, opened, quoted
from chengshu.resources.tables import shape_of

_SAMPLE = 10_000  # rows from which shapes and frequent values are told
_TOP = 8
_WIDE = 200  # columns of one statement


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column. ``distinct`` is an estimate (HyperLogLog); ``shapes`` and ``frequent`` are of a sample.

    A shape writes 9 for a digit, a and A for letters, 汉 for a Chinese sign, runs shortened: ``9{11}``.
    """

    name: str
    type: str
    rows: int
    missing: int
    blank: int
    distinct: int
    least: Any = None
    most: Any = None
    mean: float | None = None
    deviation: float | None = None
    quartiles: tuple[Any, Any, Any] | None = None
    shapes: tuple[tuple[str, int], ...] = ()
    frequent: tuple[tuple[str, int], ...] = ()

    @property
    def filled(self) -> float:
        """The share of values that are there and not blank, 0 to 1; 1 for a table without rows."""
        return 1.0 if not self.rows else 1 - (self.missing + self.blank) / self.rows

    @property
    def unique(self) -> bool:
        """Whether every value there is seems to be different."""
        present = self.rows - self.missing
        return present > 0 and self.distinct >= present * 0.97


@dataclass(frozen=True, slots=True)
class Profile:
    """A whole table."""

    rows: int
    columns: tuple[ColumnProfile, ...]


def profile(source: Path | pa.Table, encoding: str = "") -> Profile:
    """Profile a file or a table in one pass and a sample. Raises :class:`Invalid`, :class:`Missing`."""
    with opened(source, encoding) as table:
        return profile_of(table)


def profile_of(table: Opened) -> Profile:
    """As :func:`profile` for an opened table."""
    names = list(table.columns)
    summary: dict[str, tuple[Any, ...]] = {}
    for start in range(0, len(names), _WIDE):
        bite = ", ".join(quoted(name) for name in names[start : start + _WIDE])
        for row in table.rows(f"SUMMARIZE SELECT {bite} FROM data"):
            summary[row[0]] = row
    rows = max((int(row[10]) for row in summary.values()), default=0)
    texts = [name for name in names if table.columns[name] == "VARCHAR"]
    blanks = _blanks(table, texts)
    sample = table.arrow(f"SELECT * FROM data LIMIT {_SAMPLE}")
    columns = tuple(
        _column(name, table.columns[name], summary[name], blanks.get(name, 0), sample.column(at))
        for at, name in enumerate(names)
    )
    return Profile(rows, columns)


def _blanks(table: Opened, names: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(names), _WIDE):
        bite = names[start : start + _WIDE]
        parts = ", ".join(f"count(*) FILTER (trim({quoted(name)}) = '')" for name in bite)
        found.update(zip(bite, table.rows(f"SELECT {parts} FROM data")[0], strict=True))
    return found


def _column(
    name: str, type_: str, row: tuple[Any, ...], blank: int, values: pa.ChunkedArray
) -> ColumnProfile:
    _, _, least, most, distinct, mean, deviation, q25, q50, q75, rows, missing_share = row
    numeric = deviation is not None
    rows = int(rows)
    missing = round(float(missing_share or 0) / 100 * rows)
    shapes, frequent = _sampled(values)
    return ColumnProfile(
        name,
        type_,
        rows,
        missing,
        blank,
        min(int(distinct), rows - missing),
        least,
        most,
        _number(mean) if numeric else None,
        _number(deviation),
        (q25, q50, q75) if numeric else None,
        shapes,
        frequent,
    )


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _sampled(values: pa.ChunkedArray) -> tuple[tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]]:
    shapes: dict[str, int] = {}
    counts: dict[str, int] = {}
    for value in values.to_pylist():
        if value is None:
            continue
        text = str(value)
        counts[text] = counts.get(text, 0) + 1
    for text, count in counts.items():
        shape = shape_of(text)
        shapes[shape] = shapes.get(shape, 0) + count
    repeated = {text: count for text, count in counts.items() if count > 1}
    return _top(shapes), _top(repeated)


def _top(counts: dict[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_TOP])
