"""Samples of tables in files: rows drawn by number, so that the same file always gives the same sample."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from chengshu.kernel.errors import Invalid, Missing
from chengshu.resources.grading.model import ColumnSample
from chengshu.resources.tables import encoding_of_file, patience, utf8_copy

MOST_ROWS = 10_000  # of a sample: distinct values enough for shares to the second digit, rows enough for k
MOST_CELLS = 2_000_000  # of a sample: a table of thousands of columns is looked at in fewer rows
_CSV = (
    "header = true, all_varchar = true, null_padding = true, strict_mode = false, "
    + """quote = '"', escape = '"'"""
)
_READERS = {
    ".csv": f"read_csv($path, {_CSV})",
    ".tsv": f"read_csv($path, {_CSV}, delim = '\t')",
    ".parquet": "read_parquet($path)",
    ".jsonl": "read_json($path, format = 'newline_delimited')",
    ".ndjson": "read_json($path, format = 'newline_delimited')",
}


@dataclass(frozen=True, slots=True)
class TableSample:
    """``rows`` counts the whole table, ``sample`` has some of its rows as text."""

    rows: int
    columns: tuple[ColumnSample, ...]
    sample: pa.Table


@contextmanager
def opened_table(path: Path, *, seconds: float | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB connection with the file's rows in the table ``data``; beyond 1 GB it goes to disk.

    CSV and TSV (UTF-8 or GB18030), Parquet and JSON lines. Raises Missing and Invalid, and
    Unavailable when all that is asked of it takes longer than ``seconds``.
    """
    reader = _READERS.get(path.suffix.lower())
    if not path.is_file():
        raise Missing("file-missing", "the file does not exist", where=str(path), remedy="correct the name")
    if reader is None:
        kinds = ", ".join(_READERS)
        raise Invalid("file-kind", f"only {kinds} are sampled", where=str(path), remedy="convert it first")
    with tempfile.TemporaryDirectory(prefix="chengshu-") as folder:
        source = (
            path
            if path.suffix.lower() not in (".csv", ".tsv")
            else utf8_copy(path, encoding_of_file(path), Path(folder) / "utf8.csv")
        )
        db = duckdb.connect(config={"memory_limit": "1GB", "temp_directory": folder})
        with closing(db), patience(db, seconds):
            try:
                db.execute("SET enable_progress_bar = false")
                db.execute(f"CREATE TEMP TABLE data AS SELECT * FROM {reader}", {"path": str(source)})
                yield db
            except duckdb.Error as error:
                first = str(error).splitlines()[0]
                raise Invalid(
                    "table-unreadable", first, where=str(path), remedy="check separators and quotes"
                ) from None


def read_sample(
    path: Path, *, most: int = MOST_ROWS, seed: int = 1, seconds: float | None = None
) -> TableSample:
    """A sample of the table in a file. Raises as :func:`opened_table`."""
    with opened_table(path, seconds=seconds) as db:
        return draw_sample(db, most=most, seed=seed)


def draw_sample(db: duckdb.DuckDBPyConnection, *, most: int = MOST_ROWS, seed: int = 1) -> TableSample:
    """Some rows of the table ``data``: all when there are at most ``most``, else those whose number's hash
    is low.
    """
    rows = int(db.execute("SELECT count(*) FROM data").fetchall()[0][0])
    width = len(db.execute("FROM data LIMIT 0").description or ())
    share = min(1.0, most / rows, MOST_CELLS / (rows * max(width, 1))) if rows else 1.0
    bound = int(share * 2**32)
    query = "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM data WHERE hash(rowid + $seed) % 4294967296 < $bound"
    table = db.sql(query, params={"seed": seed, "bound": bound}).to_arrow_table()
    return table_sample(table, rows)


def whole_table(db: duckdb.DuckDBPyConnection, rows: int = 50_000) -> Iterator[pa.Table]:
    """All rows of the table ``data`` as text, in their order, so many at a time."""
    for batch in db.sql("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM data").to_arrow_reader(rows):
        yield pa.Table.from_batches([batch])


def table_sample(table: pa.Table, rows: int | None = None) -> TableSample:
    """An Arrow table as a sample of one of ``rows`` rows; columns without a name or with the same get one."""
    names: list[str] = []
    for at, name in enumerate(table.column_names, 1):
        wanted = name.strip() or f"column {at}"
        while wanted in names:
            wanted += " (again)"
        names.append(wanted)
    named = table.rename_columns(names)
    return TableSample(table.num_rows if rows is None else rows, samples_of(named, rows), named)


def samples_of(table: pa.Table, rows: int | None = None) -> tuple[ColumnSample, ...]:
    """The columns of an Arrow table as samples; ``rows`` counts the whole table it was drawn from."""
    whole = table.num_rows if rows is None else rows
    found = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        counts: Counter[str] = Counter()
        nulls = 0
        for entry in column.value_counts().to_pylist():
            if entry["values"] is None:
                nulls += entry["counts"]
            else:
                counts[str(entry["values"])] += entry["counts"]
        found.append(ColumnSample(name, tuple(counts), tuple(counts.values()), whole, nulls))
    return tuple(found)
