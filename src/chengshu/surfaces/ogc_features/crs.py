"""Coordinate reference systems: between the WGS-84 longitude and latitude inside and what a client wants.

Source: OGC 18-058r1 (Features part 2). CGCS2000 (EPSG:4490) and WGS 84 agree to a few centimetres, which is
below what city data say; both give latitude first. Web Mercator (EPSG:3857) by its spherical formulas.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from chengshu.surfaces.ogc_features.errors import BadRequest

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
SUPPORTED = (CRS84, _EPSG + "4326", _EPSG + "3857", _EPSG + "4490")
_RADIUS = 6_378_137.0
_HIGHEST = 85.051128779806604  # where Web Mercator ends
_DEEPEST = 4  # lists around a position, in a MultiPolygon
Move = Callable[[float, float], tuple[float, float]]


def check(uri: str | None, where: str) -> str:
    """The system of a parameter, CRS84 when it is absent. Raises :class:`BadRequest` of an unknown one."""
    if uri is None:
        return CRS84
    known = uri.strip("<>[]")
    if known not in SUPPORTED:
        raise BadRequest(
            "crs-unknown",
            f"'{uri[:120]}' is not a coordinate reference system of this collection",
            where=where,
            remedy="use one of " + ", ".join(SUPPORTED),
        )
    return known


def _same(x: float, y: float) -> tuple[float, float]:
    return x, y


def _swap(x: float, y: float) -> tuple[float, float]:
    return y, x


def _to_mercator(lon: float, lat: float) -> tuple[float, float]:
    lat = max(-_HIGHEST, min(_HIGHEST, lat))
    return math.radians(lon) * _RADIUS, math.asinh(math.tan(math.radians(lat))) * _RADIUS


def _from_mercator(x: float, y: float) -> tuple[float, float]:
    if abs(x) > 1e9 or abs(y) > 1e9:
        raise BadRequest(
            "coordinate-unusable", "a coordinate lies outside the map", where="crs", remedy="mend it"
        )
    return math.degrees(x / _RADIUS), math.degrees(math.atan(math.sinh(y / _RADIUS)))


_OUT: dict[str, Move] = {CRS84: _same, SUPPORTED[1]: _swap, SUPPORTED[2]: _to_mercator, SUPPORTED[3]: _swap}
_IN: dict[str, Move] = {CRS84: _same, SUPPORTED[1]: _swap, SUPPORTED[2]: _from_mercator, SUPPORTED[3]: _swap}


def outward(coordinates: Any, crs: str) -> Any:
    """GeoJSON coordinates from longitude and latitude into ``crs``."""
    return coordinates if crs == CRS84 else _moved(coordinates, _OUT[crs])


def inward(coordinates: Any, crs: str) -> Any:
    """GeoJSON coordinates from ``crs`` into longitude and latitude."""
    return coordinates if crs == CRS84 else _moved(coordinates, _IN[crs])


def _moved(coordinates: Any, move: Move, depth: int = 0) -> Any:
    if not isinstance(coordinates, list | tuple) or not coordinates or depth > _DEEPEST:
        return coordinates
    if isinstance(coordinates[0], list | tuple):
        return [_moved(part, move, depth + 1) for part in coordinates]
    if len(coordinates) < 2 or not all(isinstance(number, int | float) for number in coordinates):
        return coordinates
    return [*move(coordinates[0], coordinates[1]), *coordinates[2:]]


def box_inward(numbers: list[float], crs: str) -> tuple[float, float, float, float]:
    """A box of four or six numbers in ``crs`` as west, south, east, north; west may lie east of east."""
    if len(numbers) == 6:
        numbers = [numbers[0], numbers[1], numbers[3], numbers[4]]
    move = _IN[crs]
    (west, south), (east, north) = move(numbers[0], numbers[1]), move(numbers[2], numbers[3])
    return west, south, east, north
