"""Runs the DMN Technology Compatibility Kit (github.com/dmn-tck/tck) over this engine.

The kit is a folder, an archive of one, or a folder with such a file: ``compliance-level-N/<case>/`` with a
model, perhaps models it imports, and ``*-test-NN.xml`` files of test cases; case folders by themselves are
run too. A case passes when each of its results is as expected.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any

from chengshu.rules.dmn.decide import Model, read_model
from chengshu.rules.dmn.errors import DmnError
from chengshu.rules.dmn.kit_files import children, kit_files, read_tests, read_value
from chengshu.rules.feel.temporal import Temporal
from chengshu.rules.feel.text import text_of
from chengshu.rules.feel.values import from_python

OTHER_LANGUAGES = frozenset({"0076-feel-external-java"})
"""Cases that call Java, which this engine does not run; counted in a group of their own."""

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

    def count(self, group: str, case: str, good: int, results: int, wrong: str) -> None:
        """Add one case (folder/file/id) with its results, and what is wrong with it."""
        self.groups[group] = self.groups.get(group, Group()).plus(good, results)
        if good < results:
            self.failing[f"{group}/{case}"] = " ".join(wrong.split())

    def level(self, number: int) -> Group:
        """All cases of a compliance level, Java ones apart."""
        return self.groups.get(f"level {number}", Group())


class _KitClock:
    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)


def agrees(found: Any, expected: Any) -> bool:
    """Whether a value is the expected one; numbers may differ by one part in a hundred million."""
    if isinstance(expected, Decimal):
        if not isinstance(found, Decimal) or not expected.is_finite():
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
    called = case.get("invocableName") or ""
    if case.get("type") == "bkm" and called:
        return from_python(model.call(called, inputs, clock=clock).value)
    service = called if case.get("type") == "decisionService" and called else ""
    if not service and name in model.services and name not in model.decisions:
        service = name
    if not service:
        return from_python(model.decide(name, inputs, clock=clock).value)
    value = model.decide_service(service, inputs, clock=clock).value
    if name != service and isinstance(value, dict) and len(model.outputs_of(service)) > 1:
        value = value.get(name)
    return from_python(value)


def _judge(model: Model, case: Any, result: Any, inputs: Mapping[str, Any]) -> str:
    """What is wrong with one result; empty when it is as expected."""
    name = result.get("name") or ""
    try:
        expected = next((read_value(node) for node in children(result, "expected")), None)
        found = _outcome(model, case, name, inputs)
    except (DmnError, ValueError) as error:
        return str(error)
    return "" if agrees(found, expected) else f"{name}: {text_of(found)} instead of {text_of(expected)}"


def _run_case(model: Model, case: Any) -> tuple[int, int, str]:
    """How many results are as expected, how many there are, and what the first wrong one is."""
    results = list(children(case, "resultNode"))
    try:
        inputs = {node.get("name"): read_value(node) for node in children(case, "inputNode")}
    except ValueError as error:
        return 0, max(len(results), 1), str(error)
    wrong = [_judge(model, case, result, inputs) for result in results]
    return sum(not problem for problem in wrong), len(results), next(filter(None, wrong), "")


def run(path: Path, only: str = "") -> Report:
    """Run the kit at ``path``; ``only`` is a regular expression for the names of case folders.

    A file that cannot be read fails as one case. Raises Invalid when there is nothing to read at ``path``.
    """
    report = Report("DMN TCK")
    folders: dict[PurePosixPath, dict[str, bytes]] = {}
    for file, data in kit_files(path).items():
        folders.setdefault(file.parent, {})[file.name] = data
    for folder, files in folders.items():
        named = folder if folder.name else PurePosixPath(path.resolve().as_posix())
        if re.search(only, named.name):
            _run_folder(named, files, report)
    return report


def _group_of(folder: PurePosixPath) -> str:
    if folder.name in OTHER_LANGUAGES:
        return "other languages (Java)"
    level = re.search(r"compliance-level-(\d)", folder.as_posix())
    return f"level {level.group(1)}" if level else "other"


def _run_folder(folder: PurePosixPath, files: Mapping[str, bytes], report: Report) -> None:
    models = {name: data for name, data in files.items() if name.endswith(".dmn")}
    for name, data in files.items():
        if not name.endswith(".xml"):
            continue
        try:
            tests = read_tests(data)
        except ValueError as error:
            report.count(_group_of(folder), f"{folder.name}/{name}", 0, 1, str(error))
            continue
        if tests is not None:
            _run_file(folder, name, tests, models, report)


def _run_file(
    folder: PurePosixPath, name: str, tests: Any, models: Mapping[str, bytes], report: Report
) -> None:
    group = _group_of(folder)
    wanted = next(("".join(node.itertext()).strip() for node in children(tests, "modelName")), "")
    main = _main_model(wanted, name, folder.name, models)
    model: Model | None = None
    problem = f"there is no model «{wanted or folder.name + '.dmn'}» beside it"
    if main:
        others = {key: value for key, value in models.items() if key != main}
        try:
            model = read_model(models[main], others, strict=False)
        except DmnError as error:
            problem = str(error)
    for number, case in enumerate(children(tests, "testCase"), 1):
        results = max(len(list(children(case, "resultNode"))), 1)
        good, total, wrong = (0, results, problem) if model is None else _run_case(model, case)
        report.count(group, f"{folder.name}/{name}/{case.get('id') or number}", good, total, wrong)


def _main_model(wanted: str, tests: str, folder: str, models: Mapping[str, bytes]) -> str:
    """The model that a file of cases is about: as named, called after its cases or folder, or the only."""
    stem = re.sub(r"-test(-\d+)?\.xml$", "", tests)
    for name in (wanted, f"{stem}.dmn", f"{folder}.dmn"):
        if name in models:
            return name
    return next(iter(models)) if len(models) == 1 and not wanted else ""
