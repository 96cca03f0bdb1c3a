"""``chengshu serve``: a hub in a process of its own: its doors, how it stops, goes on, survives a kill."""

from __future__ import annotations

import os
import re
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.app.terminal import ROOT, Served, ended, run, serving
from tests.waiting import PATIENCE_S, until

from chengshu.app.hub import SERVICE, open_hub
from chengshu.app.serve import usable_port
from chengshu.app.stores import open_state
from chengshu.foundation.city import read_city
from chengshu.foundation.context import decode_batch
from chengshu.foundation.journal import changes_after
from chengshu.kernel.clock import SystemClock
from chengshu.kernel.ids import TimeIds

PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Home:
    """A city with data and a token for each source that is pushed to."""

    city: Path
    data: Path
    tokens: dict[str, str]

    def push(self, http: httpx.Client, source: str, body: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.tokens[source]}"}
        if isinstance(body, bytes):
            return http.post(f"/ingest/{source}", content=body, headers=headers)
        return http.post(f"/ingest/{source}", json=body, headers=headers)


@pytest.fixture(scope="module")
def prepared(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    data = tmp_path_factory.mktemp("hub") / "data"
    clock = SystemClock()
    open_hub(read_city(pristine, ROOT / "scenarios"), data, clock, TimeIds(clock), SERVICE).close()
    tokens = {
        source: run("token", source, "--data", data, "--json").json["token"]
        for source in ("rain", "levels", "trucks")
    }
    return Home(pristine, data, tokens)


@pytest.fixture
def home(prepared: Home, tmp_path: Path) -> Home:
    """A copy with data of its own."""
    shutil.copytree(prepared.data, tmp_path / "data")
    return Home(prepared.city, tmp_path / "data", prepared.tokens)


@pytest.fixture(scope="module")
def hub(prepared: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One running hub for the tests that only ask it."""
    data = Path(shutil.copytree(prepared.data, tmp_path_factory.mktemp("served") / "data"))
    with serving(prepared.city, data) as served:
        yield served


def now_iso(**later: float) -> str:
    return (datetime.now(UTC) + timedelta(**later)).isoformat()


@pytest.mark.slow
def test_it_says_that_it_is_well(hub: Served) -> None:
    answer = hub.http.get("/healthz")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["city"]) == ("ok", "mycity")
    assert {part["name"] for part in body["parts"]} >= {"history", "sensing", "vitals", "response"}
    assert all(part["trouble"] is None for part in body["parts"])


def test_it_describes_its_api(hub: Served) -> None:
    document = hub.http.get("/openapi.json").json()
    assert document["openapi"].startswith("3.")
    assert {"/ingest/{source}", "/healthz", "/metrics", "/cap/alerts.atom"} <= set(document["paths"])


def test_nothing_comes_from_elsewhere(hub: Served) -> None:
    answer = hub.http.get("/sign-in", follow_redirects=True)
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert not re.findall(r'(?:src|href)="https?://', answer.text)


@pytest.mark.parametrize(
    ("method", "path", "status", "word"),
    [
        ("GET", "/nowhere", 404, "/nowhere does not exist"),
        ("DELETE", "/healthz", 405, "Method Not Allowed"),
        ("GET", "/api/v1/vitals/rain_1h?hours=soon", 422, "number"),
        ("GET", "/api/v1/warnings?state=old", 422, "current"),
        ("GET", "/api/v1/overview", 401, "signed in"),
        ("POST", "/ingest/rain", 401, "no valid token"),
        ("GET", "/cap/alerts.atom?lang=fr", 422, "no texts in 'fr'"),
        ("GET", "/cap/alerts/none.xml", 404, "none"),
    ],
)
def test_what_is_wrong_is_a_problem(hub: Served, method: str, path: str, status: int, word: str) -> None:
    answer = hub.http.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    body = answer.json()
    assert body["status"] == status and body["title"] and body["type"].startswith("urn:chengshu:problem:")
    assert word in body["detail"]


def test_a_browser_gets_a_page_instead(hub: Served) -> None:
    answer = hub.http.get("/nowhere", headers={"accept": "text/html"})
    assert answer.status_code == 404 and answer.headers["content-type"].startswith("text/html")


def test_bad_records_are_put_aside_with_a_reason_and_the_rest_is_kept(hub: Served, prepared: Home) -> None:
    def reading(**changes: Any) -> dict[str, Any]:
        return {"device": "RG1", "time": now_iso(), "rain": 1.0} | changes

    readings = [
        reading(),
        {"device": "RG1", "rain": 2.0},
        reading(time=now_iso(days=2)),
        reading(rain="NaN"),
        reading(rain=9e9),
        reading(device="RG77"),
        reading(device="RG2"),
        reading(time="yesterday"),
    ]
    answer = prepared.push(hub.http, "rain", {"readings": readings})
    assert answer.status_code == 200
    body = answer.json()
    assert body["accepted"] == 2
    assert [(item["index"], item["code"]) for item in body["quarantined"]] == [
        (1, "time-missing"),
        (2, "time-in-future"),
        (3, "value-not-number"),
        (4, "out-of-range"),
        (5, "entity-unknown"),
        (7, "time-unreadable"),
    ]
    assert all(item["detail"] for item in body["quarantined"])
    counted = r'chengshu_source_%s\{source="rain"\} [1-9]'
    for word in ("accepted", "quarantined"):
        until(lambda word=word: re.search(counted % word, hub.http.get("/metrics").text))  # type: ignore[misc]


def test_a_bare_nan_costs_its_own_record_only(hub: Served, prepared: Home) -> None:
    good, bad = (
        f'{{"device": "RG1", "time": "{now_iso()}", "rain": 1.5}}',
        f'{{"device": "RG2", "time": "{now_iso()}", "rain": NaN}}',
    )
    body = prepared.push(hub.http, "rain", f'{{"readings": [{bad}, {good}]}}'.encode()).json()
    assert body["accepted"] == 1
    assert [(item["index"], item["code"]) for item in body["quarantined"]] == [(0, "value-not-number")]


def test_places_in_another_crs_are_put_aside(hub: Served, prepared: Home) -> None:
    def unit(lon: float, lat: float) -> dict[str, Any]:
        return {"id": "T1", "at": now_iso(), "lon": lon, "lat": lat, "status": "free"}

    units = [unit(119.001, 30.001), unit(500_123.0, 3_318_785.0), unit(30.0, 119.0), unit(30.0, 60.0)]
    body = prepared.push(hub.http, "trucks", {"units": units}).json()
    assert body["accepted"] == 3  # longitude, latitude and status of the first
    assert [(item["index"], item["code"]) for item in body["quarantined"]] == [
        (1, "coordinates-projected"),
        (2, "coordinates-projected"),
        (3, "coordinates-outside"),
    ]


def test_the_set_up_link_works_once(hub: Served) -> None:
    form = {"code": hub.code, "login": "admin", "name": "Song Yan", "password": "seven-wide-rivers"}
    assert hub.code
    with httpx.Client(base_url=hub.http.base_url, timeout=PATIENCE_S) as http:
        entered = http.post("/set-up", data=form)
        assert (entered.status_code, entered.headers["location"]) == (303, "/")
        assert "httponly" in entered.headers["set-cookie"].lower()
        assert http.get("/api/v1/overview").status_code == 200
    again = hub.http.post("/set-up", data=form | {"login": "other"})
    assert again.status_code in (403, 409)
    assert hub.http.get("/api/v1/overview").status_code == 401


def test_a_taken_port_and_a_strange_host_are_told(hub: Served, home: Home) -> None:
    port = hub.http.base_url.port
    ran = run("serve", home.city, "--data", home.data, "--port", port)
    assert ran.code == 2
    assert f"cannot listen at 127.0.0.1:{port}" in ran.err and "another --port" in ran.err
    ran = run("serve", home.city, "--data", home.data, "--port", 0, "--host", "no.such.host.invalid")
    assert ran.code == 2 and "--host" in ran.err and "127.0.0.1" in ran.err


def test_port_0_takes_a_free_one() -> None:
    first, second = usable_port("127.0.0.1", 0), usable_port("127.0.0.1", 0)
    assert first > 1023 and second > 1023
    assert usable_port("127.0.0.1", first) == first


def test_a_second_hub_on_the_same_data_is_refused(hub: Served, prepared: Home) -> None:
    data = hub.log.with_suffix("")
    ran = run("serve", prepared.city, "--data", data, "--port", 0)
    assert ran.code == 2
    assert f"in use by process {hub.process.pid}" in ran.err and "another --data" in ran.err


@pytest.mark.parametrize("word", ["localhost:1883", "http://localhost", "mqtt://"])
def test_a_wrong_broker_address_is_told_before_anything_starts(home: Home, word: str) -> None:
    ran = run("serve", home.city, "--data", home.data, "--port", 0, "--mqtt", word)
    assert ran.code == 2
    assert "--mqtt" in ran.err and "mqtt://host:1883" in ran.err
    assert run("token", "rain", "--data", home.data).code == 0  # the folder was given back


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_in_order_and_goes_on_where_it_stopped(home: Home, how: signal.Signals) -> None:
    with serving(home.city, home.data) as served:
        time_ = now_iso()
        message = {"readings": [{"device": "RG1", "time": time_, "rain": 7.5}]}
        assert home.push(served.http, "rain", message).json()["accepted"] == 1
        first, workers = served.http.get("/healthz").json()["seq"], served.children()
        assert served.stop(how) == 0, served.said
        assert "stopped; everything accepted is kept" in served.said
        assert "Traceback" not in served.said
        until(lambda: ended(workers))
    with serving(home.city, home.data) as served:
        assert served.http.get("/healthz").json()["seq"] >= first
        again = home.push(served.http, "rain", message)  # the same once more changes nothing
        assert again.status_code == 200
    assert run("journal", "verify", "--data", home.data).code == 0
    assert 7.5 in stored(home.data)


def stored(data: Path) -> list[float]:
    """Every number of the change stream, oldest first."""
    database = open_state(data, must_exist=True)
    values: list[float] = []
    try:
        with database.read() as connection:
            seq = 0
            while changes := list(changes_after(connection, seq, ("observations",))):
                for change in changes:
                    values += decode_batch(change.payload["batch"]).values.tolist()  # type: ignore[arg-type]
                seq = changes[-1].seq
    finally:
        database.close()
    return values


@pytest.mark.slow
def test_a_kill_loses_nothing_that_was_accepted(home: Home) -> None:
    answered: list[float] = []
    with serving(home.city, home.data) as served:
        base, stop = served.http.base_url, threading.Event()

        def pour(lane: int) -> None:
            with httpx.Client(base_url=base, timeout=PATIENCE_S) as http:
                for number in range(100_000):
                    if stop.is_set():
                        return
                    level = 100 + lane * 0.5 + number * 0.01
                    at = round(time.time() * 1000) - 1_000_000 + number
                    reading = {"device": f"L{lane}", "time": at, "level_cm": level}
                    try:
                        answer = home.push(http, "levels", {"readings": [reading]})
                    except httpx.TransportError:
                        return
                    if answer.status_code == 200 and answer.json()["accepted"]:
                        answered.append(level / 100)

        lanes = [threading.Thread(target=pour, args=(lane,)) for lane in (1, 2, 3)]
        for lane in lanes:
            lane.start()
        until(lambda: len(answered) >= 60)
        os.kill(served.process.pid, signal.SIGKILL)
        stop.set()
        for lane in lanes:
            lane.join()
        served.process.wait(timeout=PATIENCE_S)
    kept = {round(value, 6) for value in stored(home.data)}
    assert {round(value, 6) for value in answered} <= kept
    with serving(home.city, home.data) as served:  # the lock went with the process
        assert served.http.get("/healthz").json()["city"] == "mycity"
        assert served.stop(signal.SIGINT) == 0
    assert run("journal", "verify", "--data", home.data, "--json").json["ok"]


def test_the_journal_can_be_verified_while_the_hub_runs(hub: Served) -> None:
    assert run("journal", "verify", "--data", hub.log.with_suffix("")).code == 0
    assert hub.http.get("/healthz").status_code == 200
