"""Closures of for, some and every (DMN 1.5, 10.3.2.14, tables 61-63)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from chengshu.rules.feel import ast
from chengshu.rules.feel.compile import Scope, compile_node, compiles
from chengshu.rules.feel.runtime import Code, Run, Vars
from chengshu.rules.feel.temporal import Date
from chengshu.rules.feel.values import Range, kind_of

Source = tuple[str, Code, Code | None, int]


def _sources(iterations: tuple[ast.Iteration, ...], scope: Scope) -> tuple[Source, ...]:
    found: list[Source] = []
    for iteration in iterations:
        end = None if iteration.end is None else compile_node(iteration.end, scope)
        found.append((iteration.name, compile_node(iteration.source, scope), end, iteration.pos))
        scope = scope.deeper()
    return tuple(found)


def _ordinal(value: Any) -> int | None:
    """Whole numbers and dates as integers."""
    if type(value) is Decimal and value == value.to_integral_value() and abs(value) < 10**15:
        return int(value)
    return value.key if type(value) is Date else None


def _steps(start: Any, end: Any, r: Run) -> Sequence[Any] | None:
    """The whole numbers or days from start to end, up or down."""
    low, high = _ordinal(start), _ordinal(end)
    if low is None or high is None or type(start) is not type(end):
        return None
    span = range(low, high + 1) if low <= high else range(low, high - 1, -1)
    r.may_make(len(span))
    if type(start) is Date:
        return [Date.of_number(number) for number in span]
    return [Decimal(number) for number in span]


def _members(value: Any, r: Run) -> Sequence[Any] | None:
    if type(value) is list:
        return value
    if type(value) is Range:
        members = None if value.op else _steps(value.low, value.high, r)
        if members is None:
            return None
        return members[int(not value.low_included) : len(members) - int(not value.high_included)]
    return None if value is None else [value]


def _domain(source: Source, v: Vars, r: Run) -> Sequence[Any] | None:
    """What an iteration goes through; None with a note when that is nothing to go through."""
    _, start, end, position = source
    value = start(v, r)
    if end is None:
        members = _members(value, r)
        kind = kind_of(value)
    else:
        last = end(v, r)
        members = _steps(value, last, r)
        kind = f"{kind_of(value)}..{kind_of(last)}"
    if members is None:
        r.note("not-iterable", position, type=kind)
    return members


class NothingToGoThrough(Exception):
    """An iteration has no domain."""


def _bindings(sources: tuple[Source, ...], v: Vars, r: Run) -> Iterator[Vars]:
    """The variables of each round, the last iteration turning fastest."""
    members = _domain(sources[0], v, r)
    if members is None:
        raise NothingToGoThrough
    name, rest = sources[0][0], sources[1:]
    for member in members:
        r.spend(1)
        inside = {**v, name: member}
        if rest:
            yield from _bindings(rest, inside, r)
        else:
            yield inside


@compiles(ast.For)
def _for(node: ast.For, scope: Scope) -> Code:
    sources = _sources(node.iterations, scope)
    body = compile_node(node.body, scope.deeper())
    names = ast.mentioned(node.body)
    uses_partial = names is None or "partial" in names

    def code(v: Vars, r: Run) -> Any:
        results: list[Any] = []
        try:
            for inside in _bindings(sources, v, r):
                if uses_partial:
                    r.spend(len(results) >> 4)
                    inside["partial"] = list(results)
                results.append(body(inside, r))
        except NothingToGoThrough:
            return None
        return r.made_list(results)

    return code


@compiles(ast.Quantified)
def _quantified(node: ast.Quantified, scope: Scope) -> Code:
    sources = _sources(node.iterations, scope)
    condition = compile_node(node.condition, scope.deeper())
    decisive = node.kind == "some"
    kind, position = node.kind, node.pos

    def code(v: Vars, r: Run) -> bool | None:
        unknown = False
        try:
            for inside in _bindings(sources, v, r):
                value = condition(inside, r)
                if type(value) is bool:
                    if value == decisive:
                        return decisive
                elif value is None:
                    unknown = True
                else:
                    r.note("not-boolean", position, where=kind, type=kind_of(value))
                    return None
        except NothingToGoThrough:
            return None
        return None if unknown else not decisive

    return code
