"""What expressions compute with: comparisons, arithmetic and the functions of OGC 18-088, tables 20 to 25.

Times are texts; two texts that both are times compare as instants. A function of something that is not of its
kind gives null.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import shapely
from shapely.geometry import shape

from chengshu.foundation.broker.query.moments import moment_of

Function = Callable[..., Any]
_ZONE = re.compile(r"T.*?(?:Z|([+-])(\d\d):?(\d\d))$")
_DE9IM = re.compile(r"[T0-2F*]{9}")


def _comparable(left: Any, right: Any) -> tuple[Any, Any] | None:
    if isinstance(left, bool) or isinstance(right, bool):
        return (left, right) if isinstance(left, bool) and isinstance(right, bool) else None
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left, right
    if isinstance(left, str) and isinstance(right, str):
        one, other = moment_of(_start(left)), moment_of(_start(right))
        return (one, other) if one and other and one[0] == other[0] else (left, right)
    return None


def _start(text: str) -> str:
    """An interval counts by its beginning."""
    return text.partition("/")[0]


def _ordered(compare: Callable[[Any, Any], bool]) -> Function:
    def holds(left: Any, right: Any) -> bool:
        pair = _comparable(left, right)
        return pair is not None and compare(*pair)

    return holds


def _equal(left: Any, right: Any) -> bool:
    if left is None or right is None:
        return left is right
    pair = _comparable(left, right)
    return pair is not None and bool(pair[0] == pair[1])


ORDERS: Final[Mapping[str, Function]] = {
    "eq": _equal,
    "ne": lambda left, right: not _equal(left, right),
    "gt": _ordered(operator.gt),
    "ge": _ordered(operator.ge),
    "lt": _ordered(operator.lt),
    "le": _ordered(operator.le),
}


def _numeric(compute: Callable[..., float]) -> Function:
    def value(*numbers: Any) -> float | None:
        if any(isinstance(number, bool) or not isinstance(number, int | float) for number in numbers):
            return None
        try:
            return compute(*map(float, numbers))
        except (ZeroDivisionError, OverflowError, ValueError):
            return None

    return value


def _half_up(number: float) -> float:
    return math.floor(number + 0.5) if number >= 0 else -math.floor(-number + 0.5)


ARITHMETIC: Final[Mapping[str, Function]] = {
    "add": _numeric(operator.add),
    "sub": _numeric(operator.sub),
    "mul": _numeric(operator.mul),
    "div": _numeric(operator.truediv),
    "mod": _numeric(math.fmod),
}


def _texts(compute: Callable[..., Any]) -> Function:
    def value(*texts: Any) -> Any:
        return compute(*texts) if all(isinstance(text, str) for text in texts) else None

    return value


def _substring(text: Any, start: Any, length: Any = None) -> str | None:
    if (
        not isinstance(text, str)
        or not isinstance(start, float)
        or not (length is None or isinstance(length, float))
    ):
        return None
    begin = max(int(start), 0)
    return text[begin:] if length is None else text[begin : begin + max(int(length), 0)]


def _part(name: str) -> Function:
    """A part of a time, in UTC."""

    def value(text: Any) -> float | None:
        moment = moment_of(_start(text)) if isinstance(text, str) else None
        if moment is None or moment[0]:
            return None
        seconds, micros = divmod(moment[1], 1_000_000)
        try:
            at = datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError):
            return None
        return micros / 1_000_000 if name == "fraction" else float(getattr(at, name))

    return value


def _date(text: str) -> str | None:
    moment = moment_of(_start(text))
    return None if moment is None or moment[0] else _start(text)[:10]


def _time_of_day(text: str) -> str | None:
    moment = moment_of(_start(text))
    return None if moment is None or moment[0] or len(_start(text)) <= 10 else _start(text)[11:19]


def _offset(text: str) -> float | None:
    """Minutes east of UTC that a time says of itself."""
    found = _ZONE.search(_start(text))
    if found is None or moment_of(_start(text)) is None:
        return None
    hours, minutes = int(found[2] or 0), int(found[3] or 0)
    return float((hours * 60 + minutes) * (-1 if found[1] == "-" else 1))


def _relates(left: Any, right: Any, pattern: Any) -> Any:
    """DE-9IM, as in ``st_relate(location, geography'…', 'T*****FF*')``."""
    if not isinstance(pattern, str) or not _DE9IM.fullmatch(pattern):
        return None
    return _spatial(lambda one, other: bool(shapely.relate_pattern(one, other, pattern)))(left, right)


def _length(line: Any) -> Any:
    return _spatial(lambda one, _: float(one.length))(line, line)


def geography(text: str) -> Any:
    """Well-known text as GeoJSON. Raises ValueError of anything else."""
    try:
        return shapely.geometry.mapping(shapely.from_wkt(text.replace("''", "'")))
    except (shapely.errors.ShapelyError, TypeError, AttributeError) as fault:
        raise ValueError("not well-known text") from fault


def _spatial(compute: Callable[[Any, Any], Any]) -> Function:
    def value(left: Any, right: Any) -> Any:
        try:
            one, other = (shape(item.get("geometry", item)) for item in (left, right))
            return compute(one, other)
        except (AttributeError, TypeError, ValueError, KeyError, shapely.errors.ShapelyError):
            return None

    return value


def _relation(name: str) -> Function:
    return _spatial(lambda one, other: bool(getattr(one, name)(other)))


FUNCTIONS: Final[Mapping[str, tuple[tuple[int, ...], Function]]] = {
    "substringof": ((2,), _texts(lambda part, text: part in text)),
    "contains": ((2,), _texts(lambda text, part: part in text)),
    "startswith": ((2,), _texts(str.startswith)),
    "endswith": ((2,), _texts(str.endswith)),
    "length": ((1,), _texts(lambda text: float(len(text)))),
    "indexof": ((2,), _texts(lambda text, part: float(text.find(part)))),
    "substring": ((2, 3), _substring),
    "tolower": ((1,), _texts(str.lower)),
    "toupper": ((1,), _texts(str.upper)),
    "trim": ((1,), _texts(str.strip)),
    "concat": ((2,), _texts(lambda one, other: (one + other)[:65_536])),
    "year": ((1,), _part("year")),
    "month": ((1,), _part("month")),
    "day": ((1,), _part("day")),
    "hour": ((1,), _part("hour")),
    "minute": ((1,), _part("minute")),
    "second": ((1,), _part("second")),
    "fractionalseconds": ((1,), _part("fraction")),
    "date": ((1,), _texts(_date)),
    "time": ((1,), _texts(_time_of_day)),
    "totaloffsetminutes": ((1,), _texts(_offset)),
    "mindatetime": ((0,), lambda: "0001-01-01T00:00:00Z"),
    "maxdatetime": ((0,), lambda: "9999-12-31T23:59:59Z"),
    "round": ((1,), _numeric(_half_up)),
    "floor": ((1,), _numeric(math.floor)),
    "ceiling": ((1,), _numeric(math.ceil)),
    "geo.distance": ((2,), _spatial(lambda one, other: float(one.distance(other)))),
    "geo.length": ((1,), _length),
    "geo.intersects": ((2,), _relation("intersects")),
    "st_equals": ((2,), _relation("equals")),
    "st_disjoint": ((2,), _relation("disjoint")),
    "st_touches": ((2,), _relation("touches")),
    "st_within": ((2,), _relation("within")),
    "st_overlaps": ((2,), _relation("overlaps")),
    "st_crosses": ((2,), _relation("crosses")),
    "st_intersects": ((2,), _relation("intersects")),
    "st_contains": ((2,), _relation("contains")),
    "st_relate": ((3,), _relates),
}
