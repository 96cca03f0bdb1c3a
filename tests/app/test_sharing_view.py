"""Data sharing over a real hub, for each kind of person: who may what, in whose words, and what is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from msgspec.structs import replace
from sqlalchemy import update
from tests.app.sharing_office import ENTRY, NUMBER, PASSWORD, PURPOSE, ROOT, Office, register

from chengshu.foundation.access import Grant
from chengshu.kernel.clock import iso
from chengshu.resources.sharing import store, uses

pytestmark = pytest.mark.slow

ASKED = {
    "resource": ENTRY,
    "department": "emergency",
    "fields": ["name", "mobile", "street"],
    "purpose": PURPOSE,
    "basis": "突發事件應對法 52",
    "duration": "P30D",
    "recipients": "emergency",
    "manner": "query",
}


WITHHELD = {f"treat.{name}": "withhold" for name in ASKED["fields"]}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[Office]:
    made = Office(tmp_path_factory.mktemp("office"), root / "scenarios")
    yield made
    made.stop()


class Desk:
    """Somebody's browser without the browser."""

    def __init__(self, office: Office, login: str) -> None:
        self.http = TestClient(office.app, base_url="http://hub.test", follow_redirects=False)
        answer = self.http.post("/sign-in", data={"login": login, "password": PASSWORD})
        assert answer.status_code == 303, answer.text

    def get(self, path: str, status: int = 200, **query: str) -> str:
        answer = self.http.get(path, params=query, headers={"accept": "text/html"})
        assert answer.status_code == status, (path, answer.status_code)
        return answer.text

    def post(self, path: str, status: int = 303, /, **form: Any) -> str:
        answer = self.http.post(path, data=form, headers={"sec-fetch-site": "same-origin"})
        assert answer.status_code == status, (path, answer.status_code, answer.text[-3000:])
        return answer.headers.get("location", "") if status == 303 else answer.text

    def says(self, language: str) -> None:
        self.http.cookies.set("language", language)


@pytest.fixture(scope="module")
def wang(office: Office) -> Desk:
    return Desk(office, "wang")


@pytest.fixture(scope="module")
def li(office: Office) -> Desk:
    return Desk(office, "li")


@pytest.fixture(scope="module")
def chen(office: Office) -> Desk:
    return Desk(office, "chen")


def asked(wang: Desk, purpose: str, **more: Any) -> str:
    return wang.post("/sharing/ask", **(ASKED | {"purpose": purpose} | more))


def supplied(wang: Desk, li: Desk, purpose: str, **more: Any) -> tuple[str, str]:
    """A running grant: the request's address and the grant's."""
    request = asked(wang, purpose, **more)
    li.post(f"{request}/grant", reason="needed for the storm")
    li.post(f"{request}/supply", place="the hub")
    return request, grant_of(wang.get(request))


def grant_of(page: str) -> str:
    """The address of the grant on a request's page; what may serve already stands before it."""
    return str(re.findall(r'href="(/sharing/grants/grant-[^"?]+)', page)[-1])


def test_the_provider_tells_extends_and_grants_less(wang: Desk, li: Desk) -> None:
    request = asked(wang, "a first purpose")
    told = {"item.1": "purpose", "what.1": "say which streets", "item.2": "", "what.2": ""}
    li.post(f"{request}/missing", **told)
    assert "say which streets" in wang.get(request)
    form = wang.get("/sharing/ask", completes=request.rpartition("/")[2])
    assert "a first purpose</textarea>" in form and "say which streets" in form
    full = ASKED | {"purpose": "Harbour Road", "completes": request.rpartition("/")[2]}
    wang.post("/sharing/ask", **full)
    li.post(f"{request}/extend", reason="two registers must be compared")
    assert "20 working days" in li.get(request)
    again = li.post(f"{request}/extend", 409, reason="and a third")
    assert "can be extended once" in again
    li.post(
        f"{request}/grant",
        **{
            "treat.name": "show",
            "treat.mobile": "withhold",
            "rows": 'street = "Hill Lane"',
            "rows_per_use": "5",
            "conditions": "on duty only",
            "reason": "names are needed at the door",
        },
    )
    page = wang.get(request)
    for words in ("on duty only", "5 rows a use", "names are needed at the door", "Hill Lane"):
        assert words in page
    li.post(f"{request}/supply", place="the hub")
    rows = wang.post(f"{grant_of(page)}/rows", 200, purpose="Harbour Road")
    assert rows.count("<td>Hill Lane</td>") == 5 and "there are more" in rows and "某" in rows
    assert "1380000" not in rows


@pytest.mark.parametrize(
    ("act", "form", "words"),
    [
        ("grant", {"reason": "", "treat.name": "mask"}, "请用一句话说明理由。"),
        ("grant", {"reason": "because", "rows": "street ="}, "行的条件无法识别"),
        ("grant", {"reason": "because", "rows_per_use": "many"}, "请填整数。"),
        (
            "grant",
            {"reason": "because", **WITHHELD},
            "全部字段均不提供",
        ),
        ("refuse", {"reason": "because", "law": ""}, "请用一句话说明理由。"),
        ("missing", {"item.1": "", "what.1": ""}, "请写明所缺内容。"),
        ("supply", {"place": "here"}, "申请状态已变"),
    ],
)
def test_what_is_wrong_is_said_in_the_language_and_nothing_changes(
    wang: Desk, li: Desk, act: str, form: dict[str, str], words: str
) -> None:
    request = asked(wang, f"to be refused {act} {len(str(form))} {words}")
    li.says("zh-Hans")
    answer = li.post(f"{request}/{act}", 409 if act == "supply" else 422, **form)
    li.says("en")
    assert words in answer
    assert "Under review" in li.get(request)
    wang.post(f"{request}/withdraw")


def test_a_purpose_that_is_granted_already_leads_to_its_grant(wang: Desk, li: Desk) -> None:
    _, grant = supplied(wang, li, "granted already")
    answer = wang.post("/sharing/ask", 409, **(ASKED | {"purpose": "granted already"}))
    assert f'href="{grant}"' in answer and "has this already" in answer


def test_nobody_acts_for_a_department_that_is_not_theirs(office: Office, wang: Desk, li: Desk) -> None:
    request = asked(wang, "nobody else's business")
    wang.says("zh-Hant")
    assert "操作員或負責人" in wang.post(f"{request}/grant", 403, reason="for myself")
    wang.says("en")
    assert "Denied" not in li.get(request)
    answer = wang.post("/sharing/ask", 403, **(ASKED | {"department": "water"}))
    assert "operator or lead of Water Bureau" in answer
    office.add("both", Grant("operator", "emergency"), Grant("operator", "civil"))
    both = Desk(office, "both")
    assert both.get("/sharing/ask", resource=ENTRY).count("<option") > 2
    own = both.post("/sharing/ask", **(ASKED | {"purpose": "my own"}))
    assert "nobody decides on a request of their own" in both.post(f"{own}/grant", 403, reason="for myself")
    assert both.post(f"{request}/refuse", reason="too much", law="條例 20")


def test_an_onlooker_of_the_department_looks_and_uses_nothing(office: Office, wang: Desk, li: Desk) -> None:
    request, grant = supplied(wang, li, "for operators")
    office.add("intern", Grant("viewer", "emergency"))
    intern = Desk(office, "intern")
    page = intern.get(request)
    assert "Nothing waits for you here." in page and 'method="post" action="/sharing' not in page
    assert "You act for none of the recipients." in intern.get(grant)
    uses = office.hub.sharing.queries.life(grant.rpartition("/")[2], office.hub.clock.now()).uses
    intern.post(f"{grant}/rows", 403, purpose="for operators")
    assert office.hub.sharing.queries.life(grant.rpartition("/")[2], office.hub.clock.now()).uses == uses
    assert "operator or lead" in intern.get("/sharing/ask", resource=ENTRY)
    office.add("outside", Grant("operator", "water"))
    outside = Desk(office, "outside")
    outside.get(request, 403)
    outside.get(grant, 403)
    assert request not in outside.get("/sharing", scope="all")


def test_a_grant_by_file_gives_a_file_and_one_for_programs_says_so(wang: Desk, li: Desk) -> None:
    _, grant = supplied(wang, li, "by file", manner="file")
    assert "Take the file" in wang.get(grant)
    text = wang.post(f"{grant}/file", 200, purpose="by file", fields=["name", "street"], limit="3")
    assert text.startswith("name,street\n") and text.count("\n") == 4 and "某" not in text
    denied = wang.post(f"{grant}/file", 403, purpose="another")
    assert "is not the purpose" in denied and "another</textarea>" in denied
    _, program = supplied(wang, li, "by program", manner="api", programs="planner")
    assert "It is for programs" in wang.get(program)


def test_looking_back_shows_the_request_as_it_stood(office: Office, wang: Desk, li: Desk) -> None:
    request = asked(wang, "looked back at")
    then = office.hub.clock.now()
    li.post(f"{request}/refuse", reason="not needed", law="條例 20")
    now, past = wang.get(request), wang.get(request, as_of=iso(then))
    assert "not needed" in now and "Refused" in now
    assert "not needed" not in past and "Under review" in past
    assert "Refused" in wang.get(request, as_of=iso(then + timedelta(days=1)))  # the future is the present


def test_residents_are_answered_at_the_counter_only(office: Office, wang: Desk, li: Desk, chen: Desk) -> None:
    _, grant = supplied(
        wang, li, "with consent", fields=["id_number", "street"], consent="yes", recipients="emergency"
    )
    wang.post(f"{grant}/rows", 200, purpose="with consent", filter='street = "Mill Lane"')
    number = NUMBER.format(3)
    for other in (wang, li):
        other.get("/sharing/counter", 403)
        other.post("/sharing/counter", 403, number=number, seen="yes")
    told = chen.post("/sharing/counter", 200, number=number, seen="yes")
    assert "Once" in told and "your consent" in told and "with consent" in told
    form = {"number": number, "seen": "yes", "resource": ENTRY}
    assert "Give it again" in chen.post("/sharing/counter/consent", 200, give="no", **form)
    again = wang.post(f"{grant}/rows", 200, purpose="with consent", filter='street = "Mill Lane"')
    assert "9 rows" in again
    assert "Take it back" in chen.post("/sharing/counter/consent", 200, give="yes", **form)
    slip = chen.post("/sharing/counter/code", 200, number=number, seen="yes", give="yes")
    (code,) = re.findall(r"[A-Z2-9]{4}(?:-[A-Z2-9]{4}){4}", slip)
    stranger = TestClient(office.app, base_url="http://hub.test")
    assert "with consent" in stranger.post("/my-data", data={"code": code}).text
    assert stranger.post("/my-data", data={"code": code[:-1]}).status_code == 401
    with office.hub.database.read() as connection:
        kept = [use.filter for use in store.uses_where(connection)]
    assert number not in str(kept)


def test_a_correction_is_asked_answered_told_and_marked(wang: Desk, li: Desk, chen: Desk) -> None:
    _, grant = supplied(wang, li, "to be corrected")
    wang.post(f"{grant}/rows", 200, purpose="to be corrected", filter='street = "Mill Lane"')
    said = {"record": "resident 3", "claim": "it is Mill Lane", "evidence": "we stood there"}
    about = {"about": grant.rsplit("/", 1)[-1], "field": "street"}
    assert "selected" in wang.get("/sharing/corrections", grant=about["about"])
    li.post("/sharing/corrections", 403, **about, **said)
    told = wang.post("/sharing/corrections", **about, **said)
    id_ = told.rsplit("=", 1)[-1]
    assert "resident 3" in li.get("/sharing/corrections") and "10 left" in li.get("/sharing/corrections")
    wang.post(f"/sharing/corrections/{id_}/answer", 403, reason="mended", corrected="yes")
    li.post(f"/sharing/corrections/{id_}/answer", reason="mended in the register", corrected="yes")
    page = wang.get("/sharing/corrections")
    assert "mended in the register" in page and "Told:" in page
    number = NUMBER.format(3)
    form = {"about": ENTRY, "field": "street", "resident": "yes", "number": number, "seen": "yes"}
    wang.post("/sharing/corrections", 403, **form, **said)
    chen.post("/sharing/corrections", **form, **said)
    page = li.get("/sharing/corrections")
    assert "a resident, at the counter" in page and number not in page
    assert "Corrected at the source" in wang.get(f"/ledger/{ENTRY}", show="quality")


def test_the_record_is_for_auditors_and_says_when_it_was_changed(office: Office, wang: Desk) -> None:
    wang.get("/sharing/record", 403)
    zheng = Desk(office, "zheng")
    assert "The record is whole." in zheng.get("/sharing/record")
    assert "Nobody used shared data" in zheng.get("/sharing/record", since="2020-01-01", until="2020-01-02")
    assert "Nobody used shared data" not in zheng.get("/sharing/record")
    zheng.get("/sharing/record", 422, since="2026-02-01", until="2026-01-01")
    office.hub.database.write(lambda connection: uses_sealed_and_changed(office, connection))
    assert "changed after it was sealed" in zheng.get("/sharing/record")


def uses_sealed_and_changed(office: Office, connection: Any) -> None:
    """Seal what there is, then change one body behind everybody's back."""
    uses.seal_in(connection, office.hub.clock.now())
    connection.execute(update(store.uses).where(store.uses.c.seq == 1).values(body=b"{}"))


def test_an_entry_that_is_open_to_all_is_granted_at_once(office: Office, wang: Desk) -> None:
    entry = register()
    free = replace(
        entry, id="urn:x:free", sharing="unconditional", sharing_condition="", fields=entry.fields[3:]
    )
    office.hub.ledger.put([free], ROOT)
    request = wang.post("/sharing/ask", **(ASKED | {"resource": "urn:x:free", "fields": "street"}))
    page = wang.get(request)
    assert "Granted, by the hub itself" in page
