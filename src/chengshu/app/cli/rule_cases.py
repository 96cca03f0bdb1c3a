"""Cases with what is to decide them, and what is given on the command line."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from chengshu.app.places import find_packages
from chengshu.foundation.city import read_city
from chengshu.foundation.city.model import nested
from chengshu.foundation.declared import read_document
from chengshu.foundation.rulebook.case_files import CaseSet, has_cases, read_cases, rule_path
from chengshu.foundation.rulebook.declared import DecisionRef
from chengshu.foundation.rulebook.files import Around, around, decider, placed, read_rules
from chengshu.kernel.errors import Invalid
from chengshu.rules.cases import Decide, literals
from chengshu.rules.feel import FeelSyntaxError


@dataclass(frozen=True, slots=True)
class Sitting:
    """Cases with what is to decide them."""

    cases: CaseSet
    head: DecisionRef
    decide: Decide


def sittings(path: Path, moment: datetime) -> Iterator[Sitting]:
    """The cases at a path with the rules they name, ready to be decided.

    For a city these are the cases of its installed scenarios and of their overlays, with the rules of the
    overlays and its own settings. Raises Invalid for a list of bare inputs, and what :func:`read_cases`
    raises.
    """
    if (path / "city.toml").is_file():
        for scenario in read_city(path, find_packages(path)).scenarios.values():
            found = around(scenario.folder)
            offered = Around(nested(scenario.settings), found.parameters)
            roots = (scenario.overlay, scenario.folder)
            for one in (each for root in reversed(roots) for each in _cases_of_decisions(root)):
                head = _head(one)
                there = (root / head.file for root in roots if (root / head.file).exists())
                file = next(there, None) or rule_path(one.path.parent, head.file)
                yield Sitting(
                    one, head, decider(read_rules(file), head.decision, offered, moment, strict=True)
                )
        return
    for one in read_cases(path):
        head = _head(one)
        file = rule_path(one.path.parent, head.file)
        decide = decider(read_rules(file), head.decision, around(file), moment, strict=True)
        yield Sitting(one, head, decide)


def _cases_of_decisions(scenario: Path) -> Iterator[CaseSet]:
    """The cases of a scenario; a scenario need not have any."""
    if has_cases(scenario):
        yield from read_cases(scenario)


def _head(cases: CaseSet) -> DecisionRef:
    if cases.decision is None:
        raise Invalid(
            "cases-wrong",
            "these are inputs, not cases of a decision",
            where=str(cases.path),
            remedy="give a YAML file with decision and cases, or use: chengshu rules diff",
        )
    return cases.decision


def read_context(place: str) -> dict[str, Any]:
    """Inputs from a YAML or JSON file, or from the standard input for ``-``. Raises Invalid with the line."""
    if place == "-":
        return _from_stdin()
    path = Path(place)
    return _inputs(read_document(path).data, str(path))


def _from_stdin() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input.yaml"
        try:
            path.write_text(sys.stdin.read(), encoding="utf-8")
            return _inputs(read_document(path).data, "standard input")
        except Invalid as error:
            fault = error.fault
            where = fault.where.replace(str(path), "standard input")
            raise Invalid(fault.code, fault.detail, where=where, remedy=fault.remedy) from None
        except UnicodeError:
            raise Invalid(
                "file-encoding",
                "the input is not UTF-8",
                where="standard input",
                remedy="give it as UTF-8",
            ) from None


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
        raise placed(error, where) from None
    return found
