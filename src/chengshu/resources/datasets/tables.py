"""What a dataset's table holds: rows and columns, groups and identical rows. No file is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from chengshu.kernel.errors import Invalid
from chengshu.resources.datasets.model import Quality, StoredFile
from chengshu.resources.grading.sampling import opened_table
from chengshu.resources.quality.measure import measure
from chengshu.resources.quality.rules import Rule
from chengshu.resources.quality.table import opened, quoted

TABLES = (".csv", ".tsv", ".parquet")


def described(path: Path, name: str, sha256: str, size: int) -> StoredFile:
    """The record of a file; with rows and columns where it is a table. Raises :class:`Invalid`."""
    if path.suffix.lower() not in TABLES:
        return StoredFile(name, sha256, size)
    with opened(path) as table:
        [(rows,)] = table.rows("SELECT count(*) FROM data")
        return StoredFile(name, sha256, size, int(rows), tuple(table.columns.items()))


def measured(path: Path, rules: Sequence[Rule], now: datetime) -> Quality:
    """How good a table is by rules. Raises :class:`Invalid` where they say nothing."""
    report = measure(path, rules, now)
    if report.score is None:
        raise Invalid("dataset-rules", "the file has no rules", remedy="declare one at least")
    broken = tuple(
        (item.rule.id, item.broken, item.checked) for item in report.outcomes if item.broken or item.problem
    )
    return Quality(
        report.score,
        {str(name): score for name, score in report.scores.items()},
        len(report.outcomes),
        broken,
    )


def group_sizes(db: duckdb.DuckDBPyConnection, column: str) -> dict[str, int]:
    """How many rows of ``data`` each value of a column has. Raises :class:`Invalid` for rows without one."""
    must_have(db, column)
    name = quoted(column)
    [(gaps,)] = db.execute(f"SELECT count(*) FROM data WHERE {name} IS NULL").fetchall()
    if gaps:
        raise Invalid(
            "split-gaps",
            f"{gaps:,} rows have no {column}: nobody can say with which others they belong",
            where=column,
            remedy="fill the column, or split by another",
        )
    query = f"SELECT CAST({name} AS VARCHAR), count(*) FROM data GROUP BY 1 ORDER BY 1"
    return {key: int(count) for key, count in db.execute(query).fetchall()}


def twins(db: duckdb.DuckDBPyConnection, column: str, parts: Mapping[str, str]) -> int:
    """How many different rows of ``data`` (the column set aside) stand in more than one part: a test one has
    learned.
    """
    others = [name for name in columns_of(db) if name != column]
    if not others:
        return 0
    _register(db, "__parts", parts)
    names = ", ".join(f"d.{quoted(name)}" for name in others)
    query = (
        "SELECT count(*) FROM (SELECT 1 FROM data d JOIN __parts p "
        f"ON CAST(d.{quoted(column)} AS VARCHAR) = p.key "
        f"GROUP BY {names} HAVING min(p.value) <> max(p.value))"
    )
    return int(db.execute(query).fetchall()[0][0])


def columns_of(db: duckdb.DuckDBPyConnection) -> list[str]:
    """The columns of the table ``data``."""
    return [row[0] for row in db.execute("FROM data LIMIT 0").description or ()]


def must_have(db: duckdb.DuckDBPyConnection, column: str) -> None:
    """Raises :class:`Invalid` when the table ``data`` has no such column."""
    known = columns_of(db)
    if column not in known:
        raise Invalid(
            "column-missing",
            f"the table has no column {column!r}",
            where=column,
            remedy=f"columns: {', '.join(known)[:300]}",
        )


def values_of(path: Path, column: str) -> frozenset[str]:
    """The different values of a column, as text."""
    with opened_table(path) as db:
        must_have(db, column)
        query = f"SELECT DISTINCT CAST({quoted(column)} AS VARCHAR) FROM data"
        return frozenset(value for (value,) in db.execute(query).fetchall() if value is not None)


def add_column(db: duckdb.DuckDBPyConnection, name: str, by: str, values: Mapping[str, str]) -> None:
    """Give the table ``data`` a column that says ``values[by]``; the order of the rows stays."""
    _register(db, "__values", values)
    db.execute(
        "CREATE OR REPLACE TEMP TABLE data AS SELECT d.* EXCLUDE (__row), v.value AS "
        f"{quoted(name)} FROM (SELECT *, row_number() OVER () AS __row FROM data) d LEFT JOIN __values v "
        f"ON CAST(d.{quoted(by)} AS VARCHAR) = v.key ORDER BY d.__row"
    )


def _register(db: duckdb.DuckDBPyConnection, name: str, values: Mapping[str, str]) -> None:
    keys, said = list(values), list(values.values())
    db.register(name, pa.table({"key": pa.array(keys, pa.string()), "value": pa.array(said, pa.string())}))


def rows_where(
    path: Path, column: str, value: str, names: Sequence[str], most: int
) -> tuple[list[tuple[str | None, ...]], int]:
    """The first rows in which a column has a value, as text, and how many more there are."""
    with opened_table(path) as db:
        wanted = ", ".join(f"CAST({quoted(name)} AS VARCHAR)" for name in names)
        where = f"FROM data WHERE CAST({quoted(column)} AS VARCHAR) = ?"
        [(count,)] = db.execute(f"SELECT count(*) {where}", [value]).fetchall()
        rows = db.execute(f"SELECT {wanted} {where} LIMIT {most}", [value]).fetchall()
    return [tuple(row) for row in rows], max(0, int(count) - len(rows))
