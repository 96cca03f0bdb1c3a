"""People, programs and keys over a real hub: what is made can be used at once, what is taken ends at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from chengshu.app.http import make_app
from chengshu.app.hub import Manner, open_hub
from chengshu.app.newcity import make_city
from chengshu.app.serve import Doors, doors_of
from chengshu.foundation.access import Grant
from chengshu.foundation.city import read_city
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal.queries import earlier_entries
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.ids import SequenceIds

pytestmark = pytest.mark.slow

NOW = datetime(2026, 7, 21, 6, tzinfo=UTC)
PASSWORD = "a quiet river at night"
ROOT = Actor("test:root")


class Office:
    """A small city's hub, and browsers of its people."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.clock = VirtualClock(NOW)
        city = read_city(make_city("mycity", folder), root / "scenarios")
        manner = Manner(durable=False, threaded=False, strict=True, workers=1)
        self.hub = open_hub(city, folder / "data", self.clock, SequenceIds(), manner)
        self.doors: Doors = doors_of(self.hub, folder / "drills")
        doors = self.doors
        self.app = make_app(self.hub, doors.view, doors.tokens, doors.guard, doors.broker)

    def browser(self) -> TestClient:
        return TestClient(self.app, base_url="http://hub.test", headers={"sec-fetch-site": "same-origin"})

    def enter(self, login: str, *grants: Grant) -> TestClient:
        made = self.doors.accounts.create_account(login, login.title(), grants, ROOT)
        self.doors.accounts.set_password(made.id, PASSWORD, ROOT)
        client = self.browser()
        answer = client.post("/sign-in", data={"login": login, "password": PASSWORD}, follow_redirects=False)
        assert answer.status_code == 303
        return client

    def account(self, login: str) -> str:
        """The id of a person's account."""
        return next(one.id for one in self.doors.view.access(self.chief).people if one.login == login)

    @property
    def chief(self):  # type: ignore[no-untyped-def]
        return self.doors.view.sign_in("chief", PASSWORD).person


@pytest.fixture
def office(tmp_path: Path, root: Path) -> Iterator[Office]:
    made = Office(tmp_path, root)
    yield made
    made.hub.close()


@pytest.fixture
def chief(office: Office) -> TestClient:
    return office.enter("chief", Grant("administrator"))


def secret(page: str) -> str:
    found = re.search(r'class="secret-text" tabindex="0">([^<]+)<', page)
    assert found is not None
    return found[1]


def actions(office: Office) -> list[tuple[str, str]]:
    with office.hub.database.read() as connection:
        found = earlier_entries(connection, None, 50)
    return [(entry.action, entry.policy) for entry in found]


def test_a_person_comes_in_by_the_link_and_goes_when_the_account_is_closed(
    office: Office, chief: TestClient
) -> None:
    given = {"login": "wu", "name": "Wu Di", "role": "operator", "department": "water"}
    page = chief.post("/access/person.add", data=given)
    assert page.status_code == 200
    link = secret(page.text)
    newcomer = office.browser()
    answer = newcomer.post(
        "/set-up", data={"code": link.partition("code=")[2], "password": PASSWORD}, follow_redirects=False
    )
    assert answer.status_code == 303 and newcomer.get("/").status_code == 200
    assert newcomer.get("/access").status_code == 403
    account = office.account("wu")
    chief.post("/access/person.grant", data={"account": account, "role": "auditor"})
    assert "People and keys" in newcomer.get("/access").text
    assert newcomer.post("/access/person.disable", data={"account": account}).status_code == 403
    chief.post("/access/person.ungrant", data={"account": account, "grant": "auditor:*:*"})
    assert newcomer.get("/access").status_code == 403
    chief.post("/access/person.disable", data={"account": account})
    assert newcomer.get("/", follow_redirects=False).status_code == 303
    done = actions(office)
    for action in ("account.created", "account.roles_set", "account.disabled"):
        assert (action, "administer") in done


def test_the_last_administrator_stays(office: Office, chief: TestClient) -> None:
    account = office.account("chief")
    for act, more in (("person.disable", {}), ("person.ungrant", {"grant": "administrator:*:*"})):
        answer = chief.post(f"/access/{act}", data={"account": account, **more})
        assert answer.status_code == 409 and 'role="alert"' in answer.text
    assert chief.get("/access").status_code == 200


def test_a_program_reads_until_it_is_revoked_or_its_time_is_over(office: Office, chief: TestClient) -> None:
    plain = TestClient(office.app, base_url="http://hub.test")

    def asks(token: str) -> int:
        headers = {"authorization": f"Bearer {token}"}
        return plain.get("/ngsi-ld/v1/entities?type=RainGauge", headers=headers).status_code

    first, second = (
        secret(chief.post("/access/program.add", data={"program": name, "rights": ["read"], **more}).text)
        for name, more in (("grafana", {}), ("tablet", {"days": "30"}))
    )
    assert (asks(first), asks(second), asks("")) == (200, 200, 401)
    chief.post("/access/program.revoke", data={"program": "grafana"})
    assert (asks(first), asks(second)) == (401, 200)
    office.clock.advance_to(NOW + timedelta(days=31))
    assert asks(second) == 401


def test_a_key_lets_a_source_push_until_it_is_revoked(office: Office, chief: TestClient) -> None:
    source = next(iter(office.doors.view.access(office.chief).keys)).source
    token = {"authorization": f"Bearer {secret(chief.post('/access/key.add', data={'source': source}).text)}"}
    plain = TestClient(office.app, base_url="http://hub.test")
    assert plain.post(f"/ingest/{source}", json={}, headers=token).status_code != 401
    assert "valid keys: 1" in chief.get("/access").text
    chief.post("/access/key.revoke", data={"source": source})
    assert plain.post(f"/ingest/{source}", json={}, headers=token).status_code == 401


MISTAKES: list[tuple[str, dict[str, object], int]] = [
    ("person.add", {"login": "", "role": "viewer"}, 422),
    ("person.add", {"login": "x", "role": "emperor"}, 422),
    ("person.add", {"login": "x", "role": "viewer", "department": "nowhere"}, 422),
    ("person.add", {"login": "x", "role": "viewer", "area": "nowhere"}, 422),
    ("person.add", {"login": "x", "role": "crew", "unit": "urn:nowhere"}, 422),
    ("person.add", {"login": "chief", "role": "viewer"}, 409),
    ("person.link", {"account": "nobody"}, 404),
    ("program.add", {"program": "x", "rights": []}, 422),
    ("program.add", {"program": "x", "rights": ["rule"]}, 422),
    ("program.add", {"program": "x", "rights": ["read"], "days": "-1"}, 422),
    ("program.revoke", {"program": "x"}, 404),
    ("key.add", {"source": "nowhere"}, 404),
]


def test_mistakes_are_said_on_the_page_and_change_nothing(office: Office, chief: TestClient) -> None:
    before = office.doors.view.access(office.chief)
    for act, given, status in MISTAKES:
        answer = chief.post(f"/access/{act}", data=given)
        assert answer.status_code == status and 'role="alert"' in answer.text, (act, given)
    assert office.doors.view.access(office.chief) == before
