"""Every page and every answer over a real hub in a small city's storm, for each kind of person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from chengshu.app.drill.run import Play
from chengshu.app.drill.stage import read_stage
from chengshu.app.http import make_app
from chengshu.app.hub import Manner
from chengshu.app.inventory import book_own
from chengshu.app.newcity import make_city
from chengshu.app.serve import Doors, doors_of
from chengshu.console.view import LAYERS
from chengshu.foundation.access import Grant
from chengshu.foundation.city import read_city
from chengshu.foundation.journal import Actor
from chengshu.scenes.response import OrderState

pytestmark = pytest.mark.slow  # thorough; `make check` has the quicker ones beside it

PASSWORD = "a quiet river at night"
ROOT = Actor("test:root")


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[Play]:
    """A new small city, played until its first event has work orders."""
    folder = tmp_path_factory.mktemp("view")
    city = read_city(make_city("mycity", folder), root / "scenarios")
    stage = read_stage(city, "waterlogging")
    made = Play(
        stage, folder / "data", Manner(durable=False, threaded=True, strict=True, exercise=True, workers=1)
    )
    at = stage.start
    while at < stage.end and not made.hub.response.queries.orders(open_only=True):
        at += timedelta(minutes=10)
        made.until(at)
    yield made
    made.close()


@pytest.fixture(scope="module")
def doors(play: Play, tmp_path_factory: pytest.TempPathFactory) -> Doors:
    book_own(play.hub)
    play.hub.pump.drain()
    return doors_of(play.hub, tmp_path_factory.mktemp("drills"))


def enter(play: Play, doors: Doors, login: str, *grants: Grant) -> TestClient:
    """A browser of somebody with these grants."""
    client = TestClient(
        make_app(play.hub, doors.view, doors.tokens, doors.guard, doors.broker), base_url="http://hub.test"
    )
    person = doors.accounts.create_account(login, login.title(), grants, ROOT)
    doors.accounts.set_password(person.id, PASSWORD, ROOT)
    answer = client.post("/sign-in", data={"login": login, "password": PASSWORD}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return client


@pytest.fixture(scope="module")
def officer(play: Play, doors: Doors) -> TestClient:
    return enter(play, doors, "officer", Grant("commander"), Grant("administrator"), Grant("operator"))


@pytest.fixture(scope="module")
def onlooker(play: Play, doors: Doors) -> TestClient:
    return enter(play, doors, "onlooker", Grant("viewer"))


def addresses(play: Play) -> list[str]:
    event = play.hub.response.queries.events()[0].id
    warning = play.hub.vital_queries.warnings(state="all")[0]
    order = play.hub.response.queries.orders()[0].id
    return [
        "/",
        "/ledger",
        "/ledger?q=rain",
        "/ledger?kind=stream",
        "/ledger/urn:chengshu:resource:hub:scenario:waterlogging",
        "/vitals",
        f"/vitals/{warning.indicator}?area={warning.area}",
        "/warnings",
        f"/warnings/{warning.id}",
        "/events",
        f"/events/{event}",
        "/orders?scope=all",
        f"/orders/{order}",
        "/rules",
        "/rules/waterlogging/severity?try=1&given.highest+rank=3",
        "/rules/waterlogging/closing",
        "/drills",
        "/sources",
        "/journal",
        "/account",
    ]


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_every_page_is_shown_in_every_language(play: Play, officer: TestClient, language: str) -> None:
    officer.cookies.set("language", language)
    for address in addresses(play):
        answer = officer.get(address)
        assert answer.status_code == 200, f"{address}: {answer.text[:300]}"
        assert f'lang="{language}"' in answer.text


def test_pages_can_be_put_back(play: Play, officer: TestClient) -> None:
    early = (play.stage.start + timedelta(minutes=30)).isoformat().replace("+00:00", "Z")
    for address in (
        "/",
        "/vitals",
        "/warnings",
        "/events",
        "/orders",
        "/rules",
        "/rules/waterlogging/severity",
    ):
        assert officer.get(address, params={"as_of": early}).status_code == 200
    assert officer.get("/api/v1/events", params={"as_of": early}).json() == []
    assert officer.get("/api/v1/events").json()


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_is_geojson_with_ids_and_names(officer: TestClient, layer: str) -> None:
    answer = officer.get(f"/layers/{layer}.geojson")
    assert answer.status_code == 200
    collection = json.loads(answer.text)
    assert collection["type"] == "FeatureCollection"
    for feature in collection["features"]:
        assert feature["properties"]["id"]
        assert set(feature["properties"]["name"]) == {"en", "zh-Hans", "zh-Hant"}


def test_the_overview_tells_where_and_how_bad_and_who(officer: TestClient) -> None:
    overview = officer.get("/api/v1/overview").json()
    assert overview["highest"] != "normal"
    assert overview["events"][0]["lead"]["en"]
    assert overview["units_total"] > 0
    assert overview["coverage"]["expected"] > 0


def test_an_event_tells_which_warnings_joined_it_and_when_it_is_expected_to_be_over(
    play: Play, officer: TestClient
) -> None:
    (event,) = play.hub.response.queries.events()
    officer.cookies.set("language", "en")
    page = officer.get(f"/events/{event.id}").text
    joined = event.warnings[-1]
    area = play.hub.city.areas[joined.area].name.en
    assert f"{area} · {play.hub.vital_queries.indicator(joined.indicator).name.en}" in page
    assert "the warning joined the event" in page
    now = play.hub.clock.now()
    end = play.hub.response.queries.expected_end(
        event, play.hub.response.queries.orders(event=event.id), at=now
    )
    assert end is not None and end.basis == "forecast" and end.at > now
    assert ("the forecast does not reach further" if end.beyond else "nine of ten futures") in page


def test_an_onlooker_sees_and_may_not_act(play: Play, onlooker: TestClient) -> None:
    assert onlooker.get("/").status_code == 200
    assert onlooker.get("/journal").status_code == 403
    warning = play.hub.vital_queries.warnings()[0]
    answer = onlooker.post(f"/warnings/{warning.id}/acknowledge", headers={"accept": "application/json"})
    assert answer.status_code == 403
    assert play.hub.vital_queries.warning(warning.id).acknowledged_by == warning.acknowledged_by


def test_a_button_pressed_is_a_command_with_a_name_and_a_policy(play: Play, officer: TestClient) -> None:
    open_ = [
        order
        for order in play.hub.response.queries.orders(open_only=True)
        if order.state is OrderState.ASSIGNED
    ]
    if not open_:
        play.until(play.clock.now() + timedelta(minutes=15))
        open_ = [
            order
            for order in play.hub.response.queries.orders(open_only=True)
            if order.state is OrderState.ASSIGNED
        ]
    assert open_, "no work order waits for somebody to accept it"
    answer = officer.post(f"/orders/{open_[0].id}/accept", follow_redirects=False)
    assert answer.status_code in (200, 303), answer.text
    order = play.hub.response.queries.order(open_[0].id)
    assert order.state is OrderState.ACCEPTED
    entries = officer.get("/journal", params={"subject": order.id}).text
    assert "Officer" in entries


def test_programs_get_problems_and_browsers_get_pages(officer: TestClient) -> None:
    program = officer.get("/nowhere", headers={"accept": "application/json"})
    assert (program.status_code, program.headers["content-type"]) == (404, "application/problem+json")
    browser = officer.get("/nowhere", headers={"accept": "text/html"})
    assert browser.status_code == 404
    assert "<html" in browser.text


def test_health_and_metrics_speak_of_every_part(officer: TestClient) -> None:
    health = officer.get("/healthz").json()
    assert health["status"] == "ok"
    assert {"history", "vitals", "response", "processes.timers"} <= {part["name"] for part in health["parts"]}
    assert "chengshu_lag" in officer.get("/metrics").text


def test_no_answer_lets_other_sites_in(officer: TestClient) -> None:
    headers = officer.get("/").headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
