"""Consumption over HTTP: queries, pages, projections, links, order, purge, discovery (clause 6)."""

from __future__ import annotations

import httpx
import pytest

HOUSES = [
    {
        "id": f"urn:h:{number}",
        "type": "House",
        "height": {"type": "Property", "value": number * 10},
        "name": {"type": "LanguageProperty", "languageMap": {"en": f"house {number}", "zh": f"屋{number}"}},
        "inCity": {"type": "Relationship", "object": f"urn:c:{number % 2}"},
        "scope": f"/City/Ward{number % 3}",
    }
    for number in range(7)
]
CITIES = [
    {
        "id": f"urn:c:{number}",
        "type": "City",
        "people": {"type": "Property", "value": 1000},
        "inLand": {"type": "Relationship", "object": "urn:l:1"},
    }
    for number in range(2)
]
LAND = {"id": "urn:l:1", "type": "Land", "capital": {"type": "Relationship", "object": "urn:c:0"}}


@pytest.fixture
async def town(api: httpx.AsyncClient) -> httpx.AsyncClient:
    answer = await api.post("entityOperations/create", json=[*HOUSES, *CITIES, LAND])
    assert answer.status_code == 201
    return api


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()]


async def test_conditions_are_joined(town: httpx.AsyncClient) -> None:
    q = {"type": "House", "q": "height>=30;height<60", "scopeQ": "/City/Ward0,/City/Ward1"}
    assert ids(await town.get("entities", params=q)) == ["urn:h:3", "urn:h:4"]
    assert ids(await town.get("entities", params={"type": "City,Land"})) == ["urn:c:0", "urn:c:1", "urn:l:1"]
    some = {"type": "*", "idPattern": "urn:[hl]:1"}
    assert ids(await town.get("entities", params=some)) == ["urn:h:1", "urn:l:1"]
    named = {"type": "House", "id": "urn:h:5,urn:h:2,urn:x"}
    assert ids(await town.get("entities", params=named)) == ["urn:h:2", "urn:h:5"]
    assert ids(await town.get("entities", params={"attrs": "people"})) == ["urn:c:0", "urn:c:1"]
    linked = {"type": "House", "q": 'inCity{City:people}==1000;name[en]=="house 1"'}
    assert ids(await town.get("entities", params=linked)) == ["urn:h:1"]


async def test_a_query_by_post_finds_the_same(town: httpx.AsyncClient) -> None:
    body = {
        "type": "Query",
        "entities": [{"type": "House"}, {"type": "City", "idPattern": ".*:1$"}],
        "q": "height>40|people>1",
        "attrs": ["height", "people"],
    }
    answer = await town.post("entityOperations/query?options=keyValues&count=true", json=body)
    assert answer.json() == [
        {"id": "urn:h:5", "type": "House", "scope": "/City/Ward2", "height": 50},
        {"id": "urn:h:6", "type": "House", "scope": "/City/Ward0", "height": 60},
        {"id": "urn:c:1", "type": "City", "people": 1000},
    ]
    assert answer.headers["ngsild-results-count"] == "3"


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
async def test_pages_lead_through_all_and_back(town: httpx.AsyncClient, limit: int) -> None:
    seen: list[str] = []
    address: str | None = (
        f"http://hub/ngsi-ld/v1/entities/?type=House&q=height%3E%3D0&limit={limit}&count=true"
    )
    previous = None
    while address:
        answer = await town.get(address)
        assert answer.headers["ngsild-results-count"] == "7"
        links = {
            part["rel"]: str(part["url"]) for part in answer.links.values() if part["rel"] in ("next", "prev")
        }
        assert ("prev" in links) == (previous is not None)
        seen += ids(answer)
        previous, address = address, f"http://hub{links['next']}" if "next" in links else None
    assert seen == [item["id"] for item in HOUSES]


async def test_counting_without_entities_and_wrong_pages(town: httpx.AsyncClient) -> None:
    answer = await town.get("entities?type=House&limit=0&count=true")
    assert answer.json() == [] and answer.headers["ngsild-results-count"] == "7"
    for wrong in (
        "limit=0",
        "limit=-1",
        "limit=x",
        "limit=100000",
        "offset=-2",
        "limit=5&count=maybe",
        "limit=1e2",
    ):
        answer = await town.get(f"entities?type=House&{wrong}")
        assert answer.status_code == 400 and answer.json()["type"].endswith("/BadRequestData"), wrong


@pytest.mark.parametrize(
    "query",
    [
        "",
        "id=urn:h:1",
        "idPattern=.*",
        "options=count",
        "lang=en",
        "type=",
        "type=House&q=",
        "type=House&q=a%3D%3D",
        "type=House&georel=near",
        "type=House&georel=within&geometry=Point&coordinates=x",
        "type=House&scopeQ=x",
        "type=House&options=fancy",
        "type=House&format=fancy",
        "type=House&join=inline&joinLevel=0",
        "type=House&join=up",
        "type=House&joinLevel=2",
        "type=House&orderBy=a;up",
        "type=House&id=no-uri",
        "type=House&pick=a&attrs=b",
        "type=House&pick=a,,b",
        "type=House&pick=a&omit=a",
    ],
)
async def test_what_is_no_query_is_refused(town: httpx.AsyncClient, query: str) -> None:
    answer = await town.get(f"entities?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.json()["where"] and answer.json()["remedy"]


async def test_representations(town: httpx.AsyncClient) -> None:
    one = "entities/urn:h:1"
    assert (await town.get(f"{one}?options=keyValues&lang=zh")).json() == {
        "id": "urn:h:1",
        "type": "House",
        "scope": "/City/Ward1",
        "height": 10,
        "name": "屋1",
        "inCity": "urn:c:1",
    }
    assert (await town.get(f"{one}?format=concise")).json()["inCity"] == {"object": "urn:c:1"}
    stamped = (await town.get(f"{one}?options=sysAttrs")).json()
    assert stamped["createdAt"].endswith("Z") and stamped["height"]["modifiedAt"]
    assert set((await town.get(f"{one}?attrs=height,inCity")).json()) == {
        "id",
        "type",
        "scope",
        "height",
        "inCity",
    }
    assert (await town.get(f"{one}?pick=id,height&options=keyValues")).json() == {
        "id": "urn:h:1",
        "height": 10,
    }
    assert set((await town.get(f"{one}?omit=scope,name")).json()) == {"id", "type", "height", "inCity"}
    for nothing in ("attrs=none", "pick=none", "omit=id,type,scope,height,name,inCity"):
        assert (await town.get(f"{one}?{nothing}")).status_code == 404


async def test_links_are_followed_inside_and_beside(town: httpx.AsyncClient) -> None:
    inside = (await town.get("entities/urn:h:1?join=inline&joinLevel=3")).json()
    city = inside["inCity"]["entity"]
    land = city["inLand"]["entity"]
    assert (city["id"], land["id"]) == ("urn:c:1", "urn:l:1")
    assert land["capital"]["entity"]["id"] == "urn:c:0"
    bare = (await town.get("entities/urn:h:0?join=inline&joinLevel=9&options=keyValues&pick=inCity")).json()
    assert bare["inCity"]["inLand"]["capital"] == "urn:c:0", "an entity is not put into itself"
    flat = await town.get("entities?type=House&q=height<20&join=flat&joinLevel=2")
    assert ids(flat) == ["urn:h:0", "urn:h:1", "urn:c:0", "urn:c:1", "urn:l:1"]
    known = (await town.get("entities/urn:h:1?join=inline&containedBy=urn:c:1")).json()
    assert "entity" not in known["inCity"]
    chosen = (await town.get("entities/urn:h:1?join=inline&attrs=inCity")).json()
    assert chosen["inCity"]["entity"]["people"]["value"] == 1000 and "height" not in chosen


async def test_order(town: httpx.AsyncClient) -> None:
    answer = await town.get("entities?type=House&orderBy=height;desc&limit=3&offset=1&count=true")
    assert ids(answer) == ["urn:h:5", "urn:h:4", "urn:h:3"] and answer.headers["ngsild-results-count"] == "7"


async def test_purge(town: httpx.AsyncClient) -> None:
    assert (await town.delete("entities")).status_code == 400
    assert (await town.delete("entities?type=House&keep=a&drop=b")).status_code == 400
    assert (await town.delete("entities?type=House&q=height>=50")).status_code == 204
    assert (await town.delete("entities?type=House&drop=height,name")).status_code == 204
    left = (await town.get("entities?type=House&options=keyValues")).json()
    assert len(left) == 5 and set(left[0]) == {"id", "type", "scope", "inCity"}
    assert (await town.delete("entities?type=City&keep=people")).status_code == 204
    assert set((await town.get("entities/urn:c:1")).json()) == {"id", "type", "people"}
    assert (await town.delete("entities?local=true")).status_code == 204
    assert (await town.get("entities?local=true")).json() == []


async def test_discovery(town: httpx.AsyncClient) -> None:
    assert (await town.get("types/")).json()["typeList"] == ["City", "House", "Land"]
    details = (await town.get("types?details=true")).json()
    assert {item["typeName"]: item["attributeNames"] for item in details}["City"] == ["inLand", "people"]
    house = (await town.get("types/House")).json()
    assert (house["type"], house["entityCount"]) == ("EntityTypeInfo", 7)
    kinds = {item["attributeName"]: item["attributeTypes"] for item in house["attributeDetails"]}
    assert kinds == {"height": ["Property"], "inCity": ["Relationship"], "name": ["LanguageProperty"]}
    names = (await town.get("attributes")).json()["attributeList"]
    assert names == ["capital", "height", "inCity", "inLand", "name", "people"]
    people = (await town.get("attributes/people")).json()
    assert (people["attributeCount"], people["typeNames"], people["attributeTypes"]) == (
        2,
        ["City"],
        ["Property"],
    )
    assert {item["type"] for item in (await town.get("attributes?details=true")).json()} == {"Attribute"}
