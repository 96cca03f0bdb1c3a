"""Whatever JSON comes: an entity or a typed error, in bounded time and memory."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.foundation.broker.ld.strategies import texts

from chengshu.foundation.broker.errors import BadRequestData, BrokerError
from chengshu.foundation.broker.ld import reading
from chengshu.foundation.broker.ld.contexts import CORE, compile_context
from chengshu.foundation.broker.ld.rendering import render
from chengshu.foundation.broker.model import NULL, Entity

HEAD = {"id": "urn:x:y", "type": "T"}
keys = st.one_of(
    st.sampled_from(
        [
            "id",
            "type",
            "scope",
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
            "instanceId",
            "createdAt",
            "location",
            "dataset",
            "coordinates",
            "@context",
            "@type",
            "@id",
            "a",
            "entity",
            "previousValue",
        ]
    ),
    texts,
)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    texts,
    st.sampled_from(
        [
            "Property",
            "Relationship",
            "GeoProperty",
            "LanguageProperty",
            "JsonProperty",
            "Point",
            "urn:x:y",
            NULL,
            "@none",
        ]
    ),
    st.sampled_from(
        [[1, 2], [[0, 0], [1, 1]], "2026-01-01T00:00:00Z", {"type": "Point", "coordinates": [1, 2]}]
    ),
)
anything = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=5)),
    max_leaves=20,
)
payloads = st.one_of(
    anything,
    st.dictionaries(st.sampled_from(["a", "b", "location", "scope", "type"]), anything).map(
        lambda said: HEAD | said
    ),
)
READERS = [
    reading.read_entity,
    reading.read_fragment,
    reading.read_entity_patch,
    reading.read_attribute,
    reading.read_attribute_patch,
    reading.read_temporal_entity,
    lambda payload, context: reading.read_temporal_patch(payload, context, "a"),
    lambda payload, context: reading.read_entity(payload, context, simplified=True),
]


@settings(max_examples=examples(400))
@given(payloads, st.sampled_from(READERS))
def test_any_json_is_read_or_refused(payload: Any, read: Any) -> None:
    try:
        found = read(payload, CORE)
    except BrokerError as error:
        assert error.fault.detail
        msgspec.json.encode(error.as_problem())
    else:
        msgspec.msgpack.encode(found)
        if isinstance(found, Entity) and found.types:
            msgspec.json.encode(render(found, CORE))


@settings(max_examples=examples(200))
@given(anything)
def test_any_json_is_a_context_or_refused(source: Any) -> None:
    if isinstance(source, dict):
        try:
            compile_context([source])
        except BadRequestData as error:
            assert error.fault.where


def test_an_entity_of_ten_thousand_attributes() -> None:
    said = HEAD | {f"attribute{n}": {"type": "Property", "value": n} for n in range(10_000)}
    found = reading.read_entity(said, CORE)
    assert len(found.attributes) == 10_000
    assert render(found, CORE) == said


@pytest.mark.parametrize(
    "value",
    [
        [1] * 50_000,
        {f"k{n}": n for n in range(20_000)},
        "x" * 100_000,
    ],
)
def test_large_values(value: Any) -> None:
    found = reading.read_entity(HEAD | {"a": {"value": value}}, CORE)
    assert found.attributes[CORE.expand("a")][0].value == value


@pytest.mark.parametrize(
    "nest", [lambda inner: [inner], lambda inner: {"a": inner}, lambda inner: {"value": 1, "a": inner}]
)
def test_deep_json_is_refused(nest: Any) -> None:
    said: Any = 1
    for _ in range(900):
        said = nest(said)
    for read in READERS:
        with pytest.raises(BadRequestData):
            read(HEAD | {"a": said}, CORE)


def test_names_once_seen_do_not_fill_the_memory() -> None:
    context = compile_context([])
    for n in range(120_000):
        context.name(f"n{n}")
    assert len(context._names) <= 50_000
    assert len(context._expanded) <= 50_000


def test_absurd_geometries() -> None:
    ring = [[0, 0], [1, 0], [1, 1], [0, 0]]
    many = {"type": "MultiPolygon", "coordinates": [[ring]] * 5_000}
    assert reading.read_entity(HEAD | {"a": many}, CORE).attributes
    for wrong in (
        {"type": "Polygon", "coordinates": ring},
        {"type": "Point", "coordinates": [[[[1]]]]},
        {"type": "Point", "coordinates": [1e999, 0]},
        {"type": "Point", "coordinates": {"0": 1}},
        {"type": "GeometryCollection", "geometries": [{"type": "GeometryCollection", "geometries": []}]},
    ):
        with pytest.raises(BadRequestData):
            reading.read_entity(HEAD | {"a": {"type": "GeoProperty", "value": wrong}}, CORE)


def test_crowds_within_one_attribute_are_refused() -> None:
    many = [{"value": n, "datasetId": f"urn:x:{n}"} for n in range(1_001)]
    for said in ({"a": many}, {"type": [f"T{n}" for n in range(1_001)]}, {"a": {"vocab": ["x"] * 1_001}}):
        with pytest.raises(BadRequestData, match="1001"):
            reading.read_entity(HEAD | said, CORE)
    assert len(reading.read_entity(HEAD | {"a": many[:1_000]}, CORE).attributes[CORE.expand("a")]) == 1_000
