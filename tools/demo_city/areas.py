"""Districts, streets and communities: nested Voronoi cells inside the outline, cut at the rivers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPoint, Point, Polygon
from shapely.ops import split, voronoi_diagram

from tools.demo_city import words
from tools.demo_city.ground import Ground

_PER_STREET = {"north": (4, 3, 4, 3), "south": (4, 3, 4, 3, 3), "east": (4, 4, 3)}


@dataclass(frozen=True)
class Area:
    """One area in metres; ``parent`` is the id of the area above."""

    id: str
    name: words.Name
    kind: str
    parent: str | None
    shape: Polygon


def make_areas(ground: Ground, rng: np.random.Generator) -> list[Area]:
    """City, 3 districts, 12 streets and their communities, parents first."""
    areas = [Area("tingpu", words.CITY, "city", None, ground.outline)]
    places = iter(words.COMMUNITIES)
    for district, shape in _districts(ground).items():
        areas.append(Area(district, words.DISTRICTS[district], "district", "tingpu", shape))
        streets = _cells(shape, len(words.STREETS[district]), rng)
        for number, street in enumerate(streets):
            street_id = f"{district}-{number + 1}"
            areas.append(Area(street_id, words.STREETS[district][number], "street", district, street))
            for inner, cell in enumerate(_cells(street, _PER_STREET[district][number], rng)):
                areas.append(Area(f"{street_id}-{inner + 1}", next(places), "community", street_id, cell))
    return areas


def _districts(ground: Ground) -> dict[str, Polygon]:
    """The outline cut at the river, and its northern part at the creek."""
    parts = {}
    for piece in split(ground.outline, ground.river).geoms:
        parts["south" if piece.representative_point().y < 0 else "upper"] = piece
    first, second = ground.creek.coords[0], ground.creek.coords[1]
    past_mouth = (2 * first[0] - second[0], 2 * first[1] - second[1])  # so that the cut goes all the way
    for piece in split(parts.pop("upper"), LineString([past_mouth, *ground.creek.coords])).geoms:
        parts["east" if piece.representative_point().x > 1600 else "north"] = piece
    return {key: parts[key] for key in ("north", "south", "east")}


def _cells(shape: Polygon, count: int, rng: np.random.Generator) -> list[Polygon]:
    """``shape`` in ``count`` rounded cells (Lloyd's relaxation of random seeds), west to east."""
    west, low, east, high = shape.bounds
    seeds: list[Point] = []
    while len(seeds) < count:
        point = Point(rng.uniform(west, east), rng.uniform(low, high))
        if shape.contains(point):
            seeds.append(point)
    cells: list[Polygon] = []
    for _ in range(30):
        diagram = voronoi_diagram(MultiPoint(seeds), envelope=shape.buffer(4000))
        cells = [_largest(cell.intersection(shape)) for cell in diagram.geoms]
        seeds = [cell.centroid for cell in cells]
    return sorted(cells, key=lambda cell: (round(cell.centroid.x), round(cell.centroid.y)))


def _largest(shape: shapely.Geometry) -> Polygon:
    """The polygon, or the largest part of several."""
    parts = getattr(shape, "geoms", [shape])
    return max(parts, key=lambda part: part.area)


def community_of(areas: list[Area], x: float, y: float) -> str:
    """The id of the community that covers the point, else of the nearest one."""
    point = Point(x, y)
    return min((a for a in areas if a.kind == "community"), key=lambda a: a.shape.distance(point)).id
