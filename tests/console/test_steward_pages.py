"""The steward's queue: evidence, a word with its reason, on to the next, and back again."""

from __future__ import annotations

from typing import Any

import httpx

from .fake.ledger import GAUGES


def word(column: str, category: str, note: str = "", following: str = "", item: str = "") -> dict[str, str]:
    return {
        "item": item or f"item-{column}",
        "entry": GAUGES,
        "column": column,
        "following": following,
        "category": category,
        "note": note,
    }


async def test_the_first_card_shows_masked_evidence_and_the_way_on(client: httpx.AsyncClient) -> None:
    page = (await client.get("/steward")).text
    for words in ("1 of 2", "138****8000", "9{11}", "45%", "classify.nothing", "mobile number", "depth"):
        assert words in page, words
    assert 'href="/steward?item=item-who"' in page
    assert 'value="none"' in page and "autofocus" in page


async def test_a_word_leads_to_the_next_card_and_can_be_taken_back(
    client: httpx.AsyncClient, view: Any
) -> None:
    answer = await client.post("/steward/say", data=word("tel", "none", following="item-who"))
    assert answer.status_code == 303
    assert answer.headers["location"] == "/steward?item=item-who&told=said"
    page = (await client.get(answer.headers["location"])).text
    assert "Kept." in page and "1 of 1" in page and "Take back what was said of tel" in page
    back = await client.post("/steward/unsay", data={"entry": GAUGES, "column": "tel"})
    assert back.status_code == 303 and view.sayings == {}
    assert "Taken back" in (await client.get(back.headers["location"])).text


async def test_something_else_is_chosen_from_all_and_needs_a_reason(
    client: httpx.AsyncClient, view: Any
) -> None:
    chosen = word("tel", "other") | {"other": "person_name"}
    refused = await client.post("/steward/say", data=chosen)
    assert refused.status_code == 422 and "reason" in refused.text
    await client.post("/steward/say", data=chosen | {"note": "names of callers"})
    assert view.sayings == {"tel": ("person_name", "names of callers")}
    assert (await client.post("/steward/say", data=word("who", "other"))).status_code == 422
    nothing = {name: value for name, value in word("who", "").items() if name != "category"}
    assert (await client.post("/steward/say", data=nothing)).status_code == 422


async def test_a_column_of_an_entry_is_answered_from_its_fields(client: httpx.AsyncClient) -> None:
    page = (await client.get(f"/steward?entry={GAUGES}&column=rainIntensity")).text
    assert "rainIntensity" in page and "2 waiting" in page
    told = word("rainIntensity", "mobile", "by hand") | {"item": ""}
    answer = await client.post("/steward/say", data=told)
    assert answer.headers["location"].endswith("show=fields")


async def test_other_sites_the_past_and_those_without_the_role_cannot_say(
    client: httpx.AsyncClient, guest: httpx.AsyncClient, fake: Any, view: Any
) -> None:
    foreign = {"sec-fetch-site": "cross-site"}
    assert (await client.post("/steward/say", data=word("tel", "none"), headers=foreign)).status_code == 403
    past = await client.post("/steward/say?as_of=2026-07-21T17:00", data=word("tel", "none"))
    assert past.status_code == 409
    await guest.post("/sign-in", data={"login": "crew", "password": fake.PASSWORD})
    page = (await guest.get("/steward")).text
    assert "operators say" in page and "Say so" not in page
    assert (await guest.post("/steward/say", data=word("tel", "none"))).status_code == 403
    assert view.sayings == {}


async def test_an_empty_queue_says_so(client: httpx.AsyncClient, view: Any) -> None:
    view.quiet = True
    assert "Nothing waits" in (await client.get("/steward")).text
