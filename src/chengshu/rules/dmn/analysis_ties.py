"""Inputs of a table that hang together: one expression names what another is, or computes from the same.

The names that such expressions share are gone through as inputs of their own (*hidden* ones, where no column
is just that name), at the values where something changes; what follows from them is evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

from chengshu.rules.dmn.analysis_around import Around, Hint, Source, standing_for
from chengshu.rules.dmn.analysis_columns import (
    Cell,
    Class,
    Column,
    constants_of,
    free_cell,
    spread,
    with_samples,
)
from chengshu.rules.dmn.analysis_images import images, is_linear, value_of
from chengshu.rules.feel import ast
from chengshu.rules.feel.builtins import FUNCTIONS
from chengshu.rules.feel.errors import FeelSyntaxError
from chengshu.rules.feel.parser import parse_expression
from chengshu.rules.feel.runtime import MISSING
from chengshu.rules.feel.scopes import free_names
from chengshu.rules.feel.types import SCALARS, FeelType, conforms

UNSETTLED: Any = object()
"""Stands for the value of an input that follows from others."""

MAX_SAMPLES = 300
"""Values tried of one name; beyond, it is left as it is."""
_MIXES = 40
"""Combinations of the other names of an expression for which it is turned round."""
_STARTS = 12


def _path(node: ast.Node) -> tuple[str, ...] | None:
    """``a.b.c`` as its words; None for any other expression."""
    if standing_for(node) and not isinstance(node, ast.Name):
        return None  # a property of a date, not an entry of a context
    if isinstance(node, ast.Name):
        return (node.name,)
    if isinstance(node, ast.Path):
        before = _path(node.source)
        return None if before is None else (*before, node.name)
    return None


class Ties:
    """Which inputs follow from others: ``bound`` ones are not chosen freely, ``blind`` ones never known.

    ``columns`` gains a column for each hidden name. An input whose expression is a name is free; one of
    names that are known is evaluated from them; one that shares names with another in any other way is blind,
    and so is all that hangs on it.
    """

    def __init__(self, columns: list[Column], given: Mapping[str, Any], around: Around) -> None:
        self.given = given
        self.around = around
        self.columns = columns
        self.names: dict[int, str] = {}
        self.bound: set[int] = set()
        self.blind: set[int] = set()
        self.shown = len(columns)
        self._trees = [_parsed(column.expression) for column in columns]
        self.sources: dict[int, Source] = {}
        for at, tree in enumerate(self._trees):
            if isinstance(tree, ast.Name):
                source = around.sources.get(tree.name)
                if source is not None:
                    self.sources[at] = source
                elif tree.name not in self.names.values():
                    self.names[at] = tree.name
        self._go_through()
        self._bind()
        asked = {name for column in columns for cell in column.cells for name in cell.needs}
        asked |= {name for at in self.bound for name in self._needs(at)}
        self.watched = sorted(at for at, name in self.names.items() if name in asked)
        self.exact = not self.blind and all(self._is_exact(at) for at in self.bound)

    def _bind(self) -> None:
        free: list[int] = list(self.names)
        for at in range(len(self.columns)):
            if at in self.names:
                continue
            if self._needs(at) and self._needs(at) <= set(self.names.values()):
                self.bound.add(at)
            elif any(self._together(at, other) for other in free):
                self.bound.add(at)
                self.blind.add(at)
            else:
                free.append(at)

    def _needs(self, at: int) -> set[str]:
        if at in self.sources:
            return set(self.sources[at].needs)
        tree = self._trees[at]
        return set() if tree is None else set(free_names(tree)) - FUNCTIONS.keys() - self.given.keys()

    def _together(self, one: int, other: int) -> bool:
        left, right = self._trees[one], self._trees[other]
        if left is None or right is None:
            return True
        paths = _path(left), _path(right)
        if paths[0] is None or paths[1] is None:
            return bool(self._needs(one) & self._needs(other)) or not self._needs(one)
        size = min(map(len, (paths[0], paths[1])))
        return paths[0][:size] == paths[1][:size]

    # -- names that expressions share ----------------------------------------------------------------------

    def _go_through(self) -> None:
        """Give each shared name the values that tell the cases of all that follows from it apart."""
        plain = set(self.names.values())
        others = [at for at in range(self.shown) if at not in self.names and self._trees[at] is not None]
        tied = [
            at
            for at in others
            if at in self.sources
            or self._needs(at) & plain
            or any(
                self._together(at, two) and self._needs(at) & self._needs(two) for two in others if two != at
            )
        ]
        wanted = {name for at in tied for name in self._needs(at)}
        for _ in range(2):  # the second time with the values found for the other names of an expression
            starts = {name: self._starts(name) for name in wanted}
            found = {name: self._samples(name, tied, starts) for name in wanted}
            for name, samples in found.items():
                self._offer(name, samples, name in plain)
        missing = wanted - set(self.names.values())
        for at in [at for at in tied if at in self.sources]:
            if self._needs(at) & missing or not self._covers(at):
                del self.sources[at]  # a decision of which too little is known is a name like any other
                tree = self._trees[at]
                if isinstance(tree, ast.Name) and tree.name not in self.names.values():
                    self.names[at] = tree.name

    def _covers(self, at: int) -> bool:
        """Whether the decision gives all that the conditions on it tell apart, or surely nothing else."""
        source = self.sources[at]
        if source.closed:
            return True
        places = {name: place for place, name in self.names.items()}
        lists = [[one.sample for one in self.columns[places[name]].classes] for name in sorted(source.needs)]
        given = (dict(zip(sorted(source.needs), mix, strict=True)) for mix in islice(product(*lists), 2000))
        reached = {one for values in given for one in self._classes_of(at, source.compute(values))}
        wanted = (n for n, one in enumerate(self.columns[at].classes) if one.real and one.named)
        return reached.issuperset(wanted)

    def _classes_of(self, at: int, value: Any) -> list[int]:
        found = self.columns[at].rules_for(value)
        return [n for n, one in enumerate(self.columns[at].classes) if one.rules == found]

    def _kind(self, name: str) -> FeelType | None:
        return self.around.kind(name)

    def _place(self, name: str) -> int | None:
        return next((at for at, own in self.names.items() if own == name), None)

    def _starts(self, name: str) -> list[Any]:
        """Some values of a name, for turning expressions of several names round."""
        at = self._place(name)
        if at is not None:
            values = [one.sample for one in self.columns[at].classes if one.real and one.sample is not None]
            return values[:_STARTS]
        kind = self._kind(name)
        return spread([], kind.kind)[:_STARTS] if kind is not None else []

    def _samples(self, name: str, tied: Sequence[int], starts: Mapping[str, list[Any]]) -> list[Any]:
        points = [
            limit
            for hint, needs in self._hints(name, tied)
            for limit in self._turned(hint, needs, name, starts)
        ]
        at = self._place(name)
        if at is not None:
            points += [value for cell in self.columns[at].cells for value in constants_of(cell.tree)]
        kind = self._kind(name)
        declared = kind.kind if kind is not None and kind.kind in SCALARS else ""
        if kind is not None and kind.kind not in SCALARS and kind.kind != "Any":
            return []
        found = spread(points, declared)
        return [value for value in found if kind is None or (conforms(value, kind) and _allowed(kind, value))]

    def _hints(self, name: str, tied: Sequence[int]) -> Iterator[tuple[Hint, set[str]]]:
        """The expressions that a name is in, each with the values at which something changes."""
        for at in tied:
            tree = self._trees[at]
            own = tuple(value for cell in self.columns[at].cells for value in constants_of(cell.tree))
            if at in self.sources:
                for hint in self.sources[at].hints:
                    needs = set(free_names(hint.tree)) - FUNCTIONS.keys() - self.given.keys()
                    if name in needs:
                        yield Hint(hint.tree, hint.limits or own), needs
            elif tree is not None and name in self._needs(at):
                yield Hint(tree, own), self._needs(at)

    def _turned(
        self, hint: Hint, needs: set[str], name: str, starts: Mapping[str, list[Any]]
    ) -> Iterator[Any]:
        others = sorted(needs - {name})
        mixes = product(*(starts.get(other, []) for other in others))
        for mix in islice(mixes, _MIXES):
            values = {**self.given, **dict(zip(others, mix, strict=True))}
            yield from images(hint.tree, name, hint.limits, values)

    def _offer(self, name: str, samples: list[Any], plain: bool) -> None:
        """Let a name have these values: more classes of its column, or a hidden column."""
        if not samples or len(samples) > MAX_SAMPLES:
            return
        at = self._place(name)
        if at is not None and at < self.shown:
            with_samples(self.columns[at], samples)
            return
        rules = len(self.columns[0].cells)
        every = (1 << rules) - 1
        classes = [Class(sample, every, every) for sample in samples]
        hidden = Column(name, name, classes, [free_cell()] * rules, every, every)
        if at is not None:
            self.columns[at] = hidden
        elif not plain:
            self.names[len(self.columns)] = name
            self.columns.append(hidden)
            self._trees.append(None)

    def _is_exact(self, at: int) -> bool:
        """Whether the values gone through tell all cases of an input apart."""
        if at in self.sources:
            return self.sources[at].closed
        tree, needs = self._trees[at], self._needs(at)
        return tree is not None and len(needs) == 1 and is_linear(tree, next(iter(needs)))

    # -- values --------------------------------------------------------------------------------------------

    def can_tell(self, cell: Cell) -> bool:
        """Whether a condition can be told once all inputs have values."""
        return cell.readable and cell.needs <= set(self.names.values())

    def settled(self, sample: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
        """A sample with the values that follow from it, and the values of inputs by name."""
        others = {name: sample[at] for at, name in self.names.items() if at < len(sample)}
        values = list(sample)
        for at in range(len(values)):
            if at in self.bound - self.blind and self._needs(at) <= others.keys():
                values[at] = self._value(at, others)
        return values, others

    def lacks(self, sample: Sequence[Any]) -> bool:
        """Whether a decision gives null, which nobody asks about here: that is told of the decision."""
        return any(
            sample[at] is None
            and not any(one.real and one.sample is None for one in self.columns[at].classes)
            for at in self.sources
            if at < len(sample)
        )

    def _value(self, at: int, others: dict[str, Any]) -> Any:
        if at in self.sources:
            return self.sources[at].compute(others)
        tree = self._trees[at]
        value = MISSING if tree is None else value_of(tree, others, self.given)
        return UNSETTLED if value is MISSING else value


def _allowed(kind: FeelType, value: Any) -> bool:
    return kind.allowed is None or kind.allowed(value) is True


def _parsed(text: str) -> ast.Node | None:
    try:
        return parse_expression(text)
    except FeelSyntaxError:
        return None
