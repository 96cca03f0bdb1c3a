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
from chengshu.rules.feel.temporal import Date, DateTime, Duration, Months, Time

INDEX_FROM = 12
"""Fewest rules for which an index is made."""

ORDERED = (Decimal, Date, Time, DateTime, Duration, Months)


@dataclass(frozen=True, slots=True)
class Interval:
    """Values of one kind between two ends; None is no end."""

    low: Any
    high: Any
    low_included: bool
    high_included: bool

    @property
    def kind(self) -> type:
        """The kind of its ends."""
        return type(self.high if self.low is None else self.low)


def key_of(value: Any) -> Any:
    """What a number, date, time or duration is ordered by."""
    return value if value is None or isinstance(value, Decimal) else value.key


def intervals(tree: ast.UnaryTests | None) -> list[Interval] | None:
    """A condition as intervals, or None when it is more than that."""
    if tree is None or tree.any:
        return None
    found: list[Interval] = []
    for test in tree.tests:
        one = _interval(test)
        if one is None or one.kind is not (found[0] if found else one).kind:
            return None
        found.append(one)
    return found


def _interval(test: ast.Test) -> Interval | None:
    if test.op == "" and isinstance(test.value, ast.RangeLiteral):
        span = test.value
        low, high = constant_of(span.low), constant_of(span.high)
        if isinstance(low, ORDERED) and type(low) is type(high) and key_of(low) <= key_of(high):
            return Interval(low, high, span.low_included, span.high_included)
        return None
    value = constant_of(test.value)
    if not isinstance(value, ORDERED):
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
class OrderedColumn:
    """Points ascending; segment 2i lies between points i-1 and i, segment 2i+1 is point i.

    ``masks`` has the rules of each segment, those of other forms included.
    """

    kind: type
    points: list[Any]
    masks: list[int]

    def mask(self, value: Any) -> int | None:
        """The candidates for a value; None when this column cannot tell."""
        if type(value) is not self.kind:
            return None
        key = key_of(value)
        at = bisect_left(self.points, key)
        exact = at < len(self.points) and self.points[at] == key
        return self.masks[2 * at + exact]


@dataclass(slots=True)
class ConstantColumn:
    """Rules by the string or boolean they want, and the rules that want none in particular."""

    masks: dict[Any, int] = field(default_factory=dict)
    others: int = 0
    kinds: set[type] = field(default_factory=set)

    def mask(self, value: Any) -> int | None:
        """The candidates for a value; None when this column cannot tell."""
        kind = type(value)
        if kind not in self.kinds:
            return None
        return self.masks.get((kind, value), 0) | self.others


def ordered_column(
    cells: Sequence[ast.UnaryTests | None], further: Sequence[Interval] = ()
) -> OrderedColumn | None:
    """The index of a column of intervals; None when it has none.

    ``further`` intervals only add points. Only one kind is indexed; conditions on others are tried.
    """
    spans = [intervals(cell) for cell in cells]
    kind = next((span.kind for cell in (*spans, further) if cell for span in cell), None)
    if kind is None:
        return None
    spans = [cell if cell and cell[0].kind is kind else None for cell in spans]
    known = [span for cell in (*spans, further) if cell for span in cell if span.kind is kind]
    points = sorted({key_of(end) for span in known for end in (span.low, span.high) if end is not None})
    place = {point: at for at, point in enumerate(points)}
    toggles = [0] * (2 * len(points) + 2)
    always = 0
    for rule, cell in enumerate(spans):
        if cell is None:
            always |= 1 << rule
            continue
        for start, stop in _united([_segments(span, place) for span in cell]):
            toggles[start] ^= 1 << rule
            toggles[stop + 1] ^= 1 << rule
    masks: list[int] = []
    current = 0
    for toggle in toggles[:-1]:
        current ^= toggle
        masks.append(current | always)
    return OrderedColumn(kind, points, masks)


def _segments(span: Interval, place: dict[Any, int]) -> tuple[int, int]:
    """First and last segment of an interval; last before first when it is empty."""
    first = 0 if span.low is None else 2 * place[key_of(span.low)] + (1 if span.low_included else 2)
    if span.high is None:
        return first, 2 * len(place)
    return first, 2 * place[key_of(span.high)] + (1 if span.high_included else 0)


def _united(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same segments without overlap."""
    found: list[tuple[int, int]] = []
    for start, stop in sorted(span for span in spans if span[0] <= span[1]):
        if found and start <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], stop))
        else:
            found.append((start, stop))
    return found


def constant_column(cells: Sequence[ast.UnaryTests | None]) -> ConstantColumn | None:
    """The index of a column of strings or booleans; None when it has none."""
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
        self.columns: list[tuple[int, OrderedColumn | ConstantColumn]] = []
        for place in range(inputs):
            cells = [rule[place] for rule in rules]
            column = ordered_column(cells) or constant_column(cells)
            if column is not None:
                self.columns.append((place, column))

    def candidates(self, values: Sequence[Any]) -> list[int]:
        """Indices of the rules that can match, ascending."""
        found = self.everything
        for place, column in self.columns:
            mask = column.mask(values[place])
            if mask is not None:
                found &= mask
                if not found:
                    return []
        return bits(found)


def bits(mask: int) -> list[int]:
    """The numbers of the bits that are set, ascending."""
    found: list[int] = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found
