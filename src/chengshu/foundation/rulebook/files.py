"""Rule files as they lie in folders: models and their dated versions, parameters, settings; and deciding."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from chengshu.foundation.city.declared import ScenarioFile
from chengshu.foundation.city.model import nested
from chengshu.foundation.declared import checked, read_document
from chengshu.foundation.rulebook.declared import DatedValue, NamesFile, ParametersFile
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import ChengshuError, Fault, Invalid, Missing
from chengshu.kernel.texts import Text
from chengshu.rules.cases import Case, Decide, literals
from chengshu.rules.dated import Parameters, Period, Timeline
from chengshu.rules.dmn import DmnError, Model, Outcome, read_model
from chengshu.rules.dmn.reader import read_definitions
from chengshu.rules.feel.names import normal

_VERSION = re.compile(r"(\d{4}-\d\d-\d\d)(?:_(\d{4}-\d\d-\d\d))?")


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
            settings = nested({key: item.value for key, item in card.settings.items()})
            found = replace(found, settings=settings)
        if (folder / "parameters.yaml").is_file() and found.parameters is None:
            found = replace(found, parameters=read_parameters(folder / "parameters.yaml"))
        if (folder / "scenario.yaml").is_file():
            break
    return found


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
        raise placed(error, path) from None


def read_names(path: Path) -> dict[str, Text]:
    """The names of a file by what they stand for; none for a file that is not there. Raises Invalid."""
    return dict(checked(NamesFile, read_document(path)).names) if path.is_file() else {}


# -- models ------------------------------------------------------------------------------------------------


def rule_sources(path: Path) -> list[tuple[Period, Path]]:
    """The files of a rule with the days they hold: a DMN file, or a folder of versions named by their days.

    A file ``NAME.dmn`` holds until the first version in the folder ``NAME`` beside it begins. A version that
    ends without another is named with both days: ``2026-01-01_2026-06-30.dmn``. Raises Missing for a folder
    without any, Invalid for a name that says no day.
    """
    if not path.is_dir():
        later = path.with_suffix("")
        versions = sorted(later.glob("*.dmn")) if is_versions(later) else []
        return [(Period(date.min), path), *((_period(file), file) for file in versions)]
    versions = sorted(path.glob("*.dmn"))
    if not versions:
        raise Missing(
            "rules-missing",
            "the folder holds no version of a model",
            where=str(path),
            remedy="give a .dmn file, or name its versions by the day they begin: 2026-07-01.dmn",
        )
    return [(_period(file), file) for file in versions]


def read_rules(path: Path) -> Timeline[Model]:
    """The models of a rule by the day (see :func:`rule_sources`).

    Raises Invalid with the file, and Missing for a path that does not exist.
    """
    return Timeline(str(path), [(period, model_of(file)) for period, file in rule_sources(path)])


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
    return parse_model(bytes_of(path), path)


def bytes_of(path: Path) -> bytes:
    """The content of a rule file. Raises Missing, or Invalid where it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Missing(
            "rules-missing", "the file does not exist", where=str(path), remedy="correct the name"
        ) from None
    except OSError as error:
        raise unreadable(path, error) from None


def parse_model(data: bytes, path: Path) -> Model:
    """A model as if it lay at ``path``, beside the models that it imports. Raises Invalid with the place."""
    try:
        wanted = {one.namespace for one in read_definitions(data).imports}
        imports = {}
        for file in sorted(path.parent.glob("*.dmn")) if wanted else ():
            other = file.read_bytes()
            if file != path and _namespace(other):
                imports[str(file)] = other
        return read_model(data, imports)
    except ChengshuError as error:
        raise placed(error, path) from None


def unreadable(path: Path, error: OSError) -> Invalid:
    """A file that is there and cannot be read."""
    return Invalid(
        "file-unreadable",
        f"the file cannot be read: {error.strerror}",
        where=str(path),
        remedy="look at its permissions",
    )


def _namespace(data: bytes) -> str:
    try:
        return read_definitions(data).namespace
    except ChengshuError:
        return ""


def placed(error: ChengshuError, path: Path | str) -> Invalid:
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
    rules: Timeline[Model], decision: str, offered: Around, moment: datetime, *, strict: bool = False
) -> Decide:
    """Decides cases with the rules, settings and parameters of their day, or of ``moment``.

    ``now()`` and ``today()`` are of that day too. Deciding raises Missing where nothing holds on the day,
    Invalid for a decision that the model does not have and, when ``strict``, for a given name that is none
    of its inputs.
    """

    def decide(case: Case) -> Outcome:
        then = moment if case.day is None else moment_of(case.day.isoformat())
        day = then.date()
        model = rules.on(day)
        if strict:
            _check_names(case, model, rules.what)
        context = {**offered.context(day), **literals(case.given)}
        try:
            return model.decide(the_decision(model, decision), context, clock=VirtualClock(then), near=True)
        except DmnError as error:
            raise placed(error, rules.what) from None

    return decide


def _check_names(case: Case, model: Model, where: str) -> None:
    """A name that no input has would be passed over in silence, and the case would test something else."""
    known = _inputs_of(model)
    for name in case.given:
        if normal(name) not in known:
            near = get_close_matches(name, known, n=1)
            raise Invalid(
                "input-unknown",
                f"«{name}» is no input of the model",
                where=f"{where}: {case.name}",
                remedy=f"did you mean «{near[0]}»?" if near else f"inputs: {', '.join(sorted(known))}",
            )


def _inputs_of(model: Model) -> set[str]:
    return set(model.inputs).union(*(_inputs_of(one) for _, one in model.imported))
