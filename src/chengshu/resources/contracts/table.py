"""A table under contract: read as text, so that nothing is lost, then typed as the contract says.

A value that is not of its promised type is found in its row; the rules then see the typed values.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from chengshu.kernel.errors import Invalid, Missing
from chengshu.resources.contracts.model import Element, Finding, Promised
from chengshu.resources.quality.table import quoted
from chengshu.resources.tables import encoding_of_file, utf8_copy

SHOWN = 20  # failing rows kept of each check
_TEXT = "header = true, all_varchar = true, null_padding = true"
_READERS = {
    ".csv": f"read_csv($path, {_TEXT}, quote = '\"', escape = '\"')",
    ".tsv": f"read_csv($path, {_TEXT}, delim = '\t')",
    ".parquet": "read_parquet($path)",
    ".jsonl": "read_json($path, format = 'newline_delimited')",
    ".ndjson": "read_json($path, format = 'newline_delimited')",
}
_CASTS = {
    "date": "DATE",
    "timestamp": "TIMESTAMPTZ",
    "time": "TIME",
    "number": "DOUBLE",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
}
_WHOLE_NUMBERS = frozenset(
    f"{sign}{name}" for name in ("BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT") for sign in ("", "U")
)
_NATIVE: dict[str, frozenset[str]] = {  # types of files that keep a promise as they are
    "string": frozenset(("VARCHAR", "UUID", "ENUM")),
    "date": frozenset(("DATE",)),
    "timestamp": frozenset(("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")),
    "time": frozenset(("TIME",)),
    "number": _WHOLE_NUMBERS | {"DOUBLE", "FLOAT", "DECIMAL"},
    "integer": _WHOLE_NUMBERS,
    "boolean": frozenset(("BOOLEAN",)),
}
_WHOLE = r"^\s*[+-]?\d+\s*$"


@dataclass(frozen=True, slots=True)
class Typed:
    """The data of one check: view ``data``, its columns, and the file with typed values."""

    database: duckdb.DuckDBPyConnection
    columns: dict[str, str]
    rows: int
    folder: Path

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of a SELECT. Raises :class:`Invalid`."""
        try:
            return self.database.execute(query).fetchall()
        except duckdb.Error as error:
            raise unreadable(error) from None

    def some(self, condition: str) -> tuple[tuple[int, dict[str, Any]], ...]:
        """The first rows of ``data`` that a condition holds for, numbered as they lie in the file."""
        found = self.database.sql(
            "SELECT * FROM (SELECT row_number() OVER () AS __row, * FROM data) "
            f"WHERE {condition} ORDER BY __row LIMIT {SHOWN}"
        ).to_arrow_table()
        return tuple((row.pop("__row"), row) for row in found.to_pylist())


@contextmanager
def read_as_text(source: Path | pa.Table, zone: str = "UTC") -> Iterator[Typed]:
    """Open a CSV, TSV, Parquet or JSON-lines file, or an Arrow table; ``zone``: of moments that name none.

    Raises :class:`Missing`, :class:`Invalid`.
    """
    spelled = "__given" if isinstance(source, pa.Table) else ""
    if not spelled:
        _reader(source)
    with tempfile.TemporaryDirectory(prefix="chengshu-contract-") as name:
        database = duckdb.connect(":memory:", config={"memory_limit": "1GB", "temp_directory": name})
        try:
            folder = Path(name)
            database.execute("SET python_enable_replacements = false")
            database.execute("SET TimeZone = " + literal(zone))
            if spelled:
                database.register(spelled, source)
            else:
                spelled = _spelled(source, folder)
            database.execute(f"CREATE VIEW data AS SELECT * FROM {spelled}")
            columns = {row[0]: row[1] for row in database.execute("DESCRIBE data").fetchall()}
            [(rows,)] = database.execute("SELECT count(*) FROM data").fetchall()
            yield Typed(database, columns, int(rows), folder)
        except duckdb.Error as error:
            raise unreadable(error) from None
        finally:
            database.close()


def _reader(path: Path) -> str:
    """How a file is read. Raises :class:`Missing`, :class:`Invalid`."""
    if not path.is_file():
        raise Missing("table-missing", "the file is not there", where=path.name)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise Invalid(
            "table-format",
            f"{path.suffix or 'a file without ending'} is not read here",
            where=path.name,
            remedy=f"write one of {', '.join(_READERS)}",
        )
    return reader


def _spelled(path: Path, folder: Path) -> str:
    """A file as SQL reads it, in UTF-8."""
    source = path
    if path.suffix.lower() in (".csv", ".tsv"):
        source = utf8_copy(path, encoding_of_file(path), folder / f"utf8{path.suffix.lower()}")
    return _reader(path).replace("$path", literal(str(source)))


def broken_types(data: Typed, table: Promised) -> list[Finding]:
    """Columns whose values are not of their promised type, with the rows."""
    found = []
    for element in table.elements:
        condition = _not_of_type(element, data.columns.get(element.column, ""))
        if not condition:
            continue
        [(broken,)] = data.ask(f"SELECT count(*) FROM data WHERE {condition}")
        if broken:
            detail = f"{broken:,} of {data.rows:,} values are no {element.logical_type}"
            found.append(
                Finding(
                    *("type", f"{element.name}: {element.logical_type}", detail, element.column, "validity"),
                    *("error", data.rows, int(broken), data.some(condition)),
                )
            )
    return found


def _not_of_type(element: Element, type_: str) -> str:
    """SQL that is true for a value that cannot be of its type; empty where the file's own type will do."""
    logical = element.logical_type
    if not type_ or not logical or _native(type_, logical):
        return ""
    column = quoted(element.column)
    text = f"CAST({column} AS VARCHAR)"
    if logical == "integer":
        whole = f"regexp_matches({text}, '{_WHOLE}') AND TRY_CAST({text} AS BIGINT) IS NOT NULL"
        return f"{column} IS NOT NULL AND NOT ({whole})"
    if logical in _CASTS:
        return f"{column} IS NOT NULL AND TRY_CAST({text} AS {_CASTS[logical]}) IS NULL"
    if logical == "string":
        return f"{column} IS NOT NULL" if type_.endswith("]") or type_.startswith(("STRUCT", "MAP")) else ""
    nested = type_.endswith("]") or type_.startswith(("STRUCT", "MAP", "JSON"))
    return "" if nested else f"{column} IS NOT NULL AND NOT json_valid({text})"


def _native(type_: str, logical: str) -> bool:
    return re.split(r"[( ]", type_, maxsplit=1)[0] in _NATIVE.get(logical, frozenset())


def literal(value: str) -> str:
    """A text as SQL has it."""
    return "'" + value.replace("'", "''") + "'"


def typed_copy(data: Typed, table: Promised, wrong: set[str]) -> Path:
    """A Parquet file with the promised types; a column in ``wrong`` stays as it was."""
    kinds = {item.column: item.logical_type for item in table.elements if item.column not in wrong}
    parts = []
    for name, type_ in data.columns.items():
        logical = kinds.get(name, "")
        native = _native(type_, logical)
        cast = _CASTS.get(logical)
        parts.append(
            quoted(name) if native or not cast else f"TRY_CAST({quoted(name)} AS {cast}) AS {quoted(name)}"
        )
    target = data.folder / "typed.parquet"
    data.database.sql(f"SELECT {', '.join(parts)} FROM data").write_parquet(str(target))
    return target


def unreadable(error: duckdb.Error) -> Invalid:
    """What DuckDB could not read, in one line."""
    said = (str(error).splitlines() or ["the data cannot be read"])[0]
    return Invalid("table-unreadable", said[:300], remedy="mend the file")
