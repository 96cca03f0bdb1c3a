"""Cases as they lie beside the tables, and past inputs line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from chengshu.foundation.declared import checked, read_document
from chengshu.foundation.rulebook.declared import CasesFile, DecisionRef
from chengshu.foundation.rulebook.files import is_versions, moment_of, placed, unreadable
from chengshu.kernel.errors import Invalid, Missing
from chengshu.rules.cases import UNSET, Case, literals
from chengshu.rules.feel import FeelSyntaxError


@dataclass(frozen=True, slots=True)
class CaseSet:
    """The cases of one file; ``decision`` is None for a list of bare inputs."""

    path: Path
    decision: DecisionRef | None
    cases: tuple[Case, ...]


def read_cases(path: Path) -> Iterator[CaseSet]:
    """The cases of a file (.yaml, .json, .jsonl of inputs), of a scenario, or of a folder of cases or rules.

    Those of a model, or of a folder of its versions, are the cases of the scenario that name it. Files that
    are not about a decision are passed over. Raises Invalid with the line, and Missing when there are none.
    """
    only = path if path.suffix == ".dmn" or is_versions(path) else None
    if only is None and not path.is_dir():
        yield _lines_of_inputs(path) if path.suffix == ".jsonl" else _cases_file(path)
        return
    folder = _folder_of_cases(path)
    files = [file for file in sorted(folder.glob("*.yaml")) if _about_a_decision(file, only)]
    if not files:
        raise Missing(
            "cases-missing",
            "no file here has cases about a decision",
            where=str(folder),
            remedy="write cases/NAME.yaml with: decision: {file: rules/NAME.dmn, decision: NAME}",
        )
    yield from map(_cases_file, files)


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


def has_cases(scenario: Path) -> bool:
    """Whether a scenario has cases about its decisions; it need not have any."""
    return any(_about_a_decision(file, None) for file in (scenario / "cases").glob("*.yaml"))


def _folder_of_cases(path: Path) -> Path:
    """``cases`` in a folder, else up to two folders above, else the folder itself."""
    for folder in [path, *path.resolve().parents][:4]:
        if (folder / "cases").is_dir():
            return folder / "cases"
        if (folder / "scenario.yaml").is_file() or (folder == path and any(path.glob("*.yaml"))):
            break
    return path


def _about_a_decision(path: Path, rules: Path | None) -> bool:
    data = read_document(path).data
    if not isinstance(data, Mapping) or "decision" not in data:
        return False
    head = data["decision"]
    file = head.get("file") if isinstance(head, Mapping) else None
    if rules is None or not isinstance(file, str):
        return True
    return (path.parent.parent / file).resolve() == rules.resolve()


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
        raise placed(error, where) from None
    return Case(name, given, then, day)


def _lines_of_inputs(path: Path) -> CaseSet:
    """Past cases as they were kept: a JSON object a line, the inputs alone or with ``given`` and ``name``."""
    if not path.is_file():
        raise Missing("file-missing", "the file does not exist", where=str(path), remedy="correct the name")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        detail = f"the file is not UTF-8 (byte {error.start})"
        raise Invalid("file-encoding", detail, where=str(path), remedy="save it as UTF-8") from None
    except OSError as error:
        raise unreadable(path, error) from None
    cases: list[Case] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            data = json.loads(line, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise Invalid(
                "json-broken", f"this is not JSON: {error}", where=where, remedy="one JSON object a line"
            ) from None
        if not isinstance(data, dict):
            raise Invalid(
                "case-wrong", "a case is an object of inputs", where=where, remedy='{"name": value}'
            )
        entry = data if isinstance(data.get("given"), dict) else {"given": data}
        day = moment_of(str(entry["as of"])).date() if entry.get("as of") else None
        name = str(entry.get("name", f"line {number}"))
        cases.append(_case(where, name, entry["given"], entry.get("then", UNSET), day))
    return CaseSet(path, None, tuple(cases))


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")
