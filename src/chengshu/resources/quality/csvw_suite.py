"""The W3C CSV on the Web tests: validation and conversion to JSON."""

from __future__ import annotations

import json
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from chengshu.kernel.errors import Invalid
from chengshu.resources.quality.csvw import Shelf, as_json, faults_of

HOME = "http://www.w3.org/2013/csvw/tests/"
#: what the suite's own server says under /.well-known/csvm (tests 259 and 260 are about it)
SITE = "{+url}-metadata.json\ncsv-metadata.json\n{+url}.json\ncsvm.json\n"


@dataclass(frozen=True, slots=True)
class Group:
    """A part of the suite."""

    passed: int
    total: int


@dataclass(frozen=True, slots=True)
class Report:
    """How many tests passed, by group, and the names of those that did not."""

    suite: str
    passed: int
    failed: int
    total: int
    failing: tuple[str, ...]
    groups: Mapping[str, Group]


def run(path: Path) -> Report:
    """Run the tests in a folder that has ``csvw-tests.tgz``, or the unpacked ``tests``."""
    if (path / "tests").is_dir():
        return _run(path / "tests")
    with tempfile.TemporaryDirectory(prefix="chengshu-csvw-") as name:
        with tarfile.open(path / "csvw-tests.tgz") as archive:
            archive.extractall(name, filter="data")
        return _run(Path(name) / "tests")


def _run(folder: Path) -> Report:
    groups: dict[str, Group] = {}
    failing: list[str] = []
    for group, judge in (("validation", _validates), ("json", _converts)):
        manifest = json.loads((folder / f"manifest-{group}.jsonld").read_text("utf-8"))
        entries = manifest["entries"]
        wrong = [entry["id"].split("#")[1] for entry in entries if not judge(folder, entry)]
        groups[group] = Group(len(entries) - len(wrong), len(entries))
        failing += [f"{group}/{name}" for name in wrong]
    total = sum(group.total for group in groups.values())
    return Report("CSV on the Web", total - len(failing), len(failing), total, tuple(failing), groups)


def _set_up(folder: Path, entry: Mapping[str, Any]) -> tuple[Shelf, str, str | None]:
    address = urljoin(HOME, entry["action"])
    option = entry.get("option") or {}
    links = {address: entry["httpLink"]} if "httpLink" in entry else {}
    types = {address: entry["contentType"]} if "contentType" in entry else {}
    metadata = urljoin(HOME, option["metadata"]) if "metadata" in option else None
    return Shelf(folder, HOME, links=links, types=types, site=SITE), address, metadata


def _validates(folder: Path, entry: Mapping[str, Any]) -> bool:
    kind = entry["type"].split(":")[1]
    try:
        faults = faults_of(*_set_up(folder, entry))
    except Invalid:
        return bool(kind == "NegativeValidationTest")
    return bool(faults) != bool(kind == "PositiveValidationTest")


def _converts(folder: Path, entry: Mapping[str, Any]) -> bool:
    kind = entry["type"].split(":")[1]
    minimal = bool((entry.get("option") or {}).get("minimal"))
    shelf, address, metadata = _set_up(folder, entry)
    try:
        found = as_json(shelf, address, metadata, minimal=minimal)
    except Invalid:
        return bool(kind == "NegativeJsonTest")
    if kind == "NegativeJsonTest":
        return False
    wanted = json.loads((folder / entry["result"]).read_text("utf-8"))
    return bool(json.loads(json.dumps(found)) == wanted)
