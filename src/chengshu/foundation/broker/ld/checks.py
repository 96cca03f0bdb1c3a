"""The forms of values: URIs, times, language tags, scopes, GeoJSON geometries, JSON without nulls.

Source: ETSI GS CIM 009 V1.8.1, clauses 4.6 (URIs, times), 4.7 (geometries, RFC 7946), 4.18 (scopes), 5.5.4
(null). Each check returns what to keep, or raises :class:`BadRequestData` with place and remedy.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld.core import LONGEST, is_iri
from chengshu.foundation.broker.model import NULL

MOST_STRINGS = 1000  # types, scopes, words of a vocabulary said together
DEEPEST = 64  # arrays and objects within each other in one value
GEOMETRIES = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s\x00-\x1f\x7f<>\"{}|\\^`]{1,2040}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?Z")
_LAST = "9999-12-31T23:59:59"  # rounded to milliseconds, a part of this second would be in year 10000
_LANGUAGE = re.compile(r"@none|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,8}")
_SCOPE = re.compile(r"/?[\w\-.]{1,128}(?:/[\w\-.]{1,128}){0,31}")
_NUMBERS = frozenset({int, float})
_LARGEST, _SMALLEST = 2**64 - 1, -(2**63)


def uri(said: Any, where: str) -> str:
    """A URI or IRI (clause 4.6.1), the Null text excepted."""
    if isinstance(said, str) and _URI.fullmatch(said) and said != NULL and _fits(said):
        return said
    raise _bad(f"{shown(said)} is not a URI", where, "write one such as urn:ngsi-ld:Sensor:001")


def _fits(uri: str) -> bool:
    """As :func:`is_iri`, of what has no control signs."""
    return len(uri) <= LONGEST if uri.isascii() else is_iri(uri)


def time(said: Any, where: str) -> str:
    """A DateTime in UTC with ``Z`` (clause 4.6.3), kept as it was said."""
    if isinstance(said, str) and _is_time(said):
        return said
    raise _bad(
        f"{shown(said)} is not a time", where, "write UTC as 2026-11-22T08:00:00Z, with or without a fraction"
    )


@lru_cache(maxsize=4096)  # values that come together were mostly measured together
def _is_time(said: str) -> bool:
    if not _TIME.fullmatch(said) or (len(said) > 24 and said.startswith(_LAST)):
        return False
    try:
        datetime.fromisoformat(said[:19])
    except ValueError:
        return False
    return True


def language(tag: str, where: str) -> None:
    """A language tag of RFC 5646, or ``@none``."""
    if not _LANGUAGE.fullmatch(tag):
        raise _bad(f"{shown(tag)} is not a language tag", where, "write one such as en, zh-Hant or @none")


def scope(said: Any, where: str = "scope") -> str:
    """One scope (clause 4.18), with its leading slash."""
    if isinstance(said, str) and _SCOPE.fullmatch(said):
        return said if said[0] == "/" else "/" + said
    raise _bad(f"{shown(said)} is not a scope", where, "write levels between slashes, as /Madrid/Gardens")


def text(said: Any, where: str) -> str:
    """A text that is not empty, without control characters, and not the Null text."""
    if isinstance(said, str) and said and said != NULL and not _CONTROL.search(said):
        return said
    raise _bad(f"{shown(said)} is not a text", where, "write a text that is not empty")


def strings(said: Any, where: str, what: str) -> list[str]:
    """A text or a list of texts, as a list without repetition; not empty."""
    if type(said) is str and said and said != NULL:
        return [said]
    items = said if isinstance(said, list) else [said]
    if not items or not all(isinstance(item, str) and item and item != NULL for item in items):
        raise _bad(f"{shown(said)} is not {what}", where, f"write {what}, or a list of them")
    if len(items) > MOST_STRINGS:
        raise _bad(f"there are {len(items)} of them", where, f"write at most {MOST_STRINGS}")
    return list(dict.fromkeys(items))


def json_value(value: Any, where: str, *, nulls: bool, literal: bool = False) -> Any:
    """A JSON value with no null in it (clause 5.5.4), at most :data:`DEEPEST` deep, numbers within 64 bits.

    ``nulls`` allows the NGSI-LD Null text where it can delete: as the value and as a member of an object that
    is in no list. ``literal`` (a JsonProperty) allows JSON's own null below the top.
    """
    kind = type(value)
    if kind is float or kind is bool:
        return value
    if value is None:
        raise _bad("null is not a value", where, f'leave it out, or delete with "{NULL}" in an update')
    if kind is str:
        if value == NULL and not nulls:
            raise _no_null(where)
    elif kind is int:
        _whole(value, where)
    else:
        _nested(value, where, nulls, literal, DEEPEST)
    return value


def _nested(value: Any, where: str, nulls: bool, literal: bool, depth: int) -> None:
    if depth == 0:
        raise _bad(f"a value nests deeper than {DEEPEST} levels", where, "flatten it")
    items = value.values() if isinstance(value, dict) else value
    nulls = nulls and items is not value
    for item in items:
        kind = type(item)
        if kind is str:
            if item == NULL and not nulls:
                raise _no_null(where)
        elif item is None:
            if not literal:
                raise _bad("null is not a value", where, "leave the member out")
        elif kind is int:
            _whole(item, where)
        elif kind is dict or kind is list:
            _nested(item, where, nulls, literal, depth - 1)


def _whole(value: int, where: str) -> None:
    if not _SMALLEST <= value <= _LARGEST:
        raise _bad("the number has more than 64 bits", where, "write it as a text or with a decimal point")


def looks_like_geometry(said: Any) -> bool:
    """Whether a value is meant as a geometry: an object with a geometry's type, and coordinates."""
    if type(said) is not dict or "coordinates" not in said:
        return False
    kind = said.get("type")
    return type(kind) is str and kind in GEOMETRIES


def geometry(said: Any, where: str) -> dict[str, Any]:
    """A GeoJSON geometry (RFC 7946, WGS 84: longitude, latitude and perhaps height)."""
    if type(said) is dict and said.get("type") == "Point":  # nearly always
        _coordinates(said.get("coordinates"), 0, f"{where}.coordinates" if where else "coordinates")
        return said
    if not isinstance(said, dict):
        raise _bad(f"{shown(said)} is not a GeoJSON geometry", where, "write type and coordinates")
    inside = f"{where}." if where else ""
    kind = said.get("type")
    if kind == "GeometryCollection":
        _collected(said.get("geometries"), where, inside)
        return said
    depth = GEOMETRIES.get(kind) if isinstance(kind, str) else None
    if depth is None:
        raise _bad(
            f"{shown(kind)} is not a kind of geometry",
            f"{inside}type",
            f"write one of {', '.join(GEOMETRIES)}",
        )
    coordinates: Any = said.get("coordinates")
    _coordinates(coordinates, depth, f"{inside}coordinates")
    if kind == "LineString":
        _line(coordinates, f"{inside}coordinates")
    elif kind == "MultiLineString":
        for line in coordinates:
            _line(line, f"{inside}coordinates")
    elif kind == "Polygon":
        _rings(coordinates, f"{inside}coordinates")
    elif kind == "MultiPolygon":
        for polygon in coordinates:
            _rings(polygon, f"{inside}coordinates")
    return said


def _collected(parts: Any, where: str, inside: str) -> None:
    """The geometries of a collection, none of which is one."""
    if not isinstance(parts, list) or not parts:
        raise _bad("a GeometryCollection needs geometries", where, "list at least one")
    for number, part in enumerate(parts):
        if isinstance(part, dict) and part.get("type") == "GeometryCollection":
            raise _bad("a GeometryCollection holds another", f"{inside}geometries[{number}]", "flatten it")
        geometry(part, f"{inside}geometries[{number}]")


def _coordinates(said: Any, depth: int, where: str) -> None:
    if not isinstance(said, list) or not said:
        raise _bad("there are no coordinates", where, "write [longitude, latitude], nested as the type asks")
    if depth:
        for part in said:
            _coordinates(part, depth - 1, where)
        return
    if not 2 <= len(said) <= 4 or not _NUMBERS.issuperset(map(type, said)):
        raise _bad(f"{shown(said)} is not a position", where, "write [longitude, latitude]")
    if not (-180 <= said[0] <= 180 and -90 <= said[1] <= 90):
        raise _bad(
            f"{shown(said)} is not on the Earth", where, "write degrees of WGS 84, the longitude first"
        )


def _line(line: Sequence[Any], where: str) -> None:
    if len(line) < 2:
        raise _bad("a line has one position only", where, "write two or more")


def _rings(rings: Sequence[Any], where: str) -> None:
    for ring in rings:
        if len(ring) < 4 or ring[0] != ring[-1]:
            raise _bad("a ring of the polygon is not closed", where, "end it with its first position")


def shown(said: Any) -> str:
    """A value as an error message shows it: quoted, and cut when long."""
    words = repr(said) if not isinstance(said, dict | list) else f"a {type(said).__name__} of {len(said)}"
    return words if len(words) <= 80 else words[:77] + "…" + words[-1]


def _no_null(where: str) -> BadRequestData:
    return _bad(f'"{NULL}" deletes, and there is nothing to delete here', where, "leave it out")


def _bad(detail: str, where: str, remedy: str) -> BadRequestData:
    return BadRequestData(detail, where=where, remedy=remedy)
