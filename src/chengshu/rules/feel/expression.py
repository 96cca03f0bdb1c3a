"""FEEL for its users: compile a text once, evaluate it as often as needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from chengshu.rules.feel import ast, compile_calls, compile_loops, compile_tests
from chengshu.rules.feel.compile import Scope, compile_node
from chengshu.rules.feel.compile_tests import PLACEHOLDER
from chengshu.rules.feel.errors import Diagnostic, FeelSyntaxError, LimitExceeded
from chengshu.rules.feel.limits import DEFAULT_LIMITS, Limits
from chengshu.rules.feel.names import normal
from chengshu.rules.feel.parser import parse_expression, parse_unary_tests
from chengshu.rules.feel.runtime import Budget, HasNow, Run
from chengshu.rules.feel.scopes import free_names
from chengshu.rules.feel.values import to_python

_COMPILERS = (compile_calls, compile_loops, compile_tests)  # imported so that every node has its compiler
_EMPTY: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A value, and a note for everything that became null on the way."""

    value: Any
    diagnostics: tuple[Diagnostic, ...]


def guarded(run: Run, compute: Callable[[], Any]) -> Any:
    """What ``compute`` gives; null with a note when a limit is hit."""
    try:
        return compute()
    except LimitExceeded as error:
        run.note("limit", limit=error.limit, allowed=error.allowed)
    except RecursionError:
        run.note("limit", limit="levels of nesting", allowed="available")
    return None


class Expression:
    """A compiled expression. Calling it gives the value; null where FEEL says null."""

    __slots__ = ("_code", "limits", "names", "text", "tree")

    def __init__(self, text: str, tree: ast.Node, limits: Limits = DEFAULT_LIMITS) -> None:
        self.text = text
        self.tree = tree
        self.limits = limits
        self.names: frozenset[str] = free_names(tree)
        try:
            self._code = compile_node(tree, Scope())
        except RecursionError:
            raise FeelSyntaxError(text, 0, "nested too deeply", "split the expression") from None

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def __call__(self, context: Mapping[str, Any] = _EMPTY, *, clock: HasNow | None = None) -> Any:
        """The value in a context. ``clock`` is what ``now()`` and ``today()`` read; else they are null."""
        run = Run(context, Budget(self.limits, clock))
        try:
            return to_python(self._code({}, run))
        except (LimitExceeded, RecursionError):
            return None

    def evaluate(self, context: Mapping[str, Any] = _EMPTY, *, clock: HasNow | None = None) -> Evaluation:
        """The value with the notes on what became null."""
        run = Run(context, Budget(self.limits, clock))
        value = guarded(run, lambda: to_python(self._code({}, run)))
        return Evaluation(value, tuple(run.budget.diagnostics))


class UnaryTests:
    """A compiled input cell. Calling it says whether a value passes: True, False, or None for null."""

    __slots__ = ("_test", "limits", "names", "text", "tree")

    def __init__(self, text: str, tree: ast.UnaryTests, limits: Limits = DEFAULT_LIMITS) -> None:
        self.text = text
        self.tree = tree
        self.limits = limits
        self.names: frozenset[str] = free_names(tree) - {PLACEHOLDER}
        uses_value = PLACEHOLDER in free_names(tree)
        try:
            self._test = compile_tests.compile_tests(tree, Scope(inner=uses_value))
        except RecursionError:
            raise FeelSyntaxError(text, 0, "nested too deeply", "split the tests") from None

    def __repr__(self) -> str:
        return f"UnaryTests({self.text!r})"

    def __call__(
        self, value: Any, context: Mapping[str, Any] = _EMPTY, *, clock: HasNow | None = None
    ) -> bool | None:
        """Whether ``value`` passes; ``context`` holds the other names that the cell uses."""
        run = Run(context, Budget(self.limits, clock))
        taken = run.take_in(value)
        try:
            answer = self._test(taken, {PLACEHOLDER: taken}, run)
        except (LimitExceeded, RecursionError):
            return None
        return answer if type(answer) is bool else None

    def evaluate(
        self, value: Any, context: Mapping[str, Any] = _EMPTY, *, clock: HasNow | None = None
    ) -> Evaluation:
        """The answer with the notes on what became null."""
        run = Run(context, Budget(self.limits, clock))
        taken = run.take_in(value)
        answer = guarded(run, lambda: self._test(taken, {PLACEHOLDER: taken}, run))
        return Evaluation(answer if type(answer) is bool else None, tuple(run.budget.diagnostics))


@lru_cache(maxsize=8192)
def _expression(text: str, names: frozenset[str], limits: Limits) -> Expression:
    return Expression(text, parse_expression(text, names), limits)


@lru_cache(maxsize=8192)
def _unary_tests(text: str, names: frozenset[str], limits: Limits) -> UnaryTests:
    return UnaryTests(text, parse_unary_tests(text, names), limits)


def compile_expression(text: str, names: Iterable[str] = (), limits: Limits = DEFAULT_LIMITS) -> Expression:
    """A FEEL 1.5 expression, compiled (and cached).

    ``names`` are the names in scope; only those that contain operators or keywords (``Date-Time``, ``days in
    weekend``) need to be given. Raises FeelSyntaxError.
    """
    return _expression(text, frozenset(normal(name) for name in names), limits)


def compile_unary_tests(text: str, names: Iterable[str] = (), limits: Limits = DEFAULT_LIMITS) -> UnaryTests:
    """An input cell of a decision table, compiled (and cached): ``> 3, [10..20), not(5)``, ``-``.

    Raises FeelSyntaxError.
    """
    return _unary_tests(text, frozenset(normal(name) for name in names), limits)
