"""``orderBy``: entities in the order of members, attribute values and distances (clause 4.23 of V1.9.1)."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from shapely.geometry.base import BaseGeometry

from chengshu.foundation.broker.errors import BadRequestData, TooManyResults
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.query.geo import distance_between, geometry_of, read_geo, reference
from chengshu.surfaces.ngsi_ld.answers import encode
from chengshu.surfaces.ngsi_ld.collating import collated, level_of

_TIMES: dict[str, Callable[[Any], Any]] = {
    "createdAt": lambda item: item.created_at,
    "modifiedAt": lambda item: item.modified_at,
}
_ENTITY: dict[str, Callable[[Entity], Any]] = _TIMES | {
    "id": lambda entity: entity.id,
    "type": lambda entity: sorted(entity.types)[0],
    "scope": lambda entity: min(entity.scopes, default=None),
}
_ATTRIBUTE: dict[str, Callable[[Attribute], Any]] = _TIMES | {
    "observedAt": lambda item: item.observed_at,
    "unitCode": lambda item: item.unit_code,
    "datasetId": lambda item: item.dataset,
}
_WAYS = ("", "asc", "desc", "dist-asc", "dist-desc")
_MOST = 8


class Order(NamedTuple):
    """One thing to order by: names on the way to it (attribute names are IRIs), and which way.

    With ``origin``, a geometry, by the metres from there to the GeoProperty at the end of the way. ``trail``
    leads on into a value that is an object; ``level`` says what tells texts apart.
    """

    path: tuple[str, ...]
    descending: bool
    origin: BaseGeometry | None = None
    trail: tuple[str, ...] = ()
    level: int = 3


def orders_of(params: Mapping[str, str], context: LdContext) -> tuple[Order, ...]:
    """What ``orderBy`` says: ``name,type;desc,a.b;asc,address[city]``, or ``location;dist-asc``.

    Distances are from what ``orderFrom`` and ``orderGeometry`` name, else from the geometry of the geoquery.
    Raises :class:`BadRequestData`.
    """
    text = params.get("orderBy")
    if text is None:
        return ()
    level = level_of(params.get("collation", ""))
    if not by_distance(params):
        return _read(text, context, None, level)
    said = params.get("orderFrom") or params.get("coordinates")
    if said is None:
        raise BadRequestData(
            "a distance is from somewhere: orderFrom is missing", where="orderFrom", remedy="say where from"
        )
    shape = params.get("orderGeometry") or ("" if "orderFrom" in params else params.get("geometry", ""))
    return _read(text, context, reference(read_geo("intersects", shape or "Point", said)), level)


def by_distance(params: Mapping[str, str]) -> bool:
    """Whether the order is one of distances."""
    return ";dist-" in params.get("orderBy", "")


def _read(text: str, context: LdContext, origin: BaseGeometry | None, level: int) -> tuple[Order, ...]:
    pieces = text.split(",")
    if len(pieces) > _MOST:
        raise BadRequestData(
            f"orderBy has more than {_MOST} parts", where="orderBy", remedy="order by fewer members"
        )
    return tuple(_one(piece.strip(), context, origin, level) for piece in pieces)


def _one(piece: str, context: LdContext, origin: BaseGeometry | None, level: int) -> Order:
    whole, _, way = piece.partition(";")
    name, trail = _parted(whole)
    far = way.startswith("dist-")
    if not name or way not in _WAYS or (far and name in _ENTITY):
        raise BadRequestData(
            f"{piece[:80]!r} is not an order",
            where="orderBy",
            remedy="write a name, then ;asc or ;desc, of a place ;dist-asc or ;dist-desc",
        )
    if name in _ENTITY:
        return Order((name,), way == "desc", level=level)
    first, *rest = [name] if "://" in name else name.split(".")
    path = [context.expand(first), *(part if part in _ATTRIBUTE else context.expand(part) for part in rest)]
    return Order(tuple(path), way.endswith("desc"), origin if far else None, trail, level)


def _parted(said: str) -> tuple[str, tuple[str, ...]]:
    """The path of an attribute, and the members in brackets after it: ``address[city]``."""
    name, bracket, rest = said.partition("[")
    if not bracket:
        return said, ()
    if not rest.endswith("]") or not rest[:-1]:
        return "", ()
    return name, tuple(rest[:-1].split("."))


def too_many_to_order(most: int) -> TooManyResults:
    """The error of a query that finds more than can be put in order."""
    return TooManyResults(
        f"more than {most} entities would have to be put in order",
        where="orderBy",
        remedy="narrow the query, or leave orderBy out",
    )


def ordered(entities: Iterable[Entity], orders: Sequence[Order]) -> list[Entity]:
    """The entities in order; one that lacks what is ordered by comes last, whichever way; ties by id."""
    rows = [(tuple(_rank(_sought(item, order), order.level) for order in orders), item) for item in entities]

    def compare(one: tuple[tuple[Any, ...], Entity], other: tuple[tuple[Any, ...], Entity]) -> int:
        for order, left, right in zip(orders, one[0], other[0], strict=True):
            if left == right:
                continue
            if left[0] == _LACKING or right[0] == _LACKING:
                return -1 if right[0] == _LACKING else 1
            return (-1 if left < right else 1) * (-1 if order.descending else 1)
        return (one[1].id > other[1].id) - (one[1].id < other[1].id)

    rows.sort(key=functools.cmp_to_key(compare))
    return [item for _, item in rows]


_LACKING = 10
_TIMES_OF_DAY = {"Time": 6, "Date": 7, "DateTime": 8}


def _rank(value: Any, level: int) -> tuple[int, Any]:
    """Values of one kind compare with each other, kinds among themselves (clause 4.23.2): numbers, texts,
    objects, arrays, truth values, times, dates, moments, null; what is not there comes last."""
    if isinstance(value, bool):
        return (5, value)
    if isinstance(value, int | float):
        return (0, float(value))
    if isinstance(value, str):
        return (1, collated(value, level)) if value else (_LACKING, "")
    if isinstance(value, dict):
        kind = _TIMES_OF_DAY.get(str(value.get("@type", "")).rpartition("/")[2], 3)
        return (kind, str(value.get("@value", "")) if kind > _OBJECT else encode(value))
    if isinstance(value, list):
        return (4, encode(value))
    return (_LACKING, "") if value is None else (3, str(value))


_OBJECT = 3


def _sought(entity: Entity, order: Order) -> Any:
    """The value, or the distance, that an entity is put in order by; None when it has none."""
    value = _value(entity, order.path)
    for member in order.trail:
        value = value.get(member) if isinstance(value, dict) else None
    if order.origin is None or value is None:
        return value
    place = geometry_of(value)
    if place is None or place.is_empty:
        return None if isinstance(value, int | float) else value  # after all places, by its value
    metres = distance_between(place, order.origin)
    return metres if math.isfinite(metres) else None


def _value(entity: Entity, path: tuple[str, ...]) -> Any:
    first, *rest = path
    if first in _ENTITY and not rest:
        return _ENTITY[first](entity)
    item = _default(entity.attributes.get(first, ()))
    for name in rest:
        if item is None:
            return None
        if name in _ATTRIBUTE:
            return _ATTRIBUTE[name](item)
        item = _default(item.attributes.get(name, ()))
    return None if item is None else item.value


def _default(instances: Sequence[Attribute]) -> Attribute | None:
    return next((item for item in instances if not item.dataset), instances[0] if instances else None)
