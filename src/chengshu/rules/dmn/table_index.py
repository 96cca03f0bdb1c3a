"""An index over the conditions of a table: which rules can match, without trying each.

Per column, conditions that are constants, lists of constants or intervals between constants are looked up;
the candidates of a lookup are the rules whose condition there holds, or is of another form and must be tried.
Sets of rules are bits of an integer, so columns combine with ``&``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from chengshu.rules.feel import ast
from chengshu.rules.feel.compile import constant_of

INDEX_FROM = 12
"""Fewest rules for which an index is made."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Numbers between two ends; None is no end."""

    low: Decimal | None
    high: Decimal | None
    low_included: bool
    high_included: bool


def intervals(tree: ast.UnaryTests | None) -> list[Interval] | None:
    """A condition as intervals of numbers, or None when it is more than that."""
    if tree is None or tree.any:
        return None
    found: list[Interval] = []
    for test in tree.tests:
        one = _interval(test)
        if one is None:
            return None
        found.append(one)
    return found


def _interval(test: ast.Test) -> Interval | None:
    if test.op == "" and isinstance(test.value, ast.RangeLiteral):
        span = test.value
        low, high = constant_of(span.low), constant_of(span.high)
        if isinstance(low, Decimal) and isinstance(high, Decimal) and low <= high:
            return Interval(low, high, span.low_included, span.high_included)
        return None
    value = constant_of(test.value)
    if not isinstance(value, Decimal):
        return None
    return {
        "": Interval(value, value, True, True),
        "=": Interval(value, value, True, True),
        "<": Interval(None, value, False, False),
        "<=": Interval(None, value, False, True),
        ">": Interval(value, None, False, False),
        ">=": Interval(value, None, True, False),
    }.get(test.op)


def constants(tree: ast.UnaryTests | None) -> list[Any] | None:
    """A condition as strings or booleans, or None when it is more than that."""
    if tree is None or tree.any:
        return None
    values = [constant_of(test.value) for test in tree.tests if test.op in ("", "=")]
    if len(values) != len(tree.tests) or not all(type(value) in (str, bool) for value in values):
        return None
    return values


@dataclass(slots=True)
class NumberColumn:
    """Break points ascending; segment 2i is between points i-1 and i, segment 2i+1 is point i."""

    points: list[Decimal]
    masks: list[int]

    def mask(self, value: Any) -> int | None:
        if type(value) is not Decimal:
            return None
        at = bisect_left(self.points, value)
        exact = at < len(self.points) and self.points[at] == value
        return self.masks[2 * at + exact]


@dataclass(slots=True)
class ConstantColumn:
    """Rules by the string or boolean they want, and the rules that want none in particular."""

    masks: dict[Any, int] = field(default_factory=dict)
    others: int = 0
    kinds: set[type] = field(default_factory=set)

    def mask(self, value: Any) -> int | None:
        kind = type(value)
        if kind not in self.kinds:
            return None
        return self.masks.get((kind, value), 0) | self.others


def _number_column(cells: Sequence[ast.UnaryTests | None]) -> NumberColumn | None:
    spans = [intervals(cell) for cell in cells]
    known = [span for cell in spans if cell for span in cell]
    if not known:
        return None
    points = sorted({end for span in known for end in (span.low, span.high) if end is not None})
    place = {point: at for at, point in enumerate(points)}
    changes: list[tuple[int, int]] = [(0, 0)] * 0
    always = 0
    for rule, cell in enumerate(spans):
        if cell is None:
            always |= 1 << rule
            continue
        for span in cell:
            start = 0 if span.low is None else 2 * place[span.low] + (1 if span.low_included else 2)
            stop = (
                2 * len(points)
                if span.high is None
                else 2 * place[span.high] + (1 if span.high_included else 0)
            )
            changes.extend((segment, 1 << rule) for segment in range(start, stop + 1))
    masks = [always] * (2 * len(points) + 1)
    for segment, bit in changes:
        masks[segment] |= bit
    return NumberColumn(points, masks)


def _constant_column(cells: Sequence[ast.UnaryTests | None]) -> ConstantColumn | None:
    column = ConstantColumn()
    for rule, cell in enumerate(cells):
        values = constants(cell)
        if values is None:
            column.others |= 1 << rule
            continue
        for value in values:
            key = (type(value), value)
            column.kinds.add(type(value))
            column.masks[key] = column.masks.get(key, 0) | 1 << rule
    return column if column.masks else None


class RuleIndex:
    """Finds the rules of a table that can match."""

    def __init__(self, rules: Sequence[Sequence[ast.UnaryTests | None]], inputs: int) -> None:
        self.everything = (1 << len(rules)) - 1
        self.columns: list[tuple[int, NumberColumn | ConstantColumn]] = []
        for place in range(inputs):
            cells = [rule[place] for rule in rules]
            numbers = _number_column(cells)
            column = numbers if numbers is not None else _constant_column(cells)
            if column is not None:
                self.columns.append((place, column))
        self._lists: dict[int, list[int]] = {}

    def candidates(self, values: Sequence[Any]) -> list[int]:
        """Indices of the rules that can match, ascending."""
        found = self.everything
        for place, column in self.columns:
            mask = column.mask(values[place])
            if mask is not None:
                found &= mask
                if not found:
                    return []
        return _bits(found)


def _bits(mask: int) -> list[int]:
    found: list[int] = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found
