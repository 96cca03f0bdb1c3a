"""What is left of an entity in earlier versions of NGSI-LD, by the tables of clause 4.3.6.8."""

from __future__ import annotations

from typing import Any

import pytest

from chengshu.foundation.broker.ld.versions import amended, amended_attribute, version_of

NOW = "2026-08-01T00:00:00Z"
WHOLE: dict[str, Any] = {
    "id": "urn:e:1",
    "type": ["Pump", "Asset"],
    "scope": "/city",
    "expiresAt": NOW,
    "flow": {"type": "Property", "value": {"type": "x"}, "unitCode": "MTQ", "observedAt": NOW},
    "note": {"type": "LanguageProperty", "languageMap": {"en": "ok"}},
    "kind": {"type": "VocabProperty", "vocab": "old"},
    "more": {"type": "JsonProperty", "json": {"type": "JsonProperty"}},
    "list": {
        "type": "ListProperty",
        "valueList": [1, 2],
        "expiresAt": NOW,
        "sub": {"type": "Property", "value": 1},
    },
    "all": {"type": "ListRelationship", "objectList": ["urn:a", "urn:b"]},
    "of": {"type": "Relationship", "object": "urn:a", "objectType": "Station"},
    "twice": [
        {"type": "Property", "value": 1, "datasetId": "urn:d:1"},
        {"type": "Property", "value": 2, "valueType": "Number"},
    ],
}
CASES: list[tuple[str, str, Any]] = [
    ("1.8", "expiresAt", None),
    ("1.8", "list", {"type": "ListProperty", "valueList": [1, 2], "sub": {"type": "Property", "value": 1}}),
    ("1.8", "kind", WHOLE["kind"]),
    ("1.7", "kind", {"type": "Property", "value": "old"}),
    ("1.7", "more", {"type": "Property", "value": {"type": "JsonProperty"}}),
    ("1.7", "all", {"type": "Relationship", "object": ["urn:a", "urn:b"]}),
    ("1.7", "of", {"type": "Relationship", "object": "urn:a"}),
    ("1.4", "note", WHOLE["note"]),
    ("1.4", "scope", "/city"),
    ("1.3", "note", {"type": "Property", "value": {"en": "ok"}}),
    ("1.3", "scope", None),
    (
        "1.3",
        "twice",
        [{"type": "Property", "value": 1, "datasetId": "urn:d:1"}, {"type": "Property", "value": 2}],
    ),
    ("1.3", "type", ["Pump", "Asset"]),
    ("1.0", "type", "Pump"),
    ("1.0", "twice", {"type": "Property", "value": 2}),
    ("1.0", "flow", {"type": "Property", "value": {"type": "x"}}),
    ("1.9", "list", WHOLE["list"]),
    ("2.0", "expiresAt", NOW),
]


@pytest.mark.parametrize(("version", "member", "wanted"), CASES)
def test_a_member_in_a_version(version: str, member: str, wanted: Any) -> None:
    known = version_of(version)
    assert known is not None
    assert amended(WHOLE, known).get(member) == wanted
    assert amended([WHOLE], known)[0].get(member) == wanted


def test_what_is_not_an_entity_alone() -> None:
    feature = {"type": "Feature", "id": "urn:1", "geometry": None, "properties": {"kind": WHOLE["kind"]}}
    plain = {"type": "Property", "value": "old"}
    assert amended({"type": "FeatureCollection", "features": [feature]}, (1, 6))["features"][0][
        "properties"
    ] == {"kind": plain}
    assert amended_attribute(WHOLE["kind"], (1, 6)) == plain
    several = {"p": [{"type": "Property", "value": n, "observedAt": NOW} for n in (1, 2)]}
    assert amended(several, (1, 0), instances=True) == several


@pytest.mark.parametrize(
    ("text", "version"), [("1.5", (1, 5)), (" 1.8.1 ", (1, 8)), ("1", None), ("1.x", None), ("", None)]
)
def test_versions_as_they_are_written(text: str, version: tuple[int, int] | None) -> None:
    assert version_of(text) == version
