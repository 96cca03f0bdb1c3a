"""The sewers under the streets: where they run, what drains into them, how they are sized.

Pipes follow the streets to the nearest outfall and are sized by the rational method.
"""

from __future__ import annotations

import heapq
from math import sqrt

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPoint, Point
from shapely.ops import voronoi_diagram

from tools.demo_city.ground import Ground
from tools.demo_city.network import (
    Catchment,
    Drainage,
    Key,
    Link,
    Places,
    Toward,
    flow_per_hectare,
    node_id,
    section,
)
from tools.demo_city.roads import Roads

DESIGN_YEARS = 2.6  # what the pipes were built for
RUNOFF = (
    1.95  # runoff coefficient used to size them: above 1, the reserve that keeps a 10-year storm in the pipes
)
OLD_SHARE, OLD_CAPACITY = 0.10, 0.42  # sewers that were never renewed, and what they can carry of the design
DRAINED = 0.66  # part of the ground that is drained by pipes; the rest soaks away or runs to water
COVER_START = 3.1  # depth of the first manhole of a sewer
HOLLOWS = 0.12  # share of crossings that lie low
ROOT_COLUMNS = (1, 5, 7, 11, 13, 15, 19, 21, 25)


def manholes(roads: Roads) -> Places:
    """A manhole at every junction of the larger north-south roads."""
    keys = {(int(node[1:3]), int(node[3:])): point for node, point in roads.nodes.items()}
    return {key: point for key, point in keys.items() if key[0] % 2 == 1}


def outfall_roots(places: Places, ground: Ground) -> list[Key]:
    """On chosen columns and each bank: the manhole nearest to the water."""
    found: dict[tuple[int, bool], tuple[float, Key]] = {}
    for key, (x, y) in places.items():
        if key[0] in ROOT_COLUMNS:
            bank = y > _river_y(ground, x)
            away = ground.water.distance(Point(x, y))
            if (key[0], bank) not in found or away < found[key[0], bank][0]:
                found[key[0], bank] = (away, key)
    return sorted(key for away, key in found.values() if away < 420)


def _river_y(ground: Ground, x: float) -> float:
    return float(ground.river.interpolate(ground.river.project(Point(x, 0))).y)


def trees(places: Places, roots: list[Key], ground: Ground) -> Toward:
    """For each manhole the next one on its shortest way along streets to an outfall, none at a root."""

    def neighbours(key: Key) -> list[tuple[Key, float]]:
        found = []
        for dc, dr in ((0, 1), (0, -1), (0, 2), (0, -2), (2, 0), (-2, 0)):
            other = (key[0] + dc, key[1] + dr)
            if other in places and not (abs(dr) == 2 and (key[0], key[1] + dr // 2) in places):
                line = LineString([places[key], places[other]])
                if not line.intersects(ground.water):
                    found.append((other, float(line.length) * (1.0 if dr else 1.25)))
        return found

    toward: Toward = {}
    queue: list[tuple[float, Key, Key | None]] = [(0.0, root, None) for root in roots]
    heapq.heapify(queue)
    while queue:
        cost, key, target = heapq.heappop(queue)
        if key in toward:
            continue
        toward[key] = target
        for other, length in neighbours(key):
            if other not in toward:
                heapq.heappush(queue, (round(cost + length, 3), other, key))
    for key in [key for key in places if key not in toward]:
        del places[key]
    return toward


def hollows(net: Drainage, rng: np.random.Generator) -> None:
    """Some crossings lie lower than the streets around them: there the water comes out first."""
    for node in net.nodes.values():
        if rng.random() < HOLLOWS:
            node.ground = round(node.ground - float(rng.uniform(0.5, 1.15)), 2)


def catch(net: Drainage, ground: Ground, rng: np.random.Generator) -> None:
    """Each manhole drains the ground nearest to it."""
    land = ground.outline.difference(ground.water.buffer(20))
    nodes = list(net.nodes.values())
    cells = voronoi_diagram(MultiPoint([(n.x, n.y) for n in nodes]), envelope=land.buffer(3000))
    tree = shapely.STRtree(list(cells.geoms))
    for node in nodes:
        cell = cells.geoms[int(tree.query(Point(node.x, node.y), predicate="intersects")[0])]
        middle = cell.intersection(land)
        hectares = round(min(middle.area / 10_000, 26.0) * DRAINED, 3)
        sealed = round(float(rng.uniform(52, 74)) - (8 if abs(node.x) > 2500 else 0), 1)
        net.catchments.append(
            Catchment(
                f"S{node.id[1:]}",
                node.id,
                node.x,
                node.y,
                hectares,
                sealed,
                round(1.1 * sqrt(hectares * 10_000), 1),
            )
        )


def heads_first(toward: Toward) -> list[Key]:
    """Manholes so that each stands before the one it drains to."""

    def steps(key: Key) -> int:
        count, at = 0, toward[key]
        while at is not None:
            count, at = count + 1, toward[at]
        return count

    return sorted(toward, key=lambda key: (-steps(key), key))


def size_pipes(
    net: Drainage,
    order: list[Key],
    toward: Toward,
    places: Places,
    rng: np.random.Generator,
) -> None:
    """Accumulate areas and times of flow downstream; give each pipe its section and each node its invert."""
    hectares = {c.node: c.hectares for c in net.catchments}
    minutes = dict.fromkeys(net.nodes, 12.0)
    for node in net.nodes.values():
        node.invert = round(node.ground - COVER_START, 3)
    for key in order:
        node, target = net.nodes[node_id(key)], toward[key]
        net.upstream_hectares[node.id] = round(hectares[node.id], 2)
        if target is None:
            continue
        down = net.nodes[node_id(target)]
        length = round(float(LineString([places[key], places[target]]).length), 1)
        flow = hectares[node.id] * RUNOFF * flow_per_hectare(minutes[node.id], DESIGN_YEARS)
        slope = max(0.0011, min(0.006, (node.ground - down.ground) / length))
        width, height = section(flow * (OLD_CAPACITY if rng.random() < OLD_SHARE else 1.0), slope)
        node.invert = round(min(node.invert, node.ground - 1.1 - (height or width)), 3)
        down.invert = round(min(down.invert, node.invert - slope * length), 3)
        net.links.append(Link(f"C{node.id[1:]}", node.id, down.id, "pipe", length, width, height))
        hectares[down.id] += hectares[node.id]
        minutes[down.id] = max(minutes[down.id], minutes[node.id] + length / 66.0)
