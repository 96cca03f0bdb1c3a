"""The page of people, programs and keys: what it shows, what its buttons send, what is shown once."""

from __future__ import annotations

from typing import Any

import httpx

SAME_SITE = {"sec-fetch-site": "same-origin"}


async def test_everybody_is_listed_with_role_place_and_state(client: httpx.AsyncClient) -> None:
    page = (await client.get("/access")).text
    for text in (
        "Wu Di",
        "has set no password yet",
        "closed",
        "Pump truck 3",
        "grafana",
        "default",
        "Rain gauges",
    ):
        assert text in page
    assert "valid keys: 2" in page and "POST /ingest/gauges" in page


async def test_who_may_not_change_sees_why_and_no_button(client: httpx.AsyncClient, view: Any) -> None:
    view.allowed = False
    page = (await client.get("/access")).text
    assert "Administrators manage accounts." in page and "/access/person.add" not in page
    answer = await client.post("/access/person.add", data={"login": "x"}, headers=SAME_SITE)
    assert answer.status_code == 403 and view.answers == []


async def test_a_person_is_added_and_the_link_shown_once(client: httpx.AsyncClient, view: Any) -> None:
    given = {
        "login": " wu ",
        "name": "Wu Di",
        "role": "crew",
        "department": "water",
        "area": "",
        "unit": "urn:truck:3",
    }
    answer = await client.post("/access/person.add", data=given, headers=SAME_SITE)
    assert answer.status_code == 200 and "http://hub.test/set-up?code=s3cret" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert view.answers == [("person.add", {**given, "login": "wu", "rights": ""})]
    assert "s3cret" not in (await client.get("/access")).text


async def test_what_was_typed_stays_when_it_is_refused(client: httpx.AsyncClient) -> None:
    given = {"login": "lin", "name": "Another Lin", "role": "administrator", "department": "water"}
    answer = await client.post("/access/person.add", data=given, headers=SAME_SITE)
    assert answer.status_code == 422 and 'role="alert"' in answer.text and "take another" in answer.text
    assert 'value="Another Lin"' in answer.text and '<option value="administrator" selected>' in answer.text


async def test_programs_get_their_rights_and_tokens(client: httpx.AsyncClient, view: Any) -> None:
    given = {"program": "iot", "rights": ["read", "write"], "tenants": "", "days": "30"}
    answer = await client.post("/access/program.add", data=given, headers=SAME_SITE)
    assert "Token of the program" in answer.text and "s3cret" in answer.text
    assert view.answers[0][1]["rights"] == "read,write"


async def test_the_other_buttons_lead_back(client: httpx.AsyncClient, view: Any) -> None:
    for act, given in (
        ("person.grant", {"account": "p-crew", "role": "crew"}),
        ("person.ungrant", {"account": "p-crew", "grant": "crew:*:*"}),
        ("person.disable", {"account": "p-crew"}),
        ("person.enable", {"account": "p-gone"}),
        ("program.revoke", {"program": "iot"}),
        ("key.revoke", {"source": "gauges"}),
    ):
        answer = await client.post(f"/access/{act}", data=given, headers=SAME_SITE)
        assert (answer.status_code, answer.headers["location"]) == (303, "/access")
    assert len(view.answers) == 6


async def test_unknown_acts_other_sites_and_the_past_are_refused(
    client: httpx.AsyncClient, view: Any
) -> None:
    assert (await client.post("/access/person.delete", headers=SAME_SITE)).status_code == 422
    foreign = await client.post(
        "/access/key.add", data={"source": "gauges"}, headers={"sec-fetch-site": "cross-site"}
    )
    past = await client.post(
        "/access/key.add?as_of=2026-07-21T17:20", data={"source": "g"}, headers=SAME_SITE
    )
    assert (foreign.status_code, past.status_code, view.answers) == (403, 409, [])


async def test_nothing_yet_is_said(client: httpx.AsyncClient, view: Any) -> None:
    view.bare = True
    page = (await client.get("/access")).text
    assert "No program has a token" in page and "No source pushes" in page
