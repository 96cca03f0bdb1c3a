"""What may be seen of kept values: as an analyst sees them, from level 2 on nothing plainly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from chengshu.resources.grading.model import Grade
from chengshu.resources.grading.protection import Treatment, treated, treatment_for

_READER = "analyst"
Guard = Callable[[str, str], str | None]


def guard_of(columns: Mapping[str, tuple[str, Grade]], day: date) -> Guard:
    """Column and value → what may be seen of it, by the column's category and grade and the tables of a day;
    None for what is hidden, and for columns that nobody graded.
    """
    ways = {name: (category, _way(grade, category, day)) for name, (category, grade) in columns.items()}

    def seen(column: str, value: str) -> str | None:
        if column not in ways:
            return None
        category, way = ways[column]
        shown = treated([value], category, way)
        return shown[0] if shown else None

    return seen


def _way(grade: Grade, category: str, day: date) -> Treatment:
    """Tokens tell people nothing, and need a key: such values are masked."""
    way = treatment_for(_READER, grade, category, day)
    return replace(way, kind="mask") if way.kind == "tokenise" else way
