"""The pages of the ledger: the balance in words, what was found and why, an entry's past."""

from __future__ import annotations

import httpx

from .fake.ledger import GAUGES


async def test_the_home_says_whether_the_month_adds_up(client: httpx.AsyncClient) -> None:
    assert "It adds up." in (await client.get("/ledger")).text
    assert "It does not add up." in (await client.get("/ledger?q=broken")).text


async def test_a_search_keeps_its_filters_and_shows_why(client: httpx.AsyncClient) -> None:
    page = (await client.get("/ledger?q=rain&kind=stream")).text
    assert 'name="kind" value="stream"' in page
    assert "rain (title)" in page and "雨量 (text, synonym)" in page
    assert "take off" in page
    assert "Nothing found" in (await client.get("/ledger?q=parking")).text


async def test_sources_that_fail_are_not_hidden(client: httpx.AsyncClient) -> None:
    page = (await client.get("/ledger")).text
    assert "broke off" in page and "no answer" in page
    assert "not yet" in page
    assert "1 could not be read" in page


async def test_an_entry_shows_its_fields_drift_and_versions(client: httpx.AsyncClient) -> None:
    page = (await client.get(f"/ledger/{GAUGES}")).text
    for words in (
        "rainIntensity",
        "mm/h",
        "gone: old",
        "id: integer → string",
        "fields, updated_on",
        "stale",
    ):
        assert words in page
    assert "<code>https://data.example/rain.csv</code>" in page  # to be copied: the hub leads nowhere outside


async def test_what_is_not_there_is_a_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/ledger/urn:x:none", headers={"accept": "text/html"})
    assert answer.status_code == 404
