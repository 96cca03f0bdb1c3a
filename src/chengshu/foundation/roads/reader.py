"""roads.geojson → graph: LineStrings with from, to, length_m, speed_kmh, oneway, name, underpass."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from chengshu.foundation.declared import read_document
from chengshu.foundation.roads.graph import RoadGraph
from chengshu.foundation.roads.model import Edge, Point
from chengshu.kernel.errors import Findings, Invalid
from chengshu.kernel.geometry import distance_m


def read_roads(path: Path) -> RoadGraph:
    """The graph of a roads.geojson. Raises :class:`Invalid` with every mistake and the feature it is in."""
    return roads_from(read_document(path).data, str(path))


def roads_from(collection: Any, where: str = "roads.geojson") -> RoadGraph:
    """The graph of a GeoJSON FeatureCollection (RFC 7946). Raises :class:`Invalid`."""
    if not isinstance(collection, Mapping) or not isinstance(collection.get("features"), list):
        raise Invalid(
            "roads-file",
            "this is no GeoJSON FeatureCollection",
            where=where,
            remedy="give {type: FeatureCollection, features: [...]}",
        )
    findings = Findings()
    nodes: dict[str, int] = {}
    places: list[Point] = []
    edges: list[Edge] = []
    for number, feature in enumerate(collection["features"]):
        _add(feature, number, nodes, places, edges, findings, f"{where}: feature {number + 1}")
    findings.raise_any()
    return RoadGraph(places, edges)


def _add(
    feature: Any,
    number: int,
    nodes: dict[str, int],
    places: list[Point],
    edges: list[Edge],
    findings: Findings,
    where: str,
) -> None:
    try:
        properties = feature["properties"]
        points = tuple((float(p[0]), float(p[1])) for p in feature["geometry"]["coordinates"])
        ends = str(properties["from"]), str(properties["to"])
        speed = float(properties["speed_kmh"])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        findings.add(
            "roads-feature",
            f"a road lacks or misspells {error}",
            where=where,
            remedy="give LineString coordinates and the properties from, to, speed_kmh",
        )
        return
    if len(points) < 2 or speed <= 0:
        findings.add(
            "roads-feature",
            "a road needs two points and a speed above 0",
            where=where,
            remedy="correct coordinates and speed_kmh",
        )
        return
    for name, point in zip(ends, (points[0], points[-1]), strict=True):
        if name not in nodes:
            nodes[name] = len(places)
            places.append(point)
        elif distance_m(*places[nodes[name]], *point) > 50:
            findings.add(
                "roads-node",
                f"node {name!r} lies at two places more than 50 m apart",
                where=where,
                remedy="a node id is one crossing: correct from/to or the coordinates",
            )
    length = float(properties.get("length_m") or sum(distance_m(*a, *b) for a, b in pairwise(points)))
    start, end = nodes[ends[0]], nodes[ends[1]]
    underpass = properties.get("underpass") or None
    ways = [(start, end, points)]
    if not properties.get("oneway", False):
        ways.append((end, start, points[::-1]))
    for a, b, line in ways:
        edges.append(
            Edge(
                len(edges),
                a,
                b,
                length / (speed / 3.6),
                length,
                _name(properties.get("name")),
                line,
                underpass,
                number,
            )
        )


def _name(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("en") or next(iter(value.values()), ""))
    return str(value or "")
