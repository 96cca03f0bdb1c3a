"""The arithmetic of a measured indicator: FEEL in, white-listed SQL over pane partials out.

Nobody writes SQL: only the nodes, names and functions listed here come through, each as a text made here.
As in FEEL, what cannot be computed (division by zero, a root of a negative number) is null.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NamedTuple

from chengshu.kernel.errors import Invalid
from chengshu.rules.feel import ast
from chengshu.rules.feel.parser import parse_expression

_ROOT = "sqrt(greatest(w.q / w.n - (w.s / w.n) * (w.s / w.n), 0e0))"
PARTIALS = {
    "count": "CAST(w.n AS DOUBLE)",
    "sum": "w.s",
    "sumsq": "w.q",
    "mean": "(w.s / w.n)",
    "stddev": _ROOT,
    "min": "w.mn",
    "max": "w.mx",
    "first": "w.fi",
    "last": "w.la",
}
_COMPARE = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_ARITHMETIC = {
    "+": "({a} + {b})",
    "-": "({a} - {b})",
    "*": "({a} * {b})",
    "/": "({a} / nullif({b}, 0e0))",
    "**": "power({a}, {b})",
}
_NULLS = "CASE WHEN {tests} THEN NULL ELSE {call} END"


def _least(name: str) -> Callable[[Sequence[str]], str]:
    def build(parts: Sequence[str]) -> str:
        call = f"{name}({', '.join(parts)})"
        return _NULLS.format(tests=" OR ".join(f"{part} IS NULL" for part in parts), call=call)

    return build


class Function(NamedTuple):
    """A function that may be used: how many arguments (None: one or more), and its SQL."""

    arity: int | None
    build: Callable[[Sequence[str]], str]


FUNCTIONS = {
    "abs": Function(1, lambda p: f"abs({p[0]})"),
    "floor": Function(1, lambda p: f"floor({p[0]})"),
    "ceiling": Function(1, lambda p: f"ceil({p[0]})"),
    "exp": Function(1, lambda p: f"exp({p[0]})"),
    "sqrt": Function(1, lambda p: f"CASE WHEN {p[0]} >= 0e0 THEN sqrt({p[0]}) END"),
    "log": Function(1, lambda p: f"CASE WHEN {p[0]} > 0e0 THEN ln({p[0]}) END"),
    "min": Function(None, _least("least")),
    "max": Function(None, _least("greatest")),
}


@dataclass(frozen=True, slots=True)
class Formula:
    """A compiled formula: ``sql`` over the columns of ``w`` (partials) and ``x`` (entity attributes)."""

    text: str
    sql: str
    attributes: tuple[str, ...]  # of the entity, as columns x.a_<attribute>


class _Part(NamedTuple):
    sql: str
    kind: str  # number or truth


class _Compiler:
    def __init__(self, text: str, where: str, names: Mapping[str, str], settings: Mapping[str, Any]) -> None:
        self.text, self.where = text, where
        self.names, self.settings = names, settings
        self.attributes: dict[str, None] = {}

    def fail(self, detail: str, remedy: str) -> Invalid:
        return Invalid("formula-wrong", f"«{self.text}»: {detail}", where=self.where, remedy=remedy)

    def number(self, node: ast.Node) -> str:
        part = self.part(node)
        if part.kind != "number":
            raise self.fail("a number is needed where a comparison stands", "use if … then … else …")
        return part.sql

    def truth(self, node: ast.Node) -> str:
        part = self.part(node)
        if part.kind != "truth":
            raise self.fail("a comparison is needed where a number stands", "compare it, e.g. count > 0")
        return part.sql

    def part(self, node: ast.Node) -> _Part:  # one case per kind of node
        match node:
            case ast.Number():
                return _Part(_literal(float(node.value)), "number")
            case ast.Boolean():
                return _Part("TRUE" if node.value else "FALSE", "truth")
            case ast.Name():
                return _Part(self.name(node.name), "number")
            case ast.Path():
                return _Part(self.path(node), "number")
            case ast.Negation():
                return _Part(f"(- {self.number(node.operand)})", "number")
            case ast.Arithmetic():
                sql = _ARITHMETIC[node.op].format(a=self.number(node.left), b=self.number(node.right))
                return _Part(sql, "number")
            case ast.Comparison():
                return _Part(
                    f"({self.number(node.left)} {_COMPARE[node.op]} {self.number(node.right)})", "truth"
                )
            case ast.Between():
                low, high = self.number(node.low), self.number(node.high)
                return _Part(f"({self.number(node.operand)} BETWEEN {low} AND {high})", "truth")
            case ast.Junction():
                glue = f" {node.op.upper()} "
                return _Part(f"({glue.join(self.truth(item) for item in node.operands)})", "truth")
            case ast.If():
                return self.choice(node)
            case ast.Call():
                return _Part(self.call(node), "number")
        raise self.fail(
            f"{type(node).__name__} cannot be used here",
            "use numbers, + - * / **, comparisons, and, or, if, and the listed functions",
        )

    def choice(self, node: ast.If) -> _Part:
        then, otherwise = self.part(node.then), self.part(node.otherwise)
        if then.kind != otherwise.kind:
            raise self.fail("then and else give different kinds of value", "give numbers in both")
        condition = self.truth(node.condition)
        return _Part(f"CASE WHEN {condition} THEN {then.sql} ELSE {otherwise.sql} END", then.kind)

    def name(self, name: str) -> str:
        if name not in self.names:
            near = get_close_matches(name, self.names, n=1)
            known = ", ".join([*self.names, "entity.…", "settings.…"])
            raise self.fail(
                f"{name!r} is not known", f"did you mean {near[0]!r}?" if near else f"use {known}"
            )
        return self.names[name]

    def path(self, node: ast.Path) -> str:
        steps = path_steps(node)
        if steps[0] == "entity" and len(steps) == 2 and steps[1].isidentifier():
            self.attributes[steps[1]] = None
            return f"x.a_{steps[1]}"
        if steps[0] == "settings":
            return _literal(self.setting(steps[1:]))
        raise self.fail(f"{'.'.join(steps)!r} is not known", "use entity.<attribute> or settings.<key>")

    def setting(self, steps: Sequence[str]) -> float:
        key, value = ".".join(steps), self.settings.get(".".join(steps))
        if isinstance(value, bool) or not isinstance(value, int | float):
            near = get_close_matches(key, self.settings, n=1)
            raise self.fail(
                f"setting {key!r} is no number" if value is not None else f"setting {key!r} does not exist",
                f"did you mean {near[0]!r}?" if near else "declare it under settings in scenario.yaml",
            )
        return float(value)

    def call(self, node: ast.Call) -> str:
        name = node.function.name if isinstance(node.function, ast.Name) else ""
        function = FUNCTIONS.get(name)
        if function is None or node.names:
            raise self.fail(f"function {name or '?'!r} cannot be used here", f"use {', '.join(FUNCTIONS)}")
        if function.arity not in (None, len(node.arguments)) or not node.arguments:
            raise self.fail(f"{name} takes {function.arity or 'one or more'} arguments", "correct the call")
        return function.build([self.number(item) for item in node.arguments])


def _literal(value: float) -> str:
    return f"CAST({value!r} AS DOUBLE)"


def path_steps(node: ast.Node) -> tuple[str, ...]:
    """``settings.level.rain.blue`` as its steps; empty for anything that is no plain path."""
    if isinstance(node, ast.Name):
        return (node.name,)
    if isinstance(node, ast.Path) and (base := path_steps(node.source)):
        return (*base, node.name)
    return ("",)


def compile_formula(
    text: str,
    *,
    where: str = "",
    settings: Mapping[str, Any] | None = None,
    constants: Mapping[str, float] | None = None,
    partials: Collection[str] = tuple(PARTIALS),
) -> Formula:
    """``text`` (FEEL) as SQL giving a DOUBLE (a comparison gives 1 or 0).

    ``constants`` are further names with their numbers. Raises :class:`Invalid` naming what is not allowed.
    """
    names = {name: PARTIALS[name] for name in partials}
    names |= {name: _literal(value) for name, value in (constants or {}).items()}
    try:
        tree = parse_expression(text)
    except Invalid as error:
        raise Invalid(
            "formula-wrong",
            f"«{text}»: {error.fault.detail}",
            where=where,
            remedy=error.fault.remedy or f"look at {error.fault.where}",
        ) from None
    compiler = _Compiler(text, where, names, settings or {})
    part = compiler.part(tree)
    sql = (
        part.sql
        if part.kind == "number"
        else f"CASE WHEN {part.sql} THEN 1e0 WHEN NOT {part.sql} THEN 0e0 END"
    )
    return Formula(text, f"CAST({sql} AS DOUBLE)", tuple(compiler.attributes))
