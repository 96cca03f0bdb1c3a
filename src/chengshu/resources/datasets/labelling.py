"""Judgements in files: read from a table of unit, annotator and label, checked, and kept as lines. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import msgspec

from chengshu.kernel.errors import Findings, Invalid
from chengshu.resources.datasets.model import Judgement
from chengshu.resources.tables import encoding_of_file

COLUMNS = ("unit", "annotator", "label")
_MOST = 50  # mistakes told at once
_decoder = msgspec.json.Decoder(Judgement)


def read_judgements(path: Path, units: Collection[str], values: Sequence[str]) -> tuple[Judgement, ...]:
    """Judgements of a CSV file with the columns unit, annotator, label; others are left aside.

    ``units``: those there are; ``values``: the labels there are (none: any). Raises :class:`Invalid` with the
    rows that cannot be taken: then none is.
    """
    if not path.is_file():
        raise Invalid("file-missing", "the file does not exist", where=str(path), remedy="correct the name")
    text = path.read_text(encoding_of_file(path))
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    if lacking := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
        raise Invalid(
            "label-columns",
            f"the file has no column {', '.join(lacking)}",
            where=path.name,
            remedy="name the columns unit, annotator, label",
        )
    findings = Findings()
    found: dict[tuple[str, str], str] = {}
    for row in reader:
        unit, annotator, label = ((row[name] or "").strip() for name in COLUMNS)
        where = f"{path.name}:{reader.line_num}"
        if not (unit and annotator and label):
            findings.add("label-gap", "unit, annotator or label is empty", where=where, remedy="fill it")
        elif unit not in units:
            findings.add("label-unit", f"the dataset has no unit {unit!r}", where=where, remedy="correct it")
        elif values and label not in values:
            findings.add(
                "label-value", f"{label!r} is no label", where=where, remedy=f"use {', '.join(values)}"
            )
        elif found.setdefault((unit, annotator), label) != label:
            findings.add(
                "label-twice", f"{annotator} says two things of {unit}", where=where, remedy="keep one"
            )
        if len(findings.faults) >= _MOST:
            break
    findings.raise_any()
    return tuple(Judgement(unit, annotator, label) for (unit, annotator), label in sorted(found.items()))


def merged(earlier: Iterable[Judgement], later: Iterable[Judgement]) -> tuple[Judgement, ...]:
    """Both; of two judgements of one annotator on one unit the later stands."""
    found = {(item.unit, item.annotator): item for item in (*earlier, *later)}
    return tuple(sorted(found.values()))


def as_lines(judgements: Iterable[Judgement]) -> bytes:
    """Judgements as JSON lines, in order: equal judgements, equal bytes."""
    return b"".join(msgspec.json.encode(item) + b"\n" for item in sorted(judgements))


def of_lines(lines: bytes) -> tuple[Judgement, ...]:
    """The inverse of :func:`as_lines`."""
    return tuple(_decoder.decode(line) for line in lines.splitlines())
