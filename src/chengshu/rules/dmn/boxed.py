"""Boxed expressions to closures (DMN 1.5, 10.2 and 10.3.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chengshu.rules.dmn import model as dmn
from chengshu.rules.dmn.scope import LogicScope
from chengshu.rules.dmn.table import compile_table
from chengshu.rules.feel import ast
from chengshu.rules.feel.call import call_function
from chengshu.rules.feel.compile import compile_node
from chengshu.rules.feel.errors import FeelError, FeelSyntaxError
from chengshu.rules.feel.parser import parse_expression
from chengshu.rules.feel.runtime import Code, Run, Vars
from chengshu.rules.feel.types import FeelType, convert
from chengshu.rules.feel.values import Function, kind_of


def converted(code: Code, kind: FeelType | None, where: str) -> Code:
    """``code`` with its value converted to a type; null with a note when that is not possible."""
    if kind is None or kind.kind == "Any":
        return code
    wanted = kind

    def checked(v: Vars, r: Run) -> Any:
        return convert_value(code(v, r), wanted, where, r)

    return checked


def convert_value(value: Any, kind: FeelType, where: str, r: Run) -> Any:
    """A value as one of a type; null with a note when it cannot be."""
    result, fits = convert(value, kind)
    if not fits:
        if kind.allowed is not None and convert(value, FeelType(kind.kind))[1]:
            r.note("not-allowed", where=where, allowed=kind.allowed_text)
        else:
            r.note("type-mismatch", where=where, expected=kind, type=kind_of(value))
    return result


def declared(scope: LogicScope, type_ref: str) -> FeelType | None:
    """The type that a typeRef means; a name that means nothing is reported."""
    if not type_ref:
        return None
    found = scope.types(type_ref)
    if found is None:
        scope.report(scope.place, f"there is no type «{type_ref}»")
    return found


def compile_text(text: str, scope: LogicScope, place: str = "") -> Code:
    """A FEEL text as a closure; one that does not parse is reported and gives null."""
    try:
        tree = parse_expression(text, scope.names)
        code = compile_node(tree, scope.feel())
        scope.check_names(tree, place or scope.place)
        return code
    except FeelSyntaxError as error:
        name, problem = place or scope.place, f"{error.message} ({error.fault.where})"
        scope.report(name, f"{problem} in «{text}»")

        def broken(v: Vars, r: Run) -> None:
            r.note("syntax", name=name, problem=problem)

        return broken


def compile_boxed(boxed: dmn.Boxed, scope: LogicScope) -> Code:
    """The closure of any boxed expression."""
    code = _COMPILERS[type(boxed)](boxed, scope)
    if isinstance(boxed, dmn.FunctionLogic) and _result_type(boxed, scope) is not None:
        return code
    return converted(code, declared(scope, boxed.type_ref), scope.place)


def _result_type(boxed: dmn.FunctionLogic, scope: LogicScope) -> FeelType | None:
    """The declared type of a function that is no function type: editors mean that of its result."""
    kind = scope.types(boxed.type_ref) if boxed.type_ref else None
    return None if kind is None or kind.kind in ("function", "Any") else kind


def _literal(boxed: dmn.Literal, scope: LogicScope) -> Code:
    return compile_text(boxed.text, scope)


def _table(boxed: dmn.Table, scope: LogicScope) -> Code:
    outputs = [declared(scope, output.type_ref) for output in boxed.outputs]

    def text(source: str, place: str, inside: LogicScope) -> Code:
        return compile_text(source, inside, place)

    return compile_table(boxed, scope, text, outputs)


def _context(boxed: dmn.BoxedContext, scope: LogicScope) -> Code:
    names = [entry.name for entry in boxed.entries if entry.name]
    inside = scope.inside(names)
    parts: list[tuple[str, Code]] = []
    for entry in boxed.entries:
        part = compile_boxed(entry.value, inside)
        place = f"{scope.place}.{entry.name}" if entry.name else scope.place
        parts.append((entry.name, converted(part, declared(scope, entry.type_ref), place)))

    def code(v: Vars, r: Run) -> Any:
        inner = dict(v)
        result: Vars = {}
        for name, compute in parts:
            value = compute(inner, r)
            if not name:
                return value
            result[name] = inner[name] = value
        return result

    return code


def _list(boxed: dmn.BoxedList, scope: LogicScope) -> Code:
    items = [compile_boxed(item, scope) for item in boxed.items]
    return lambda v, r: [item(v, r) for item in items]


def _relation(boxed: dmn.Relation, scope: LogicScope) -> Code:
    rows = [[compile_boxed(cell, scope) for cell in row] for row in boxed.rows]
    columns = boxed.columns
    return lambda v, r: [{name: cell(v, r) for name, cell in zip(columns, row, strict=True)} for row in rows]


def _function(boxed: dmn.FunctionLogic, scope: LogicScope) -> Code:
    make = compile_function(boxed, scope, "function")

    def code(v: Vars, r: Run) -> Function | None:
        if make is None:
            r.note("external-function")
            return None
        return make(v, r)

    return code


def compile_function(
    boxed: dmn.FunctionLogic, scope: LogicScope, name: str
) -> Callable[[Vars, Run], Function] | None:
    """A maker of function values over the variables at hand; None for functions in other languages."""
    if boxed.kind != "FEEL" or boxed.body is None:
        return None
    parameters = tuple(p.name for p in boxed.parameters)
    types = tuple(declared(scope, p.type_ref) for p in boxed.parameters)
    body = compile_boxed(boxed.body, scope.inside(parameters))
    result = _result_type(boxed, scope)

    def make(v: Vars, r: Run) -> Function:
        home = r.root

        def call(run: Run, values: list[Any]) -> Any:
            inside = {**v, **dict(zip(parameters, values, strict=True))}
            return body(inside, run if run.root is home else run.inside(home))

        return Function(name, parameters, types, call, result)

    return make


def _invocation(boxed: dmn.Invocation, scope: LogicScope) -> Code:
    function = compile_boxed(boxed.function, scope)
    names = tuple(name for name, value in boxed.bindings if value is not None)
    values = [compile_boxed(value, scope) for _, value in boxed.bindings if value is not None]

    def code(v: Vars, r: Run) -> Any:
        called = function(v, r)
        arguments = [value(v, r) for value in values]
        if type(called) is not Function:
            r.note("not-a-function", type=kind_of(called))
            return None
        try:
            return call_function(r, called, arguments, names)
        except FeelError as error:
            r.note_error(error)
            return None

    return code


def _conditional(boxed: dmn.Conditional, scope: LogicScope) -> Code:
    parts = [ast.Opaque(compile_boxed(x, scope)) for x in (boxed.condition, boxed.then, boxed.otherwise)]
    return compile_node(ast.If(*parts), scope.feel())


def _iterator(boxed: dmn.Iterator, scope: LogicScope) -> Code:
    source = ast.Opaque(compile_boxed(boxed.source, scope))
    body = ast.Opaque(compile_boxed(boxed.body, scope.inside((boxed.variable, "partial"))))
    iterations = (ast.Iteration(boxed.variable, source),)
    if boxed.kind == "for":
        return compile_node(ast.For(iterations, body), scope.feel())
    return compile_node(ast.Quantified(boxed.kind, iterations, body), scope.feel())


def _filter(boxed: dmn.BoxedFilter, scope: LogicScope) -> Code:
    source = ast.Opaque(compile_boxed(boxed.source, scope))
    match = ast.Opaque(compile_boxed(boxed.match, scope.inside(("item",)).unknown()))
    return compile_node(ast.Filter(source, match), scope.feel())


_COMPILERS: dict[type[dmn.Boxed], Callable[[Any, LogicScope], Code]] = {
    dmn.Literal: _literal,
    dmn.Table: _table,
    dmn.BoxedContext: _context,
    dmn.BoxedList: _list,
    dmn.Relation: _relation,
    dmn.FunctionLogic: _function,
    dmn.Invocation: _invocation,
    dmn.Conditional: _conditional,
    dmn.Iterator: _iterator,
    dmn.BoxedFilter: _filter,
}
