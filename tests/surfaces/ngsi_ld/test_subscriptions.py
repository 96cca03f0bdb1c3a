"""Subscriptions over HTTP: created, read, changed, deleted; what is wrong is said; delivery is watched."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from tools.broker import Standing

ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"
ONE = "urn:ngsi-ld:Subscription:one"
LD = {"content-type": "application/ld+json"}


def body(**members: Any) -> dict[str, Any]:
    return {
        "id": ONE,
        "type": "Subscription",
        "entities": [{"type": "Gauge"}],
        "notification": {"endpoint": {"uri": "http://127.0.0.1:9/notify"}},
    } | members


async def test_round(api: httpx.AsyncClient) -> None:
    said = body(
        subscriptionName="levels",
        description="all of them",
        watchedAttributes=["level"],
        q='level>5;name=="a"',
        geoQ={"georel": "near;maxDistance==500", "geometry": "Point", "coordinates": [8.5, 47.3]},
        scopeQ="/City/#",
        lang="de",
        throttling=5,
        expiresAt="2090-01-01T00:00:00Z",
        isActive=True,
        datasetId=["urn:ngsi-ld:Dataset:a", "@none"],
        notificationTrigger=["entityCreated", "attributeUpdated"],
        entities=[
            {"id": "urn:ngsi-ld:Gauge:1", "type": "Gauge"},
            {"idPattern": "^urn:.*", "type": "(Gauge;Rain)|Pump"},
        ],
        notification={
            "format": "concise",
            "attributes": ["level", "name"],
            "sysAttrs": True,
            "showChanges": True,
            "endpoint": {
                "uri": "https://receiver.example/notify",
                "accept": "application/ld+json",
                "timeout": 2000,
                "cooldown": 5000,
                "receiverInfo": [{"key": "X-Key", "value": "v"}],
            },
        },
    )
    made = await api.post("subscriptions", json=said)
    assert made.status_code == 201
    assert made.headers["location"] == f"/ngsi-ld/v1/subscriptions/{ONE}"
    got = await api.get(f"subscriptions/{ONE}")
    assert got.status_code == 200
    assert got.json() == said | {"status": "active"}


async def test_an_id_is_given(api: httpx.AsyncClient) -> None:
    said = body()
    del said["id"]
    made = await api.post("subscriptions", json=said)
    got = await api.get(made.headers["location"].removeprefix("/ngsi-ld/v1/"))
    assert got.json()["id"].startswith("urn:ngsi-ld:Subscription:")


async def test_twice_is_a_conflict(api: httpx.AsyncClient) -> None:
    await api.post("subscriptions", json=body())
    again = await api.post("subscriptions", json=body())
    assert (again.status_code, again.json()["type"]) == (409, ERRORS + "AlreadyExists")


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"type": "Other"}, "type"),
        ({"id": "none"}, "id"),
        ({"entities": []}, "entities"),
        ({"entities": None}, "entities"),
        ({"entities": [{"type": "((("}]}, "entities"),
        ({"entities": [{"idPattern": "(a", "type": "A"}]}, "idPattern"),
        ({"watchedAttributes": []}, "watchedAttributes"),
        ({"watchedAttributes": [7]}, "watchedAttributes"),
        ({"notificationTrigger": ["never"]}, "notificationTrigger"),
        ({"q": "level>"}, "q"),
        ({"q": 7}, "q"),
        ({"geoQ": {"georel": "on"}}, "geoQ"),
        ({"scopeQ": "no scope"}, "scopeQ"),
        ({"throttling": -1}, "throttling"),
        ({"throttling": "5"}, "throttling"),
        ({"timeInterval": 0}, "timeInterval"),
        ({"timeInterval": True}, "timeInterval"),
        ({"timeInterval": 5, "throttling": 5}, "throttling"),
        ({"timeInterval": 5, "watchedAttributes": ["a"]}, "watchedAttributes"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
        ({"expiresAt": "tomorrow"}, "expiresAt"),
        ({"isActive": "yes"}, "isActive"),
        ({"datasetId": ["x y"]}, "datasetId"),
        ({"jsonldContext": "nowhere"}, "jsonldContext"),
        ({"notification": None}, "notification"),
        ({"notification": {}}, "notification.endpoint"),
        ({"notification": {"endpoint": {"uri": "ftp://a/b"}}}, "notification.endpoint.uri"),
        ({"notification": {"endpoint": {"uri": "http:///b"}}}, "notification.endpoint.uri"),
        ({"notification": {"endpoint": {"uri": "mqtt://host"}}}, "notification.endpoint.uri"),
        ({"notification": {"endpoint": {"uri": "mqtt://host/a/#"}}}, "notification.endpoint.uri"),
    ],
)
async def test_what_is_wrong_is_said(api: httpx.AsyncClient, members: dict[str, Any], where: str) -> None:
    refused = await api.post("subscriptions", json=body(**members))
    assert (refused.status_code, refused.json()["type"]) == (400, ERRORS + "BadRequestData")
    assert where in refused.json()["where"]
    assert refused.json()["remedy"]
    assert (await api.get("subscriptions")).json() == []


@pytest.mark.parametrize(
    "endpoint",
    [
        {"accept": "text/html"},
        {"timeout": 0},
        {"timeout": 10**9},
        {"cooldown": -5},
        {"receiverInfo": [{"key": "X", "value": "a\r\nEvil: b"}]},
        {"receiverInfo": [{"key": "Content-Length", "value": "0"}]},
        {"receiverInfo": [{"key": "", "value": "a"}]},
        {"receiverInfo": {"key": "X", "value": "a"}},
        {"uri": "mqtt://host/topic", "notifierInfo": [{"key": "MQTT-QoS", "value": "3"}]},
        {"uri": "mqtt://host/topic", "notifierInfo": [{"key": "MQTT-Version", "value": "mqtt9"}]},
    ],
)
async def test_bad_endpoints_are_refused(api: httpx.AsyncClient, endpoint: dict[str, Any]) -> None:
    said = body(notification={"endpoint": {"uri": "http://receiver.example/"} | endpoint})
    refused = await api.post("subscriptions", json=said)
    assert (refused.status_code, refused.json()["type"]) == (400, ERRORS + "BadRequestData")
    assert refused.json()["where"].startswith("notification.endpoint")


@pytest.mark.parametrize(
    "notification",
    [
        {"format": "shouted"},
        {"format": "keyValues", "showChanges": True},
        {"sysAttrs": "yes"},
        {"attributes": []},
        {"attributes": ["a"], "pick": ["b"]},
        {"pick": ["a"], "omit": ["a"]},
        {"join": "sideways"},
        {"join": "flat", "joinLevel": 0},
    ],
)
async def test_bad_notifications_are_refused(api: httpx.AsyncClient, notification: dict[str, Any]) -> None:
    endpoint = {"endpoint": {"uri": "http://receiver.example/"}}
    refused = await api.post("subscriptions", json=body(notification=endpoint | notification))
    assert (refused.status_code, refused.json()["type"]) == (400, ERRORS + "BadRequestData")
    assert refused.json()["where"].startswith("notification.")


async def test_change(api: httpx.AsyncClient) -> None:
    await api.post("subscriptions", json=body(q="level>5", isActive=True))
    changed = await api.patch(
        f"subscriptions/{ONE}", json={"q": None, "isActive": False, "description": "new"}
    )
    assert changed.status_code == 204
    got = (await api.get(f"subscriptions/{ONE}")).json()
    assert "q" not in got
    assert (got["isActive"], got["status"], got["description"]) == (False, "paused", "new")
    assert got["entities"] == [{"type": "Gauge"}]


@pytest.mark.parametrize(
    "fragment",
    [
        {"id": "urn:ngsi-ld:Subscription:two"},
        {"type": "Other"},
        {"notification": None},
        {"notification": {"format": "keyValues"}},
        {"expiresAt": "2020-01-01T00:00:00Z"},
        {"entities": None},
        {"timeInterval": 5, "throttling": 5},
    ],
)
async def test_bad_changes_change_nothing(api: httpx.AsyncClient, fragment: dict[str, Any]) -> None:
    await api.post("subscriptions", json=body())
    before = (await api.get(f"subscriptions/{ONE}")).json()
    refused = await api.patch(f"subscriptions/{ONE}", json=fragment)
    assert (refused.status_code, refused.json()["type"]) == (400, ERRORS + "BadRequestData")
    assert (await api.get(f"subscriptions/{ONE}")).json() == before


async def test_unknown_ones(api: httpx.AsyncClient) -> None:
    other = f"subscriptions/{ONE}"
    for answer in (
        await api.get(other),
        await api.patch(other, json={"isActive": True}),
        await api.delete(other),
        await api.get(f"{other}/deliveries"),
        await api.get(f"{other}/health"),
        await api.post(f"{other}/replay?from=1"),
    ):
        assert (answer.status_code, answer.json()["type"]) == (404, ERRORS + "ResourceNotFound")
    bad = await api.get("subscriptions/noUri")
    assert (bad.status_code, bad.json()["type"]) == (400, ERRORS + "BadRequestData")


async def test_delete(api: httpx.AsyncClient) -> None:
    await api.post("subscriptions", json=body())
    assert (await api.delete(f"subscriptions/{ONE}")).status_code == 204
    assert (await api.get(f"subscriptions/{ONE}")).status_code == 404


async def test_pages(api: httpx.AsyncClient) -> None:
    for number in range(5):
        await api.post("subscriptions", json=body(id=f"urn:ngsi-ld:Subscription:{number}"))
    page = await api.get("subscriptions?limit=2&offset=2&count=true")
    assert [item["id"][-1] for item in page.json()] == ["2", "3"]
    assert page.headers["ngsild-results-count"] == "5"
    links = page.headers["link"]
    assert "limit=2&offset=4" in links and 'rel="next"' in links
    assert "limit=2&offset=0" in links and 'rel="prev"' in links


async def test_tenants(api: httpx.AsyncClient) -> None:
    north = {"NGSILD-Tenant": "north"}
    missing = await api.get("subscriptions", headers=north)
    assert (missing.status_code, missing.json()["type"]) == (404, ERRORS + "NonexistentTenant")
    await api.post("subscriptions", json=body(), headers=north)
    assert (await api.get("subscriptions")).json() == []
    assert len((await api.get("subscriptions", headers=north)).json()) == 1


async def test_names_follow_the_context(api: httpx.AsyncClient) -> None:
    own = {"Gauge": "https://city.test/Gauge", "level": "https://city.test/level"}
    said = body(watchedAttributes=["level"]) | {"@context": own}
    assert (await api.post("subscriptions", json=said, headers=LD)).status_code == 201
    got = (await api.get(f"subscriptions/{ONE}")).json()
    assert got["entities"] == [{"type": "https://city.test/Gauge"}]
    assert got["watchedAttributes"] == ["https://city.test/level"]
    kept = await api.get(got["jsonldContext"].removeprefix("http://hub/ngsi-ld/v1/"))
    assert kept.json()["@context"] == own or own in kept.json()["@context"]


async def test_a_context_that_cannot_be_had(api: httpx.AsyncClient) -> None:
    refused = await api.post(
        "subscriptions", json=body(jsonldContext="https://nowhere.example/context.jsonld")
    )
    assert (refused.status_code, refused.json()["type"]) == (503, ERRORS + "LdContextNotAvailable")


async def test_delivery_can_be_watched(api: httpx.AsyncClient, standing: Standing) -> None:
    await api.post("subscriptions", json=body())
    await api.post("entities", json={"id": "urn:ngsi-ld:Gauge:1", "type": "Gauge", "level": 5})
    await asyncio.to_thread(standing.notifier.tick, standing.clock.now())
    (attempt,) = (await api.get(f"subscriptions/{ONE}/deliveries")).json()
    assert (attempt["outcome"], attempt["entities"], attempt["attempt"]) == ("failed", 1, 1)
    assert attempt["error"] and attempt["fromSequence"] == attempt["toSequence"]
    health = (await api.get(f"subscriptions/{ONE}/health")).json()
    assert (health["behind"], health["consecutiveFailures"], health["breaker"]) == (True, 1, "closed")
    shown = (await api.get(f"subscriptions/{ONE}")).json()["notification"]
    assert (shown["status"], shown["timesSent"], shown["timesFailed"]) == ("failed", 1, 1)
    assert shown["lastFailure"] and "lastSuccess" not in shown
    replayed = await api.post(f"subscriptions/{ONE}/replay?from=1")
    assert (replayed.status_code, replayed.json()["fromSequence"]) == (202, 1)
    await asyncio.to_thread(standing.notifier.stop)
    for query in ("", "?from=0", "?from=x", "?from=99999"):
        refused = await api.post(f"subscriptions/{ONE}/replay{query}")
        assert (refused.status_code, refused.json()["type"]) == (400, ERRORS + "BadRequestData")
