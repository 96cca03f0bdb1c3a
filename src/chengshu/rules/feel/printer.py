"""Trees back to text. Reading the text again gives the same tree."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from chengshu.rules.feel import ast
from chengshu.rules.feel.names import is_plain, normal
from chengshu.rules.feel.text import quoted

_WEAKEST, _OR, _AND, _COMPARE, _ADD, _MULTIPLY, _POWER, _UNARY, _TIGHT = range(9)
_POWERS = {"+": _ADD, "-": _ADD, "*": _MULTIPLY, "/": _MULTIPLY, "**": _POWER}


def _number(value: Decimal) -> str:
    return str(value).replace("E", "e")


def _at_least(power: int, node: ast.Node) -> str:
    """The text of a node, in brackets when it binds more weakly than its place demands."""
    text, own = _PRINTERS[type(node)](node)
    return text if own >= power else f"({text})"


def _arithmetic(node: ast.Arithmetic) -> tuple[str, int]:
    parts: list[str] = []
    left: ast.Node = node
    power = _POWERS[node.op]
    while isinstance(left, ast.Arithmetic) and _POWERS[left.op] == power:
        parts.append(f" {left.op} {_at_least(power + 1, left.right)}")
        left = left.left
    parts.append(_at_least(power, left))
    return "".join(reversed(parts)), power


def _comparison(node: ast.Comparison) -> tuple[str, int]:
    return f"{_at_least(_COMPARE, node.left)} {node.op} {_at_least(_ADD, node.right)}", _COMPARE


def _junction(node: ast.Junction) -> tuple[str, int]:
    power = _OR if node.op == "or" else _AND
    return f" {node.op} ".join(_at_least(power + 1, operand) for operand in node.operands), power


def _between(node: ast.Between) -> tuple[str, int]:
    value, low, high = (
        _at_least(_COMPARE, node.operand),
        _at_least(_ADD, node.low),
        _at_least(_ADD, node.high),
    )
    return f"{value} between {low} and {high}", _COMPARE


def _test(test: ast.Test) -> str:
    if test.op == "not":
        return f"not({_PRINTERS[ast.UnaryTests](test.value)[0]})"
    if test.op:
        return f"{test.op} {_at_least(_ADD, test.value)}"
    return _at_least(_WEAKEST, test.value)


def _in(node: ast.In) -> tuple[str, int]:
    tests = node.tests
    if len(tests) == 1 and tests[0].op != "not":
        op = f"{tests[0].op} " if tests[0].op else ""
        text = _at_least(_ADD, tests[0].value)
        if not op and isinstance(tests[0].value, ast.UnaryRange):
            text = f"({text})"  # without brackets of its own it would be a test
        return f"{_at_least(_COMPARE, node.operand)} in {op}{text}", _COMPARE
    return f"{_at_least(_COMPARE, node.operand)} in ({', '.join(map(_test, tests))})", _COMPARE


def _type(ref: ast.TypeRef) -> tuple[str, int]:
    args = [_type(arg)[0] for arg in ref.args]
    if ref.keys:
        args = [f"{key}: {arg}" for key, arg in zip(ref.keys, args, strict=True)]
    text = f"{ref.name}<{', '.join(args)}>" if args or ref.result is not None else ref.name
    return text + (f" -> {_type(ref.result)[0]}" if ref.result is not None else ""), _TIGHT


def _iterations(iterations: tuple[ast.Iteration, ...]) -> str:
    return ", ".join(
        f"{part.name} in {_at_least(_WEAKEST, part.source)}"
        + (f"..{_at_least(_WEAKEST, part.end)}" if part.end is not None else "")
        for part in iterations
    )


def _function(node: ast.FunctionDefinition) -> tuple[str, int]:
    parameters = ", ".join(p.name + (f": {_type(p.type)[0]}" if p.type else "") for p in node.parameters)
    external = "external " if node.external else ""
    return f"function({parameters}) {external}{_at_least(_WEAKEST, node.body)}", _WEAKEST


def _call(node: ast.Call) -> tuple[str, int]:
    arguments = [_at_least(_WEAKEST, argument) for argument in node.arguments]
    if node.names:
        arguments = [f"{name}: {argument}" for name, argument in zip(node.names, arguments, strict=True)]
    return f"{_at_least(_TIGHT, node.function)}({', '.join(arguments)})", _TIGHT


def _key(key: str) -> str:
    return key if is_plain(key) and normal(key) == key else quoted(key)


def _context(node: ast.ContextLiteral) -> tuple[str, int]:
    entries = (f"{_key(entry.key)}: {_at_least(_WEAKEST, entry.value)}" for entry in node.entries)
    return "{" + ", ".join(entries) + "}", _TIGHT


def _range(node: ast.RangeLiteral) -> tuple[str, int]:
    opening, closing = "[" if node.low_included else "(", "]" if node.high_included else ")"
    return f"{opening}{_at_least(_ADD, node.low)}..{_at_least(_ADD, node.high)}{closing}", _TIGHT


def _instance_of(node: ast.InstanceOf) -> tuple[str, int]:
    operand = node.operand
    number = isinstance(operand, ast.Negation) and isinstance(operand.operand, ast.Number)
    return f"{_at_least(_UNARY if number else _TIGHT, operand)} instance of {_type(node.type)[0]}", _UNARY


def _negation(node: ast.Negation) -> tuple[str, int]:
    inner: ast.Node = node.operand
    while isinstance(inner, ast.InstanceOf):
        inner = inner.operand
    before_number = inner is not node.operand and isinstance(inner, ast.Number)
    return f"-{_at_least(_TIGHT if before_number else _UNARY, node.operand)}", _UNARY


def _if(node: ast.If) -> tuple[str, int]:
    parts = (node.condition, node.then, node.otherwise)
    condition, then, otherwise = (_at_least(_WEAKEST, part) for part in parts)
    return f"if {condition} then {then} else {otherwise}", _WEAKEST


_PRINTERS: dict[type[ast.Node], Callable[[Any], tuple[str, int]]] = {
    ast.Number: lambda node: (_number(node.value), _TIGHT),
    ast.String: lambda node: (quoted(node.value), _TIGHT),
    ast.Boolean: lambda node: ("true" if node.value else "false", _TIGHT),
    ast.Null: lambda node: ("null", _TIGHT),
    ast.AtLiteral: lambda node: ("@" + quoted(node.text), _TIGHT),
    ast.Name: lambda node: (node.name, _TIGHT),
    ast.Negation: _negation,
    ast.Arithmetic: _arithmetic,
    ast.Comparison: _comparison,
    ast.Junction: _junction,
    ast.Between: _between,
    ast.In: _in,
    ast.TypeRef: _type,
    ast.InstanceOf: _instance_of,
    ast.If: _if,
    ast.For: lambda node: (
        f"for {_iterations(node.iterations)} return {_at_least(_WEAKEST, node.body)}",
        _WEAKEST,
    ),
    ast.Quantified: lambda node: (
        f"{node.kind} {_iterations(node.iterations)} satisfies {_at_least(_WEAKEST, node.condition)}",
        _WEAKEST,
    ),
    ast.FunctionDefinition: _function,
    ast.Path: lambda node: (f"{_at_least(_TIGHT, node.source)}.{node.name}", _TIGHT),
    ast.Filter: lambda node: (
        f"{_at_least(_TIGHT, node.source)}[{_at_least(_WEAKEST, node.condition)}]",
        _TIGHT,
    ),
    ast.Call: _call,
    ast.ListLiteral: lambda node: ("[" + ", ".join(_at_least(_WEAKEST, i) for i in node.items) + "]", _TIGHT),
    ast.ContextLiteral: _context,
    ast.RangeLiteral: _range,
    ast.UnaryRange: lambda node: (f"({node.op} {_at_least(_ADD, node.value)})", _TIGHT),
    ast.UnaryTests: lambda node: ("-" if node.any else ", ".join(map(_test, node.tests)), _WEAKEST),
}


def print_tree(node: ast.Node) -> str:
    """The text of an expression or of unary tests."""
    return _PRINTERS[type(node)](node)[0]
