"""Contexts kept and served by the broker (clauses 6.29 and 6.30)."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest

TERMS = {"@context": {"speed": "https://example.org/speed"}}
CORE = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"


async def test_a_context_is_kept_served_listed_and_deleted(api: httpx.AsyncClient) -> None:
    added = await api.post("jsonldContexts", json=TERMS)
    path = added.headers["location"]
    assert added.status_code == 201 and added.content == b""
    served = await api.get(f"http://hub{path}")
    assert served.json() == TERMS and served.headers["content-type"] == "application/json"
    details = (await api.get(f"http://hub{path}?details=true")).json()
    assert (details["kind"], details["URL"]) == ("Hosted", f"http://hub{path}")
    assert path.endswith(details["localId"]) and details["createdAt"].endswith("Z")
    assert (await api.get("jsonldContexts?kind=Hosted")).json() == [f"http://hub{path}"]
    assert [item["kind"] for item in (await api.get("jsonldContexts?details=true")).json()] == ["Hosted"]
    assert (await api.delete(f"http://hub{path}?reload=true")).status_code == 400
    assert (await api.delete(f"http://hub{path}")).status_code == 204
    assert (await api.get(f"http://hub{path}")).status_code == 404
    assert (await api.get("jsonldContexts")).json() == []


async def test_the_core_context_is_there_and_stays(api: httpx.AsyncClient) -> None:
    core = f"jsonldContexts/{quote(CORE, safe='')}"
    details = await api.get(f"{core}?details=true")
    assert details.status_code == 200 and details.json()["kind"] == "Cached"
    assert (await api.get(core)).status_code == 422
    assert (await api.delete(core)).status_code == 400
    assert (await api.delete(f"{core}?reload=true")).status_code == 204


async def test_use_is_counted(api: httpx.AsyncClient) -> None:
    added = await api.post("jsonldContexts", json=TERMS)
    address = f"http://hub{added.headers['location']}"
    link = {"link": f'<{address}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'}
    for _ in range(3):
        assert (await api.get("types", headers=link)).status_code == 200
    assert (await api.get(f"{address}?details=true")).json()["numberOfHits"] >= 3


@pytest.mark.parametrize(
    "body", [{}, [], "x", {"a": 1}, {"@context": 7}, {"@context": []}, {"@context": {"a": 1}}]
)
async def test_what_is_no_context_is_refused(api: httpx.AsyncClient, body: object) -> None:
    answer = await api.post("jsonldContexts", json=body)
    assert answer.status_code == 400 and answer.json()["remedy"]


@pytest.mark.parametrize("query", ["kind=Other", "details=maybe", "kind="])
async def test_wrong_parameters_of_the_list(api: httpx.AsyncClient, query: str) -> None:
    answer = await api.get(f"jsonldContexts?{query}")
    assert answer.status_code == 400 and answer.json()["type"].endswith("/BadRequestData")
