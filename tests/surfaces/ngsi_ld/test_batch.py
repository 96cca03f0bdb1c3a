"""Batch operations over HTTP (clauses 6.14 to 6.17 and 6.31): one transaction, an outcome for each entity."""

from __future__ import annotations

import httpx
import pytest

from chengshu.surfaces.ngsi_ld import Limits

JSON = {"content-type": "application/json"}


def entity(number: int, **more: object) -> dict[str, object]:
    return {"id": f"urn:e:{number}", "type": "T", "a": {"type": "Property", "value": number}} | more


async def values(api: httpx.AsyncClient) -> dict[str, object]:
    found = (await api.get("entities?type=T&options=keyValues&limit=1000")).json()
    return {item["id"]: item.get("a") for item in found}


async def test_all_is_well(api: httpx.AsyncClient) -> None:
    ids = [f"urn:e:{number}" for number in range(3)]
    made = await api.post("entityOperations/create", json=[entity(n) for n in range(3)])
    assert (made.status_code, made.json()) == (201, ids)
    upsert = await api.post("entityOperations/upsert", json=[entity(2, a=20), entity(3)])
    assert (upsert.status_code, upsert.json()) == (201, ["urn:e:3"])
    assert (await api.post("entityOperations/upsert", json=[entity(2, a=21)])).status_code == 204
    assert (await api.post("entityOperations/update", json=[entity(0, a=5)])).status_code == 204
    merged = await api.post("entityOperations/merge", json=[{"id": "urn:e:1", "a": {"value": 11}}])
    assert merged.status_code == 204
    assert await values(api) == {"urn:e:0": 5, "urn:e:1": 11, "urn:e:2": 21, "urn:e:3": 3}
    assert (await api.post("entityOperations/delete", json=ids)).status_code == 204
    assert await values(api) == {"urn:e:3": 3}


async def test_what_is_wrong_with_one_costs_no_other(api: httpx.AsyncClient) -> None:
    await api.post("entities", json=entity(1))
    batch = [entity(0), entity(1, a=9), {"id": "no uri", "type": "T"}, 7, {"id": "urn:e:9"}, entity(2)]
    answer = await api.post("entityOperations/create", json=batch)
    assert answer.status_code == 207
    result = answer.json()
    assert result["success"] == ["urn:e:0", "urn:e:2"]
    assert [item["entityId"] for item in result["errors"]] == ["urn:e:1", "no uri", "", "urn:e:9"]
    assert [item["error"]["status"] for item in result["errors"]] == [409, 400, 400, 400]
    assert all(
        item["error"]["type"].startswith("https://uri.etsi.org/ngsi-ld/errors/") for item in result["errors"]
    )
    assert await values(api) == {"urn:e:0": 0, "urn:e:1": 1, "urn:e:2": 2}
    gone = await api.post("entityOperations/delete", json=["urn:e:0", "urn:none", 5])
    assert gone.status_code == 207 and gone.json()["success"] == ["urn:e:0"]
    assert [item["error"]["status"] for item in gone.json()["errors"]] == [404, 400]


async def test_an_entity_twice_in_a_batch_is_done_in_order(api: httpx.AsyncClient) -> None:
    answer = await api.post("entityOperations/create", json=[entity(1), entity(1, a=2)])
    assert answer.status_code == 207 and answer.json()["success"] == ["urn:e:1"]
    await api.post("entityOperations/upsert", json=[entity(1, a=3), entity(1, a=4)])
    assert await values(api) == {"urn:e:1": 4}


async def test_options_of_batches(api: httpx.AsyncClient) -> None:
    await api.post("entities", json=entity(1))
    kept = await api.post("entityOperations/update?options=noOverwrite", json=[entity(1, a=9, b=1)])
    assert kept.status_code == 207
    await api.post("entityOperations/upsert?options=update", json=[entity(1, a=7)])
    found = (await api.get("entities/urn:e:1?options=keyValues")).json()
    assert found == {"id": "urn:e:1", "type": "T", "a": 7, "b": 1}
    both = await api.post("entityOperations/upsert?options=update,replace", json=[entity(1)])
    assert both.status_code == 400


@pytest.mark.parametrize("name", ["create", "upsert", "update", "delete", "merge"])
async def test_what_is_no_batch_is_refused(api: httpx.AsyncClient, name: str) -> None:
    for body in ({}, [], "x", 7, None):
        answer = await api.post(
            f"entityOperations/{name}", json=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 400, (body, answer.text)
    many = [{}] * (Limits().batch + 1)
    assert (await api.post(f"entityOperations/{name}", json=many)).status_code == 413


async def test_a_context_that_cannot_be_had_is_the_fault_of_each(api: httpx.AsyncClient) -> None:
    link = '<https://nowhere.example/c.jsonld>; rel="http://www.w3.org/ns/json-ld#context"'
    entity = {"type": "T", "a": {"type": "Property", "value": 1}}
    body = [{"id": "urn:a:1", **entity}, {"id": "urn:a:2", **entity}]
    answer = await api.post("entityOperations/upsert", json=body, headers={"Link": link})
    assert answer.status_code == 207
    told = {one["entityId"]: one["error"]["type"].rpartition("/")[2] for one in answer.json()["errors"]}
    assert told == dict.fromkeys(["urn:a:1", "urn:a:2"], "LdContextNotAvailable")
    assert (await api.get("entities/urn:a:1")).status_code == 404
