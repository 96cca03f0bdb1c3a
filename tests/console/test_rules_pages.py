"""The pages of rules: what is offered to whom, what the buttons and the grid send, and what comes back."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import httpx

SAME_SITE = {"sec-fetch-site": "same-origin"}
CHANGE = "/rules/changes/c-1"


async def test_the_list_says_version_people_cases_and_findings(client: httpx.AsyncClient) -> None:
    page = (await client.get("/rules")).text
    for text in (
        "Version 1",
        "Lin Yue 林玥",
        "approved by Song Yan 宋岩",
        "4/5",
        "As installed",
        "1 open draft",
    ):
        assert text in page
    assert "/rules/flood/severity?table=severity" in page


async def test_nothing_installed_is_said(client: httpx.AsyncClient, view: Any) -> None:
    view.quiet = True
    assert "No rules" in (await client.get("/rules")).text


async def test_the_grid_has_the_roles_that_screen_readers_need(client: httpx.AsyncClient) -> None:
    page = (await client.get("/rules/flood/severity")).text
    assert 'role="grid"' in page and 'aria-readonly="true"' in page
    assert page.count('role="gridcell"') == 12 and page.count('tabindex="0"') >= 1
    assert len(re.findall(r'role="gridcell" tabindex="0"', page)) == 1  # one stop for the Tab key
    assert "data-edit=" not in page


async def test_inputs_are_tried_and_marked(client: httpx.AsyncClient) -> None:
    page = (await client.get("/rules/flood/severity?try=1&given.highest+rank=4&given.areas=1")).text
    assert "rule 1 gives red" in page and "is-matched" in page and "cell-near" in page
    assert "<option selected>4</option>" in page and 'value="1"' in page
    broken = (await client.get("/rules/flood/severity?given.areas=(")).text
    assert 'aria-invalid="true"' in broken and "at character 1" in broken


async def test_looking_back_offers_no_draft_and_refuses_one(client: httpx.AsyncClient) -> None:
    page = (await client.get("/rules/flood/severity?as_of=2026-07-21T17:20")).text
    assert "Write a draft" not in page and "/rules/changes/" not in page
    answer = await client.post("/rules/flood/severity/draft?as_of=2026-07-21T17:20", headers=SAME_SITE)
    assert answer.status_code == 409


async def test_a_draft_is_begun_edited_signed(client: httpx.AsyncClient, view: Any) -> None:
    answer = await client.post("/rules/flood/severity/draft", data={"table": "severity"}, headers=SAME_SITE)
    assert answer.status_code == 303 and answer.headers["location"] == f"{CHANGE}?table=severity"
    cell = {"table": "severity", "kind": "set", "rule": "2", "part": "output", "column": "1"}
    part = await client.post(
        f"{CHANGE}/edit",
        data={**cell, "text": '"red"', "revision": "1", "given.areas": "4"},
        headers=SAME_SITE | {"x-island": "grid"},
    )
    assert part.status_code == 200 and "<html" not in part.text
    assert "cell-changed" in part.text and 'data-revision="2"' in part.text and "is-matched" in part.text
    signed = await client.post(
        f"{CHANGE}/sign", data={"hash": "ab" * 32, "note": "why", "seen": "yes"}, headers=SAME_SITE
    )
    assert signed.status_code == 303 and view.state == "signed"
    page = (await client.get(CHANGE)).text
    assert "a second person must" in page and f"{CHANGE}/publish" not in page


async def test_a_faulty_edit_is_told_in_the_language_and_keeps_nothing(
    client: httpx.AsyncClient, view: Any
) -> None:
    client.cookies.set("language", "zh-Hans")
    cell = {"table": "severity", "kind": "set", "rule": "1", "part": "input", "column": "1", "text": "("}
    answer = await client.post(
        f"{CHANGE}/edit", data={**cell, "revision": "1"}, headers=SAME_SITE | {"x-island": "grid"}
    )
    assert answer.status_code == 422 and answer.json() == {"message": "未闭合"}
    stale = await client.post(
        f"{CHANGE}/edit",
        data={**cell, "text": "1", "revision": "7"},
        headers=SAME_SITE | {"x-island": "grid"},
    )
    assert stale.status_code == 409 and "另一窗口" in stale.json()["message"]
    assert view.texts[0][0] == "> 3"
    checked = await client.post(f"{CHANGE}/check", data=cell, headers=SAME_SITE)
    assert checked.json() == {"ok": False, "message": "第 1 个字符处未闭合。", "position": 0}


async def test_a_form_without_script_edits_too(client: httpx.AsyncClient, view: Any) -> None:
    cell = {"table": "severity", "kind": "set", "rule": "1", "part": "input", "column": "1", "text": "4"}
    answer = await client.post(f"{CHANGE}/edit", data={**cell, "revision": "1"}, headers=SAME_SITE)
    assert answer.status_code == 303 and view.texts[0][0] == "4"
    wrong = await client.post(f"{CHANGE}/edit", data={**cell, "kind": "burn"}, headers=SAME_SITE)
    assert wrong.status_code == 422


async def test_another_person_publishes_from_a_local_moment(
    guest: httpx.AsyncClient, view: Any, fake: ModuleType
) -> None:
    await guest.post("/sign-in", data={"login": "crew", "password": fake.PASSWORD})
    view.state, view.note = "signed", "why"
    assert f"{CHANGE}/publish" in (await guest.get(CHANGE)).text
    sent = {"hash": "ab" * 32, "valid_from": "2026-07-25T08:00", "back": "/rules/flood/severity"}
    answer = await guest.post(f"{CHANGE}/publish", data=sent, headers=SAME_SITE)
    assert answer.status_code == 303 and answer.headers["location"] == "/rules/flood/severity"
    assert view.from_ == datetime(2026, 7, 25, tzinfo=UTC)  # eight o'clock in Shanghai
    for moment, code in (("tomorrow", 422), ("", 303)):
        again = await guest.post(f"{CHANGE}/publish", data={**sent, "valid_from": moment}, headers=SAME_SITE)
        assert again.status_code == code
    outside = await guest.post(
        f"{CHANGE}/withdraw", data={"note": "no", "back": "//evil.example/rules/"}, headers=SAME_SITE
    )
    assert outside.headers["location"] == "/rules"


async def test_other_sites_press_no_buttons(client: httpx.AsyncClient, view: Any) -> None:
    for verb in ("sign", "publish", "withdraw", "edit", "check"):
        answer = await client.post(
            f"{CHANGE}/{verb}", data={"note": "x"}, headers={"sec-fetch-site": "cross-site"}
        )
        assert answer.status_code == 403, verb
    assert view.state == "draft"


async def test_what_does_not_exist_is_said(client: httpx.AsyncClient) -> None:
    for address in ("/rules/flood/none", "/rules/changes/none"):
        assert (await client.get(address)).status_code == 404


async def test_what_it_is_decided_from_is_drawn_and_told_in_a_table(client: httpx.AsyncClient) -> None:
    page = (await client.get("/rules/flood/severity")).text
    drawn = page.split('class="lineage requirements"')[1].split("</figure>")[0]
    assert drawn.count("<rect") == 4 and drawn.count('class="step"') == 3
    assert 'role="img" aria-label="Picture of 4 parts' in drawn
    told = page.split("</figure>")[1].split("</table>")[0]
    rows = [re.sub(r"<[^>]+>", "|", row) for row in told.split("<tr>")[2:]]
    assert ["highest rank, other" in row for row in rows] == [True, False, False, False]
    assert '<a href="/rules/flood/severity?table=other">other</a>' in told


async def test_every_version_and_a_draft_can_be_taken_along_as_a_file(client: httpx.AsyncClient) -> None:
    page = (await client.get("/rules/flood/severity?version=1")).text
    (link,) = re.findall(r'href="(/rules/flood/severity/file[^"]*)"', page)
    for address, name in ((link, "severity-1.dmn"), (f"{CHANGE}/file", "severity-draft.dmn")):
        answer = await client.get(address)
        assert answer.content == b"<definitions/>"
        assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''{name}"
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_past_decision_becomes_a_case_and_is_one_no_more(
    client: httpx.AsyncClient, view: Any
) -> None:
    address = "/rules/flood/severity"
    assert "Keep as a case" not in (await client.get(address)).text  # the journal is searched when asked
    page = (await client.get(f"{address}?past=1")).text
    assert 'name="keep" value="7.severity"' in page and "areas = <code>4</code>" in page
    for sent, cases in (({"keep": "7.severity"}, ["7.severity"]), ({"drop": "7.severity"}, [])):
        answer = await client.post(f"{address}/cases", data={"table": "severity", **sent}, headers=SAME_SITE)
        assert answer.headers["location"] == f"{address}?table=severity&past=1#past"
        assert view.cases == cases
        page = (await client.get(f"{address}?past=1")).text
        assert ("a past decision, kept by Lin Yue" in page) is bool(cases)
        assert ('name="keep"' in page) is not bool(cases)
    wrong = await client.post(f"{address}/cases", data={"keep": "8.x"}, headers=SAME_SITE)
    assert wrong.status_code == 404


async def test_a_table_is_begun_from_nothing(client: httpx.AsyncClient, view: Any) -> None:
    page = (await client.get("/rules")).text
    assert 'action="/rules/new"' in page and '<option value="flood">' in page
    sent = {"scenario": "flood", "name": "pumps", "inputs": "depth: number", "outputs": "on: boolean"}
    answer = await client.post("/rules/new", data=sent, headers=SAME_SITE)
    assert answer.headers["location"] == CHANGE
    assert view.begun == tuple(sent.values())
    client.cookies.set("language", "zh-Hant")
    wrong = await client.post("/rules/new", data=sent | {"name": "severity"}, headers=SAME_SITE)
    assert wrong.status_code == 409 and "已有規則 rules/severity.dmn" in wrong.text
    assert 'value="severity"' in wrong.text and ">depth: number</textarea>" in wrong.text
