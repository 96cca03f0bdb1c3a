"""Reading evolutions: of one entity, of those that meet a query, and their aggregates (clauses 5.7.3,
5.7.4).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.broker import aggregates, store
from chengshu.foundation.broker import store_temporal as st
from chengshu.foundation.broker.columns import Columns, read_columns
from chengshu.foundation.broker.hub_past import Past
from chengshu.foundation.broker.mirror import shortened
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.periods import Cover
from chengshu.foundation.broker.query.matching import compile_query
from chengshu.foundation.broker.query.model import Groups, Query
from chengshu.foundation.broker.store_temporal import EvolutionRow, InstanceRow, SeriesRow
from chengshu.foundation.broker.temporal import (
    SCOPE,
    Aggregate,
    Ask,
    Evolution,
    Evolutions,
    SeriesAggregates,
)
from chengshu.foundation.broker.temporal_rows import code_of, kind_of, to_attribute

_EVERYTHING = 1 << 40
_PORTION = 200  # evolutions looked at together


class Run(NamedTuple):
    """Some instances of one series, in order of time, each with its time; ``cut`` when there are more."""

    series: SeriesRow
    name: str
    items: list[tuple[int, Attribute]]
    cut: bool


class Reader:
    """Reads evolutions in one transaction."""

    def __init__(self, connection: Connection, past: Past | None = None) -> None:
        self._connection = connection
        self._past = past
        self._names: dict[int, str] = {}
        self._types: dict[int, tuple[str, ...]] = {}

    def types(self, typeset: int) -> tuple[str, ...]:
        """The types of a type set."""
        if typeset not in self._types:
            self._types[typeset] = store.types_of(self._connection, typeset)
        return self._types[typeset]

    def series(self, evolution: EvolutionRow, ask: Ask) -> list[tuple[SeriesRow, str]]:
        """The series that ``ask`` means, with the names of their attributes."""
        found = st.series_of(self._connection, [evolution.key])
        unknown = {item.name for item in found} - self._names.keys()
        self._names |= store.names_of(self._connection, sorted(unknown))
        named = [(item, self._names[item.name]) for item in found]
        return [
            (item, name)
            for item, name in named
            if (not ask.attributes or name in ask.attributes)
            and (not ask.datasets or item.dataset in ask.datasets)
        ]

    def runs(self, evolution: EvolutionRow, ask: Ask, most: int) -> list[Run]:
        """The instances of an evolution, at most ``most`` of each series (of the newest ``ask.last``)."""
        wanted = min(most, ask.last) if ask.last else most
        found = []
        for series, name in self.series(evolution, ask):
            rows = st.read_instances(self._connection, series.id, ask, wanted + 1)
            cut = len(rows) > wanted and not (ask.last and ask.last <= most)
            if len(rows) > wanted:
                rows = _to_a_whole_moment(rows, wanted, ask) if cut else rows[:wanted]
            if ask.last:
                rows.reverse()
            items = [(_time(row, ask), to_attribute(row, series)) for row in rows]
            found.append(Run(series, name, items, cut))
        for name, number in self._elsewhere(evolution, ask).items():
            self._add_past(evolution, found, name, number, ask, wanted)
        return found

    def _add_past(
        self, evolution: EvolutionRow, runs: list[Run], name: str, number: int, ask: Ask, wanted: int
    ) -> None:
        """Also what is kept elsewhere, but for moments that are there already."""
        if self._past is None:
            return
        whole = bool(ask.last) and ask.last <= wanted
        items = self._past.instances(number, ask, wanted + 1)
        cut, items = len(items) > wanted and not whole, items[:wanted]
        if ask.last:
            items.reverse()
        own = next((run for run in runs if run.name == name and not run.series.dataset), None)
        if own is None:
            series = SeriesRow(-number, evolution.key, 0, "", code_of("Property"), "")
            runs.append(Run(series, name, items, cut))
            return
        known = {at for at, _ in own.items}
        both = sorted([*own.items, *(one for one in items if one[0] not in known)], key=itemgetter(0))
        kept = both[-wanted:] if ask.last else both[:wanted]
        runs[runs.index(own)] = own._replace(
            items=kept, cut=own.cut or cut or (len(both) > wanted and not whole)
        )

    def _elsewhere(self, evolution: EvolutionRow, ask: Ask) -> dict[str, int]:
        """Attributes kept elsewhere that ``ask`` means. One that clients write under a name of their own
        is an echo of theirs and not told twice."""
        if self._past is None or evolution.tenant or (ask.datasets and "" not in ask.datasets):
            return {}
        own = {name for _, name in self.series(evolution, replace(ask, attributes=(), datasets=()))}
        taken = {shortened(name) for name in own}
        return {
            name: number
            for name, number in self._past.attributes(evolution.id).items()
            if (not ask.attributes or name in ask.attributes)
            and (name in own or shortened(name) not in taken)
        }

    def evolution(self, row: EvolutionRow, runs: Iterable[Run], ask: Ask, edge: int | None) -> Evolution:
        """Runs as an entity, all cut at the moment at which the first of them had to be."""
        kept = bounded(runs, ask, edge)
        times = [at for run in kept for at, _ in run.items]
        first, last = (min(times), max(times)) if times else (None, None)
        return Evolution(self.entity(row, kept), (), edge is not None, first, last)

    def entity(self, row: EvolutionRow, runs: Iterable[Run]) -> Entity:
        """The entity whose attributes hold these instances; an attribute without any in range is there,
        empty.
        """
        attributes: dict[str, tuple[Attribute, ...]] = {}
        for run in runs:
            if run.items or run.name != SCOPE:
                attributes[run.name] = (*attributes.get(run.name, ()), *(item for _, item in run.items))
        return Entity(
            row.id,
            self.types(row.typeset),
            created_at=row.created_at,
            modified_at=row.modified_at,
            deleted_at=row.deleted_at or 0,
            attributes=attributes,
        )

    def aggregated(self, row: EvolutionRow, ask: Ask) -> Evolution:
        """The aggregates of an evolution's series over the periods of ``ask``."""
        elsewhere, texts = self._of_past(row, ask)
        chosen = [
            (item, name)
            for item, name in self.series(row, ask)
            if name != SCOPE and (item.dataset or name not in elsewhere)
        ]
        own = st.bounds(self._connection, [item.id for item, _ in chosen], ask)
        ends = [*(own or ()), *(int(c.times[i]) for c in elsewhere.values() if len(c.times) for i in (0, -1))]
        ends += [items[i][0] for items in texts.values() if items for i in (0, -1)]
        empty = self.entity(row, ())
        if not ends:
            return Evolution(empty)
        cover = Cover(ask, min(ends), max(ends))
        found = [
            SeriesAggregates(name, "", "Property", aggregates.of_columns(columns, cover, ask.methods))
            for name, columns in elsewhere.items()
            if len(columns.times)
        ]
        for series, name in chosen:
            more = [] if series.dataset else texts.pop(name, [])
            methods = self._aggregate(series, ask, cover, more)
            if any(methods.values()):
                found.append(SeriesAggregates(name, series.dataset, kind_of(series.kind), methods))
        found += [
            SeriesAggregates(name, "", "Property", of_items(items, cover, ask))
            for name, items in texts.items()
            if items
        ]
        return Evolution(empty, tuple(found))

    def _aggregate(
        self, series: SeriesRow, ask: Ask, cover: Cover, more: Sequence[tuple[int, Attribute]]
    ) -> dict[str, tuple[Aggregate, ...]]:
        """The aggregates of a series, with ``more`` of it at other moments."""
        columns = None if more else read_columns(self._connection, series.id, ask)
        if columns is not None:
            return aggregates.of_columns(columns, cover, ask.methods)
        rows = st.read_instances(self._connection, series.id, replace(ask, last=0), _EVERYTHING)
        items = [(_time(row, ask), to_attribute(row, series)) for row in rows if row.deleted_at is None]
        known = {at for at, _ in items}
        return of_items([*items, *(one for one in more if one[0] not in known)], cover, ask)

    def _of_past(
        self, row: EvolutionRow, ask: Ask
    ) -> tuple[dict[str, Columns], dict[str, list[tuple[int, Attribute]]]]:
        """What is kept elsewhere: numbers as columns, all else as instances with their times."""
        numbers: dict[str, Columns] = {}
        others: dict[str, list[tuple[int, Attribute]]] = {}
        for name, number in self._elsewhere(row, ask).items():
            if self._past is None:
                continue
            columns = self._past.columns(number, ask)
            if columns is not None:
                numbers[name] = columns
            else:
                others[name] = self._past.instances(number, replace(ask, last=0), _EVERYTHING)
        return numbers, others


def of_items(
    items: Iterable[tuple[int, Attribute]], cover: Cover, ask: Ask
) -> dict[str, tuple[Aggregate, ...]]:
    """The aggregates of instances, each with its time."""
    grouped: dict[int, list[Attribute]] = defaultdict(list)
    for at, item in items:
        grouped[cover.number(at)].append(item)
    parts = [
        (*cover.bounds(number), aggregates.of_values(found, ask.methods))
        for number, found in sorted(grouped.items())
    ]
    return aggregates.collect(parts, ask.methods)


def _time(row: InstanceRow, ask: Ask) -> int:
    return {
        "observedAt": row.at,
        "createdAt": row.created_at,
        "modifiedAt": row.modified_at,
        "deletedAt": row.deleted_at or row.at,
    }[ask.property]


def _to_a_whole_moment(rows: Sequence[InstanceRow], wanted: int, ask: Ask) -> list[InstanceRow]:
    """The first rows, without a moment of which some would be cut off: a page begins after a moment."""
    beyond = _time(rows[wanted], ask)
    whole = [row for row in rows[:wanted] if _time(row, ask) != beyond]
    return whole or list(rows[:wanted])


def edge_of(runs: Iterable[Run], ask: Ask) -> int | None:
    """The moment up to which (with ``last``: back to which) every run is whole; None when none is cut."""
    ends = [run.items[0][0] if ask.last else run.items[-1][0] for run in runs if run.cut]
    if not ends:
        return None
    return max(ends) if ask.last else min(ends)


def bounded(runs: Iterable[Run], ask: Ask, edge: int | None) -> list[Run]:
    """Runs without what lies beyond the edge."""
    if edge is None:
        return list(runs)
    return [
        run._replace(items=[(at, item) for at, item in run.items if (at >= edge if ask.last else at <= edge)])
        for run in runs
    ]


# ---- of many entities ------------------------------------------------------------------------------------


class Search:
    """Evolutions that meet a query: their entity by id and type, their instances in range by everything
    else.
    """

    def __init__(
        self, connection: Connection, tenant: str, query: Query, ask: Ask, past: Past | None = None
    ) -> None:
        self._connection = connection
        self._tenant = tenant
        self._query = query
        self._ask = ask
        self._reader = Reader(connection, past)
        self._selected = compile_query(Query(selectors=query.selectors))
        asks_more = query.q is not None or query.geo is not None or bool(query.scopes)
        self._fits = compile_query(replace(query, selectors=(), attrs=(), csf=None)) if asks_more else None

    def page(self, limit: int, offset: int, count: bool) -> Evolutions:
        """The page, and how many there are in all when ``count``."""
        chosen: list[EvolutionRow] = []
        matched = 0
        for row in self._candidates():
            if not self._matches(row):
                continue
            matched += 1
            if offset < matched <= offset + limit:
                chosen.append(row)
            if matched >= offset + limit and not count:
                break
        return self._together(chosen, matched if count else None)

    def _together(self, chosen: Sequence[EvolutionRow], total: int | None) -> Evolutions:
        if self._ask.methods:
            return Evolutions(tuple(self._reader.aggregated(row, self._ask) for row in chosen), total)
        found = [(row, self._reader.runs(row, self._ask, self._ask.most)) for row in chosen]
        edge = edge_of((run for _, runs in found for run in runs), self._ask)
        items = tuple(self._reader.evolution(row, runs, self._ask, edge) for row, runs in found)
        firsts = [item.first for item in items if item.first is not None]
        lasts = [item.last for item in items if item.last is not None]
        return Evolutions(items, total, edge is not None, min(firsts, default=None), max(lasts, default=None))

    def _candidates(self) -> Iterator[EvolutionRow]:
        """Evolutions by id where ids are asked for, else all of the types, in order of their making."""
        selectors = self._query.selectors
        if selectors and all(selector.ids for selector in selectors):
            ids = dict.fromkeys(entity for selector in selectors for entity in selector.ids)
            yield from sorted(st.find_evolutions(self._connection, self._tenant, list(ids)))
            return
        wanted = [
            number
            for number, types in store.typesets_of(self._connection, self._tenant)
            if not selectors or any(_has_types(selector.types, types) for selector in selectors)
        ]
        after = 0
        while wanted and (found := st.evolutions_of(self._connection, wanted, after, _PORTION)):
            yield from found
            after = found[-1].key

    def _matches(self, row: EvolutionRow) -> bool:
        if not self._selected(Entity(row.id, self._reader.types(row.typeset))):
            return False
        needed = replace(self._ask, attributes=self._query.attrs or self._ask.attributes, last=0)
        if not any(run.items for run in self._reader.runs(row, needed, 1)):
            return False
        if self._fits is None:
            return True
        runs = self._reader.runs(row, replace(self._ask, attributes=(), datasets=(), last=0), _EVERYTHING)
        entity = self._reader.entity(row, runs)
        scopes = entity.attributes.get(SCOPE)
        return self._fits(replace(entity, scopes=tuple(scopes[-1].value)) if scopes else entity)


def _has_types(groups: Groups, types: Sequence[str]) -> bool:
    return not groups or any(set(group) <= set(types) for group in groups)
