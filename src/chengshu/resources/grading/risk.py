"""What columns tell together: how many rows are alone with their combination of quasi-identifiers.

Counting the rows that share all quasi-identifiers is k-anonymity (Samarati and Sweeney 1998). Counted on a
sample, fewer rows share a combination than in the whole, so the risk is rather over- than underestimated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.resources.grading.declared import catalogue
from chengshu.resources.grading.folding import name_tokens, simplified
from chengshu.resources.grading.model import Classification

_QUASI = frozenset(
    ["birth_date", "region_code", "place", "plate", "address", "longitude", "latitude", "coordinates"]
)
_DIRECT = frozenset(
    ["identity_number", "passport", "mobile", "email", "bank_card", "person_name", "uscc", "organisation"]
)
MOST_COLUMNS = 7  # quasi-identifiers looked at together
_LARGEST = 3  # columns of a combination that is named as the reason
_RISKY = 0.05


@dataclass(frozen=True, slots=True)
class Risk:
    """Of ``rows``, ``unique`` are alone with their values in ``columns``; ``smallest`` is the least group.

    ``shortest`` is the shortest combination that already singles out a twentieth of the rows, () for none.
    """

    columns: tuple[str, ...]
    rows: int
    unique: int
    below_5: int
    smallest: int
    shortest: tuple[str, ...] = ()

    @property
    def unique_share(self) -> float:
        """Share of rows that are alone."""
        return self.unique / self.rows if self.rows else 0.0

    @property
    def reason(self) -> Reason:
        """In words."""
        columns = "、".join(self.shortest or self.columns)
        text = _TOGETHER.fill(unique=self.unique, rows=self.rows, columns=columns)
        return Reason("combination", text, self.as_dict())

    def as_dict(self) -> dict[str, Any]:
        """For APIs and the journal."""
        return asdict(self) | {"columns": list(self.columns), "shortest": list(self.shortest)}

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Risk:
        """The inverse of :meth:`as_dict`."""
        return cls(**{**told, "columns": tuple(told["columns"]), "shortest": tuple(told["shortest"])})


def quasi_identifiers(columns: Sequence[Classification]) -> tuple[str, ...]:
    """The columns that name nobody alone, and may together: by what they hold, else by their names."""
    words = {simplified(word) for word in catalogue().quasi}
    found = []
    for column in columns:
        tokens = name_tokens(column.column)
        named = any(token in words for token in tokens) or any(
            word in token for token in tokens for word in words if not word.isascii()
        )
        if column.category in _QUASI or (named and column.category not in _DIRECT):
            found.append(column.column)
    return tuple(found[:MOST_COLUMNS])


def combination_risk(table: pa.Table, columns: Sequence[str]) -> Risk:
    """The risk of ``columns`` together over the rows of ``table``, and the shortest combination that is
    risky.
    """
    if not columns or table.num_rows == 0:
        return Risk(tuple(columns), table.num_rows, 0, 0, 0)
    sizes = _sizes(table, columns)
    unique, small = _rows_below(sizes, 2), _rows_below(sizes, 5)
    shortest: tuple[str, ...] = ()
    if unique / table.num_rows >= _RISKY:
        shortest = _shortest(table, columns)
    return Risk(tuple(columns), table.num_rows, unique, small, int(pc.min(sizes).as_py()), shortest)


def _sizes(table: pa.Table, columns: Sequence[str]) -> pa.ChunkedArray:
    return table.group_by(list(columns)).aggregate([([], "count_all")])["count_all"]


def _rows_below(sizes: pa.ChunkedArray, bound: int) -> int:
    return int(pc.sum(pc.if_else(pc.less(sizes, bound), sizes, 0)).as_py())


def _shortest(table: pa.Table, columns: Sequence[str]) -> tuple[str, ...]:
    for length in range(1, min(_LARGEST, len(columns)) + 1):
        best = max(combinations(columns, length), key=lambda chosen: _rows_below(_sizes(table, chosen), 2))
        if _rows_below(_sizes(table, best), 2) / table.num_rows >= _RISKY:
            return best
    return tuple(columns)


_TOGETHER = Text(
    "{unique} of {rows} rows are alone with their values of {columns}",
    "{rows} 行中有 {unique} 行的 {columns} 取值组合是唯一的",
    "{rows} 行中有 {unique} 行的 {columns} 取值組合是唯一的",
)
