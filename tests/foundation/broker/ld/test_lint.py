"""What the linter says of payloads that are not NGSI-LD, and that it always leaves something that is."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from tests.examples import examples
from tests.foundation.broker.ld.strategies import entities
from tests.foundation.broker.ld.test_bounds import payloads

from chengshu.foundation.broker.ld.contexts import CORE
from chengshu.foundation.broker.ld.lint import lint
from chengshu.foundation.broker.ld.reading import read_entity

HEAD = {"id": "urn:ngsi-ld:T:1", "type": "T"}
POINT = {"type": "Point", "coordinates": [121.47, 31.23]}


@pytest.mark.parametrize(
    ("said", "mended", "codes"),
    [
        ({"type": "string", "value": "Normal"}, {"type": "Property", "value": "Normal"}, ["attribute-type"]),
        (
            {"type": "Number", "value": 3, "metadata": {}},
            {"type": "Property", "value": 3},
            ["metadata", "attribute-type"],
        ),
        (
            {
                "type": "Number",
                "value": 3,
                "metadata": {
                    "unitCode": {"type": "Text", "value": "CEL"},
                    "TimeInstant": {"type": "DateTime", "value": "2026-11-22T08:00:00.00Z"},
                    "accuracy": {"type": "Number", "value": 0.5},
                },
            },
            {
                "type": "Property",
                "value": 3,
                "unitCode": "CEL",
                "observedAt": "2026-11-22T08:00:00.00Z",
                "accuracy": {"type": "Property", "value": 0.5},
            },
            ["metadata", "attribute-type"],
        ),
        ({"type": "geo:json", "value": POINT}, {"type": "GeoProperty", "value": POINT}, ["attribute-type"]),
        (
            {"type": "geo:point", "value": "31.23, 121.47"},
            {"type": "GeoProperty", "value": POINT},
            ["attribute-type"],
        ),
        (
            {"type": "Relationship", "Object": ["urn:x:y"]},
            {"type": "Relationship", "object": ["urn:x:y"]},
            ["spelling"],
        ),
        (
            {"type": "Relationship", "value": "urn:x:y"},
            {"type": "Relationship", "object": "urn:x:y"},
            ["relationship"],
        ),
        ({"type": "Relationship", "object": "No 7"}, {"type": "Property", "value": "No 7"}, ["relationship"]),
        (
            {"type": "Property", "object": "urn:x:y"},
            {"type": "Relationship", "object": "urn:x:y"},
            ["attribute-type"],
        ),
        (
            {"value": 1, "observedAt": "2020-03-17TT08:45:00Z"},
            {"value": 1, "observedAt": "2020-03-17T08:45:00Z"},
            ["time"],
        ),
        (
            {"value": 1, "observedAt": "2020-09-16 13:30:00+05:30"},
            {"value": 1, "observedAt": "2020-09-16T08:00:00Z"},
            ["time"],
        ),
        (
            {"value": 1, "observedAt": {"@type": "DateTime", "@value": "2020-01-01"}},
            {"value": 1, "observedAt": "2020-01-01T00:00:00Z"},
            ["time"],
        ),
        ({"value": 1, "observedAt": "yesterday"}, {"value": 1}, ["time"]),
        ({"value": 1, "unitCode": 7}, {"value": 1}, ["unit"]),
        ({"object": "urn:x:y", "unitCode": "CEL"}, {"object": "urn:x:y"}, ["unit"]),
        (
            {"value": 1, "datasetId": "gps 1"},
            {"value": 1, "datasetId": "urn:ngsi-ld:Dataset:gps-1"},
            ["dataset"],
        ),
        ({"value": [1, None, {"a": None}]}, {"value": [1, {}]}, ["null"]),
        (
            {"type": "Point", "coordinates": [31.23, 121.47]},
            {"type": "Point", "coordinates": [121.47, 31.23]},
            ["geometry"],
        ),
        (
            {"type": "GeoProperty", "value": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]}},
            {
                "type": "GeoProperty",
                "value": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
            },
            ["geometry"],
        ),
        ({"street": "Main"}, {"type": "Property", "value": {"street": "Main"}}, ["attribute-type"]),
        ({"value": 1, "status ": {"value": 2}}, {"value": 1, "status": {"value": 2}}, ["name"]),
        ([{"value": 1}, {"value": 2}], {"value": 1}, ["dataset"]),
    ],
)
def test_what_is_mended(said: Any, mended: Any, codes: list[str]) -> None:
    found = lint(HEAD | {"a": said})
    assert found.mended == HEAD | {"a": mended}
    assert [fault.code for fault in found.faults] == codes
    assert all(fault.remedy and fault.where.startswith("a") for fault in found.faults)


@pytest.mark.parametrize("said", [None, {"type": "Relationship"}, {"value": None}, {"type": "Point"}])
def test_what_cannot_be_mended_is_left_out_and_said(said: Any) -> None:
    found = lint(HEAD | {"a": said, "b": 1})
    assert found.mended == HEAD | {"b": 1}
    assert found.faults
    assert found.faults[-1].code in {"left-out", "null"}


def test_the_entity_itself() -> None:
    found = lint(
        {"id": "FWR 013", "type": "Flood", "scope": ["/a", "b c"], "water level": 3, "expiresAt": "x"}
    )
    assert found.mended == {
        "id": "urn:ngsi-ld:Flood:FWR-013",
        "type": "Flood",
        "scope": ["/a"],
        "water_level": 3,
    }
    assert [fault.code for fault in found.faults] == ["id", "scope", "time", "name"]
    assert lint({}).mended == {"id": "urn:ngsi-ld:Thing:1", "type": "Thing"}
    assert lint([]).mended is None


def test_a_location_that_is_no_place_is_left_out() -> None:
    found = lint(HEAD | {"location": {"type": "Property", "value": "here"}})
    assert found.mended == HEAD
    assert [fault.code for fault in found.faults] == ["geometry"]


@settings(max_examples=examples(60))
@given(entities())
def test_what_is_right_stays_as_it_is(payload: dict[str, Any]) -> None:
    found = lint(payload)
    assert found.faults == ()
    assert found.mended == payload


@settings(max_examples=examples(300))
@given(payloads)
def test_what_is_mended_can_be_read(payload: Any) -> None:
    before = copy.deepcopy(payload)
    found = lint(payload)
    assert payload == before
    assert (found.mended is None) == (not isinstance(payload, dict))
    if found.mended is not None:
        read_entity(found.mended, CORE)
        again = lint(found.mended)
        assert again.mended == found.mended
        assert again.faults == ()


@pytest.mark.external
def test_examples_of_smart_data_models(shared: Path) -> None:
    expected = {
        "FloodMonitoring": {"floodLevelStatus.type", "observationDateTime.type", "stationID.type"},
        "PhreaticObserved": {
            "depth.observedAt",
            "pressure.observedAt",
            "refDevice.Object",
            "waterTable.observedAt",
        },
        "WaterObserved": {"dateObserved.object"},
    }
    seen = 0
    for path in sorted((shared / "data/contexts/smart-data-models").glob("*-normalized.jsonld")):
        payload = json.loads(path.read_text())
        found = lint(payload)
        assert found.mended is not None
        entity = read_entity(found.mended, CORE)
        left = {"id", "type", "@context"}
        assert len(entity.attributes) == len(payload.keys() - left), path.name
        name = path.name.removesuffix("-normalized.jsonld")
        places = {fault.where for fault in found.faults if fault.code != "name"}
        assert places == expected.get(name, set()), path.name
        seen += 1
    assert seen == 14
