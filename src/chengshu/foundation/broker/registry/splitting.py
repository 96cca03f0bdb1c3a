"""A payload cut into what goes to each source and what stays (clause 4.3.6.4): by the attributes it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chengshu.foundation.broker.ld.contexts import LdContext

RESERVED = frozenset(
    {"id", "@id", "type", "@type", "scope", "@context", "expiresAt", "createdAt", "modifiedAt", "deletedAt"}
)
_MEMBERS = frozenset(  # of an attribute, in NGSI-LD's own words: not names of sub-attributes
    [
        "id",
        "@id",
        "type",
        "@type",
        "value",
        "object",
        "languageMap",
        "vocab",
        "json",
        "valueList",
        "objectList",
        "observedAt",
        "unitCode",
        "datasetId",
        "objectType",
        "valueType",
        "expiresAt",
        "createdAt",
        "modifiedAt",
        "deletedAt",
        "instanceId",
        "entity",
        "entityList",
        "lang",
        "coordinates",
        "@value",
        "@language",
        "@context",
        "previousValue",
        "previousObject",
        "previousLanguageMap",
        "previousVocab",
        "previousJson",
        "previousValueList",
        "previousObjectList",
    ]
)


def attribute_names(payload: Mapping[str, Any], context: LdContext) -> frozenset[str]:
    """The attributes of an entity (or a part of one), expanded.

    Raises :class:`BadRequestData` for a member that cannot be a name.
    """
    return frozenset(context.expand(term) for term in payload if term not in RESERVED)


def only(payload: Mapping[str, Any], names: frozenset[str] | None, context: LdContext) -> dict[str, Any]:
    """The payload with those attributes alone (None: all of it)."""
    if names is None:
        return dict(payload)
    return {
        term: value for term, value in payload.items() if term in RESERVED or context.expand(term) in names
    }


def without(payload: Mapping[str, Any], names: frozenset[str] | None, context: LdContext) -> dict[str, Any]:
    """The payload without those attributes (None: without any)."""
    if names is None:
        return {term: value for term, value in payload.items() if term in RESERVED}
    return {
        term: value
        for term, value in payload.items()
        if term in RESERVED or context.expand(term) not in names
    }


def translated(payload: Mapping[str, Any], context: LdContext, other: LdContext) -> dict[str, Any]:
    """An entity (or a part of one) with its names in another context (``jsonldContext``, clause 5.2.9)."""
    if context is other:
        return dict(payload)
    said: dict[str, Any] = {}
    for term, value in payload.items():
        if term in ("type", "@type"):
            said[term] = _types(value, context, other)
        elif term in RESERVED:
            said[term] = value
        else:
            said[other.compact(context.expand(term))] = _attribute(value, context, other)
    return said


def translated_attribute(payload: Mapping[str, Any], context: LdContext, other: LdContext) -> dict[str, Any]:
    """One attribute (or a part of one) with the names of its sub-attributes in another context."""
    said: dict[str, Any] = dict(payload) if context is other else _attribute(payload, context, other)
    return said


def _types(value: Any, context: LdContext, other: LdContext) -> Any:
    if isinstance(value, list):
        return [_types(item, context, other) for item in value]
    return other.compact(context.expand(value)) if isinstance(value, str) else value


def _attribute(value: Any, context: LdContext, other: LdContext) -> Any:
    """The sub-attributes of an attribute (of each instance) renamed; what it is worth stays as it is."""
    if isinstance(value, list):
        return [_attribute(item, context, other) for item in value]
    if not isinstance(value, dict):
        return value
    said: dict[str, Any] = {}
    for term, inner in value.items():
        if term == "vocab" or term in ("objectType", "valueType"):
            said[term] = _types(inner, context, other)
        elif term in _MEMBERS:
            said[term] = inner
        else:
            said[other.compact(context.expand(term))] = _attribute(inner, context, other)
    return said
