"""Geoqueries: reading them, and whether a geometry stands in the relation asked for (clause 4.10).

Relations between shapes are planar in WGS-84 longitude and latitude (OGC Simple Features, by shapely);
distances are along the great circle.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, Final, cast, get_args

import shapely
from shapely import prepared
from shapely.geometry import shape as read_shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from chengshu.foundation.broker.errors import BadRequestData, TooComplexQuery
from chengshu.foundation.broker.query.model import LOCATION, GeoQuery, Relation, Shape
from chengshu.kernel.geometry import EARTH_RADIUS_M, distance_m

MOST_VERTICES: Final = 10_000
_MOST_TEXT = 1_000_000
_DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
_NEAR = re.compile(r"near;(max|min)Distance==([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")
_RELATIONS = get_args(Relation)
Box = tuple[float, float, float, float]
Geometry = Mapping[str, Any]


def read_geo(
    georel: str,
    geometry: str,
    coordinates: Any,
    geoproperty: str = "",
    *,
    expand: Callable[[str], str] | None = None,
) -> GeoQuery:
    """A geoquery from its four parameters; ``coordinates`` are JSON text or already read.

    Raises :class:`BadRequestData` naming the parameter, :class:`TooComplexQuery` beyond
    :data:`MOST_VERTICES` vertices.
    """
    relation, distance, farther = _read_relation(georel)
    if geometry not in _DEPTH:
        raise BadRequestData(
            f"'{str(geometry)[:80]}' is not a geometry to compare with",
            where="geometry",
            remedy="use one of " + ", ".join(_DEPTH),
        )
    read = _read_coordinates(coordinates)
    _check(read, _DEPTH[geometry])
    _check_parts(geometry, read)
    target = LOCATION if not geoproperty else expand(geoproperty) if expand else geoproperty
    text = json.dumps(read, separators=(",", ":"))
    return GeoQuery(relation, cast(Shape, geometry), text, target, distance, farther)


def read_geo_body(body: Any, *, expand: Callable[[str], str] | None = None) -> GeoQuery:
    """The same from the ``geoQ`` object of a subscription or a query body (clause 5.2.13).

    Raises :class:`BadRequestData` when a member is missing or wrong.
    """
    if not isinstance(body, dict):
        raise BadRequestData("a geoquery is an object", where="geoQ", remedy='{"georel": …, "geometry": …}')
    for member in ("georel", "geometry"):
        if not isinstance(body.get(member), str):
            raise BadRequestData(
                f"{member} is missing", where=f"geoQ.{member}", remedy=f'say "{member}": "…"'
            )
    if "coordinates" not in body or not isinstance(body.get("geoproperty", ""), str):
        raise BadRequestData(
            "coordinates are missing", where="geoQ.coordinates", remedy='"coordinates": [8, 40]'
        )
    return read_geo(
        body["georel"], body["geometry"], body["coordinates"], body.get("geoproperty", ""), expand=expand
    )


def _read_relation(georel: str) -> tuple[Relation, float, bool]:
    if georel in _RELATIONS and georel != "near":
        return cast(Relation, georel), 0.0, False
    found = _NEAR.fullmatch(georel.replace(" ", ""))
    distance = float(found[2]) if found else 0.0
    if found is None or not 0 < distance < math.inf:
        raise BadRequestData(
            f"'{str(georel)[:80]}' is not a spatial relation",
            where="georel",
            remedy="use near;maxDistance==<metres>, near;minDistance==<metres>, within, contains, "
            "intersects, equals, disjoint or overlaps",
        )
    return "near", distance, found[1] == "min"


def _read_coordinates(coordinates: Any) -> Any:
    if not isinstance(coordinates, str):
        return coordinates
    if len(coordinates) > _MOST_TEXT:
        raise TooComplexQuery(
            "the coordinates are too long", where="coordinates", remedy="simplify the geometry"
        )
    try:
        return json.loads(coordinates)
    except (ValueError, RecursionError):
        raise BadRequestData(
            "the coordinates are not JSON", where="coordinates", remedy="write [8,40] or [[[8,40],…]]"
        ) from None


def _check(coordinates: Any, depth: int) -> None:
    """Positions at the right depth, finite, on the earth, not too many."""
    level = [coordinates]
    for _ in range(depth):
        if not all(isinstance(part, list | tuple) and part for part in level):
            raise BadRequestData(
                "the coordinates are not nested as the geometry needs",
                where="coordinates",
                remedy="see RFC 7946",
            )
        level = [child for part in level for child in part]
        if len(level) > MOST_VERTICES:
            raise TooComplexQuery(
                f"the geometry has more than {MOST_VERTICES} vertices",
                where="coordinates",
                remedy="simplify the geometry",
            )
    for position in level:
        if not _is_position(position):
            raise BadRequestData(
                f"{str(position)[:80]} is not a position on the earth",
                where="coordinates",
                remedy="write [longitude, latitude] in degrees, within ±180 and ±90",
            )


def _is_position(position: Any) -> bool:
    if not isinstance(position, list | tuple) or not 2 <= len(position) <= 3:
        return False
    if not all(type(number) in {int, float} and abs(number) < 1e12 for number in position):
        return False
    return bool(abs(position[0]) <= 180 and abs(position[1]) <= 90)


def _check_parts(shape: str, coordinates: Any) -> None:
    lines = {"LineString": [coordinates], "MultiLineString": coordinates}.get(shape, [])
    rings = {"Polygon": coordinates}.get(shape, [])
    if shape == "MultiPolygon":
        rings = [ring for polygon in coordinates for ring in polygon]
    if any(len(line) < 2 for line in lines):
        raise BadRequestData("a line has two positions or more", where="coordinates", remedy="add a position")
    if any(len(ring) < 4 or list(ring[0]) != list(ring[-1]) for ring in rings):
        raise BadRequestData(
            "a ring of the polygon is not closed",
            where="coordinates",
            remedy="give four positions or more and end with the first one",
        )


def reference(query: GeoQuery) -> BaseGeometry:
    """The reference geometry; a self-crossing one is mended, so that every relation has an answer."""
    return _sound(read_shape({"type": query.shape, "coordinates": json.loads(query.coordinates)}))


def _sound(geometry: BaseGeometry) -> BaseGeometry:
    return geometry if geometry.is_valid else shapely.make_valid(geometry)


def compile_geo(query: GeoQuery) -> Callable[[Geometry], bool]:
    """A predicate over the GeoJSON geometries of a GeoProperty; threads may share it."""
    target = reference(query)
    if query.relation == "near":
        return _near(query, target)
    ready = prepared.prep(target)
    tests: dict[str, Callable[[BaseGeometry], bool]] = {
        "within": ready.contains,  # the target lies within the reference: the reference contains it
        "contains": ready.within,
        "intersects": ready.intersects,
        "disjoint": ready.disjoint,
        "overlaps": ready.overlaps,
        "equals": target.equals,
    }
    test = tests[query.relation]
    lock = Lock()  # a prepared geometry keeps notes while it compares

    def holds(value: Geometry) -> bool:
        geometry = geometry_of(value)
        if geometry is None:
            return False
        with lock:
            return bool(test(geometry))

    return holds


def geometry_of(value: Geometry) -> BaseGeometry | None:
    """The shape of a GeoJSON geometry, mended when it crosses itself; None of what is no geometry."""
    try:
        if value["type"] == "Point":
            return shapely.Point(value["coordinates"][0], value["coordinates"][1])
        return _sound(read_shape(value))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, shapely.errors.ShapelyError):
        return None


def _near(query: GeoQuery, target: BaseGeometry) -> Callable[[Geometry], bool]:
    """Within the buffer: its every vertex lies so near; disjoint with it: its nearest point lies farther."""
    limit, farther = query.distance, query.farther
    point = (target.x, target.y) if query.shape == "Point" else None

    def holds(value: Geometry) -> bool:
        if point and (place := _lon_lat(value)) is not None:
            metres = distance_m(*point, *place)
            return metres > limit if farther else metres <= limit
        geometry = geometry_of(value)
        if geometry is None or geometry.is_empty:
            return False
        if farther:
            return distance_between(geometry, target) > limit
        vertices = shapely.get_coordinates(geometry)
        if point:
            return all(distance_m(*point, lon, lat) <= limit for lon, lat in vertices.tolist())
        return all(distance_between(vertex, target) <= limit for vertex in shapely.points(vertices))

    return holds


def _lon_lat(value: Geometry) -> tuple[float, float] | None:
    """Where a GeoJSON Point is; None of anything else."""
    place = value.get("coordinates") if value.get("type") == "Point" else None
    if not isinstance(place, list | tuple) or len(place) < 2:
        return None
    lon, lat = place[0], place[1]
    return (lon, lat) if isinstance(lon, int | float) and isinstance(lat, int | float) else None


def distance_between(one: BaseGeometry, other: BaseGeometry) -> float:
    """Metres between the nearest points of two geometries, the shorter way round the earth.

    Which points are nearest is found in a plane scaled by the cosine of the latitude: exact for points, and
    to about a thousandth within some 100 km.
    """
    turn = 360 * round((other.centroid.x - one.centroid.x) / 360)
    scale = max(math.cos(math.radians(other.centroid.y)), 0.01)

    def flat(geometry: BaseGeometry, shift: float) -> BaseGeometry:
        return shapely.transform(geometry, lambda at: at * (scale, 1) + (shift * scale, 0))

    here, there = nearest_points(flat(one, turn), flat(other, 0))
    return distance_m(here.x / scale, here.y, there.x / scale, there.y)


def boxes_of(query: GeoQuery) -> tuple[Box, ...]:
    """Boxes (west, south, east, north) one of which the target's box must meet; two over the date line;
    none when the relation does not say where the target is (``disjoint``, ``minDistance``)."""
    if query.relation == "disjoint" or query.farther:
        return ()
    west, south, east, north = reference(query).bounds
    if query.relation != "near":
        return ((west, south, east, north),)
    up = math.degrees(query.distance / EARTH_RADIUS_M) * 1.000001 + 1e-9
    south, north = south - up, north + up
    if south <= -90 or north >= 90 or query.distance >= EARTH_RADIUS_M:
        return ((-180.0, max(south, -90.0), 180.0, min(north, 90.0)),)
    widest = math.radians(max(abs(south), abs(north)))
    across = math.degrees(
        math.asin(min(1.0, math.sin(math.radians(up)) / math.cos(widest - math.radians(up))))
    )
    across = across * 1.000001 + 1e-9
    return _wrapped(west - across, south, east + across, north)


def _wrapped(west: float, south: float, east: float, north: float) -> tuple[Box, ...]:
    if east - west >= 360:
        return ((-180.0, south, 180.0, north),)
    if west < -180:
        return ((west + 360, south, 180.0, north), (-180.0, south, east, north))
    if east > 180:
        return ((west, south, 180.0, north), (-180.0, south, east - 360, north))
    return ((west, south, east, north),)
