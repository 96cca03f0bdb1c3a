"""Payloads read as entities: every form that is allowed, and every mistake with its place and remedy."""

from __future__ import annotations

from typing import Any

import pytest

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld.contexts import CORE, compile_context
from chengshu.foundation.broker.ld.core import DEFAULT_VOCAB, NGSI_LD
from chengshu.foundation.broker.ld.reading import (
    read_attribute,
    read_attribute_patch,
    read_entity,
    read_entity_patch,
    read_fragment,
    read_temporal_entity,
    read_temporal_patch,
)
from chengshu.foundation.broker.model import NULL, Attribute, AttributePatch, Entity

CONTEXT = compile_context([{"speed": "https://x.org/speed", "Vehicle": "https://x.org/Vehicle"}])
HEAD = {"id": "urn:ngsi-ld:Vehicle:A", "type": "Vehicle"}
POINT = {"type": "Point", "coordinates": [2.29, 48.85]}


def entity(**members: Any) -> Entity:
    return read_entity(HEAD | members, CONTEXT)


def speed(said: Any) -> tuple[Attribute, ...]:
    return entity(speed=said).attributes["https://x.org/speed"]


def test_the_members_of_an_entity() -> None:
    said = {"type": ["Vehicle", "Bus", "Vehicle"], "scope": ["Madrid/Gardens", "/A"], "createdAt": "whatever"}
    found = entity(**said, expiresAt="2027-01-01T00:00:00Z")
    assert found.id == HEAD["id"]
    assert found.types == ("https://x.org/Vehicle", DEFAULT_VOCAB + "Bus")
    assert found.scopes == ("/Madrid/Gardens", "/A")
    assert found.expires_at == "2027-01-01T00:00:00Z"
    assert found.attributes == {}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (7, Attribute("Property", 7)),
        ("fast", Attribute("Property", "fast")),
        ([1, 2], Attribute("Property", [1, 2])),
        ({"value": 7}, Attribute("Property", 7)),
        ({"value": {"a": 1}, "unitCode": "KMH"}, Attribute("Property", {"a": 1}, unit_code="KMH")),
        ({"type": "Property", "value": False}, Attribute("Property", False)),
        ({"type": "ngsi-ld:Property", "value": 1}, Attribute("Property", 1)),
        ({"object": "urn:x:y"}, Attribute("Relationship", "urn:x:y")),
        ({"object": ["urn:x:y", "urn:x:z"]}, Attribute("Relationship", ["urn:x:y", "urn:x:z"])),
        (POINT, Attribute("GeoProperty", POINT)),
        ({"value": POINT}, Attribute("GeoProperty", POINT)),
        ({"type": "Property", "value": POINT}, Attribute("Property", POINT)),
        ({"languageMap": {"en": "a", "fr": ["b"]}}, Attribute("LanguageProperty", {"en": "a", "fr": ["b"]})),
        ({"vocab": "Bus"}, Attribute("VocabProperty", DEFAULT_VOCAB + "Bus")),
        ({"vocab": ["Vehicle"]}, Attribute("VocabProperty", ["https://x.org/Vehicle"])),
        ({"valueList": [1, [2]]}, Attribute("ListProperty", [1, [2]])),
        ({"objectList": [{"object": "urn:x:y"}]}, Attribute("ListRelationship", ["urn:x:y"])),
        ({"objectList": ["urn:x:y"]}, Attribute("ListRelationship", ["urn:x:y"])),
        ({"json": {"a": None, "id": 3}}, Attribute("JsonProperty", {"a": None, "id": 3})),
        (
            {"object": "urn:x:y", "objectType": ["Bus"], "observedAt": "2026-01-01T00:00:00.5Z"},
            Attribute(
                "Relationship",
                "urn:x:y",
                observed_at="2026-01-01T00:00:00.5Z",
                object_types=(DEFAULT_VOCAB + "Bus",),
            ),
        ),
        (
            {"value": 1, "by": {"object": "urn:x:y"}},
            Attribute(
                "Property", 1, attributes={DEFAULT_VOCAB + "by": (Attribute("Relationship", "urn:x:y"),)}
            ),
        ),
        ({"value": 1, "modifiedAt": "x", "previousValue": 3}, Attribute("Property", 1)),
    ],
)
def test_every_form_of_an_attribute(said: Any, expected: Attribute) -> None:
    assert speed(said) == (expected,)


def test_instances_of_several_datasets() -> None:
    first, second = speed([{"value": 1}, {"type": "Property", "value": 2, "datasetId": "urn:x:gps"}])
    assert (first.dataset, second.dataset) == ("", "urn:x:gps")
    assert speed([{"value": 1, "datasetId": "@none"}])[0].dataset == ""


def test_simplified_objects_are_values() -> None:
    said = HEAD | {"speed": {"max": 3}, "place": POINT, "name": {"languageMap": {"en": "x"}}}
    found = read_entity(said, CONTEXT, simplified=True).attributes
    assert found["https://x.org/speed"] == (Attribute("Property", {"max": 3}),)
    assert found[DEFAULT_VOCAB + "place"][0].kind == "GeoProperty"
    assert found[DEFAULT_VOCAB + "name"][0].kind == "LanguageProperty"


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"id": "nope"}, "id"),
        ({"id": 7}, "id"),
        ({"id": "urn:x:\0"}, "id"),
        ({"id": "urn:x:" + "水" * 700}, "id"),
        ({"id": "urn:x:" + "y" * 2_043}, "id"),
        ({"x:\0": 1}, "x:\0"),
        ({"speed": {"value": 1, "unitCode": "K\0"}}, "speed.unitCode"),
        ({"type": []}, "type"),
        ({"type": ["@id"]}, "type"),
        ({"type": 3}, "type"),
        ({"scope": "a b"}, "scope"),
        ({"scope": []}, "scope"),
        ({"expiresAt": "tomorrow"}, "expiresAt"),
        ({"a b": 1}, "a b"),
        ({"@graph": 1}, "@graph"),
        ({"value": 1}, "value"),
        ({"location": 7}, "location"),
        ({"location": {"type": "Property", "value": 1}}, "location"),
        ({"speed": None}, "speed.value"),
        ({"speed": {"type": "Property"}}, "speed"),
        ({"speed": {"type": "string", "value": 1}}, "speed.type"),
        ({"speed": {"max": 1}}, "speed"),
        ({"speed": {}}, "speed"),
        ({"speed": {"value": None}}, "speed.value"),
        ({"speed": {"value": [1, None]}}, "speed.value"),
        ({"speed": {"value": NULL}}, "speed.value"),
        ({"speed": {"value": 2**70}}, "speed.value"),
        ({"speed": {"value": 1, "object": "urn:x:y"}}, "speed.value"),
        ({"speed": {"type": "Property", "value": 1, "object": "urn:x:y"}}, "speed.object"),
        ({"speed": {"value": 1, "observedAt": "2026-01-01"}}, "speed.observedAt"),
        ({"speed": {"value": 1, "observedAt": "2026-02-30T00:00:00Z"}}, "speed.observedAt"),
        ({"speed": {"value": 1, "observedAt": "2026-01-01T00:00:00+08:00"}}, "speed.observedAt"),
        ({"speed": {"value": 1, "observedAt": 7}}, "speed.observedAt"),
        ({"speed": {"value": 1, "observedAt": "0000-01-01T00:00:00Z"}}, "speed.observedAt"),
        ({"speed": {"value": 1, "observedAt": "9999-12-31T23:59:59.9999Z"}}, "speed.observedAt"),
        ({"speed": {"value": 1, "unitCode": 7}}, "speed.unitCode"),
        ({"speed": {"object": "urn:x:y", "unitCode": "KMH"}}, "speed.unitCode"),
        ({"speed": {"value": 1, "datasetId": "gps"}}, "speed.datasetId"),
        ({"speed": [{"value": 1}, {"value": 2}]}, "speed.datasetId"),
        ({"speed": [{"value": 1}, {"object": 2}]}, "speed[1].object"),
        (
            {"speed": [{"value": 1, "datasetId": "urn:x:y"}, {"value": 2, "datasetId": "urn:x:y"}]},
            "speed.datasetId",
        ),
        ({"speed": {"object": "x y"}}, "speed.object"),
        ({"speed": {"object": []}}, "speed.object"),
        ({"speed": {"object": ["urn:x:y", 3]}}, "speed.object[1]"),
        ({"speed": {"object": NULL}}, "speed.object"),
        ({"speed": {"languageMap": {}}}, "speed.languageMap"),
        ({"speed": {"languageMap": {"e n": "x"}}}, "speed.languageMap.e n"),
        ({"speed": {"languageMap": {"en": 7}}}, "speed.languageMap.en"),
        ({"speed": {"vocab": 7}}, "speed.vocab"),
        ({"speed": {"vocab": []}}, "speed.vocab"),
        ({"speed": {"valueList": 7}}, "speed.valueList"),
        ({"speed": {"objectList": ["x"]}}, "speed.objectList[0]"),
        ({"speed": {"json": None}}, "speed.json"),
        ({"speed": {"value": 1, "by": {"object": 3}}}, "speed.by.object"),
        ({"speed": {"value": 1, "@context": {}}}, "speed.@context"),
        ({"place": {"type": "Point", "coordinates": [200, 0]}}, "place.coordinates"),
        ({"place": {"type": "Point", "coordinates": [0]}}, "place.coordinates"),
        ({"place": {"type": "Point", "coordinates": [True, 0]}}, "place.coordinates"),
        ({"place": {"type": "Point"}}, "place.coordinates"),
        ({"place": {"type": "GeoProperty", "value": {"type": "Circle"}}}, "place.value.type"),
        ({"place": {"type": "LineString", "coordinates": [[0, 0]]}}, "place.coordinates"),
        (
            {"place": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}},
            "place.coordinates",
        ),
        ({"place": {"type": "MultiPolygon", "coordinates": [[[[0, 0]]]]}}, "place.coordinates"),
        ({"place": {"type": "GeometryCollection", "geometries": []}}, "place"),
    ],
)
def test_a_mistake_says_where_and_what_to_do(members: dict[str, Any], where: str) -> None:
    with pytest.raises(BadRequestData) as caught:
        entity(**members)
    fault = caught.value.fault
    assert fault.code == "bad-request-data"
    assert fault.where == where
    assert fault.remedy
    assert caught.value.as_problem()["type"] == "https://uri.etsi.org/ngsi-ld/errors/BadRequestData"


@pytest.mark.parametrize("payload", [None, 7, "x", [], [{}], {}, {"id": "urn:x:y"}, {"type": "T"}])
def test_what_is_no_entity(payload: Any) -> None:
    with pytest.raises(BadRequestData):
        read_entity(payload, CONTEXT)


def test_two_names_of_one_attribute() -> None:
    with pytest.raises(BadRequestData, match="twice"):
        entity(**{"speed": 1, "https://x.org/speed": 2})


def test_attributes_nest_only_so_deep() -> None:
    said: dict[str, Any] = {"value": 1}
    for _ in range(40):
        said = {"value": 1, "a": said}
    with pytest.raises(BadRequestData, match="deeper"):
        entity(speed=said)


def test_values_nest_only_so_deep() -> None:
    value: Any = 1
    for _ in range(100):
        value = [value]
    with pytest.raises(BadRequestData, match="deeper"):
        entity(speed={"value": value})


def test_null_deletes_in_fragments() -> None:
    said = {
        "a": NULL,
        "b": {"type": "Relationship", "object": NULL},
        "c": {"languageMap": {"@none": NULL}},
        "d": {"type": "GeoProperty", "value": NULL, "datasetId": "urn:x:y"},
        "e": {"vocab": NULL},
        "f": {"valueList": NULL},
        "g": {"objectList": NULL},
        "h": {"json": NULL},
        "scope": NULL,
    }
    fragment = read_fragment(said, CORE)
    assert {items[0].value for items in fragment.attributes.values()} == {NULL}
    assert fragment.attributes[DEFAULT_VOCAB + "d"][0].dataset == "urn:x:y"
    assert fragment.scopes == (NULL,)
    assert (fragment.id, fragment.types) == ("", ())


def test_a_patch_says_only_what_changes() -> None:
    assert read_attribute_patch({"unitCode": "KMH", "@context": "x"}, CORE) == AttributePatch(unit_code="KMH")
    assert read_attribute_patch({"value": 7}, CORE) == AttributePatch(value=7)
    assert read_attribute_patch({"type": "Property", "value": {"a": NULL}}, CORE).value == {"a": NULL}
    assert read_attribute_patch({"object": "urn:x:y"}, CORE).kind == "Relationship"
    assert read_attribute_patch({"observedAt": NULL}, CORE).observed_at == NULL
    assert read_attribute_patch({"value": "Bus"}, CORE).iri == DEFAULT_VOCAB + "Bus"
    inner = read_attribute_patch({"by": {"value": 3}}, CORE).attributes
    assert inner == {DEFAULT_VOCAB + "by": (AttributePatch(value=3),)}


@pytest.mark.parametrize(
    "said", [{}, [], {"@context": "x"}, {"datasetId": "x"}, {"type": "Q"}, {"value": 1, "object": 2}]
)
def test_a_patch_that_is_none(said: Any) -> None:
    with pytest.raises(BadRequestData):
        read_attribute_patch(said, CORE)


def test_an_entity_patch() -> None:
    said = {
        "type": "T",
        "a": "x",
        "b": [{"value": 1}, {"value": 2, "datasetId": "urn:x:y"}],
        "location": POINT,
    }
    patch = read_entity_patch(said, CORE)
    assert patch.types == (DEFAULT_VOCAB + "T",)
    assert patch.attributes[DEFAULT_VOCAB + "a"] == (AttributePatch(value="x", iri=DEFAULT_VOCAB + "x"),)
    assert [item.dataset for item in patch.attributes[DEFAULT_VOCAB + "b"]] == ["", "urn:x:y"]
    assert patch.attributes[NGSI_LD + "location"][0].kind == "GeoProperty"
    with pytest.raises(BadRequestData):
        read_entity_patch({"b": [{"value": 1}, {"value": 2}]}, CORE)


def test_one_attribute() -> None:
    assert read_attribute({"type": "Property", "value": 1, "@context": []}, CORE) == (
        Attribute("Property", 1),
    )
    with pytest.raises(BadRequestData):
        read_attribute({"value": NULL}, CORE)


def test_an_evolution_has_many_instances() -> None:
    said = HEAD | {
        "speed": [
            {"type": "Property", "value": 1, "observedAt": "2026-01-01T00:00:00Z"},
            {"type": "Property", "value": 2, "observedAt": "2026-01-01T00:01:00Z", "instanceId": "urn:x:1"},
        ],
        "fuel": {"value": 3},
        "scope": [{"type": "Property", "value": ["/A", "/B"], "observedAt": "2026-01-01T00:00:00Z"}],
    }
    found = read_temporal_entity(said, CONTEXT)
    assert [item.value for item in found.attributes["https://x.org/speed"]] == [1, 2]
    assert found.attributes["https://x.org/speed"][1].instance == "urn:x:1"
    assert found.scopes == ("/A", "/B")
    assert found.attributes[NGSI_LD + "scope"][0].value == ["/A", "/B"]


def test_a_change_of_one_instance() -> None:
    expected = AttributePatch(kind="Property", value=3)
    for said in ({"type": "Property", "value": 3}, {"speed": [{"type": "Property", "value": 3}]}):
        assert read_temporal_patch(said, CONTEXT, "speed") == expected
    with pytest.raises(BadRequestData):
        read_temporal_patch({"speed": [{"value": 3}, {"value": 4}]}, CONTEXT, "speed")
