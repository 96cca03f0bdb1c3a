"""Every page in three languages, its designed states, its security, and what its buttons do."""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

import httpx
import pytest
from tests.console.addresses import EVERY

from chengshu.console.words import Words, catalogue
from chengshu.kernel.texts import LANGUAGES, Text

PAGES = [
    *EVERY,
    "/vitals?area=north",
    "/vitals/ponding?hours=24",
    "/warnings?state=all",
    "/events?state=past",
    "/orders?scope=all",
    "/rules/flood/severity?try=1&given.areas=%28&version=2&against=1",
    "/journal?before=51",
]
LOOKING_BACK = "as_of=2026-07-21T17:20"


def words_only(html: str) -> str:
    return re.sub(r"<(script|style|code|pre)\b.*?</\1>|<[^>]+>", " ", html, flags=re.S)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_speaks_the_language_and_shows_no_raw_key(
    client: httpx.AsyncClient, language: str
) -> None:
    client.cookies.set("language", language)
    families = "|".join(sorted({key.split(".")[0] for key in catalogue("en")}))
    for page in PAGES:
        answer = await client.get(page)
        assert answer.status_code == 200, (page, answer.text[:300])
        assert f'<html lang="{language}"' in answer.text
        shown = words_only(answer.text)
        assert not re.findall(rf"(?<![\w/#.:]){'(?:' + families + ')'}\.[a-z_]+(?![\w/]|\.)", shown), page
        assert Words(language)("nav.overview") in shown
        assert "{" not in re.sub(r"<code>.*?</code>|<pre.*?</pre>", "", shown) or page == "/sources", page


async def test_pages_hold_no_inline_script_or_style_and_no_outside_address(client: httpx.AsyncClient) -> None:
    for page in PAGES:
        answer = await client.get(page)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'self'") and "unsafe" not in policy
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", answer.text), page
        assert not re.findall(r"<script(?![^>]*\ssrc=)", answer.text), page
        assert not re.findall(r"""(?:src|href|action)="(?:https?:)?//""", answer.text), page


async def test_ids_are_unique_and_headings_start_with_one_h1(client: httpx.AsyncClient) -> None:
    for page in PAGES:
        html = (await client.get(page)).text
        ids = re.findall(r'\sid="([^"]+)"', html)
        assert len(ids) == len(set(ids)), page
        assert len(re.findall(r"<h1\b", html)) == 1, page


async def test_looking_back_shows_the_past_and_stays_there(client: httpx.AsyncClient) -> None:
    now, past = (await client.get("/")).text, (await client.get(f"/?{LOOKING_BACK}")).text
    assert "hero-red" in now and "hero-red" not in past
    assert 'class="overview past"' in past
    inner = [
        link
        for link in re.findall(r'href="(/[^"]*)"', past)
        if link.startswith(("/vitals?", "/warnings/", "/events"))
    ]
    assert inner and all("as_of=2026-07-21T09%3A20%3A00Z" in link for link in inner)
    assert (await client.get("/events/e-1?as_of=2026-07-21T16:00")).status_code == 404
    empty = await client.get("/orders?as_of=2026-07-21T15:41")
    assert Words("en")("order.none") in empty.text


async def test_nothing_can_be_done_in_the_past(client: httpx.AsyncClient, view: Any) -> None:
    page = await client.get(f"/warnings/w-outlook?{LOOKING_BACK}")
    assert "/acknowledge" not in page.text and Words("en")("time.read_only") in page.text
    answer = await client.post(f"/warnings/w-outlook/acknowledge?{LOOKING_BACK}")
    assert answer.status_code == 409
    assert view.acknowledged == {}


async def test_moments_that_are_none_are_refused_with_a_remedy(client: httpx.AsyncClient) -> None:
    answer = await client.get("/?as_of=yesterday")
    assert answer.status_code == 422
    assert "2026-07-21T15:40" in answer.text
    assert (await client.get("/?as_of=2999-01-01T00:00")).text.count("now-mode live") == 1


@pytest.mark.parametrize(
    "address",
    [
        "/?part=figures",
        "/?part=warnings",
        "/?part=events",
        "/?part=areas",
        "/?part=stale",
        "/vitals?part=tree",
        "/vitals/rain_1h?part=body",
        "/warnings?part=list",
        "/warnings/w-rain?part=body",
        "/events?part=list",
        "/events/e-1?part=head",
        "/events/e-1?part=tasks",
        "/events/e-1?part=verification",
        "/events/e-1?part=assignments",
        "/events/e-1?part=review",
        "/events/e-1?part=orders",
        "/events/e-1?part=timeline",
        "/orders?part=list",
        "/orders/o-0?part=body",
        "/sources?part=body",
    ],
)
async def test_a_part_is_the_same_as_within_its_page(client: httpx.AsyncClient, address: str) -> None:
    part = (await client.get(address)).text
    page = (await client.get(address.split("?")[0])).text
    assert "<html" not in part
    assert part.strip() in page


async def test_unknown_parts_and_things_have_a_page_of_their_own(client: httpx.AsyncClient) -> None:
    for address in (
        "/?part=nope",
        "/?part=..%2Fpages%2Faccount",
        "/events/none",
        "/vitals?area=moon",
        "/layers/x.geojson",
        "/vitals/none",
        "/drills/none",
        "/assets/static/../page.py",
        "/assets/nowhere/x.js",
    ):
        answer = await client.get(address)
        assert answer.status_code == 404, address
        assert (
            Words("en")("problem.missing") in answer.text
            or answer.headers["content-type"] == "application/json"
        )


async def test_empty_states_are_words_not_blanks(client: httpx.AsyncClient, view: Any) -> None:
    view.quiet = True
    for page, key in (
        ("/", "warning.none"),
        ("/", "event.none"),
        ("/", "overview.stale_none"),
        ("/warnings", "warning.none"),
        ("/events", "event.none"),
        ("/orders", "order.none"),
        ("/drills", "drill.none"),
        ("/vitals", "vitals.none"),
        ("/sources", "source.none"),
    ):
        assert Words("en")(key) in (await client.get(page)).text, (page, key)


async def test_problems_of_the_hub_stand_on_every_page(client: httpx.AsyncClient, view: Any) -> None:
    view.problems = (Text("History is 12 minutes behind.", "历史数据滞后12分钟。", "歷史數據滯後12分鐘。"),)
    for page in ("/", "/orders", "/account"):
        assert "History is 12 minutes behind." in (await client.get(page)).text


async def test_stale_is_never_dressed_as_fresh(client: httpx.AsyncClient) -> None:
    html = (await client.get("/vitals?part=tree")).text
    row = next(part for part in html.split("<tr") if "Pumps ready" in part)
    assert "not-fresh" in row and "fresh-stale" in row and "fresh-fresh" not in row


async def test_a_hub_that_breaks_shows_a_page_without_its_inner_parts(
    client: httpx.AsyncClient, view: Any
) -> None:
    view.broken = True
    answer = await client.get("/")
    assert answer.status_code == 500 and Words("en")("problem.broken") in answer.text
    assert "the hub has stopped" not in answer.text and "Traceback" not in answer.text


async def test_a_form_without_its_fields_is_a_page_not_a_dump(client: httpx.AsyncClient) -> None:
    answer = await client.post("/preferences", data={"language": "en"})
    assert (
        answer.status_code == 422 and Words("en")("problem.invalid") in answer.text and "theme" in answer.text
    )


# -- doors


async def test_nobody_sees_anything_without_signing_in(guest: httpx.AsyncClient) -> None:
    for page in [*PAGES, "/layers/areas.geojson", "/live"]:
        answer = await guest.get(page)
        assert answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?next="), page
    assert (await guest.get("/api/v1/overview")).status_code == 401
    part = await guest.get("/?part=figures", headers={"HX-Request": "true"})
    assert part.status_code == 204 and part.headers["hx-redirect"].startswith("/sign-in")


async def test_signing_in_leads_back_and_never_outside(guest: httpx.AsyncClient, fake: ModuleType) -> None:
    for asked, led in (
        ("/events", "/events"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil", "/"),
    ):
        answer = await guest.post("/sign-in", data={"login": "lin", "password": fake.PASSWORD, "next": asked})
        assert answer.status_code == 303 and answer.headers["location"] == led
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie


async def test_a_wrong_password_does_not_say_which_was_wrong(guest: httpx.AsyncClient) -> None:
    one = await guest.post("/sign-in", data={"login": "lin", "password": "no"})
    two = await guest.post("/sign-in", data={"login": "nobody", "password": "no"})
    assert one.status_code == two.status_code == 401
    assert one.text.replace("lin", "") == two.text.replace("nobody", "").replace("lin", "")
    assert Words("en")("sign_in.wrong") in one.text


async def test_signing_out_ends_the_session(client: httpx.AsyncClient, view: Any) -> None:
    token = next(iter(view.sessions))
    await client.post("/sign-out")
    assert view.sessions == {}
    answer = await client.get("/", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 303


async def test_the_first_start_makes_one_administrator_with_the_servers_code(
    guest: httpx.AsyncClient, view: Any
) -> None:
    view.ready = False
    assert (await guest.get("/sign-in")).headers["location"] == "/set-up"
    form = {"code": "wrong", "login": "root", "name": "First <b>", "password": "long enough words"}
    refused = await guest.post("/set-up", data=form)
    assert refused.status_code == 403 and "First &lt;b&gt;" in refused.text and not view.ready
    assert (
        await guest.post("/set-up", data=form | {"code": "first-code", "password": "short"})
    ).status_code == 422
    assert (await guest.post("/set-up", data=form | {"code": "first-code"})).status_code == 303
    assert (await guest.get("/")).status_code == 200
    assert (await guest.post("/set-up", data=form | {"code": "first-code"})).status_code == 409


async def test_a_code_in_the_address_is_filled_in_and_a_set_up_hub_needs_one(
    guest: httpx.AsyncClient,
) -> None:
    assert (await guest.get("/set-up")).headers["location"] == "/sign-in"
    page = (await guest.get("/set-up?code=abc%22def")).text
    assert (
        'value="abc&#34;def"' in page and Words("en")("set_up.invited") in page and 'name="login"' not in page
    )


async def test_preferences_hold_for_every_page(guest: httpx.AsyncClient) -> None:
    form = {"language": "zh-Hant", "theme": "dark", "size": "large", "next": "/sign-in"}
    assert (await guest.post("/preferences", data=form)).headers["location"] == "/sign-in"
    html = (await guest.get("/sign-in")).text
    assert '<html lang="zh-Hant" data-theme="dark" data-size="large">' in html
    assert (await guest.post("/preferences", data=form | {"theme": "pink"})).status_code == 422


async def test_a_password_is_changed_only_with_the_old_one(
    client: httpx.AsyncClient, fake: ModuleType
) -> None:
    wrong = await client.post("/account/password", data={"old": "x", "new": "another long secret"})
    assert wrong.status_code == 403 and "present password is wrong" in wrong.text
    good = await client.post("/account/password", data={"old": fake.PASSWORD, "new": "another long secret"})
    assert Words("en")("account.changed") in good.text


# -- buttons


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}])
async def test_other_sites_cannot_press_our_buttons(
    client: httpx.AsyncClient, view: Any, headers: dict[str, str]
) -> None:
    for address in (
        "/warnings/w-depth-0/acknowledge",
        "/orders/o-0/accept",
        "/quarantine/q-1/discard",
        "/sign-out",
    ):
        assert (await client.post(address, headers=headers)).status_code == 403
    assert view.acknowledged == {} and view.order_states == {} and view.fates == {} and view.sessions


async def test_acknowledging_a_warning(client: httpx.AsyncClient, view: Any) -> None:
    assert "/warnings/w-depth-0/acknowledge" in (await client.get("/warnings/w-depth-0")).text
    answer = await client.post(
        "/warnings/w-depth-0/acknowledge", data={"note": " seen "}, headers={"origin": "http://hub.test"}
    )
    assert answer.status_code == 303 and answer.headers["location"] == "/warnings/w-depth-0"
    assert "Acknowledged by Lin Yue" in (await client.get("/warnings/w-depth-0")).text
    again = await client.post("/warnings/w-depth-0/acknowledge")
    assert again.status_code == 409 and Words("en")("problem.conflict") in again.text


async def test_who_may_not_sees_why(guest: httpx.AsyncClient, fake: ModuleType) -> None:
    await guest.post("/sign-in", data={"login": "crew", "password": fake.PASSWORD})
    page = (await guest.get("/warnings/w-depth-0")).text
    assert "Only the duty officer acknowledges warnings." in page and "/acknowledge" not in page
    denied = await guest.get("/sources")
    assert denied.status_code == 403 and "ask the hub&#39;s administrator" in denied.text
    assert "/journal" not in (await guest.get("/")).text


async def test_a_crew_takes_an_order_to_its_end(client: httpx.AsyncClient, view: Any) -> None:
    for verb in ("accept", "arrive", "done"):
        page = (await client.get("/orders/o-0")).text
        assert f'action="/orders/o-0/{verb}"' in page
        assert (await client.post(f"/orders/o-0/{verb}")).status_code == 303
    assert view.order_states == {"o-0": "done"}
    assert (await client.post("/orders/o-0/done")).status_code == 409
    assert (await client.post("/orders/o-0/steal")).status_code == 422


async def test_refusing_needs_a_reason(client: httpx.AsyncClient, view: Any) -> None:
    assert (await client.post("/orders/o-2/refuse", data={"note": "  "})).status_code == 422
    assert (await client.post("/orders/o-2/refuse", data={"note": "pump broken"})).status_code == 303
    assert view.order_states == {"o-2": "refused"}


async def test_a_task_of_the_plan_is_answered(client: httpx.AsyncClient, view: Any) -> None:
    page = (await client.get("/events/e-1")).text
    assert 'action="/events/e-1/tasks/t-1"' in page and 'action="/events/e-1/tasks/t-2"' not in page
    answer = await client.post("/events/e-1/tasks/t-1", data={"closed": "true", "note": "done"})
    assert answer.status_code == 303
    assert view.answers == [("t-1", {"closed": "true", "note": "done"})]


async def test_quarantined_messages_are_retried_or_put_away(client: httpx.AsyncClient, view: Any) -> None:
    page = (await client.get("/sources")).text
    assert "RG6</strong> · Rain gauges" in page and "× 36" in page and "Discard all 12" in page
    assert "{&#34;id&#34;: &#34;RG6&#34;" in page
    answer = await client.post("/quarantine/q-1/retry")
    assert answer.status_code == 303
    told = (await client.get(answer.headers["location"])).text
    assert Words("en")("source.retried", done=9, still=3) in told
    assert view.fates == {"q-1": "retry"}
    assert Words("en")("source.quarantine_none") in (await client.get("/sources")).text


async def test_the_plan_is_served_as_it_is(client: httpx.AsyncClient, root: Any) -> None:
    answer = await client.get("/events/e-1/plan.bpmn")
    assert answer.content == (root / "scenarios/waterlogging/plan.bpmn").read_bytes()


async def test_warnings_are_taken_on_by_level_those_that_were_listed(
    client: httpx.AsyncClient, view: Any
) -> None:
    page = (await client.get("/warnings")).text
    forms = re.findall(r'<form method="post" action="/warnings/acknowledge">(.*?)</form>', page, re.S)
    listed = [re.findall(r'name="warning" value="([^"]+)"', form) for form in forms]
    assert [f"Acknowledge all {len(ids)}" in form for form, ids in zip(forms, listed, strict=True)] == [
        True
    ] * len(forms)
    assert "w-depth-0" in listed[0]  # the reddest first
    answer = await client.post("/warnings/acknowledge", data={"warning": [*listed[0], "w-depth-1"]})
    assert set(view.acknowledged) == set(listed[0])  # w-depth-1 has somebody already
    told = (await client.get(answer.headers["location"])).text
    assert Words("en")("warning.taken_on", n=len(listed[0])) in told
    past = (await client.get("/warnings?as_of=2026-07-21T17:45")).text
    assert "/warnings/acknowledge" not in past
