"""A request's whole life in a real browser, over a real hub: five people, each at their own desk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.app.sharing_office import ENTRY, NUMBER, PASSWORD, PEOPLE, PURPOSE, Office
from tests.waiting import PATIENCE_S, until

from chengshu.foundation.access import Grant
from chengshu.scenes.response import EventState

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[Office]:
    made = Office(tmp_path_factory.mktemp("office"), root / "scenarios")
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import Error, sync_playwright

    path = os.environ.get("CHENGSHU_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        except Error as error:
            pytest.skip(
                f"needs a Chromium browser (run `make browser`, or set CHENGSHU_CHROMIUM): {error.message}"
            )
        yield browser
        browser.close()


class Desk:
    """One person's browser window."""

    def __init__(self, chromium: Any, office: Office, login: str) -> None:
        self.base = f"http://127.0.0.1:{office.port}"
        self.context = chromium.new_context(base_url=self.base, reduced_motion="reduce", locale="en")
        self.context.set_default_timeout(PATIENCE_S * 1000)
        self.page = self.context.new_page()
        self.asked: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto("/sign-in")
        self.page.locator("[name=login]").fill(login)
        self.page.locator("[name=password]").fill(PASSWORD)
        self.page.locator("form[action='/sign-in'] button").click()
        self.page.wait_for_url("**/")

    def go(self, address: str) -> Any:
        """The page at an address."""
        self.page.goto(address)
        return self.page

    def act(self, act: str, **typed: str) -> str:
        """Open an act's form on the request's page, fill it in, send it; the state then shown."""
        form = self.page.locator(f"form[action$='/{act}']")
        form.locator("xpath=..").locator("> summary").click()
        for name, text in typed.items():
            field = form.locator(f"[name='{name.replace('__', '.')}']")
            if field.evaluate("(node) => node.tagName") == "SELECT":
                field.select_option(text)
            else:
                field.fill(text)
        with self.page.expect_navigation():
            form.locator("button").last.click()
        return self.state()

    def state(self) -> str:
        """The state of the request on the page."""
        return str(self.page.locator("main .quick .tag").first.inner_text())

    def reads(self, text: str) -> bool:
        """Whether the page says so."""
        return text in self.page.locator("main").inner_text()


def test_from_the_first_question_to_the_auditors_record(chromium: Any, office: Office) -> None:
    wang, li, chen, song, zheng = (Desk(chromium, office, login) for login in PEOPLE)
    request = asked_for(wang)
    refused_and_objected(request, wang, li)
    granted_with_masked_fields(request, chen, li)
    used_and_misused(wang)
    assert wang.go(request) and wang.state() == "Suspended"
    seen_at_the_duty_desk(request, song)
    zheng.go("/sharing/record")
    assert zheng.reads("The record is whole.") and zheng.reads(PURPOSE)
    outcomes = zheng.page.locator(".record-figures .figure-value").all_inner_texts()
    assert outcomes == ["1", "1", "1", "10"]  # answered, denied, blocked; rows that left
    chen.go(request)
    assert chen.act("revoke", reason="it was used for everybody at once") == "Revoked"
    until(lambda: [event.state for event in office.hub.response.queries.events()] == [EventState.CLOSED])
    told_to_the_resident(chen)
    wang.go(request)
    proof = {"how": "the copy was wiped", "witness": "Zhao", "digest": "ab" * 32}
    assert wang.act("destroyed", **proof) == "Revoked" and wang.reads("Destruction proven")


def asked_for(wang: Desk) -> str:
    """From the ledger's entry to a complete request; its address."""
    page = wang.go(f"/ledger/{ENTRY}")
    page.get_by_role("link", name="Ask for these data").click()
    for name in ("id_number", "name", "mobile", "street"):
        page.locator(f"input[name=fields][value={name}]").check()
    page.locator("[name=purpose]").fill(PURPOSE)
    page.locator("[name=duration]").select_option("P30D")
    page.get_by_role("button", name="Hand it in").click()
    page.wait_for_url("**/sharing/requests/**")
    request = str(page.url.removeprefix(wang.base))
    assert wang.state() == "Incomplete" and wang.reads("The law or duty:")  # told at once
    page.get_by_role("link", name="Hand in what is missing").click()
    assert page.locator("[name=purpose]").input_value() == PURPOSE  # nothing is typed twice
    page.locator("[name=basis]").fill("突發事件應對法 52")
    page.get_by_role("button", name="Hand it in complete").click()
    page.wait_for_url(f"**{request}")
    assert wang.state() == "Under review" and wang.reads("10 working days")
    assert page.locator("form[action$='/grant']").count() == 0  # nobody decides on their own
    return request


def refused_and_objected(request: str, wang: Desk, li: Desk) -> None:
    """The provider refuses with a reason and a law; the applicant objects."""
    assert li.go("/sharing").get_by_text("People who need help").count()
    li.go(request)
    assert li.act("refuse", reason="the storm plan is void", law="條例 20") == "Refused"
    wang.go(request)
    assert wang.reads("the storm plan is void") and wang.reads("條例 20")
    assert wang.act("object", reason="the plan was renewed in May") == "Objection"


def granted_with_masked_fields(request: str, chen: Desk, li: Desk) -> None:
    """The bureau upholds the objection, without identity numbers; the provider supplies."""
    li.go(request)
    assert li.page.locator("form[action$='/uphold']").count() == 0
    chen.go(request)
    assert chen.reads("the plan was renewed in May")
    assert chen.act("uphold", reason="it is in force", treat__id_number="withhold") == "Granted"
    li.go(request)
    assert li.act("supply") == "Supplied"


def used_and_misused(wang: Desk) -> None:
    """Rows of one street, masked; another purpose is denied; everything at once is blocked."""
    page = wang.go("/sharing/grants")
    page.locator("main .row a").first.click()
    page.locator("[name=filter]").fill('street = "Harbour Road"')
    page.get_by_role("button", name="Show rows").click()
    page.wait_for_url("**/rows")
    assert page.locator(".rows-shown tbody tr").count() == 10
    shown = page.locator(".rows-shown").inner_text()
    assert "id_number" not in shown and "13800000" not in shown and "Harbour Road" in shown
    grant = page.url.removesuffix("/rows")
    for purpose, answer in (
        ("a leaflet campaign", "is not the purpose it was granted for"),
        (PURPOSE, "This use is denied."),
    ):
        page.goto(grant)
        page.locator("[name=purpose]").fill(purpose)
        page.get_by_role("button", name="Show rows").click()
        until(lambda answer=answer: wang.reads(answer))  # type: ignore[misc]
        assert wang.reads("The attempt is on record.")
        assert page.locator(".rows-shown").count() == 0


def seen_at_the_duty_desk(request: str, song: Desk) -> None:
    """An event with its reason leads the officer to where it is decided."""
    title = "Misuse of shared data: People who need help"
    until(lambda: song.go("/events") and song.reads(title))
    song.page.get_by_text(title).first.click()
    song.page.wait_for_url("**/events/*")
    assert song.reads("many rows of personal or sensitive data at once")
    song.page.get_by_role("link", name="The request and its grant").click()
    song.page.wait_for_url(f"**{request}")
    assert song.state() == "Suspended" and song.page.locator("main form").count() == 0


def told_to_the_resident(chen: Desk) -> None:
    """The clerk types the number; it is in no address."""
    page = chen.go("/sharing/counter")
    page.locator("[name=number]").fill(NUMBER.format(4))
    page.locator("[name=seen]").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Look it up").click()
    assert chen.reads(PURPOSE) and chen.reads("Once")
    assert chen.reads("Emergency Management Bureau") and chen.reads("name (masked)")
    assert not any(NUMBER.format(4) in url for url in chen.asked)


def test_somebody_else_sees_neither_the_request_nor_the_record(chromium: Any, office: Office) -> None:
    office.add("qian", Grant("operator", "water"))
    qian = Desk(chromium, office, "qian")
    found = office.hub.sharing.queries.page()
    if not found:
        pytest.skip("needs the request of the test before")
    for address in (f"/sharing/requests/{found[0].id}", "/sharing/record", "/sharing/counter"):
        answer = qian.page.goto(address)
        assert answer.status == 403
    qian.go("/sharing?scope=all")
    assert qian.reads("No requests")
