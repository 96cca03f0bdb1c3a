"""Retention on pages: two persons for a deletion, holds with reasons, a proof that can be checked."""

from __future__ import annotations

from typing import Any

import httpx

from .fake.datasets import REPORTS
from .fake.retention import FILE, ROOT

PLACE = "/ledger/retention"
WHAT = {"entry": REPORTS, "root": ROOT, "why": "the year is over"}


async def test_what_is_due_and_held_is_said_with_its_law(client: httpx.AsyncClient) -> None:
    page = (await client.get(PLACE)).text
    for words in (
        "個人信息保護法 19",
        "What would be destroyed: 4",
        "Held: nothing is destroyed",
        "a case before",
    ):
        assert words in page, words
    assert page.count(f'value="{ROOT}"') == 1  # what is held is not offered


async def test_one_proposes_and_another_confirms(
    client: httpx.AsyncClient, guest: httpx.AsyncClient, fake: Any, view: Any
) -> None:
    changed = await client.post(f"{PLACE}/propose", data=WHAT | {"root": "0" * 64})
    assert changed.status_code == 409 and "not what was shown" in changed.text
    assert (await client.post(f"{PLACE}/propose", data=WHAT)).status_code == 303
    page = (await client.get(PLACE)).text
    assert "Lin Yue 林玥 proposes" in page and "a second person must" in page and "Confirm and" not in page
    assert (await client.post(f"{PLACE}/confirm", data={"proposal": "proposal-1"})).status_code == 403
    view.proposed_by = "mei"
    assert "I have looked at the 4 items" in (await client.get(PLACE)).text
    done = await client.post(f"{PLACE}/confirm", data={"proposal": "proposal-1"})
    assert done.headers["location"] == f"{PLACE}/deletions/destruction-1"
    assert view.deeds == [("confirm", "lin", "proposal-1")]
    await client.post(f"{PLACE}/withdraw", data={"proposal": "proposal-1"})
    assert view.proposed_by == ""
    await guest.post("/sign-in", data={"login": "crew", "password": fake.PASSWORD})
    assert (await guest.post(f"{PLACE}/propose", data=WHAT)).status_code == 403
    assert "Propose to" not in (await guest.get(PLACE)).text


async def test_holds_need_a_reason(client: httpx.AsyncClient, view: Any) -> None:
    assert (await client.post(f"{PLACE}/hold", data={"entry": REPORTS, "reason": ""})).status_code == 422
    await client.post(f"{PLACE}/hold", data={"entry": REPORTS, "reason": "a case", "law": "民事訴訟法"})
    await client.post(f"{PLACE}/release", data={"hold": "hold-1", "reason": "closed"})
    assert view.deeds == [("hold", REPORTS, "a case", "民事訴訟法"), ("release", "hold-1", "closed")]
    assert (await client.post(f"{PLACE}/burn", data={})).status_code == 422
    assert (await client.get(f"{PLACE}/hold")).status_code == 303
    past = await client.post(f"{PLACE}/propose?as_of=2026-07-21T17:00", data=WHAT)
    assert past.status_code == 409 and view.proposed_by == ""


async def test_a_proof_is_shown_checked_and_asked(client: httpx.AsyncClient) -> None:
    place = f"{PLACE}/deletions/destruction-1"
    page = (await client.get(place)).text
    assert "The proof holds" in page and ROOT in page and "0a" * 32 in page
    found = (await client.get(place, params={"digest": FILE.upper()})).text
    assert "Yes: version/1/a.csv" in found and "ef" * 32 in found
    assert "No: it was not destroyed" in (await client.get(f"{place}?digest=00")).text
    assert "The proof does not hold" in (await client.get(f"{place}?digest=broken")).text
    assert (await client.get(f"{PLACE}/deletions/none")).status_code == 404


async def test_a_city_without_rules_is_told(client: httpx.AsyncClient, view: Any) -> None:
    view.quiet = True
    page = (await client.get(PLACE)).text
    for words in ("The city has no rules", "Nothing is held back", "Nothing was destroyed"):
        assert words in page
