"""Texts to trees."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from chengshu.rules.feel import ast
from chengshu.rules.feel.constructs import Parser
from chengshu.rules.feel.errors import FeelSyntaxError

_T = TypeVar("_T")


def parse_expression(text: str, names: Iterable[str] = ()) -> ast.Node:
    """The tree of a FEEL expression. ``names`` in scope matter only if they hold operators or keywords.

    Raises FeelSyntaxError.
    """
    return _guarded(Parser(text, names).whole_expression, text)


def parse_unary_tests(text: str, names: Iterable[str] = ()) -> ast.UnaryTests:
    """The tree of a decision table's input cell. Raises FeelSyntaxError."""
    return _guarded(Parser(text, names).whole_unary_tests, text)


def _guarded(read: Callable[[], _T], text: str) -> _T:
    try:
        return read()
    except RecursionError:
        raise FeelSyntaxError(text, 0, "nested too deeply", "split the expression") from None
