"""From what an expression may give back to the values of its names: at which ``x`` is ``x + 1`` just 5?

Comparisons with constants cut the values of an expression; what is found here cuts those of its names
alike, so that values beside and between tell all cases apart. Where an expression cannot be turned round,
nothing is found: what is then tried is true, but not all there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from chengshu.rules.feel import ast
from chengshu.rules.feel.arithmetic import calculate, negate
from chengshu.rules.feel.compile import Scope, compile_node, constant_of
from chengshu.rules.feel.errors import FeelError, LimitExceeded
from chengshu.rules.feel.limits import Limits
from chengshu.rules.feel.runtime import MISSING, Budget, Run
from chengshu.rules.feel.scopes import free_names
from chengshu.rules.feel.temporal import DAY, NANOS, Date, DateTime, Duration, Months, Time

_LIMITS = Limits(steps=20_000, diagnostics=1)
_LINEAR = frozenset("+-*/")
_WHOLE = Decimal(1)
PARTS = frozenset(
    (
        "year",
        "month",
        "day",
        "weekday",
        "hour",
        "minute",
        "second",
        "days",
        "hours",
        "minutes",
        "years",
        "months",
    )
)
"""Properties of dates, times and durations: what stands before them is the name that varies."""


def value_of(tree: ast.Node, names: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    """The value of an expression with these names (FEEL values); MISSING where a limit is hit."""
    try:
        return compile_node(tree, Scope(inner=True))(dict(names), Run(given, Budget(_LIMITS)))
    except (LimitExceeded, RecursionError):
        return MISSING


def images(tree: ast.Node, name: str, targets: Iterable[Any], others: Mapping[str, Any]) -> Iterator[Any]:
    """Values of ``name`` at which an expression, or a condition within it, changes over a target.

    ``others`` has values for the other names of the expression.
    """
    for target in targets:
        yield from _solved(tree, name, target, others)
    for node in ast.walk(tree):
        if isinstance(node, ast.Comparison):
            for side, other in ((node.left, node.right), (node.right, node.left)):
                limit = _fixed(other, name, others)
                if limit is not MISSING:
                    yield from _solved(side, name, limit, others)
        elif isinstance(node, ast.Between):
            for limit in (_fixed(node.low, name, others), _fixed(node.high, name, others)):
                if limit is not MISSING:
                    yield from _solved(node.operand, name, limit, others)


def is_linear(tree: ast.Node, name: str) -> bool:
    """Whether an expression rises or falls evenly with a name, so that its images tell all cases apart."""
    if isinstance(tree, ast.Name):
        return tree.name == name
    if isinstance(tree, ast.Negation):
        return is_linear(tree.operand, name)
    if isinstance(tree, ast.Arithmetic) and tree.op in _LINEAR:
        left, right = constant_of(tree.left), constant_of(tree.right)
        if type(right) is Decimal:
            return is_linear(tree.left, name) and (bool(right) or tree.op in "+-")
        return tree.op != "/" and type(left) is Decimal and is_linear(tree.right, name)
    return False


def _fixed(node: ast.Node, name: str, others: Mapping[str, Any]) -> Any:
    """The value of a part that the name is not in; MISSING for any other."""
    names = free_names(node)
    if name in names:
        return MISSING
    return value_of(node, others, {})


def _solved(node: ast.Node, name: str, target: Any, others: Mapping[str, Any]) -> Iterator[Any]:
    if isinstance(node, ast.Name):
        if node.name == name:
            yield target
    elif isinstance(node, ast.Negation):
        yield from _through(lambda: negate(target), node.operand, name, others)
    elif isinstance(node, ast.Arithmetic):
        yield from _of_arithmetic(node, name, target, others)
    elif isinstance(node, ast.If):
        yield from _solved(node.then, name, target, others)
        yield from _solved(node.otherwise, name, target, others)
    elif isinstance(node, ast.Path) and type(target) is Decimal:
        for whole in _of_part(node.name, target):
            yield from _solved(node.source, name, whole, others)
    elif isinstance(node, ast.Call) and isinstance(node.function, ast.Name) and node.arguments:
        for inner in _of_call(node.function.name, target):
            yield from _solved(node.arguments[0], name, inner, others)


def _through(
    compute: Callable[[], Any], node: ast.Node, name: str, others: Mapping[str, Any]
) -> Iterator[Any]:
    try:
        value = compute()
    except FeelError:
        return
    yield from _solved(node, name, value, others)


def _of_arithmetic(node: ast.Arithmetic, name: str, target: Any, others: Mapping[str, Any]) -> Iterator[Any]:
    left, right = _fixed(node.left, name, others), _fixed(node.right, name, others)
    if right is not MISSING and right is not None:
        undo = {"+": "-", "-": "+", "*": "/", "/": "*"}.get(node.op)
        if undo:
            yield from _through(lambda: calculate(undo, target, right), node.left, name, others)
        elif right == 2 and type(target) is Decimal and target >= 0:
            for root in (target.sqrt(), -target.sqrt()):
                yield from _solved(node.left, name, root, others)
    elif left is not MISSING and left is not None and node.op in _LINEAR:
        first, op, second = {
            "+": (target, "-", left),
            "-": (left, "-", target),
            "*": (target, "/", left),
            "/": (left, "/", target),
        }[node.op]
        yield from _through(lambda: calculate(op, first, second), node.right, name, others)


def _of_part(part: str, target: Decimal) -> Iterator[Any]:
    """Dates, times or durations whose property is the target: the first and the last of them."""
    if target != target.to_integral_value() or abs(target) > 9999:
        return
    number = int(target)
    try:
        if part == "year":
            yield from (Date(number, 1, 1), Date(number, 12, 31))
        elif part == "month":
            yield Date(2025, number, 1)
        elif part == "day":
            yield Date(2025, 1, number)
        elif part == "weekday" and 1 <= number <= 7:
            yield Date(2024, 1, number)  # which began on a Monday
        elif part == "hour":
            yield from (Time(number, 0, 0), Time(number, 59, 59))
        elif part == "minute":
            yield Time(12, number, 0)
        elif part in ("days", "hours", "minutes"):
            yield Duration(number * {"days": DAY, "hours": 3600, "minutes": 60}[part] * NANOS)
        elif part in ("years", "months"):
            yield Months(number * (12 if part == "years" else 1))
    except ValueError:
        return


def _of_call(function: str, target: Any) -> Iterator[Any]:
    """Arguments for which a function gives the target."""
    if type(target) is Decimal:
        half = Decimal("0.5")
        small = target == target.to_integral_value() and 0 <= target <= 50
        if function in ("floor", "round down"):
            yield from (target, target + half, target + _WHOLE)
        elif function in ("ceiling", "round up"):
            yield from (target, target - half, target - _WHOLE)
        elif function in ("round half up", "round half down", "decimal"):
            yield from (target, target - half, target + half)
        elif function == "abs":
            yield from (target, -target)
        elif function == "string length" and small:
            yield "x" * int(target)
        elif function == "count" and small:
            yield [_WHOLE] * int(target)
        elif function in ("sum", "min", "max", "mean"):
            yield [target]
        elif function == "sqrt" and target >= 0:
            yield target * target
    elif function == "date" and type(target) is Date:
        yield from (DateTime(target, Time(0, 0, 0)), DateTime(target, Time(23, 59, 59)))
    elif function in ("upper case", "lower case") and isinstance(target, str):
        yield target
    elif function == "not" and isinstance(target, bool):
        yield not target
