"""A table under examination: a file opened in DuckDB without being loaded, whatever its encoding.

CSV in GB18030, UTF-16 or with a byte-order mark is written anew as UTF-8 first, in portions; memory is
bounded.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from chengshu.kernel.errors import ChengshuError, Invalid, Missing, Unavailable
from chengshu.resources.tables import encoding_of_file, patience, utf8_copy

_MEMORY = "1GB"
_WIDE = 200  # columns from which a file is read once and held: every look would parse all of them
_READERS = {".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".jsonl": "json", ".ndjson": "json"}


@dataclass(frozen=True, slots=True)
class Opened:
    """A view ``data`` in a locked database: its columns (name → type), and how to ask it."""

    database: duckdb.DuckDBPyConnection
    columns: dict[str, str]

    def rows(self, query: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of a SELECT. Raises :class:`Invalid` when the data cannot be read as they began."""
        try:
            return self.database.execute(query, parameters or []).fetchall()
        except duckdb.Error as error:
            raise _unreadable(error) from None

    def arrow(self, query: str, parameters: list[Any] | None = None) -> pa.Table:
        """As :meth:`rows`, as an Arrow table."""
        try:
            return self.database.sql(query, params=parameters or None).to_arrow_table()
        except duckdb.Error as error:
            raise _unreadable(error) from None


@contextmanager
def opened(source: Path | pa.Table, encoding: str = "", *, seconds: float | None = None) -> Iterator[Opened]:
    """Open a CSV, Parquet or JSON-lines file, or an Arrow table; ``encoding`` is told by the file when empty.

    Raises :class:`Missing` for a file that is not there, :class:`Invalid` for one that cannot be read,
    :class:`Unavailable` when all that is asked of it takes longer than ``seconds``.
    """
    with tempfile.TemporaryDirectory(prefix="chengshu-table-") as name:
        database = duckdb.connect(":memory:")
        with contextlib.closing(database), patience(database, seconds), _said():
            database.execute(f"SET memory_limit = '{_MEMORY}'; SET temp_directory = '{name}'")
            database.execute("SET python_enable_replacements = false; SET enable_progress_bar = false")
            if isinstance(source, Path):
                _open_file(database, source, encoding, Path(name))
            else:
                database.register("data", source)
            described = database.execute("DESCRIBE data").fetchall()
            if len(described) > _WIDE and isinstance(source, Path):
                database.execute(
                    "CREATE TEMP TABLE held AS FROM data; DROP VIEW data; ALTER TABLE held RENAME TO data"
                )
            yield Opened(database, {row[0]: row[1] for row in described})


@contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise _unreadable(error) from None


def _open_file(database: duckdb.DuckDBPyConnection, path: Path, encoding: str, spare: Path) -> None:
    if not path.is_file():
        raise Missing("table-missing", "the file is not there", where=path.name)
    kind = _READERS.get(path.suffix.lower())
    if kind is None:
        raise Invalid(
            "table-format",
            f"{path.suffix or 'a file without ending'} is not read here",
            where=path.name,
            remedy=f"write one of {', '.join(_READERS)}",
        )
    if kind == "csv":
        plain = utf8_copy(path, encoding or encoding_of_file(path), spare / "utf8.csv")
        relation = database.read_csv(str(plain), sample_size=20_000, null_padding=True, store_rejects=True)
    elif kind == "parquet":
        relation = database.read_parquet(str(path))
    else:
        relation = database.read_json(str(path), format="newline_delimited")
    relation.create_view("data")


def quoted(name: str) -> str:
    """A column's name as SQL has it, whatever signs it holds."""
    return '"' + name.replace('"', '""') + '"'


def _unreadable(error: duckdb.Error) -> ChengshuError:
    if isinstance(error, duckdb.InterruptException):
        return Unavailable("table-slow", "reading the table took too long", remedy="split the file")
    said = (str(error).splitlines() or ["the data cannot be read"])[0]
    return Invalid("table-unreadable", said[:300], remedy="mend the file, or say its encoding")
