"""What lies around a table in its model: the kinds of its names, and the decisions that it asks.

An input that is a decision is not chosen freely: it has what the whole model gives for values of the inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chengshu.rules.dmn import model as dmn
from chengshu.rules.dmn.analysis_images import PARTS
from chengshu.rules.dmn.decide import Model, Node
from chengshu.rules.dmn.settled import settled
from chengshu.rules.dmn.table_index import ORDERED
from chengshu.rules.feel import ast
from chengshu.rules.feel.compile import constant_of
from chengshu.rules.feel.errors import FeelSyntaxError
from chengshu.rules.feel.limits import Limits
from chengshu.rules.feel.parser import parse_expression, parse_unary_tests
from chengshu.rules.feel.scopes import free_names
from chengshu.rules.feel.types import FeelType
from chengshu.rules.feel.values import from_python

MAX_DECISIONS = 12
"""Decisions behind an input; of more nothing is computed."""

_LIMITS = Limits(steps=200_000)


@dataclass(frozen=True, slots=True)
class Hint:
    """An expression, and the values at which what depends on it changes."""

    tree: ast.Node
    limits: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A decision that is an input of a table: which inputs of the model it needs, and what it gives."""

    needs: frozenset[str]
    compute: Callable[[Mapping[str, Any]], Any]
    hints: tuple[Hint, ...]
    closed: bool
    """Whether only tables whose conditions compare inputs with constants lie behind it."""


@dataclass(frozen=True, slots=True)
class Around:
    """Kinds of names, and decisions by name."""

    kind: Callable[[str], FeelType | None] = lambda name: None
    sources: Mapping[str, Source] = field(default_factory=dict)


def around(model: Model, element: dmn.Element, table: dmn.Table, given: Mapping[str, Any]) -> Around:
    """What lies around a table of an element of a model; decisions only where the table is all its logic."""

    def kind(name: str) -> FeelType | None:
        ref = model.inputs.get(name, "")
        return model.types.find(ref) if ref else None

    sources: dict[str, Source] = {}
    if isinstance(element, dmn.Decision) and element.logic is table:
        for alias, node in model.nodes[element.id].required:
            if alias is None and isinstance(node.element, dmn.Decision) and node.model is model:
                source = _source(model, node, given)
                if source is not None:
                    sources[node.element.name] = source
    return Around(kind, sources)


def _source(model: Model, node: Node, given: Mapping[str, Any]) -> Source | None:
    behind = list(_behind(node, {}))
    inputs = {one.element.name for one in behind if isinstance(one.element, dmn.InputData)}
    needs = frozenset(inputs - given.keys())
    decisions = [one for one in behind if isinstance(one.element, dmn.Decision)]
    if len(decisions) > MAX_DECISIONS or not needs or any(one.model is not model for one in behind):
        return None
    names = {one.element.name for one in decisions}
    asked: dict[str, list[Any]] = {name: [] for name in names}
    hints: list[Hint] = []
    closed = True
    for one in decisions:
        found, whole = _hints(one.element, asked, given)
        hints += found
        closed = closed and whole
    for one in decisions:
        logic = one.element.logic if isinstance(one.element, dmn.Decision) else None
        if isinstance(logic, dmn.Literal) and (tree := _tree(logic.text)) is not None:
            hints.append(Hint(tree, tuple(asked[one.element.name])))
    known: dict[tuple[tuple[str, str], ...], Any] = {}
    name = node.element.name

    def compute(values: Mapping[str, Any]) -> Any:
        key = tuple(sorted((each, f"{type(values[each]).__name__} {values[each]}") for each in needs))
        if key not in known:
            asked = {**given, **{each: values[each] for each in needs}}
            known[key] = from_python(model.decide(name, asked).value)
        return known[key]

    return Source(needs, compute, tuple(hints), closed)


def _behind(node: Node, seen: dict[int, Node]) -> Iterator[Node]:
    """A node and all that it requires."""
    if id(node) in seen:
        return
    seen[id(node)] = node
    yield node
    for _, required in node.required:
        yield from _behind(required, seen)


def _hints(
    element: dmn.Element, asked: dict[str, list[Any]], given: Mapping[str, Any]
) -> tuple[list[Hint], bool]:
    """Where the inputs of a table make a difference, and whether that is known for sure.

    What it wants of decisions is added to ``asked``.
    """
    logic = element.logic if isinstance(element, dmn.Decision) else None
    if not isinstance(logic, dmn.Table):
        return [], False
    found: list[Hint] = []
    closed = True
    for at, column in enumerate(logic.inputs):
        tree = _tree(column.expression)
        limits: list[Any] = []
        for rule in logic.rules:
            constants, whole = _constants(rule.inputs[at], given)
            limits += constants
            closed = closed and whole
        if isinstance(tree, ast.Name) and tree.name in asked:
            asked[tree.name] += limits
        elif tree is not None:
            found.append(Hint(tree, tuple(limits)))
        closed = closed and isinstance(tree, ast.Name)
    return found, closed


def _tree(text: str) -> ast.Node | None:
    try:
        return parse_expression(text)
    except FeelSyntaxError:
        return None


def _constants(text: str, given: Mapping[str, Any]) -> tuple[list[Any], bool]:
    """The constants in a condition, and whether it has no names beside them."""
    if text.strip() in ("", "-"):
        return [], True
    try:
        tree = settled(parse_unary_tests(text), given)
    except FeelSyntaxError:
        return [], False
    values = [constant_of(node) for node in ast.walk(tree)]
    return [value for value in values if isinstance(value, (*ORDERED, str, bool))], not free_names(tree)


def standing_for(path: ast.Node) -> str:
    """The name that a path of properties (``day.year``) is about; empty for any other path."""
    while isinstance(path, ast.Path):
        if path.name not in PARTS:
            return ""
        path = path.source
    return path.name if isinstance(path, ast.Name) else ""
