"""The pages of documents over a real hub: each person sees what the grade and the department allow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from chengshu.app.http import make_app
from chengshu.app.hub import Hub, Manner, open_hub
from chengshu.app.newcity import make_city
from chengshu.app.serve import Doors, doors_of
from chengshu.foundation.access import Grant
from chengshu.foundation.city import read_city
from chengshu.foundation.journal import Actor
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.texts import Text
from chengshu.resources.grading import Grade
from chengshu.resources.knowledge.commands import About

ROOT = Actor("test:root")
PASSWORD = "a quiet river at night"
RULES = "urn:chengshu:resource:rules"
pytestmark = pytest.mark.slow  # opens a whole hub


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("documents")
    city = read_city(make_city("mycity", folder), root / "scenarios")
    clock = VirtualClock(datetime(2026, 7, 1, 4, tzinfo=UTC))
    manner = Manner(durable=False, threaded=True, strict=True, exercise=True, workers=1)
    hub = open_hub(city, folder / "data", clock, SequenceIds(), manner)
    rules = "".join(f"第{n}条 值班规定之{n}。\n" for n in range(1, 251)).encode()
    about = About(date(2026, 1, 1), Text.of("值班规定"), RULES, grade=Grade.GENERAL_4)
    hub.knowledge.commands.add("rules.txt", rules, about, ROOT)
    hub.knowledge.commands.add("open.txt", "第一条 汛期自五月起。\n".encode(), About(date(2026, 1, 1)), ROOT)
    hub.pump.drain()
    yield hub
    hub.close()


@pytest.fixture(scope="module")
def doors(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Doors:
    return doors_of(hub, tmp_path_factory.mktemp("drills"))


def enter(hub: Hub, doors: Doors, login: str, *grants: Grant) -> TestClient:
    app = make_app(hub, doors.view, doors.tokens, doors.guard, doors.broker)
    client = TestClient(app, base_url="http://hub.test")
    person = doors.accounts.create_account(login, login.title(), grants, ROOT)
    doors.accounts.set_password(person.id, PASSWORD, ROOT)
    answer = client.post("/sign-in", data={"login": login, "password": PASSWORD}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return client


def test_a_commander_reads_what_a_viewer_does_not_even_hear_of(hub: Hub, doors: Doors) -> None:
    commander = enter(hub, doors, "commander", Grant("commander"))
    viewer = enter(hub, doors, "viewer", Grant("viewer"))
    asked = "/documents?q=值班规定之17"
    assert "第17条" in commander.get(asked).text
    page = viewer.get(asked).text
    assert "第17条" not in page and "值班规定</a>" not in page
    assert "open" in viewer.get("/documents").text
    assert viewer.get(f"/documents/{RULES}").status_code == 404
    assert commander.get(f"/ledger/{RULES}").status_code == 200


def test_a_long_document_is_read_page_by_page_at_the_passage(hub: Hub, doors: Doors) -> None:
    reader = enter(hub, doors, "auditor", Grant("auditor"))
    first = reader.get(f"/documents/{RULES}").text
    assert 'id="p0"' in first and 'id="p99"' in first and 'id="p100"' not in first and "1 / 3" in first
    there = reader.get(f"/documents/{RULES}?passage=205").text
    assert 'id="p204" aria-current="true"' in there and "3 / 3" in there
    assert 'id="p100"' in reader.get(f"/documents/{RULES}?passage=101").text
