"""The habits of programs that speak to other brokers: IoT agents, dashboards, Smart Data Models, tenants."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

LINK = (
    '<https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.6.jsonld>;rel="http://www.w3.org/ns/json-ld'
    '#context";type="application/ld+json"'
)
SPOT = {  # in the manner of a Smart Data Model, key-values
    "id": "urn:ngsi-ld:ParkingSpot:santander:daoiz_velarde_1_5:3",
    "type": "ParkingSpot",
    "name": "A-13",
    "status": "free",
    "category": ["onstreet"],
    "location": {"type": "Point", "coordinates": [-3.80356, 43.46296]},
    "address": {"type": "PostalAddress", "addressLocality": "Santander", "streetAddress": "Plaza de España"},
    "refParkingSite": "urn:ngsi-ld:ParkingSite:santander:daoiz_velarde_1_5",
}
DEVICE = {  # as an IoT agent sends it
    "id": "urn:ngsi-ld:Device:1",
    "type": "Device",
    "temperature": {
        "type": "Property",
        "value": 23.5,
        "unitCode": "CEL",
        "observedAt": "2026-01-01T00:00:00.000Z",
    },
    "TimeInstant": {"type": "Property", "value": {"@type": "DateTime", "@value": "2026-01-01T00:00:00.000Z"}},
}


async def test_an_agent_updates_its_devices(api: httpx.AsyncClient) -> None:
    headers = {"content-type": "application/json; charset=utf-8", "link": LINK, "accept": "*/*"}
    for status in (201, 204):
        answer = await api.post("entityOperations/upsert/?options=update", json=[DEVICE], headers=headers)
        assert answer.status_code == status, answer.text
    change = {"type": "Property", "value": 24}
    address = "entities/urn%3Angsi-ld%3ADevice%3A1/attrs/temperature/"
    assert (await api.patch(address, json=change, headers=headers)).status_code == 204
    found = (await api.get("entities/urn:ngsi-ld:Device:1", headers={"link": LINK})).json()
    assert found["temperature"] == DEVICE["temperature"] | {"value": 24}  # type: ignore[operator]


@pytest.mark.parametrize("said", ["options=keyValues", "format=simplified"])
async def test_key_values_come_back_as_they_went(api: httpx.AsyncClient, said: str) -> None:
    assert (await api.post(f"entities?{said}", json=SPOT)).status_code == 201
    assert (await api.post(f"entityOperations/upsert?{said}", json=[SPOT])).status_code == 204
    assert (await api.put(f"entities/{SPOT['id']}?{said}", json=SPOT)).status_code == 204
    found = await api.get(f"entities/{SPOT['id']}", params={"options": "keyValues"})
    assert found.json() == SPOT


@pytest.mark.parametrize(
    "asked",
    [
        "entities?type=Device,ParkingSpot&options=keyValues,count&limit=10",
        "entities/?type=ParkingSpot&q=address[addressLocality]==%22Santander%22;status==%22free%22",
        "entities?type=ParkingSpot&q=status%3D%3D%22free%22%3Bname~%3D%5EA&options=keyValues",
        "entities?type=ParkingSpot&georel=near%3BmaxDistance%3D%3D200&geometry=Point&coordinates=%5B-3.8035,43.463%5D",
        "entities?type=https%3A%2F%2Furi.etsi.org%2Fngsi-ld%2Fdefault-context%2FParkingSpot",
        "entities?idPattern=.*santander.*&type=ParkingSpot&attrs=status&options=keyValues&limit=1&offset=0",
        "entities?q=name&type=ParkingSpot&options=",
    ],
)
@pytest.mark.parametrize("accept", ["*/*", "application/json, text/plain, */*", "application/ld+json"])
async def test_a_dashboard_asks(api: httpx.AsyncClient, asked: str, accept: str) -> None:
    await api.post("entities?options=keyValues", json=SPOT)
    answer = await api.get(asked, headers={"accept": accept, "user-agent": "Grafana"})
    assert answer.status_code == 200, answer.text
    assert [item["id"] for item in answer.json()] == [SPOT["id"]]


async def test_real_examples_of_smart_data_models(api: httpx.AsyncClient, shared: Path) -> None:
    taken, refused = [], []
    for path in sorted((shared / "data/contexts/smart-data-models").glob("*-normalized.jsonld")):
        said = {name: part for name, part in json.loads(path.read_text()).items() if name != "@context"}
        answer = await api.post("entities", json=said)
        if answer.status_code == 201:
            taken.append(path.stem)
            found = (await api.get(answer.headers["location"])).json()
            assert {name: found[name] for name in said} == said
        else:
            refused.append(answer.json()["where"])
    assert len(taken) >= 10
    assert sorted(refused) == ["dateObserved.object", "depth.observedAt", "floodLevelStatus.type"]


async def test_tenants_stay_apart_while_all_write_at_once(api: httpx.AsyncClient) -> None:
    async def work(tenant: str, number: int) -> None:
        headers = {"NGSILD-Tenant": tenant}
        mine: dict[str, Any] = {"id": f"urn:e:{number % 5}", "type": "T", "owner": tenant, "n": number}
        if number % 2:
            await api.post("entityOperations/upsert", json=[mine], headers=headers)
        else:
            await api.post("entities", json=mine, headers=headers)
            await api.patch(f"entities/{mine['id']}/attrs", json={"owner": tenant}, headers=headers)
        found = (await api.get("entities?type=T&options=keyValues", headers=headers)).json()
        assert {item["owner"] for item in found} == {tenant}

    tenants = ["Alpha", "alpha", "Beta", "beta_2"]  # the case of letters tells tenants apart
    await asyncio.gather(*(work(tenant, number) for number in range(20) for tenant in tenants))
    for tenant in tenants:
        found = await api.get("entities?type=T&count=true&limit=0", headers={"ngsild-TENANT": tenant})
        assert found.headers["ngsild-results-count"] == "5"
        assert found.headers["ngsild-tenant"] == tenant
    assert (await api.get("entities?type=T")).json() == []
