"""The past that a snapshot holds, asked as the present one is: temporal queries over copies in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec.structs import replace

from chengshu.foundation.broker.errors import ResourceNotFound
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.moments import millis_of
from chengshu.foundation.broker.periods import Cover
from chengshu.foundation.broker.query.matching import compile_query
from chengshu.foundation.broker.query.model import Query
from chengshu.foundation.broker.store_temporal import SeriesRow
from chengshu.foundation.broker.temporal import SCOPE, Ask, Evolution, Evolutions, SeriesAggregates, time_of
from chengshu.foundation.broker.temporal_queries import Run, bounded, edge_of, of_items
from chengshu.foundation.broker.temporal_rows import code_of

_ALL = 1 << 40


class CopiedPast:
    """Answers questions about evolutions from copies; tenants are those of the snapshot."""

    def __init__(self, evolutions: Sequence[Entity]) -> None:
        self._evolutions = {entity.id: entity for entity in evolutions}

    def peek(self, tenant: str, entity: str) -> Entity | None:
        """An evolution, if it is held."""
        return self._evolutions.get(entity)

    def evolution(self, tenant: str, entity: str, ask: Ask) -> Evolution:
        """One evolution. Raises :class:`ResourceNotFound`."""
        found = self._evolutions.get(entity)
        if found is None:
            raise ResourceNotFound(
                f"the snapshot does not hold the past of {entity}", where="entityId", remedy="check both ids"
            )
        if ask.methods:
            return _aggregated(found, ask)
        runs = _runs(found, ask)
        return _evolution(found, runs, ask, edge_of(runs, ask))

    def evolutions(
        self, tenant: str, query: Query, ask: Ask, *, limit: int, offset: int = 0, count: bool = False
    ) -> Evolutions:
        """Those that meet the query (clause 5.7.4), a page of them."""
        fits = [entity for entity in self._evolutions.values() if _meets(entity, query, ask)]
        chosen, total = fits[offset : offset + limit], len(fits) if count else None
        if ask.methods:
            return Evolutions(tuple(_aggregated(entity, ask) for entity in chosen), total)
        found = [(entity, _runs(entity, ask)) for entity in chosen]
        edge = edge_of((run for _, runs in found for run in runs), ask)
        items = tuple(_evolution(entity, runs, ask, edge) for entity, runs in found)
        firsts = [item.first for item in items if item.first is not None]
        lasts = [item.last for item in items if item.last is not None]
        return Evolutions(items, total, edge is not None, min(firsts, default=None), max(lasts, default=None))


def _runs(entity: Entity, ask: Ask) -> list[Run]:
    """The instances that are asked for, by attribute and dataset, in order of time."""
    start, end = ask.span()
    found: list[Run] = []
    for name, instances in entity.attributes.items():
        if ask.attributes and name not in ask.attributes:
            continue
        series: dict[str, list[tuple[int, Attribute]]] = defaultdict(list)
        for item in instances:
            at = time_of(item, ask.property, millis_of(item.observed_at) if item.observed_at else None)
            if at is None or (ask.datasets and item.dataset not in ask.datasets):
                continue
            if (start is None or at > start) and (end is None or at < end):
                series[item.dataset].append((at, item))
        for dataset, items in series.items():
            items.sort(key=lambda one: one[0])
            kept = items[-ask.last :] if ask.last else items
            cut = len(kept) > ask.most
            kept = kept[-ask.most :] if ask.last else kept[: ask.most]
            row = SeriesRow(0, 0, 0, dataset, code_of(kept[0][1].kind), "")
            found.append(Run(row, name, kept, cut))
    return found


def _evolution(entity: Entity, runs: list[Run], ask: Ask, edge: int | None) -> Evolution:
    kept = bounded(runs, ask, edge)
    attributes: dict[str, tuple[Attribute, ...]] = {
        name: ()
        for name in entity.attributes
        if name != SCOPE and (not ask.attributes or name in ask.attributes)
    }
    for run in kept:
        attributes[run.name] = (*attributes.get(run.name, ()), *(item for _, item in run.items))
    times = [at for run in kept for at, _ in run.items]
    first, last = (min(times), max(times)) if times else (None, None)
    return Evolution(replace(entity, attributes=attributes), (), edge is not None, first, last)


def _aggregated(entity: Entity, ask: Ask) -> Evolution:
    runs = [run for run in _runs(entity, replace(ask, last=0, most=_ALL)) if run.name != SCOPE]
    empty = replace(entity, attributes={})
    times = [at for run in runs for at, _ in run.items]
    if not times:
        return Evolution(empty)
    cover = Cover(ask, min(times), max(times))
    found = (
        SeriesAggregates(run.name, run.series.dataset, run.items[0][1].kind, of_items(run.items, cover, ask))
        for run in runs
    )
    return Evolution(empty, tuple(found))


def _meets(entity: Entity, query: Query, ask: Ask) -> bool:
    """As of the present: ids and types, an instance in time, and the conditions on the instances in time."""
    if not compile_query(Query(selectors=query.selectors))(replace(entity, attributes={})):
        return False
    within = replace(ask, last=0, most=_ALL, datasets=(), attributes=())
    runs = _runs(entity, within)
    wanted = query.attrs or ask.attributes
    if not any(run.items for run in runs if not wanted or run.name in wanted):
        return False
    whole = _evolution(entity, runs, within, None).entity
    scopes = whole.attributes.get(SCOPE)
    if scopes:
        whole = replace(whole, scopes=tuple(scopes[-1].value))
    return compile_query(replace(query, selectors=(), attrs=(), csf=None))(whole)
