"""OSM XML → roads.geojson content: drivable ways, split at crossings, with speeds by class.

Data of OpenStreetMap are © OpenStreetMap contributors (ODbL); the attribution goes with the collection.
Where no ``maxspeed`` is given, speeds are those of free city traffic by ``highway`` class; not calibrated.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from lxml import etree

from chengshu.kernel.errors import Invalid
from chengshu.kernel.geometry import distance_m

ATTRIBUTION = "© OpenStreetMap contributors, ODbL"
#: km/h by highway class.
SPEEDS = {
    "motorway": 90,
    "motorway_link": 50,
    "trunk": 70,
    "trunk_link": 45,
    "primary": 50,
    "primary_link": 40,
    "secondary": 45,
    "secondary_link": 35,
    "tertiary": 40,
    "tertiary_link": 30,
    "unclassified": 35,
    "residential": 25,
    "living_street": 12,
    "service": 15,
    "road": 30,
}


def read_osm(path: Path) -> dict[str, Any]:
    """The GeoJSON FeatureCollection of the drivable roads. Raises :class:`Invalid` for what is no OSM XML."""
    try:
        root = etree.parse(str(path), etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
    except (etree.XMLSyntaxError, ParseError, OSError) as error:
        raise Invalid(
            "osm-broken",
            f"this is no OSM XML: {error}",
            where=str(path),
            remedy="give an .osm file as exported",
        ) from None
    nodes = {
        str(node.get("id")): (float(node.get("lon", "nan")), float(node.get("lat", "nan")))
        for node in root.iter("node")
        if node.get("action") != "delete"
    }
    ways = [way for way in map(_way, root.iter("way")) if way is not None]
    uses: Counter[str] = Counter()
    for refs, _ in ways:
        refs[:] = [ref for ref in refs if ref in nodes]
        uses.update(refs)
        uses.update(refs[:1] + refs[-1:])  # ends are crossings too
    features = [_feature(piece, tags, nodes) for refs, tags in ways for piece in _pieces(refs, uses)]
    return {"type": "FeatureCollection", "attribution": ATTRIBUTION, "features": features}


def _way(way: Any) -> tuple[list[str], dict[str, str]] | None:
    tags = {tag.get("k"): tag.get("v") for tag in way.iter("tag")}
    if tags.get("highway") not in SPEEDS or way.get("action") == "delete":
        return None
    if tags.get("access") in ("no", "private") or tags.get("area") == "yes":
        return None
    return [ref.get("ref") for ref in way.iter("nd")], tags


def _pieces(refs: list[str], uses: Counter[str]) -> list[list[str]]:
    pieces: list[list[str]] = []
    piece = refs[:1]
    for ref in refs[1:]:
        piece.append(ref)
        if uses[ref] > 1:
            pieces.append(piece)
            piece = [ref]
    return [piece for piece in pieces if len(piece) > 1]


def _feature(refs: list[str], tags: dict[str, str], nodes: dict[str, tuple[float, float]]) -> dict[str, Any]:
    oneway = tags.get(
        "oneway", "yes" if tags.get("junction") == "roundabout" or tags["highway"] == "motorway" else "no"
    )
    if oneway == "-1":
        refs = refs[::-1]
    points = [nodes[ref] for ref in refs]
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": [list(point) for point in points]},
        "properties": {
            "from": refs[0],
            "to": refs[-1],
            "name": tags.get("name", ""),
            "length_m": round(sum(distance_m(*a, *b) for a, b in pairwise(points)), 1),
            "speed_kmh": _speed(tags),
            "oneway": oneway in ("yes", "true", "1", "-1"),
            "class": tags["highway"],
        },
    }


def _speed(tags: dict[str, str]) -> float:
    given = tags.get("maxspeed", "")
    return float(given) if given.isdigit() and int(given) > 0 else float(SPEEDS[tags["highway"]])
