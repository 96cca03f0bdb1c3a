"""Shared data for programs: own grants only, purpose and manner held, rows as JSON and CSV, all on record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.sharing.office import APPLICANT, COLLEAGUE, PROVIDER, PURPOSE, RESIDENTS, Office

from chengshu.app.guard import Guard
from chengshu.app.problems import add_problems
from chengshu.foundation.access import Access, Accounts, Clients, Passwords, store
from chengshu.foundation.journal import Actor
from chengshu.surfaces.sharing import router

ROOT = Actor("operator:root")


class Program:
    """A program with a token of its own, before an office."""

    def __init__(self, http: TestClient, token: str) -> None:
        self._http, self._headers = http, {"authorization": f"Bearer {token}"}

    def get(self, path: str) -> Any:
        answer = self._http.get(path, headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, accept: str = "*/*", **body: Any) -> httpx.Response:
        given = {"purpose": PURPOSE} | body
        return self._http.post(path, headers=self._headers | {"accept": accept}, json=given)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "hub.db", threaded=True)


@pytest.fixture
def clients(office: Office) -> Clients:
    office.database.create(store.metadata)
    return Clients(office.database, office.clock)


@pytest.fixture
def http(office: Office, clients: Clients) -> Iterator[TestClient]:
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    accounts = Accounts(office.database, office.clock, office.ids, cheap)
    app = FastAPI()
    add_problems(app)
    app.include_router(router(office.queries, office.gate, Guard(clients, accounts, Access()).program))
    with TestClient(app) as client:
        yield client


@pytest.fixture
def planner(http: TestClient, clients: Clients) -> Program:
    return Program(http, clients.create("planner", ["read"], ROOT))


def supplied(office: Office, manner: str = "api", **more: Any) -> str:
    return office.supplied(recipients=("emergency", "client:planner"), manner=manner, **more).grant_id


def test_a_program_sees_its_own_grants_and_requests(office: Office, planner: Program) -> None:
    grant = supplied(office)
    office.desk.supply(office.granted(purpose="something else").id, PROVIDER, "the hub")  # not for programs
    (seen,) = planner.get("/shared/grants")
    assert (seen["id"], seen["manner"], seen["state"]) == (grant, "api", "supplied")
    assert {field["name"]: field["treatment"] for field in seen["fields"]}["mobile"] != "show"
    assert seen["ends"] == "2026-08-05T01:00:00Z"
    (request,) = planner.get("/shared/requests")
    assert (request["department"], request["provider"], request["grant"]) == ("emergency", "civil", grant)
    office.desk.end(request["id"], APPLICANT)
    assert planner.get("/shared/grants") == []
    assert planner.get("/shared/requests")[0]["state"] == "ended"


def test_rows_come_as_json_and_csv_as_they_may_be_seen(office: Office, planner: Program) -> None:
    grant = supplied(office)
    answer = planner.post(f"/shared/grants/{grant}/rows", fields=["name", "district"], limit=3)
    body = answer.json()
    assert answer.status_code == 200 and body["columns"] == ["name", "district"]
    assert len(body["rows"]) == 3 and body["more"] is True and body["use"] == 1
    assert all("*" in row["name"] and row["district"] == "east" for row in body["rows"])
    text = planner.post(f"/shared/grants/{grant}/rows", "text/csv", filter='district = "west"')
    assert text.headers["x-chengshu-use"] == "2" and text.headers["content-type"].startswith("text/csv")
    assert text.text == "id_number,name,mobile,district\n"
    uses = office.queries.life(grant, office.clock.now()).uses
    assert [(use.person, use.manner, use.rows) for use in uses] == [
        ("client:planner", "api", 3),
        ("client:planner", "api", 0),
    ]


def test_a_file_is_marked_and_says_how(office: Office, planner: Program) -> None:
    grant = supplied(office, "file", fields=("district", "allowance"))
    answer = planner.post(f"/shared/grants/{grant}/file")
    assert answer.status_code == 200 and answer.headers["x-chengshu-mark"] == "digits:allowance"
    assert f'filename="{grant}-1.csv"' in answer.headers["content-disposition"]
    assert answer.text.startswith("district,allowance\n")
    assert planner.post(f"/shared/grants/{grant}/rows").status_code == 403


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"purpose": "advertising"}, 403, "sharing.gate.purpose"),
        ({"fields": ["ward"]}, 403, "sharing.gate.fields"),
        ({"limit": 10**6}, 403, "sharing.gate.rows"),
        ({"filter": "district ="}, 403, "sharing.gate.filter"),
        ({"limit": 0}, 422, "request-invalid"),
        ({"purpose": ""}, 422, "request-invalid"),
        ({"everything": True}, 422, "request-invalid"),
    ],
)
def test_what_is_not_granted_is_a_problem_with_its_reason(
    office: Office, planner: Program, given: dict[str, Any], status: int, code: str
) -> None:
    grant = supplied(office)
    answer = planner.post(f"/shared/grants/{grant}/rows", **given)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == f"urn:chengshu:problem:{code}"
    if status == 403:  # the attempt is on record, and its number is told
        assert problem["use"] == 1 and problem["reason"]["text"]["zh-Hant"]
        assert office.queries.life(grant, office.clock.now()).uses[0].outcome == "denied"


def test_only_a_program_that_the_request_names_learns_that_a_grant_exists(
    office: Office, http: TestClient, clients: Clients
) -> None:
    grant = supplied(office)
    assert http.get("/shared/grants").status_code == 401
    other = Program(http, clients.create("other", ["read"], ROOT))
    assert other.post(f"/shared/grants/{grant}/rows").status_code == 404
    assert other.post("/shared/grants/grant-none/rows").status_code == 404
    assert other.get("/shared/grants") == [] and other.get("/shared/requests") == []
    writer = clients.create("writer", ["write"], ROOT)
    assert http.get("/shared/grants", headers={"authorization": f"Bearer {writer}"}).status_code == 403
    empty = office.supplied(recipients=("", "civil"), manner="api", purpose="nobody's")
    assert not office.queries.names(empty.grant_id, "")


def test_a_suspended_and_an_expired_grant_answer_no_more(office: Office, planner: Program) -> None:
    grant = supplied(office)
    office.desk.suspend(grant, PROVIDER, "it was handed on")
    assert "suspended" in planner.post(f"/shared/grants/{grant}/rows").json()["detail"]
    other = supplied(office, purpose="another storm")
    office.clock.advance_to(office.clock.now() + timedelta(days=31))
    denied = planner.post(f"/shared/grants/{other}/rows", purpose="another storm").json()
    assert denied["type"].endswith("gate.expired")


def test_a_program_counts_as_its_applicant_before_the_resident(office: Office, planner: Program) -> None:
    grant = supplied(office)
    planner.post(f"/shared/grants/{grant}/rows", fields=["id_number"], limit=2)
    number = str(office.tables["urn:chengshu:resource:residents"]["id_number"][1])
    (seen,) = office.queries.who_used(office.gate.subject_token(number))
    assert seen.department == COLLEAGUE.department


def test_a_program_looks_one_key_up_where_the_entry_has_one(
    office: Office, planner: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = supplied(office)
    number = office.tables[RESIDENTS]["id_number"][1].as_py()
    denied = planner.post(f"/shared/grants/{grant}/lookup", key=number)
    assert denied.status_code == 403 and "no key of a base library" in denied.text
    monkeypatch.setattr(office.gate, "_key_of", lambda entry: "id_number")
    found = planner.post(f"/shared/grants/{grant}/lookup", key=number).json()
    assert len(found["rows"]) == 1 and found["rows"][0]["district"] == "east"
    assert number not in str(found) and found["use"] == 2
    assert planner.post(f"/shared/grants/{grant}/lookup", key=number, filter="true").status_code == 422
