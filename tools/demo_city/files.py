"""The files of cities/demo as text, byte for byte the same from the same city."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from shapely.geometry import Point, Polygon, mapping

from tools.demo_city import words
from tools.demo_city.areas import Area
from tools.demo_city.ground import CREEK_WIDTH, RIVER_WIDTH, Ground, in_lonlat
from tools.demo_city.network import Drainage
from tools.demo_city.roads import SPEED, Roads

Feature = dict[str, Any]


def collection(features: Iterable[Feature]) -> str:
    """A GeoJSON FeatureCollection, one feature a line so that git can show what changed."""
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in features)
    return f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'


def _geometry(shape: Any) -> dict[str, Any]:
    return json.loads(json.dumps(mapping(in_lonlat(shape))))  # type: ignore[no-any-return]


def _feature(shape: Any, **properties: Any) -> Feature:
    return {"type": "Feature", "properties": properties, "geometry": _geometry(shape)}


def areas_file(areas: list[Area]) -> str:
    """areas.geojson."""
    return collection(_feature(a.shape, id=a.id, name=a.name, kind=a.kind, parent=a.parent) for a in areas)


def roads_file(roads: Roads) -> str:
    """roads.geojson: one feature a stretch; two-way unless ``oneway``."""
    features = []
    for edge in roads.edges:
        extra: dict[str, Any] = {}
        if edge.underpass is not None:
            extra["underpass"] = f"urn:ngsi-ld:Underpass:U{edge.underpass + 1:02d}"
        if edge.bridge:
            extra["bridge"] = True
        features.append(
            _feature(
                edge.line,
                **{"from": edge.source, "to": edge.target},
                name=edge.name,
                kind=edge.kind,
                length_m=round(float(edge.line.length), 1),
                speed_kmh=SPEED[edge.kind],
                oneway=edge.oneway,
                **extra,
            )
        )
    return collection(features)


_LAYERS = ("land", "park", "water", "railway")  # drawn in this order, the first below


def base_file(ground: Ground, net: Drainage) -> str:
    """base.geojson, what the map draws under everything, the lowest layer first."""
    river = ground.river.buffer(RIVER_WIDTH / 2, quad_segs=4).intersection(ground.outline.buffer(500))
    creek = ground.creek.buffer(CREEK_WIDTH / 2, quad_segs=4).intersection(ground.outline.buffer(500))
    features = [
        _feature(river, kind="water", name=words.RIVER),
        _feature(creek, kind="water", name=words.TRIBUTARY),
    ]
    for pond in [n for n in net.nodes.values() if n.kind == "pond"]:
        number = int(pond.id[1:])
        lake = _blob(pond.x + 60, pond.y + 35, 85, 55)
        name = words.joined(words.POND_NAMES[number - 1], words.POND)
        park = words.joined(words.POND_NAMES[number - 1], words.PARK)
        features += [
            _feature(_blob(pond.x + 60, pond.y + 40, 170, 125), kind="park", name=park),
            _feature(lake, kind="water", name=name),
        ]
    for i, (x, y) in enumerate(
        ((-1950, 1720), (900, 560), (-3000, -420), (-1250, -560), (1750, -1750), (3050, 300))
    ):
        features.append(
            _feature(
                _blob(x, y, 190, 130).difference(ground.water),
                kind="park",
                name=words.joined(words.PARK_NAMES[i], words.PARK),
            )
        )
    features += [
        _feature(line.intersection(ground.outline.buffer(500)), kind="railway", name=words.RAILWAY)
        for line in ground.railway.geoms
    ]
    features.append(_feature(ground.outline, kind="land", name=words.CITY))
    return collection(sorted(features, key=lambda feature: _LAYERS.index(feature["properties"]["kind"])))


def _blob(x: float, y: float, width: float, height: float) -> Polygon:
    ring = Point(0, 0).buffer(1, quad_segs=5)
    return Polygon(
        [
            (round(x + px * width * (1 + 0.12 * py), 1), round(y + py * height * (1 - 0.15 * px), 1))
            for px, py in ring.exterior.coords
        ]
    )


def sewers_file(net: Drainage) -> str:
    """sewers.geojson: the pipes as lines, for the map."""
    features = []
    for link in net.links:
        a, b = net.nodes[link.source], net.nodes[link.target]
        features.append(
            {
                "type": "Feature",
                "id": link.id,
                "properties": {
                    "kind": link.kind,
                    "from": a.id,
                    "to": b.id,
                    "width": link.width,
                    "height": link.height or link.width,
                },
                "geometry": _geometry_line((a.x, a.y), (b.x, b.y)),
            }
        )
    return collection(features)


def _geometry_line(a: tuple[float, float], b: tuple[float, float]) -> dict[str, Any]:
    from shapely.geometry import LineString

    return _geometry(LineString([a, b]))
