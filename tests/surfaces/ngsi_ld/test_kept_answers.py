"""Entity maps and snapshots: pages that fit together, copies that stay, and both forgotten in time."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.surfaces.ngsi_ld.test_distribution import City, brokers, by_id, city, pump
from tools.broker import Standing

from chengshu.foundation.journal import entries_about

__all__ = ["brokers", "city"]
MAP, SNAPSHOT = "NGSILD-EntityMap", "NGSILD-Snapshot"
LEVELS = {f"urn:p:{number}": number for number in range(6)}


async def fill(api: httpx.AsyncClient) -> None:
    body = [
        {"id": id_, "type": "P", "level": {"type": "Property", "value": level}}
        for id_, level in LEVELS.items()
    ]
    assert (await api.post("entityOperations/create", json=body)).status_code == 201


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [entity["id"] for entity in answer.json()]


@pytest.mark.parametrize("batch", [False, True])
async def test_the_pages_of_an_entity_map_fit_together(api: httpx.AsyncClient, batch: bool) -> None:
    await fill(api)
    body = {"type": "Query", "entities": [{"type": "P"}], "q": "level>0", "entityMap": True}

    async def ask(offset: int, **headers: str) -> httpx.Response:
        if batch:
            path = f"entityOperations/query?limit=2&offset={offset}&count=true"
            return await api.post(path, json=body, headers=headers)
        path = f"entities?type=P&q=level>0&entityMap=true&limit=2&offset={offset}&count=true"
        return await api.get(path, headers=headers)

    first = await ask(0)
    name = first.headers[MAP]
    assert ids(first) == ["urn:p:1", "urn:p:2"]
    assert (await api.delete("entities/urn:p:1")).status_code == 204
    await api.post("entities", json={"id": "urn:p:9", "type": "P", "level": {"value": 9}})
    second, third = await ask(2, **{MAP: name}), await ask(4, **{MAP: name})
    assert (ids(second), ids(third)) == (["urn:p:3", "urn:p:4"], ["urn:p:5"])
    assert second.headers["ngsild-results-count"] == "5"
    assert second.headers[MAP] == name
    assert ids(await ask(0, **{MAP: name})) == ["urn:p:2"]  # what is gone is gone


async def test_an_entity_map_says_what_it_holds_lives_on_and_is_deleted(
    api: httpx.AsyncClient, standing: Standing
) -> None:
    await fill(api)
    name = (await api.get("entities?type=P&entityMap=true&entityMapLifetime=PT5M")).headers[MAP]
    path = f"entityMaps/{name}"
    said = (await api.get(path)).json()
    assert said["type"] == "EntityMap"
    assert said["entityMap"] == {id_: ["@none"] for id_ in LEVELS}
    assert (await api.patch(path, json={"expiresAt": "2001-01-01T00:00:00Z"})).status_code == 400
    later = said["expiresAt"]
    changed = await api.patch(path, json={"type": "EntityMap", "expiresAt": later, "entityMap": {}})
    assert changed.status_code == 400  # only its end can be changed
    assert (await api.delete(path)).status_code == 204
    assert (await api.get(path)).status_code == 404
    assert (await api.get("entities?type=P", headers={MAP: name})).status_code == 404
    with standing.database.read() as connection:
        told = [entry.action for entry in entries_about(connection, name)]
    assert sorted(told) == ["broker.entity_map.deleted", "broker.entity_map.kept"]


@pytest.mark.parametrize("lifetime", ["", "often", "PT0S", "P90D", "P3WD"])
async def test_a_life_that_cannot_be_is_refused(api: httpx.AsyncClient, lifetime: str) -> None:
    await fill(api)
    answer = await api.get(f"entities?type=P&entityMap=true&entityMapLifetime={lifetime}")
    assert answer.status_code == 400
    assert answer.json()["where"] == "entityMapLifetime"


async def test_an_entity_map_says_who_has_what_and_only_these_are_asked(city: City) -> None:
    await city.register("a", "b")
    await city.register("a", "c")
    await city.call("a", "POST", "entities?local=true", pump("1", power=1))
    await city.call("b", "POST", "entities", pump("1", level=1))
    await city.call("b", "POST", "entities", pump("2", level=2))
    first = await city.call("a", "GET", "entities?type=Pump&entityMap=true&limit=1")
    name = first.headers[MAP]
    held = (await city.call("a", "GET", f"entityMaps/{name}")).json()["entityMap"]
    assert [[one.split(":")[-2:-1] or one for one in sources] for sources in held.values()] == [
        ["@none", ["b"]],
        [["b"]],
    ]
    city.network.sent.clear()
    path = "entities?type=Pump&limit=5&options=keyValues"
    found = by_id(await city.call("a", "GET", path, NGSILD_EntityMap=name))
    assert found["urn:ngsi-ld:Pump:1"] == {"id": "urn:ngsi-ld:Pump:1", "type": "Pump", "power": 1, "level": 1}
    assert found["urn:ngsi-ld:Pump:2"]["level"] == 2
    assert {httpx.URL(one.url).host for one in city.network.sent} == {"b"}


async def test_a_snapshot_stays_as_it_was(api: httpx.AsyncClient) -> None:
    await fill(api)
    queries = [{"type": "Query", "entities": [{"type": "P"}], "q": "level<3"}]
    made = await api.post("snapshots", json={"type": "Snapshot", "snapshotQueries": queries})
    assert made.status_code == 201
    name = made.headers["location"].rpartition("/")[2]
    assert (await api.delete("entities/urn:p:1")).status_code == 204
    await api.patch("entities/urn:p:2/attrs/level", json={"value": 7})
    headers = {SNAPSHOT: name}
    found = await api.get("entities?type=P&q=level>0&options=keyValues&orderBy=level;desc", headers=headers)
    assert [(one["id"], one["level"]) for one in found.json()] == [("urn:p:2", 2), ("urn:p:1", 1)]
    assert found.headers[SNAPSHOT] == name
    one = await api.get("entities/urn:p:1?options=keyValues", headers=headers)
    assert one.json() == {"id": "urn:p:1", "type": "P", "level": 1}
    assert (await api.get("entities/urn:p:5", headers=headers)).status_code == 404
    body = {"type": "Query", "entities": [{"type": "P"}]}
    assert len(ids(await api.post("entityOperations/query", json=body, headers=headers))) == 3
    status = (await api.get(f"snapshots/{name}")).json()
    assert (status["snapshotStatus"], status["entityCount"]) == ("successful", 3)
    assert status["snapshotQueries"] == queries
    refused = await api.delete("entities/urn:p:2", headers=headers)
    assert refused.status_code == 422 and refused.json()["where"] == "NGSILD-Snapshot"
    assert (await api.delete(f"snapshots/{name}")).status_code == 204
    assert (await api.get("entities?type=P", headers=headers)).status_code == 404


async def test_a_snapshot_says_what_sources_did_not_give(city: City) -> None:
    city.network.hosts["gone"] = "hangs"
    await city.register("a", "b")
    await city.register("a", "gone")
    await city.call("b", "POST", "entities", pump("1", level=1))
    queries = [{"type": "Query", "entities": [{"type": "Pump"}]}]
    made = await city.call("a", "POST", "snapshots", {"type": "Snapshot", "snapshotQueries": queries})
    name = made.headers["location"].rpartition("/")[2]
    status = (await city.call("a", "GET", f"snapshots/{name}")).json()
    assert status["snapshotStatus"] == "partial"
    assert "gone" in status["snapshotQueriesDetails"][0]["problemDetails"][0]["detail"]
    await city.call("b", "DELETE", "entities/urn:ngsi-ld:Pump:1")
    found = await city.call("a", "GET", "entities?type=Pump", NGSILD_Snapshot=name)
    assert ids(found) == ["urn:ngsi-ld:Pump:1"]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"type": "Snapshot"}, "snapshotQueries"),
        ({"type": "Snapshot", "snapshotQueries": [7]}, "snapshotQueries[0]"),
        ({"type": "Snapshot", "snapshotQueries": [{"type": "Query"}]}, "query"),
        ({"type": "Other", "snapshotQueries": []}, "type"),
        ({"type": "Snapshot", "snapshotTemporalQueries": []}, "snapshotTemporalQueries"),
    ],
)
async def test_what_is_no_snapshot_is_refused(
    api: httpx.AsyncClient, body: dict[str, Any], where: str
) -> None:
    answer = await api.post("snapshots", json=body)
    assert (answer.status_code, answer.json()["where"]) == (400, where)


async def test_a_snapshot_says_that_it_holds_no_past(api: httpx.AsyncClient) -> None:
    await api.post("entities", json={"id": "urn:e:1", "type": "T", "p": 1})
    past = {"timerel": "before", "timeAt": "2030-01-01T00:00:00Z"}
    queries = [{"type": "Query", "entities": [{"type": "T"}], "temporalQ": past}]
    made = await api.post("snapshots", json={"type": "Snapshot", "snapshotQueries": queries})
    status = (await api.get(made.headers["location"])).json()
    assert (status["snapshotStatus"], status["entityCount"]) == ("partial", 1)
    assert "past" in status["snapshotQueriesDetails"][0]["problemDetails"][0]["detail"]
