"""The fast path of stages two and three: the same plans over numpy columns instead of SQL.

A tick of a small city is dominated by the planning of queries; here a plan is compiled once to closures. SQL
stays the definition (history, pooled values, other engines); a property test keeps the two equal.
Null is NaN; truth is 1, 0 or NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from chengshu.rules.feel import ast
from chengshu.rules.feel.parser import parse_expression
from chengshu.scenes.vitals.formula import path_steps
from chengshu.scenes.vitals.members import Membership
from chengshu.scenes.vitals.model import Indicator
from chengshu.scenes.vitals.panes import Panes
from chengshu.scenes.vitals.plan import Plan, stale_ms
from chengshu.scenes.vitals.reader import Catalogue, constants

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Columns = Mapping[str, Any]
Compute = Callable[[Columns], Any]

_PARTIALS: dict[str, Compute] = {
    "count": lambda c: c["n"],
    "sum": lambda c: c["s"],
    "sumsq": lambda c: c["q"],
    "min": lambda c: c["mn"],
    "max": lambda c: c["mx"],
    "first": lambda c: c["fi"],
    "last": lambda c: c["la"],
    "mean": lambda c: c["s"] / c["n"],
    "stddev": lambda c: np.sqrt(np.maximum(c["q"] / c["n"] - (c["s"] / c["n"]) ** 2, 0.0)),
}
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: np.where(b == 0.0, np.nan, a / np.where(b == 0.0, 1.0, b)),
    "**": lambda a, b: np.where(np.isnan(a) | np.isnan(b), np.nan, np.power(a, b)),
}
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": np.abs,
    "floor": np.floor,
    "ceiling": np.ceil,
    "exp": np.exp,
    "sqrt": lambda a: np.where(a >= 0.0, np.sqrt(np.where(a >= 0.0, a, 0.0)), np.nan),
    "log": lambda a: np.where(a > 0.0, np.log(np.where(a > 0.0, a, 1.0)), np.nan),
    "min": lambda *parts: reduce(np.minimum, parts),
    "max": lambda *parts: reduce(np.maximum, parts),
}


def compile_arrays(text: str, settings: Mapping[str, Any], numbers: Mapping[str, float]) -> Compute:
    """The function of a formula that ``compile_formula`` has already accepted."""

    def made(node: ast.Node) -> Compute:
        match node:
            case ast.Number():
                return _constant(float(node.value))
            case ast.Boolean():
                return _constant(float(node.value))
            case ast.Name():
                return _constant(numbers[node.name]) if node.name in numbers else _PARTIALS[node.name]
            case ast.Path():
                return path(path_steps(node))
            case ast.Negation():
                operand = made(node.operand)
                return lambda c: -operand(c)
            case ast.Arithmetic():
                return _two(_OPERATORS[node.op], made(node.left), made(node.right))
            case ast.Comparison():
                return _two(_compared(_COMPARISONS[node.op]), made(node.left), made(node.right))
            case ast.Between():
                operand = made(node.operand)
                low = _two(_compared(np.greater_equal), operand, made(node.low))
                return _joined("and", [low, _two(_compared(np.less_equal), operand, made(node.high))])
            case ast.Junction():
                return _joined(node.op, [made(item) for item in node.operands])
            case ast.If():
                condition, then, otherwise = made(node.condition), made(node.then), made(node.otherwise)
                return lambda c: np.where(condition(c) == 1.0, then(c), otherwise(c))
            case ast.Call(function=ast.Name(name=name)):
                function, parts = _FUNCTIONS[name], [made(item) for item in node.arguments]
                return lambda c: function(*(part(c) for part in parts))
        raise TypeError(f"{type(node).__name__} was accepted but cannot be computed")

    def path(steps: Sequence[str]) -> Compute:
        if steps[0] == "entity":
            return lambda c: c[f"a_{steps[1]}"]
        return _constant(float(settings[".".join(steps[1:])]))

    return made(parse_expression(text))


def _constant(value: float) -> Compute:
    number = np.float64(value)
    return lambda c: number


def _two(operator: Callable[[Any, Any], Any], left: Compute, right: Compute) -> Compute:
    return lambda c: operator(left(c), right(c))


def _compared(comparison: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda a, b: np.where(np.isnan(a) | np.isnan(b), np.nan, comparison(a, b))


def _joined(op: str, parts: Sequence[Compute]) -> Compute:
    """Three-valued: ``and`` is the minimum and ``or`` the maximum with unknown between false and true."""
    pick = np.minimum if op == "and" else np.maximum

    def join(c: Columns) -> Any:
        known = reduce(pick, (np.where(np.isnan(value), 0.5, value) for value in (part(c) for part in parts)))
        return np.where(known == 0.5, np.nan, known)

    return join


class Column(NamedTuple):
    """One indicator over a plan's areas: value (NaN for none), fresh sources, top series (-1 for none)."""

    value: Floats
    fresh: Ints
    top: Ints


class ArrayPlan:
    """A plan over arrays, for one membership. Not for pooled values."""

    def __init__(self, plan: Plan, catalogue: Catalogue, membership: Membership) -> None:
        self.plan = plan
        self._formulas = []
        self._weights: list[Compute | None] = []
        for item in plan.indicators:
            settings = catalogue.settings.get(item.scenario, {})
            self._formulas.append(compile_arrays(item.value, settings, constants(item)))
            self._weights.append(compile_arrays(item.weight, settings, {}) if item.weight else None)
        sources = membership.sources.sort_by("series")
        self._series: Ints = sources["series"].to_numpy()
        self._given = {name: sources[name].to_numpy() for name in sources.column_names[1:]}
        members = membership.members.sort_by([("area", "ascending"), ("series", "ascending")])
        areas: Ints = members["area"].to_numpy()
        self._owners = areas
        self._place: Ints = np.searchsorted(self._series, members["series"].to_numpy())
        self.areas, self._starts, self._sizes = np.unique(areas, return_index=True, return_counts=True)

    def compute(self, panes: Panes, at: int) -> list[Column]:
        """For every indicator its column over :attr:`areas`, for the window that ends at ``at`` (ms)."""
        if not len(self._series):
            return [Column(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))] * len(self._formulas)
        with np.errstate(all="ignore"):
            columns = self._window(panes, at)
            return [
                self._column(item, formula, weight, columns, at)
                for item, formula, weight in zip(
                    self.plan.indicators, self._formulas, self._weights, strict=True
                )
            ]

    def each(self, panes: Panes, column: int, area: int, at: int) -> list[tuple[int, float, int]]:
        """(series, value, time of its newest value) of the series that have values in the window."""
        low, high = np.searchsorted(self._owners, [area, area + 1])
        place = self._place[low:high]
        if not len(place):
            return []
        with np.errstate(all="ignore"):
            columns = self._window(panes, at)
            values = np.broadcast_to(self._formulas[column](columns), self._series.shape)
        heard = place[columns["n"][place] > 0]
        return list(
            zip(
                self._series[heard].tolist(),
                values[heard].tolist(),
                columns["la_at"][heard].tolist(),
                strict=True,
            )
        )

    def _window(self, panes: Panes, at: int) -> dict[str, Any]:
        merged = panes.window(at - self.plan.key.window, at, int(self._series[-1]))
        return self._converted({name: column[self._series] for name, column in merged.items()})

    def _converted(self, raw: dict[str, Any]) -> dict[str, Any]:
        factor, offset, n = self._given["f"], self._given["o"], raw["n"].astype(np.float64)
        result = self._given | {"n": n, "la_at": raw["la_at"], "s": factor * raw["s"] + offset * n}
        result["q"] = factor * factor * raw["q"] + 2.0 * factor * offset * raw["s"] + offset * offset * n
        for name in ("mn", "mx", "fi", "la"):
            result[name] = factor * raw[name] + offset
        return result

    def _column(
        self, item: Indicator, formula: Compute, weight: Compute | None, columns: dict[str, Any], at: int
    ) -> Column:
        value = np.broadcast_to(formula(columns), self._series.shape)
        fresh = (columns["n"] > 0) & (columns["la_at"] >= at - stale_ms(item)) & (np.abs(value) <= 1e308)
        heavy = np.ones(len(value))
        if weight is not None:
            heavy = np.broadcast_to(weight(columns), self._series.shape)
            fresh &= np.abs(heavy) <= 1e308
        ok, v, w = fresh[self._place], value[self._place], heavy[self._place]
        count = np.add.reduceat(ok.astype(np.int64), self._starts)
        sign = 1.0 if item.levels is None or item.levels.above else -1.0
        rank = np.where(ok, sign * v, -np.inf)
        best = np.repeat(np.maximum.reduceat(rank, self._starts), self._sizes)
        hits = np.flatnonzero(ok & (rank == best))
        owners, first = np.unique(np.repeat(np.arange(len(self.areas)), self._sizes)[hits], return_index=True)
        top = np.full(len(self.areas), -1, np.int64)
        top[owners] = self._series[self._place[hits[first]]]
        joined = np.where(count > 0, self._rolled(item.rollup, ok, v, w, count), np.nan)
        return Column(joined, count, top)

    def _rolled(self, rollup: str, ok: npt.NDArray[np.bool_], v: Floats, w: Floats, count: Ints) -> Any:
        def total(values: Any) -> Any:
            return np.add.reduceat(np.where(ok, values, 0.0), self._starts)

        match rollup:
            case "max":
                return np.maximum.reduceat(np.where(ok, v, -np.inf), self._starts)
            case "min":
                return np.minimum.reduceat(np.where(ok, v, np.inf), self._starts)
            case "sum":
                return total(v)
            case "mean":
                return total(v) / np.maximum(count, 1)
            case "count":
                return total((v > 0).astype(np.float64))
        weight = total(w)
        return np.where(weight == 0.0, np.nan, total(v * w) / np.where(weight == 0.0, 1.0, weight))
