"""The members that make an attribute what it is, and the values they hold.

Source: ETSI GS CIM 009 V1.8.1, clauses 4.5.2 (Property) to 4.5.24 (JsonProperty), 4.6.4 (concise form).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld import checks
from chengshu.foundation.broker.ld.contexts import CORE, LdContext
from chengshu.foundation.broker.model import NULL, Kind

VALUE_OF: dict[Kind, str] = {
    "Property": "value",
    "Relationship": "object",
    "GeoProperty": "value",
    "LanguageProperty": "languageMap",
    "VocabProperty": "vocab",
    "ListProperty": "valueList",
    "ListRelationship": "objectList",
    "JsonProperty": "json",
}
KIND_BY_MEMBER: dict[str, Kind] = {member: kind for kind, member in VALUE_OF.items() if member != "value"}
VALUE_MEMBERS = frozenset(VALUE_OF.values())
_PREVIOUS = frozenset("previous" + m[0].upper() + m[1:] for m in VALUE_MEMBERS)
GENERATED = _PREVIOUS | {  # written by the broker alone: left aside where a client says them
    "createdAt",
    "modifiedAt",
    "deletedAt",
    "instanceId",
    "entity",
    "entityList",
}
RESERVED = VALUE_MEMBERS | frozenset(
    ["unitCode", "observedAt", "datasetId", "objectType", "valueType", "instanceId"]
)  # not names of attributes of an entity: read as members of an attribute they would mean something else
TAKEN = {  # the IRIs of members, which under another name would be taken for attributes
    CORE.expand(name): name
    for name in RESERVED | {"createdAt", "modifiedAt", "deletedAt", "expiresAt", "scope"}
}


def property_value(said: Any, _context: LdContext, nulls: bool) -> Any:
    """Any JSON value but null."""
    return checks.json_value(said, "value", nulls=nulls)


def relationship_object(said: Any, _context: LdContext, nulls: bool) -> Any:
    """A URI or a list of URIs."""
    if isinstance(said, str):
        return said if nulls and said == NULL else checks.uri(said, "object")
    if isinstance(said, list) and said:
        return [checks.uri(item, f"object[{number}]") for number, item in enumerate(said)]
    raise BadRequestData(
        f"{checks.shown(said)} is not the URI of an entity", where="object", remedy="write a URI, or several"
    )


def geometry_value(said: Any, _context: LdContext, nulls: bool) -> Any:
    """A GeoJSON geometry."""
    return said if nulls and said == NULL else checks.geometry(said, "value")


def language_map(said: Any, _context: LdContext, nulls: bool) -> Any:
    """Texts by language tag; a map that says Null for ``@none`` alone deletes the attribute."""
    if nulls and said in (NULL, {"@none": NULL}):
        return NULL
    if not isinstance(said, dict) or not said:
        raise BadRequestData(
            f"{checks.shown(said)} is not a map of languages",
            where="languageMap",
            remedy='write texts by language, as {"en": "Street"}',
        )
    for tag, words in said.items():
        checks.language(tag, f"languageMap.{tag[:40]}")
        if words != NULL or not nulls:
            items = words if isinstance(words, list) else [words]
            if not items or not all(isinstance(item, str) and item != NULL for item in items):
                raise BadRequestData(
                    f"{checks.shown(words)} is not a text", where=f"languageMap.{tag}", remedy="write a text"
                )
    return said


def vocabulary(said: Any, context: LdContext, nulls: bool) -> Any:
    """A term of a vocabulary, or several, as IRIs."""
    if nulls and said == NULL:
        return NULL
    if isinstance(said, list):
        return [context.expand(item) for item in checks.strings(said, "vocab", "a term or an IRI")]
    return context.expand(checks.text(said, "vocab"))


def value_list(said: Any, _context: LdContext, nulls: bool) -> Any:
    """An ordered list of values."""
    if nulls and said == NULL:
        return NULL
    if not isinstance(said, list):
        raise BadRequestData(f"{checks.shown(said)} is not a list", where="valueList", remedy="write a list")
    return checks.json_value(said, "valueList", nulls=False)


def object_list(said: Any, _context: LdContext, nulls: bool) -> Any:
    """An ordered list of URIs, bare or each as ``{"object": …}``."""
    if nulls and said == NULL:
        return NULL
    if not isinstance(said, list):
        raise BadRequestData(f"{checks.shown(said)} is not a list", where="objectList", remedy="list URIs")
    bare = [item["object"] if isinstance(item, dict) and set(item) == {"object"} else item for item in said]
    return [checks.uri(item, f"objectList[{number}]") for number, item in enumerate(bare)]


def raw_json(said: Any, _context: LdContext, nulls: bool) -> Any:
    """Any JSON, nulls within included; never expanded."""
    return checks.json_value(said, "json", nulls=nulls, literal=True)


READ_VALUE: dict[Kind, Callable[[Any, LdContext, bool], Any]] = {
    "Property": property_value,
    "Relationship": relationship_object,
    "GeoProperty": geometry_value,
    "LanguageProperty": language_map,
    "VocabProperty": vocabulary,
    "ListProperty": value_list,
    "ListRelationship": object_list,
    "JsonProperty": raw_json,
}
