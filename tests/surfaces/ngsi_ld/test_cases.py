"""Tables of requests and what comes of them, by the clauses on provision (5.6) and consumption (5.7)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from tools.broker import Standing

HERE = Path(__file__).parent / "cases"
NULL = "urn:ngsi-ld:null"


WRITING = yaml.safe_load((HERE / "writing.yaml").read_text())
ASKING = yaml.safe_load((HERE / "asking.yaml").read_text())


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    standing = Standing(tmp_path_factory.mktemp("cases"), durable=False)
    yield standing
    standing.close()


def client(broker: Standing, tenant: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=broker.surface)
    return httpx.AsyncClient(
        transport=transport, base_url="http://hub/ngsi-ld/v1/", headers={"ngsild-tenant": tenant}
    )


def with_nulls(said: Any) -> Any:
    """The body of a case with the Null text where the table has ``N``."""
    if isinstance(said, dict):
        return {name: with_nulls(part) for name, part in said.items()}
    if isinstance(said, list):
        return [with_nulls(part) for part in said]
    return NULL if said == "N" else said


async def sent(api: httpx.AsyncClient, case: dict[str, Any]) -> httpx.Response:
    method, address = case["send"].split(" ", 1)
    body = {"json": with_nulls(case["body"])} if "body" in case else {}
    return await api.request(method, address, headers=case.get("headers", {}), **body)


def kind_of(problem: dict[str, Any]) -> str:
    return str(problem["type"]).rpartition("/")[2]


@pytest.mark.parametrize("case", WRITING, ids=[case["what"] for case in WRITING])
async def test_what_is_written(broker: Standing, case: dict[str, Any]) -> None:
    async with client(broker, f"w{WRITING.index(case)}") as api:
        whole = {"id": "urn:e:1", "type": "T"}
        assert (await api.post("entities", json=whole | case["given"])).status_code == 201
        answer = await sent(api, case)
        assert answer.status_code == case["status"], answer.text
        if "error" in case:
            assert kind_of(answer.json()) == case["error"]
        if "answer" in case:
            said = answer.json()
            errors = [[item["entityId"], kind_of(item["error"])] for item in said["errors"]]
            assert {"success": said["success"], "errors": errors} == case["answer"]
        after = await api.get("entities/urn:e:1", params={"format": "concise"})
        assert after.json() == whole | case["then"]


def found_in(answer: httpx.Response) -> Any:
    """The last parts of the ids that an answer holds, or the kind of its error."""
    said = answer.json()
    return kind_of(said) if isinstance(said, dict) else [item["id"].split(":", 2)[2] for item in said]


async def test_what_is_found(broker: Standing) -> None:
    async with client(broker, "asking") as api:
        assert (await api.post("entityOperations/create", json=ASKING["entities"])).status_code == 201
        asked = {name: {"q": name, "type": "*"} for name in ASKING["q"]}
        found = {name: found_in(await api.get("entities", params=asked[name])) for name in asked}
        assert found == ASKING["q"]
        found = {name: found_in(await api.get(f"entities?{name}")) for name in ASKING["query"]}
        assert found == ASKING["query"]
        for body, wanted in ASKING["post"]:
            assert found_in(await api.post("entityOperations/query", json=body)) == wanted, body


async def test_one_entity_with_those_it_links_to_as_geojson(broker: Standing) -> None:
    async with client(broker, "linked") as api:
        await api.post("entityOperations/create", json=ASKING["entities"])
        geo = {"accept": "application/geo+json"}
        answer = await api.get("entities/urn:ngsi-ld:Bus:1?join=flat", headers=geo)
        assert answer.status_code == 200 and answer.json()["type"] == "FeatureCollection"
        features = [item["id"] for item in answer.json()["features"]]
        assert features == ["urn:ngsi-ld:Bus:1", "urn:ngsi-ld:House:1"]
        alone = await api.get("entities/urn:ngsi-ld:House:2?join=flat", headers=geo)
        assert alone.json()["type"] == "Feature"


@pytest.mark.parametrize(
    ("name", "body"),
    [("delete", ["urn:e:1"]), ("update", [{"id": "urn:e:1", "p": 1}]), ("merge", [{"id": "urn:e:1"}])],
)
async def test_a_batch_in_a_tenant_that_is_not_there(broker: Standing, name: str, body: Any) -> None:
    async with client(broker, "nobody") as api:
        answer = await api.post(f"entityOperations/{name}", json=body)
    assert answer.status_code == 404 and kind_of(answer.json()) == "NonexistentTenant"


async def test_null_takes_a_member_of_a_subscription_away(broker: Standing) -> None:
    async with client(broker, "followed") as api:
        endpoint = {"endpoint": {"uri": "http://localhost:9/x"}}
        whole = {
            "id": "urn:s:1",
            "type": "Subscription",
            "entities": [{"type": "T"}],
            "notification": endpoint,
        }
        await api.post("subscriptions", json=whole | {"q": "p>1", "watchedAttributes": ["p"]})
        for change in ({"q": NULL}, {"watchedAttributes": NULL, "timeInterval": 5}):
            assert (await api.patch("subscriptions/urn:s:1", json=change)).status_code == 204
        left = (await api.get("subscriptions/urn:s:1")).json()
        assert left["timeInterval"] == 5 and not {"q", "watchedAttributes"} & left.keys()
        for member in ("notification", "entities"):
            answer = await api.patch("subscriptions/urn:s:1", json={member: NULL})
            assert answer.status_code == 400, member
