"""How well a library's key covers it: filled, once only, such as can be right. Counts alone leave here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from chengshu.resources.libraries.keys import normal_key, valid_key
from chengshu.resources.quality.table import opened, quoted

_MOST = 200_000  # different keys held against their form


@dataclass(frozen=True, slots=True)
class Coverage:
    """Rows, those with a key, different keys, and of those looked at (``checked``) the valid ones."""

    rows: int
    filled: int
    different: int
    checked: int
    valid: int

    @property
    def share(self) -> float | None:
        """The share of rows that a right key leads to, once: 0 to 1; None where there are no rows."""
        if not self.rows:
            return None
        right = self.valid / self.checked if self.checked else 0.0
        return self.different / self.rows * right


def cover(source: Path | pa.Table, field: str, kind: str, encoding: str = "utf-8") -> Coverage | None:
    """Count the key of a table; None where the table has no such column."""
    with opened(source, encoding) as table:
        if field not in table.columns:
            return None
        text = f"NULLIF(TRIM(CAST({quoted(field)} AS VARCHAR)), '')"
        counts = table.database.execute(
            f"SELECT COUNT(*), COUNT({text}), COUNT(DISTINCT {text}) FROM data"
        ).fetchone()
        keys = table.database.execute(
            f"SELECT DISTINCT {text} FROM data WHERE {text} IS NOT NULL LIMIT {_MOST}"
        ).fetchall()
    rows, filled, different = counts or (0, 0, 0)
    valid = sum(valid_key(kind, normal_key(key)) for (key,) in keys)
    return Coverage(rows, filled, different, len(keys), valid)
