"""Writes a query as text again: for other brokers, in the names of their context, and for whoever reads it.

What is written reads back as the same query (ETSI GS CIM 009 V1.8.1, clauses 4.9, 4.10, 4.17, 4.19). A name
that the context cannot shorten is written ``<IRI>`` in ``q``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from chengshu.foundation.broker.errors import OperationNotSupported
from chengshu.foundation.broker.query.cursor import Cursor
from chengshu.foundation.broker.query.grammar import bare_pattern
from chengshu.foundation.broker.query.model import (
    LOCATION,
    Compare,
    Condition,
    Every,
    Exists,
    GeoQuery,
    Groups,
    Iri,
    Like,
    Moment,
    Not,
    Number,
    Path,
    Place,
    Query,
    Range,
    Relate,
    Some,
    Text,
    Truth,
    Value,
)

Compact = Callable[[str], str]
_NAME = re.compile(r"[^\W\d][\w-]*(?::[^\W\d][\w-]*)?")
_BRACED = re.compile(r"[^\W\d][\w-]*")


def print_condition(condition: Condition, compact: Compact) -> str:
    """The text of ``q``; ``compact`` gives the short name of an IRI, or the IRI.

    Raises :class:`OperationNotSupported` of what only other surfaces can say.
    """
    match condition:
        case Some(parts):
            return "|".join(print_condition(part, compact) for part in parts)
        case Every(parts):
            return ";".join(_grouped(part, compact) for part in parts)
        case Exists(path):
            return _path(path, compact)
        case Like(path, pattern, negated):
            return _path(path, compact) + ("!~=" if negated else "~=") + _pattern(pattern)
        case Not() | Place() | Relate():
            raise OperationNotSupported(
                "q has no negation, no places and nothing computed",
                where="q",
                remedy="ask in the language that has them",
            )
        case Compare(path, order, values):
            return _path(path, compact) + order + ",".join(_item(value, compact) for value in values)


def print_groups(groups: Groups, compact: Compact = str) -> str:
    """The text of a type selection or a scope query; ``*`` of no groups."""
    texts = [[compact(word) for word in group] for group in groups]
    return "|".join(words[0] if len(words) == 1 else f"({';'.join(words)})" for words in texts) or "*"


def print_geo(query: GeoQuery, compact: Compact) -> dict[str, str]:
    """The four parameters of a geoquery; ``geoproperty`` only when it is not ``location``."""
    relation: str = query.relation
    if relation == "near":
        relation += f";{'min' if query.farther else 'max'}Distance=={query.distance!r}"
    parameters = {"georel": relation, "geometry": query.shape, "coordinates": query.coordinates}
    if query.geoproperty != LOCATION:
        parameters["geoproperty"] = compact(query.geoproperty)
    return parameters


def print_parameters(query: Query, compact: Compact) -> dict[str, str]:
    """The query as URL parameters of GET entities (clause 6.4.3.2).

    Raises :class:`OperationNotSupported` when it has several selectors, which only a body can carry.
    """
    if len(query.selectors) > 1:
        raise OperationNotSupported(
            "several entity selectors do not fit into a URL",
            where="entities",
            remedy="send the query as a body (POST entityOperations/query)",
        )
    parameters: dict[str, str] = {}
    for selector in query.selectors:
        if selector.ids:
            parameters["id"] = ",".join(selector.ids)
        if selector.id_pattern:
            parameters["idPattern"] = selector.id_pattern
        if selector.types:
            parameters["type"] = print_groups(selector.types, compact)
    return parameters | _rest(query, compact) | (print_geo(query.geo, compact) if query.geo else {})


def print_body(query: Query, compact: Compact) -> dict[str, Any]:
    """The query as a Query object (clause 5.2.23), for POST entityOperations/query."""
    body: dict[str, Any] = {"type": "Query"}
    if query.selectors:
        body["entities"] = [entity for selector in query.selectors for entity in _entities(selector, compact)]
    if query.geo:
        geo = print_geo(query.geo, compact)
        body["geoQ"] = geo | {"coordinates": json.loads(geo["coordinates"])}
    rest: dict[str, Any] = dict(_rest(query, compact))
    for name in ("attrs", "expandValues", "jsonKeys"):
        if name in rest:
            rest[name] = rest[name].split(",")
    return body | rest


def _entities(selector: Any, compact: Compact) -> list[dict[str, str]]:
    """One EntityInfo for each id: the standard gives it one id."""
    common = {"type": print_groups(selector.types, compact)}
    if selector.id_pattern:
        common["idPattern"] = selector.id_pattern
    return [{"id": one} | common for one in selector.ids] or [common]


def _rest(query: Query, compact: Compact) -> dict[str, str]:
    parts = {
        "attrs": ",".join(map(compact, query.attrs)),
        "q": print_condition(query.q, compact) if query.q else "",
        "csf": print_condition(query.csf, compact) if query.csf else "",
        "scopeQ": print_groups(query.scopes) if query.scopes else "",
        "expandValues": ",".join(map(compact, query.expand_values)),
        "jsonKeys": ",".join(map(compact, query.json_keys)),
    }
    return {name: text for name, text in parts.items() if text}


def _grouped(part: Condition, compact: Compact) -> str:
    text = print_condition(part, compact)
    return f"({text})" if isinstance(part, Some) else text


def _path(path: Path, compact: Compact, plain: re.Pattern[str] = _NAME) -> str:
    text = ".".join(_name(name, compact, plain) for name in path.names)
    if path.trail:
        text += f"[{'.'.join(path.trail)}]"
    if path.link is not None:  # in the braces a colon ends the types
        types = ",".join(_name(name, compact, _BRACED) for name in path.link.types)
        text += "{" + (f"{types}:" if types else "") + _path(path.link.path, compact, _BRACED) + "}"
    return text


def _name(iri: str, compact: Compact, plain: re.Pattern[str]) -> str:
    short = compact(iri)
    return short if plain.fullmatch(short) or iri.startswith("@") else f"<{iri}>"


def _item(value: Value | Range, compact: Compact) -> str:
    match value:
        case Range(low, high):
            return f"{_item(low, compact)}..{_item(high, compact)}"
        case Number(number):
            return repr(number)
        case Truth(truth):
            return "true" if truth else "false"
        case Moment(text) | Iri(text):
            return text
        case Text(text, iri):
            return json.dumps(compact(iri) if iri else text, ensure_ascii=False)


def _pattern(pattern: str) -> str:
    """Bare where it reads back as itself, else in quotes."""
    if not pattern.startswith((" ", '"')):
        cursor = Cursor(pattern + ";", "q")
        if bare_pattern(cursor) == pattern and cursor.at == len(pattern):
            return pattern
    return json.dumps(pattern, ensure_ascii=False)
