"""Registrations of context sources, their discovery and their subscriptions, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

PATH = "csourceRegistrations"


def registration(name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"urn:csr:{name}",
        "type": "ContextSourceRegistration",
        "information": [{"entities": [{"type": "Building"}]}],
        "endpoint": "http://source.example",
    } | more


@pytest.fixture
async def known(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """A registry with a source of every sort."""
    ids = [{"entities": [{"id": "urn:b:1", "type": "Building"}], "propertyNames": ["name"]}]
    patterns = [{"entities": [{"idPattern": "^urn:p:", "type": "Parking"}]}]
    interval = {"startAt": "2020-08-01T22:07:00Z", "endAt": "2021-08-01T21:07:00Z"}
    for body in (
        registration("plain"),
        registration("ids", information=ids),
        registration("patterns", information=patterns),
        registration("names", information=[{"propertyNames": ["name"]}]),
        registration("here", location={"type": "Point", "coordinates": [-8.521, 41.2]}),
        registration("past", observationInterval=interval),
        registration("owned", owner="me", scope="/City/North"),
    ):
        assert (await api.post(PATH, json=body)).status_code == 201
    return api


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("type=Building", "plain ids names here owned"),
        ("type=Parking", "patterns names"),
        ("type=Parking&id=urn:p:7", "patterns names"),
        ("type=Parking&id=urn:q:7", "names"),
        ("type=Building&id=urn:b:2", "plain names here owned"),
        ("type=Building&idPattern=^urn:c", "plain names here owned"),
        ("type=Building&attrs=height", "plain here owned"),
        ("attrs=name", "plain ids patterns names here owned"),
        ('csf=owner=="me"', "owned"),
        ('q=owner=="me"', "owned"),
        ("scopeQ=/City/%23", "owned"),
        ("georel=near;maxDistance==2000&geometry=Point&coordinates=[-8.503,41.202]", "here"),
        ("type=Building&timerel=before&timeAt=2021-01-01T00:00:00Z", "past"),
        ("type=Building&timerel=after&timeAt=2022-01-01T00:00:00Z", ""),
        ("type=Building&timerel=between&timeAt=2021-01-01T00:00:00Z&endTimeAt=2023-01-01T00:00:00Z", "past"),
    ],
)
async def test_discovery(known: httpx.AsyncClient, query: str, expected: str) -> None:
    answer = await known.get(f"{PATH}?{query}")
    assert answer.status_code == 200, answer.text
    assert [one["id"].removeprefix("urn:csr:") for one in answer.json()] == expected.split()


@pytest.mark.parametrize(
    "query",
    [
        "",
        "limit=3",
        "id=nothing",
        "q=(",
        "georel=within",
        "timerel=before",
        "timerel=now&timeAt=x",
        "type=A&limit=-1",
    ],
)
async def test_a_discovery_that_makes_no_sense(known: httpx.AsyncClient, query: str) -> None:
    answer = await known.get(f"{PATH}?{query}")
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("/BadRequestData")


async def test_pages_of_registrations(known: httpx.AsyncClient) -> None:
    first = await known.get(f"{PATH}?type=Building&limit=2&count=true")
    assert first.headers["ngsild-results-count"] == "5"
    assert 'rel="next"' in first.headers["link"]
    last = await known.get(f"{PATH}?type=Building&limit=2&offset=4")
    assert [one["id"] for one in last.json()] == ["urn:csr:owned"]
    assert 'rel="prev"' in last.headers["link"]


async def test_the_life_of_a_registration(api: httpx.AsyncClient) -> None:
    made = await api.post(PATH, json=registration("one"))
    assert made.headers["location"] == "/ngsi-ld/v1/csourceRegistrations/urn:csr:one"
    assert (await api.post(PATH, json=registration("one"))).status_code == 409
    one = f"{PATH}/urn:csr:one"
    assert (await api.patch(one, json={"endpoint": "http://new.example"})).status_code == 204
    found = await api.get(f"{one}?options=sysAttrs")
    assert found.json()["endpoint"] == "http://new.example"
    assert found.json()["modifiedAt"] >= found.json()["createdAt"]
    assert (await api.patch(one, json={"information": None})).status_code == 400
    assert (await api.delete(one)).status_code == 204
    for answer in (await api.get(one), await api.delete(one), await api.patch(one, json={})):
        assert answer.status_code == 404
        assert answer.json()["type"].endswith("/ResourceNotFound")
    assert (await api.get(f"{PATH}/nonsense")).status_code == 400


async def test_tenants_do_not_see_each_other(api: httpx.AsyncClient) -> None:
    here, there = {"NGSILD-Tenant": "here"}, {"NGSILD-Tenant": "there"}
    assert (await api.post(PATH, json=registration("one"), headers=here)).status_code == 201
    assert (await api.get(f"{PATH}/urn:csr:one", headers=there)).status_code == 404
    assert (await api.get(f"{PATH}/urn:csr:one", headers=here)).status_code == 200


async def test_exclusive_sources_do_not_share(api: httpx.AsyncClient) -> None:
    def exclusive(name: str, *names: str) -> dict[str, Any]:
        pieces = [{"entities": [{"id": "urn:b:1", "type": "Building"}], "propertyNames": list(names)}]
        return registration(name, information=pieces, mode="exclusive")

    assert (await api.post(PATH, json=exclusive("one", "a", "b"))).status_code == 201
    clash = await api.post(PATH, json=exclusive("two", "b", "c"))
    assert (clash.status_code, clash.json()["type"].rpartition("/")[2]) == (409, "Conflict")
    assert (await api.post(PATH, json=exclusive("three", "c"))).status_code == 201
    assert (await api.post(PATH, json=registration("four", mode="redirect"))).status_code == 409
    assert (await api.post(PATH, json=registration("five"))).status_code == 201
    widened = exclusive("three", "a")["information"]
    assert (await api.patch(f"{PATH}/urn:csr:three", json={"information": widened})).status_code == 409


@pytest.mark.parametrize("path", ["csourceSubscriptions", "subscriptions"])
async def test_a_fragment_without_a_context_is_in_that_of_the_subscription(
    api: httpx.AsyncClient, path: str
) -> None:
    terms = {"Haus": "http://a/Haus", "Baum": "http://a/Baum"}
    body = {
        "id": "urn:sub:1",
        "type": "Subscription",
        "entities": [{"type": "Haus"}],
        "notification": {"endpoint": {"uri": "http://127.0.0.1:1/notify"}},
        "@context": terms,
    }
    ld_json = {"Content-Type": "application/ld+json"}
    assert (await api.post(path, json=body, headers=ld_json)).status_code == 201
    assert (await api.patch(f"{path}/urn:sub:1", json={"entities": [{"type": "Baum"}]})).status_code == 204
    found = (await api.get(f"{path}/urn:sub:1")).json()
    assert found["entities"] == [{"type": "http://a/Baum"}]
    other = {"entities": [{"type": "Baum"}], "@context": {"Baum": "http://b/Baum"}}
    assert (await api.patch(f"{path}/urn:sub:1", json=other, headers=ld_json)).status_code == 204
    assert (await api.get(f"{path}/urn:sub:1")).json()["entities"] == [{"type": "http://b/Baum"}]


async def test_the_life_of_a_subscription_to_registrations(api: httpx.AsyncClient) -> None:
    path = "csourceSubscriptions"
    body = {
        "id": "urn:sub:1",
        "type": "Subscription",
        "entities": [{"type": "Building"}],
        "notification": {"endpoint": {"uri": "http://127.0.0.1:1/notify"}},
    }
    made = await api.post(path, json=body)
    assert made.headers["location"] == "/ngsi-ld/v1/csourceSubscriptions/urn:sub:1"
    assert (await api.post(path, json=body)).status_code == 409
    found = (await api.get(f"{path}/urn:sub:1")).json()
    assert found == body | {"status": "active"}
    assert (await api.patch(f"{path}/urn:sub:1", json={"isActive": False})).status_code == 204
    listed = await api.get(f"{path}?count=true")
    assert [one["status"] for one in listed.json()] == ["paused"]
    assert listed.headers["ngsild-results-count"] == "1"
    assert (await api.patch(f"{path}/urn:sub:1", json={"notification": {}})).status_code == 400
    assert (await api.post(path, json=body | {"id": "urn:sub:2", "type": "Other"})).status_code == 400
    assert (await api.delete(f"{path}/urn:sub:1")).status_code == 204
    assert (await api.get(f"{path}/urn:sub:1")).status_code == 404
    assert (await api.get(f"{path}/nonsense")).status_code == 400


@pytest.mark.parametrize(
    ("mode", "information", "status"),
    [
        (
            "exclusive",
            {"entities": [{"id": "urn:b:1", "type": "Building"}], "propertyNames": ["height"]},
            409,
        ),
        ("exclusive", {"entities": [{"id": "urn:b:1", "type": "Building"}], "propertyNames": ["age"]}, 201),
        (
            "exclusive",
            {"entities": [{"id": "urn:b:2", "type": "Building"}], "propertyNames": ["height"]},
            201,
        ),
        ("redirect", {"entities": [{"id": "urn:b:1", "type": "Building"}], "propertyNames": ["height"]}, 201),
        ("inclusive", {"entities": [{"type": "Building"}]}, 201),
    ],
)
async def test_nobody_answers_alone_for_what_is_here(
    api: httpx.AsyncClient, mode: str, information: dict[str, Any], status: int
) -> None:
    """Clauses 5.9.2.4 and 5.9.3.4: what is held here cannot be registered as held elsewhere alone."""
    await api.post("entities", json={"id": "urn:b:1", "type": "Building", "height": 3})
    answer = await api.post(PATH, json=registration("one", mode=mode, information=[information]))
    assert answer.status_code == status, answer.text
    held = await api.post(PATH, json=registration("two", information=[{"entities": [{"type": "Shed"}]}]))
    change = await api.patch(held.headers["location"], json={"mode": mode, "information": [information]})
    assert change.status_code == (204 if status == 201 and mode != "exclusive" else 409)


async def test_q_names_attributes_of_the_entities_that_are_held(api: httpx.AsyncClient) -> None:
    for name, names in (("low", ["height"]), ("old", ["age"]), ("all", [])):
        piece = {"entities": [{"type": "Building"}]} | ({"propertyNames": names} if names else {})
        assert (await api.post(PATH, json=registration(name, information=[piece]))).status_code == 201
    for q, wanted in (("height>3", "low all"), ("age<9|height>3", "low old all"), ("colour", "all")):
        found = await api.get(PATH, params={"q": q})
        assert [one["id"].rpartition(":")[2] for one in found.json()] == wanted.split(), q
