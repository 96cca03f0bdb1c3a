"""Closures of functions, calls, paths and filters."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from chengshu.rules.feel import ast
from chengshu.rules.feel.builtins import BUILTINS
from chengshu.rules.feel.call import call_function
from chengshu.rules.feel.compile import Scope, compile_node, compiles, constant_of
from chengshu.rules.feel.errors import FeelError
from chengshu.rules.feel.properties import PROPERTIES
from chengshu.rules.feel.runtime import MISSING, Code, Run, Vars
from chengshu.rules.feel.types import FeelType, resolve
from chengshu.rules.feel.values import Function, kind_of


@compiles(ast.FunctionDefinition)
def _function(node: ast.FunctionDefinition, scope: Scope) -> Code:
    position = node.pos
    if node.external:

        def external(v: Vars, r: Run) -> None:
            r.note("external-function", position)

        return external
    parameters = tuple(p.name for p in node.parameters)
    types: list[FeelType | None] = []
    for parameter in node.parameters:
        types.append(None if parameter.type is None else resolve(parameter.type, scope.types))
    body = compile_node(node.body, scope.deeper())
    kinds = tuple(types)
    own = node.name if node.name not in BUILTINS else ""

    def code(v: Vars, r: Run) -> Function:
        outer = dict(v)
        home, trusted = r.root, r.trusted

        def call(run: Run, values: list[Any]) -> Any:
            inside = {**outer, **dict(zip(parameters, values, strict=True))}
            if run.root is not home:
                run = Run(home, run.budget, trusted)
            return body(inside, run)

        function = Function("function", parameters, kinds, call)
        if own and own not in outer and own not in home:
            outer[own] = function  # it may call itself, where its name means nothing else
        return function

    return code


@compiles(ast.Call)
def _call(node: ast.Call, scope: Scope) -> Code:
    arguments = tuple(compile_node(argument, scope) for argument in node.arguments)
    names, position = node.names, node.pos
    function = compile_node(node.function, scope)
    if isinstance(node.function, ast.Name) and node.function.name in BUILTINS:
        return _builtin_call(node, node.function.name, arguments, scope)

    def code(v: Vars, r: Run) -> Any:
        called = function(v, r)
        values = [argument(v, r) for argument in arguments]
        if type(called) is not Function:
            r.note("not-a-function", position, type=kind_of(called))
            return None
        try:
            return call_function(r, called, values, names)
        except FeelError as error:
            r.note_error(error, position)
            return None

    return code


def _builtin_call(node: ast.Call, name: str, arguments: tuple[Code, ...], scope: Scope) -> Code:
    """A call of a built-in by name, unless the name means a function of the model at the time."""
    names, position = node.names, node.pos
    builtin = BUILTINS[name]
    fitting = builtin.fitting(len(arguments), names)
    inner = scope.inner

    def code(v: Vars, r: Run) -> Any:
        values = [argument(v, r) for argument in arguments]
        own = v.get(name) if inner and name in v else r.root.get(name)
        try:
            if type(own) is Function:
                return call_function(r, own, values, names)
            return builtin.run(r, values, names, fitting)
        except FeelError as error:
            r.note_error(error, position)
            return None

    return code


def property_of(value: Any, name: str, r: Run, position: int) -> Any:
    """``value.name``; of a list, the list of its members' (DMN 1.5, 10.3.2.5 and table 65)."""
    kind = type(value)
    if kind is dict:
        found = value.get(name, MISSING)
        if found is MISSING:
            r.note("no-entry", position, name=name)
            return None
        return found
    if kind is list:
        r.may_make(len(value))
        return [property_of(item, name, r, position) for item in value]
    reader = PROPERTIES.get((kind, name))
    if reader is not None:
        return reader(value)
    if value is not None:
        r.note("no-property", position, type=kind_of(value), name=name)
    return None


@compiles(ast.Path)
def _path(node: ast.Path, scope: Scope) -> Code:
    """Steps from an outermost name go through the caller's mappings, so only what is used is converted."""
    steps: list[tuple[str, int]] = []
    first: ast.Node = node
    while isinstance(first, ast.Path):
        steps.append((first.name, first.pos))
        first = first.source
    steps.reverse()
    start = compile_node(first, scope)

    def code(v: Vars, r: Run) -> Any:
        value = start(v, r)
        for name, position in steps:
            value = property_of(value, name, r, position)
        return value

    if not isinstance(first, ast.Name):
        return code
    root, inner = first.name, scope.inner

    def from_root(v: Vars, r: Run) -> Any:
        if r.trusted or (inner and root in v):
            return code(v, r)
        value = r.root.get(root, MISSING)
        if not isinstance(value, Mapping):
            return code(v, r)
        for at, (name, position) in enumerate(steps):
            if not isinstance(value, Mapping):
                value = r.take_in(value)
                for later, place in steps[at:]:
                    value = property_of(value, later, r, place)
                return value
            value = value.get(name, MISSING)
            if value is MISSING:
                r.note("no-entry", position, name=name)
                return None
        return r.take_in(value)

    return from_root


@compiles(ast.Filter)
def _filter(node: ast.Filter, scope: Scope) -> Code:
    source = compile_node(node.source, scope)
    position = node.pos
    known = constant_of(node.condition)
    if type(known) is Decimal:

        def at(v: Vars, r: Run) -> Any:
            return _member(_as_list(source(v, r)), known)

        return at
    condition = compile_node(node.condition, scope.deeper())
    wanted = ast.mentioned(node.condition)

    def nothing_in(v: Vars, r: Run) -> list[Any] | None:
        """Of an empty list: no member at a position, no members that fit a condition."""
        notes = len(r.budget.diagnostics)
        asked = condition({**v, "item": None}, r)
        del r.budget.diagnostics[notes:]
        return None if type(asked) is Decimal else []

    def code(v: Vars, r: Run) -> Any:
        items = _as_list(source(v, r))
        if not items:
            return nothing_in(v, r)
        r.spend(len(items))
        kept: list[Any] = []
        for item in items:
            inside = {**v, "item": item}
            if type(item) is dict:
                for name in item if wanted is None else wanted:
                    if name in item:
                        inside[name] = item[name]
            chosen = condition(inside, r)
            if chosen is True:
                kept.append(item)
            elif type(chosen) is Decimal:
                return _member(items, chosen)
            elif chosen is not False and chosen is not None:
                r.note("not-boolean", position, where="[…]", type=kind_of(chosen))
                return None
        return r.made_list(kept)

    return code


def _as_list(value: Any) -> list[Any]:
    if type(value) is list:
        return value
    return [] if value is None else [value]


def _member(items: list[Any], position: Decimal) -> Any:
    """The member at a position, from the end when negative; null beyond, and for a fraction."""
    if position != position.to_integral_value() or abs(position) > len(items) or not position:
        return None
    place = int(position)
    return items[place - 1] if place > 0 else items[place]
