"""Files below a folder, each described by a bounded look: columns and their types, rows, size, encoding."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from chengshu.kernel.clock import iso
from chengshu.kernel.errors import Invalid, Missing, Unavailable
from chengshu.kernel.texts import Text
from chengshu.resources.ledger.harvest.connectors.sheets import json_rows, json_whole, opened_book, sheet_rows
from chengshu.resources.ledger.harvest.model import Page, Problem, Record, Rows
from chengshu.resources.ledger.model import Distribution, Field, Resource
from chengshu.resources.tables import encoding_of

_PAGE = 50
_LOOK = 512 * 1024  # bytes of a text file that are looked at
_SAMPLE = 500  # rows from which types are told
_MOST_COLUMNS = 20_000
_FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".geojson": "geojson",
}
_UNREADABLE = (
    *(ValueError, KeyError, IndexError, TypeError, SyntaxError, RecursionError, EOFError, OSError),
    *(pa.ArrowException, zipfile.BadZipFile, zlib.error),
)
Described = tuple[tuple[Field, ...], int | None, dict[str, str]]  # fields, rows, remarks


class FolderConnector:
    """Reads files in order of their paths; the cursor is the last one read. An unchanged file (by size and
    time of change) is not opened again.
    """

    def __init__(self, folder: Path, pattern: str = "**/*") -> None:
        self._folder, self._pattern = folder, pattern

    def pages(self, cursor: str, known: Mapping[str, str]) -> Iterator[Page]:
        """Every file of a known format. Raises :class:`Unavailable` for a folder that is not there."""
        if not self._folder.is_dir():
            raise Unavailable(
                "harvest-folder",
                "the folder is not there",
                where=str(self._folder),
                remedy="check the path and that the disk is mounted",
            )
        root = self._folder.resolve()
        paths = sorted(
            path
            for path in self._folder.glob(self._pattern)
            if path.suffix.lower() in _FORMATS and path.is_file() and path.resolve().is_relative_to(root)
        )
        names = [(path.relative_to(self._folder).as_posix(), path) for path in paths]
        todo = sorted((name, path) for name, path in names if name > cursor)
        for start in range(0, len(todo), _PAGE):
            bite = todo[start : start + _PAGE]
            yield _page(bite, known)

    dialect = ""

    def made(self) -> Mapping[str, str]:
        """Files are not made by SQL that the hub knows of."""
        return {}

    def content(self, entry: Resource) -> str:
        """The checksum under which the file was last booked."""
        return entry.origin.checksum if entry.origin else ""

    def rows(self, entry: Resource) -> Rows:
        """The file itself; of Excel and JSON a table. Raises :class:`Missing`, :class:`Invalid`."""
        name = entry.origin.native_id if entry.origin else ""
        path = self._folder / name
        if not name or not path.is_file() or not path.resolve().is_relative_to(self._folder.resolve()):
            raise Missing("harvest-file", "the file is not there any more", where=name)
        reader = {"xlsx": sheet_rows, "json": json_rows, "geojson": json_rows}.get(entry.format)
        if reader is None:
            return Rows(path)
        try:
            return Rows(reader(path, [part.name for part in entry.fields]), entry.rows)
        except _UNREADABLE as error:
            raise _unreadable(error, entry.format, name) from None


def _page(bite: list[tuple[str, Path]], known: Mapping[str, str]) -> Page:
    records: list[Record] = []
    problems: list[Problem] = []
    for name, path in bite:
        try:
            stat = path.stat()
            checksum = hashlib.sha256(f"{stat.st_size} {stat.st_mtime_ns}".encode()).hexdigest()
            if known.get(name) == checksum:
                records.append(Record(name, checksum, None))
                continue
            records.append(Record(name, checksum, describe(name, path)))
        except Invalid as error:
            fault = error.fault
            problems.append(Problem(name, fault.code, fault.detail, fault.remedy))
        except OSError as error:
            problems.append(
                Problem(name, "harvest-file", f"{type(error).__name__}: {error.strerror}", "check the rights")
            )
    return Page(tuple(records), tuple(problems), bite[-1][0])


def describe(name: str, path: Path) -> Resource:
    """A file as an entry without id. Raises :class:`Invalid` for a file that is not what its name says."""
    form = _FORMATS[path.suffix.lower()]
    stat = path.stat()
    if stat.st_size == 0:
        raise Invalid("harvest-empty", "the file is empty", where=name, remedy="leave it out, or fill it")
    readers = {
        "csv": _csv,
        "parquet": _parquet,
        "xlsx": _xlsx,
        "json": _json,
        "jsonl": _jsonl,
        "geojson": _json,
    }
    try:
        fields, rows, remarks = readers[form](path)
    except _UNREADABLE as error:
        raise _unreadable(error, form, name) from None
    return Resource(
        "",
        "dataset",
        Text.of(path.stem),
        format=form,
        fields=fields,
        rows=rows,
        updated_on=iso(datetime.fromtimestamp(int(stat.st_mtime), UTC)),
        distributions=(Distribution(f"file:{name}", format=form, size=stat.st_size, local=True),),
        extra=remarks,
    )


def _unreadable(error: Exception, form: str, name: str) -> Invalid:
    return Invalid(
        "harvest-unreadable",
        f"the file cannot be read as {form}: {_first_line(error)}",
        where=name,
        remedy="open and save it anew, or leave it out",
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _csv(path: Path) -> Described:
    with path.open("rb") as file:
        look = file.read(_LOOK)
    encoding = encoding_of(look)
    text = look.decode(encoding, errors="replace").lstrip("\ufeff")
    if len(look) == _LOOK:  # the last line is cut in the middle
        text = text[: text.rfind("\n") + 1] or text
    delimiter = _delimiter(text, "\t" if path.suffix.lower() == ".tsv" else ",")
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = next(lines)
        rows = [row for row, _ in zip(lines, range(_SAMPLE), strict=False)]
    except (StopIteration, csv.Error) as error:
        raise ValueError(f"not a table: {error}") from None
    if len(header) > _MOST_COLUMNS:
        raise ValueError(f"over {_MOST_COLUMNS} columns")
    ragged = sum(len(row) != len(header) for row in rows if row)
    remarks = {"encoding": encoding, "delimiter": {"\t": "tab"}.get(delimiter, delimiter)}
    if ragged:
        remarks["ragged"] = f"{ragged} of {len(rows)} rows looked at have another number of columns"
    names = _unique(header)
    fields = tuple(
        Field(name, type_of([row[at] for row in rows if at < len(row)])) for at, name in enumerate(names)
    )
    return fields, max(_lines(path) - 1, 0), remarks


def _delimiter(text: str, usual: str) -> str:
    first = text.partition("\n")[0]
    counts = {sign: first.count(sign) for sign in ",\t;|，"}
    best = max(counts, key=lambda sign: (counts[sign], sign == usual))
    return best if counts[best] else usual


def _unique(header: list[str]) -> list[str]:
    """Column names, each once: an empty one is called by its place, a second one gets a number."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for at, raw in enumerate(header):
        name = raw.strip() or f"column_{at + 1}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return names


def _lines(path: Path) -> int:
    """Lines of a file of any size, in bounded memory."""
    count, last = 0, b"\n"
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            count += block.count(b"\n")
            last = block[-1:]
    return count + (last != b"\n")


def type_of(values: list[Any]) -> str:
    """The narrowest of boolean, integer, number, date, dateTime that holds every value, else string."""
    said = [value.strip() if isinstance(value, str) else value for value in values]
    said = [value for value in said if value not in ("", None)]
    if not said:
        return "string"
    for name, fits in (("boolean", _boolean), ("integer", _integer), ("number", _number), ("date", _date)):
        if all(fits(value) for value in said):
            return name
    return "dateTime" if all(_moment(value) for value in said) else "string"


def _boolean(value: Any) -> bool:
    return isinstance(value, bool) or (isinstance(value, str) and value.lower() in ("true", "false"))


def _integer(value: Any) -> bool:
    if isinstance(value, str):  # a leading zero means a code, not a number
        body = value.removeprefix("-")
        return (
            body.isascii() and body.isdigit() and (body == "0" or not body.startswith("0")) and len(body) < 19
        )
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    if _integer(value) or isinstance(value, float):
        return True
    if not isinstance(value, str) or (
        value.startswith(("0", "-0")) and not value.lstrip("-").startswith("0.")
    ):
        return False
    try:
        return float(value) == float(value) and "_" not in value
    except ValueError:
        return False


def _date(value: Any) -> bool:
    if not isinstance(value, str) or len(value) not in (8, 10):
        return False
    for pattern in ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d"):
        try:
            datetime.strptime(value, pattern)  # noqa: DTZ007  a date has no zone
        except ValueError:
            continue
        return True
    return False


def _moment(value: Any) -> bool:
    if isinstance(value, datetime):
        return True
    try:
        return (
            isinstance(value, str)
            and len(value) > 10
            and bool(datetime.fromisoformat(value.replace("/", "-")))
        )
    except ValueError:
        return False


def _parquet(path: Path) -> Described:
    with pq.ParquetFile(path) as file:
        schema = file.schema_arrow
        fields = tuple(Field(part.name, str(part.type), nullable=part.nullable) for part in schema)
        return fields, file.metadata.num_rows, {}


def _xlsx(path: Path) -> Described:
    with opened_book(path) as book:
        sheet = book.worksheets[0]
        lines = sheet.iter_rows(values_only=True)
        header = next(lines, None)
        if header is None:
            raise ValueError("the first sheet is empty")
        rows = [row for row, _ in zip(lines, range(_SAMPLE), strict=False)]
        names = _unique(["" if name is None else str(name) for name in header])
        fields = tuple(
            Field(name, type_of([row[at] for row in rows if at < len(row)])) for at, name in enumerate(names)
        )
        more = f"{len(book.worksheets)} sheets; the first is described" if len(book.worksheets) > 1 else ""
        total = max((sheet.max_row or 1) - 1, 0)
        return fields, total, {"sheets": more} if more else {}


def _json(path: Path) -> Described:
    body = json_whole(path)
    if isinstance(body, dict) and body.get("type") == "FeatureCollection":
        features = [part for part in body.get("features") or () if isinstance(part, dict)]
        fields = _fields_of([part.get("properties") or {} for part in features[:_SAMPLE]])
        return (*fields, Field("geometry", "geometry")), len(features), {}
    rows = body if isinstance(body, list) else next((v for v in body.values() if isinstance(v, list)), [body])
    return _fields_of([row for row in rows[:_SAMPLE] if isinstance(row, dict)]), len(rows), {}


def _jsonl(path: Path) -> Described:
    rows: list[dict[str, Any]] = []
    with path.open("rb") as file:
        for line in file:
            if len(rows) == _SAMPLE:
                break
            if line.strip():
                item = json.loads(line)
                rows += [item] if isinstance(item, dict) else []
    return _fields_of(rows), _lines(path), {}


def _fields_of(rows: list[dict[str, Any]]) -> tuple[Field, ...]:
    names = list(dict.fromkeys(name for row in rows for name in row))[:_MOST_COLUMNS]
    return tuple(Field(name, _json_type([row.get(name) for row in rows])) for name in names)


def _json_type(values: list[Any]) -> str:
    if any(isinstance(value, dict) for value in values):
        return "object"
    return "array" if any(isinstance(value, list) for value in values) else type_of(values)
