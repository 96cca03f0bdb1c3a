"""The tree of areas (city, district, street, community) and where a point lies in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from shapely import STRtree
from shapely.geometry import Point

from chengshu.kernel.errors import Findings
from chengshu.kernel.texts import Text


@dataclass(frozen=True, slots=True)
class Area:
    """A piece of the city. ``shape`` is a shapely geometry in WGS-84 longitude, latitude, or None."""

    id: str
    name: Text
    kind: str
    parent: str | None
    shape: Any = None


class AreaTree:
    """All areas of a city. Raises :class:`Invalid` for unknown parents, doubles and cycles."""

    def __init__(self, areas: Iterable[Area]) -> None:
        self._areas: dict[str, Area] = {}
        findings = Findings()
        for area in areas:
            if area.id in self._areas:
                findings.add("area-double", f"area {area.id!r} is declared twice", where=area.id)
            self._areas[area.id] = area
        for area in self._areas.values():
            if area.parent is not None and area.parent not in self._areas:
                findings.add(
                    "area-parent",
                    f"area {area.id!r} has unknown parent {area.parent!r}",
                    where=area.id,
                    remedy="name an area that is declared, or none",
                )
        findings.raise_any()
        for area in self._areas.values():
            if cycle := self._cycle_from(area.id):
                findings.add(
                    "area-cycle",
                    f"areas form a circle: {' → '.join(cycle)}",
                    where=area.id,
                    remedy="give one of them another parent",
                )
                break
        findings.raise_any()

    def _cycle_from(self, start: str) -> list[str]:
        path, at = [start], self._areas[start].parent
        while at is not None:
            path.append(at)
            if path.count(at) > 1:
                return path
            at = self._areas[at].parent
        return []

    def __getitem__(self, area_id: str) -> Area:
        return self._areas[area_id]

    def __contains__(self, area_id: object) -> bool:
        return area_id in self._areas

    def __iter__(self) -> Iterator[Area]:
        return iter(self._areas.values())

    def __len__(self) -> int:
        return len(self._areas)

    def get(self, area_id: str) -> Area | None:
        """The area, or None."""
        return self._areas.get(area_id)

    def children(self, area_id: str) -> list[Area]:
        """The areas directly below, in declared order."""
        return [area for area in self._areas.values() if area.parent == area_id]

    def roots(self) -> list[Area]:
        """The areas without a parent."""
        return [area for area in self._areas.values() if area.parent is None]

    def ancestors(self, area_id: str) -> list[str]:
        """The area's own id, then its parent's, up to the root."""
        path: list[str] = []
        at: str | None = area_id
        while at is not None:
            path.append(at)
            at = self._areas[at].parent
        return path

    def leaves(self) -> list[Area]:
        """The areas that have no areas below them."""
        parents = {area.parent for area in self._areas.values()}
        return [area for area in self._areas.values() if area.id not in parents]

    @cached_property
    def _index(self) -> tuple[STRtree, list[Area]]:
        shaped = [area for area in self.leaves() if area.shape is not None]
        return STRtree([area.shape for area in shaped]), shaped

    def locate(self, lon: float, lat: float) -> Area | None:
        """The leaf area that covers the point (WGS-84), or None outside the city."""
        tree, shaped = self._index
        hits = tree.query(Point(lon, lat), predicate="intersects")
        return shaped[int(min(hits))] if len(hits) else None
