"""Datasets: everything said of one in words, and labelling a unit at a time with the way back."""

from __future__ import annotations

from typing import Any

import httpx

from .fake.datasets import REPORTS

PLACE = f"/ledger/datasets/{REPORTS}"
LABEL = f"/ledger/labelling?entry={REPORTS}&labels=street"


def said(place: int, value: str, **more: str) -> dict[str, str]:
    return {"entry": REPORTS, "labels": "street", "place": str(place), "value": value} | more


async def test_a_dataset_says_what_its_figures_mean(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/ledger/datasets")).text
    assert PLACE.split("/")[-1].replace(":", "%3A") in listed and "1 unit waits for a third person" in listed
    page = (await client.get(PLACE)).text
    for words in (
        *("do not rely on these labels", "0.31 – 0.66", "no more than by chance", "They differ on 4 units"),
        *("2 rows are equal in two parts", "must be answered before it leaves", "1 of 3 units judged by 2"),
        *("university", "Begin labelling by hand", "97%", "Unit 2: noise / water"),
    ):
        assert words in page, words
    older = (await client.get(f"{PLACE}?version=1")).text
    assert "This is an earlier version" in older and "destroyed" in older
    got = await client.get(f"/ledger/datasets/croissant?entry={REPORTS}&version=2")
    assert got.json() == {"@type": "sc:Dataset"} and "croissant.json" in got.headers["content-disposition"]
    assert (await client.get("/ledger/datasets/urn:none")).status_code == 404


async def test_a_unit_is_said_skipped_and_gone_back_to(client: httpx.AsyncClient, view: Any) -> None:
    page = (await client.get(LABEL)).text
    assert "the road is under water" in page and "1 / 3" in page and "3 waiting for you" in page
    assert "coarser" in page or "generalise" in page.lower()
    assert "at=2" in page and 'data-key="skip"' in page and 'data-key="back"' not in page
    answer = await client.post("/ledger/labelling/say", data=said(1, "water"))
    assert answer.status_code == 303 and answer.headers["location"].endswith("labels=street&after=1")
    page = (await client.get(answer.headers["location"])).text
    assert "2 / 3" in page and 'data-key="back"' in page
    back = (await client.get(f"{LABEL}&at=1")).text
    assert 'value="water" required checked autofocus' in back
    await client.post("/ledger/labelling/say", data=said(1, "noise"))
    assert view.labels_said == {1: "noise"}


async def test_who_was_slower_sees_why_and_goes_on(client: httpx.AsyncClient, view: Any) -> None:
    late = await client.post("/ledger/labelling/say", data=said(3, "light"))
    assert late.status_code == 409 and "judged by enough people" in late.text and "1 / 3" in late.text
    nothing = await client.post("/ledger/labelling/say", data=said(1, ""))
    assert nothing.status_code == 422 and view.labels_said == {}


async def test_a_third_person_sees_what_is_said_and_settles(client: httpx.AsyncClient, view: Any) -> None:
    page = (await client.get(f"{LABEL}&settle=yes")).text
    assert ("Two people say:" in page and "your word is final" in page) or "look at the street" in page
    await client.post("/ledger/labelling/say", data=said(2, "water", settle="yes"))
    assert view.settled == {2: "water"}
    assert "Nobody differs" in (await client.get(f"{LABEL}&settle=yes")).text


async def test_labelling_is_begun_and_kept_from_the_page(client: httpx.AsyncClient, view: Any) -> None:
    form = {"entry": REPORTS, "name": "kind2", "unit": "report", "values": "a，b, c", "scale": "nominal"}
    answer = await client.post("/ledger/labelling/begin", data=form | {"columns": ["text", "street"]})
    assert answer.status_code == 303 and "labels=kind2" in answer.headers["location"]
    assert view.begun[0].values == ("a", "b", "c") and view.begun[0].columns == ("text", "street")
    refused = await client.post("/ledger/labelling/begin", data=form | {"name": "street"})
    assert refused.status_code == 409 and "is being labelled already" in refused.text
    kept = {"entry": REPORTS, "labels": "street", "note": "round one", "end": "yes"}
    assert (await client.post("/ledger/labelling/keep", data=kept)).status_code == 303
    assert view.kept == [("street", "round one", True)]
    assert (await client.post("/ledger/labelling/keep", data=kept | {"note": "nothing"})).status_code == 409


async def test_the_past_and_who_may_not_see_no_rows_and_say_nothing(
    client: httpx.AsyncClient, guest: httpx.AsyncClient, fake: Any, view: Any
) -> None:
    past = await client.post("/ledger/labelling/say?as_of=2026-07-21T17:00", data=said(1, "water"))
    assert past.status_code == 409
    await guest.post("/sign-in", data={"login": "crew", "password": fake.PASSWORD})
    page = (await guest.get(LABEL)).text
    assert "operators label these" in page and "under water" not in page
    assert (await guest.post("/ledger/labelling/say", data=said(1, "water"))).status_code == 403
    assert view.labels_said == {}


async def test_empty_pages_are_designed(client: httpx.AsyncClient, view: Any) -> None:
    view.quiet = True
    assert "No dataset yet" in (await client.get("/ledger/datasets")).text
    page = (await client.get(PLACE)).text
    assert "No labels" in page and "Not split" in page and "It has not left" in page
    assert "Nothing waits for you" in (await client.get(LABEL)).text
