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


def ids(answer: httpx.Response, status: int = 200) -> list[str]:
    assert answer.status_code == status, answer.text
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
    assert ids(first, 201) == ["urn:p:1", "urn:p:2"]
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
    assert changed.status_code == 204 and (await api.get(path)).json() == said  # only its end can be changed
    assert (await api.patch(path, json={"owner": "me"})).status_code == 400
    assert (await api.delete(path)).status_code == 204
    assert (await api.get(path)).status_code == 404
    assert (await api.get("entities?type=P", headers={MAP: name})).status_code == 404
    with standing.database.read() as connection:
        told = [entry.action for entry in entries_about(connection, name)]
    assert sorted(one.rpartition(".")[2] for one in told) == ["deleted", "extended", "kept"]


@pytest.mark.parametrize("lifetime", ["", "often", "PT0S", "P3WD"])
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
    assert (status["snapshotStatus"], status["entityCount"]) == ("success", 3)
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
        ({"type": "Snapshot", "snapshotTemporalQueries": 7}, "snapshotTemporalQueries"),
        (
            {"type": "Snapshot", "snapshotTemporalQueries": [{"type": "Query", "entities": [{"type": "P"}]}]},
            "snapshotTemporalQueries[0].temporalQ",
        ),
        ({"type": "Snapshot", "snapshotQueries": [{}], "snapshotPriority": 11}, "snapshotPriority"),
        ({"type": "Snapshot", "snapshotQueries": [{}], "endpoint": {}}, "endpoint"),
    ],
)
async def test_what_is_no_snapshot_is_refused(
    api: httpx.AsyncClient, body: dict[str, Any], where: str
) -> None:
    answer = await api.post("snapshots", json=body)
    assert (answer.status_code, answer.json()["where"]) == (400, where)


def query(**more: Any) -> dict[str, Any]:
    return {"type": "Query", "entities": [{"type": "P"}], **more}


async def made(api: httpx.AsyncClient, **more: Any) -> str:
    answer = await api.post("snapshots", json={"type": "Snapshot"} | more)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"].rpartition("/")[2]


MINUTES = [f"2026-08-01T00:{minute:02}:00Z" for minute in range(6)]
BEFORE = {"timerel": "before", "timeAt": "2030-01-01T00:00:00Z"}


@pytest.mark.parametrize("member", ["snapshotQueries", "snapshotTemporalQueries"])
@pytest.mark.parametrize(
    "asked",
    [
        "lastN=2",
        "timerel=after&timeAt=2026-08-01T00:02:00Z&options=temporalValues",
        "timerel=before&timeAt=2026-08-01T00:04:00Z&aggrMethods=avg,max,totalCount&options=aggregatedValues",
        "lastN=1&q=level>20",
        "timerel=before&timeAt=2020-01-01T00:00:00Z",
    ],
)
async def test_the_past_of_a_snapshot_answers_as_the_past_did(
    api: httpx.AsyncClient, member: str, asked: str
) -> None:
    """Temporal queries of a snapshot give what they gave when it was made, whatever was written since."""
    for number in (1, 2):
        level = [
            {"type": "Property", "value": number * at, "observedAt": when, "datasetId": "urn:d:1"}
            if at % 2
            else {"type": "Property", "value": number * at * 10, "observedAt": when}
            for at, when in enumerate(MINUTES)
        ]
        body = {"id": f"urn:p:{number}", "type": "P", "level": level}
        assert (await api.post("temporal/entities", json=body)).status_code == 201
    paths = (f"temporal/entities?type=P&{asked}", f"temporal/entities/urn:p:2?{asked}")
    before = [await api.get(path) for path in paths]
    name = await made(api, **{member: [query(temporalQ=BEFORE)]})
    later = [{"type": "Property", "value": 99, "observedAt": "2026-08-01T00:09:00Z"}]
    assert (await api.post("temporal/entities/urn:p:2/attrs", json={"level": later})).status_code == 204
    assert (await api.delete("temporal/entities/urn:p:1")).status_code == 204
    for path, wanted in zip(paths, before, strict=True):
        after = await api.get(path, headers={SNAPSHOT: name})
        assert (after.status_code, after.json()) == (wanted.status_code, wanted.json())
        assert after.status_code != 200 or after.headers[SNAPSHOT] == name
    status = (await api.get(f"snapshots/{name}")).json()
    assert status["snapshotStatus"] == "success"
    missing = await api.get("temporal/entities/urn:p:9?lastN=1", headers={SNAPSHOT: name})
    assert missing.status_code == 404


async def test_a_snapshot_holds_the_past_of_sources_too(city: City) -> None:
    interval = {"startAt": "2026-01-01T00:00:00Z"}
    await city.register("a", "b", observationInterval=interval)
    for broker, at in (("a", 0), ("b", 0), ("b", 1)):
        item = {"type": "Property", "value": at, "observedAt": MINUTES[at]}
        await city.call(broker, "POST", "temporal/entities", pump("1", level=[item]))
    asked = {"type": "Query", "entities": [{"type": "Pump"}], "temporalQ": BEFORE}
    body = {"type": "Snapshot", "snapshotTemporalQueries": [asked]}
    name = (await city.call("a", "POST", "snapshots", body)).headers["location"].rpartition("/")[2]
    path = "temporal/entities/urn:ngsi-ld:Pump:1?options=temporalValues"
    held = (await city.call("a", "GET", path, NGSILD_Snapshot=name)).json()
    assert held["level"]["values"] == [[0, MINUTES[0]], [1, MINUTES[1]]]


async def test_a_snapshot_is_changed_copied_and_purged(api: httpx.AsyncClient) -> None:
    await fill(api)
    first = await made(api, snapshotQueries=[query(q="level<2")], snapshotPriority=3)
    changed = await api.patch(f"snapshots/{first}", json={"snapshotPriority": 7, "snapshotLifetime": "P2D"})
    assert (changed.status_code, changed.json()["snapshotPriority"]) == (200, 7)
    assert (await api.patch(f"snapshots/{first}", json={"snapshotStatus": "success"})).status_code == 400
    copy = await api.post(f"snapshots/{first}/clone", json={"id": "urn:s:copy", "type": "Snapshot"})
    assert copy.status_code == 201 and copy.headers["location"].endswith("/snapshots/urn:s:copy")
    again = await api.post(f"snapshots/{first}/clone", json={"id": "urn:s:copy"})
    unknown = await api.post("snapshots/urn:s:none/clone", json={})
    assert (again.status_code, unknown.status_code) == (409, 404)
    assert (await api.delete(f"snapshots/{first}")).status_code == 204
    assert ids(await api.get("entities?type=P", headers={SNAPSHOT: "urn:s:copy"})) == ["urn:p:0", "urn:p:1"]
    empty = await made(api, snapshotQueries=[query(q="level>90")])
    assert (await api.get(f"snapshots/{empty}")).json()["snapshotStatus"] == "empty"
    for q, status in (
        ("", 400),
        ("level>1", 400),
        ("snapshotPriority>90", 404),
        ('snapshotStatus=="empty"', 204),
    ):
        assert (await api.delete("snapshots", params={"q": q} if q else {})).status_code == status, q
    assert (await api.get(f"snapshots/{empty}")).status_code == 404
    assert (await api.get("snapshots/urn:s:copy")).status_code == 200


@pytest.mark.parametrize("batch", [False, True])
async def test_an_entity_map_by_itself(api: httpx.AsyncClient, batch: bool) -> None:
    """Clause 6.34: the map is the answer, pages are not heeded."""
    await fill(api)
    if batch:
        answer = await api.post("entityMaps?limit=1", json=query(q="level>1"))
    else:
        answer = await api.get("entityMaps?type=P&q=level>1&limit=1&entityMapLifetime=P90D")
    assert answer.status_code == 201
    assert answer.json()["entityMap"] == {id_: ["@none"] for id_, level in LEVELS.items() if level > 1}
    name = answer.headers[MAP]
    assert answer.headers["location"] == f"/ngsi-ld/v1/entityMaps/{name}"
    assert len(ids(await api.get("entities?type=P", headers={MAP: name}))) == 4
    one = await api.get("entities/urn:p:3?options=keyValues", headers={MAP: name})
    assert one.json()["level"] == 3 and one.headers[MAP] == name
    assert (await api.get("entities/urn:p:1", headers={MAP: name})).status_code == 404
    assert (await api.delete("entities?type=P", headers={MAP: name})).status_code == 204
    assert ids(await api.get("entities?type=P")) == ["urn:p:0", "urn:p:1"]
    alone = await api.get("entities/urn:p:1?entityMap=true")
    held = (await api.get(f"entityMaps/{alone.headers[MAP]}")).json()["entityMap"]
    assert held == {"urn:p:1": ["@none"]}


@pytest.mark.parametrize("batch", [False, True])
async def test_an_entity_map_of_the_past(api: httpx.AsyncClient, batch: bool) -> None:
    for number in range(3):
        item = {"type": "Property", "value": number, "observedAt": MINUTES[number]}
        await api.post("temporal/entities", json={"id": f"urn:p:{number}", "type": "P", "level": [item]})
    said = f"type=P&timerel=after&timeAt={MINUTES[0]}"
    asked = query(temporalQ={"timerel": "after", "timeAt": MINUTES[0]})

    async def ask(path: str, more: str = "", **headers: str) -> httpx.Response:
        if batch:
            way = "temporal/entityOperations/query" if path == "temporal/entities" else path
            return await api.post(f"{way}?{more}", json=asked, headers=headers)
        return await api.get(f"{path}?{said}&{more}", headers=headers)

    answer = await ask("temporal/entityMaps")
    assert answer.status_code == 201
    assert answer.json()["entityMap"] == {"urn:p:1": ["@none"], "urn:p:2": ["@none"]}
    first = await ask("temporal/entities", "limit=1&count=true&entityMap=true")
    assert ids(first, 201) == ["urn:p:1"] and first.headers["ngsild-results-count"] == "2"
    second = await ask("temporal/entities", "limit=1&offset=1", **{MAP: first.headers[MAP]})
    assert ids(second) == ["urn:p:2"] and second.headers[MAP] == first.headers[MAP]
    assert ids(await ask("temporal/entities", "limit=1&offset=2", **{MAP: first.headers[MAP]})) == []
