"""Who belongs to what: the series behind every plan, the areas they count for, and who should report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from chengshu.foundation.city import City
from chengshu.foundation.context import Series
from chengshu.kernel.areas import AreaTree
from chengshu.kernel.errors import Invalid
from chengshu.kernel.units import unit
from chengshu.rules.feel import compile_expression
from chengshu.scenes.vitals.model import Source
from chengshu.scenes.vitals.plan import Plan


@dataclass(slots=True)
class Membership:
    """The members of one plan: Arrow tables for its query, and the entities expected per area."""

    sources: pa.Table
    members: pa.Table
    series: frozenset[int]
    expected: Mapping[str, int]
    entities: frozenset[str]
    faults: list[str] = field(default_factory=list)  # series that cannot be used, and why


class Roster:
    """Membership of all plans, for one state of the series registry."""

    def __init__(self, city: City, plans: Sequence[Plan], series: Iterable[Series]) -> None:
        self.areas = [area.id for area in city.areas]
        self._codes = {area: code for code, area in enumerate(self.areas)}
        self._city = city
        self._declared: dict[str, Mapping[str, Any]] = {item["id"]: item for item in city.entities}
        self._series = [item for item in series if item.kind != "text"]
        self.entity_of = {item.id: item.entity for item in self._series}
        self._sources = {plan.id: plan.key.source for plan in plans}
        self.plans = {plan.id: self._membership(plan) for plan in plans}
        self.wanted = frozenset().union(*(item.series for item in self.plans.values()))

    def tables(self, plan: Plan) -> dict[str, pa.Table]:
        """The tables a plan's query reads beside the panes."""
        membership = self.plans[plan.id]
        return {f"sources_{plan.id}": membership.sources, f"members_{plan.id}": membership.members}

    def code(self, area: str) -> int:
        """The integer of an area in the members' tables."""
        return self._codes[area]

    def entities_of(self, kind: str, attribute: str) -> list[str]:
        """All entities expected to give this attribute, in order."""
        found: set[str] = set()
        for plan_id, source in self._sources.items():
            if (source.type, source.attribute) == (kind, attribute):
                found.update(self.plans[plan_id].entities)
        return sorted(found)

    def _membership(self, plan: Plan) -> Membership:
        source, names = plan.key.source, plan.attributes
        expected: dict[str, set[str]] = {}
        for item in self._city.entities:
            if item["type"] == source.type and _accepts(source, item):
                for area in areas_of(self._city.areas, item.get("area") or "", plan.key.by):
                    expected.setdefault(area, set()).add(item["id"])
        rows: list[tuple[Any, ...]] = []
        pairs: list[tuple[int, int]] = []
        faults: list[str] = []
        for series in self._series:
            if (series.type, series.attribute) != (source.type, source.attribute):
                continue
            entity = self._declared.get(series.entity, {"id": series.entity, "type": series.type})
            areas = areas_of(self._city.areas, series.area or str(entity.get("area") or ""), plan.key.by)
            if not areas or not _accepts(source, entity):
                continue
            try:
                factor, offset = conversion(series.unit, source.unit)
            except Invalid as error:
                faults.append(f"{series.entity} {series.attribute}: {error.fault.detail}")
                continue
            rows.append((series.id, factor, offset, *(_number(entity.get(name)) for name in names)))
            pairs += [(series.id, self._codes[area]) for area in areas]
            for area in areas:
                expected.setdefault(area, set()).add(series.entity)
        return Membership(
            _sources(rows, names),
            _members(pairs),
            frozenset(row[0] for row in rows),
            {area: len(entities) for area, entities in expected.items()},
            frozenset().union(*expected.values()),
            faults,
        )


def areas_of(tree: AreaTree, area: str, by: str) -> list[str]:
    """The areas something in ``area`` counts for: from the area of kind ``by`` around it up to the root.

    Something that lies only in a coarser area counts for that one and those above it.
    """
    if area not in tree:
        return []
    chain = tree.ancestors(area)
    start = next((index for index, item in enumerate(chain) if tree[item].kind == by), 0)
    return chain[start:]


def place_of(tree: AreaTree, area: str, by: str) -> str:
    """Where an indicator computed ``by`` a kind of area is looked up for ``area``: there, or around it.

    A community reads the rain of its district, but never the water level of a neighbour through their street.
    """
    return areas_of(tree, area, by)[0]


def conversion(source: str, target: str) -> tuple[float, float]:
    """(factor, offset) such that ``target = source * factor + offset``. Raises :class:`Invalid`."""
    if source == target or not source:
        return 1.0, 0.0
    a, b = unit(source), unit(target)
    if a.dimension != b.dimension:
        raise Invalid(
            "unit-dimension",
            f"{source} is a {a.dimension}, {target} is a {b.dimension}",
            remedy="declare the unit the source really sends",
        )
    return a.factor / b.factor, (a.offset - b.offset) / b.factor


def _accepts(source: Source, entity: Mapping[str, Any]) -> bool:
    if source.where is None:
        return True
    return compile_expression(source.where)(entity) is True


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _sources(rows: Sequence[tuple[Any, ...]], names: Sequence[str]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * (3 + len(names))
    table = {
        "series": pa.array(columns[0], pa.int64()),
        "f": pa.array(columns[1], pa.float64()),
        "o": pa.array(columns[2], pa.float64()),
    }
    table |= {f"a_{name}": pa.array(columns[3 + i], pa.float64()) for i, name in enumerate(names)}
    return pa.table(table)


def _members(pairs: Sequence[tuple[int, int]]) -> pa.Table:
    return pa.table(
        {
            "series": pa.array([pair[0] for pair in pairs], pa.int64()),
            "area": pa.array([pair[1] for pair in pairs], pa.int64()),
        }
    )
