"""What changed between two versions: files, columns, and rows – by key, or row by row where none is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from chengshu.kernel.errors import Invalid
from chengshu.resources.datasets.model import DatasetVersion
from chengshu.resources.datasets.tables import TABLES, columns_of, must_have
from chengshu.resources.datasets.vault import Vault
from chengshu.resources.grading.sampling import opened_table
from chengshu.resources.quality.table import quoted

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class RowsDiffer:
    """A table in both versions. Without a key a changed row is one removed and one added.

    ``columns``: how many rows changed in each column. ``examples``: what happened (added, removed, changed),
    the key or row, and by column (before, after).
    """

    file: str
    key: tuple[str, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    before: int
    after: int
    added: int
    removed: int
    changed: int
    columns: dict[str, int]
    examples: tuple[tuple[str, dict[str, Any]], ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Two versions side by side; files by name."""

    entry: str
    first: int
    second: int
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    tables: tuple[RowsDiffer, ...]


def difference(
    vault: Vault, first: DatasetVersion, second: DatasetVersion, key: Sequence[str] = ()
) -> Difference:
    """What changed from the first to the second. ``key``: the columns that name a row of every table.

    Raises :class:`Invalid` where a key names two rows, :class:`Missing` for files that are destroyed.
    """
    old, new = ({item.name: item for item in version.files} for version in (first, second))
    changed = sorted(name for name in old.keys() & new.keys() if old[name].sha256 != new[name].sha256)
    tables = []
    for name in changed:
        suffix = Path(name).suffix.lower()
        if suffix in TABLES:
            paths = [vault.named(files[name].sha256, suffix) for files in (old, new)]
            tables.append(_rows(name, paths[0], paths[1], tuple(key)))
    return Difference(
        second.entry,
        first.number,
        second.number,
        tuple(sorted(new.keys() - old.keys())),
        tuple(sorted(old.keys() - new.keys())),
        tuple(changed),
        tuple(tables),
    )


def _rows(name: str, old: Path, new: Path, key: tuple[str, ...]) -> RowsDiffer:
    with opened_table(new) as db, opened_table(old) as other:
        db.register("__old", other.sql("FROM data").to_arrow_table())
        before, after = [row[0] for row in db.execute("FROM __old LIMIT 0").description or ()], columns_of(db)
        shared = [column for column in after if column in before]
        gained = tuple(column for column in after if column not in before)
        lost = tuple(column for column in before if column not in after)
        sizes = (_count(db, "FROM __old"), _count(db, "FROM data"))
        found = RowsDiffer(name, key, gained, lost, *sizes, 0, 0, 0, {}, ())
        if not key:
            return _by_row(db, found, shared)
        for column in key:
            must_have(db, column)
            if column not in before:
                raise Invalid(
                    "diff-key", f"the older table has no column {column!r}", where=name, remedy="name another"
                )
        rest = [column for column in shared if column not in key]
        return _by_key(db, found, rest)


def _by_row(db: duckdb.DuckDBPyConnection, found: RowsDiffer, shared: Sequence[str]) -> RowsDiffer:
    names = (
        ", ".join(f"CAST({quoted(column)} AS VARCHAR) AS {quoted(column)}" for column in shared) or "1 AS x"
    )
    old, new = f"SELECT {names} FROM __old", f"SELECT {names} FROM data"
    gone, come = f"({old}) EXCEPT ALL ({new})", f"({new}) EXCEPT ALL ({old})"
    examples = [("removed", row) for row in _some(db, gone)] + [("added", row) for row in _some(db, come)]
    added, removed = _count(db, f"FROM ({come})"), _count(db, f"FROM ({gone})")
    return replace(found, added=added, removed=removed, examples=tuple(examples))


def _by_key(db: duckdb.DuckDBPyConnection, found: RowsDiffer, rest: Sequence[str]) -> RowsDiffer:
    key = found.key
    names = ", ".join(quoted(column) for column in key)
    for table in ("__old", "data"):
        if _count(db, f"FROM (SELECT 1 FROM {table} GROUP BY {names} HAVING count(*) > 1)"):
            raise Invalid(
                "diff-key",
                f"{', '.join(key)} names two rows",
                where=found.file,
                remedy="name all columns of the key",
            )
    same = " AND ".join(f"n.{quoted(column)} IS NOT DISTINCT FROM o.{quoted(column)}" for column in key)
    differs = {column: f"{_text('n', column)} IS DISTINCT FROM {_text('o', column)}" for column in rest}
    both = f"FROM data n JOIN __old o ON {same}"
    any_ = " OR ".join(differs.values()) or "false"
    counted = ", ".join(["count(*)", *(f"count(*) FILTER ({test})" for test in differs.values())])
    [(changed, *by_column)] = db.execute(f"SELECT {counted} {both} WHERE {any_}").fetchall()
    gone = f"SELECT {names} FROM __old o ANTI JOIN data n ON {same}"
    come = f"SELECT {names} FROM data n ANTI JOIN __old o ON {same}"
    moved = ", ".join(
        [
            *(f"n.{quoted(column)}" for column in key),
            *(f"[{_text('o', column)}, {_text('n', column)}] AS {quoted(column)}" for column in rest),
        ]
    )
    examples = [("removed", row) for row in _some(db, gone)] + [("added", row) for row in _some(db, come)]
    for row in _some(db, f"SELECT {moved} {both} WHERE {any_}"):
        told = {column: value for column, value in row.items() if column in key or value[0] != value[1]}
        examples.append(("changed", told))
    counts = {column: int(count) for column, count in zip(rest, by_column, strict=True) if count}
    return replace(
        found,
        added=_count(db, f"FROM ({come})"),
        removed=_count(db, f"FROM ({gone})"),
        changed=int(changed),
        columns=counts,
        examples=tuple(examples),
    )


def _text(side: str, column: str) -> str:
    return f"CAST({side}.{quoted(column)} AS VARCHAR)"


def _count(db: duckdb.DuckDBPyConnection, source: str) -> int:
    return int(db.execute(f"SELECT count(*) {source}").fetchall()[0][0])


def _some(db: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        db.sql(f"FROM ({query}) ORDER BY ALL LIMIT {_SHOWN}").to_arrow_table().to_pylist()
    )
    return found
