"""What can be set or stand in the sewers: outlets, pumping stations, ponds with gates, underpass pumps."""

from __future__ import annotations

from math import sqrt

import numpy as np
from shapely.geometry import Point
from shapely.ops import nearest_points

from tools.demo_city.ground import Ground
from tools.demo_city.network import (
    RIVER_STAGE,
    Catchment,
    Drainage,
    Key,
    Link,
    Node,
    Toward,
    flow_per_hectare,
    node_id,
    section,
)
from tools.demo_city.roads import Roads
from tools.demo_city.sewers import DESIGN_YEARS, RUNOFF

STATION_ROOTS = 5  # how many outfalls lie too low and are pumped
PONDS = 4
DUTY, RESERVE = 0.5, 0.24  # capacity of the duty and the reserve pumps, as shares of the design flow


def make_outlets(net: Drainage, roots: list[Key], ground: Ground) -> None:
    """From each root to the water: by gravity through a flap gate, or lifted where the pipe lies lowest."""
    low = sorted(roots, key=lambda key: net.nodes[node_id(key)].invert)
    rank = {key: net.upstream_hectares[node_id(key)] for key in low[: 2 * STATION_ROOTS]}
    pumped = sorted(rank, key=lambda key: -rank[key])[:STATION_ROOTS]
    for number, key in enumerate(roots):
        root = net.nodes[node_id(key)]
        shore = nearest_points(ground.water, Point(root.x, root.y))[0]
        flow = net.upstream_hectares[root.id] * RUNOFF * flow_per_hectare(35.0, DESIGN_YEARS)
        mouth = Node(f"O{number + 1:02d}", round(shore.x, 1), round(shore.y, 1), 5.0, 0.0, "outfall")
        length = max(60.0, round(shore.distance(Point(root.x, root.y)), 1))
        if key in pumped:
            _station(net, root, mouth, sorted(pumped).index(key) + 1, flow, length)
        else:
            width, height = section(flow * 1.15, 0.0016)
            root.invert = round(min(root.invert, root.ground - 1.1 - (height or width)), 3)
            mouth.invert = round(root.invert - 0.0016 * length, 3)
            net.links.append(Link(f"C{root.id[1:]}", root.id, mouth.id, "pipe", length, width, height))
        net.nodes[mouth.id] = mouth


def _station(net: Drainage, root: Node, mouth: Node, number: int, flow: float, length: float) -> None:
    """A forebay with a duty pump that always runs and a reserve pump that must be ordered on."""
    x, y = root.x + (mouth.x - root.x) * 0.6, root.y + (mouth.y - root.y) * 0.6
    width, height = section(flow * 1.2, 0.0016)
    root.invert = round(min(root.invert, root.ground - 1.1 - (height or width)), 3)
    invert = round(root.invert - 0.0016 * length - 1.6, 3)
    bay = Node(
        f"F{number}",
        round(x, 1),
        round(y, 1),
        round(root.ground + 0.3, 2),
        invert,
        "forebay",
        storage_area=2600.0,
        start_depth=0.4,
    )
    mouth.invert = round(RIVER_STAGE - 0.8, 3)
    basin = Node(
        f"B{number}",
        round(x + (mouth.x - x) * 0.3, 1),
        round(y + (mouth.y - y) * 0.3, 1),
        bay.ground + 3.0,
        round(RIVER_STAGE - 0.6, 3),
        "chamber",
        ponded_area=500.0,
    )
    net.nodes[bay.id], net.nodes[basin.id] = bay, basin
    net.links.append(Link(f"C{basin.id}", basin.id, mouth.id, "pipe", 60.0, 4.6, 2.6))
    net.links.append(Link(f"C{root.id[1:]}", root.id, bay.id, "pipe", round(length * 0.6, 1), width, height))
    net.links.append(Link(f"PS{number}A", bay.id, basin.id, "pump", flow=round(flow * DUTY, 2)))
    net.links.append(
        Link(f"PS{number}B", bay.id, basin.id, "pump", flow=round(flow * RESERVE, 2), running=False)
    )


def make_ponds(net: Drainage, toward: Toward, order: list[Key]) -> None:
    """At four manholes half-way down the largest trees the water passes a pond with a gate and a spillway."""

    def whole(key: Key) -> float:
        """The area of the tree the manhole belongs to."""
        at = key
        while (target := toward[at]) is not None:
            at = target
        return net.upstream_hectares[node_id(at)]

    inner = [
        key for key in order if toward[key] is not None and 40 <= net.upstream_hectares[node_id(key)] <= 130
    ]
    inner.sort(key=lambda key: (-whole(key), -net.upstream_hectares[node_id(key)], key))
    chosen: list[Key] = []
    for key in inner:
        here = Point(net.nodes[node_id(key)].x, net.nodes[node_id(key)].y)
        if len(chosen) < PONDS and all(
            here.distance(Point(net.nodes[node_id(o)].x, net.nodes[node_id(o)].y)) > 1500 for o in chosen
        ):
            chosen.append(key)
    for number, key in enumerate(sorted(chosen)):
        _pond(net, net.nodes[node_id(key)], number + 1)


def _pond(net: Drainage, node: Node, number: int) -> None:
    """``node`` gets a pond beside it: its pipe now starts below the pond's gate and spillway."""
    pipe = next(link for link in net.links if link.source == node.id and link.kind == "pipe")
    chamber = Node(
        f"G{number}D",
        node.x + 60.0,
        node.y + 25.0,
        node.ground,
        node.invert - 0.25,
        "chamber",
        ponded_area=3000.0,
    )
    pond = Node(
        f"P{number}",
        node.x + 35.0,
        node.y + 15.0,
        round(node.ground + 0.1, 2),
        node.invert - 0.2,
        "pond",
        storage_area=13_000.0,
        start_depth=1.3,
    )
    net.nodes[pond.id], net.nodes[chamber.id] = pond, chamber
    net.links.append(
        Link(f"C{pond.id}", node.id, pond.id, "pipe", 40.0, max(pipe.width, 1.8), pipe.height or 0.0)
    )
    net.links.append(Link(f"G{number}", pond.id, chamber.id, "gate", width=1.8, height=1.2))
    net.links.append(Link(f"W{number}", pond.id, chamber.id, "spillway", width=9.0, height=1.4, crest=2.0))
    pipe.source = chamber.id


def make_underpasses(net: Drainage, roads: Roads, ground: Ground, rng: np.random.Generator) -> None:
    """Each underpass has a sunken road, a sump and a small pump that lifts to the nearest manhole."""
    manholes = [n for n in net.nodes.values() if n.kind == "manhole"]
    for road in roads.underpasses():
        number = (road.underpass or 0) + 1
        middle = road.line.interpolate(0.5, normalized=True)
        x, y = round(middle.x, 1), round(middle.y, 1)
        low = round(ground.height(x, y) - 3.4, 2)
        near = min(manholes, key=lambda n: Point(n.x, n.y).distance(middle))
        hectares = round(float(rng.uniform(1.8, 3.8)), 2)
        flow = hectares * 0.85 * flow_per_hectare(12.0, DESIGN_YEARS)
        net.nodes[f"U{number:02d}"] = Node(
            f"U{number:02d}", x, y, low, round(low - 1.2, 2), "underpass", ponded_area=1200.0
        )
        net.nodes[f"D{number:02d}"] = Node(
            f"D{number:02d}", x + 12.0, y + 6.0, low + 4.0, round(low - 3.5, 2), "sump", storage_area=70.0
        )
        net.links.append(Link(f"CU{number:02d}", f"U{number:02d}", f"D{number:02d}", "pipe", 30.0, 1.0))
        net.links.append(Link(f"PU{number:02d}", f"D{number:02d}", near.id, "pump", flow=round(flow, 3)))
        net.catchments.append(
            Catchment(
                f"SU{number:02d}",
                f"U{number:02d}",
                x,
                y,
                hectares,
                88.0,
                round(2.2 * sqrt(hectares * 10_000), 1),
            )
        )
