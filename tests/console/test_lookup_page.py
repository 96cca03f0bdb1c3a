"""One key looked up: the answer as the grant shows it, its number, a denial, a key that nobody can have."""

from __future__ import annotations

from typing import Any

OURS = {"sec-fetch-site": "same-origin"}
KEY = "11010119500101001X"


async def asked(client: Any, status: int = 200, **form: str) -> str:
    given = {"grant": "grant-1", "purpose": "grants of allowance", "key": KEY} | form
    answer = await client.post("/ledger/lookup", data=given, headers=OURS)
    assert answer.status_code == status, answer.text[:500]
    return str(answer.text)


async def test_a_key_is_answered_with_its_number_and_never_written_back(client: Any) -> None:
    page = await asked(client)
    assert "王某" in page and "It is number 7 in the record of uses" in page
    assert "/sharing/requests/r-in_use" in page
    assert KEY not in page, "the key stands in no page"
    assert "This key is not in the library" in await asked(client, key="110101195001010019")


async def test_another_purpose_is_denied_with_its_number_and_a_wrong_key_is_told(client: Any) -> None:
    denied = await asked(client, purpose="curiosity")
    assert "another purpose" in denied and "number 8" in denied
    wrong = await asked(client, 422, key="1101011950")
    assert "1101011950" not in wrong and "grants of allowance" in wrong
    foreign = await client.post("/ledger/lookup", data={}, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403


async def test_who_has_no_grant_is_told_how_to_get_one(client: Any, view: Any) -> None:
    assert "suspended" in (await client.get("/ledger/lookup")).text
    view.quiet = True
    assert "You have no grant with a key" in (await client.get("/ledger/lookup")).text
