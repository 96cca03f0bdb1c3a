"""Entities as earlier versions of NGSI-LD know them (ETSI GS CIM 009 V1.9.1, clause 4.3.6.8).

What a version does not know yet is taken away or written as the Property (or Relationship) it would have been
then. Works on what is about to be sent, in any representation: only objects that say their type change kind.
"""

from __future__ import annotations

import re
from typing import Any

Version = tuple[int, int]
NEWEST: Version = (1, 9)
_VERSION = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})(?:\.[0-9]{1,2})?")
_MEMBERS: tuple[tuple[Version, frozenset[str]], ...] = (
    ((1, 9), frozenset({"expiresAt", "valueType"})),
    ((1, 8), frozenset({"objectType"})),
    ((1, 3), frozenset({"datasetId", "observedAt", "unitCode"})),
)
_KINDS: tuple[tuple[Version, str, str, str, str], ...] = (
    ((1, 8), "JsonProperty", "json", "Property", "value"),
    ((1, 8), "VocabProperty", "vocab", "Property", "value"),
    ((1, 8), "ListProperty", "valueList", "Property", "value"),
    ((1, 8), "ListRelationship", "objectList", "Relationship", "object"),
    ((1, 4), "LanguageProperty", "languageMap", "Property", "value"),
)
_OF_ENTITY = ("id", "@id", "@context", "createdAt", "modifiedAt", "deletedAt")


def version_of(text: str) -> Version | None:
    """``major.minor`` of a text such as ``1.5``; None of anything else."""
    found = _VERSION.fullmatch(text.strip())
    return (int(found[1]), int(found[2])) if found else None


def amended(value: Any, version: Version, *, instances: bool = False) -> Any:
    """An entity, a GeoJSON feature or several of them, as the version knows them.

    ``instances``: several instances of an attribute are its evolution, and stay.
    """
    if version >= NEWEST:
        return value
    if isinstance(value, list):
        return [amended(item, version, instances=instances) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") == "FeatureCollection" and isinstance(value.get("features"), list):
        return value | {"features": amended(value["features"], version)}
    if value.get("type") == "Feature" and isinstance(value.get("properties"), dict):
        return value | {"properties": _entity(value["properties"], version, instances)}
    return _entity(value, version, instances)


def amended_attribute(value: Any, version: Version) -> Any:
    """One attribute (its instances, or a part of one) as the version knows it."""
    return value if version >= NEWEST else _attribute(value, version)


def _entity(entity: dict[str, Any], version: Version, instances: bool) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for name, value in entity.items():
        if name in _OF_ENTITY:
            said[name] = value
        elif name in ("type", "@type"):
            many = isinstance(value, list) and value and version < (1, 3)
            said[name] = value[0] if many else value
        elif not (name == "scope" and version < (1, 4)) and not (name == "expiresAt" and version < (1, 9)):
            said[name] = _attribute(value, version, instances)
    return said


def _attribute(value: Any, version: Version, instances: bool = False) -> Any:
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        if version < (1, 3) and not instances and all("type" in item for item in value):
            plain = [item for item in value if "datasetId" not in item]
            return _attribute((plain or value)[0], version)
        return [_attribute(item, version, instances) for item in value]
    if not isinstance(value, dict) or "type" not in value or "coordinates" in value:
        return value
    dropped = {name for since, names in _MEMBERS if version < since for name in names}
    if instances:
        dropped -= {"observedAt"}
    said = {name: part for name, part in value.items() if name not in dropped}
    for since, kind, member, older, value_name in _KINDS:
        if version < since and said.get("type") == kind:
            said = {
                (value_name if name == member else name): (older if name == "type" else part)
                for name, part in said.items()
            }
    values = ("value", "object", "languageMap", "vocab", "json", "valueList", "objectList")
    return {
        name: part if name == "type" or name in values else _attribute(part, version)
        for name, part in said.items()
    }
