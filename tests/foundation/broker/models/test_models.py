"""Entities against declared models: flags, never refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from tests.examples import examples
from tests.foundation.broker.ld.strategies import entities

from chengshu.foundation.broker.ld.contexts import CORE, compile_context
from chengshu.foundation.broker.ld.reading import read_entity
from chengshu.foundation.broker.models import EntityRules, Models, flags, read_rules, rules_of_schema
from chengshu.kernel.errors import Invalid

AIR = """
type: Air
terms: {Air: https://x.org/Air, temperature: https://x.org/t}
closed: true
attributes:
  temperature: {kind: Property, value: number, unit: [CEL, FAH], minimum: -60, maximum: 60, required: true}
  status: {value: text, enum: [ok, defect], longest: 6}
  since: {value: time}
  count: {value: integer}
  place: {kind: GeoProperty}
"""
CONTEXT = compile_context([{"Air": "https://x.org/Air", "temperature": "https://x.org/t"}])


@pytest.fixture
def models(tmp_path: Path) -> Models:
    (tmp_path / "air.yaml").write_text(AIR)
    return Models(read_rules(tmp_path))


def found(models: Models, **attributes: Any) -> list[tuple[str, str]]:
    entity = read_entity({"id": "urn:x:y", "type": "Air"} | attributes, CONTEXT)
    return [(CONTEXT.compact(flag.attribute), flag.code) for flag in flags(entity, models)]


GOOD = {"temperature": {"value": 20, "unitCode": "CEL"}, "status": "ok"}


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (GOOD, []),
        (
            GOOD
            | {
                "since": "2026-01-01T00:00:00Z",
                "count": 3.0,
                "place": {"type": "Point", "coordinates": [0, 0]},
            },
            [],
        ),
        ({"status": "ok"}, [("temperature", "missing")]),
        (GOOD | {"temperature": {"value": 20, "unitCode": "KEL"}}, [("temperature", "unit-unexpected")]),
        (GOOD | {"temperature": {"value": 80, "unitCode": "FAH"}}, []),  # the bounds are degrees Celsius
        (GOOD | {"temperature": 80}, [("temperature", "out-of-range")]),
        (
            GOOD | {"temperature": {"value": [10, -70]}},
            [("temperature", "out-of-range"), ("temperature", "value-unexpected")],
        ),
        (GOOD | {"temperature": "warm"}, [("temperature", "value-unexpected")]),
        (GOOD | {"temperature": True}, [("temperature", "value-unexpected")]),
        (GOOD | {"temperature": {"object": "urn:x:y"}}, [("temperature", "kind-unexpected")]),
        (GOOD | {"status": "broken!"}, [("status", "not-in-enum"), ("status", "too-long")]),
        (GOOD | {"since": "long ago"}, [("since", "value-unexpected")]),
        (GOOD | {"since": {"value": {"@type": "DateTime", "@value": "2026-01-01T00:00:00Z"}}}, []),
        (GOOD | {"count": 3.5}, [("count", "value-unexpected")]),
        (GOOD | {"other": 1}, [("other", "unknown")]),
    ],
)
def test_flags(models: Models, attributes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert found(models, **attributes) == expected


def test_the_instance_is_named(models: Models) -> None:
    said = {"temperature": [{"value": 20}, {"value": 99, "datasetId": "urn:x:roof"}]}
    entity = read_entity({"id": "urn:x:y", "type": "Air"} | said, CONTEXT)
    (flag,) = flags(entity, models)
    assert (flag.dataset, flag.detail) == ("urn:x:roof", "99 is above 60")


def test_other_types_have_no_flags(models: Models) -> None:
    assert flags(read_entity({"id": "urn:x:y", "type": "Other", "other": 1}, CONTEXT), models) == ()
    assert len(models) == 1
    assert len(Models(read_rules(Path("nowhere")))) == 0


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("type: Air\nattributes: {t: {minimum: 3, maximum: 1}}", "minimum"),
        ("type: Air\nattributes: {t: {minimun: 3}}", "minimun"),
        ("attributes: {}", "type"),
        ("type: Air\nattributes: {t: {kind: Sensor}}", "kind"),
    ],
)
def test_a_mistake_in_a_model_has_its_line(tmp_path: Path, text: str, word: str) -> None:
    (tmp_path / "air.yaml").write_text(text)
    with pytest.raises(Invalid, match=word) as caught:
        read_rules(tmp_path)
    assert "air.yaml" in caught.value.fault.where


SCHEMA = {
    "$id": "https://smart-data-models.github.io/x/schema.json",
    "allOf": [
        {"$ref": "https://smart-data-models.github.io/data-models/common-schema.json"},
        {
            "properties": {
                "type": {"type": "string", "enum": ["Flood"], "description": "Property. NGSI type"},
                "level": {"type": "number", "minimum": 0, "description": "Property. Units:'MTR'. Depth"},
                "status": {"type": "string", "enum": ["Normal", "High"], "description": "Property. State"},
                "refDevice": {"type": "string", "description": "Relationship. The device"},
                "location": {"oneOf": [], "description": "Geoproperty. Where"},
                "at": {"type": "string", "format": "date-time"},
            }
        },
    ],
    "required": ["id", "type", "level"],
}


def test_rules_of_a_json_schema() -> None:
    rules = rules_of_schema(SCHEMA)
    assert rules.type == "Flood"
    assert (rules.attributes["level"].units, rules.attributes["level"].required) == (("MTR",), True)
    assert rules.attributes["location"].kind == "GeoProperty"
    assert rules.attributes["at"].value == "time"
    models = Models([rules])
    said = {
        "id": "urn:x:y",
        "type": "Flood",
        "level": {"value": -1, "unitCode": "MTR"},
        "status": "Dry",
        "refDevice": 3,
    }
    assert [(flag.code) for flag in flags(read_entity(said, CORE), models)] == [
        "out-of-range",
        "not-in-enum",
        "kind-unexpected",
    ]
    with pytest.raises(Invalid):
        rules_of_schema({"properties": {}})


@settings(max_examples=examples(80))
@given(entities())
def test_flags_of_any_entity_are_of_its_own_attributes(payload: dict[str, Any]) -> None:
    entity = read_entity(payload, CORE)
    kind = payload["type"][0] if isinstance(payload["type"], list) else payload["type"]
    names = [name for name in payload if name not in {"id", "type", "scope"}]
    rule = {"kind": "Property", "value": "number", "minimum": 0, "required": True}
    models = Models([EntityRules.model_validate({"type": kind, "attributes": dict.fromkeys(names, rule)})])
    said = flags(entity, models)
    assert {flag.attribute for flag in said} <= set(entity.attributes)
    assert said == flags(entity, models)
    assert all(flag.code != "missing" for flag in said)
