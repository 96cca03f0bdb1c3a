"""Word reaches people, from what happens in a hub to an inbox and a real mail server; also after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.app.sharing_office import ENTRY, PURPOSE, Office
from tests.app.terminal import run
from tests.foundation.notices.mailhost import MailHost

from chengshu.app.notices_telling import FOLLOWED, Telling
from chengshu.foundation.access import queries
from chengshu.foundation.journal import Act, Actor, changes_after, record
from chengshu.foundation.notices import KINDS, Line, To
from chengshu.ports.runtime import Change
from chengshu.resources.sharing import Ask, Party

pytestmark = pytest.mark.slow

WANG, LI, CHEN = Party("wang", "emergency"), Party("li", "civil"), Party("chen", "data-bureau")
PATIENCE_S = 60


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[Office]:
    made = Office(tmp_path_factory.mktemp("office"), root / "scenarios")
    yield made
    made.stop()


def inbox(office: Office, login: str) -> list[Line]:
    office.hub.pump.drain()
    with office.hub.database.read() as connection:
        people = {person.login: person.id for person in queries.people(connection)}
    return office.hub.notices.queries.inbox(people[login])


def kinds(office: Office, login: str) -> list[str]:
    return [line.notice.kind for line in inbox(office, login)][::-1]


def test_each_party_of_a_request_hears_what_concerns_it_and_nobody_else(office: Office) -> None:
    desk, logins = office.hub.sharing.desk, ("wang", "li", "chen", "song")
    before = {login: len(kinds(office, login)) for login in logins}
    ask = Ask(ENTRY, ("name", "mobile"), "", PURPOSE, "突發事件應對法 52", "P30D", ("emergency",))
    first = desk.submit(ask, WANG)
    steps: list[Callable[[], object]] = [
        lambda: desk.tell_missing(first.id, LI, {"plan": "send the plan"}),
        lambda: desk.complete(first.id, ask, WANG),
        lambda: desk.refuse(first.id, LI, "the plan is void", law="條例 20"),
        lambda: desk.object(first.id, WANG, "the plan is in force"),
        lambda: desk.settle(first.id, CHEN, upheld=True, reason="it is in force"),
        lambda: desk.supply(first.id, LI, "the hub"),
        lambda: desk.suspend(first.id, LI, "a program reads at night"),
        lambda: desk.revoke(first.id, LI, "it was misused"),
    ]
    office.hub.pump.drain()
    for step in steps:
        step()
        office.hub.pump.drain()
    wang, li, chen, song = (kinds(office, login)[before[login] :] for login in logins)
    told = ["incomplete", "refused", "granted", "supplied", "suspended", "over"]
    assert wang == [f"sharing.{kind}" for kind in told]
    assert li == ["sharing.submitted", "sharing.submitted", "sharing.suspended"]
    assert chen == ["sharing.objected", "sharing.suspended"]
    assert song == [], "the duty officer has no part in it"
    refused = next(line for line in inbox(office, "wang") if line.notice.kind == "sharing.refused")
    assert refused.notice.text["en"] == "the plan is void; 條例 20"
    assert refused.notice.link == f"/sharing/requests/{first.id}"
    assert all(refused.notice.title[tag] for tag in ("en", "zh-Hans", "zh-Hant"))


def test_a_correction_is_heard_by_its_provider_and_answered_to_who_asked(office: Office) -> None:
    before = len(kinds(office, "wang"))
    duties = office.hub.sharing.duties
    item = duties.ask_correction(
        *(ENTRY, "row 7", "street", "it is Mill Lane", Actor("wang")), evidence="seen", department="emergency"
    )
    assert kinds(office, "li")[-1] == "correction.asked"
    duties.answer_correction(item.id, LI, corrected=True, reason="mended")
    assert kinds(office, "wang")[before:] == ["correction.answered"]
    assert "corrected at its source" in inbox(office, "wang")[0].notice.title["en"]


HEADLINE = {"en": "Red: deep water", "zh-Hans": "红色", "zh-Hant": "紅色"}


@pytest.mark.parametrize(
    ("kind", "payload", "said"),
    [
        ("warning.raised", {"area": "city", "level": "red", "headline": HEADLINE}, "warning.raised"),
        (
            "warning.changed",
            {"area": "city", "level": "red", "previous": "orange", "headline": HEADLINE},
            "warning.raised",
        ),
        ("warning.changed", {"area": "city", "level": "blue", "previous": "orange"}, None),
        ("warning.escalated", {"area": "city", "level": "red", "headline": HEADLINE}, "warning.escalated"),
        ("delivery.gave_up", {"channel": "mail", "error": "550 not here"}, "delivery.failed"),
    ],
)
def test_the_duty_officer_hears_of_warnings_that_rise(
    office: Office, kind: str, payload: dict[str, Any], said: str | None
) -> None:
    login = "root" if kind.startswith("delivery") else "song"
    before = len(kinds(office, login))
    act = Act(Actor.hub("test"), kind, "thing-1", office.hub.clock.now(), payload)
    office.hub.database.write(lambda connection: record(connection, act))
    assert kinds(office, login)[before:] == ([] if said is None else [said])


def test_an_order_is_told_to_who_has_it_and_a_late_clock_to_the_body_above(office: Office) -> None:
    telling = Telling(office.hub.city, office.hub.sharing.queries, office.hub.ledger_queries, "data-bureau")
    order = {"name": HEADLINE, "department": "water", "area": "city", "reason": {}}
    at = datetime(2026, 7, 21, tzinfo=UTC)

    def told(act: str, **more: Any) -> Any:
        change = Change(7, f"work_order.{act}", "order-1", at, {"work_order": order, **more})
        return telling(change)[0]

    issued, late = told("assigned"), told("escalated", to="command_centre", kind="late")
    assert issued.for_parties(KINDS["order.issued"].to) == (To("department", "water"),)
    assert late.for_parties(KINDS["order.late"].to) == (
        To("department", "water"),
        To("department", "command_centre"),
    )
    near = told("escalated", to="water", kind="near")
    assert near.for_parties(KINDS["order.late"].to) == (To("department", "water"),)
    assert "soon" in near.title["en"]
    assert telling(Change(8, "work_order.accepted", "order-1", at, {"work_order": order})) == ()
    assert telling(Change(9, "sharing.uses_sealed", "uses", at, {})) == ()
    with office.hub.database.read() as connection:
        for change in changes_after(connection, 0, FOLLOWED, 1000):  # whatever happened can be told again
            assert telling(change) == telling(change)


MAILING = """
public_url: https://hub.city.example
channels: {{mail: {{kind: smtp, host: localhost, port: {port}, security: none, sender: hub@city.example}}}}
reach: [{{department: water, via: mail, at: [duty@water.example]}}]
"""


def test_one_on_trial_arrives_or_says_what_is_wrong(city: Path) -> None:
    host = MailHost(tls="", users=False)
    try:
        (city / "notices.yaml").write_text(MAILING.format(port=host.port), "utf-8")
        assert run("check", city).code == 0
        ran = run("notices", "test", city, "mail")
        assert (ran.code, len(host.got)) == (0, 1), ran.err
        assert host.got[0]["To"] == "duty@water.example" and "试发" in host.got[0]["Subject"]
        host.answers = {"nobody": 550}
        ran = run("notices", "test", city, "mail", "--to", "nobody@water.example")
        assert ran.code == 2 and "550" in ran.err and "notices.yaml" in ran.err
        assert run("notices", "test", city, "pigeon").code == 2
    finally:
        host.close()
    ran = run("notices", "test", city, "mail")
    assert ran.code == 2 and f"localhost:{host.port}" in ran.err and "firewall" in ran.err
    assert "sharing.refused" in run("notices", "kinds").out


CHILD = """
import sys, time
from pathlib import Path
from zoneinfo import ZoneInfo
from chengshu.app.notices import Couriers
from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.smtp import SmtpSender, SmtpServer
from chengshu.foundation.access import Grant, Person
from chengshu.foundation.journal import store as journal_store
from chengshu.foundation.notices import House, Notice, Notices, NoticesFile, To, store
from chengshu.foundation.notices.channels import MailWay
from chengshu.kernel.clock import SystemClock, millis
from chengshu.kernel.texts import Text

path, port, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
database, clock, zone = SqliteDatabase(path), SystemClock(), ZoneInfo("Asia/Shanghai")
database.create(journal_store.metadata, store.metadata)
declared = NoticesFile.model_validate({
    "channels": {"mail": {"kind": "smtp", "host": "localhost", "port": port, "security": "none",
                          "sender": "hub@city.example"}},
    "reach": [{"department": "water", "via": "mail", "at": ["duty@water.example"]}],
    "routes": [{"kinds": ["*"], "via": ["mail"]}],
    "digest": {"after": 1000},
})
people = [Person("li", "li", "Li", (Grant("operator", "water"),))]
notices = Notices(database, clock, declared, lambda _: people, House(lambda a: [a], lambda b: ""), zone)
sender = SmtpSender(SmtpServer("localhost", port, "none"), lambda: "")
way = MailWay(sender, "hub@city.example", Text.of("City"), zone, "", clock)
couriers = Couriers(database, clock, {"mail": way})
couriers.start()
for n in range(count):
    parties = {"handler": (To("department", "water"),)}
    now = millis(clock.now())
    one = Notice(f"notice-{n}", "order.issued", f"order-{n}", now, {"en": f"order {n}"}, {}, "", parties)
    database.write(lambda connection: notices.post_in(connection, [one]))
print("posted", flush=True)
while True:
    time.sleep(1)
"""


def test_after_kills_every_message_arrives_and_one_that_came_twice_can_be_told(tmp_path: Path) -> None:
    host, count = MailHost(tls="", users=False), 40
    try:
        for enough in (5, 20, count):
            command = [sys.executable, "-c", CHILD, tmp_path / "hub.db", str(host.port), str(count)]
            child = subprocess.Popen(command, stdout=subprocess.PIPE)
            try:
                until(lambda enough=enough: len(_names(host)) >= enough)
            finally:
                os.kill(child.pid, signal.SIGKILL)
                child.wait()
                if child.stdout is not None:
                    child.stdout.close()
        assert len(_names(host)) == count
        by_subject: dict[str, set[str]] = {}
        for message in list(host.got):
            by_subject.setdefault(message["Subject"], set()).add(message["Message-ID"])
        assert all(len(ids) == 1 for ids in by_subject.values())
    finally:
        host.close()


def _names(host: MailHost) -> set[str]:
    return {message["Message-ID"] for message in list(host.got)}
