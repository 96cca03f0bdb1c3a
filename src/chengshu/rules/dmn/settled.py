"""Conditions with what is known put in: ``> settings.closing.fill`` is ``> 0.75`` where the city says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from chengshu.rules.feel import ast
from chengshu.rules.feel.runtime import MISSING
from chengshu.rules.feel.text import text_of
from chengshu.rules.feel.values import from_python


def settled(tree: ast.UnaryTests, given: Mapping[str, Any]) -> ast.UnaryTests:
    """The condition with each name or path that ``given`` answers replaced by its value, if that is simple.

    Only where a test compares with it: ``> name``, ``[low.a..high.a]``, ``-name`` stays.
    """
    return replace(tree, tests=tuple(replace(test, value=_settled(test.value, given)) for test in tree.tests))


def lacks(tree: ast.Node, given: Mapping[str, Any]) -> bool:
    """Whether a condition asks ``given`` for an entry that it does not have (``settings.unknown``)."""
    return any(
        isinstance(node, ast.Path) and _root(node) in given and _value(node, given) is MISSING
        for node in ast.walk(tree)
    )


def _root(node: ast.Node) -> str:
    while isinstance(node, ast.Path):
        node = node.source
    return node.name if isinstance(node, ast.Name) else ""


def _settled(node: ast.Node, given: Mapping[str, Any]) -> ast.Node:
    if isinstance(node, ast.RangeLiteral):
        return replace(node, low=_settled(node.low, given), high=_settled(node.high, given))
    value = _value(node, given)
    return node if value is MISSING else _literal(value, node)


def _value(node: ast.Node, given: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return given.get(node.name, MISSING)
    if isinstance(node, ast.Path):
        source = _value(node.source, given)
        return source.get(node.name, MISSING) if isinstance(source, Mapping) else MISSING
    return MISSING


def _literal(value: Any, node: ast.Node) -> ast.Node:
    """A value as the literal that would stand for it; the node itself for lists, contexts and null."""
    if isinstance(value, bool):
        return ast.Boolean(value, pos=node.pos)
    if isinstance(value, int | float | Decimal):
        return ast.Number(Decimal(str(value)), pos=node.pos)
    if isinstance(value, str):
        return ast.String(value, pos=node.pos)
    if isinstance(value, date | datetime | time | timedelta):
        return ast.AtLiteral(text_of(from_python(value)), pos=node.pos)
    return node
