"""What may stand in parameters.yaml and in cases/*.yaml of a scenario."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from chengshu.foundation.declared import Declaration, DeclaredText
from chengshu.rules.cases import UNSET

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


class NamesFile(Declaration):
    """rules/names.yaml of a scenario: tables, columns, inputs and reasons as they are called on screen."""

    names: dict[str, DeclaredText]


class DecisionRef(Declaration):
    """What the cases of a file are about: a decision, and the entry of its result, if only one counts."""

    file: str
    decision: str
    result: str = ""


class CaseEntry(Declaration):
    """One case: what is given, what is to be decided, and on which day."""

    name: str
    given: dict[str, Any] = Field(default_factory=dict)
    then: Any = Field(default_factory=lambda: UNSET)
    as_of: date | None = Field(None, alias="as of")


class CasesFile(Declaration):
    """cases/*.yaml of a scenario, where it is about a decision."""

    decision: DecisionRef
    cases: tuple[CaseEntry, ...]
