"""Which of many thousand queries a write can concern: a superset, found without looking at the others.

A query lies under each id it names, or else under the first type of each group of its types and there under
the narrowest facts it needs (:mod:`probes`). Sorted bounds answer "above 5"; grids of several sizes, places.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Hashable, Iterator, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from chengshu.foundation.broker.indexing import as_double, box_of
from chengshu.foundation.broker.model import Attribute, EntityChange
from chengshu.foundation.broker.query.geo import Box
from chengshu.foundation.broker.query.model import Query, Selector
from chengshu.foundation.broker.query.planning import plan_query
from chengshu.foundation.broker.query.probes import (
    Between,
    Equal,
    Inside,
    Probe,
    Scope,
    There,
    Touches,
    probes_of,
)
from chengshu.foundation.broker.query.targets import scalars

D = TypeVar("D", bound=Hashable)
_SIZES = (0.01, 0.1, 1.0, 10.0, 360.0)  # degrees: the sides of the grids' cells
_CELLS = 16  # of one box in its grid
_MOST_CELLS = 256  # that a large geometry is looked up by; beyond, all of the grid
_Serials = dict[int, None]


class _Place(NamedTuple):
    """Where one item lies in the index."""

    ids: tuple[tuple[str, str], ...]
    shelves: tuple[tuple[str, str], ...]
    probes: tuple[Probe, ...] | None


class WatchIndex(Generic[D]):
    """``D`` stands for whoever asks the query; equal to nobody else. One thread at a time."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, str], _Serials] = {}
        self._shelves: dict[tuple[str, str], _Shelf] = {}
        self._items: dict[int, D] = {}
        self._serials: dict[D, int] = {}
        self._places: dict[int, _Place] = {}
        self._next = 0

    def __len__(self) -> int:
        return len(self._items)

    def add(self, tenant: str, query: Query, item: D, watched: Collection[str] = ()) -> None:
        """Put ``item`` in, or in anew. ``watched``: only writes that touch one of these concern it."""
        self.remove(item)
        self._next += 1
        place = _place(tenant, query, frozenset(watched))
        self._items[self._next], self._serials[item], self._places[self._next] = item, self._next, place
        for key in place.ids:
            self._ids.setdefault(key, {})[self._next] = None
        for key in place.shelves:
            self._shelves.setdefault(key, _Shelf()).add(self._next, place.probes)

    def remove(self, item: D) -> None:
        """Take ``item`` out; nothing happens when it is not in."""
        serial = self._serials.pop(item, None)
        if serial is None:
            return
        place = self._places.pop(serial)
        del self._items[serial]
        for key in place.ids:
            del self._ids[key][serial]
            if not self._ids[key]:
                del self._ids[key]
        for key in place.shelves:
            self._shelves[key].remove(serial, place.probes)
            if not self._shelves[key].count:
                del self._shelves[key]

    def candidates(self, change: EntityChange) -> list[D]:
        """Those that ``change`` may concern, each once, in the order in which they were put in."""
        found: set[int] = set()
        tenant, entity = change.tenant, change.entity
        found.update(self._ids.get((tenant, entity.id), ()))
        for name in ("", *entity.types):
            if shelf := self._shelves.get((tenant, name)):
                shelf.look(change, found)
        return [self._items[serial] for serial in sorted(found)]


def _place(tenant: str, query: Query, watched: frozenset[str]) -> _Place:
    ids: dict[tuple[str, str], None] = {}
    shelves: dict[tuple[str, str], None] = {}
    for selector in query.selectors or (Selector(),):
        if selector.ids:
            ids.update(dict.fromkeys((tenant, one) for one in selector.ids))
        else:
            groups = selector.types or (("",),)
            shelves.update(dict.fromkeys((tenant, group[0]) for group in groups))
    probes = probes_of(plan_query(query).plan, watched) if shelves else None
    return _Place(tuple(ids), tuple(shelves), probes)


class _Shelf:
    """The queries of one type."""

    def __init__(self) -> None:
        self.count = 0
        self._always: _Serials = {}
        self._exact: dict[Probe, _Serials] = {}
        self._names: dict[str, int] = {}  # attributes that any probe looks at
        self._bounds: dict[str, _Bounds] = {}
        self._grids: dict[str, _Grid] = {}

    def add(self, serial: int, probes: tuple[Probe, ...] | None) -> None:
        self.count += 1
        if probes is None:
            self._always[serial] = None
            return
        for probe in probes:
            if not isinstance(probe, Scope):
                self._names[probe.name] = self._names.get(probe.name, 0) + 1
            match probe:
                case Between(name, low, high):
                    self._bounds.setdefault(name, _Bounds()).add(low, high, serial)
                case Inside(name, box):
                    self._grids.setdefault(name, _Grid()).add(box, serial)
                case _:
                    self._exact.setdefault(probe, {})[serial] = None

    def remove(self, serial: int, probes: tuple[Probe, ...] | None) -> None:
        self.count -= 1
        if probes is None:
            del self._always[serial]
            return
        for probe in probes:
            if not isinstance(probe, Scope):
                self._names[probe.name] -= 1
                if not self._names[probe.name]:
                    del self._names[probe.name]
            match probe:
                case Between(name, low, high):
                    self._bounds[name].remove(low, high, serial)
                case Inside(name, box):
                    self._grids[name].remove(box, serial)
                case _:
                    self._exact[probe].pop(serial, None)
                    if not self._exact[probe]:
                        del self._exact[probe]

    def look(self, change: EntityChange, found: set[int]) -> None:
        """Add the queries that the write may concern."""
        found.update(self._always)
        exact, names = self._exact, self._names
        for touched in change.touched:
            if touched.name in names:
                found.update(exact.get(Touches(touched.name), ()))
        for scope in change.entity.scopes:
            found.update(exact.get(Scope(scope), ()))
        for name, instances in change.entity.attributes.items():
            if name in names:
                found.update(exact.get(There(name), ()))
                self._look_at(name, instances, found)

    def _look_at(self, name: str, instances: tuple[Attribute, ...], found: set[int]) -> None:
        bounds, grid = self._bounds.get(name), self._grids.get(name)
        for instance in instances:
            if instance.kind == "GeoProperty":
                if grid is not None and (box := box_of(instance.value)) is not None:
                    found.update(grid.meeting(box))
                continue
            for value in scalars(instance.kind, instance.value):
                if isinstance(value, bool):
                    found.update(self._exact.get(Equal(name, "truth", value), ()))
                elif isinstance(value, str):
                    found.update(self._exact.get(Equal(name, "text", value), ()))
                elif isinstance(value, int | float):
                    number = as_double(value)
                    found.update(self._exact.get(Equal(name, "number", number), ()))
                    if bounds is not None:
                        found.update(bounds.around(number))


class _Bounds:
    """Intervals in two sorted lists: those without a lower end by the upper, the others by the lower one."""

    def __init__(self) -> None:
        self._from: list[tuple[float, int, float]] = []
        self._upto: list[tuple[float, int]] = []

    def add(self, low: float, high: float, serial: int) -> None:
        if low == -math.inf:
            insort(self._upto, (high, serial))
        else:
            insort(self._from, (low, serial, high))

    def remove(self, low: float, high: float, serial: int) -> None:
        if low == -math.inf:
            del self._upto[bisect_left(self._upto, (high, serial))]
        else:
            del self._from[bisect_left(self._from, (low, serial, high))]

    def around(self, number: float) -> Iterator[int]:
        for _, serial, high in self._from[: bisect_right(self._from, (number, math.inf, math.inf))]:
            if number <= high:
                yield serial
        for _, serial in self._upto[bisect_left(self._upto, (number, 0)) :]:
            yield serial


class _Grid:
    """Boxes by the cells they touch, in the finest of several grids in which these are few."""

    def __init__(self) -> None:
        self._cells: dict[float, dict[tuple[int, int], list[tuple[int, Box]]]] = {}

    def add(self, box: Box, serial: int) -> None:
        size = _size(box)
        cells = self._cells.setdefault(size, {})
        for cell in _cells(box, size):
            cells.setdefault(cell, []).append((serial, box))

    def remove(self, box: Box, serial: int) -> None:
        size = _size(box)
        cells = self._cells[size]
        for cell in _cells(box, size):
            cells[cell].remove((serial, box))
            if not cells[cell]:
                del cells[cell]
        if not cells:
            del self._cells[size]

    def meeting(self, box: Box) -> Iterator[int]:
        west, south, east, north = box
        for size, cells in self._cells.items():
            for entry in _entries(cells, box, size):
                serial, (w, s, e, n) = entry
                if w <= east and e >= west and s <= north and n >= south:
                    yield serial


def _entries(cells: Mapping[tuple[int, int], list[Any]], box: Box, size: float) -> Iterator[tuple[int, Box]]:
    if _number(box, size) > _MOST_CELLS:
        keys: Iterator[tuple[int, int]] = iter(cells)
    else:
        keys = (cell for cell in _cells(box, size) if cell in cells)
    for key in keys:
        yield from cells[key]


def _size(box: Box) -> float:
    return next((size for size in _SIZES if _number(box, size) <= _CELLS), _SIZES[-1])


def _number(box: Box, size: float) -> int:
    west, south, east, north = (math.floor(degrees / size) for degrees in box)
    return (east - west + 1) * (north - south + 1)


def _cells(box: Box, size: float) -> Iterator[tuple[int, int]]:
    west, south, east, north = (math.floor(degrees / size) for degrees in box)
    return ((x, y) for x in range(west, east + 1) for y in range(south, north + 1))
