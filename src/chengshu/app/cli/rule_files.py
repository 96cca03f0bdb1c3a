"""Rule files as they lie in folders: models and their dated versions, parameters, settings, cases."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from chengshu.foundation.city.declared import ScenarioFile
from chengshu.foundation.declared import Declaration, DeclaredText, checked, read_document
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import ChengshuError, Fault, Invalid, Missing
from chengshu.rules.cases import UNSET, Case, Decide, literals
from chengshu.rules.dated import Parameters, Period, Timeline
from chengshu.rules.dmn import Model, Outcome, read_model
from chengshu.rules.dmn.reader import read_definitions
from chengshu.rules.feel import FeelSyntaxError

_VERSION = re.compile(r"(\d{4}-\d\d-\d\d)(?:_(\d{4}-\d\d-\d\d))?")
_KEY = r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*$"

Scalar = bool | int | float | str | date | None


class DatedValue(Declaration):
    """A value from its day on, until the next one or to the end of ``until``."""

    value: Scalar | list[Scalar]
    until: date | None = None
    source: str = ""


class Parameter(Declaration):
    """A number, text or list that changes by law, with its values by the day from which they hold."""

    label: DeclaredText
    unit: str = ""
    note: str = ""
    values: dict[date, DatedValue | Scalar | list[Scalar]] = Field(min_length=1)


class ParametersFile(Declaration):
    """parameters.yaml of a scenario."""

    parameters: dict[Annotated[str, Field(pattern=_KEY)], Parameter]


class DecisionRef(Declaration):
    """What the cases of a file are about: a decision, and the entry of its result, if only one counts."""

    file: str
    decision: str
    result: str = ""


class CaseEntry(Declaration):
    """One case: what is given, what is to be decided, and on which day."""

    name: str
    given: dict[str, Any] = Field(default_factory=dict)
    then: Any = UNSET
    as_of: date | None = Field(None, alias="as of")


class CasesFile(Declaration):
    """cases/*.yaml of a scenario, where it is about a decision."""

    decision: DecisionRef
    cases: tuple[CaseEntry, ...]


@dataclass(frozen=True, slots=True)
class CaseSet:
    """The cases of one file; ``decision`` is None for a list of bare inputs."""

    path: Path
    decision: DecisionRef | None
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Around:
    """What the folder of a rule file offers to it: the scenario's settings and dated parameters."""

    settings: Mapping[str, Any] | None = None
    parameters: Parameters | None = None

    def context(self, day: date) -> dict[str, Any]:
        """The names ``settings`` and ``parameters`` with their values of a day, where there are any."""
        found: dict[str, Any] = {}
        if self.settings is not None:
            found["settings"] = self.settings
        if self.parameters is not None:
            found["parameters"] = self.parameters.as_of(day)
        return found

    def or_else(self, other: Around) -> Around:
        """This, with what it lacks from another."""
        settings = other.settings if self.settings is None else self.settings
        return Around(settings, self.parameters or other.parameters)


def around(path: Path) -> Around:
    """The settings and parameters that lie with a rule file, or up to two folders above it."""
    start = path.resolve()
    found = Around()
    for folder in [start, *start.parents][: 4 if start.is_file() else 3]:
        if (folder / "scenario.yaml").is_file() and found.settings is None:
            card = checked(ScenarioFile, read_document(folder / "scenario.yaml"))
            settings = _nested({key: item.value for key, item in card.settings.items()})
            found = replace(found, settings=settings)
        if (folder / "parameters.yaml").is_file() and found.parameters is None:
            found = replace(found, parameters=read_parameters(folder / "parameters.yaml"))
        if (folder / "scenario.yaml").is_file():
            break
    return found


def _nested(settings: Mapping[str, Any]) -> dict[str, Any]:
    start = date.min
    return Parameters(
        {key: Timeline(key, [(Period(start), value)]) for key, value in settings.items()}
    ).as_of(start)


def read_parameters(path: Path) -> Parameters:
    """The dated parameters of a file. Raises Invalid with the place of every mistake."""
    document = read_document(path)
    file = checked(ParametersFile, document)
    timelines = {}
    for key, entry in file.parameters.items():
        where = document.where(("parameters", key))
        values = [
            (Period(day, one.until), one.value) if isinstance(one, DatedValue) else (Period(day), one)
            for day, one in entry.values.items()
        ]
        timelines[key] = Timeline(f"{where}: {key}", values)
    try:
        return Parameters(timelines)
    except Invalid as error:
        raise _placed(error, path) from None


# -- models ------------------------------------------------------------------------------------------------


def read_rules(path: Path) -> Timeline[Model]:
    """A DMN file, or a folder of versions named by the day from which they hold (``2026-07-01.dmn``).

    A version that ends without another is named with both days: ``2026-01-01_2026-06-30.dmn``. Raises
    DmnError with the file, and Missing for a path that does not exist.
    """
    if path.is_dir():
        versions = [(_period(file), file) for file in sorted(path.glob("*.dmn"))]
        if not versions:
            raise Missing(
                "rules-missing",
                "the folder holds no version of a model",
                where=str(path),
                remedy="give a .dmn file, or name its versions by the day they begin: 2026-07-01.dmn",
            )
        return Timeline(str(path), [(period, model_of(file)) for period, file in versions])
    return Timeline(str(path), [(Period(date.min), model_of(path))])


def _period(path: Path) -> Period:
    found = _VERSION.fullmatch(path.stem)
    try:
        if found is None:
            raise ValueError
        return Period(date.fromisoformat(found[1]), date.fromisoformat(found[2]) if found[2] else None)
    except ValueError:
        raise Invalid(
            "version-name",
            f"«{path.name}» does not say from which day it holds",
            where=str(path),
            remedy="name it by its first day, and its last if it has one: "
            "2026-07-01.dmn, 2026-01-01_2026-06-30.dmn",
        ) from None


def is_versions(path: Path) -> bool:
    """Whether a folder holds versions of one model."""
    return path.is_dir() and any(_VERSION.fullmatch(file.stem) for file in path.glob("*.dmn"))


def model_of(path: Path) -> Model:
    """The model of a file; models that it imports are found in the same folder."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise Missing("rules-missing", "the file does not exist", where=str(path)) from None
    try:
        wanted = {one.namespace for one in read_definitions(data).imports}
        imports = {}
        for file in sorted(path.parent.glob("*.dmn")) if wanted else ():
            other = file.read_bytes()
            if file != path and _namespace(other):
                imports[str(file)] = other
        return read_model(data, imports)
    except ChengshuError as error:
        raise _placed(error, path) from None


def _namespace(data: bytes) -> str:
    try:
        return read_definitions(data).namespace
    except ChengshuError:
        return ""


def _placed(error: ChengshuError, path: Path | str) -> Invalid:
    """The same error with the file in its place."""
    fault: Fault = error.fault
    where = f"{path}: {fault.where}" if fault.where and not fault.where.startswith(str(path)) else str(path)
    return Invalid(fault.code, fault.detail, where=where, remedy=fault.remedy or "correct this place")


def the_decision(model: Model, name: str = "") -> str:
    """The decision asked for: by name, or the only one that no other needs. Raises Invalid naming them."""
    if name:
        return name
    top = model.top_decisions
    if len(top) == 1:
        return top[0]
    raise Invalid(
        "decision-unclear",
        f"the model has {len(top) or 'no'} decisions that no other needs",
        where=model.name,
        remedy=f"say which: --decision {' | '.join(map(repr, model.decisions)) or '(there is none)'}",
    )


def moment_of(text: str) -> datetime:
    """A day (its midnight, UTC) or a moment with its zone. Raises Invalid."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(
            "as-of-wrong", f"«{text}» is no day", where="--as-of", remedy="write it as 2026-07-01"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def decider(
    rules: Timeline[Model], decision: str, offered: Around, moment: datetime, *, near: bool = False
) -> Decide:
    """Decides cases with the rules, settings and parameters of their day, or of ``moment``.

    ``now()`` and ``today()`` are of that day too. Decisions raise Missing where nothing holds on the day.
    """

    def decide(case: Case) -> Outcome:
        then = moment if case.day is None else moment_of(case.day.isoformat())
        day = then.date()
        model = rules.on(day)
        context = {**offered.context(day), **literals(case.given)}
        return model.decide(the_decision(model, decision), context, clock=VirtualClock(then), near=near)

    return decide


# -- cases and inputs --------------------------------------------------------------------------------------


def read_cases(path: Path) -> Iterator[CaseSet]:
    """The cases of a file (.yaml, .json, .jsonl of inputs) or of a scenario or folder of cases.

    Files in a folder that are not about a decision are passed over. Raises Invalid with the line, and
    Missing when there are none.
    """
    if not path.is_dir():
        yield _lines_of_inputs(path) if path.suffix == ".jsonl" else _cases_file(path)
        return
    folder = path / "cases" if (path / "cases").is_dir() else path
    files = [file for file in sorted(folder.glob("*.yaml")) if _about_a_decision(file)]
    if not files:
        raise Missing(
            "cases-missing",
            "no file here has cases about a decision",
            where=str(folder),
            remedy="write cases/NAME.yaml with: decision: {file: rules/NAME.dmn, decision: NAME}",
        )
    yield from map(_cases_file, files)


def _about_a_decision(path: Path) -> bool:
    data = read_document(path).data
    return isinstance(data, Mapping) and "decision" in data


def _cases_file(path: Path) -> CaseSet:
    file = checked(CasesFile, read_document(path))
    return CaseSet(
        path,
        file.decision,
        tuple(_case(f"{path}: {one.name}", one.name, one.given, one.then, one.as_of) for one in file.cases),
    )


def _case(where: str, name: str, given: Mapping[str, Any], then: Any, day: date | None) -> Case:
    try:
        literals([given, None if then is UNSET else then])
    except FeelSyntaxError as error:
        raise _placed(error, where) from None
    return Case(name, given, then, day)


def _lines_of_inputs(path: Path) -> CaseSet:
    """Past cases as they were kept: a JSON object a line, the inputs alone or with ``given`` and ``name``."""
    if not path.is_file():
        raise Missing("file-missing", "the file does not exist", where=str(path))
    cases: list[Case] = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            data = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            raise Invalid("json-broken", f"this is not JSON: {error}", where=where) from None
        if not isinstance(data, dict):
            raise Invalid(
                "case-wrong", "a case is an object of inputs", where=where, remedy='{"name": value}'
            )
        entry = data if isinstance(data.get("given"), dict) else {"given": data}
        day = moment_of(str(entry["as of"])).date() if entry.get("as of") else None
        name = str(entry.get("name", f"line {number}"))
        cases.append(_case(where, name, entry["given"], entry.get("then", UNSET), day))
    return CaseSet(path, None, tuple(cases))


def read_context(place: str) -> dict[str, Any]:
    """Inputs from a YAML or JSON file, or from the standard input for ``-``. Raises Invalid with the line."""
    if place == "-":
        return _from_stdin()
    path = Path(place)
    return _inputs(read_document(path).data, str(path))


def _from_stdin() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input.yaml"
        path.write_text(sys.stdin.read(), encoding="utf-8")
        try:
            return _inputs(read_document(path).data, "standard input")
        except Invalid as error:
            fault = error.fault
            where = fault.where.replace(str(path), "standard input")
            raise Invalid(fault.code, fault.detail, where=where, remedy=fault.remedy) from None


def _inputs(data: Any, where: str) -> dict[str, Any]:
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise Invalid(
            "context-wrong", "the inputs are a mapping of names to values", where=where, remedy="name: value"
        )
    try:
        found: dict[str, Any] = literals(data)
    except FeelSyntaxError as error:
        raise _placed(error, where) from None
    return found


def rule_path(base: Path, file: str) -> Path:
    """The file that cases name, seen from their scenario: the nearest folder above that holds it."""
    for folder in [base, *base.parents][:4]:
        if (folder / file).exists():
            return folder / file
    raise Missing(
        "rules-missing",
        f"the rules «{file}» are not there",
        where=str(base),
        remedy="give decision.file as seen from the scenario's folder, such as rules/NAME.dmn",
    )
