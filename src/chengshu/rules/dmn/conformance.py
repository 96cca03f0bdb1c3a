"""Runs the DMN Technology Compatibility Kit (github.com/dmn-tck/tck) over this engine.

The kit is a folder, a ``.tgz`` of one, or a folder with such a file, of ``compliance-level-N/<case>/`` with a
model, perhaps models it imports, and ``*-test-NN.xml`` files of test cases. A case passes when each of its
results is as expected.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any

from lxml import etree

from chengshu.rules.dmn.decide import Model, read_model
from chengshu.rules.dmn.errors import DmnError
from chengshu.rules.feel.temporal import Temporal
from chengshu.rules.feel.temporal_text import parse_date, parse_date_time, parse_duration, parse_time
from chengshu.rules.feel.text import text_of
from chengshu.rules.feel.values import from_python

OTHER_LANGUAGES = frozenset({"0076-feel-external-java"})
"""Cases that call Java, which this engine does not run; counted in a group of their own."""

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_TOLERANCE = Decimal("1e-8")


@dataclass(frozen=True, slots=True)
class Group:
    """Counts of test cases and of single results."""

    passed: int = 0
    total: int = 0
    results_passed: int = 0
    results: int = 0

    @property
    def failed(self) -> int:
        return self.total - self.passed

    @property
    def share(self) -> float:
        """Passed cases in percent."""
        return 100 * self.passed / self.total if self.total else 100.0

    def plus(self, good: int, results: int) -> Group:
        """With one more case of so many results, of which so many are as expected."""
        return Group(
            self.passed + (good == results),
            self.total + 1,
            self.results_passed + good,
            self.results + results,
        )


@dataclass(slots=True)
class Report:
    """The outcome of a run; ``failing`` names cases as level/folder/file/id with what went wrong."""

    name: str
    groups: dict[str, Group] = field(default_factory=dict)
    failing: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(group.total for group in self.groups.values())

    @property
    def passed(self) -> int:
        return sum(group.passed for group in self.groups.values())

    @property
    def failed(self) -> int:
        return self.total - self.passed

    def level(self, number: int) -> Group:
        """All cases of a compliance level, Java ones apart."""
        return self.groups.get(f"level {number}", Group())


class _KitClock:
    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)


def _files(path: Path) -> dict[PurePosixPath, bytes]:
    found: dict[PurePosixPath, bytes] = {}
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.suffix in (".dmn", ".xml"):
                found[PurePosixPath(file.relative_to(path).as_posix())] = file.read_bytes()
            elif file.suffix == ".tgz":
                found |= _files(file)
        return found
    with tarfile.open(path) as archive:
        for member in archive:
            inner = archive.extractfile(member) if member.isfile() else None
            if inner is not None and member.name.endswith((".dmn", ".xml")):
                found[PurePosixPath(member.name)] = inner.read()
    return dict(sorted(found.items()))


_READERS: dict[str, Callable[[str], Any]] = {
    "string": str,
    "decimal": Decimal,
    "double": Decimal,
    "integer": Decimal,
    "int": Decimal,
    "float": Decimal,
    "boolean": lambda text: text.strip() == "true",
    "date": parse_date,
    "time": parse_time,
    "dateTime": parse_date_time,
    "duration": parse_duration,
}


def _children(node: Any, name: str) -> Iterator[Any]:
    return (child for child in node if isinstance(child.tag, str) and etree.QName(child).localname == name)


def read_value(node: Any) -> Any:
    """The value of an ``inputNode``, ``expected``, ``item`` or ``component`` element, as FEEL's."""
    for listed in _children(node, "list"):
        return None if _is_nil(listed) else [read_value(item) for item in _children(listed, "item")]
    for single in _children(node, "value"):
        if _is_nil(single):
            return None
        kind = (single.get(_XSI + "type") or "xsd:string").rpartition(":")[2]
        text = "".join(single.itertext())
        return _READERS[kind](text if kind == "string" else text.strip())
    components = list(_children(node, "component"))
    if not components or _is_nil(node):
        return None
    return {part.get("name"): read_value(part) for part in components}


def _is_nil(node: Any) -> bool:
    return bool(node.get(_XSI + "nil") == "true")


def agrees(found: Any, expected: Any) -> bool:
    """Whether a value is the expected one; numbers may differ by one part in a hundred million."""
    if isinstance(expected, Decimal):
        if not isinstance(found, Decimal):
            return False
        return bool(abs(found - expected) <= _TOLERANCE * max(Decimal(1), abs(expected)))
    if type(found) is not type(expected):
        return False
    if isinstance(expected, Temporal):
        return bool(found == expected)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(agrees(a, b) for a, b in zip(found, expected, strict=True))
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(agrees(found[key], expected[key]) for key in expected)
    return bool(found == expected)


def _outcome(model: Model, case: Any, name: str, inputs: Mapping[str, Any]) -> Any:
    clock = _KitClock()
    service = case.get("invocableName") if case.get("type") == "decisionService" else None
    if service is not None:
        value = model.decide_service(service, inputs, clock=clock).value
        several = len(list(_children(case, "resultNode"))) > 1
        value = value.get(name) if several and isinstance(value, dict) else value
    elif name in model.services:
        value = model.decide_service(name, inputs, clock=clock).value
    else:
        value = model.decide(name, inputs, clock=clock).value
    return from_python(value)


def _run_case(model: Model, case: Any) -> tuple[int, int, str]:
    """How many results are as expected, how many there are, and what the first wrong one is."""
    inputs = {node.get("name"): read_value(node) for node in _children(case, "inputNode")}
    good = total = 0
    wrong = ""
    for result in _children(case, "resultNode"):
        total += 1
        expected = next((read_value(node) for node in _children(result, "expected")), None)
        try:
            found = _outcome(model, case, result.get("name"), inputs)
        except DmnError as error:
            wrong = wrong or str(error)
            continue
        if agrees(found, expected):
            good += 1
        else:
            wrong = wrong or f"{result.get('name')}: {text_of(found)} instead of {text_of(expected)}"
    return good, total, wrong


def run(path: Path, only: str = "") -> Report:
    """Run the kit at ``path``; ``only`` is a regular expression for the names of case folders.

    Raises FileNotFoundError when there is nothing at ``path``.
    """
    files = _files(path)
    report = Report("DMN TCK")
    folders: dict[PurePosixPath, list[PurePosixPath]] = {}
    for file in files:
        if "compliance-level" in file.as_posix():
            folders.setdefault(file.parent, []).append(file)
    for folder, members in folders.items():
        if re.search(only, folder.name):
            _run_folder(folder, {member: files[member] for member in members}, report)
    return report


def _run_folder(folder: PurePosixPath, files: Mapping[PurePosixPath, bytes], report: Report) -> None:
    models = {file.name: data for file, data in files.items() if file.suffix == ".dmn"}
    level = re.search(r"compliance-level-(\d)", folder.as_posix())
    name = f"level {level.group(1)}" if level else "other"
    if folder.name in OTHER_LANGUAGES:
        name = "other languages (Java)"
    for file, data in files.items():
        if file.suffix != ".xml":
            continue
        tests = etree.fromstring(
            data, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
        )
        main = next(("".join(node.itertext()).strip() for node in _children(tests, "modelName")), "")
        main = main if main in models else f"{folder.name}.dmn"
        others = {key: value for key, value in models.items() if key != main}
        model: Model | None = None
        problem = ""
        try:
            model = read_model(models[main], others, strict=False)
        except (DmnError, KeyError) as error:
            problem = str(error)
        for case in _children(tests, "testCase"):
            results = len(list(_children(case, "resultNode")))
            good, total, wrong = (0, results, problem) if model is None else _run_case(model, case)
            report.groups[name] = report.groups.get(name, Group()).plus(good, total)
            if good < total:
                ident = case.get("id") or "?"
                report.failing[f"{name}/{folder.name}/{file.name}/{ident}"] = wrong
