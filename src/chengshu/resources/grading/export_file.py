"""Write a table as its reader may see it; the file appears whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
from pyarrow import csv

from chengshu.resources.grading.export import ExportPlan, protected
from chengshu.resources.grading.sampling import whole_table


def write_export(
    db: duckdb.DuckDBPyConnection,
    plan: ExportPlan,
    target: Path,
    *,
    recipient: str,
    key: bytes,
    told: Callable[[int], None] = lambda rows: None,
) -> int:
    """Write the table ``data`` of ``db`` by a plan as CSV (UTF-8); returns the rows.

    ``told`` is called with the rows written so far. Raises Invalid where the key is too short.
    """
    draft, rows = target.with_name(target.name + ".part"), 0
    empty = pa.table([pa.array([], pa.string()) for _ in plan.shown], names=list(plan.shown))
    try:
        with draft.open("wb") as file:
            with csv.CSVWriter(file, empty.schema) as writer:
                for part in whole_table(db):
                    found = protected(part, plan, recipient=recipient, key=key)
                    writer.write_table(found)
                    rows += found.num_rows
                    told(rows)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return rows
