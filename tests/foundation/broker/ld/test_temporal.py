"""Evolutions rendered: instances, pairs of value and time, aggregates."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.foundation.broker.ld.strategies import entities, instances

from chengshu.foundation.broker.ld.contexts import CORE
from chengshu.foundation.broker.ld.core import DEFAULT_VOCAB
from chengshu.foundation.broker.ld.reading import read_temporal_entity
from chengshu.foundation.broker.ld.rendering import Form
from chengshu.foundation.broker.ld.temporal import render_aggregated, render_temporal, render_temporal_values
from chengshu.foundation.broker.ld.times import stamp
from chengshu.foundation.broker.model import NULL, Attribute, Entity
from chengshu.foundation.broker.temporal import SCOPE, Aggregate, SeriesAggregates

T1, T2 = "2020-08-01T12:03:00Z", "2020-08-01T12:05:00Z"
HEAD = {"id": "urn:ngsi-ld:Vehicle:A", "type": "Vehicle"}
SAID: dict[str, Any] = HEAD | {
    "speed": [
        {"type": "Property", "value": 120, "observedAt": T1, "unitCode": "KMH"},
        {"type": "Property", "value": 80, "observedAt": T2, "unitCode": "KMH"},
    ],
    "street": [{"type": "LanguageProperty", "languageMap": {"fr": "Place", "nl": "x"}, "observedAt": T1}],
    "use": [{"type": "VocabProperty", "vocab": ["a", "b"], "observedAt": T1}],
    "data": [{"type": "JsonProperty", "json": {"a": None}, "observedAt": T1}],
    "parked": [{"type": "Relationship", "object": "urn:x:y", "observedAt": T1}],
    "place": [{"type": "GeoProperty", "value": {"type": "Point", "coordinates": [1, 2]}, "observedAt": T1}],
    "list": [{"type": "ListProperty", "valueList": [1], "observedAt": T1}],
    "links": [{"type": "ListRelationship", "objectList": [{"object": "urn:x:y"}], "observedAt": T1}],
}
ENTITY = read_temporal_entity(SAID, CORE)


def test_instances_are_always_lists() -> None:
    assert render_temporal(ENTITY, CORE) == SAID
    concise = render_temporal(ENTITY, CORE, Form(style="concise"))
    assert concise["parked"] == [{"object": "urn:x:y", "observedAt": T1}]
    bare = read_temporal_entity(HEAD | {"a": [7], "g": [{"type": "Point", "coordinates": [1, 2]}]}, CORE)
    assert render_temporal(bare, CORE, Form(style="concise"))["a"] == [{"value": 7}]
    assert render_temporal(bare, CORE, Form(style="concise"))["g"] == [
        {"value": {"type": "Point", "coordinates": [1, 2]}}
    ]


def test_pairs_of_value_and_time() -> None:
    assert render_temporal_values(ENTITY, CORE) == HEAD | {
        "speed": {"type": "Property", "values": [[120, T1], [80, T2]]},
        "street": {
            "type": "LanguageProperty",
            "languageMaps": [[{"languageMap": {"fr": "Place", "nl": "x"}}, T1]],
        },
        "use": {"type": "VocabProperty", "vocabs": [[{"vocab": ["a", "b"]}, T1]]},
        "data": {"type": "JsonProperty", "jsons": [[{"json": {"a": None}}, T1]]},
        "parked": {"type": "Relationship", "objects": [["urn:x:y", T1]]},
        "place": {"type": "GeoProperty", "values": [[{"type": "Point", "coordinates": [1, 2]}, T1]]},
        "list": {"type": "ListProperty", "valueLists": [[[1], T1]]},
        "links": {"type": "ListRelationship", "objectLists": [[[{"object": "urn:x:y"}], T1]]},
    }
    spoken = render_temporal_values(ENTITY, CORE, Form(lang="nl"))["street"]
    assert spoken == {"type": "Property", "values": [["x", T1]]}


def test_pairs_by_dataset_and_time_property() -> None:
    items = (
        Attribute("Property", 1, created_at=1_000, modified_at=2_000, observed_at=T1),
        Attribute("Property", 2, created_at=3_000, modified_at=4_000, dataset="urn:x:gps"),
    )
    entity = Entity("urn:x:y", ("a:T",), attributes={"a:p": items})
    assert render_temporal_values(entity, CORE)["a:p"] == [
        {"type": "Property", "values": [[1, T1]]},
        {"type": "Property", "datasetId": "urn:x:gps", "values": [[2, stamp(4_000)]]},
    ]
    created = render_temporal_values(entity, CORE, timeproperty="createdAt")["a:p"]
    assert [one["values"][0][1] for one in created] == [stamp(1_000), stamp(3_000)]
    only = render_temporal_values(entity, CORE, Form(datasets=frozenset({"@none"})))["a:p"]
    assert only == {"type": "Property", "values": [[1, T1]]}


def test_what_was_deleted() -> None:
    entity = Entity(
        "urn:x:y",
        ("a:T",),
        scopes=("/A",),
        attributes={
            "a:p": (Attribute("Property", NULL, deleted_at=9_000, instance="urn:x:1"),),
            "a:l": (Attribute("LanguageProperty", {"@none": NULL}, deleted_at=9_000),),
            SCOPE: (Attribute("Property", NULL, deleted_at=9_000),),
        },
    )
    deleted = stamp(9_000)
    assert render_temporal(entity, CORE) == {
        "id": "urn:x:y",
        "type": "a:T",
        "a:p": [{"type": "Property", "value": NULL, "instanceId": "urn:x:1", "deletedAt": deleted}],
        "a:l": [{"type": "LanguageProperty", "languageMap": {"@none": NULL}, "deletedAt": deleted}],
        "scope": [{"type": "Property", "value": [], "deletedAt": deleted}],
    }
    values = render_temporal_values(entity, CORE)
    assert values["a:p"] == {"type": "Property", "values": [[NULL, deleted]]}
    assert values["a:l"]["languageMaps"] == [[{"languageMap": {"@none": NULL}}, deleted]]
    assert values["scope"] == {"type": "Property", "values": [[[], deleted]]}


def test_aggregates() -> None:
    name = DEFAULT_VOCAB + "speed"
    series = [
        SeriesAggregates(name, "", "Property", {"avg": (Aggregate(100.0, 0, 3_600_000),), "max": ()}),
        SeriesAggregates(name, "urn:x:gps", "Property", {"avg": (Aggregate(90.0, 0, 500),)}),
        SeriesAggregates(DEFAULT_VOCAB + "other", "", "Property", {"avg": ()}),
    ]
    entity = Entity("urn:x:y", (DEFAULT_VOCAB + "T",))
    said = render_aggregated(entity, series, CORE, Form(attrs=frozenset({name})))
    assert said == {
        "id": "urn:x:y",
        "type": "T",
        "speed": [
            {"type": "Property", "avg": [[100.0, "1970-01-01T00:00:00Z", "1970-01-01T01:00:00Z"]], "max": []},
            {
                "type": "Property",
                "datasetId": "urn:x:gps",
                "avg": [[90.0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.500Z"]],
            },
        ],
    }


@settings(max_examples=examples(80))
@given(entities(), st.lists(instances(), min_size=1, max_size=4))
def test_evolutions_read_as_they_are_rendered(payload: dict[str, Any], many: list[dict[str, Any]]) -> None:
    entity = read_temporal_entity(payload | {"many_": many}, CORE)
    for style in ("normalized", "concise"):
        said = render_temporal(entity, CORE, Form(style=style))  # type: ignore[arg-type]
        assert read_temporal_entity(said, CORE) == entity
    pairs = render_temporal_values(entity, CORE)["many_"]
    groups = pairs if isinstance(pairs, list) else [pairs]
    assert sum(len(rows) for one in groups for rows in one.values() if isinstance(rows, list)) == len(many)
