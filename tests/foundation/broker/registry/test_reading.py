"""Registrations read, written out again, changed, and refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld.contexts import CORE, compile_context
from chengshu.foundation.broker.registry.amending import amended
from chengshu.foundation.broker.registry.model import Registration
from chengshu.foundation.broker.registry.operations import offered
from chengshu.foundation.broker.registry.reading import read_registration
from chengshu.foundation.broker.registry.rendering import render_registration

NOW = 1_785_000_000_000  # July 2026
FULL: dict[str, Any] = {
    "id": "urn:csr:1",
    "type": "ContextSourceRegistration",
    "registrationName": "pumps",
    "description": "of the north",
    "information": [
        {
            "entities": [
                {"id": "urn:pump:1", "type": "Pump"},
                {"idPattern": "^urn:gate:", "type": ["Gate", "Thing"]},
            ],
            "propertyNames": ["power"],
            "relationshipNames": ["partOf"],
        }
    ],
    "tenant": "north",
    "observationInterval": {"startAt": "2026-01-01T00:00:00Z", "endAt": "2026-02-01T00:00:00Z"},
    "location": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
    "expiresAt": "2035-01-01T00:00:00Z",
    "endpoint": "http://north.example:1026",
    "contextSourceInfo": [{"key": "X-Key", "value": "k"}],
    "contextSourceAlias": "north",
    "scope": ["/City/North", "/City/Water"],
    "mode": "exclusive",
    "operations": ["updateOps", "queryEntity"],
    "refreshRate": "PT5M",
    "management": {"localOnly": True, "cacheDuration": "PT1M", "timeout": 500, "cooldown": 2000},
    "datasetId": ["urn:d:1", "@none"],
    "owner": "water works",
}
LEAST: dict[str, Any] = {
    "type": "ContextSourceRegistration",
    "information": [{"entities": [{"type": "Pump"}]}],
    "endpoint": "http://x",
}


def read(payload: dict[str, Any]) -> Registration:
    return read_registration(payload, CORE, now_ms=NOW, new_id="urn:csr:new")


def test_what_is_read_is_written_out_again() -> None:
    assert render_registration(read(FULL), CORE) == FULL
    assert render_registration(read(LEAST), CORE) == LEAST | {"id": "urn:csr:new"}


def test_names_are_those_of_the_context() -> None:
    context = compile_context([{"Pump": "https://x/Pump", "power": "https://x/power"}])
    registration = read_registration(FULL, context, now_ms=NOW)
    (piece,) = registration.information
    assert piece.entities[0].types == ("https://x/Pump",)
    assert piece.properties == ("https://x/power",)
    rendered = render_registration(registration, CORE)
    assert rendered["information"][0]["propertyNames"] == ["https://x/power"]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"type": "Subscription"}, "type"),
        ({"id": "no uri"}, "id"),
        ({"endpoint": None}, "endpoint"),
        ({"endpoint": "nowhere"}, "endpoint"),
        ({"information": []}, "information"),
        ({"information": None}, "information"),
        ({"information": [{}]}, "information[0]"),
        ({"information": [{"entities": []}]}, "information[0].entities"),
        ({"information": [{"entities": [{"id": "urn:x"}]}]}, "information[0].entities[0].type"),
        ({"information": [{"entities": [{"type": "A", "id": "x"}]}]}, "information[0].entities[0].id"),
        (
            {"information": [{"entities": [{"type": "A", "idPattern": "(a"}]}]},
            "information[0].entities[0].idPattern",
        ),
        ({"information": [{"entities": [{"type": "A", "name": "x"}]}]}, "information[0].entities[0]"),
        ({"information": [{"propertyNames": []}]}, "information[0].propertyNames"),
        ({"mode": "loud"}, "mode"),
        ({"mode": "exclusive"}, "information[0]"),
        ({"operations": ["fly"]}, "operations[0]"),
        ({"expiresAt": "2018-11-29T14:53:15Z"}, "expiresAt"),
        ({"expiresAt": "soon"}, "expiresAt"),
        (
            {"observationInterval": {"startAt": "2026-02-01T00:00:00Z", "endAt": "2026-01-01T00:00:00Z"}},
            "observationInterval.endAt",
        ),
        ({"location": {"type": "Point", "coordinates": [200, 0]}}, "location.coordinates"),
        ({"location": {"type": "Polygon", "coordinates": [[0, 0]]}}, "location.coordinates"),
        ({"contextSourceInfo": [{"key": "a"}]}, "contextSourceInfo[0].value"),
        ({"contextSourceInfo": [{"key": "accept", "value": "text/html"}]}, "contextSourceInfo[0].value"),
        ({"contextSourceInfo": [{"key": "contentType", "value": "json"}]}, "contextSourceInfo[0].value"),
        ({"contextSourceInfo": [{"key": "jsonldContext", "value": "x"}]}, "contextSourceInfo[0].value"),
        ({"contextSourceInfo": [{"key": "ngsildConformance", "value": "new"}]}, "contextSourceInfo[0].value"),
        ({"mode": "auxiliary", "operations": ["retrieveOps", "updateOps"]}, "operations"),
        ({"management": {"timeout": -1}}, "management.timeout"),
        ({"management": {"timeout": 1.5}}, "management.timeout"),
        ({"refreshRate": "often"}, "refreshRate"),
        ({"scope": "/a b"}, "scope"),
        ({"owner": None}, "owner"),
    ],
)
def test_what_is_wrong_is_refused_where_it_is(change: dict[str, Any], where: str) -> None:
    with pytest.raises(BadRequestData) as caught:
        read(LEAST | change)
    assert caught.value.fault.where == where
    assert caught.value.fault.remedy


def test_a_fragment_changes_what_it_says() -> None:
    before = read(FULL)
    after = amended(before, {"endpoint": "http://new", "expiresAt": None, "owner": None}, CORE, now_ms=NOW)
    expected = {name: value for name, value in FULL.items() if name not in ("expiresAt", "owner")}
    assert render_registration(after, CORE) == expected | {"endpoint": "http://new"}
    for fragment in ({"type": "building"}, {"id": "urn:other"}, {"information": None}, {"endpoint": None}):
        with pytest.raises(BadRequestData):
            amended(before, fragment, CORE, now_ms=NOW)


def test_groups_stand_for_their_operations() -> None:
    assert "queryBatch" in offered(())
    assert "createEntity" not in offered(())
    assert {"createEntity", "purgeEntity", "retrieveEntity"} <= offered(("redirectionOps",))
    assert offered(("updateOps", "queryEntity")) == {
        "updateEntity",
        "updateAttrs",
        "replaceEntity",
        "replaceAttrs",
        "queryEntity",
    }


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from([*FULL, "", "@x", "x:y"]), _json, max_size=4),
    st.sampled_from([FULL, LEAST]),
)
def test_whatever_is_sent_is_read_or_refused(change: dict[str, Any], base: dict[str, Any]) -> None:
    try:
        registration = read(base | change)
    except BadRequestData as error:
        assert error.fault.detail
    else:
        assert read(render_registration(registration, CORE)) == registration
