"""Small readers of the members of a payload, each refusing what is not of its kind (clause 5.5.4)."""

from __future__ import annotations

import re
from typing import Any

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.query.moments import moment_of
from chengshu.kernel.durations import parse_duration
from chengshu.kernel.errors import Invalid

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_SCOPE = re.compile(r"/?[^\W\d_]\w*(?:/[^\W\d_]\w*)*")
_DEPTH = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
_MOST_POSITIONS = 100_000


def refuse(detail: str, where: str, remedy: str) -> BadRequestData:
    """The error to raise for a member that is wrong."""
    return BadRequestData(detail, where=where, remedy=remedy)


def text_of(value: Any, where: str) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        raise refuse("a text is expected", where, "write a string that is not empty, or leave it out")
    return value


def uri_of(value: Any, where: str) -> str:
    """An absolute URI."""
    if not isinstance(value, str) or not _URI.fullmatch(value):
        raise refuse(
            f"{str(value)[:80]!r} is not a URI", where, "write an absolute URI such as urn:ngsi-ld:…"
        )
    return value


def texts_of(value: Any, where: str) -> tuple[str, ...]:
    """A list of texts, at least one, each once."""
    if not isinstance(value, list) or not value:
        raise refuse("a list of texts is expected", where, "write a list with at least one, or leave it out")
    return tuple(dict.fromkeys(text_of(item, f"{where}[{at}]") for at, item in enumerate(value)))


def one_or_more(value: Any, where: str) -> tuple[str, ...]:
    """A text, or a list of them."""
    return (value,) if isinstance(value, str) and value else texts_of(value, where)


def object_of(value: Any, where: str, known: frozenset[str]) -> dict[str, Any]:
    """A JSON object with members of ``known`` only."""
    if not isinstance(value, dict):
        raise refuse("an object is expected", where, "write {…}")
    if unknown := sorted(value.keys() - known):
        raise refuse(f"unknown members: {', '.join(unknown)}"[:300], where, f"use {', '.join(sorted(known))}")
    return value


def moment(value: Any, where: str) -> str:
    """A date-time, as it was said."""
    found = moment_of(value) if isinstance(value, str) else None
    if found is None or found[0] or "T" not in value:
        raise refuse(f"{str(value)[:80]!r} is not a date-time", where, "write 2026-08-21T06:00:00Z")
    return str(value)


def micros(said: str) -> int:
    """Microseconds since 1970 of a date-time that :func:`moment` has accepted."""
    found = moment_of(said)
    return found[1] if found else 0


def duration(value: Any, where: str) -> str:
    """An ISO 8601 duration."""
    try:
        parse_duration(text_of(value, where))
    except Invalid as fault:
        raise refuse(f"{str(value)[:80]!r} is not a duration", where, "write PT30M") from fault
    return str(value)


def milliseconds(value: Any, where: str) -> int:
    """A whole number of milliseconds, more than nothing."""
    number = int(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0
    if number != value or not 0 < number <= 86_400_000:
        raise refuse("a number of milliseconds is expected", where, "write a whole number up to a day")
    return number


def truth(value: Any, where: str) -> bool:
    """``true`` or ``false``."""
    if not isinstance(value, bool):
        raise refuse("true or false is expected", where, "write true or false")
    return value


def plain(value: Any, where: str) -> Any:
    """Any JSON value, as far as it can be kept: whole numbers have 64 bits."""
    level = [value]
    while level:
        item = level.pop()
        if isinstance(item, int) and not -(2**63) <= item < 2**63:
            raise refuse("a whole number is too large", where, "write it as a text, or with a decimal point")
        if isinstance(item, list):
            level.extend(item)
        elif isinstance(item, dict):
            level.extend(item.values())
    return value


def scope(value: str, where: str) -> str:
    """A scope (clause 4.18), with its leading slash."""
    if not _SCOPE.fullmatch(value):
        raise refuse(f"{value[:80]!r} is not a scope", where, "write levels as in /City/District")
    return value if value.startswith("/") else f"/{value}"


def geometry(value: Any, where: str) -> dict[str, Any]:
    """A GeoJSON geometry (RFC 7946) of the kinds of clause 4.7."""
    kind = value.get("type") if isinstance(value, dict) and value.keys() == {"type", "coordinates"} else None
    if not isinstance(kind, str) or kind not in _DEPTH:
        raise refuse("a GeoJSON geometry is expected", where, 'write {"type": "Point", "coordinates": […]}')
    if not _positions(value["coordinates"], _DEPTH[kind], [_MOST_POSITIONS]):
        raise refuse(
            f"the coordinates are not those of a {kind}",
            f"{where}.coordinates",
            "write [longitude, latitude] pairs, nested as RFC 7946 says",
        )
    found: dict[str, Any] = plain(value, where)
    return found


def _positions(value: Any, depth: int, left: list[int]) -> bool:
    left[0] -= 1
    if not isinstance(value, list) or not value or left[0] < 0:
        return False
    if depth:
        return all(_positions(item, depth - 1, left) for item in value)
    return (
        2 <= len(value) <= 3
        and all(isinstance(number, int | float) and not isinstance(number, bool) for number in value)
        and -180 <= value[0] <= 180
        and -90 <= value[1] <= 90
    )
