"""The parameters of ``items`` as a query of the broker (OGC 17-069r4 clause 7.15, 18-058r1, 19-079r2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from chengshu.foundation.broker.query.model import (
    Compare,
    Condition,
    Every,
    Number,
    Place,
    Query,
    Selector,
    Some,
    Text,
    Truth,
    Value,
)
from chengshu.surfaces.ogc_features import crs as systems
from chengshu.surfaces.ogc_features.collections import Collection
from chengshu.surfaces.ogc_features.cql2_text import read_text
from chengshu.surfaces.ogc_features.errors import BadRequest
from chengshu.surfaces.ogc_features.filters import (
    LANGUAGES,
    Filter,
    box_query,
    boxes_of,
    read_json,
    span_of,
)

DEFAULT_LIMIT, MOST_LIMIT = 10, 1000
_KNOWN = (
    "limit",
    "offset",
    "bbox",
    "bbox-crs",
    "crs",
    "datetime",
    "filter",
    "filter-lang",
    "filter-crs",
    "f",
)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,30})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?")


class Asked(NamedTuple):
    """What was asked: the query, the page, and the reference system of the answer."""

    query: Query
    limit: int
    offset: int
    crs: str


def read_items(said: Iterable[tuple[str, str]], collection: Collection) -> Asked:
    """The parameters of a request for items. Raises :class:`BadRequest` naming the parameter."""
    given = once(said)
    parts: list[Condition] = []
    if "bbox" in given:
        parts.append(_box(given, collection))
    if "datetime" in given:
        parts.append(collection.seen(*span_of(_interval(given["datetime"]), "datetime")))
    if "filter" in given:
        parts.append(_filter(given, collection))
    parts += [_equal(name, text, collection) for name, text in given.items() if name not in _KNOWN]
    condition = parts[0] if len(parts) == 1 else Every(tuple(parts)) if parts else None
    return Asked(
        Query(selectors=(Selector(types=((collection.iri,),)),), q=condition),
        min(whole(given, "limit", DEFAULT_LIMIT, least=1), MOST_LIMIT),
        whole(given, "offset", 0, least=0),
        systems.check(given.get("crs"), "crs"),
    )


def once(said: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Each parameter once. Raises :class:`BadRequest` of one that is said twice."""
    given: dict[str, str] = {}
    for name, text in said:
        if name in given:
            raise BadRequest("parameter-twice", f"{name} is given twice", where=name, remedy="say it once")
        given[name] = text
    if given.get("f", "json") != "json":
        raise BadRequest(
            "format-unknown", "there is only JSON here", where="f", remedy="leave f out, or f=json"
        )
    return given


def whole(given: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    """A whole number of at least ``least``. Raises :class:`BadRequest`."""
    text = given.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 12 or int(text) < least:
        raise BadRequest(
            "number-malformed",
            f"{name} is not a whole number from {least}",
            where=name,
            remedy=f"write {name}={default}",
        )
    return int(text)


def _box(given: Mapping[str, str], collection: Collection) -> Condition:
    words = given["bbox"].split(",")
    numbers = [float(word) for word in words if _NUMBER.fullmatch(word.strip())]
    crs = systems.check(given.get("bbox-crs"), "bbox-crs")
    boxes = boxes_of(numbers if len(numbers) == len(words) else None, crs, "bbox")
    parts = tuple(Place(box_query(box, collection.geometry)) for box in boxes)
    return parts[0] if len(parts) == 1 else Some(parts)


def _interval(text: str) -> object:
    low, slash, high = text.partition("/")
    return {"interval": [low or "..", high or ".."]} if slash else {"timestamp": text}


def _filter(given: Mapping[str, str], collection: Collection) -> Condition:
    language = given.get("filter-lang", LANGUAGES[0])
    if language not in LANGUAGES:
        raise BadRequest(
            "filter-language",
            f"there is no filter language '{language[:40]}' here",
            where="filter-lang",
            remedy="use " + " or ".join(LANGUAGES),
        )
    node = read_text(given["filter"]) if language == LANGUAGES[0] else read_json(given["filter"])
    crs = systems.check(given.get("filter-crs"), "filter-crs")
    return Filter(collection.path, collection.place, crs).condition(node)


def _equal(name: str, text: str, collection: Collection) -> Condition:
    """A queryable as a parameter: equal to the text, or to the number or truth value that it spells."""
    values: list[Value] = [Text(text)]
    if _NUMBER.fullmatch(text):
        values.append(Number(float(text)))
    if text in ("true", "false"):
        values.append(Truth(text == "true"))
    try:
        return Compare(collection.path(name), "==", tuple(values))
    except BadRequest:
        raise BadRequest(
            "parameter-unknown",
            f"'{name[:80]}' is neither a parameter nor a property of {collection.name}",
            where=name[:80],
            remedy=f"use {', '.join(_KNOWN)} or a name of /queryables",
        ) from None
