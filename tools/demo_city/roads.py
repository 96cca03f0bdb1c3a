"""A street grid, bent, cut by water and railway, bridged and passed under where the avenues need it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry import LineString, Point

from tools.demo_city import words
from tools.demo_city.ground import Ground

COLUMNS, ROWS, STEP = 27, 19, 282.0
SPEED = {"arterial": 50, "collector": 40, "local": 28}  # km/h with junction delays: assumed, not measured
_RANK = {"local": 0, "collector": 1, "arterial": 2}
UNDERPASSES = 12


@dataclass
class Road:
    """One stretch between two junctions; ``line`` in metres runs from ``source`` to ``target``."""

    source: str
    target: str
    line: LineString
    kind: str
    name: words.Name
    oneway: bool = False
    underpass: int | None = None
    bridge: bool = False


@dataclass
class Roads:
    """Junction points (metres) by id and the stretches between them."""

    nodes: dict[str, tuple[float, float]]
    edges: list[Road] = field(default_factory=list)

    def underpasses(self) -> list[Road]:
        """The stretches that pass under the railway, by number."""
        return sorted((e for e in self.edges if e.underpass is not None), key=lambda e: e.underpass or 0)


def _kind(index: int) -> str:
    return "arterial" if index % 4 == 1 else "collector" if index % 2 == 1 else "local"


def make_roads(ground: Ground, rng: np.random.Generator) -> Roads:
    """The strongly connected street network, with twelve underpasses under the railway."""
    places = _junctions(ground, rng)
    roads = Roads({_id(key): point for key, point in places.items()})
    for column in range(COLUMNS):
        _along(roads, places, [(column, row) for row in range(ROWS)], column, ground, rng)
    for row in range(ROWS):
        _along(roads, places, [(column, row) for column in range(COLUMNS)], COLUMNS + row, ground, rng)
    _pass_under(roads, ground)
    _thin(roads, rng)
    _keep_connected(roads)
    _make_oneways(roads, rng)
    return roads


def _id(key: tuple[int, int]) -> str:
    return f"r{key[0]:02d}{key[1]:02d}"


def _junctions(ground: Ground, rng: np.random.Generator) -> dict[tuple[int, int], tuple[float, float]]:
    inside, wet = ground.outline.buffer(-45), ground.water.buffer(35)
    places = {}
    for column in range(COLUMNS):
        for row in range(ROWS):
            x = (column - (COLUMNS - 1) / 2) * STEP + float(rng.uniform(-50, 50))
            y = (row - (ROWS - 1) / 2) * STEP + float(rng.uniform(-50, 50))
            if inside.contains(Point(x, y)) and not wet.contains(Point(x, y)):
                places[column, row] = (round(x, 1), round(y, 1))
    return places


def _along(
    roads: Roads,
    places: dict[tuple[int, int], tuple[float, float]],
    line: list[tuple[int, int]],
    name_index: int,
    ground: Ground,
    rng: np.random.Generator,
) -> None:
    """Join the junctions of one grid line; over water only where it is an avenue or every other road."""
    grid_index = name_index if name_index < COLUMNS else name_index - COLUMNS
    kind = _kind(grid_index)
    present = [key for key in line if key in places]
    for a, b in pairwise(present):
        straight = LineString([places[a], places[b]])
        wet = straight.intersects(ground.water)
        if (wet and (kind == "local" or straight.length > 900)) or (not wet and straight.length > 450):
            continue
        middle = straight.interpolate(0.5, normalized=True)
        bend = 0.0 if wet else float(rng.uniform(-14, 14))
        dx, dy = (
            (places[b][0] - places[a][0]) / straight.length,
            (places[b][1] - places[a][1]) / straight.length,
        )
        curve = LineString([places[a], (middle.x - dy * bend, middle.y + dx * bend), places[b]])
        roads.edges.append(Road(_id(a), _id(b), curve, kind, words.road_name(name_index, kind), bridge=wet))


def _pass_under(roads: Roads, ground: Ground) -> None:
    """At the railway: twelve roads of rank pass under it, other avenues over it, small streets end."""
    crossing = [e for e in roads.edges if e.line.intersects(ground.railway) and not e.bridge]
    crossing.sort(key=lambda e: (-_RANK[e.kind], e.source, e.target))
    chosen: list[Road] = []
    for railway in ground.railway.geoms:
        chosen += _spread(crossing, railway, UNDERPASSES // 2)
    for number, edge in enumerate(sorted(chosen, key=lambda e: e.line.centroid.x)):
        edge.underpass = number
    ends = {id(e) for e in crossing if e.kind == "local"}
    roads.edges = [e for e in roads.edges if id(e) not in ends]


def _spread(crossing: list[Road], railway: LineString, count: int) -> list[Road]:
    """Up to ``count`` roads of rank that cross this railway, not near each other, the highest rank first."""
    chosen: list[Road] = []
    for edge in crossing:
        if edge.kind == "local" or not edge.line.intersects(railway) or len(chosen) == count:
            continue
        here = edge.line.centroid
        if all(here.distance(other.line.centroid) > 420 for other in chosen):
            chosen.append(edge)
    return chosen


def _thin(roads: Roads, rng: np.random.Generator) -> None:
    """Leave out some small streets, so that blocks differ."""
    roads.edges = [e for e in roads.edges if e.kind != "local" or rng.random() > 0.09]


def _graph(roads: Roads) -> tuple[csr_matrix, dict[str, int]]:
    index = {key: i for i, key in enumerate(roads.nodes)}
    pairs = [(index[e.source], index[e.target]) for e in roads.edges]
    pairs += [(index[e.target], index[e.source]) for e in roads.edges if not e.oneway]
    rows, columns = zip(*pairs, strict=True)
    return csr_matrix((np.ones(len(pairs)), (rows, columns)), shape=(len(index), len(index))), index


def _keep_connected(roads: Roads) -> None:
    """Only the largest connected part remains."""
    graph, index = _graph(roads)
    _, labels = connected_components(graph, directed=False)
    largest = int(np.bincount(labels).argmax())
    roads.nodes = {key: point for key, point in roads.nodes.items() if labels[index[key]] == largest}
    roads.edges = [e for e in roads.edges if e.source in roads.nodes and e.target in roads.nodes]


def _make_oneways(roads: Roads, rng: np.random.Generator) -> None:
    """Some small streets become one-way, as long as every junction can still be reached from every other."""
    for edge in [e for e in roads.edges if e.kind == "local"]:
        if rng.random() < 0.12:
            edge.oneway = True
            if connected_components(_graph(roads)[0], directed=True, connection="strong")[0] > 1:
                edge.oneway = False
