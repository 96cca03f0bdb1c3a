"""Payloads cut by attributes, and put into the words of another context."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chengshu.foundation.broker.ld.contexts import CORE, compile_context
from chengshu.foundation.broker.ld.reading import read_entity
from chengshu.foundation.broker.registry.splitting import (
    attribute_names,
    only,
    translated,
    translated_attribute,
    without,
)

OURS = compile_context([{name: f"https://x/{name}" for name in ("Pump", "power", "source", "Unit")}])
THEIRS = compile_context(
    [
        {
            "bomba": "https://x/Pump",
            "potencia": "https://x/power",
            "fuente": "https://x/source",
            "U": "https://x/Unit",
        }
    ]
)
PUMP: dict[str, Any] = {
    "id": "urn:pump:1",
    "type": "Pump",
    "scope": "/City",
    "power": [
        {
            "type": "Property",
            "value": {"source": "kept"},
            "source": {"type": "VocabProperty", "vocab": "Unit"},
        },
        {"type": "Property", "value": 2, "datasetId": "urn:d:1"},
    ],
    "partOf": {"type": "Relationship", "object": "urn:net:1", "objectType": "Pump"},
}


def test_names_change_and_values_stay() -> None:
    said = translated(PUMP, OURS, THEIRS)
    assert said["type"] == "bomba"
    assert said["potencia"][0] == {
        "type": "Property",
        "value": {"source": "kept"},
        "fuente": {"type": "VocabProperty", "vocab": "U"},
    }
    assert said["partOf"]["objectType"] == "bomba"
    assert read_entity(said, THEIRS) == read_entity(PUMP, OURS)
    assert translated(said, THEIRS, OURS) == PUMP
    assert translated_attribute(PUMP["power"][0], OURS, THEIRS) == said["potencia"][0]
    assert translated(PUMP, OURS, OURS) == PUMP


@given(
    st.frozensets(
        st.sampled_from(
            ["https://x/power", "https://uri.etsi.org/ngsi-ld/default-context/partOf", "https://x/none"]
        )
    )
)
def test_what_is_cut_out_and_what_stays_are_the_whole(names: frozenset[str]) -> None:
    inside, outside = only(PUMP, names, OURS), without(PUMP, names, OURS)
    assert inside | outside == PUMP
    assert attribute_names(inside, OURS) == attribute_names(PUMP, OURS) & names
    assert attribute_names(outside, OURS) == attribute_names(PUMP, OURS) - names


def test_everything_and_nothing() -> None:
    assert only(PUMP, None, CORE) == PUMP
    assert without(PUMP, None, CORE) == {"id": "urn:pump:1", "type": "Pump", "scope": "/City"}
