"""A request's whole life in a real browser, over a real hub: five people, each at their own desk."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from chengshu.app.http import make_app
from chengshu.app.hub import Hub, Manner, open_hub
from chengshu.app.newcity import make_city
from chengshu.app.serve import Doors, doors_of
from chengshu.foundation.access import Grant
from chengshu.foundation.city import read_city
from chengshu.foundation.journal import Actor
from chengshu.kernel.clock import SystemClock
from chengshu.kernel.ids import TimeIds
from chengshu.kernel.texts import Text
from chengshu.resources.ledger import Distribution, Field, Origin, Resource
from chengshu.scenes.response import EventState

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "a quiet river at night"
ROOT = Actor("test:root")
ENTRY = "urn:chengshu:resource:files:people.csv"
PURPOSE = "call those who need help before the storm"
PEOPLE = {
    "wang": (Grant("operator", "emergency"),),
    "li": (Grant("operator", "civil"),),
    "chen": (Grant("lead", "data-bureau"),),
    "song": (Grant("duty_officer"),),
    "zheng": (Grant("auditor"),),
}
BODIES = """
- id: civil
  name: {en: Civil Affairs Bureau, zh-Hans: 民政局, zh-Hant: 民政局}
  area: city
  parent: command_centre
- id: data-bureau
  name: {en: Data Bureau, zh-Hans: 数据局, zh-Hant: 數據局}
  area: city
  parent: command_centre
"""
NUMBER = "11010119500101{:04d}"


def people_of(count: int) -> str:
    """Made-up residents, as CSV; their numbers have no valid check digit on purpose."""
    streets = ["Harbour Road", "Hill Lane", "Hill Lane", "Mill Lane"]
    lines = [
        f"{NUMBER.format(at)},{'王李张刘陈'[at % 5]}某{at},1380000{at:04d},{streets[at % 4]}"
        for at in range(count)
    ]
    return "\n".join(["id_number,name,mobile,street", *lines])


class Office:
    """A hub with a register, served on a port of this machine."""

    def __init__(self, folder: Path, scenarios: Path) -> None:
        city = make_city("mycity", folder)
        (city / "files").mkdir()
        (city / "files" / "people.csv").write_text(people_of(40), "utf-8")
        (city / "harvest.yaml").write_text(
            "sources:\n  - {id: files, department: civil, connector: {kind: folder, path: files}}\n"
        )
        (city / "sharing.yaml").write_text("anomalies: {bulk_rows: 20}\n")
        with (city / "departments.yaml").open("a", encoding="utf-8") as file:
            file.write(BODIES)
        clock = SystemClock()
        manner = Manner(durable=False, workers=1)
        self.hub: Hub = open_hub(read_city(city, scenarios), folder / "data", clock, TimeIds(clock), manner)
        self.doors: Doors = doors_of(self.hub, folder / "drills")
        self.hub.ledger.put([register()], ROOT)
        for login, grants in (PEOPLE | {"root": (Grant("administrator"),)}).items():
            person = self.doors.accounts.create_account(login, login.title(), grants, ROOT)
            self.doors.accounts.set_password(person.id, PASSWORD, ROOT)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        parts = (self.doors.view, self.doors.tokens, self.doors.guard, self.doors.broker)
        self._server = uvicorn.Server(
            uvicorn.Config(
                make_app(self.hub, *parts),
                host="127.0.0.1",
                port=self.port,
                log_level="error",
                timeout_graceful_shutdown=1,
            )
        )
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._server.run, daemon=True),
            threading.Thread(target=self.hub.pump.run, args=(self._stop,), daemon=True),
        ]

    def start(self) -> None:
        """Serve, and let the hub live."""
        for thread in self._threads:
            thread.start()
        wait(lambda: self._server.started)

    def stop(self) -> None:
        """Stop both, then close the hub."""
        self._server.should_exit = True
        self._stop.set()
        for thread in self._threads:
            thread.join(20)
        self.hub.close()


def register() -> Resource:
    """The entry, as grading left it."""
    return Resource(
        ENTRY,
        "dataset",
        Text("People who need help", "需要帮助的居民", "需要幫助的居民"),
        provider="civil",
        sharing="conditional",
        sharing_condition="for emergencies",
        fields=(
            Field("id_number", category="identity_number", grade="general-4"),
            Field("name", category="person_name", grade="general-3"),
            Field("mobile", category="mobile", grade="general-3"),
            Field("street", grade="general-1"),
        ),
        distributions=(Distribution("file:people.csv", format="csv", local=True),),
        origin=Origin("files", "people.csv"),
    )


def wait(until: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Ask again and again, for the pages forbid waiting inside them."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := until():
            return found
        time.sleep(0.05)
    raise AssertionError(f"did not come true within {seconds} s")


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
    wait(lambda: [event.state for event in office.hub.response.queries.events()] == [EventState.CLOSED])
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
        with page.expect_navigation():
            page.get_by_role("button", name="Show rows").click()
        assert wang.reads(answer) and wang.reads("The attempt is on record.")
        assert page.locator(".rows-shown").count() == 0


def seen_at_the_duty_desk(request: str, song: Desk) -> None:
    """An event with its reason leads the officer to where it is decided."""
    title = "Misuse of shared data: People who need help"
    wait(lambda: song.go("/events") and song.reads(title))
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
    person = office.doors.accounts.create_account("qian", "Qian", (Grant("operator", "water"),), ROOT)
    office.doors.accounts.set_password(person.id, PASSWORD, ROOT)
    qian = Desk(chromium, office, "qian")
    found = office.hub.sharing.queries.page()
    if not found:
        pytest.skip("needs the request of the test before")
    for address in (f"/sharing/requests/{found[0].id}", "/sharing/record", "/sharing/counter"):
        answer = qian.page.goto(address)
        assert answer.status == 403
    qian.go("/sharing?scope=all")
    assert qian.reads("No requests")
