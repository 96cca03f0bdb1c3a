"""From bytes to records: JSON, JSON lines and CSV, keeping what is good when one line is bad."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from chengshu.foundation.sensing.model import Reject

_decode = msgspec.json.Decoder().decode


@dataclass(slots=True)
class Payload:
    """A decoded message: the whole, its records with their index, and what could not be read."""

    message: Any
    records: list[tuple[int, Any]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


def read_payload(body: bytes, format_: str) -> Payload:
    """Decode ``body``; never raises: a body nobody can read is one reject with index 0."""
    if format_ == "jsonl":
        return _read_lines(body)
    if format_ == "csv":
        return _read_csv(body)
    try:
        return Payload(_json(body))
    except ValueError as error:
        return Payload(
            None, rejects=[Reject(0, "malformed", f"the message is no JSON: {error}", _text(body))]
        )


def _json(text: bytes | str) -> Any:
    try:
        return _decode(text)
    except msgspec.DecodeError:
        return json.loads(text)  # knows NaN and Infinity, which are then refused value by value


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def _read_lines(body: bytes) -> Payload:
    payload = Payload(None)
    index = 0
    for line in body.splitlines():
        if not line.strip():
            continue
        try:
            payload.records.append((index, _json(line)))
        except ValueError as error:
            payload.rejects.append(Reject(index, "malformed", f"this line is no JSON: {error}", _text(line)))
        index += 1
    return payload


def _read_csv(body: bytes) -> Payload:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        detail = f"the message is not UTF-8 (byte {error.start})"
        return Payload(None, rejects=[Reject(0, "malformed", detail, _text(body))])
    payload = Payload(None)
    for index, record in csv_records(io.StringIO(text, newline="")):
        if isinstance(record, Reject):
            payload.rejects.append(record)
        else:
            payload.records.append((index, record))
    return payload


def csv_records(lines: Iterator[str]) -> Iterator[tuple[int, dict[str, str] | Reject]]:
    """Rows under the names of the first line; a row of another width becomes a reject."""
    rows = csv.reader(lines)
    try:
        header = next(rows, [])
        for index, row in enumerate(row for row in rows if row):
            if len(row) == len(header):
                yield index, dict(zip(header, row, strict=True))
            else:
                detail = f"the row has {len(row)} columns, the header {len(header)}"
                yield index, Reject(index, "malformed", detail, ",".join(row))
    except csv.Error as error:
        yield 0, Reject(0, "malformed", f"the table cannot be read: {error}", "")
