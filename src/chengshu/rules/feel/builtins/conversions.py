"""Built-in conversions and tests of any value: number, string, not, is (DMN 1.5, 10.3.4.1, 10.3.4.2)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from chengshu.rules.feel.builtins.signature import Library
from chengshu.rules.feel.errors import FeelError
from chengshu.rules.feel.runtime import Run
from chengshu.rules.feel.temporal import Temporal
from chengshu.rules.feel.text import text_of
from chengshu.rules.feel.values import ARITHMETIC

LIBRARY = Library()

_PLAIN_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?")


def _number(text: str) -> Decimal:
    if len(text) > 10_000 or not _PLAIN_NUMBER.fullmatch(text):
        raise FeelError("bad-value", name="number", value=f"«{text[:60]}»")
    try:
        return ARITHMETIC.create_decimal(text)
    except ArithmeticError:
        raise FeelError("out-of-range", what="number") from None


@LIBRARY.add("number", "from: string|number")
def number(_run: Run, source: str | Decimal) -> Decimal:
    """The number that a text denotes."""
    return _number(source) if isinstance(source, str) else source


@LIBRARY.add("number", "from: string; grouping separator: string|null; decimal separator: string|null")
def number_with_separators(_run: Run, text: str, grouping: str | None, point: str | None) -> Decimal:
    """The number that a text with thousands separators or a decimal comma denotes."""
    if (
        grouping not in (None, " ", ",", ".")
        or point not in (None, ".", ",")
        or (grouping and grouping == point)
    ):
        raise FeelError("bad-value", name="number", value="these separators")
    if grouping:
        text = text.replace(grouping, "")
    if point == ",":
        if "." in text:
            raise FeelError("bad-value", name="number", value=f"«{text[:60]}»")
        text = text.replace(",", ".")
    return _number(text)


@LIBRARY.add("string", "from: any")
def string(run: Run, value: Any) -> str | None:
    """A value as text."""
    if value is None:
        return None
    return run.made_text(text_of(value, run.spend))


@LIBRARY.add("not", "negand: any")
def negation(run: Run, value: Any) -> bool | None:
    """True for false, false for true, null for the rest."""
    if type(value) is bool:
        return not value
    if value is not None:
        run.note("not-boolean", where="not", type=type(value).__name__)
    return None


@LIBRARY.add("is", "value1: any; value2: any")
def same(_run: Run, left: Any, right: Any) -> bool:
    """The same value of the same kind, also in how it is written (``Z`` is not ``@Etc/UTC``)."""
    return type(left) is type(right) and _identical(left, right)


@LIBRARY.add("is", "[value1: any]; [value2: any]")
def same_or_missing(_run: Run, left: Any = None, right: Any = None) -> bool:
    """The same, with values left out as null."""
    return same(_run, left, right)


def _identical(left: Any, right: Any) -> bool:
    if isinstance(left, Temporal):
        return bool(left == right)
    if type(left) is list:
        return len(left) == len(right) and all(
            type(a) is type(b) and _identical(a, b) for a, b in zip(left, right, strict=True)
        )
    if type(left) is dict:
        return left.keys() == right.keys() and all(
            type(left[key]) is type(right[key]) and _identical(left[key], right[key]) for key in left
        )
    return bool(left == right)
