"""Our reading against the messages of a CAP check folder with known answers (``expected.csv``)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from chengshu.kernel.errors import ChengshuError
from chengshu.surfaces.cap.reading import schema_faults


@dataclass(frozen=True, slots=True)
class Report:
    """How many of a suite's cases gave the right answer, and the names of those that did not."""

    suite: str
    passed: int
    failed: int
    total: int
    failing: tuple[str, ...]


def run(path: Path) -> Report:
    """Read every message named in ``path/expected.csv`` (file, schema_valid) and compare the verdicts."""
    with (path / "expected.csv").open(encoding="utf-8", newline="") as file:
        cases = [(row["file"], row["schema_valid"] == "true") for row in csv.DictReader(file)]
    failing = tuple(name for name, valid in cases if schema_valid((path / name).read_bytes()) != valid)
    return Report("CAP 1.2 messages", len(cases) - len(failing), len(failing), len(cases), failing)


def schema_valid(data: bytes) -> bool:
    """Whether a message fits the grammar of CAP 1.2."""
    try:
        return not schema_faults(data)
    except ChengshuError:
        return False
