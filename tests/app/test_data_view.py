"""The insides of entries and the steward's queue over a real hub: real files, grades and words."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from chengshu.app.harvesting import harvester_of
from chengshu.app.http import make_app
from chengshu.app.hub import Manner, open_hub
from chengshu.app.inspection import inspector_of
from chengshu.app.inventory import book_own
from chengshu.app.newcity import make_city
from chengshu.app.serve import doors_of
from chengshu.engines.http import AddressGuard, ThreadedHttp
from chengshu.foundation.access import Grant
from chengshu.foundation.city import read_city
from chengshu.foundation.journal import Actor, entries_about
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.ids import SequenceIds

pytestmark = pytest.mark.slow  # `make check` has the pages over a made-up view, and the rooms themselves

NOW = datetime(2026, 7, 21, 6, tzinfo=UTC)
PASSWORD = "a quiet river at night"
ROOT = Actor("test:root")
ENTRY = "urn:chengshu:resource:files:stations.csv"
PHONES = [f"138{n * 7919:08}" for n in range(1, 60)]
HARVEST = """sources:
  - {{id: files, department: water, connector: {{kind: folder, path: files}}}}
  - {{id: register, connector: {{kind: database, url: "sqlite:///{path}"}}}}
"""


class Bureau:
    """A small city that harvests a folder and a register, and browsers of its people."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.clock = VirtualClock(NOW)
        place = make_city("mycity", folder)
        (place / "files").mkdir()
        self.file = place / "files" / "stations.csv"
        self.write("好", "坏")
        path = folder / "register.db"
        with sqlite3.connect(path) as db:
            db.executescript(
                "CREATE TABLE firms (tel TEXT); CREATE VIEW calls AS SELECT tel AS number FROM firms;"
            )
            db.executemany("INSERT INTO firms VALUES (?)", [(phone,) for phone in PHONES])
        db.close()
        (place / "harvest.yaml").write_text(HARVEST.format(path=path))
        city = read_city(place, root / "scenarios")
        manner = Manner(durable=False, threaded=False, strict=True, workers=1)
        self.hub = open_hub(city, folder / "data", self.clock, SequenceIds(), manner)
        book_own(self.hub)
        calls = ThreadedHttp(AddressGuard(()))
        self.harvester = harvester_of(city, self.hub.database, self.clock, self.hub.ledger, calls)
        self.inspector = inspector_of(
            city, self.hub.database, self.clock, self.hub.inspection, self.harvester
        )
        self.doors = doors_of(self.hub, folder / "drills")
        doors = self.doors
        self.app = make_app(self.hub, doors.view, doors.tokens, doors.guard, doors.broker)
        self.cycle()

    def write(self, *values: str) -> None:
        lines = [f"{number},站{number},{values[number % len(values)]}" for number in range(120)]
        self.file.write_text("\n".join(["id,name,手机号", *lines]) + "\n")

    def cycle(self) -> None:
        self.clock.advance_to(self.clock.now() + timedelta(days=1))
        self.harvester.tick(self.clock.now())
        self.inspector.look()
        self.hub.pump.drain()

    def enter(self, login: str, *grants: Grant) -> TestClient:
        made = self.doors.accounts.create_account(login, login.title(), grants, ROOT)
        self.doors.accounts.set_password(made.id, PASSWORD, ROOT)
        client = TestClient(self.app, base_url="http://hub.test", headers={"sec-fetch-site": "same-origin"})
        answer = client.post("/sign-in", data={"login": login, "password": PASSWORD}, follow_redirects=False)
        assert answer.status_code == 303
        return client


@pytest.fixture
def bureau(tmp_path: Path, root: Path) -> Iterator[Bureau]:
    made = Bureau(tmp_path, root)
    yield made
    made.hub.close()


def item_of(page: str) -> str:
    found = re.search(r'name="item" value="([^"]+)"', page)
    assert found is not None
    return found.group(1)


def test_a_steward_answers_takes_back_and_is_asked_again_when_the_data_change(bureau: Bureau) -> None:
    steward = bureau.enter("steward", Grant("operator", "water"))
    page = steward.get("/steward").text
    assert "手机号" in page and "mobile number" in page and "Samples, masked" in page
    word = {
        "item": item_of(page),
        "entry": ENTRY,
        "column": "手机号",
        "category": "none",
        "note": "a rating",
    }
    assert steward.post("/steward/say", data=word, follow_redirects=False).status_code == 303
    assert "Nothing waits" in steward.get("/steward").text
    assert steward.post("/steward/say", data=word, follow_redirects=False).status_code == 409
    fields = steward.get(f"/ledger/{quote(ENTRY)}?show=fields").text
    assert "a steward&#39;s word" in fields
    back = {"entry": ENTRY, "column": "手机号"}
    assert steward.post("/steward/unsay", data=back, follow_redirects=False).status_code == 303
    page = steward.get("/steward").text
    assert "1 of 1" in page
    steward.post("/steward/say", data=word | {"item": item_of(page)})
    bureau.write(*PHONES)
    bureau.cycle()
    login = {"login": "steward", "password": PASSWORD}  # a day has passed: the session ended
    steward.post("/sign-in", data=login)
    assert "the values have changed" in steward.get("/steward").text
    with bureau.hub.database.read() as connection:
        told = [(entry.action, entry.actor) for entry in entries_about(connection, ENTRY)]
    assert [action for action, _ in told].count("grading.said") == 2


def test_who_answers_for_the_data_completes_the_entry_and_no_harvest_takes_it_back(bureau: Bureau) -> None:
    steward = bureau.enter("steward", Grant("operator", "water"))
    page = steward.get(f"/ledger/{quote(ENTRY)}").text
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version is not None and "the purpose" in page
    typed = {"entry": ENTRY, "version": version.group(1), "purpose": "flood defence", "steward": "water"}
    assert steward.post("/ledger/describe", data=typed, follow_redirects=False).status_code == 303
    bureau.write(*PHONES)
    bureau.cycle()
    steward.post("/sign-in", data={"login": "steward", "password": PASSWORD})
    page = steward.get(f"/ledger/{quote(ENTRY)}").text
    assert "flood defence" in page and "the purpose" not in page and "by hand" in page
    assert steward.post("/ledger/describe", data=typed).status_code == 409  # another version by now
    other = bureau.enter("other", Grant("operator", "traffic"))
    assert "/ledger/describe" not in other.get(f"/ledger/{quote(ENTRY)}").text
    assert other.post("/ledger/describe", data=typed).status_code == 403


def test_who_does_not_answer_for_the_data_sees_the_queue_and_may_not_say(bureau: Bureau) -> None:
    other = bureau.enter("other", Grant("operator", "traffic"))
    page = other.get("/steward").text
    assert "手机号" in page and "Say so" not in page and "operator or lead of" in page
    word = {"item": "", "entry": ENTRY, "column": "手机号", "category": "none", "note": ""}
    assert other.post("/steward/say", data=word).status_code == 403
    assert other.post("/steward/unsay", data={"entry": ENTRY, "column": "手机号"}).status_code == 403


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_every_part_of_an_entry_is_shown_in_every_language(bureau: Bureau, language: str) -> None:
    reader = bureau.enter("reader", Grant("viewer"))
    reader.cookies.set("language", language)
    firms = "urn:chengshu:resource:register:firms"
    for entry in (ENTRY, firms, "urn:chengshu:resource:hub:scenario:waterlogging"):
        for show in ("about", "fields", "quality", "lineage", "versions"):
            answer = reader.get(f"/ledger/{quote(entry)}?show={show}")
            assert answer.status_code == 200, answer.text[:500]
            assert f'lang="{language}"' in answer.text
    assert reader.get(f"/ledger/{quote(firms)}?show=lineage&column=tel").text.count('<g class="box') == 2
    assert reader.get(f"/ledger/{quote(firms)}?show=lineage&column=none").status_code == 404
    past = reader.get(f"/ledger/{quote(ENTRY)}?show=quality", params={"as_of": "2026-07-22T08:00:00Z"})
    assert past.status_code == 200


def test_what_a_scenario_hangs_on_is_told_before_it_is_retired(bureau: Bureau) -> None:
    reader = bureau.enter("reader", Grant("viewer"))
    measured = next(item for item in bureau.hub.vitals.catalogue if item.source is not None)
    assert measured.source is not None
    stream = bureau.hub.ledger_queries.get(f"urn:chengshu:resource:hub:indicator:{measured.id}").related[0]
    page = reader.get(f"/ledger/{quote(stream)}?show=lineage&column={measured.source.attribute}").text
    assert "Would stop:" in page and quote(f"scenario:{measured.scenario}") in page


def test_the_one_ledger_in_numbers_over_a_period(bureau: Bureau) -> None:
    reader = bureau.enter("reader", Grant("viewer"))
    page = reader.get("/ledger/changes").text
    assert "It adds up." in page and "added" in page
    totals = bureau.hub.ledger_queries.totals()
    assert totals.systems == 3  # the files, the register, the hub itself
    assert totals.fields == sum(len(entry.fields) for entry in bureau.hub.ledger_queries.below("urn:"))


def test_whose_data_they_are_is_a_facet_and_shown_with_its_rule(bureau: Bureau) -> None:
    """Of each entry: the class is carried from the source, counted, a filter, and asks what its rule asks."""
    place = bureau.hub.city.folder / "harvest.yaml"
    place.write_text(place.read_text().replace("{id: register,", "{id: register, source_class: enterprise,"))
    calls = ThreadedHttp(AddressGuard(()))
    harvester = harvester_of(bureau.hub.city, bureau.hub.database, bureau.clock, bureau.hub.ledger, calls)
    harvester.run("register")
    bureau.hub.pump.drain()
    calls.close()
    asker = bureau.enter("asker", Grant("operator", "water"))
    found = asker.get("/ledger", params={"source_class": "enterprise"}).text
    assert (
        quote("register:firms") in found and quote("files:stations") not in found and "data of firms" in found
    )
    firms = quote("urn:chengshu:resource:register:firms")
    page = asker.get(f"/ledger/{firms}").text
    assert (
        "What follows for sharing" in page and "source.enterprise" in page and "names the agreement" in page
    )
    assert "As the catalogue says, nothing more." in asker.get(f"/ledger/{quote(ENTRY)}").text
    asker.cookies.set("language", "zh-Hant")
    assert (
        "授權須寫明數據來源單位的同意"
        in asker.get("/sharing/ask", params={"resource": "urn:chengshu:resource:register:firms"}).text
    )


def test_a_life_from_the_sensor_to_the_proof_of_deletion(bureau: Bureau) -> None:
    """One field from its source to the scenario that reports by it, and the rule that holds at each stage."""
    place = bureau.hub.city.folder / "retention.yaml"
    basis = "law: 條例, basis: {en: reviews look back a year}"
    place.write_text(f"rules: [{{id: streams, kinds: [stream], keep: P1Y, {basis}}}]\n")
    reader = bureau.enter("reader", Grant("viewer"))
    measured = next(item for item in bureau.hub.vitals.catalogue if item.source is not None)
    assert measured.source is not None
    stream = bureau.hub.ledger_queries.get(f"urn:chengshu:resource:hub:indicator:{measured.id}").related[0]
    field = measured.source.attribute
    page = reader.get(f"/ledger/{quote(stream)}?show=life&column={field}").text
    for words in (
        f"sources.yaml: {stream.rpartition(':')[2]}",
        "put aside with its reason",
        "source.government",
        "Kept P1Y: reviews look back a year (條例).",
        "retention.yaml: streams",
        "Nothing was due, held back or deleted.",
        quote(f"scenario:{measured.scenario}"),
    ):
        assert words in page, words
    picture = page[page.index("<svg width") :]
    assert field in picture and measured.name.en[:20] in picture  # from the stream's field to the indicator
    harvested = reader.get(f"/ledger/{quote(ENTRY)}?show=life").text
    assert "harvest.yaml: files" in harvested and "No rule says how long" in harvested
    assert reader.get(f"/ledger/{quote(stream)}?show=life&column=none").status_code == 404
