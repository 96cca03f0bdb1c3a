"""Entities rendered in every form, read back as the same entity."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from tests.examples import examples
from tests.foundation.broker.ld.strategies import entities

from chengshu.foundation.broker.ld.contexts import CORE, compile_context
from chengshu.foundation.broker.ld.core import DEFAULT_VOCAB
from chengshu.foundation.broker.ld.languages import choose, wishes
from chengshu.foundation.broker.ld.reading import read_entity
from chengshu.foundation.broker.ld.rendering import Form, Renderer, render
from chengshu.foundation.broker.ld.times import stamp
from chengshu.foundation.broker.model import NULL, Attribute, Entity

OTHER = compile_context([{"a": "https://x.org/a", "b": DEFAULT_VOCAB + "a", "ns": DEFAULT_VOCAB}])
POINT = {"type": "Point", "coordinates": [2.29, 48.85]}
SAID: dict[str, Any] = {
    "id": "urn:ngsi-ld:Building:A",
    "type": "Building",
    "scope": "/Paris",
    "name": {"type": "Property", "value": "Eiffel Tower"},
    "level": {"type": "Property", "value": 4, "unitCode": "C62", "observedAt": "2020-09-09T16:40:00.000Z"},
    "place": {"type": "GeoProperty", "value": POINT},
    "street": {"type": "LanguageProperty", "languageMap": {"fr": "Grand Place", "nl": "Grote Markt"}},
    "use": {"type": "VocabProperty", "vocab": ["monument", "sightseeing"]},
    "owner": {"type": "Relationship", "object": "urn:x:y", "by": {"type": "Property", "value": {"a": 1}}},
    "data": {"type": "JsonProperty", "json": {"a": None}},
    "stops": {"type": "ListRelationship", "objectList": [{"object": "urn:x:1"}]},
    "speed": [
        {"type": "Property", "value": 55},
        {"type": "Property", "value": 54, "datasetId": "urn:x:gps"},
    ],
}
ENTITY = read_entity(SAID, CORE)


def test_normalized_is_what_was_said() -> None:
    assert render(ENTITY, CORE) == SAID


def test_concise() -> None:
    said = render(ENTITY, CORE, Form(style="concise"))
    assert said == {
        "id": "urn:ngsi-ld:Building:A",
        "type": "Building",
        "scope": "/Paris",
        "name": "Eiffel Tower",
        "level": {"value": 4, "unitCode": "C62", "observedAt": "2020-09-09T16:40:00.000Z"},
        "place": POINT,
        "street": {"languageMap": {"fr": "Grand Place", "nl": "Grote Markt"}},
        "use": {"vocab": ["monument", "sightseeing"]},
        "owner": {"object": "urn:x:y", "by": {"value": {"a": 1}}},
        "data": {"json": {"a": None}},
        "stops": {"objectList": ["urn:x:1"]},
        "speed": [55, {"value": 54, "datasetId": "urn:x:gps"}],
    }


def test_simplified() -> None:
    assert render(ENTITY, CORE, Form(style="simplified")) == {
        "id": "urn:ngsi-ld:Building:A",
        "type": "Building",
        "scope": "/Paris",
        "name": "Eiffel Tower",
        "level": 4,
        "place": POINT,
        "street": {"languageMap": {"fr": "Grand Place", "nl": "Grote Markt"}},
        "use": {"vocab": ["monument", "sightseeing"]},
        "owner": "urn:x:y",
        "data": {"json": {"a": None}},
        "stops": {"objectList": ["urn:x:1"]},
        "speed": {"dataset": {"@none": 55, "urn:x:gps": 54}},
    }


def test_times_of_the_system() -> None:
    item = Attribute("Property", 1, created_at=1_000, modified_at=2_500)
    entity = Entity(
        "urn:x:y", ("T",), created_at=0, modified_at=1_763_800_000_123, attributes={"a:b": (item,)}
    )
    said = render(entity, CORE, Form(sys_attrs=True))
    assert said["createdAt"] == "1970-01-01T00:00:00.000Z"
    assert said["modifiedAt"] == "2025-11-22T08:26:40.123Z"
    assert said["a:b"]["modifiedAt"] == "1970-01-01T00:00:02.500Z"
    assert "createdAt" not in render(entity, CORE)


def test_only_what_is_asked_for() -> None:
    name, speed = DEFAULT_VOCAB + "name", DEFAULT_VOCAB + "speed"
    attrs = render(ENTITY, CORE, Form(attrs=frozenset({name})))
    assert list(attrs) == ["id", "type", "scope", "name"]
    assert list(render(ENTITY, CORE, Form(pick=frozenset({"id", name})))) == ["id", "name"]
    rest = render(ENTITY, CORE, Form(omit=frozenset({"type", "scope", name, speed})))
    assert "name" not in rest
    assert "type" not in rest
    assert "level" in rest
    gps = render(ENTITY, CORE, Form(datasets=frozenset({"urn:x:gps"})))
    assert gps["speed"] == {"type": "Property", "value": 54, "datasetId": "urn:x:gps"}
    assert "name" not in gps
    assert render(ENTITY, CORE, Form(datasets=frozenset({"@none"})))["speed"] == {
        "type": "Property",
        "value": 55,
    }


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("fr", ("fr", "Grand Place")),
        ("FR", ("fr", "Grand Place")),
        ("fr-CH,fr", ("fr", "Grand Place")),
        ("fr-CH", ("fr", "Grand Place")),
        ("de;q=0.9,nl;q=0.8", ("nl", "Grote Markt")),
        ("nl;q=0.1,fr;q=0.9", ("fr", "Grand Place")),
        ("*", ("fr", "Grand Place")),
        ("de", ("fr", "Grand Place")),
        ("fr;q=0,nl", ("nl", "Grote Markt")),
    ],
)
def test_one_language(lang: str, expected: tuple[str, str]) -> None:
    assert choose({"fr": "Grand Place", "nl": "Grote Markt"}, lang) == expected
    street = render(ENTITY, CORE, Form(lang=lang))["street"]
    assert street == {"type": "Property", "value": expected[1], "lang": expected[0]}
    assert render(ENTITY, CORE, Form(lang=lang, style="simplified"))["street"] == expected[1]


def test_languages_by_region_and_default() -> None:
    assert choose({"zh-Hant": "水", "@none": "x"}, "zh") == ("zh-Hant", "水")
    assert choose({"en": "y", "@none": "x"}, "de") == ("@none", "x")
    with pytest.raises(Exception, match="weight"):
        wishes("fr;q=much")


def test_deleted_instances_and_what_was_before() -> None:
    gone = Attribute("Property", 3, deleted_at=9_000)
    spoken = Attribute("LanguageProperty", {"fr": "x"}, deleted_at=9_000)
    before = Attribute("Property", 3)
    entity = Entity("urn:x:y", ("T",), attributes={"a:p": (gone,), "a:l": (spoken,)})
    said = render(entity, CORE, previous={("a:p", ""): before})
    assert said["a:p"] == {"type": "Property", "value": NULL, "previousValue": 3}
    assert said["a:l"] == {"type": "LanguageProperty", "languageMap": {"@none": NULL}}
    assert render(entity, CORE, Form(sys_attrs=True))["a:p"]["deletedAt"] == stamp(9_000)
    assert render(entity, CORE, Form(style="simplified"))["a:p"] == NULL
    whole = msgspec.structs.replace(entity, deleted_at=9_000)
    assert render(whole, CORE)["a:l"]["languageMap"] == NULL
    assert render(whole, CORE)["deletedAt"] == stamp(9_000)


def test_a_name_is_shortened_by_the_context_of_the_reader() -> None:
    entity = read_entity({"id": "urn:x:y", "type": "a", "a": 1, "c": 2}, CORE)
    said = render(entity, OTHER, Form(style="concise"))
    assert said == {"id": "urn:x:y", "type": "b", "b": 1, "c": 2}


@settings(max_examples=examples(150))
@given(entities())
def test_what_is_rendered_reads_as_the_same_entity(payload: dict[str, Any]) -> None:
    entity = read_entity(payload, CORE)
    for context in (CORE, OTHER):
        for style in ("normalized", "concise"):
            said = render(entity, context, Form(style=style))  # type: ignore[arg-type]
            assert read_entity(msgspec.json.decode(msgspec.json.encode(said)), context) == entity


@settings(max_examples=examples(100))
@given(entities())
def test_an_entity_survives_the_store(payload: dict[str, Any]) -> None:
    entity = read_entity(payload, CORE)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(entity), type=Entity) == entity


@settings(max_examples=examples(60))
@given(entities())
def test_simplified_keeps_every_value_and_nothing_else(payload: dict[str, Any]) -> None:
    entity = read_entity(payload, CORE)
    said = render(entity, CORE, Form(style="simplified"))
    assert len(said) == len(render(entity, CORE))
    for name, instances in entity.attributes.items():
        if len(instances) == 1 and instances[0].kind == "Property":
            assert said[CORE.compact(name)] == instances[0].value
    again = read_entity(said, CORE, simplified=True).attributes
    assert {name: {item.dataset for item in items} for name, items in again.items()} == {
        name: {item.dataset for item in items} for name, items in entity.attributes.items()
    }


def test_a_renderer_serves_many_entities() -> None:
    renderer = Renderer(CORE)
    assert [renderer.entity(ENTITY), renderer.entity(ENTITY)] == [SAID, SAID]
