"""What a source notifies, taken apart."""

from __future__ import annotations

from typing import Any

import pytest

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld.contexts import CORE
from chengshu.foundation.broker.relaying.hearing import take_apart

NULL = "urn:ngsi-ld:null"
ALIVE = {"type": "Property", "value": 1}
GONE = {"type": "Property", "value": NULL, "deletedAt": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("said", "left", "lost"),
    [
        ({"p": ALIVE}, {"p": ALIVE}, []),
        ({"p": GONE, "n": ALIVE}, {"n": ALIVE}, [("p", "")]),
        ({"p": {"type": "Relationship", "object": NULL}}, {}, [("p", "")]),
        ({"p": {"type": "LanguageProperty", "languageMap": {"@none": NULL}}}, {}, [("p", "")]),
        (
            {"p": {"type": "ListProperty", "valueList": [NULL]}},
            {"p": {"type": "ListProperty", "valueList": [NULL]}},
            [],
        ),
        ({"p": [ALIVE, GONE | {"datasetId": "urn:d:1"}]}, {"p": [ALIVE]}, [("p", "urn:d:1")]),
        ({"p": [ALIVE, GONE | {"datasetId": "@none"}]}, {"p": [ALIVE]}, [("p", "")]),
        ({"p": "bare", "scope": "/a"}, {"p": "bare", "scope": "/a"}, []),
    ],
)
def test_attributes_that_are_gone(said: Any, left: Any, lost: list[tuple[str, str]]) -> None:
    head = {"id": "urn:e:1", "type": "T"}
    apart = take_apart([head | said], CORE)
    assert apart.there == [head | left] and apart.ended == {}
    assert [(CORE.compact(one.name), one.dataset) for one in apart.gone["urn:e:1"]] == lost


def test_entities_that_are_gone() -> None:
    ended = {"id": "urn:e:1", "type": "T", "deletedAt": "2026-01-01T00:00:00Z", "p": GONE, "n": ALIVE}
    apart = take_apart([ended, 5], CORE)
    assert apart.there == [{"id": "urn:e:1", "type": "T"}, 5]
    assert apart.ended == {"urn:e:1": 1_767_225_600_000}
    assert [one.what for one in apart.gone["urn:e:1"]] == ["deleted"]
    with pytest.raises(BadRequestData):
        take_apart([ended | {"deletedAt": "yesterday"}], CORE)
