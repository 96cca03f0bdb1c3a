"""Trees to closures: each node becomes a function of (inner variables, run).

Closures are made once per expression and carry everything that is known beforehand: constants, positions,
the built-in that a name means. What fails gives null and a note at the position of the node.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, DecimalException
from typing import Any

from chengshu.rules.feel import ast
from chengshu.rules.feel.arithmetic import calculate, negate, power
from chengshu.rules.feel.builtins import FUNCTIONS
from chengshu.rules.feel.compare import compare
from chengshu.rules.feel.errors import FeelError
from chengshu.rules.feel.range_text import make_range
from chengshu.rules.feel.runtime import MISSING, Code, Run, Vars
from chengshu.rules.feel.temporal_text import parse_temporal
from chengshu.rules.feel.types import FeelType, is_instance, resolve
from chengshu.rules.feel.values import ARITHMETIC, Range, kind_of


@dataclass(frozen=True, slots=True)
class Scope:
    """What is known where a node stands: whether inner variables may exist, and the model's types."""

    inner: bool = False
    types: Callable[[str], FeelType | None] = field(default=lambda name: None)

    def deeper(self) -> Scope:
        """The scope of a body with variables of its own."""
        return self if self.inner else Scope(True, self.types)


Compiler = Callable[[Any, Scope], Code]
COMPILERS: dict[type[ast.Node], Compiler] = {}


def compiles(kind: type[ast.Node]) -> Callable[[Compiler], Compiler]:
    """Decorator: the function compiles nodes of one kind."""

    def register(function: Compiler) -> Compiler:
        COMPILERS[kind] = function
        return function

    return register


def compile_node(node: ast.Node, scope: Scope) -> Code:
    """The closure of a node."""
    return COMPILERS[type(node)](node, scope)


def constant_of(node: ast.Node) -> Any:
    """The value of a literal, or MISSING for anything else and for an ``@`` literal that denotes nothing."""
    if isinstance(node, ast.Number):
        try:
            return ARITHMETIC.plus(node.value)
        except DecimalException:
            return MISSING
    if isinstance(node, ast.String | ast.Boolean):
        return node.value
    if isinstance(node, ast.Null):
        return None
    if isinstance(node, ast.Negation) and isinstance(node.operand, ast.Number):
        value = constant_of(node.operand)
        return value if value is MISSING else negate(value)
    if isinstance(node, ast.AtLiteral):
        try:
            return parse_temporal(node.text)
        except ValueError:
            return MISSING
    return MISSING


def constant(value: Any) -> Code:
    """The closure of a fixed value."""
    return lambda v, r: value


def _literal(node: ast.Node, _scope: Scope) -> Code:
    value = constant_of(node)
    if value is not MISSING:
        return constant(value)
    position = node.pos
    if isinstance(node, ast.AtLiteral):
        text = node.text

        def bad_literal(v: Vars, r: Run) -> None:
            r.note("bad-literal", position, value=text)

        return bad_literal

    def too_large(v: Vars, r: Run) -> None:
        r.note("out-of-range", position, what="number")

    return too_large


for _kind in (ast.Number, ast.String, ast.Boolean, ast.Null, ast.AtLiteral):
    COMPILERS[_kind] = _literal


@compiles(ast.Opaque)
def _opaque(node: ast.Opaque, _scope: Scope) -> Code:
    return node.code


@compiles(ast.Name)
def _name(node: ast.Name, scope: Scope) -> Code:
    name, position = node.name, node.pos
    builtin = FUNCTIONS.get(name)

    def outer(v: Vars, r: Run) -> Any:
        value = r.lookup(name)
        if value is not MISSING:
            return value
        if builtin is None:
            r.note("unknown-name", position, name=name)
        return builtin

    if not scope.inner:
        return outer

    def inner(v: Vars, r: Run) -> Any:
        value = v.get(name, MISSING)
        return outer(v, r) if value is MISSING else value

    return inner


@compiles(ast.Negation)
def _negation(node: ast.Negation, scope: Scope) -> Code:
    known = constant_of(node)
    if known is not MISSING:
        return constant(known)
    operand, position = compile_node(node.operand, scope), node.pos

    def code(v: Vars, r: Run) -> Any:
        value = operand(v, r)
        try:
            return negate(value)
        except FeelError as error:
            r.note_error(error, position)
            return None

    return code


_FAST: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": ARITHMETIC.add,
    "-": ARITHMETIC.subtract,
    "*": ARITHMETIC.multiply,
    "/": ARITHMETIC.divide,
    "**": power,
}


@compiles(ast.Arithmetic)
def _arithmetic(node: ast.Arithmetic, scope: Scope) -> Code:
    """A run of operators without brackets hangs down on the left; it is walked, not nested."""
    links: list[tuple[Callable[[Any, Any, Run], Any], Code]] = []
    first: ast.Node = node
    while isinstance(first, ast.Arithmetic):
        links.append((_operator(first.op, first.pos), compile_node(first.right, scope)))
        first = first.left
    start = compile_node(first, scope)
    links.reverse()
    if len(links) == 1:
        apply, right = links[0]
        return lambda v, r: apply(start(v, r), right(v, r), r)

    def chain(v: Vars, r: Run) -> Any:
        value = start(v, r)
        for apply, right in links:
            value = apply(value, right(v, r), r)
        return value

    return chain


def _operator(op: str, position: int) -> Callable[[Any, Any, Run], Any]:
    fast = _FAST[op]

    def apply(left: Any, right: Any, r: Run) -> Any:
        if type(left) is Decimal and type(right) is Decimal:
            try:
                return fast(left, right)
            except DecimalException:
                pass  # the slow way says what is wrong
        try:
            value = calculate(op, left, right)
        except FeelError as error:
            r.note_error(error, position)
            return None
        return r.made_text(value) if type(value) is str else value

    return apply


_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compared(op: str, left: Any, right: Any, r: Run, position: int) -> bool | None:
    """``left op right`` with a note when the kinds do not compare."""
    answer = compare(op, left, right)
    if answer is None:
        r.note("not-comparable", position, left=kind_of(left), right=kind_of(right))
    return answer


@compiles(ast.Comparison)
def _comparison(node: ast.Comparison, scope: Scope) -> Code:
    op, position = node.op, node.pos
    fast = _ORDERS[op]
    left = compile_node(node.left, scope)
    known = constant_of(node.right)
    if type(known) is Decimal or type(known) is str:
        kind = type(known)

        def with_constant(v: Vars, r: Run) -> bool | None:
            value = left(v, r)
            return fast(value, known) if type(value) is kind else compared(op, value, known, r, position)

        return with_constant
    right = compile_node(node.right, scope)

    def code(v: Vars, r: Run) -> bool | None:
        a, b = left(v, r), right(v, r)
        if type(a) is Decimal and type(b) is Decimal:
            return fast(a, b)
        return compared(op, a, b, r, position)

    return code


@compiles(ast.Junction)
def _junction(node: ast.Junction, scope: Scope) -> Code:
    """Three-valued: one decisive operand decides, whatever the others are (DMN 1.5, table 49)."""
    codes = tuple(compile_node(operand, scope) for operand in node.operands)
    decisive = node.op == "or"
    neutral = not decisive
    op, position = node.op, node.pos

    def code(v: Vars, r: Run) -> bool | None:
        unknown = False
        for part in codes:
            value = part(v, r)
            if type(value) is bool:
                if value == decisive:
                    return decisive
            else:
                unknown = True
                if value is not None:
                    r.note("not-boolean", position, where=op, type=kind_of(value))
        return None if unknown else neutral

    return code


@compiles(ast.Between)
def _between(node: ast.Between, scope: Scope) -> Code:
    value, low, high = (compile_node(part, scope) for part in (node.operand, node.low, node.high))
    position = node.pos

    def code(v: Vars, r: Run) -> bool | None:
        x = value(v, r)
        above = compared(">=", x, low(v, r), r, position)
        below = compared("<=", x, high(v, r), r, position)
        if above is False or below is False:
            return None if above is None or below is None else False
        return None if above is None or below is None else True

    return code


@compiles(ast.InstanceOf)
def _instance_of(node: ast.InstanceOf, scope: Scope) -> Code:
    operand, position = compile_node(node.operand, scope), node.pos
    kind = resolve(node.type, scope.types)
    name = node.type.name
    if kind is None:

        def unknown(v: Vars, r: Run) -> None:
            r.note("unknown-type", position, name=name)

        return unknown
    known = kind
    return lambda v, r: is_instance(operand(v, r), known)


@compiles(ast.If)
def _if(node: ast.If, scope: Scope) -> Code:
    condition, then, otherwise = (compile_node(x, scope) for x in (node.condition, node.then, node.otherwise))
    position = node.condition.pos

    def code(v: Vars, r: Run) -> Any:
        chosen = condition(v, r)
        if chosen is True:
            return then(v, r)
        if chosen is False or chosen is None:
            return otherwise(v, r)
        r.note("not-boolean", position, where="if", type=kind_of(chosen))
        return None

    return code


@compiles(ast.ListLiteral)
def _list(node: ast.ListLiteral, scope: Scope) -> Code:
    codes = tuple(compile_node(item, scope) for item in node.items)
    return lambda v, r: [code(v, r) for code in codes]


@compiles(ast.ContextLiteral)
def _context(node: ast.ContextLiteral, scope: Scope) -> Code:
    keys = [entry.key for entry in node.entries]
    twice = next((key for at, key in enumerate(keys) if key in keys[:at]), None)
    position = node.pos
    if twice is not None:

        def duplicate(v: Vars, r: Run) -> None:
            r.note("duplicate-key", position, name=twice)

        return duplicate
    deeper = scope.deeper()
    entries = tuple((entry.key, compile_node(entry.value, deeper)) for entry in node.entries)

    def code(v: Vars, r: Run) -> Any:
        inside = dict(v)
        result: Vars = {}
        for key, value in entries:
            result[key] = inside[key] = value(inside.copy(), r)
        return result

    return code


@compiles(ast.RangeLiteral)
def _range(node: ast.RangeLiteral, scope: Scope) -> Code:
    low, high = compile_node(node.low, scope), compile_node(node.high, scope)
    low_included, high_included, position = node.low_included, node.high_included, node.pos

    def code(v: Vars, r: Run) -> Range | None:
        start, end = low(v, r), high(v, r)
        try:
            return make_range(start, end, low_included, high_included)
        except ValueError:
            r.note("bad-range", position, value=f"{start}..{end}")
            return None

    known_low, known_high = constant_of(node.low), constant_of(node.high)
    if known_low is not MISSING and known_high is not MISSING:
        try:
            return constant(make_range(known_low, known_high, low_included, high_included))
        except ValueError:
            return code
    return code


@compiles(ast.UnaryRange)
def _unary_range(node: ast.UnaryRange, scope: Scope) -> Code:
    value, op = compile_node(node.value, scope), node.op

    def code(v: Vars, r: Run) -> Range:
        end = value(v, r)
        if op in ("<", "<="):
            return Range(None, end, False, op == "<=", op)
        if op in (">", ">="):
            return Range(end, None, op == ">=", False, op)
        return Range(end, end, op == "=", op == "=", op)

    return code
