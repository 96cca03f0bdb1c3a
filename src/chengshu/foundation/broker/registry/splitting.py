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
    names = _names(payload, context)
    return frozenset(names.expand(term) for term in names.lifted(dict(payload)) if term not in RESERVED)


def only(payload: Mapping[str, Any], names: frozenset[str] | None, context: LdContext) -> dict[str, Any]:
    """The payload with those attributes alone (None: all of it)."""
    if names is None:
        return dict(payload)
    said = _names(payload, context)
    return {
        term: value
        for term, value in said.lifted(dict(payload)).items()
        if term in RESERVED or said.expand(term) in names
    }


def without(payload: Mapping[str, Any], names: frozenset[str] | None, context: LdContext) -> dict[str, Any]:
    """The payload without those attributes (None: without any)."""
    if names is None:
        return {term: value for term, value in payload.items() if term in RESERVED}
    said = _names(payload, context)
    return {
        term: value
        for term, value in said.lifted(dict(payload)).items()
        if term in RESERVED or said.expand(term) not in names
    }


def translated(payload: Mapping[str, Any], context: LdContext, other: LdContext) -> dict[str, Any]:
    """An entity (or a part of one) with its names in another context (``jsonldContext``, clause 5.2.9)."""
    if context is other:
        return dict(payload)
    said: dict[str, Any] = {}
    types = _types(payload.get("type", payload.get("@type")), context, other)
    ours, theirs = _names(payload, context), other.typed(types)
    for term, value in ours.lifted(dict(payload)).items():
        if term in ("type", "@type"):
            said[term] = types
        elif term in RESERVED:
            said[term] = value
        else:
            name = theirs.compact(ours.expand(term))
            said[name] = _attribute(value, ours.inside(term), theirs.inside(name))
    return said


def translated_attribute(
    payload: Mapping[str, Any], context: LdContext, other: LdContext, name: str = ""
) -> dict[str, Any]:
    """One attribute (or a part of one) with the names of its sub-attributes in another context.

    ``name`` is the attribute's own, as the request has it.
    """
    if context is other:
        return dict(payload)
    theirs = other.inside(other.compact(context.expand(name))) if name else other
    said: dict[str, Any] = _attribute(payload, context.inside(name), theirs)
    return said


def _names(payload: Mapping[str, Any], context: LdContext) -> LdContext:
    """The context of the names of an entity's attributes: its type may have one."""
    return context.typed(payload.get("type", payload.get("@type")))


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
    for term, inner in context.lifted(value).items():
        if term == "vocab" or term in ("objectType", "valueType"):
            said[term] = _types(inner, context, other)
        elif term in _MEMBERS:
            said[term] = inner
        else:
            name = other.compact(context.expand(term))
            said[name] = _attribute(inner, context.inside(term), other.inside(name))
    return said
