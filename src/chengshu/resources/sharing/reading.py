"""Rows as a grant lets them be seen: granted rows, granted fields, treated, then chosen, in portions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from chengshu.kernel.errors import Conflict
from chengshu.resources.quality.table import opened, quoted
from chengshu.resources.sharing.intake import row_filter
from chengshu.resources.sharing.protecting import shown

_PORTION = 2000  # rows looked at together, at most
_FIRST = 64  # at least; who wants few rows shall not wait until thousands were masked
_KNOWN = (bool, int, float, Decimal, str, date, time)
_FRACTIONS = ("DOUBLE", "FLOAT", "DECIMAL")


@dataclass(frozen=True, slots=True)
class Column:
    """A field to give: how, and of which category."""

    name: str
    category: str
    treatment: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to read. ``rows`` is the grant's filter over raw values; ``filter`` the reader's, who sees treated
    ones: nobody finds out by filters what they may not see. ``subject`` is read for the record only, and for
    ``left_out``, which says of a person whether their rows are not given.
    """

    columns: tuple[Column, ...]
    rows: str
    filter: str
    limit: int
    subject: str = ""
    left_out: Callable[[str], bool] | None = None
    key: tuple[str, str] | None = None  # only rows whose raw value of a field is this


@dataclass(frozen=True, slots=True)
class Read:
    """Treated rows; ``subjects`` the raw values of the subject column; ``more`` whether the limit cut it off.

    ``fractions`` has the columns with fractions that are shown: those that bear a watermark.
    """

    rows: list[tuple[Any, ...]]
    subjects: list[str]
    more: bool
    fractions: frozenset[str]


def read_rows(source: Path | pa.Table, wanted: Wanted, key: bytes, encoding: str = "utf-8") -> Read:
    """Read until the limit. Raises :class:`Conflict` when the table has no longer the granted fields."""
    with opened(source, encoding) as table:
        types = table.columns
        granted = row_filter(wanted.rows, types) if wanted.rows else None
        names = [column.name for column in wanted.columns]
        chosen = row_filter(wanted.filter, names) if wanted.filter else None
        extra = (granted.names if granted else frozenset()) | ({wanted.subject} if wanted.subject else set())
        extra |= {wanted.key[0]} if wanted.key else set()
        needed = [*names, *sorted(extra - set(names))]
        if gone := [name for name in needed if name not in types]:
            raise Conflict(
                "source-drifted",
                f"the table has no {', '.join(gone)} any more",
                remedy="the provider must mend it, or decide anew",
            )
        query = f"SELECT {', '.join(map(quoted, needed))} FROM data"
        if wanted.key is None:
            cursor = table.database.execute(query)
        else:
            field, value = wanted.key
            cursor = table.database.execute(
                f"{query} WHERE UPPER(TRIM(CAST({quoted(field)} AS VARCHAR))) = ?", [value]
            )
        rows: list[tuple[Any, ...]] = []
        subjects: list[str] = []
        more = False
        size = min(_PORTION, max(_FIRST, wanted.limit + 1))
        while not more and (portion := cursor.fetchmany(size)):
            size = min(_PORTION, 4 * size)
            if granted is not None:
                portion = [row for row in portion if granted(_context(needed, row)) is True]
            if wanted.left_out is not None:
                at = needed.index(wanted.subject)
                portion = [row for row in portion if not wanted.left_out(str(row[at] or ""))]
            seen = _treated(portion, wanted.columns, key)
            for raw, row in zip(portion, seen, strict=True):
                if chosen is not None and chosen(_context(names, row)) is not True:
                    continue
                if len(rows) == wanted.limit:
                    more = True
                    break
                rows.append(row)
                if wanted.subject and (value := raw[needed.index(wanted.subject)]) is not None:
                    subjects.append(str(value))
        fractions = frozenset(
            column.name
            for column in wanted.columns
            if column.treatment == "show" and types[column.name].startswith(_FRACTIONS)
        )
        return Read(rows, subjects, more, fractions)


def _context(names: Sequence[str], row: tuple[Any, ...]) -> Mapping[str, Any]:
    return {
        name: value if isinstance(value, _KNOWN) else _text(value)
        for name, value in zip(names, row, strict=True)
    }


def _text(value: Any) -> str | None:
    """Kinds that FEEL does not know (lists, intervals, bytes) as text."""
    return None if value is None else str(value)


def _treated(
    portion: Sequence[tuple[Any, ...]], columns: Sequence[Column], key: bytes
) -> list[tuple[Any, ...]]:
    seen = [
        shown([row[at] for row in portion], column.category, column.treatment, key)
        for at, column in enumerate(columns)
    ]
    return list(zip(*seen, strict=True)) if portion else []
