"""Every kind of attribute through every operation and representation (clauses 4.5, 5.6 and 5.7)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from tools.broker import Standing

KINDS: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "cases" / "kinds.yaml").read_text())
FORMS = {"normalized": "normalized", "concise": "concise", "simple": "keyValues"}
ONE, ATTRS, ATTR = "entities/urn:e:1", "entities/urn:e:1/attrs", "entities/urn:e:1/attrs/a"
WHOLE = {"id": "urn:e:1", "type": "T"}
WRAPPED = {"languageMaps", "vocabs", "jsons"}  # whose values stay under their own name in temporalValues
OPERATIONS = {
    "append": ("POST", ATTRS, "part"),
    "update": ("PATCH", ATTRS, "part"),
    "change": ("PATCH", ATTR, "attribute"),
    "replace it": ("PUT", ATTR, "attribute"),
    "replace all": ("PUT", ONE, "whole"),
    "merge": ("PATCH", ONE, "part"),
    "batch upsert": ("POST", "entityOperations/upsert", "batch"),
    "batch update": ("POST", "entityOperations/update", "batch"),
    "batch merge": ("POST", "entityOperations/merge", "batch"),
    "batch upsert of parts": ("POST", "entityOperations/upsert?options=update", "batch"),
}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    standing = Standing(tmp_path_factory.mktemp("kinds"), durable=False)
    yield standing
    standing.close()


def client(broker: Standing, tenant: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=broker.surface),
        base_url="http://hub/ngsi-ld/v1/",
        headers={"ngsild-tenant": tenant.replace(" ", "_")},
    )


async def shown(api: httpx.AsyncClient) -> dict[str, Any]:
    return {form: (await api.get(ONE, params={"format": said})).json()["a"] for form, said in FORMS.items()}


@pytest.mark.parametrize("written", ["normalized", "concise"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_kind_of_attribute_is_given_as_it_was_written(
    broker: Standing, kind: str, written: str
) -> None:
    said = KINDS[kind]["before"]
    async with client(broker, f"{kind} {written}") as api:
        made = await api.post("entities", json=WHOLE | {"a": said[written]})
        assert made.status_code == 201, made.text
        assert await shown(api) == said
        feature = (await api.get(ONE, headers={"accept": "application/geo+json"})).json()
        assert feature["properties"]["a"] == said["normalized"] and feature["geometry"] is None
        found = await api.post(
            "entityOperations/query", json={"type": "Query", "entities": [{"type": "T"}], "q": "a"}
        )
        assert [one["a"] for one in found.json()] == [said["normalized"]]
        asked = {"options": "temporalValues", "timeproperty": "modifiedAt"}
        values = (await api.get("temporal/" + ONE, params=asked)).json()["a"]
        past = KINDS[kind]["past"]
        member = past.removesuffix("s")
        plain = said["normalized"][member]
        assert [pair[0] for pair in values[past]] == [{member: plain} if past in WRAPPED else plain]
        (instance,) = (await api.get("temporal/" + ONE)).json()["a"]
        assert {name: instance[name] for name in said["normalized"]} == said["normalized"]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_kind_of_attribute_is_changed(broker: Standing, kind: str, operation: str) -> None:
    """By each operation, from before to after; what is merged or changed in part keeps what is not said."""
    method, path, of = OPERATIONS[operation]
    before, after = KINDS[kind]["before"], KINDS[kind]["after"]
    for written in ("normalized", "concise"):
        async with client(broker, f"{kind} {operation} {written}") as api:
            assert (await api.post("entities", json=WHOLE | {"a": before["normalized"]})).status_code == 201
            said = after[written]
            body: Any = {"part": {"a": said}, "whole": WHOLE | {"a": said}, "batch": [WHOLE | {"a": said}]}
            if of == "attribute":  # by itself it is an object
                body[of] = said if isinstance(said, dict) else {"value": said}
            answer = await api.request(method, path, json=body[of])
            assert answer.status_code == 204, answer.text
            kept = {
                name: value
                for name, value in before["normalized"].items()
                if name == "unitCode" and operation in ("change", "merge", "batch merge")
            }
            assert (await api.get(ONE)).json()["a"] == after["normalized"] | kept
