"""The JSON twins say what the pages say, and OpenAPI describes them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from chengshu.kernel.levels import Level


def test_openapi_names_levels_by_word_and_hides_the_pages(app: FastAPI) -> None:
    schema = app.openapi()
    assert set(schema["paths"]) == {
        f"/api/v1/{name}"
        for name in (
            "status",
            "overview",
            "vitals",
            "vitals/{indicator}",
            "warnings",
            "warnings/{warning}",
            "events",
            "events/{event}",
            "work-orders",
            "work-orders/{order}",
            "rules",
            "rules/{scenario}/{rule}",
        )
    }
    highest = schema["components"]["schemas"]["Overview"]["properties"]["highest"]
    assert highest["enum"] == [level.word for level in Level]


async def test_numbers_and_words_agree_with_the_page(client: httpx.AsyncClient) -> None:
    body: dict[str, Any] = (await client.get("/api/v1/overview")).json()
    page = (await client.get("/")).text
    assert f"hero-{body['highest']}" in page
    for warning in body["warnings"]:
        assert warning["area"]["name"]["en"] in page
        assert warning["level"] in [level.word for level in Level]


async def test_the_past_can_be_asked_for(client: httpx.AsyncClient) -> None:
    now = (await client.get("/api/v1/warnings")).json()
    past = (await client.get("/api/v1/warnings?as_of=2026-07-21T08:30:00Z")).json()
    assert len(past) < len(now)
    bad = await client.get("/api/v1/warnings?as_of=soon")
    assert bad.status_code == 422 and bad.headers["content-type"] == "application/problem+json"


async def test_programs_sign_in_with_a_bearer_token(guest: httpx.AsyncClient, view: Any, fake: Any) -> None:
    token = view.sign_in("lin", fake.PASSWORD).token
    answer = await guest.get("/api/v1/work-orders", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200 and answer.json()[0]["state"] == "assigned"


@pytest.mark.parametrize(
    "path", ["events/none", "warnings/none", "vitals/none", "work-orders/none", "rules/flood/none"]
)
async def test_what_is_not_there_is_a_problem_with_a_place(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"/api/v1/{path}")
    assert answer.status_code == 404 and answer.json()["where"]


async def test_every_layer_is_geojson_with_names(client: httpx.AsyncClient) -> None:
    for name in (
        "areas",
        "ground",
        "roads",
        "drainage",
        "nodes",
        "sensors",
        "underpasses",
        "units",
        "routes",
        "closures",
    ):
        answer = await client.get(f"/layers/{name}.geojson")
        assert answer.headers["content-type"].startswith("application/geo+json")
        body = answer.json()
        assert body["type"] == "FeatureCollection"
        assert all("id" in f["properties"] and "name" in f["properties"] for f in body["features"])


async def test_a_rule_is_given_with_its_table_and_versions(client: httpx.AsyncClient) -> None:
    (first, _) = (await client.get("/api/v1/rules")).json()["tables"]
    assert (first["version"], first["by"], first["title"]["zh-Hans"]) == (
        "1",
        ["Lin Yue 林玥", "Song Yan 宋岩"],
        "严重程度",
    )
    rule = (await client.get("/api/v1/rules/flood/severity?against=2")).json()
    assert rule["grid"]["rows"][0]["cells"][0]["text"] == "> 3"
    assert [one["name"] for one in rule["versions"]] == ["2", "1", ""] and rule["differences"]
