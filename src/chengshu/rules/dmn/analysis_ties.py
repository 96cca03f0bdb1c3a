"""Inputs of a table that hang together: one expression names what another is, or computes from the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chengshu.rules.dmn.analysis_columns import Cell, Column
from chengshu.rules.feel import ast
from chengshu.rules.feel.builtins import FUNCTIONS
from chengshu.rules.feel.compile import Scope, compile_node
from chengshu.rules.feel.errors import FeelSyntaxError, LimitExceeded
from chengshu.rules.feel.limits import Limits
from chengshu.rules.feel.parser import parse_expression
from chengshu.rules.feel.runtime import Budget, Run
from chengshu.rules.feel.scopes import free_names

UNSETTLED: Any = object()
"""Stands for the value of an input that follows from others."""

_LIMITS = Limits(steps=20_000, diagnostics=1)


def _path(node: ast.Node) -> tuple[str, ...] | None:
    """``a.b.c`` as its words; None for any other expression."""
    if isinstance(node, ast.Name):
        return (node.name,)
    if isinstance(node, ast.Path):
        before = _path(node.source)
        return None if before is None else (*before, node.name)
    return None


class Ties:
    """Which inputs follow from others: ``bound`` ones are not chosen freely, ``blind`` ones never known.

    An input whose expression is a name is free; a later one that uses the name is evaluated from it; one
    that shares names with another in any other way is blind, and so is all that hangs on it.
    """

    def __init__(self, columns: Sequence[Column], given: Mapping[str, Any]) -> None:
        self.given = given
        self.names: dict[int, str] = {}
        self.bound: set[int] = set()
        self.blind: set[int] = set()
        self._trees = [_parsed(column.expression) for column in columns]
        for at, tree in enumerate(self._trees):
            if isinstance(tree, ast.Name) and tree.name not in self.names.values():
                self.names[at] = tree.name
        free: list[int] = list(self.names)
        for at in range(len(columns)):
            if at in self.names:
                continue
            if self._needs(at) and self._needs(at) <= set(self.names.values()):
                self.bound.add(at)
            elif any(self._together(at, other) for other in free):
                self.bound.add(at)
                self.blind.add(at)
            else:
                free.append(at)

        asked = {name for column in columns for cell in column.cells for name in cell.needs}
        asked |= {name for at in self.bound for name in self._needs(at)}
        self.watched = sorted(at for at, name in self.names.items() if name in asked)

    def _needs(self, at: int) -> set[str]:
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

    def _value(self, at: int, others: dict[str, Any]) -> Any:
        tree = self._trees[at]
        if tree is None:
            return UNSETTLED
        try:
            return compile_node(tree, Scope(inner=True))(others, Run(self.given, Budget(_LIMITS)))
        except (LimitExceeded, RecursionError):
            return UNSETTLED


def _parsed(text: str) -> ast.Node | None:
    try:
        return parse_expression(text)
    except FeelSyntaxError:
        return None
