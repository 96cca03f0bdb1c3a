"""What a test city needs of a real drainage network: its places, its sub-areas, its depths to the surface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.cluster.vq import kmeans2
from shapely.geometry import LineString, MultiPoint, Point, Polygon, box
from shapely.ops import split, unary_union, voronoi_diagram

from chengshu.engines.swmm.inp import Inp
from chengshu.kernel.errors import Invalid

XY = tuple[float, float]
_METRES = {"CFS": 0.3048, "GPM": 0.3048, "MGD": 0.3048}  # other flow units go with metres


@dataclass(frozen=True)
class Place:
    """A node of the network on the map of the test city, metres from its middle; ``depth`` to the surface."""

    id: str
    kind: str  # manhole | pond
    x: float
    y: float
    depth: float


@dataclass(frozen=True)
class Network:
    """A network laid onto a map of ``half_x`` times ``half_y`` metres around the middle."""

    name: str
    file: Path
    places: tuple[Place, ...]
    settable: tuple[tuple[str, str], ...]  # orifice, weir or pump, and the node it draws from
    gauges: Mapping[str, XY]  # model gauge → middle of what listens to it
    half_x: float
    half_y: float


def read_network(file: Path, half_x: float, half_y: float) -> Network:
    """The network of a SWMM file, its coordinates fitted into the map by one scale and one shift."""
    inp = Inp.load(file)
    points = {t[0]: (float(t[1]), float(t[2])) for _, t in inp.rows("COORDINATE")}
    if not points:
        raise Invalid("network-places", "the network has no coordinates", where=str(file))
    fit = _fit(points, half_x, half_y)
    unit = _METRES.get(inp.option("FLOW_UNITS", "CFS"), 1.0)
    depths = _depths(inp)
    kinds = {t[0]: "manhole" for _, t in inp.rows("JUNCTION")} | {
        t[0]: "pond" for _, t in inp.rows("STORAGE")
    }
    places = tuple(
        Place(node, kind, *fit(points[node]), round(depths[node] * unit, 3))
        for node, kind in kinds.items()
        if node in points and depths[node] > 0
    )
    settable = tuple((t[0], t[1]) for _, t in inp.rows("ORIFICE", "WEIR", "PUMP") if t[1] in kinds)
    return Network(file.stem, file, places, settable, _listeners(inp, points, fit), half_x, half_y)


class _Fit:
    """An affine map with one scale: the network fills the middle of the map."""

    def __init__(self, low: XY, high: XY, half_x: float, half_y: float) -> None:
        self.middle = ((low[0] + high[0]) / 2, (low[1] + high[1]) / 2)
        wide, tall = max(high[0] - low[0], 1.0), max(high[1] - low[1], 1.0)
        self.scale = min(2 * half_x / wide, 2 * half_y / tall) * 0.9

    def __call__(self, point: XY) -> XY:
        return (
            round((point[0] - self.middle[0]) * self.scale, 1),
            round((point[1] - self.middle[1]) * self.scale, 1),
        )


def _fit(points: Mapping[str, XY], half_x: float, half_y: float) -> _Fit:
    xs, ys = [p[0] for p in points.values()], [p[1] for p in points.values()]
    return _Fit((min(xs), min(ys)), (max(xs), max(ys)), half_x, half_y)


def _depths(inp: Inp) -> dict[str, float]:
    """Depth to the surface, model units. A junction without one ends at the highest crown of its links."""
    depths = {t[0]: float(t[2]) if len(t) > 2 else 0.0 for _, t in inp.rows("JUNCTION", "STORAGE")}
    heights = {t[0]: float(t[2]) for _, t in inp.rows("XSECTION") if _is_number(t[2])}
    crowns = dict.fromkeys(depths, 0.0)
    for _, t in inp.rows("CONDUIT"):
        for node, offset in ((t[1], t[5]), (t[2], t[6])):
            if node in crowns and _is_number(offset) and abs(float(offset)) < 100:
                crowns[node] = max(crowns[node], float(offset) + heights.get(t[0], 0.0))
    return {node: depth or crowns[node] for node, depth in depths.items()}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _listeners(inp: Inp, points: Mapping[str, XY], fit: _Fit) -> dict[str, XY]:
    found: dict[str, list[XY]] = {t[0]: [] for _, t in inp.rows("RAINGAGE")}
    for _, t in inp.rows("SUBCATCHMENT"):
        if t[2] in points and t[1] in found:
            found[t[1]].append(fit(points[t[2]]))
    return {
        gauge: (float(np.mean([p[0] for p in at])), float(np.mean([p[1] for p in at])))
        for gauge, at in found.items()
        if at
    }


@dataclass(frozen=True)
class SubArea:
    """A piece of the test city (metres) and the nodes in it."""

    shape: Polygon
    nodes: tuple[str, ...]


def sub_areas(network: Network) -> list[SubArea]:
    """The map cut into up to eight sub-areas of nodes that lie together (k-means, seeded), west to east."""
    places = list(network.places)
    count = max(2, min(8, len(places) // 3))
    points = np.array([(p.x, p.y) for p in places])
    _, labels = kmeans2(points, count, seed=1, minit="++")
    border = box(-network.half_x, -network.half_y, network.half_x, network.half_y)
    spread = _apart(points)
    cells = voronoi_diagram(MultiPoint([Point(*p) for p in spread]), envelope=border.buffer(5000))
    own: dict[int, list[Polygon]] = {}
    for place, label in zip(spread, labels, strict=True):
        cell = next(c for c in cells.geoms if c.covers(Point(*place)))
        own.setdefault(int(label), []).append(cell.intersection(border))
    found = []
    for label, shapes in own.items():
        nodes = tuple(p.id for p, mark in zip(places, labels, strict=True) if mark == label)
        found.append(SubArea(unary_union(shapes), nodes))
    return sorted(found, key=lambda area: (round(area.shape.centroid.x), round(area.shape.centroid.y)))


def _apart(points: np.ndarray) -> list[XY]:
    """Points a metre apart where two nodes stand at one place."""
    seen: set[XY] = set()
    moved = []
    for x, y in points:
        at = (float(x), float(y))
        while at in seen:
            at = (at[0] + 1.0, at[1])
        seen.add(at)
        moved.append(at)
    return moved


def halves(network: Network) -> list[Polygon]:
    """West and east of the middle: the districts of a test city."""
    border = box(-network.half_x, -network.half_y, network.half_x, network.half_y)
    line = LineString([(0.0, -network.half_y - 1), (0.0, network.half_y + 1)])
    return sorted(split(border, line).geoms, key=lambda part: part.centroid.x)
