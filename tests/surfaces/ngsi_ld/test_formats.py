"""Formats, contexts and tenants of a request (clauses 6.3.4 to 6.3.6 and 6.3.14)."""

from __future__ import annotations

import httpx
import pytest

CONTEXT = {"@context": {"Vehicle": "https://example.org/Vehicle", "speed": "https://example.org/speed"}}
ENTITY = {"id": "urn:v:1", "type": "Vehicle", "speed": {"type": "Property", "value": 55}}
CORE = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"
LINK = '<{}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
PLACE = {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [8.0, 40.0]}}


async def hosted(api: httpx.AsyncClient) -> str:
    answer = await api.post("jsonldContexts", json=CONTEXT)
    assert answer.status_code == 201
    return f"http://hub{answer.headers['location']}"


async def test_names_mean_what_the_linked_context_says(api: httpx.AsyncClient) -> None:
    address = await hosted(api)
    link = LINK.format(address)
    assert (await api.post("entities", json=ENTITY, headers={"link": link})).status_code == 201
    plain = await api.get("entities/urn:v:1")
    assert plain.json()["type"] == "https://example.org/Vehicle"
    assert plain.headers["link"] == LINK.format(CORE)
    spoken = await api.get("entities/urn:v:1", headers={"link": link})
    assert spoken.json() == ENTITY and spoken.headers["link"] == link
    full = await api.get(
        "entities", params={"type": "Vehicle"}, headers={"link": link, "accept": "application/ld+json"}
    )
    assert full.json() == [ENTITY | {"@context": address}] and "link" not in full.headers


async def test_a_context_written_in_the_body(api: httpx.AsyncClient) -> None:
    headers = {"content-type": "application/ld+json"}
    written = ENTITY | {"@context": [CONTEXT["@context"], CORE]}
    assert (await api.post("entities", json=written, headers=headers)).status_code == 201
    found = await api.get("entities", params={"q": "https://example.org/speed==55"})
    assert [item["id"] for item in found.json()] == ["urn:v:1"]
    body = {"type": "Query", "entities": [{"type": "Vehicle"}], "@context": CONTEXT["@context"]}
    answer = await api.post("entityOperations/query", json=body, headers=headers)
    assert answer.json() == [ENTITY]
    kept = answer.headers["link"].partition(">")[0].lstrip("<")
    assert (await api.get(kept)).json() == {"@context": [CONTEXT["@context"], CORE]}
    assert (await api.get("jsonldContexts?details=true&kind=ImplicitlyCreated")).json()[0]["URL"] == kept


@pytest.mark.parametrize(
    ("media", "link", "body"),
    [
        ("application/json", "", ENTITY | {"@context": CORE}),
        ("application/ld+json", "", ENTITY),
        ("application/ld+json", LINK.format(CORE), ENTITY | {"@context": CORE}),
        ("application/ld+json", "", ENTITY | {"@context": 7}),
        ("application/ld+json", "", ENTITY | {"@context": {"a": {"@id": 7}}}),
    ],
)
async def test_a_context_in_the_wrong_place_is_refused(
    api: httpx.AsyncClient, media: str, link: str, body: object
) -> None:
    headers = {"content-type": media} | ({"link": link} if link else {})
    answer = await api.post("entities", json=body, headers=headers)
    assert answer.status_code == 400, answer.text
    assert answer.json()["type"].endswith("/BadRequestData")
    assert (await api.post("entityOperations/create", json=[body], headers=headers)).status_code in (207, 400)


async def test_a_context_that_cannot_be_had(api: httpx.AsyncClient) -> None:
    for address in ("https://not-allowed.example/c.jsonld", "file:///etc/passwd", "/relative"):
        answer = await api.get("entities/urn:v:1", headers={"link": LINK.format(address)})
        assert answer.status_code == 503 and answer.json()["type"].endswith("/LdContextNotAvailable")


async def test_geojson_of_one_and_of_many(api: httpx.AsyncClient) -> None:
    await api.post("entities", json=ENTITY | {"location": PLACE})
    await api.post("entities", json={"id": "urn:v:2", "type": "Vehicle", "here": PLACE})
    geo = {"accept": "application/geo+json"}
    one = await api.get("entities/urn:v:1?options=keyValues", headers=geo)
    assert one.headers["content-type"] == "application/geo+json"
    assert one.json() == {
        "id": "urn:v:1",
        "type": "Feature",
        "geometry": PLACE["value"],
        "properties": {"type": "Vehicle", "speed": 55, "location": PLACE["value"]},
        "@context": CORE,
    }
    many = await api.get("entities?type=Vehicle", headers=geo | {"prefer": "body=json"})
    assert many.json()["type"] == "FeatureCollection" and "@context" not in many.json()
    assert many.headers["link"] == LINK.format(CORE)
    assert [item["geometry"] is None for item in many.json()["features"]] == [False, True]
    other = await api.get("entities?type=Vehicle&geometryProperty=here", headers=geo)
    assert [item["geometry"] is None for item in other.json()["features"]] == [True, False]
    assert (await api.get("types", headers=geo)).status_code == 406


async def test_formats_that_are_not_read_or_given(api: httpx.AsyncClient) -> None:
    answer = await api.get("entities?type=T", headers={"accept": "text/html"})
    assert answer.status_code == 406 and answer.headers["content-type"] == "application/problem+json"
    for media in ("text/plain", "application/xml", "json"):
        answer = await api.post("entities", content=b"{}", headers={"content-type": media})
        assert answer.status_code == 415
    await api.post("entities", json=ENTITY)
    merge = {"content-type": "application/merge-patch+json"}
    assert (
        await api.patch("entities/urn:v:1", json={"speed": {"value": 1}}, headers=merge)
    ).status_code == 204
    assert (await api.put("entities/urn:v:1", json=ENTITY, headers=merge)).status_code == 415


async def test_tenants_know_nothing_of_each_other(api: httpx.AsyncClient) -> None:
    one = {"ngsild-tenant": "one"}
    created = await api.post("entities", json=ENTITY, headers=one)
    assert created.status_code == 201 and created.headers["ngsild-tenant"] == "one"
    assert (await api.get("entities/urn:v:1")).status_code == 404
    assert (await api.get("entities?type=Vehicle")).json() == []
    assert (await api.get("types")).json()["typeList"] == []
    found = await api.get("entities/urn:v:1", headers=one)
    assert found.status_code == 200 and found.headers["ngsild-tenant"] == "one"
    missing = await api.get("entities/urn:v:1", headers={"ngsild-tenant": "two"})
    assert missing.status_code == 404 and missing.json()["type"].endswith("/NonexistentTenant")
    for wrong in ("a b", "../x", "x" * 129):
        assert (await api.get("types", headers={"ngsild-tenant": wrong})).status_code == 400


async def test_an_answer_as_an_earlier_version_knows_it(api: httpx.AsyncClient) -> None:
    """Clauses 4.3.6.8 and 6.3.6: altered answers are 203, and each says which version it is of."""
    kind = {"type": "VocabProperty", "vocab": "old"}
    assert (await api.post("entities", json=ENTITY | {"kind": kind})).status_code == 201
    plain = {"type": "Property", "value": "old"}
    one, many = "entities/urn:v:1", "entities?type=Vehicle"
    for path in (one, many):
        answer = await api.get(path, headers={"prefer": "ngsi-ld=1.6"})
        assert (answer.status_code, answer.headers["preference-applied"]) == (203, "ngsi-ld=1.6")
        said = answer.json()
        assert (said[0] if path == many else said)["kind"] == plain
    for version, applied in (("1.8", "1.8"), ("2.3", "1.9")):
        answer = await api.get(one, headers={"prefer": f"return=minimal, ngsi-ld={version}"})
        assert (answer.status_code, answer.headers["preference-applied"]) == (200, f"ngsi-ld={applied}")
        assert answer.json()["kind"] == kind
    assert "preference-applied" not in (await api.get(one, headers={"prefer": "body=json"})).headers
    missing = await api.get("entities/urn:v:2", headers={"prefer": "ngsi-ld=1.6"})
    assert missing.status_code == 404 and "preference-applied" not in missing.headers
