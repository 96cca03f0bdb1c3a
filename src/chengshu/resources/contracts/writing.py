"""A contract written from what the ledger and the rules of quality say of a resource."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from chengshu.kernel.durations import parse_duration
from chengshu.resources.contracts.model import ENGINE
from chengshu.resources.ledger import Field, Resource
from chengshu.resources.quality.rules import (
    Dimension,
    Filled,
    OneOf,
    Pattern,
    Range,
    Rule,
    Unique,
    columns_of,
)

STANDARD = "v3.1.0"
_TYPES = (  # the first that fits a type as sources write it
    ("boolean", r"bool"),
    ("timestamp", r"datetime|timestamp"),
    ("date", r"date"),
    ("time", r"time"),
    ("integer", r"int|serial|long|short"),
    ("number", r"double|float|decimal|numeric|real|number"),
    ("array", r"list|array|\[\]"),
    ("object", r"struct|json|map|object"),
)
_DIMENSIONS: dict[Dimension, str] = {"validity": "conformity"}


def document_of(
    entry: Resource, rules: Sequence[Rule] = (), *, version: str = "1.0.0", language: str = "en"
) -> dict[str, Any]:
    """An ODCS document of an entry: its columns, rules, promised cycle, provider and grade."""
    table: dict[str, Any] = {"name": _stem(entry), "logicalType": "object"}
    if entry.distributions:
        table["physicalName"] = entry.distributions[0].url
    table["properties"] = [_property(field, rules, language) for field in entry.fields]
    kinds = {field.name: logical_type(field.type) for field in entry.fields}
    if whole := [_custom(rule) for rule in rules if not _fits(rule, kinds)]:
        table["quality"] = whole
    said = {
        "purpose": entry.purpose or entry.summary.say(language),
        "limitations": entry.sharing_condition,
    }
    found: dict[str, Any] = {
        "apiVersion": STANDARD,
        "kind": "DataContract",
        "id": entry.id,
        "version": version,
        "status": "active" if entry.state == "active" else "deprecated",
        "name": entry.title.say(language),
        "tags": list(entry.keywords),
        "domain": entry.provider,
        "description": {key: value for key, value in said.items() if value},
        "schema": [table],
        "slaProperties": _services(entry),
        "customProperties": [
            {"property": key, "value": value}
            for key, value in (("grade", entry.grade), ("sharing", entry.sharing), ("code", entry.code))
            if value
        ],
    }
    return {key: value for key, value in found.items() if value}


def _stem(entry: Resource) -> str:
    return entry.id.rpartition(":")[2] or entry.id


def logical_type(told: str) -> str:
    """The standard's type for a type as a source writes it; texts where nothing fits."""
    return next((name for name, sign in _TYPES if re.search(sign, told.lower())), "string")


def _property(field: Field, rules: Sequence[Rule], language: str) -> dict[str, Any]:
    kind = logical_type(field.type)
    own = [rule for rule in rules if columns_of(rule) == (field.name,) and _fits(rule, {field.name: kind})]
    found: dict[str, Any] = {
        "name": field.name,
        "businessName": field.title.say(language),
        "description": field.description,
        "logicalType": kind,
        "physicalType": field.type,
        "primaryKey": field.key,
        "required": not field.nullable or any(isinstance(rule, Filled) for rule in own),
        "unique": any(isinstance(rule, Unique) for rule in own),
        "classification": field.grade,
        "logicalTypeOptions": _options(own),
        "quality": [_library(rule) for rule in own if isinstance(rule, OneOf)],
        "customProperties": [
            {"property": key, "value": value}
            for key, value in (("unit", field.unit), ("category", field.category))
            if value
        ],
    }
    return {key: value for key, value in found.items() if value}


def _options(rules: Sequence[Rule]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for rule in rules:
        if isinstance(rule, Pattern):
            found["pattern"] = rule.pattern
        if isinstance(rule, Range):
            found |= {
                key: value
                for key, value in (("minimum", rule.least), ("maximum", rule.most))
                if value is not None
            }
    return found


def _fits(rule: Rule, kinds: Mapping[str, str]) -> bool:
    """Whether the standard has a place of its own for a rule, at its column."""
    names = columns_of(rule)
    kind = kinds.get(names[0], "") if len(names) == 1 else ""
    if isinstance(rule, Pattern):
        return kind == "string"
    if isinstance(rule, Range):
        numbers = all(
            isinstance(bound, int | float) for bound in (rule.least, rule.most) if bound is not None
        )
        return kind in ("integer", "number") if numbers else kind in ("date", "timestamp", "time")
    return bool(kind) and isinstance(rule, Filled | Unique | OneOf)


def _library(rule: OneOf) -> dict[str, Any]:
    return {
        "id": rule.id,
        "type": "library",
        "metric": "invalidValues",
        "arguments": {"validValues": list(rule.values)},
        "mustBe": 0,
        "dimension": "conformity",
    }


def _custom(rule: Rule) -> dict[str, Any]:
    body = rule.model_dump(mode="json", exclude_defaults=True) | {"id": rule.id, "kind": rule.kind}
    return {
        "id": rule.id,
        "type": "custom",
        "engine": ENGINE,
        "implementation": body,
        "dimension": _DIMENSIONS.get(rule.dimension, rule.dimension),
    }


def _services(entry: Resource) -> list[dict[str, Any]]:
    if not entry.update_cycle:
        return []
    cycle = parse_duration(entry.update_cycle)
    hours = cycle.exact.total_seconds() / 3600
    if cycle.is_working or (cycle.months and (cycle.days or hours)):
        return []  # the standard has no working days and one unit for each value
    if cycle.months:
        return [{"property": "frequency", "value": cycle.months, "unit": "m"}]
    if cycle.days and not hours:
        return [{"property": "frequency", "value": cycle.days, "unit": "d"}]
    return [{"property": "frequency", "value": cycle.days * 24 + hours, "unit": "h"}]
