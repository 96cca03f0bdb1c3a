"""What the indexes keep of an entity: pure functions of its document, so that old rows are known without
asking.

Places lie under the Z-order (Morton 1966) of the south-west corner of their bounding box, in classes by
size: a box of a class can only meet a query's box when its corner lies in the query's box widened by the
class's extent (the idea of XZ-ordering, Böhm et al. 1999). It needs integers only, so it is the same in
every engine.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.plan import TEXT_INDEXED

PRESENT, NUMBER, TEXT, TRUTH, MORE = 0, 1, 2, 3, 9
KINDS = (
    "",
    "Property",
    "Relationship",
    "GeoProperty",
    "LanguageProperty",
    "VocabProperty",
    "ListProperty",
    "ListRelationship",
    "JsonProperty",
)
KIND_CODES = {kind: code for code, kind in enumerate(KINDS)}
_MOST_VALUES = 64  # of one attribute: a longer list is looked at, not indexed
_EXTENTS = (0.0, 0.002, 0.02, 0.2, 2.0, 20.0, 360.0)  # degrees: the classes of size
SIZES = len(_EXTENTS)
_BITS = 26
_SIDE = 1 << _BITS

Value = tuple[int, float, str]  # rank, number, text


THERE: Value = (PRESENT, 0.0, "")  # of an attribute that has no value to index
_THERE: tuple[Value, ...] = (THERE,)


class Box(NamedTuple):
    """A bounding box in degrees, WGS-84."""

    west: float
    south: float
    east: float
    north: float


def values_of(instances: tuple[Attribute, ...]) -> Collection[Value]:
    """What the index keeps of an attribute's values, each once; at least that it is there."""
    first = instances[0]
    if len(instances) == 1 and first.kind == "GeoProperty":
        return _THERE
    found = {value for instance in instances for value in _of(instance)}
    if len(found) > _MOST_VALUES:
        return ((MORE, 0.0, ""),)
    return found or _THERE


def places_of(instances: Iterable[Attribute]) -> dict[tuple[int, int], Box]:
    """Class of size and cell of each geometry of an attribute, with its bounding box."""
    found: dict[tuple[int, int], Box] = {}
    for instance in instances:
        if instance.kind != "GeoProperty":
            continue
        place = instance.value
        if not found and (point := _point_of(place)):  # nearly always
            lon, lat = point
            found[0, z_order(lon, lat)] = Box(lon, lat, lon, lat)
        else:
            _add_place(found, place)
    return found


def only_place(instances: tuple[Attribute, ...]) -> tuple[int, float, float] | None:
    """Cell, longitude and latitude of an attribute that is one point and nothing else."""
    if (
        len(instances) == 1
        and instances[0].kind == "GeoProperty"
        and (point := _point_of(instances[0].value))
    ):
        return (z_order(*point), *point)
    return None


def _point_of(geometry: Any) -> tuple[float, float] | None:
    if type(geometry) is dict and geometry.get("type") == "Point" and (at := geometry.get("coordinates")):
        return at[0], at[1]
    return None


def _of(instance: Attribute) -> Iterator[Value]:
    kind, value = instance.kind, instance.value
    if kind in ("GeoProperty", "JsonProperty"):
        return
    if kind == "LanguageProperty" and isinstance(value, Mapping):
        value = [
            text for part in value.values() for text in (part if isinstance(part, list | tuple) else (part,))
        ]
    for item in value if isinstance(value, list | tuple) else (value,):
        if (indexed := scalar(item)) is not None:
            yield indexed


def scalar(item: Any) -> Value | None:
    """One value as it lies in the index; None for what is not indexed."""
    kind = type(item)
    if kind is float:
        return (NUMBER, item, "")
    if kind is str:
        return (TEXT, 0.0, cut(item))
    if kind is bool:
        return (TRUTH, float(item), "")
    return (NUMBER, as_double(item), "") if kind is int else None


def as_double(number: float) -> float:
    """A number as the index compares it; beyond the doubles: infinite."""
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def cut(text: str) -> str:
    """A text as the index keeps it."""
    text = text[:TEXT_INDEXED]
    return text.replace("\0", "") if "\0" in text else text


def key_of_types(types: Iterable[str]) -> tuple[str, ...]:
    """Types in the order in which a type set keeps them."""
    return tuple(sorted(types))


# ---- places ----------------------------------------------------------------------------------------------


def _add_place(found: dict[tuple[int, int], Box], geometry: Any) -> None:
    box = box_of(geometry)
    if box is None:
        return
    size = max(box.east - box.west, box.north - box.south)
    class_ = min(bisect_left(_EXTENTS, size), len(_EXTENTS) - 1)
    place = (class_, z_order(box.west, box.south))
    other = found.get(place)
    found[place] = box if other is None else _union((box, other))


def box_of(geometry: Any) -> Box | None:
    """The bounding box of a GeoJSON geometry; None when it has no coordinates."""
    if type(geometry) is not dict and not isinstance(geometry, Mapping):
        return None
    if geometry.get("type") == "Point" and (point := geometry.get("coordinates")):
        return Box(point[0], point[1], point[0], point[1])
    if geometry.get("type") == "GeometryCollection":
        boxes = [box for part in geometry.get("geometries", ()) if (box := box_of(part)) is not None]
        return _union(boxes) if boxes else None
    points = list(_points(geometry.get("coordinates")))
    if not points:
        return None
    lons, lats = [point[0] for point in points], [point[1] for point in points]
    return Box(min(lons), min(lats), max(lons), max(lats))


def _points(coordinates: Any) -> Iterator[tuple[float, float]]:
    if not isinstance(coordinates, list | tuple) or not coordinates:
        return
    if isinstance(coordinates[0], list | tuple):
        for part in coordinates:
            yield from _points(part)
    else:
        yield coordinates[0], coordinates[1]


def _union(boxes: Iterable[Box]) -> Box:
    west, south, east, north = zip(*boxes, strict=True)
    return Box(min(west), min(south), max(east), max(north))


def z_order(lon: float, lat: float) -> int:
    """The cell of a point: 26 bits of longitude and latitude each, interleaved."""
    x, y = int((lon + 180.0) / 360.0 * _SIDE), int((lat + 90.0) / 180.0 * _SIDE)
    if not (0 <= x < _SIDE and 0 <= y < _SIDE):
        x, y = _cell(lon, -180.0, 360.0), _cell(lat, -90.0, 180.0)
    halves, half = _HALVES, _HALF  # of all that is done for a place this is done most
    return halves[x & half] | halves[x >> 13] << 26 | (halves[y & half] | halves[y >> 13] << 26) << 1


def _cell(degrees: float, start: float, span: float) -> int:
    return min(max(int((degrees - start) / span * _SIDE), 0), _SIDE - 1)


def _spread(bits: int) -> int:
    """The bits with a gap before each."""
    return _HALVES[bits & _HALF] | _HALVES[bits >> 13] << 26


def _gapped(bits: int) -> int:
    bits = (bits | bits << 16) & 0x0000FFFF0000FFFF
    bits = (bits | bits << 8) & 0x00FF00FF00FF00FF
    bits = (bits | bits << 4) & 0x0F0F0F0F0F0F0F0F
    bits = (bits | bits << 2) & 0x3333333333333333
    return (bits | bits << 1) & 0x5555555555555555


_HALF = (1 << 13) - 1
_HALVES = tuple(map(_gapped, range(_HALF + 1)))


def ranges(box: Box) -> list[tuple[int, int, int]]:
    """Class of size, first and last cell: together they hold every place whose box may meet ``box``."""
    return [(number, *cells) for number, extent in enumerate(_EXTENTS) for cells in _ranges(box, extent)]


def _ranges(box: Box, extent: float) -> list[tuple[int, int]]:
    x0, x1 = _cell(box.west - extent, -180.0, 360.0), _cell(box.east, -180.0, 360.0)
    y0, y1 = _cell(box.south - extent, -90.0, 180.0), _cell(box.north, -90.0, 180.0)
    shift = max((max(x1 - x0, y1 - y0) >> 2).bit_length(), 0)  # at most five cells a side
    starts = sorted(
        _spread(x) | _spread(y) << 1
        for x in range(x0 >> shift, (x1 >> shift) + 1)
        for y in range(y0 >> shift, (y1 >> shift) + 1)
    )
    merged: list[tuple[int, int]] = []
    for start in starts:
        low, high = start << 2 * shift, ((start + 1) << 2 * shift) - 1
        if merged and merged[-1][1] == low - 1:
            merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return merged


def scopes_of(entity: Entity) -> tuple[str, ...]:
    """The scopes as the index keeps them, each once."""
    return tuple(dict.fromkeys(map(scope_path, entity.scopes)))


def scope_path(scope: str) -> str:
    """A scope with one slash before each level, however it was said."""
    return "/" + scope.strip("/")
