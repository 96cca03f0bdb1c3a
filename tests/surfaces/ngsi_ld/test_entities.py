"""Provision of single entities over HTTP (clauses 6.4 to 6.7)."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest

VEHICLE = {
    "id": "urn:v:1",
    "type": "Vehicle",
    "speed": {"type": "Property", "value": 55, "unitCode": "KMH"},
    "owner": {"type": "Relationship", "object": "urn:p:1"},
}
TYPES = "https://uri.etsi.org/ngsi-ld/errors/"


async def body_of(api: httpx.AsyncClient, entity: str = "urn:v:1") -> dict[str, object]:
    answer = await api.get(f"entities/{entity}")
    assert answer.status_code == 200, answer.text
    body: dict[str, object] = answer.json()
    return body


async def test_what_was_created_is_given_back(api: httpx.AsyncClient) -> None:
    answer = await api.post("entities", json=VEHICLE)
    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["location"] == "/ngsi-ld/v1/entities/urn:v:1"
    assert await body_of(api) == VEHICLE
    assert (await api.get("http://hub" + answer.headers["location"])).json() == VEHICLE
    joined = "http://hub/ngsi-ld/v1/entities/" + answer.headers["location"]
    assert (await api.get(joined)).json() == VEHICLE, (
        "clients that join an address and a Location get there too"
    )


async def test_a_second_of_the_same_id_is_refused_and_changes_nothing(api: httpx.AsyncClient) -> None:
    await api.post("entities", json=VEHICLE)
    answer = await api.post("entities/", json=VEHICLE | {"speed": 7})
    assert answer.status_code == 409 and answer.json()["type"] == TYPES + "AlreadyExists"
    assert answer.headers["content-type"] == "application/problem+json"
    assert await body_of(api) == VEHICLE


async def test_replace_merge_append_update_delete(api: httpx.AsyncClient) -> None:
    await api.post("entities", json=VEHICLE)
    assert (
        await api.put("entities/urn:v:1", json={"type": "Vehicle", "speed": {"value": 1}})
    ).status_code == 204
    assert "owner" not in await body_of(api)
    merge = await api.patch("entities/urn:v:1", json={"speed": {"value": 2}, "colour": {"value": "red"}})
    assert merge.status_code == 204
    assert (await body_of(api))["colour"] == {"type": "Property", "value": "red"}
    append = await api.post(
        "entities/urn:v:1/attrs?options=noOverwrite", json={"speed": {"value": 9}, "doors": {"value": 4}}
    )
    assert append.status_code == 207
    assert append.json()["updated"] == ["https://uri.etsi.org/ngsi-ld/default-context/doors"]
    assert append.json()["notUpdated"][0]["attributeName"].endswith("/speed")
    assert append.json()["notUpdated"][0]["reason"]
    assert (await api.patch("entities/urn:v:1/attrs", json={"speed": {"value": 3}})).status_code == 204
    assert (await api.patch("entities/urn:v:1/attrs/speed", json={"unitCode": "MMT"})).status_code == 204
    assert (await body_of(api))["speed"] == {"type": "Property", "value": 3, "unitCode": "MMT"}
    assert (await api.put("entities/urn:v:1/attrs/speed", json={"value": 8})).status_code == 204
    assert (await body_of(api))["speed"] == {"type": "Property", "value": 8}
    assert (await api.delete("entities/urn:v:1/attrs/speed")).status_code == 204
    assert "speed" not in await body_of(api)
    assert (await api.delete("entities/urn:v:1")).status_code == 204
    assert (await api.get("entities/urn:v:1")).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "entities/urn:no", None),
        ("DELETE", "entities/urn:no", None),
        ("PUT", "entities/urn:no", {"type": "T"}),
        ("PATCH", "entities/urn:no", {"a": {"value": 1}}),
        ("POST", "entities/urn:no/attrs", {"a": {"value": 1}}),
        ("PATCH", "entities/urn:no/attrs", {"a": {"value": 1}}),
        ("PATCH", "entities/urn:v:1/attrs/none", {"value": 1}),
        ("PUT", "entities/urn:v:1/attrs/none", {"value": 1}),
        ("DELETE", "entities/urn:v:1/attrs/none", None),
        ("DELETE", "entities/urn:v:1/attrs/speed?datasetId=urn:d:1", None),
        ("GET", "types/None", None),
        ("GET", "attributes/none", None),
        ("GET", "nowhere", None),
        ("GET", "temporal/entities/urn:no", None),
        ("DELETE", "temporal/entities/urn:no", None),
        ("GET", "jsonldContexts/none", None),
    ],
)
async def test_what_is_not_there_is_said_to_be_missing(
    api: httpx.AsyncClient, method: str, path: str, body: object
) -> None:
    await api.post("entities", json=VEHICLE)
    answer = await api.request(method, path, json=body) if body else await api.request(method, path)
    assert answer.status_code == 404, answer.text
    problem = answer.json()
    assert problem["type"] == TYPES + "ResourceNotFound" and problem["title"] and problem["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "entities/no-uri", None),
        ("PUT", "entities/", {"type": "T"}),
        ("PATCH", "entities/", {"a": {"value": 1}}),
        ("PATCH", "entities//attrs", {"a": {"value": 1}}),
        ("PATCH", "entities/urn:v:1", {"id": "urn:v:2", "a": {"value": 1}}),
        ("PATCH", "entities/urn:v:1/attrs/sp(ed", {"value": 1}),
        ("PATCH", "entities/urn:v:1/attrs/speed", []),
        ("POST", "entities", {"type": "T"}),
        ("POST", "entities", {"id": "urn:v:2"}),
        ("POST", "entities", {"id": "urn:v:2", "type": "T", "a": {"type": "Nonsense", "value": 1}}),
        ("POST", "entities", []),
    ],
)
async def test_what_breaks_a_rule_is_refused_with_place_and_remedy(
    api: httpx.AsyncClient, method: str, path: str, body: object
) -> None:
    await api.post("entities", json=VEHICLE)
    answer = (
        await api.request(method, path, json=body) if body is not None else await api.request(method, path)
    )
    assert answer.status_code == 400, answer.text
    assert answer.json()["type"] in (TYPES + "BadRequestData", TYPES + "InvalidRequest")
    assert answer.json()["detail"] and answer.json()["remedy"]


async def test_iris_stand_in_paths_when_they_are_quoted(api: httpx.AsyncClient) -> None:
    iri, identity = "https://example.org/vocab#speed", "https://example.org/vehicles/1?x=1"
    entity = {"id": identity, "type": "https://example.org/T", iri: {"type": "Property", "value": 5}}
    answer = await api.post("entities", json=entity)
    assert answer.status_code == 201
    path = f"entities/{quote(identity, safe='')}"
    assert answer.headers["location"] == f"/ngsi-ld/v1/{path}".replace("%3A", ":").replace("%3D", "=")
    assert (await api.get(path)).json() == entity
    name = quote(iri, safe="")
    assert (await api.patch(f"{path}/attrs/{name}", json={"value": 6})).status_code == 204
    assert (await api.get(path)).json()[iri]["value"] == 6
    assert (await api.get(f"attributes/{name}")).json()["attributeName"] == iri


async def test_head_and_options_and_methods_that_are_not_taken(api: httpx.AsyncClient) -> None:
    await api.post("entities", json=VEHICLE)
    head, get = await api.head("entities/urn:v:1/"), await api.get("entities/urn:v:1")
    assert head.content == b"" and head.status_code == 200
    assert head.headers["content-length"] == str(len(get.content))
    options = await api.options("entities/urn:v:1")
    assert options.status_code == 204
    assert options.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"
    assert "application/merge-patch+json" in options.headers["accept-patch"]
    for method, path in (("PUT", "types"), ("POST", "entities/urn:v:1"), ("BREW", "entities")):
        answer = await api.request(method, path)
        assert answer.status_code == 405 and "GET" in answer.headers["allow"]
        assert answer.json()["type"] == TYPES + "OperationNotSupported"


async def test_a_parameter_nobody_knows_is_refused_before_anything_is_done(api: httpx.AsyncClient) -> None:
    answer = await api.post("entities?colour=red", json=VEHICLE)
    assert answer.status_code == 400 and answer.json()["type"] == TYPES + "InvalidRequest"
    assert "options" in answer.json()["remedy"]
    assert (await api.get("entities/urn:v:1")).status_code == 404


async def test_instances_are_told_apart_by_dataset(api: httpx.AsyncClient) -> None:
    several = [{"type": "Property", "value": 1}, {"type": "Property", "value": 2, "datasetId": "urn:d:2"}]
    await api.post("entities", json={"id": "urn:v:1", "type": "T", "a": several})
    assert (await api.get("entities/urn:v:1?datasetId=urn:d:2")).json()["a"] == several[1]
    assert (await api.get("entities/urn:v:1?datasetId=@none")).json()["a"] == several[0]
    assert (await api.delete("entities/urn:v:1/attrs/a?datasetId=urn:d:2")).status_code == 204
    assert (await body_of(api))["a"] == several[0]
    await api.post("entities/urn:v:1/attrs", json={"a": several[1]})
    assert (await api.delete("entities/urn:v:1/attrs/a?deleteAll=true")).status_code == 204
    assert "a" not in await body_of(api)
