"""The evolution of entities over HTTP (clauses 6.18 to 6.24)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from tools.broker import Standing

from chengshu.surfaces.ngsi_ld import Limits, Surface

HOURS = [f"2026-03-01T{hour:02}:00:00Z" for hour in range(10)]


def instances(attribute: str, start: int = 0, count: int = 10) -> dict[str, object]:
    return {
        attribute: [
            {"type": "Property", "value": hour, "observedAt": HOURS[hour]}
            for hour in range(start, start + count)
        ]
    }


@pytest.fixture
async def past(api: httpx.AsyncClient) -> httpx.AsyncClient:
    body = {"id": "urn:t:1", "type": "T"} | instances("level") | instances("flow", 8, 2)
    answer = await api.post("temporal/entities", json=body)
    assert answer.status_code == 201
    assert answer.headers["location"] == "/ngsi-ld/v1/temporal/entities/urn:t:1"
    return api


async def values(api: httpx.AsyncClient, query: str = "") -> list[object]:
    answer = await api.get(f"temporal/entities/urn:t:1?options=temporalValues&{query}")
    assert answer.status_code == 200, answer.text
    return [pair[0] for pair in answer.json().get("level", {"values": []})["values"]]


async def test_relations_in_time(past: httpx.AsyncClient) -> None:
    assert await values(past) == list(range(10))
    assert await values(past, f"timerel=before&timeAt={HOURS[3]}") == [0, 1, 2]
    assert await values(past, f"timerel=after&timeAt={HOURS[7]}") == [8, 9]
    assert await values(past, f"timerel=between&timeAt={HOURS[2]}&endTimeAt={HOURS[5]}") == [3, 4]
    assert sorted(await values(past, "lastN=3")) == [7, 8, 9]


async def test_a_range_without_instances_of_an_attribute_leaves_it_out(past: httpx.AsyncClient) -> None:
    body = (await past.get(f"temporal/entities/urn:t:1?timerel=before&timeAt={HOURS[3]}")).json()
    assert set(body) == {"id", "type", "level"}
    assert (await past.get("temporal/entities/urn:t:1?attrs=nothing")).status_code == 404


async def test_aggregates(past: httpx.AsyncClient) -> None:
    query = "options=aggregatedValues&aggrMethods=sum,max&aggrPeriodDuration=PT5H&attrs=level"
    answer = await past.get(f"temporal/entities/urn:t:1?{query}&timerel=after&timeAt=2026-02-28T23:59:59Z")
    level = answer.json()["level"]
    assert [row[0] for row in level["max"]][-1] == 9
    assert sum(row[0] for row in level["sum"]) == 45
    for wrong in ("aggrMethods=mode", "aggrPeriodDuration=1h", ""):
        answer = await past.get(f"temporal/entities/urn:t:1?options=aggregatedValues&{wrong}")
        assert answer.status_code == 400, wrong


async def test_instances_are_added_changed_and_taken_away(past: httpx.AsyncClient) -> None:
    assert (
        await past.post("temporal/entities/urn:t:1/attrs", json=instances("new", 0, 2))
    ).status_code == 204
    body = (await past.get("temporal/entities/urn:t:1")).json()
    assert [item["value"] for item in body["new"]] == [0, 1]
    path = f"temporal/entities/urn:t:1/attrs/new/{body['new'][0]['instanceId']}"
    assert (await past.patch(path, json={"new": [{"type": "Property", "value": 70}]})).status_code == 204
    changed = (await past.get("temporal/entities/urn:t:1?attrs=new")).json()["new"]
    assert sorted(item["value"] for item in changed) == [1, 70]
    path = f"temporal/entities/urn:t:1/attrs/new/{changed[0]['instanceId']}"
    assert (await past.delete(path)).status_code == 204
    assert (await past.delete(path)).status_code == 404
    assert (await past.delete("temporal/entities/urn:t:1/attrs/level")).status_code == 204
    assert "level" not in (await past.get("temporal/entities/urn:t:1")).json()
    assert (await past.post("temporal/entities", json={"id": "urn:t:1", "type": "T"})).status_code == 204
    assert (await past.delete("temporal/entities/urn:t:1")).status_code == 204
    assert (await past.get("temporal/entities/urn:t:1")).status_code == 404


async def test_writes_to_entities_become_their_past(api: httpx.AsyncClient) -> None:
    await api.post("entities", json={"id": "urn:t:2", "type": "T", "level": {"value": 1}})
    await api.patch("entities/urn:t:2/attrs/level", json={"value": 2})
    body = (await api.get("temporal/entities/urn:t:2?timeproperty=createdAt")).json()
    assert [item["value"] for item in body["level"]] == [1, 2]


async def test_queries_over_many(past: httpx.AsyncClient) -> None:
    for number in range(2, 5):
        body = {"id": f"urn:t:{number}", "type": "T"} | instances("level", number, 3)
        assert (await past.post("temporal/entities", json=body)).status_code == 201
    query = f"type=T&timerel=after&timeAt={HOURS[0]}&options=temporalValues"
    answer = await past.get(f"temporal/entities?{query}&limit=3&count=true")
    assert [item["id"] for item in answer.json()] == ["urn:t:1", "urn:t:2", "urn:t:3"]
    assert answer.headers["ngsild-results-count"] == "4"
    rest = await past.get(f"http://hub{answer.links['next']['url']}")
    assert [item["id"] for item in rest.json()] == ["urn:t:4"]
    turned = await past.get(f"temporal/entities?{query}&orderBy=id;desc&limit=2")
    assert [item["id"] for item in turned.json()] == ["urn:t:4", "urn:t:3"]
    posted = {
        "type": "Query",
        "entities": [{"type": "T", "id": "urn:t:3"}],
        "temporalQ": {"timerel": "before", "timeAt": HOURS[5]},
    }
    found = await past.post("temporal/entityOperations/query?options=temporalValues", json=posted)
    assert [pair[0] for pair in found.json()[0]["level"]["values"]] == [3, 4]


@pytest.mark.parametrize(
    "query",
    [
        "timerel=after",
        "timerel=sometime&timeAt=2026-01-01T00:00:00Z",
        "timeAt=2026-01-01T00:00:00Z",
        "timerel=between&timeAt=2026-01-01T00:00:00Z",
        "timerel=after&timeAt=yesterday",
        "timerel=after&timeAt=0000-99-99T99:99:99Z",
        "lastN=0",
        "lastN=x",
        f"lastN={'9' * 400}",
        "timeproperty=someday",
        "options=temporalValues,aggregatedValues",
        "format=odd",
    ],
)
async def test_what_is_no_temporal_query_is_refused(past: httpx.AsyncClient, query: str) -> None:
    for path in ("temporal/entities/urn:t:1?", "temporal/entities?type=T&"):
        answer = await past.get(path + query)
        assert answer.status_code == 400, answer.text
        assert answer.json()["where"] and answer.json()["remedy"]


@pytest.fixture
async def narrow(standing: Standing, past: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    rooms = replace(standing.rooms, limits=Limits(instances=4))
    from chengshu.surfaces.ngsi_ld import operations

    transport = httpx.ASGITransport(app=Surface(rooms, operations(rooms)))
    async with httpx.AsyncClient(transport=transport, base_url="http://hub/ngsi-ld/v1/") as client:
        yield client


@pytest.mark.parametrize("last", ["", "&lastN=10"])
async def test_a_long_past_is_given_in_parts_that_miss_nothing(narrow: httpx.AsyncClient, last: str) -> None:
    seen: set[tuple[str, int]] = set()
    border, relation = ("2026-04-01T00:00:00Z", "before") if last else ("2026-02-01T00:00:00Z", "after")
    for _ in range(9):
        query = f"timerel={relation}&timeAt={border}{last}"
        answer = await narrow.get(f"temporal/entities/urn:t:1?{query}")
        body = answer.json()
        for name in ("level", "flow"):
            assert len(body.get(name, [])) <= 4
            seen |= {(name, item["value"]) for item in body.get(name, [])}
        if answer.status_code == 200:
            break
        assert answer.status_code == 206
        unit, _, rest = answer.headers["content-range"].partition(" ")
        assert unit == "date-time" and rest.endswith("/10" if last else "/*")
        assert rest[:20] == border
        border = rest[21:41]
    assert answer.status_code == 200
    assert seen == {("level", n) for n in range(10)} | {("flow", n) for n in (8, 9)}
