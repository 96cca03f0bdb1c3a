"""Reading evolutions: of one entity, of those that meet a query, and their aggregates (clauses 5.7.3, 5.7.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.broker import aggregates, store
from chengshu.foundation.broker import store_temporal as st
from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.query.matching import compile_query
from chengshu.foundation.broker.query.model import Groups, Query
from chengshu.foundation.broker.store_temporal import EvolutionRow, InstanceRow, SeriesRow
from chengshu.foundation.broker.temporal import (
    SCOPE,
    Aggregate,
    Ask,
    Evolution,
    Evolutions,
    Method,
    SeriesAggregates,
    fixed,
    periods,
    read_period,
)
from chengshu.foundation.broker.temporal_rows import kind_of, to_attribute

_EVERYTHING = 1 << 40
_MOST_PERIODS = 100_000
_PORTION = 200  # evolutions looked at together


class Run(NamedTuple):
    """Some instances of one series, in order of time, each with its time; ``cut`` when there are more."""

    series: SeriesRow
    name: str
    items: list[tuple[int, Attribute]]
    cut: bool


class Reader:
    """Reads evolutions in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
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
            found.append(
                Run(series, name, [(_time(row, ask), to_attribute(row, series)) for row in rows], cut)
            )
        return found

    def evolution(self, row: EvolutionRow, runs: Iterable[Run], ask: Ask, edge: int | None) -> Evolution:
        """Runs as an entity, all cut at the moment at which the first of them had to be."""
        kept = bounded(runs, ask, edge)
        times = [at for run in kept for at, _ in run.items]
        first, last = (min(times), max(times)) if times else (None, None)
        return Evolution(self.entity(row, kept), (), edge is not None, first, last)

    def entity(self, row: EvolutionRow, runs: Iterable[Run]) -> Entity:
        """The entity whose attributes hold these instances; an attribute without any in range is there, empty."""
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
        chosen = [(item, name) for item, name in self.series(row, ask) if name != SCOPE]
        ends = st.bounds(self._connection, [item.id for item, _ in chosen], ask)
        empty = self.entity(row, ())
        if ends is None:
            return Evolution(empty)
        start, end = ask.span()
        origin = ends[0] if start is None else start
        cover = _Cover(ask, origin, ends[1], ends[1] if end is None else end)
        found = []
        for series, name in chosen:
            methods = self._aggregate(series, ask, cover)
            if any(methods.values()):
                found.append(SeriesAggregates(name, series.dataset, kind_of(series.kind), methods))
        return Evolution(empty, tuple(found))

    def _aggregate(self, series: SeriesRow, ask: Ask, cover: _Cover) -> dict[str, tuple[Aggregate, ...]]:
        parts: list[tuple[int, int, dict[Method, object]]] = []
        if st.only_numbers(self._connection, series.id, ask):
            distinct = "distinctCount" in ask.methods
            for part, origin, length, bound in cover.parts():
                for number, *sums in st.aggregate(
                    self._connection, series.id, part, origin, length, distinct
                ):
                    values = aggregates.of_sums((int(sums[0]), int(sums[1]), *sums[2:]), ask.methods)
                    parts.append((*bound(number), values))
        else:
            rows = st.read_instances(self._connection, series.id, replace(ask, last=0), _EVERYTHING)
            grouped: dict[tuple[int, int], list[Attribute]] = defaultdict(list)
            for row in rows:
                if row.deleted_at is None:
                    grouped[cover.period(_time(row, ask))].append(to_attribute(row, series))
            parts = [
                (*bounds, aggregates.of_values(items, ask.methods))
                for bounds, items in sorted(grouped.items())
            ]
        return aggregates.collect(parts, ask.methods)


class _Cover:
    """The periods that cover a span: of a fixed length, of the calendar, or one."""

    def __init__(self, ask: Ask, origin: int, last: int, end: int) -> None:
        self._ask = ask
        self._origin, self._end = origin, end
        period = read_period(ask.period)
        self._length = fixed(period)
        self._calendar = list(periods(period, origin, last + 1)) if period.months else []
        self._check(last)

    def _check(self, last: int) -> None:
        if self._length and (last - self._origin) // self._length > _MOST_PERIODS:
            raise BadRequestData(
                f"there are more than {_MOST_PERIODS} periods of {self._ask.period}",
                where="aggrPeriodDuration",
                remedy="ask for longer periods or a shorter time",
            )

    def parts(self) -> Iterable[tuple[Ask, int, int, Callable[[int], tuple[int, int]]]]:
        """Questions to the store: what to ask, origin and length of its periods, and what period a number is."""
        if not self._calendar:
            yield self._ask, self._origin, self._length, self._numbered
            return
        for start, end in self._calendar:
            low, high = self._ask.span()
            low = start - 1 if low is None else max(low, start - 1)
            high = end if high is None else min(high, end)
            bounds = (start, end)
            yield (
                replace(self._ask, relation="between", at=low, end=high),
                start,
                0,
                lambda _, bounds=bounds: bounds,  # type: ignore[misc]
            )

    def _numbered(self, number: int) -> tuple[int, int]:
        if not self._length:
            return self._origin, self._end
        start = self._origin + number * self._length
        return start, start + self._length

    def period(self, at: int) -> tuple[int, int]:
        """The period a moment lies in."""
        if not self._calendar:
            return self._numbered((at - self._origin) // self._length if self._length else 0)
        return next((start, end) for start, end in self._calendar if start <= at < end)


def _time(row: InstanceRow, ask: Ask) -> int:
    return {
        "observedAt": row.at,
        "createdAt": row.created_at,
        "modifiedAt": row.modified_at,
        "deletedAt": row.deleted_at or row.at,
    }[ask.property]


def _to_a_whole_moment(rows: Sequence[InstanceRow], wanted: int, ask: Ask) -> list[InstanceRow]:
    """The first rows, without a moment of which some would be cut off: the next page begins after a moment."""
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
    """Evolutions that meet a query: their entity by id and type, their instances in range by everything else."""

    def __init__(self, connection: Connection, tenant: str, query: Query, ask: Ask) -> None:
        self._connection = connection
        self._tenant = tenant
        self._query = query
        self._ask = ask
        self._reader = Reader(connection)
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
