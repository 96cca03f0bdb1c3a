"""Files for a recipient: CSV that says whose copy it is, by digits, tokens or made-up rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chengshu.kernel.errors import Invalid
from chengshu.resources.grading import watermark
from chengshu.resources.sharing.reading import Column, Read


@dataclass(frozen=True, slots=True)
class Written:
    """The file; ``mark`` says how it is marked, or ``none``; ``made`` rows are decoys."""

    content: bytes
    mark: str
    made: tuple[tuple[Any, ...], ...] = ()


def write_csv(columns: Sequence[Column], read: Read, grant: str, key: bytes, decoys: int) -> Written:
    """CSV in UTF-8. Columns with fractions bear the mark in their last digits; tokens are the grant's own;
    where there is neither, ``decoys`` made-up rows stand at the end, if any can be made."""
    texts = [[None if row[at] is None else str(row[at]) for row in read.rows] for at in range(len(columns))]
    marks = []
    for at, column in enumerate(columns):
        if column.name in read.fractions:
            texts[at] = watermark.mark(texts[at], grant, key)
            marks.append(f"digits:{column.name}")
        elif column.treatment == "tokenise":
            marks.append(f"tokens:{column.name}")
    rows: list[tuple[Any, ...]] = list(zip(*texts, strict=True)) if read.rows else []
    made: tuple[tuple[Any, ...], ...] = ()
    if not marks and decoys and rows:
        made = _decoys(rows, grant, key, decoys)
        marks += [f"decoys:{len(made)}"] if made else []
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    writer.writerows([*rows, *made])
    return Written(out.getvalue().encode(), ", ".join(marks) or "none", made)


def _decoys(
    rows: Sequence[tuple[Any, ...]], grant: str, key: bytes, count: int
) -> tuple[tuple[Any, ...], ...]:
    try:
        return tuple(watermark.decoys(rows, grant, key, count))
    except Invalid:
        return ()  # too few or too uniform rows to hide any among: the record then says that nothing marks it
