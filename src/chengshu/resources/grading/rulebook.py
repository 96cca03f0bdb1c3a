"""The tables of classification and grading by the day from which they hold: ``2024-10-01.dmn``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.rules.dated import Period, Timeline
from chengshu.rules.dmn import Match, Model, read_model


@cache
def timeline() -> Timeline[Model]:
    """Every version that is shipped."""
    found = [file for file in (files(__package__) / "tables").iterdir() if file.name.endswith(".dmn")]
    return Timeline(
        "grading tables",
        [
            (Period(date.fromisoformat(file.name.removesuffix(".dmn"))), read_model(file.read_bytes()))
            for file in found
        ],
    )


@dataclass(frozen=True, slots=True)
class Ruling:
    """A row that applied: what it gave, and why, in the words of the table."""

    value: Any
    reason: Reason


def rulings(day: date, decision: str, given: Mapping[str, Any]) -> list[Ruling]:
    """The rows of a table that apply, in their order. Raises Missing for a day before the first version."""
    outcome = timeline().on(day).decide(decision, given)
    return [Ruling(_value(match), _reason(match)) for match in outcome.matched]


def _value(match: Match) -> Any:
    values = dict(match.outputs)
    return values[""] if list(values) == [""] else values


def _reason(match: Match) -> Reason:
    outputs = match.outputs
    said = (
        Text(str(outputs["en"]), str(outputs["hans"]), str(outputs["hant"]))
        if "en" in outputs
        else match.text
    )
    source = {"source": ", ".join(match.annotations)} if match.annotations else {}
    seen = {name: _plain(value) for name, value in match.inputs.items()}
    return Reason(match.rule_id, said, {**seen, **source})


def _plain(value: Any) -> Any:
    """A value of FEEL as JSON has it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
