"""Closures of unary tests: input cells of decision tables and the right side of ``in``.

A test is a function of (value, inner variables, run) to true, false or null.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from chengshu.rules.feel import ast
from chengshu.rules.feel.compare import in_range, is_member
from chengshu.rules.feel.compile import _ORDERS, Scope, compared, compile_node, compiles, constant_of
from chengshu.rules.feel.runtime import Code, Run, Vars
from chengshu.rules.feel.values import Range, kind_of

TestCode = Callable[[Any, Vars, Run], bool | None]
PLACEHOLDER = "?"


def compile_test(test: ast.Test, scope: Scope) -> TestCode:
    """The closure of one test."""
    if test.op == "not" and isinstance(test.value, ast.UnaryTests):
        inner = compile_tests(test.value, scope)

        def negated(value: Any, v: Vars, r: Run) -> bool | None:
            answer = inner(value, v, r)
            return None if answer is None else not answer

        return negated
    if test.op:
        return _comparison(test, scope)
    known = constant_of(test.value)
    if type(known) in (Decimal, str, bool):
        return _equal_to(known, test.pos)
    if known is None:
        return lambda value, v, r: value is None
    if isinstance(test.value, ast.RangeLiteral):
        return _within(test.value, scope)
    return _expression(test.value, scope)


def _comparison(test: ast.Test, scope: Scope) -> TestCode:
    op, position = test.op, test.pos
    fast = _ORDERS[op]
    known = constant_of(test.value)
    kind = type(known)
    if kind is Decimal or kind is str:

        def with_constant(value: Any, v: Vars, r: Run) -> bool | None:
            return fast(value, known) if type(value) is kind else compared(op, value, known, r, position)

        return with_constant
    code = compile_node(test.value, scope)
    return lambda value, v, r: compared(op, value, code(v, r), r, position)


def _equal_to(known: Any, position: int) -> TestCode:
    kind = type(known)

    def test(value: Any, v: Vars, r: Run) -> bool | None:
        if type(value) is kind:
            return bool(value == known)
        if kind is bool and known is True:
            return None if value is None else False
        return member(value, known, r, position)

    return test


def member(value: Any, candidate: Any, r: Run, position: int) -> bool | None:
    """``value in candidate`` with a note when the kinds do not compare."""
    if type(value) is list and type(candidate) is not list and len(value) == 1:
        value = value[0]
    answer = is_member(value, candidate)
    if answer is None:
        r.note("not-comparable", position, left=kind_of(value), right=kind_of(candidate))
    return answer


def _within(node: ast.RangeLiteral, scope: Scope) -> TestCode:
    code, position = compile_node(node, scope), node.pos
    low, high = constant_of(node.low), constant_of(node.high)
    if type(low) is Decimal and type(high) is Decimal and low <= high:
        above = _ORDERS[">=" if node.low_included else ">"]
        below = _ORDERS["<=" if node.high_included else "<"]
        span = Range(low, high, node.low_included, node.high_included)

        def numbers(value: Any, v: Vars, r: Run) -> bool | None:
            if type(value) is Decimal:
                return above(value, low) and below(value, high)
            return _in_range(value, span, r, position)

        return numbers
    return lambda value, v, r: _in_range(value, code(v, r), r, position)


def _in_range(value: Any, span: Range | None, r: Run, position: int) -> bool | None:
    if span is None:
        return None
    answer = is_member(value, span) if type(value) is Range else in_range(value, span)
    if answer is None:
        r.note("not-comparable", position, left=kind_of(value), right="range")
    return answer


def _expression(node: ast.Node, scope: Scope) -> TestCode:
    code, position = compile_node(node, scope), node.pos
    if any(isinstance(part, ast.Name) and part.name == PLACEHOLDER for part in ast.walk(node)):

        def about_value(value: Any, v: Vars, r: Run) -> bool | None:
            answer = code(v, r)
            if type(answer) is bool or answer is None:
                return answer
            return member(value, answer, r, position)

        return about_value

    def test(value: Any, v: Vars, r: Run) -> bool | None:
        candidate = code(v, r)
        if candidate is True and type(value) is not bool:
            return True
        if candidate is False and type(value) is not bool and value is not None:
            return False
        return member(value, candidate, r, position)

    return test


def compile_tests(tests: ast.UnaryTests, scope: Scope) -> TestCode:
    """The closure of a cell: true when one of its tests is."""
    if tests.any:
        return lambda value, v, r: True
    codes = tuple(compile_test(test, scope) for test in tests.tests)
    if len(codes) == 1:
        return codes[0]

    def any_of(value: Any, v: Vars, r: Run) -> bool | None:
        unknown = False
        for code in codes:
            answer = code(value, v, r)
            if answer is True:
                return True
            unknown = unknown or answer is None
        return None if unknown else False

    return any_of


@compiles(ast.In)
def _in(node: ast.In, scope: Scope) -> Code:
    operand = compile_node(node.operand, scope)
    test = compile_tests(ast.UnaryTests(node.tests), scope)
    return lambda v, r: test(operand(v, r), v, r)
