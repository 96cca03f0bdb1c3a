"""The pages of data sharing: what is offered to whom, what the forms send, what is denied and how."""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

import httpx
import pytest

from chengshu.kernel.texts import Text

from .fake.sharing import ACTS, NUMBER, PURPOSE

SAME_SITE = {"sec-fetch-site": "same-origin"}
ENTRY = "urn:chengshu:resource:hub:stream:gauges"
REVIEW = "/sharing/requests/r-review"


async def post(client: httpx.AsyncClient, path: str, **form: Any) -> httpx.Response:
    return await client.post(path, data=form, headers=SAME_SITE)


async def test_the_desk_says_what_waits_and_how_many_days_are_left(client: httpx.AsyncClient) -> None:
    page = (await client.get("/sharing")).text
    for words in (
        "Waiting for me",
        "2 overdue",
        "15 left",
        "stands still, 6 left",
        "20 working days · extended",
    ):
        assert words in page
    assert page.count("clock-bar") == 5 and 'width="100.0"' in page  # bars, and the words beside each
    assert "is-overdue" in page and "/sharing/record" in page and "/sharing/counter" in page
    assert "before=r-granted" in (await client.get("/sharing?scope=all")).text


async def test_nothing_to_do_is_said(client: httpx.AsyncClient, view: Any) -> None:
    view.quiet = True
    page = (await client.get("/sharing")).text
    assert "Nothing waits for you." in page and "No period runs" in page and "/sharing/counter" not in page
    assert "No grants" in (await client.get("/sharing/grants")).text
    assert "Nobody used shared data" in (await client.get("/sharing/record")).text
    assert (await client.get("/sharing?scope=some")).status_code == 422


async def test_an_entry_offers_the_form_and_the_form_shows_how_fields_would_be_seen(
    client: httpx.AsyncClient,
) -> None:
    assert f"/sharing/ask?resource={ENTRY.replace(':', '%3A')}" in (await client.get(f"/ledger/{ENTRY}")).text
    page = (await client.get("/sharing/ask", params={"resource": ENTRY})).text
    assert "as a token · level 4" in page and "for emergencies" in page
    assert re.search(r'name="recipients" value="water" checked', page)
    assert (await client.get("/sharing/ask?resource=urn:x:none")).status_code == 404


async def test_a_request_is_handed_in_with_everything_that_was_chosen(
    client: httpx.AsyncClient, view: Any
) -> None:
    answer = await post(
        client,
        "/sharing/ask",
        resource=ENTRY,
        department="water",
        fields=["name", "street"],
        recipients=["water", "civil"],
        programs="planner",
        purpose=" evacuate ",
        basis="law",
        duration="P6M",
        manner="api",
        consent="yes",
    )
    assert answer.status_code == 303 and answer.headers["location"] == REVIEW
    (given,) = view.asked
    assert (given.fields, given.recipients, given.programs) == (
        ("name", "street"),
        ("water", "civil"),
        "planner",
    )
    assert (given.purpose, given.duration, given.manner, given.consent) == ("evacuate", "P6M", "api", True)


async def test_a_wrong_form_comes_back_filled_in_with_what_is_wrong_in_the_language(
    client: httpx.AsyncClient, view: Any
) -> None:
    client.cookies.set("language", "zh-Hant")
    answer = await post(
        client,
        "/sharing/ask",
        resource=ENTRY,
        department="water",
        fields="street",
        purpose="疏散",
        duration="long",
    )
    assert answer.status_code == 422 and "使用期限請寫作 P30D。" in answer.text
    assert "疏散</textarea>" in answer.text
    assert re.search(r'value="street" checked', answer.text) and not re.search(
        r'value="name" checked', answer.text
    )
    again = await post(client, "/sharing/ask", resource=ENTRY, department="water", purpose=PURPOSE)
    assert again.status_code == 409 and "/sharing/grants/grant-1" in again.text
    assert view.asked == []


async def test_who_may_not_ask_sees_why(guest: httpx.AsyncClient, fake: ModuleType) -> None:
    await guest.post("/sign-in", data={"login": "crew", "password": fake.PASSWORD})
    page = (await guest.get("/sharing/ask", params={"resource": ENTRY})).text
    assert "Operators ask." in page and "<textarea" not in page
    for path in ("/sharing/record", "/sharing/counter", REVIEW):
        answer = await guest.get(path)
        assert answer.status_code == 403 and "<h1>" in answer.text
    assert "It is suspended." in (await guest.get("/sharing/grants/grant-1")).text


@pytest.mark.parametrize("request_id", ACTS)
async def test_a_request_offers_what_may_be_done_and_nothing_else(
    client: httpx.AsyncClient, request_id: str
) -> None:
    page = (await client.get(f"/sharing/requests/{request_id}")).text
    offered = set(re.findall(rf'action="/sharing/requests/{request_id}/(\w+)"', page))
    assert offered == set(ACTS[request_id]) - {"complete"}
    assert ("completes=" in page) == ("complete" in ACTS[request_id])
    for act in ACTS[request_id]:
        assert f"{act} follows" in page


async def test_looking_back_a_request_has_its_past_and_no_buttons(
    client: httpx.AsyncClient, view: Any
) -> None:
    page = (await client.get(f"{REVIEW}?as_of=2026-07-20T12:00")).text
    assert 'method="post" action="/sharing/requests/' not in page and "You are looking at the past" in page
    answer = await post(client, f"{REVIEW}/withdraw?as_of=2026-07-20T12:00")
    assert answer.status_code == 409 and view.done == []
    assert "show the present" in (await client.get("/sharing?as_of=2026-07-20T12:00")).text


async def test_a_decision_sends_treatments_reason_and_limits(client: httpx.AsyncClient, view: Any) -> None:
    form = {"treat.name": "mask", "treat.id_number": "withhold", "reason": "needed", "rows_per_use": "50"}
    answer = await post(client, f"{REVIEW}/grant", **form)
    assert answer.status_code == 303 and view.done == [("r-review", "grant", form)]


async def test_a_refusal_without_a_law_keeps_what_was_typed_and_opens_the_form_again(
    client: httpx.AsyncClient, view: Any
) -> None:
    answer = await post(client, f"{REVIEW}/refuse", reason="the plan is <void>", law="")
    assert answer.status_code == 422 and "the plan is &lt;void&gt;</textarea>" in answer.text
    assert re.search(r'<details class="act" open><summary class="button">Refuse', answer.text)
    assert 'role="alert"' in answer.text and view.done == []


async def test_what_is_not_possible_any_more_and_what_never_was(client: httpx.AsyncClient, view: Any) -> None:
    gone = await post(client, f"{REVIEW}/supply", place="here")
    assert gone.status_code == 409 and "That is no longer possible." in gone.text
    assert (await post(client, f"{REVIEW}/burn")).status_code == 422
    assert (await post(client, "/sharing/requests/r-none/grant", reason="because")).status_code in (404, 409)
    foreign = await client.post(
        f"{REVIEW}/withdraw", headers={"sec-fetch-site": "cross-site", "origin": "https://evil.test"}
    )
    assert foreign.status_code == 403 and view.done == []


async def test_rows_are_shown_as_they_may_be_seen_with_what_was_unusual(client: httpx.AsyncClient) -> None:
    page = (await client.get("/sharing/grants/grant-1")).text
    assert f"{PURPOSE}</textarea>" in page and "It goes on record with your name" in page
    answer = await post(client, "/sharing/grants/grant-1/rows", purpose=PURPOSE, fields="name", limit="3")
    assert answer.status_code == 200 and answer.text.count("<td>王**</td>") == 3
    assert "Use 7" in answer.text and "there are more" in answer.text and "at night" in answer.text
    none = await post(client, "/sharing/grants/grant-1/rows", purpose=PURPOSE, filter="none")
    assert "No row fits" in none.text
    assert (
        await post(client, "/sharing/grants/grant-1/rows", purpose=PURPOSE, limit="-1")
    ).status_code == 422


async def test_a_denied_use_says_why_and_that_it_is_on_record(client: httpx.AsyncClient) -> None:
    for kind, grant in (("rows", "grant-1"), ("file", "grant-file")):
        answer = await post(client, f"/sharing/grants/{grant}/{kind}", purpose="advertising")
        assert answer.status_code == 403 and "not the purpose" in answer.text
        assert "advertising</textarea>" in answer.text


async def test_a_file_is_taken_and_says_whose_it_is(client: httpx.AsyncClient) -> None:
    assert "The file is marked as yours." in (await client.get("/sharing/grants/grant-file")).text
    answer = await post(client, "/sharing/grants/grant-file/file", purpose=PURPOSE)
    assert answer.headers["content-type"].startswith("text/csv")
    assert "grant-file-7.csv" in answer.headers["content-disposition"]
    assert answer.headers["x-chengshu-mark"] == "digits:allowance"
    assert answer.headers["cache-control"] == "no-store" and answer.text.startswith("name,street\n")


async def test_the_record_says_whether_it_is_whole_and_what_waits(client: httpx.AsyncClient) -> None:
    page = (await client.get("/sharing/record?since=2026-07-01&until=2026-07-20")).text
    for words in ("The record is whole.", "another purpose", "1 proven gone", "The newest 3 are shown."):
        assert words in page
    broken = (await client.get("/sharing/record?since=2019-01-01")).text
    assert "changed after it was sealed" in broken and "verdict broken" in broken
    assert (await client.get("/sharing/record?since=yesterday")).status_code == 422


async def test_a_resident_is_told_in_plain_words(client: httpx.AsyncClient) -> None:
    answer = await post(client, "/sharing/counter", number=NUMBER, seen="yes")
    for words in ("2 times", "From &#34;People who need help&#34; they had:", "your consent", "Take it back"):
        assert words in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert 'action="/sharing/counter/consent"' in answer.text
    links = " ".join(re.findall(r'(?:href|action|hx-get)="([^"]*)"', answer.text))
    assert NUMBER not in links  # never in an address
    nobody = await post(client, "/sharing/counter", number="110101199001011245", seen="yes")
    assert "Nobody had data about this person." in nobody.text


async def test_nobody_is_told_before_the_card_was_seen(client: httpx.AsyncClient, view: Any) -> None:
    answer = await post(client, "/sharing/counter", number=NUMBER)
    assert answer.status_code == 422 and "tick the box" in answer.text and NUMBER not in answer.text
    assert view.looked_up == 0
    assert (await post(client, "/sharing/counter", number="12", seen="yes")).status_code == 422


async def test_consent_is_taken_back_and_given_again(client: httpx.AsyncClient, view: Any) -> None:
    form = {"number": NUMBER, "seen": "yes", "resource": ENTRY}
    taken = await post(client, "/sharing/counter/consent", give="no", **form)
    assert view.withdrawn and "holds from the next use on" in taken.text and "Give it again" in taken.text
    await post(client, "/sharing/counter/consent", give="yes", **form)
    assert not view.withdrawn


async def test_a_code_from_the_counter_opens_the_record_at_home(
    client: httpx.AsyncClient, guest: httpx.AsyncClient, view: Any
) -> None:
    slip = await post(client, "/sharing/counter/code", number=NUMBER, seen="yes", give="yes")
    assert view.code in slip.text and "/my-data" in slip.text and "shown once" in slip.text
    door = await guest.get("/my-data")
    assert door.status_code == 200 and view.code not in door.text
    told = await post(guest, "/my-data", code=view.code)
    assert "2 times" in told.text and "your consent" in told.text
    assert told.headers["cache-control"] == "no-store"
    links = " ".join(re.findall(r'(?:href|action|hx-get)="([^"]*)"', told.text))
    assert view.code not in links  # never in an address
    await post(guest, "/my-data/consent", code=view.code, resource=ENTRY, give="no")
    assert view.withdrawn
    await post(client, "/sharing/counter/code", number=NUMBER, seen="yes", give="no")
    wrong = await post(guest, "/my-data", code="ABCD-EFGH-JKLM-NPQR-STUV")
    assert wrong.status_code == 401 and "does not hold" in wrong.text
    foreign = await guest.post("/my-data", data={"code": "x"}, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403


async def test_too_many_questions_are_refused(client: httpx.AsyncClient) -> None:
    codes = [
        (await post(client, "/sharing/counter", number=NUMBER, seen="yes")).status_code for _ in range(6)
    ]
    assert codes == [200] * 5 + [429]


@pytest.mark.parametrize(
    ("address", "page"),
    [
        (f"{REVIEW}/grant", REVIEW),
        ("/sharing/grants/grant-1/rows", "/sharing/grants/grant-1"),
        ("/sharing/grants/grant-file/file", "/sharing/grants/grant-file"),
        ("/sharing/counter/consent", "/sharing/counter"),
    ],
)
async def test_the_address_of_a_forms_answer_leads_to_its_page(
    client: httpx.AsyncClient, address: str, page: str
) -> None:
    answer = await client.get(address)
    assert answer.status_code == 303 and answer.headers["location"] == page
    assert (await client.get(f"{REVIEW}/burn")).status_code == 422


async def test_a_misuse_event_leads_to_its_request(client: httpx.AsyncClient, view: Any) -> None:
    assert "/sharing/requests/" not in (await client.get("/events/e-1")).text
    view.matter = ("/sharing/requests/r-suspended", Text.of("decide there"))
    page = (await client.get("/events/e-1")).text
    assert 'href="/sharing/requests/r-suspended"' in page


async def test_what_the_source_of_the_data_asks_is_shown_and_asked_for(client: httpx.AsyncClient) -> None:
    page = (await client.get(REVIEW)).text
    assert "data of firms" in page and "source.enterprise" in page and 'name="agreement"' in page
    form = (await client.get("/sharing/ask", params={"resource": ENTRY})).text
    assert "The provider decides, even where" in form
