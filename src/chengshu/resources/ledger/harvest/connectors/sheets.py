"""Rows of files that are read here and nowhere else: Excel sheets and JSON, as tables of text, bounded."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pyarrow as pa

MOST_ROWS = 10_000
_MOST_UNPACKED = 400_000_000  # bytes an Excel file may unpack to
_MOST_RATIO = 200  # times an Excel file may grow when unpacked
_MOST_JSON = 32 * 1024 * 1024  # bytes of a JSON file that is read whole
_LONGEST = 2_000  # signs of one value


@contextmanager
def opened_book(path: Path) -> Iterator[Any]:
    """An Excel file, read only. Raises ValueError for one that would unpack to too much, and what openpyxl
    raises.
    """
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > _MOST_UNPACKED or unpacked > _MOST_RATIO * max(path.stat().st_size, 1):
        raise ValueError(f"it would unpack to {unpacked:,} bytes")
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        yield book
    finally:
        book.close()


def json_whole(path: Path) -> Any:
    """A JSON file as data. Raises ValueError for one that is too large to be read whole, or is no JSON."""
    if path.stat().st_size > _MOST_JSON:
        raise ValueError("a JSON file of this size is not read whole; write JSON lines")
    try:
        return msgspec.json.decode(path.read_bytes())
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None


def sheet_rows(path: Path, names: Sequence[str]) -> pa.Table:
    """The first rows of the first sheet under the given names. Raises as :func:`opened_book`."""
    with opened_book(path) as book:
        lines = islice(book.worksheets[0].iter_rows(values_only=True), 1, MOST_ROWS + 1)
        return as_text(names, ([*row, *[None] * len(names)][: len(names)] for row in lines))


def json_rows(path: Path, names: Sequence[str]) -> pa.Table:
    """The first rows of a JSON or GeoJSON file: of its list, or of its features. Raises ValueError."""
    body = json_whole(path)
    if isinstance(body, dict) and body.get("type") == "FeatureCollection":
        features = [part for part in body.get("features") or () if isinstance(part, dict)]
        found = [{**(part.get("properties") or {}), "geometry": part.get("geometry")} for part in features]
    elif isinstance(body, dict):
        found = next((value for value in body.values() if isinstance(value, list)), [body])
    else:
        found = body if isinstance(body, list) else []
    rows = (row for row in found[:MOST_ROWS] if isinstance(row, dict))
    return as_text(names, ([row.get(name) for name in names] for row in rows))


def as_text(names: Sequence[str], rows: Iterator[list[Any]]) -> pa.Table:
    """Rows as a table of text; nothing stays nothing, what is nested is written as JSON."""
    columns: list[list[str | None]] = [[] for _ in names]
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            column.append(_text(value))
    return pa.table(
        {name: pa.array(values, pa.string()) for name, values in zip(names, columns, strict=True)}
    )


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{len(value)} bytes"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)[:_LONGEST]
    return str(value)[:_LONGEST]
