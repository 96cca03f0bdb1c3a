"""Rules of quality, each of one of the six dimensions (GB/T 36344-2018, ISO/IEC 25012).

completeness: what must be there is there · validity: values are of their form and range · accuracy: they
agree with a reference · uniqueness: nothing is there twice · consistency: parts agree with each other ·
timeliness: it is new enough. Rules that departments write are FEEL expressions over the columns of a row.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator, model_validator

from chengshu.foundation.declared import Declaration, DeclaredText, checked, read_document
from chengshu.rules.feel import compile_expression
from chengshu.rules.feel.errors import FeelSyntaxError

Dimension = Literal["completeness", "validity", "accuracy", "uniqueness", "consistency", "timeliness"]
DIMENSIONS: tuple[Dimension, ...] = Dimension.__args__  # type: ignore[attr-defined]


class _Rule(Declaration):
    id: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")
    name: DeclaredText | None = None
    weight: float = Field(default=1.0, gt=0, le=100)
    discovered: bool = False

    @property
    def dimension(self) -> Dimension:
        """The dimension it counts for."""
        raise NotImplementedError  # pragma: no cover


class Filled(_Rule):
    """The columns are filled: neither missing nor blank."""

    kind: Literal["filled"]
    columns: tuple[str, ...] = Field(min_length=1)

    @property
    def dimension(self) -> Dimension:
        return "completeness"


class Unique(_Rule):
    """No two rows agree in all of the columns."""

    kind: Literal["unique"]
    columns: tuple[str, ...] = Field(min_length=1)

    @property
    def dimension(self) -> Dimension:
        return "uniqueness"


class Range(_Rule):
    """Numbers or dates lie within the bounds (both inclusive)."""

    kind: Literal["range"]
    column: str
    least: float | str | None = None
    most: float | str | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Range:
        if self.least is None and self.most is None:
            raise ValueError("give least, or most, or both")
        return self

    @property
    def dimension(self) -> Dimension:
        return "validity"


class OneOf(_Rule):
    """Values are of a list."""

    kind: Literal["one_of"]
    column: str
    values: tuple[str | int | float | bool, ...] = Field(min_length=1)

    @property
    def dimension(self) -> Dimension:
        return "validity"


class Pattern(_Rule):
    """Texts match a regular expression wholly (RE2 syntax: no look-around, bounded time)."""

    kind: Literal["pattern"]
    column: str
    pattern: str = Field(min_length=1, max_length=500)

    @property
    def dimension(self) -> Dimension:
        return "validity"


class Reference(_Rule):
    """Values are found in a column of another file, relative to the declaration."""

    kind: Literal["reference"]
    column: str
    file: str
    to: str

    @property
    def dimension(self) -> Dimension:
        return "accuracy"


class Holds(_Rule):
    """A FEEL expression over the columns of a row is true; null counts as broken."""

    kind: Literal["holds"]
    expression: str = Field(min_length=1)
    of: Dimension = "consistency"

    @field_validator("expression")
    @classmethod
    def _reads(cls, text: str) -> str:
        try:
            compile_expression(text)
        except FeelSyntaxError as error:
            raise ValueError(str(error)) from None
        return text

    @property
    def dimension(self) -> Dimension:
        return self.of


class Fresh(_Rule):
    """The newest moment of a column is not older than this when the table is measured."""

    kind: Literal["fresh"]
    column: str
    within: timedelta = Field(gt=timedelta())

    @property
    def dimension(self) -> Dimension:
        return "timeliness"


Rule = Annotated[
    Filled | Unique | Range | OneOf | Pattern | Reference | Holds | Fresh, Field(discriminator="kind")
]


class QualityFile(Declaration):
    """The whole file: the rules of one table."""

    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def _ids_differ(self) -> QualityFile:
        seen: set[str] = set()
        for rule in self.rules:
            if rule.id in seen:
                raise ValueError(f"rule {rule.id!r} is declared twice")
            seen.add(rule.id)
        return self


def read_quality(path: Path) -> tuple[Rule, ...]:
    """Read a file of rules. Raises :class:`Invalid` naming every mistake with its line."""
    return checked(QualityFile, read_document(path)).rules


def mistake_of(rule: Rule) -> tuple[str, str] | None:
    """The part of a rule that no value can ever meet, and why; None for a rule that can be met."""
    if isinstance(rule, Pattern):
        try:
            pc.match_substring_regex(pa.array([""]), rule.pattern)
        except pa.ArrowInvalid as error:
            return "pattern", f"this is no regular expression: {error}"
    if isinstance(rule, Range) and _above(rule.least, rule.most):
        return "least", "least is above most: no value fits"
    return None


def _above(least: float | str | None, most: float | str | None) -> bool:
    """Whether a lower bound is above the upper one; a text and a number are not compared."""
    if isinstance(least, str) and isinstance(most, str):
        return least > most
    return isinstance(least, int | float) and isinstance(most, int | float) and least > most


def columns_of(rule: Rule) -> tuple[str, ...]:
    """The columns a rule names."""
    if isinstance(rule, Filled | Unique):
        return rule.columns
    return () if isinstance(rule, Holds) else (rule.column,)


def json_schema() -> dict[str, Any]:
    """The JSON schema of a file of rules, for editors."""
    return QualityFile.model_json_schema()
