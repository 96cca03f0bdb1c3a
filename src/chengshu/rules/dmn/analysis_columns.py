"""The inputs of a table for its analysis: values that stand for all others, and which rules accept them.

The constants in the conditions of an input cut its values into classes: points and the stretches between
them, the strings and booleans that are named and one that is not, null where a condition asks for it. One
value of each class is tried on every condition, by evaluating it, so what is said of that value is true
whatever the conditions look like. Conditions that are more than comparisons with constants (functions, other
inputs) may hold elsewhere too: the class keeps them as possible.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from chengshu.rules.dmn.model import TableInput
from chengshu.rules.dmn.settled import lacks
from chengshu.rules.dmn.table_index import ORDERED, bits, constants, intervals, key_of, ordered_column
from chengshu.rules.feel import ast
from chengshu.rules.feel.builtins import FUNCTIONS
from chengshu.rules.feel.compile import Scope, constant_of
from chengshu.rules.feel.compile_tests import PLACEHOLDER, TestCode, compile_tests
from chengshu.rules.feel.errors import LimitExceeded
from chengshu.rules.feel.limits import Limits
from chengshu.rules.feel.printer import print_tree
from chengshu.rules.feel.runtime import Budget, Run
from chengshu.rules.feel.scopes import free_names
from chengshu.rules.feel.temporal import DAY, NANOS, Date, DateTime, Duration, Months, Time
from chengshu.rules.feel.types import SCALARS, FeelType
from chengshu.rules.feel.values import kind_of

OTHER = "anything else"
MAX_TRIALS = 200_000
"""Conditions evaluated on one input; beyond, those that are no comparisons stay unknown."""

_LIMITS = Limits(steps=20_000, diagnostics=1)
_KINDS = SCALARS.keys()
_OF_THE_MOMENT = frozenset({"now", "today"})


@dataclass(frozen=True, slots=True)
class Class:
    """Values that the comparisons of an input treat alike: one of them, and rules as bits.

    ``rules`` accept the sample, or cannot be tried on it; ``possible`` may accept another value of the class.
    ``real``: the input may have the sample as its value.
    """

    sample: Any
    rules: int
    possible: int
    real: bool = True

    @property
    def named(self) -> bool:
        """Whether it stands for a value that a condition names, rather than for what is left."""
        return self.sample is not None and self.sample is not OTHER


class Cell:
    """A condition: how it is tried, and whether its constants say all about it."""

    def __init__(self, tree: ast.UnaryTests | None, given: Mapping[str, Any]) -> None:
        self.tree = tree
        self.any = tree is not None and tree.any
        self.understood = tree is not None and (tree.any or all(map(_understood, tree.tests)))
        self.span = intervals(tree)
        self.text = "" if tree is None else print_tree(tree)
        names = frozenset() if tree is None else free_names(tree)
        called = (None if tree is None else ast.mentioned(tree)) or frozenset()
        self.needs = names - FUNCTIONS.keys() - given.keys() - {PLACEHOLDER}
        self.readable = tree is not None and not (called & _OF_THE_MOMENT) and not lacks(tree, given)
        self.given = given
        self._code: TestCode | None = None

    def holds(self, value: Any, others: Mapping[str, Any]) -> bool | None:
        """Whether a value passes, with the values of other inputs by name; None where that cannot be told."""
        if self.any:
            return True
        if self.tree is None or not self.readable or self.needs - others.keys():
            return None
        if self._code is None:
            self._code = compile_tests(self.tree, Scope(inner=True))
        try:
            run = Run(self.given, Budget(_LIMITS))
            return self._code(value, {**others, PLACEHOLDER: value}, run) is True
        except (LimitExceeded, RecursionError):
            return None


@dataclass(slots=True)
class Column:
    """An input: its name on screen, its expression, its classes, and its conditions by rule."""

    name: str
    expression: str
    classes: list[Class]
    cells: Sequence[Cell]
    known: int
    """Rules whose condition here was tried on every sample."""
    understood: int
    """Rules whose condition treats all values of a class alike."""
    admits: Callable[[Any], bool] = lambda value: True

    def rules_for(self, value: Any, others: Mapping[str, Any] = MappingProxyType({})) -> int:
        """The rules that accept a value; those that cannot be told are among them."""
        told: dict[str, bool | None] = {}
        rules = 0
        for at, cell in enumerate(self.cells):
            if cell.text not in told:
                told[cell.text] = cell.holds(value, others)
            rules |= (told[cell.text] is not False) << at
        return rules


def free_cell() -> Cell:
    """The condition that fits everything."""
    return Cell(ast.UnaryTests((), any=True), {})


def with_samples(column: Column, samples: Sequence[Any]) -> None:
    """Let an input have more values tried; what it may not be (see :func:`make_column`) is passed over."""
    if len(samples) * len({cell.text for cell in column.cells}) > MAX_TRIALS:
        return
    every = (1 << len(column.cells)) - 1
    have = {(type(one.sample), str(one.sample)) for one in column.classes}
    for sample in samples:
        if (type(sample), str(sample)) not in have and column.admits(sample):
            rules = column.rules_for(sample)
            column.classes.append(Class(sample, rules, rules | every & ~column.understood))


def constants_of(tree: ast.UnaryTests | None) -> list[Any]:
    """The constants that a condition names."""
    if tree is None:
        return []
    values = (constant_of(node) for node in ast.walk(tree))
    return [value for value in values if isinstance(value, (*ORDERED, str, bool))]


def spread(values: Sequence[Any], declared: str) -> list[Any]:
    """Values, and one beside and between each two of a kind; of a declared kind some, if there are none."""
    ordered = [value for value in values if isinstance(value, ORDERED)]
    found: list[Any] = []
    for of in dict.fromkeys(map(type, ordered)):
        keys = sorted({key_of(value) for value in ordered if type(value) is of})
        segments = (_sample_key(keys, segment) for segment in range(2 * len(keys) + 1))
        found += [_value(of, key) for key in segments if key is not None]
    texts = sorted({value for value in values if isinstance(value, str)})
    found += [*texts, OTHER] if texts or declared == "string" else []
    if declared == "boolean" or any(isinstance(value, bool) for value in values):
        found += [False, True]
    if not found and declared == "number":
        found = [Decimal(0), Decimal(1), Decimal("-1.5")]
    return found


def _understood(test: ast.Test) -> bool:
    """Whether a test treats alike what its constants do not tell apart."""
    if test.op == "not" and isinstance(test.value, ast.UnaryTests):
        return not test.value.any and all(map(_understood, test.value.tests))
    if isinstance(test.value, ast.Null):
        return test.op in ("", "=", "!=")
    if not test.op and isinstance(test.value, ast.RangeLiteral):
        low, high = constant_of(test.value.low), constant_of(test.value.high)
        return isinstance(low, ORDERED) and type(low) is type(high) and key_of(low) <= key_of(high)
    value = constant_of(test.value)
    return isinstance(value, ORDERED) or (isinstance(value, str | bool) and test.op in ("", "=", "!="))


def make_column(
    column: TableInput, cells: Sequence[Cell], allowed: Cell | None, kind: FeelType | None
) -> Column:
    """The classes of an input, each with the rules that accept it.

    ``allowed`` is the condition on its values; ``kind`` its type, whose allowed values count too.
    """
    understood = sum(1 << at for at, cell in enumerate(cells) if cell.understood)
    if all(cell.any or cell.span is not None for cell in cells) and any(not cell.any for cell in cells):
        trial = _by_intervals(cells, allowed)
    elif all(cell.any or constants(cell.tree) for cell in cells):
        trial = _by_constants(cells, allowed, kind)
    else:
        trial = _by_trying(cells, allowed, kind)
    every = (1 << len(cells)) - 1
    admits = _admission(allowed, kind)
    closed = allowed is not None and allowed.understood
    classes: list[Class] = []
    for sample, can_be, rules in trial.samples:
        real = can_be and (sample is None or admits(sample))
        if real or sample is None or not closed:
            classes.append(Class(sample, rules, rules | every & ~understood, real))
    if not any(one.real for one in classes):  # nothing to try: every condition that is more may hold
        free = sum(1 << at for at, cell in enumerate(cells) if cell.any)
        classes.append(Class(OTHER, free | every & ~understood, free | every & ~understood))
        trial.known &= free
    name = column.label or column.expression
    return Column(name, column.expression, classes, cells, trial.known, understood, admits)


@dataclass(slots=True)
class _Trial:
    """Samples, whether an input may be that, and the rules that accept it; rules tried on all of them."""

    samples: list[tuple[Any, bool, int]]
    known: int


def _by_intervals(cells: Sequence[Cell], allowed: Cell | None) -> _Trial:
    """Nothing needs to be tried where all conditions are intervals of one kind."""
    further = allowed.span if allowed is not None else None
    ordered = ordered_column([cell.tree for cell in cells], further or ())
    free = sum(1 << at for at, cell in enumerate(cells) if cell.any)
    samples: list[tuple[Any, bool, int]] = [(None, False, free)]  # missing: nobody asks, but it can be
    kinds = {cell.span[0].kind for cell in cells if cell.span}
    if ordered is None or len(kinds) > 1 or ordered.kind not in kinds:
        return _by_trying(cells, allowed, None)
    for segment, rules in enumerate(ordered.masks):
        key = _sample_key(ordered.points, segment)
        if key is not None:
            samples.append((_value(ordered.kind, key), True, rules))
    return _Trial(samples, (1 << len(cells)) - 1)


def _by_constants(cells: Sequence[Cell], allowed: Cell | None, kind: FeelType | None) -> _Trial:
    """Nor where all are strings or booleans, or where there are no conditions."""
    free = sum(1 << at for at, cell in enumerate(cells) if cell.any)
    masks: dict[tuple[type, Any], int] = {}
    for at, cell in enumerate(cells):
        for value in constants(cell.tree) or ():
            masks[type(value), value] = masks.get((type(value), value), free) | 1 << at
    closed = constants(allowed.tree) if allowed is not None else None
    if closed is None and kind is not None and kind.kind == "boolean":
        closed = [True, False]
    if closed is not None:
        listed = {(type(value), value): None for value in closed}
        masks = {key: mask for key, mask in masks.items() if key in listed} | {
            key: masks.get(key, free) for key in listed
        }
    samples = [(value, True, mask) for (_, value), mask in sorted(masks.items(), key=str)]
    if closed is None:
        number = not masks and kind is not None and kind.kind == "number"
        samples.insert(0, (Decimal(0) if number else OTHER, True, free))
    return _Trial([*samples, (None, False, free)], (1 << len(cells)) - 1)


def _by_trying(cells: Sequence[Cell], allowed: Cell | None, kind: FeelType | None) -> _Trial:
    """All other conditions are evaluated on a value of each class."""
    samples = _samples(cells, allowed, kind)
    every = (1 << len(cells)) - 1
    known = sum(1 << at for at, cell in enumerate(cells) if cell.readable and not cell.needs)
    if len(samples) * len({cell.text for cell in cells}) > MAX_TRIALS:
        known = sum(1 << at for at, cell in enumerate(cells) if cell.any)
    tried: list[tuple[Any, bool, int]] = []
    for sample, real in samples:
        found: dict[str, bool | None] = {}
        rules = every & ~known
        for at in bits(known):
            text = cells[at].text
            if text not in found:
                found[text] = cells[at].holds(sample, {})
            if found[text] is None:
                known &= ~(1 << at)
            rules |= (found[text] is not False) << at
        tried.append((sample, real, rules))
    return _Trial(tried, known)


def _admission(allowed: Cell | None, kind: FeelType | None) -> Callable[[Any], bool]:
    """Whether an input may have a value."""
    restricted = None if kind is None else kind.allowed

    def admits(value: Any) -> bool:
        if allowed is not None and allowed.holds(value, {}) is not True:
            return False
        return restricted is None or restricted(value) is True

    return admits


def _samples(cells: Sequence[Cell], allowed: Cell | None, kind: FeelType | None) -> list[tuple[Any, bool]]:
    """A value of each class with whether the input may be that; a missing one only where a cell asks."""
    trees = [cell.tree for cell in (*cells, *([allowed] if allowed else [])) if cell.tree is not None]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    declared = "" if kind is None else kind.kind
    found = spread([value for tree in trees for value in constants_of(tree)], declared)
    if declared == "list":
        found = [[], *([value] for value in found), list(found)]
    elif declared in _KINDS:
        found = [value for value in found if kind_of(value) == declared]
    asked = any(isinstance(node, ast.Null) for node in nodes)
    elsewhere: list[tuple[Any, bool]] = [] if declared in _KINDS else [({}, False)]
    return [*((value, True) for value in found), *elsewhere, (None, asked)]


def _sample_key(points: list[Any], segment: int) -> Any:
    """A key in a segment; None for one between neighbouring whole keys, which holds nothing."""
    at, exact = divmod(segment, 2)
    if exact:
        return points[at]
    if at == 0:
        return points[0] - 1
    if at == len(points):
        return points[-1] + 1
    low, high = points[at - 1], points[at]
    if isinstance(low, Decimal):
        return (low + high) / 2
    return (low + high) // 2 if high - low > 1 else None


def _value(kind: type, key: Any) -> Any:
    """A value with a key."""
    if kind is Date:
        return Date.of_number(key)
    if kind is Time:
        return Time.of_nanos(key % DAY * NANOS)
    if kind is DateTime:
        return DateTime.of_local_nanos(key * NANOS, Time(0, 0, 0, 0, 0))
    if kind is Duration or kind is Months:
        return kind(key)
    return key


def merged(classes: list[Class]) -> list[Class]:
    """One class for each set of rules: the others would only repeat it."""
    found: dict[tuple[int, int, bool], Class] = {}
    for one in classes:
        found.setdefault((one.rules, one.possible, one.real), one)
    return list(found.values())
