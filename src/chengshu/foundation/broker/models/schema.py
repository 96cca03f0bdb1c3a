"""Rules from a JSON Schema of the Smart Data Models: the part of it that says something of single values.

Source: smart-data-models.github.io, contribution manual: the kind of an attribute and its unit stand in its
description ("Property. Model:'…'. Units:'CEL'").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chengshu.foundation.broker.models.declared import AttributeRule, EntityRules, ValueType
from chengshu.kernel.errors import Invalid

_TYPES: dict[str, ValueType] = {
    "number": "number",
    "integer": "integer",
    "string": "text",
    "boolean": "boolean",
    "object": "object",
    "array": "list",
}
_KIND = re.compile(r"\s*(Property|Relationship|GeoProperty|Geoproperty|LanguageProperty)\b")
_UNIT = re.compile(r"Units?:\s*'([A-Za-z0-9]{2,3})'")
_OWN = frozenset({"id", "type", "@context", "scope"})
_DEEPEST = 8


def rules_of_schema(
    schema: Mapping[str, Any], entity_type: str = "", terms: Mapping[str, str] = {}
) -> EntityRules:
    """The rules in a schema, ``allOf`` included; references to other schemas are passed over.

    Raises :class:`Invalid` when it is no schema of an entity or does not say of which type.
    """
    properties: dict[str, Any] = {}
    required: set[str] = set()
    _collect(schema, properties, required, _DEEPEST)
    named = entity_type or _type_of(properties.get("type"))
    if not named or not properties:
        raise Invalid(
            "model-schema",
            "this is not the JSON Schema of an entity type",
            where=str(schema.get("$id", ""))[:200],
            remedy="give the schema.json of a data model, and the type if it does not name it",
        )
    rules = {
        name: _rule(said, name in required)
        for name, said in properties.items()
        if name not in _OWN and isinstance(said, dict)
    }
    return EntityRules(type=named, terms=dict(terms), source=str(schema.get("$id", "")), attributes=rules)


def _collect(schema: Any, properties: dict[str, Any], required: set[str], depth: int) -> None:
    if not isinstance(schema, dict) or depth == 0:
        return
    own = schema.get("properties")
    if isinstance(own, dict):
        properties.update(own)
    names = schema.get("required")
    if isinstance(names, list):
        required.update(name for name in names if isinstance(name, str))
    parts = schema.get("allOf")
    for part in parts if isinstance(parts, list) else ():
        _collect(part, properties, required, depth - 1)


def _type_of(said: Any) -> str:
    if isinstance(said, dict):
        names = said.get("enum")
        if isinstance(names, list) and len(names) == 1 and isinstance(names[0], str):
            return names[0]
        if isinstance(said.get("const"), str):
            return str(said["const"])
    return ""


def _rule(said: dict[str, Any], required: bool) -> AttributeRule:
    described = said.get("description")
    text = described if isinstance(described, str) else ""
    kind = found[1].replace("Geop", "GeoP") if (found := _KIND.match(text)) else None
    unit = found[1] if (found := _UNIT.search(text)) else ""
    value = _TYPES.get(said["type"]) if isinstance(said.get("type"), str) else None
    if value == "text" and said.get("format") in {"date", "date-time"}:
        value = "time"
    enum = said.get("enum")
    scalars = isinstance(enum, list) and all(isinstance(item, bool | int | float | str) for item in enum)
    return AttributeRule(
        kind=kind,  # type: ignore[arg-type]
        value=None if kind in {"Relationship", "GeoProperty"} else value,
        unit=unit or (),
        minimum=_number(said.get("minimum")),
        maximum=_number(said.get("maximum")),
        enum=tuple(enum) if scalars and isinstance(enum, list) else (),
        longest=said["maxLength"] if type(said.get("maxLength")) is int and said["maxLength"] > 0 else None,
        required=required,
    )


def _number(said: Any) -> float | None:
    return float(said) if type(said) in {int, float} else None
