"""Ranges: made from two ends, and read from text (DMN 1.5, 10.3.4.1, ``range(from)``)."""

from __future__ import annotations

import re
from typing import Any

from chengshu.rules.feel import ast
from chengshu.rules.feel.compare import order
from chengshu.rules.feel.errors import FeelSyntaxError
from chengshu.rules.feel.parser import parse_expression
from chengshu.rules.feel.temporal_text import (
    parse_date,
    parse_date_time,
    parse_duration,
    parse_temporal,
    parse_time,
)
from chengshu.rules.feel.values import Range

_LITERAL_CALLS = {
    "date": parse_date,
    "time": parse_time,
    "date and time": parse_date_time,
    "duration": parse_duration,
}


def _literal(node: ast.Node) -> Any:
    """The value of an end that is written out. Raises ValueError for anything that must be computed."""
    if isinstance(node, ast.Number | ast.String):
        return node.value
    if isinstance(node, ast.Negation) and isinstance(node.operand, ast.Number):
        return -node.operand.value
    if isinstance(node, ast.AtLiteral):
        return parse_temporal(node.text)
    if isinstance(node, ast.Call) and isinstance(node.function, ast.Name) and len(node.arguments) == 1:
        argument = node.arguments[0]
        if node.function.name in _LITERAL_CALLS and isinstance(argument, ast.String):
            return _LITERAL_CALLS[node.function.name](argument.value)
    raise ValueError("the ends of a range in text must be literals")


_HALF_OPEN = re.compile(
    r"\s*(?:(?P<opening>[\[(\]])(?P<low>.+)\.\.\s*[)\[]|[(\]]\s*\.\.(?P<high>.+)(?P<closing>[\])\[]))\s*",
    re.DOTALL,
)
"""A range of one stated end: the other must be open (range literal, 10.3.1.2)."""


def _end(text: str) -> Any:
    try:
        value = _literal(parse_expression(text))
    except FeelSyntaxError as error:
        raise ValueError(error.message) from None
    if order(value, value) is None:
        raise ValueError("the end of a range has an order")
    return value


def parse_range(text: str) -> Range:
    """``[1..10)`` with literal ends; ``[2..)`` is ``(>= 2)``, ``(..2)`` is ``(< 2)``. Raises ValueError."""
    half = _HALF_OPEN.fullmatch(text)
    if half is not None:
        low, high = half["low"], half["high"]
        op = (">=" if half["opening"] == "[" else ">") if low else "<=" if half["closing"] == "]" else "<"
        end = _end(low or high)
        included = op in (">=", "<=")
        return Range(end, None, included, False, op) if low else Range(None, end, False, included, op)
    try:
        node = parse_expression(text)
    except FeelSyntaxError as error:
        raise ValueError(error.message) from None
    if not isinstance(node, ast.RangeLiteral):
        raise ValueError("not a range")
    return make_range(_literal(node.low), _literal(node.high), node.low_included, node.high_included)


def make_range(low: Any, high: Any, low_included: bool, high_included: bool) -> Range:
    """A range of two ends. Raises ValueError when they have no order or the wrong one."""
    sign = order(low, high)
    if sign is None or sign > 0:
        raise ValueError("the start of a range does not lie before its end")
    return Range(low, high, low_included, high_included)
