"""The cases of cases/*.yaml: one line each, readable without knowing Python."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from chengshu.rules.feel import compile_expression, compile_unary_tests

FILES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['say']}")
    for file in FILES
    for case in yaml.safe_load(file.read_text("utf-8"))
]


def exact(value: Any) -> Any:
    """Expected numbers as decimals, with kinds made visible: true is not 1."""
    if isinstance(value, list):
        return [exact(item) for item in value]
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return ("number", Decimal(str(value)).normalize())
    return (type(value).__name__, value)


@pytest.mark.parametrize("case", CASES)
def test_case(case: dict[str, Any]) -> None:
    context = case.get("with", {})
    if "cell" in case:
        found = compile_unary_tests(case["cell"]).evaluate(case["value"], context)
    else:
        found = compile_expression(str(case["feel"])).evaluate(context)
    expected = compile_expression(case["same"])() if "same" in case else case["gives"]
    assert exact(found.value) == exact(expected), found.diagnostics
    if "note" in case:
        assert case["note"] in {note.code for note in found.diagnostics}
    elif found.value is not None:
        assert not found.diagnostics


def test_there_are_cases_for_every_builtin() -> None:
    from chengshu.rules.feel.builtins import BUILTINS

    text = "".join(file.read_text("utf-8") for file in FILES)
    without = {name for name in BUILTINS if f"{name}(" not in text}
    assert without <= {
        "met by",
        "overlaps before",
        "overlaps after",
        "finished by",
        "started by",
        "after",
        "today",
    }
