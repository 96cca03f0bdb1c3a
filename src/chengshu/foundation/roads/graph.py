"""The road graph: nearest node, travel times and routes, with or without the edges that water has closed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import cos, radians

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree
from shapely import STRtree
from shapely.geometry import LineString
from shapely.geometry import Point as ShapelyPoint

from chengshu.foundation.roads.model import Edge, Path, PathPoint, Point, Snap
from chengshu.kernel.errors import Invalid
from chengshu.kernel.geometry import distance_m
from chengshu.ports.routing import UNREACHABLE

_SHORTEST_S = 0.1  # an edge of no length would be no edge for the sparse matrix
_METRES_PER_DEGREE = 111_195.0  # of latitude, on the mean sphere
_KEPT = 8  # matrices of closure sets kept at hand
OPEN: frozenset[int] = frozenset()


class RoadGraph:
    """A directed graph of roads. Immutable: closures are handed to each question, they change nothing here.

    Raises :class:`Invalid` when there are no edges at all.
    """

    def __init__(self, nodes: Sequence[Point], edges: Sequence[Edge]) -> None:
        if not edges:
            raise Invalid("roads-empty", "there are no roads", where="roads", remedy="declare roads.geojson")
        self.nodes = tuple(nodes)
        self.edges = tuple(edges)
        self._start = np.array([edge.start for edge in edges])
        self._end = np.array([edge.end for edge in edges])
        self._seconds = np.maximum([edge.seconds for edge in edges], _SHORTEST_S)
        self._shrink = cos(radians(float(np.mean([lat for _, lat in nodes]))))
        self._matrices: dict[frozenset[int], tuple[csr_matrix, dict[tuple[int, int], int]]] = {}
        self._main = self._largest_component()
        self._tree = cKDTree([self._flat(nodes[node]) for node in self._main])
        self._lines = STRtree([LineString([self._flat(p) for p in edge.points]) for edge in edges])

    def _flat(self, point: Point) -> tuple[float, float]:
        """Metres on a plane touching the city: good to 0.1 % over tens of kilometres."""
        return point[0] * self._shrink * _METRES_PER_DEGREE, point[1] * _METRES_PER_DEGREE

    def _largest_component(self) -> npt.NDArray[np.int64]:
        matrix, _ = self._matrix(OPEN)
        _, label = connected_components(matrix, directed=True, connection="strong")
        return np.flatnonzero(label == np.bincount(label).argmax())

    def _matrix(self, closed: frozenset[int]) -> tuple[csr_matrix, dict[tuple[int, int], int]]:
        """The sparse matrix without the closed edges, and the fastest open edge between two nodes."""
        if closed not in self._matrices:
            keep = np.ones(len(self.edges), dtype=bool)
            keep[list(closed)] = False
            index = np.flatnonzero(keep)
            order = index[np.lexsort((self._seconds[index], self._end[index], self._start[index]))]
            first = np.ones(len(order), dtype=bool)  # of parallel edges the fastest counts
            first[1:] = (np.diff(self._start[order]) != 0) | (np.diff(self._end[order]) != 0)
            order = order[first]
            size = len(self.nodes)
            matrix = csr_matrix((self._seconds[order], (self._start[order], self._end[order])), (size, size))
            pairs = zip(self._start[order].tolist(), self._end[order].tolist(), strict=True)
            if len(self._matrices) >= _KEPT:
                self._matrices.pop(next(iter(self._matrices)))
            self._matrices[closed] = (matrix, dict(zip(pairs, order.tolist(), strict=True)))
        return self._matrices[closed]

    def snap(self, lon: float, lat: float) -> Snap:
        """The nearest node from which the whole city can be reached (on dry roads)."""
        _, position = self._tree.query(self._flat((lon, lat)))
        node = int(self._main[int(position)])
        return Snap(node, distance_m(lon, lat, *self.nodes[node]))

    def travel(
        self,
        sources: Sequence[int],
        targets: Sequence[int],
        closed: frozenset[int] = OPEN,
    ) -> npt.NDArray[np.int64]:
        """Travel times in whole seconds, rounded up; UNREACHABLE where no open road leads."""
        if not len(sources) or not len(targets):
            return np.zeros((len(sources), len(targets)), dtype=np.int64)
        unique, inverse = np.unique(np.asarray(sources), return_inverse=True)
        matrix, _ = self._matrix(closed)
        seconds = dijkstra(matrix, directed=True, indices=unique)[inverse][:, list(targets)]
        whole = np.ceil(np.where(np.isfinite(seconds), seconds, 0)).astype(np.int64)
        whole[~np.isfinite(seconds)] = UNREACHABLE
        return whole

    def path(self, source: int, target: int, closed: frozenset[int] = OPEN) -> Path | None:
        """The fastest open way, or None when there is none."""
        matrix, fastest = self._matrix(closed)
        seconds, before = dijkstra(matrix, directed=True, indices=[source], return_predecessors=True)
        if not np.isfinite(seconds[0, target]):
            return None
        nodes = [target]
        while nodes[-1] != source:
            nodes.append(int(before[0, nodes[-1]]))
        edges = [fastest[step] for step in pairwise(reversed(nodes))]
        return self._walked(source, edges)

    def _walked(self, source: int, edges: list[int]) -> Path:
        points = [PathPoint(*self.nodes[source], 0.0)]
        clock = length = 0.0
        for index in edges:
            edge, seconds = self.edges[index], float(self._seconds[index])
            steps = [distance_m(*a, *b) for a, b in pairwise(edge.points)]
            whole = sum(steps) or 1.0
            gone = 0.0
            for step, point in zip(steps, edge.points[1:], strict=True):
                gone += step
                points.append(PathPoint(*point, round(clock + seconds * gone / whole, 1)))
            clock += seconds
            length += edge.length_m
        return Path(tuple(edges), tuple(points), round(length, 1), round(clock, 1))

    def through(self, underpass: str) -> tuple[int, ...]:
        """The edges that go through this underpass, both directions."""
        return tuple(edge.index for edge in self.edges if edge.underpass == underpass)

    def within(self, lon: float, lat: float, metres: float) -> tuple[int, ...]:
        """The edges that come nearer than ``metres`` to the place."""
        hits = self._lines.query(ShapelyPoint(self._flat((lon, lat))), predicate="dwithin", distance=metres)
        return tuple(sorted(int(hit) for hit in hits))

    def still_inside(self, closed: Iterable[int]) -> bool:
        """Whether all these are edges of this graph (closures outlive a change of the road file)."""
        return all(0 <= index < len(self.edges) for index in closed)


def position_at(points: Sequence[PathPoint], seconds: float) -> Point:
    """Where somebody on this way is, ``seconds`` after departure: between its vertices, or at an end."""
    if seconds <= points[0].after_s:
        return points[0].lon, points[0].lat
    for a, b in pairwise(points):
        if seconds < b.after_s:
            part = (seconds - a.after_s) / (b.after_s - a.after_s)
            return a.lon + (b.lon - a.lon) * part, a.lat + (b.lat - a.lat) * part
    return points[-1].lon, points[-1].lat
