"""Portals that break, move, tire or lead in circles: what can be had is had, and the rest is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.ledger.harvest.test_harvest import TURTLE, Office

from chengshu.ports.http import HttpAnswer, HttpRequest
from chengshu.resources.ledger.harvest.connectors.web import WebConnector
from chengshu.resources.ledger.harvest.declared import Web


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


class Portal:
    """A CKAN portal that answers by a function of the address, with a status and headers."""

    def __init__(self, answer: Callable[[HttpRequest], HttpAnswer]) -> None:
        self.answer, self.asked = answer, []

    asked: list[HttpRequest]

    def submit(self, request: HttpRequest) -> Future[HttpAnswer]:
        self.asked.append(request)
        future: Future[HttpAnswer] = Future()
        future.set_result(self.answer(request))
        return future

    def close(self) -> None: ...


def listed(request: HttpRequest, broken: set[int], records: int) -> HttpAnswer:
    """A page of so many records, of which some break every page they are on, as portals do."""
    asked = parse_qs(urlsplit(request.url).query)
    start, rows = int(asked["start"][0]), int(asked["rows"][0])
    wanted = range(start, min(start + rows, records))
    if broken & set(wanted):
        return HttpAnswer(500, {}, b"Internal Server Error")
    results = [
        {"id": f"r{n}", "name": f"r{n}", "resources": [{"url": "x", "size": "1.2 MB"}]} for n in wanted
    ]
    return HttpAnswer(200, {}, json.dumps({"result": {"results": results}}).encode())


def test_records_that_break_their_page_are_named_and_the_rest_is_harvested(office: Office) -> None:
    portal = Portal(lambda request: listed(request, {7, 150}, 220))
    run = office.harvester(WebConnector(Web(kind="ckan", url="https://c.example"), portal)).run("src")
    assert (run.state, run.seen, run.problems) == ("done", 218, 2)
    assert len(portal.asked) < 50
    assert office.get("r219").distributions[0].size == 0


def test_a_portal_that_only_fails_is_given_up_after_a_few_tries(office: Office) -> None:
    portal = Portal(lambda request: HttpAnswer(500, {}, b""))
    run = office.harvester(WebConnector(Web(kind="ckan", url="https://c.example"), portal)).run("src")
    assert run.state == "broken" and "500" in run.error
    assert len(portal.asked) < 20


def test_a_moved_catalogue_is_followed_and_its_token_stays_behind(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_TOKEN", "secret")

    def answer(request: HttpRequest) -> HttpAnswer:
        if request.url.startswith("https://old.example"):
            return HttpAnswer(301, {"location": "https://new.example/catalog"}, b"")
        last_page = TURTLE.partition("<https://d.example/page>")[0]
        return HttpAnswer(200, {"content-type": "text/turtle"}, last_page.encode())

    portal = Portal(answer)
    source = Web(kind="dcat", url="https://old.example/catalog", token_env="PORTAL_TOKEN")
    assert office.harvester(WebConnector(source, portal)).run("src").seen == 1
    assert ["authorization" in request.headers for request in portal.asked] == [True, False]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (HttpAnswer(302, {"location": "/catalog"}, b""), "from address to address"),
        (HttpAnswer(429, {"retry-after": "120"}, b""), "asks to wait (Retry-After: 120)"),
        (HttpAnswer(200, {"content-type": "text/turtle"}, TURTLE.encode()), "round in a circle"),
    ],
    ids=["redirects for ever", "too many requests", "pages in a circle"],
)
def test_a_catalogue_that_leads_nowhere_breaks_off_with_words(
    office: Office, answer: HttpAnswer, said: str
) -> None:
    portal = Portal(lambda request: answer)
    run = office.harvester(WebConnector(Web(kind="dcat", url="https://d.example/catalog"), portal)).run("src")
    assert run.state == "broken" and said in run.error
    assert len(portal.asked) <= 6
