"""The page of corrections: what waits with its clock, saying what is wrong, answering it."""

from __future__ import annotations

from typing import Any

import httpx

PLACE = "/sharing/corrections"
WRONG = {"about": "grant-1", "record": "row 7", "field": "street", "claim": "moved", "evidence": "a letter"}


async def test_what_waits_stands_first_with_its_clock(client: httpx.AsyncClient) -> None:
    page = (await client.get(PLACE)).text
    for words in ("within 10 working days", "gauge 7", "2 left", "Told to us", "Civil Affairs"):
        assert words in page, words
    assert page.index("To answer") < page.index("Told to us") < page.index("Say what is wrong")
    chosen = (await client.get(f"{PLACE}?grant=grant-1")).text
    assert '<option value="grant-1" selected>' in chosen


async def test_something_is_said_to_be_wrong_by_a_user_and_for_a_resident(
    client: httpx.AsyncClient, view: Any
) -> None:
    answer = await client.post(PLACE, data=WRONG)
    assert answer.status_code == 303 and answer.headers["location"] == f"{PLACE}?told=correction-3"
    assert "It is on record: correction-3" in (await client.get(answer.headers["location"])).text
    refused = await client.post(PLACE, data=WRONG | {"field": "none"})
    assert refused.status_code == 422 and "moved" in refused.text and "a letter" in refused.text
    number = {"resident": "yes", "number": "110101199001011237", "about": "urn:x"}
    unseen = await client.post(PLACE, data=WRONG | number)
    assert unseen.status_code == 422 and "110101199001011237" not in unseen.text
    await client.post(PLACE, data=WRONG | number | {"seen": "yes"})
    assert [one.number for one in view.wrong] == ["", "110101199001011237"]


async def test_the_provider_answers_with_a_reason(client: httpx.AsyncClient, view: Any) -> None:
    form = {"reason": "mended at the source", "corrected": "yes"}
    assert (await client.post(f"{PLACE}/correction-1/answer", data=form)).status_code == 303
    await client.post(f"{PLACE}/correction-1/answer", data=form | {"corrected": "no"})
    assert view.corrected == [
        ("correction-1", "mended at the source", True),
        ("correction-1", "mended at the source", False),
    ]
    late = await client.post(f"{PLACE}/correction-2/answer", data=form)
    assert late.status_code == 409 and "already" in late.text
    assert (await client.get(f"{PLACE}/correction-2/answer")).status_code == 303


async def test_the_past_other_sites_and_an_empty_desk(client: httpx.AsyncClient, view: Any) -> None:
    assert (await client.post(f"{PLACE}?as_of=2026-07-21T17:00", data=WRONG)).status_code == 409
    foreign = {"sec-fetch-site": "cross-site"}
    assert (await client.post(PLACE, data=WRONG, headers=foreign)).status_code == 403
    assert view.wrong == []
    view.quiet = True
    page = (await client.get(PLACE)).text
    assert "Nothing waits for an answer" in page and "No grant of yours" in page
