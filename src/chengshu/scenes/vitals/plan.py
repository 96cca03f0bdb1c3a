"""The compiler of indicators: those that read the same values in the same way become one query.

Stage two merges the panes of a window per series, stage three computes every formula of the group per series
and joins the series of each area. The areas of a series are its own and all above it, so one pass gives the
values of the whole tree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chengshu.scenes.vitals.formula import Formula, compile_formula
from chengshu.scenes.vitals.model import Indicator, Source
from chengshu.scenes.vitals.reader import Catalogue, constants

FINITE = "BETWEEN -1e308 AND 1e308"  # false for null, not-a-number and the infinities, in DuckDB and Spark

_MERGE = """
m AS (
  SELECT p.series, sum(p.n) AS n, sum(p.s) AS s, sum(p.q) AS q, min(p.mn) AS mn, max(p.mx) AS mx,
         arg_min(p.fi, p.fi_at) AS fi, min(p.fi_at) AS fi_at,
         arg_max(p.la, p.la_at) AS la, max(p.la_at) AS la_at
  FROM panes_{width} p JOIN sources_{id} x ON x.series = p.series
  WHERE p.pane >= {lo} AND p.pane < {hi} GROUP BY p.series),
u AS (
  SELECT m.series, m.n, x.f * m.s + x.o * m.n AS s,
         x.f * x.f * m.q + 2e0 * x.f * x.o * m.s + x.o * x.o * m.n AS q,
         x.f * m.mn + x.o AS mn, x.f * m.mx + x.o AS mx, x.f * m.fi + x.o AS fi,
         x.f * m.la + x.o AS la, m.fi_at, m.la_at
  FROM m JOIN sources_{id} x ON x.series = m.series)"""
_VALUES = """,
v AS (SELECT w.series, w.la_at, {columns} FROM u w JOIN sources_{id} x ON x.series = w.series)"""
_AREAS = """
SELECT g.area, {columns} FROM v JOIN members_{id} g ON g.series = v.series GROUP BY g.area ORDER BY g.area"""
_POOL = """,
a AS (
  SELECT g.area, sum(u.n) AS n, sum(u.s) AS s, sum(u.q) AS q, min(u.mn) AS mn, max(u.mx) AS mx,
         arg_min(u.fi, u.fi_at) AS fi, arg_max(u.la, u.la_at) AS la, count(*) AS c,
         arg_max(u.series, {top}) AS t
  FROM u JOIN members_{id} g ON g.series = u.series WHERE u.la_at >= {fresh} GROUP BY g.area)
SELECT w.area, {columns} FROM a w ORDER BY w.area"""
_EACH = """
SELECT v.series, v.v{column} AS value, v.la_at AS last_at FROM v JOIN members_{id} g ON g.series = v.series
WHERE g.area = {area} ORDER BY v.series"""
_OK = " FILTER (WHERE {ok})"
_AGGREGATES = {
    "max": "max(v.{v})" + _OK,
    "min": "min(v.{v})" + _OK,
    "mean": "avg(v.{v})" + _OK,
    "sum": "sum(v.{v})" + _OK,
    "count": "sum(CASE WHEN v.{v} > 0e0 THEN 1e0 ELSE 0e0 END)" + _OK,
    "weighted": f"(sum(v.{{v}} * v.{{w}}){_OK} / nullif(sum(v.{{w}}){_OK}, 0e0))",
}


class Key(NamedTuple):
    """What indicators must share to be computed together."""

    source: Source
    by: str
    pane: int
    window: int
    pooled: bool
    stale: int  # of pooled ones; others have theirs per column


@dataclass(frozen=True, slots=True)
class Plan:
    """One fused query: ``indicators[i]`` has its value in columns r<i>, c<i> (sources), t<i> (top series)."""

    id: int
    key: Key
    indicators: tuple[Indicator, ...]
    formulas: tuple[Formula, ...]
    weights: tuple[Formula | None, ...]

    @property
    def attributes(self) -> tuple[str, ...]:
        """Entity attributes the formulas read."""
        names: dict[str, None] = {}
        for formula in (*self.formulas, *(item for item in self.weights if item)):
            names.update(dict.fromkeys(formula.attributes))
        return tuple(names)

    def query(self, at: int) -> str:
        """The SQL for the window that ends at ``at`` (ms)."""
        if self.key.pooled:
            return self._with(at) + self._pooled(at)
        columns = []
        for index, (item, weight) in enumerate(zip(self.indicators, self.weights, strict=True)):
            ok = f"v.v{index} {FINITE} AND v.la_at >= {at - stale_ms(item)}"
            if weight is not None:
                ok += f" AND v.w{index} {FINITE}"
            value = _AGGREGATES[item.rollup].format(v=f"v{index}", w=f"w{index}", ok=ok)
            columns += [
                f"{value} AS r{index}",
                f"count(*) FILTER (WHERE {ok}) AS c{index}",
                f"{_extreme(item)}(v.series, v.v{index}) FILTER (WHERE {ok}) AS t{index}",
            ]
        return self._with(at) + self._series() + _AREAS.format(id=self.id, columns=", ".join(columns))

    def each(self, column: int, area: int, at: int) -> str:
        """The SQL for what every series of one area gives to one indicator."""
        return self._with(at) + self._series() + _EACH.format(id=self.id, column=column, area=area)

    def _with(self, at: int) -> str:
        return "WITH" + _MERGE.format(id=self.id, width=self.key.pane, lo=at - self.key.window, hi=at)

    def _series(self) -> str:
        columns = [f"{formula.sql} AS v{index}" for index, formula in enumerate(self.formulas)]
        columns += [f"{item.sql} AS w{index}" for index, item in enumerate(self.weights) if item]
        return _VALUES.format(id=self.id, columns=", ".join(columns))

    def _pooled(self, at: int) -> str:
        columns = ", ".join(
            f"{formula.sql} AS r{index}, w.c AS c{index}, w.t AS t{index}"
            for index, formula in enumerate(self.formulas)
        )
        return _POOL.format(id=self.id, top="u.la", fresh=at - self.key.stale, columns=columns)


def stale_ms(item: Indicator) -> int:
    """How old the newest value of a source may be; for those that may be quiet, as long as the window."""
    limit = item.stale_after if item.stale_after is not None else item.window
    return int(limit.total_seconds() * 1000)


def _extreme(item: Indicator) -> str:
    return "arg_max" if item.levels is None or item.levels.above else "arg_min"


def compile_plans(catalogue: Catalogue) -> tuple[Plan, ...]:
    """The fused queries of all measured indicators."""
    groups: dict[Key, list[Indicator]] = {}
    for item in catalogue:
        if item.source is not None:
            groups.setdefault(_key(item), []).append(item)
    return tuple(_plan(number, key, items, catalogue) for number, (key, items) in enumerate(groups.items()))


def _key(item: Indicator) -> Key:
    assert item.source is not None  # noqa: S101  derived ones have no plan
    pooled = item.rollup == "pooled"
    pane, window = (int(value.total_seconds() * 1000) for value in (item.pane, item.window))
    return Key(item.source, item.by, pane, window, pooled, stale_ms(item) if pooled else 0)


def _plan(number: int, key: Key, items: Sequence[Indicator], catalogue: Catalogue) -> Plan:
    formulas, weights = [], []
    for item in items:
        known = catalogue.settings.get(item.scenario, {})
        formulas.append(
            compile_formula(item.value, where=item.where, settings=known, constants=constants(item))
        )
        weights.append(
            None
            if item.weight is None
            else compile_formula(item.weight, where=item.where, settings=known, partials=())
        )
    return Plan(number, key, tuple(items), tuple(formulas), tuple(weights))
