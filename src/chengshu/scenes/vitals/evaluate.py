"""The values of all indicators at a moment: fused queries for the measured, FEEL for the derived."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from chengshu.foundation.city import City
from chengshu.foundation.city.model import nested
from chengshu.foundation.context import Series
from chengshu.kernel.clock import from_millis
from chengshu.ports.history import History
from chengshu.rules.feel import compile_expression
from chengshu.scenes.vitals.arrays import ArrayPlan
from chengshu.scenes.vitals.judge import Measure, Standing, judge, judge_derived, tidy
from chengshu.scenes.vitals.members import Roster, place_of
from chengshu.scenes.vitals.model import Contribution, Indicator, Vital
from chengshu.scenes.vitals.panes import PaneBook, from_history
from chengshu.scenes.vitals.plan import Plan, compile_plans, stale_ms
from chengshu.scenes.vitals.reader import Catalogue

Pair = tuple[str, str]  # indicator, area
_MOST_ANSWERS = 10_000  # remembered results of formulas: most inputs are the same minute after minute


class Evaluator:
    """Computes; keeps nothing but compiled plans."""

    def __init__(self, catalogue: Catalogue, city: City, history: History) -> None:
        self.catalogue = catalogue
        self.plans = compile_plans(catalogue)
        self._city = city
        self._history = history
        self._column = {
            item.id: (plan, index) for plan in self.plans for index, item in enumerate(plan.indicators)
        }
        self._settings = {name: nested(values) for name, values in catalogue.settings.items()}
        self._answers: dict[tuple[str, tuple[float | None, ...]], float | None] = {}
        self._derived_areas = {item.id: _areas(city, item.by) for item in catalogue if item.formula}
        self.enrol(())

    def enrol(self, series: Iterable[Series]) -> None:
        """Take these series as all there are."""
        self.roster = Roster(self._city, self.plans, series)
        self._arrays = {
            plan.id: ArrayPlan(plan, self.catalogue, self.roster.plans[plan.id])
            for plan in self.plans
            if not plan.key.pooled
        }

    def horizons(self, slack: int) -> dict[int, int]:
        """For each pane width how long panes are kept (ms): the longest window plus ``slack``."""
        result: dict[int, int] = {}
        for plan in self.plans:
            needed = plan.key.window + slack + plan.key.pane
            result[plan.key.pane] = max(needed, result.get(plan.key.pane, 0))
        return result

    def due(self, at: int) -> set[str]:
        """The indicators whose pane ends at ``at`` (ms), and those derived from them."""
        result = {item.id for item in self.catalogue if item.source and at % _ms(item) == 0}
        for item in self.catalogue:  # in order: every formula after what it needs
            if item.formula and result.intersection(item.needs):
                result.add(item.id)
        return result

    def affected(self, series: Collection[int]) -> set[str]:
        """The indicators that read any of the series, directly or through others."""
        plans = [plan for plan in self.plans if not self.roster.plans[plan.id].series.isdisjoint(series)]
        result = {item.id for plan in plans for item in plan.indicators}
        for item in self.catalogue:
            if item.formula and result.intersection(item.needs):
                result.add(item.id)
        return result

    def standings(
        self, at: int, due: Collection[str], before: Mapping[Pair, Standing], book: PaneBook
    ) -> dict[Pair, Standing]:
        """The standings at ``at`` (ms) of the indicators in ``due``, following those of ``before``."""
        moment, result = from_millis(at), {}
        measures = self.measures(at, due, book)
        for (name, area), measure in measures.items():

            def alive(entity: str, name: str = name, area: str = area) -> bool:
                return any(item.entity == entity and item.fresh for item in self.each(name, area, at, book))

            result[name, area] = judge(
                self.catalogue[name], area, moment, measure, before.get((name, area)), alive
            )
        for item in self.catalogue:
            if item.formula is not None and item.id in due:
                for area in self._derived_areas[item.id]:
                    inputs = self._inputs(item, area, result, before)
                    if inputs:
                        value = self._formula(item, inputs)
                        earlier = before.get((item.id, area))
                        result[item.id, area] = judge_derived(
                            item, area, moment, value, list(inputs.values()), earlier
                        )
        return result

    def measures(self, at: int, due: Collection[str], book: PaneBook) -> dict[Pair, Measure]:
        """The computed values of measured indicators, for every area that has sources."""
        result: dict[Pair, Measure] = {}
        for plan in self.plans:
            wanted = [(index, item) for index, item in enumerate(plan.indicators) if item.id in due]
            if not wanted:
                continue
            codes, columns = self._columns(plan, at, book)
            place = {self.roster.areas[code]: index for index, code in enumerate(codes)}
            for area, expected in self.roster.plans[plan.id].expected.items():
                row = place.get(area)
                for index, item in wanted:
                    result[item.id, area] = (
                        Measure(None, 0, expected)
                        if row is None
                        else Measure(
                            columns[index][0][row],
                            columns[index][1][row],
                            expected,
                            self.roster.entity_of.get(columns[index][2][row]),
                        )
                    )
        return result

    def _columns(self, plan: Plan, at: int, book: PaneBook) -> tuple[list[int], list[Sequence[list[Any]]]]:
        """The codes of the areas, and per indicator (values, fresh sources, top series) over them."""
        if not plan.key.pooled:
            fast = self._arrays[plan.id]
            found = fast.compute(book.of(plan.key.pane), at)
            return fast.areas.tolist(), [[part.tolist() for part in column] for column in found]
        return self.columns_by_sql(plan, at, book)

    def columns_by_sql(
        self,
        plan: Plan,
        at: int,
        book: PaneBook | None,
    ) -> tuple[list[int], list[Sequence[list[Any]]]]:
        """As the fast path, by the plan's query; without ``book`` from history alone."""
        rows = self._run(plan, plan.query(at), at, book)
        return rows["area"].to_pylist(), [
            [rows[f"{letter}{index}"].to_pylist() for letter in "rct"]
            for index in range(len(plan.indicators))
        ]

    def each(self, name: str, area: str, at: int, book: PaneBook | None = None) -> list[Contribution]:
        """What every series of the area gives to a measured indicator; without ``book`` from history."""
        plan, column = self._column[name]
        item = plan.indicators[column]
        if area not in self.roster.plans[plan.id].expected:
            return []
        code, oldest = self.roster.code(area), at - stale_ms(item)
        if book is not None and not plan.key.pooled:
            rows = self._arrays[plan.id].each(book.of(plan.key.pane), column, code, at)
        else:
            table = self._run(plan, plan.each(column, code, at), at, book)
            rows = [(row["series"], row["value"], row["last_at"]) for row in table.to_pylist()]
        found = [
            Contribution(
                self.roster.entity_of[series], series, tidy(value), from_millis(last_at), last_at >= oldest
            )
            for series, value, last_at in rows
        ]
        worst_first = -1.0 if item.levels is None or item.levels.above else 1.0
        return sorted(found, key=lambda c: (c.value is None, worst_first * (c.value or 0.0), c.entity))

    def _run(self, plan: Plan, query: str, at: int, book: PaneBook | None) -> pa.Table:
        width, start = plan.key.pane, at - plan.key.window
        panes = book.table(width, start, at) if book else from_history(self._history, width, start, at)
        return self._history.sql(query, {f"panes_{width}": panes} | self.roster.tables(plan))

    def _inputs(
        self, item: Indicator, area: str, now: Mapping[Pair, Standing], before: Mapping[Pair, Standing]
    ) -> dict[str, Vital]:
        """By indicator the vital of the area (or of the one around it that has such), where there is one."""
        found: dict[str, Vital] = {}
        for name in item.needs:
            pair = name, place_of(self._city.areas, area, self.catalogue[name].by)
            standing = now.get(pair) or before.get(pair)
            if standing is not None:
                found[name] = standing.vital
        return found

    def _formula(self, item: Indicator, inputs: Mapping[str, Vital]) -> float | None:
        given = tuple(inputs[name].value if name in inputs else None for name in item.needs)
        key = item.id, given
        if key not in self._answers:  # a formula sees its inputs and fixed settings, nothing else
            if len(self._answers) >= _MOST_ANSWERS:
                self._answers.clear()
            self._answers[key] = self._computed(item, given)
        return self._answers[key]

    def _computed(self, item: Indicator, given: Sequence[float | None]) -> float | None:
        context: dict[str, Any] = dict(zip(item.needs, given, strict=True))
        context["settings"] = self._settings.get(item.scenario, {})
        result = compile_expression(item.formula or "")(context)
        if isinstance(result, bool):
            return float(result)
        return float(result) if isinstance(result, int | float | Decimal) else None


def _ms(item: Indicator) -> int:
    return int(item.pane.total_seconds() * 1000)


def _areas(city: City, kind: str) -> list[str]:
    """The areas of a kind and all above them, in declared order."""
    wanted: set[str] = set()
    for area in city.areas:
        if area.kind == kind:
            wanted.update(city.areas.ancestors(area.id))
    return [area.id for area in city.areas if area.id in wanted]


def pairs_of(standings: Iterable[Standing]) -> dict[Pair, Standing]:
    """Standings by indicator and area."""
    return {(item.vital.indicator, item.vital.area): item for item in standings}
