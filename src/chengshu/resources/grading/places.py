"""Longitudes and latitudes as they are written: decimal, in degrees and minutes, in pairs, as shapes."""

from __future__ import annotations

import re

LONGITUDES, LATITUDES = (73.4, 135.1), (3.3, 53.6)  # of China, degrees

_SIDE = r"(?:[EWNS]|东经|東經|西经|西經|北纬|北緯|南纬|南緯)"
_SECONDS = r"""(?:′′|''|[″"”秒])"""
_DEGREES = re.compile(
    rf"(?P<before>{_SIDE})?\s?(?P<sign>-)?(?P<deg>\d{{1,3}}(?:\.\d+)?)\s?[°度˚o]?\s?"
    rf"(?:(?P<min>[0-5]?\d(?:\.\d+)?)\s?[′'’分]\s?(?:(?P<sec>[0-5]?\d(?:\.\d+)?)\s?{_SECONDS}?)?)?\s?(?P<after>{_SIDE})?",
    re.ASCII | re.IGNORECASE,
)
_MARK = re.compile(r"\d\s?[°度˚NSEW]|[NSEW纬緯经經]\s?\d", re.IGNORECASE)
_NUMBER = r"(-?\d{1,3}\.\d{2,})"
_PAIR = re.compile(
    r"(?:SRID=\d{4,6};)?\s?(?:(?:MULTI)?(?:POINT|LINESTRING|POLYGON) ?(?:Z|M|ZM)? ?)?"
    rf"[(\[]{{0,3}}\s*{_NUMBER}\s*[,;|/_ ]\s*{_NUMBER}\s*(?:[)\]]|[,; ].*)?",
    re.ASCII | re.IGNORECASE | re.DOTALL,
)
_SHAPE = re.compile(r"(?:SRID=\d{4,6};)?\s?(?:POINT|MULTI|LINESTRING|POLYGON|\[)", re.IGNORECASE)
_NAMED = re.compile(
    rf"\W{{0,4}}(?:lng|lon|longitude|x|经度|經度)\W{{1,4}}{_NUMBER}\W{{1,4}}(?:lat|latitude|y|纬度|緯度)\W{{1,4}}{_NUMBER}\W{{0,4}}",
    re.ASCII | re.IGNORECASE,
)
_NAMED_BACK = re.compile(
    rf"\W{{0,4}}(?:lat|latitude|y|纬度|緯度)\W{{1,4}}{_NUMBER}\W{{1,4}}(?:lng|lon|longitude|x|经度|經度)\W{{1,4}}{_NUMBER}\W{{0,4}}",
    re.ASCII | re.IGNORECASE,
)
_GEOJSON = re.compile(
    rf'\{{.*"coordinates"\s*:\s*\[[\s\[]*{_NUMBER}\s*,\s*{_NUMBER}.*\}}', re.ASCII | re.DOTALL
)
_APART = re.compile(r"\s*[,;/ ]\s*")


def read_degrees(value: str, axis: str) -> float | None:
    """Degrees along one axis, ``lon`` or ``lat``, of 118.78, -118.78°, E118.78, 118°46′12.5″E, 东经118度46分.

    None for anything else, and for what says that it counts along the other axis.
    """
    match = _DEGREES.fullmatch(value) if len(value) <= 40 else None
    if match is None:
        return None
    side = (match["before"] or match["after"] or "").upper()
    if (match["before"] and match["after"]) or side not in _AXES[axis]:
        return None
    degrees = float(match["deg"]) + float(match["min"] or 0) / 60 + float(match["sec"] or 0) / 3600
    return -degrees if match["sign"] or side in _NEGATIVE else degrees


_NEGATIVE = frozenset(["W", "S", "西经", "西經", "南纬", "南緯"])
_AXES = {
    "lon": frozenset(["", "E", "W", "东经", "東經", "西经", "西經"]),
    "lat": frozenset(["", "N", "S", "北纬", "北緯", "南纬", "南緯"]),
}


def says_axis(value: str, axis: str) -> bool:
    """Whether a text itself says along which axis it counts, with a letter or a word."""
    return (
        len(value) <= 40
        and read_degrees(value, axis) is not None
        and read_degrees(value, _OTHER[axis]) is None
    )


_OTHER = {"lon": "lat", "lat": "lon"}


def point_of(value: str) -> tuple[float, float] | None:
    """Longitude and latitude of a cell with both, within China; of a shape its first point. Else None."""
    for pair in _pairs(value[:2000]):
        for lon, lat in (pair, pair[::-1]):
            if LONGITUDES[0] <= lon <= LONGITUDES[1] and LATITUDES[0] <= lat <= LATITUDES[1]:
                return lon, lat
    return None


def _pairs(value: str) -> list[tuple[float, float]]:
    match = _PAIR.fullmatch(value)
    if match and (_SHAPE.match(value) or not value[match.end(2) :].strip(" )]")):
        return [(float(match[1]), float(match[2]))]
    for pattern in (_NAMED, _NAMED_BACK, _GEOJSON):
        if match := pattern.fullmatch(value):
            return [(float(match[1]), float(match[2]))]
    return _in_degrees(value) if len(value) <= 80 and _MARK.search(value) else []


def _in_degrees(value: str) -> list[tuple[float, float]]:
    """Both in degrees and minutes, cut at the sign between them that leaves two readable halves."""
    for cut in _APART.finditer(value):
        one, other = value[: cut.start()], value[cut.end() :]
        for lon, lat in ((one, other), (other, one)):
            x, y = read_degrees(lon, "lon"), read_degrees(lat, "lat")
            if x is not None and y is not None and (says_axis(lon, "lon") or says_axis(lat, "lat")):
                return [(x, y)]
    return []
