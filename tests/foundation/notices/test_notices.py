"""Word reaches people: the right inboxes, the right addresses, once, not at night, and not as a flood."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.access import Grant, Person
from chengshu.foundation.journal import Act, Actor, Outbox, Pump, deliveries, record
from chengshu.foundation.journal import store as journal_store
from chengshu.foundation.notices import (
    House,
    Notice,
    NoticeFollower,
    NoticeQueries,
    Notices,
    NoticesFile,
    To,
    store,
)
from chengshu.foundation.notices.declared import Digest, Quiet
from chengshu.foundation.notices.pacing import awake_at, leaves_at
from chengshu.foundation.notices.routing import routed
from chengshu.kernel.clock import VirtualClock, millis
from chengshu.kernel.errors import Missing
from chengshu.ports.runtime import Change

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 7, 21, 4, 0, tzinfo=UTC)
HOUSE = House(
    lambda area: {"north-1": ["north-1", "north", "city"], "north": ["north", "city"]}.get(area, [area]),
    lambda body: {"water_north": "water", "water": "centre"}.get(body, ""),
)


def person(id_: str, *grants: tuple[str, str, str], disabled: bool = False) -> Person:
    return Person(id_, id_, id_.title(), tuple(Grant(*grant) for grant in grants), disabled=disabled)


OFFICER = person("li", ("operator", "water", "*"))
LEAD = person("wang", ("lead", "emergency", "*"))
DUTY = person("song", ("duty_officer", "*", "city"))
EASTERN = person("ye", ("duty_officer", "*", "east"))
ADMIN = person("root", ("administrator", "*", "*"))
VIEWER = person("guest", ("viewer", "water", "*"))
PEOPLE = [OFFICER, LEAD, DUTY, EASTERN, ADMIN, VIEWER]
MAIL = {"mail": {"kind": "smtp", "host": "h", "sender": "a@b.example", "security": "none"}}


def notice(number: int = 1, kind: str = "sharing.submitted", at: datetime = NOON, **parties: To) -> Notice:
    named = {name: (to,) for name, to in (parties or {"provider": To("department", "water")}).items()}
    return Notice(
        f"notice-{number}", kind, f"thing-{number}", millis(at), {"en": str(number)}, {}, "/x", named
    )


def file(**parts: Any) -> NoticesFile:
    return NoticesFile.model_validate({"channels": MAIL} | parts)


class Desk:
    def __init__(self, path: Path, declared: NoticesFile, *, outside: bool = True) -> None:
        self.database = SqliteDatabase(path, durable=False, threaded=False)
        self.database.create(journal_store.metadata, store.metadata)
        self.clock = VirtualClock(NOON)
        self.notices = Notices(
            *(self.database, self.clock, declared, lambda _: PEOPLE, HOUSE, ZONE), outside=outside
        )
        self.queries = NoticeQueries(self.database, self.clock)
        self.got: list[tuple[str, list[str]]] = []
        outbox = Outbox(self.database, self.clock, {"mail": self})
        self.pump = Pump(self.database, self.clock, [], [self.notices, outbox], strict=True)

    def deliver(self, key: str, payload: Any) -> None:
        self.got.append((payload["to"], [item["id"] for item in payload["items"]]))

    def post(self, *found: Notice) -> int:
        told = self.database.write(lambda connection: self.notices.post_in(connection, found))
        self.pump.drain()
        return told

    def wait(self, **period: float) -> None:
        end = self.clock.now() + timedelta(**period)
        while (due := self.pump.next_due()) is not None and due <= end:
            self.clock.advance_to(max(due, self.clock.now()))
            self.pump.drain()
        self.clock.advance_to(end)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    to_water = {"department": "water", "via": "mail", "at": ["duty@water.example"]}
    routes = [{"kinds": ["sharing.*", "order.issued"], "via": ["mail"]}]
    quiet = {"since": "21:00", "until": "07:00"}
    found = Desk(tmp_path / "hub.db", file(reach=[to_water], routes=routes, quiet=quiet))
    yield found
    found.database.close()


@pytest.mark.parametrize(
    ("to", "accounts", "instead"),
    [
        (To("department", "water"), ["li"], False),
        (To("department", "water_north"), ["li"], True),  # nobody there: the body above
        (To("department", "legal"), ["root"], True),  # nobody anywhere: the administrators
        (To("person", "wang"), ["wang"], False),
        (To("duty", "north-1"), ["song"], False),
        (To("duty", "east"), ["ye"], False),
        (To("role", "administrator"), ["root"], False),
    ],
)
def test_a_notice_reaches_whom_it_is_for_and_is_never_for_nobody(
    to: To, accounts: list[str], instead: bool
) -> None:
    found = routed(notice(provider=to), NoticesFile(), PEOPLE, HOUSE)
    assert (list(found.accounts), found.instead) == (accounts, instead)


def test_who_is_disabled_is_told_nothing_and_a_viewer_neither() -> None:
    gone = person("gone", ("operator", "water", "*"), disabled=True)
    found = routed(notice(), NoticesFile(), [gone, VIEWER, ADMIN], HOUSE)
    assert (found.accounts, found.instead) == (("root",), True)


def test_the_citys_route_says_who_else_by_which_way_and_how_urgent() -> None:
    reach = [
        {"department": "legal", "via": "mail", "at": ["legal@city.example"], "language": "en"},
        {"person": "wang", "via": "mail", "at": ["wang@city.example"]},
        {"duty": "city", "via": "mail", "at": ["duty@city.example"]},
    ]
    wanted = ["requester", "department:legal"]
    routes = [{"kinds": ["sharing.refused"], "to": wanted, "via": ["mail"], "urgent": True}]
    declared = file(reach=reach, routes=[*routes, {"kinds": ["warning.*"], "via": ["mail"]}])
    found = routed(notice(kind="sharing.refused", requester=To("person", "wang")), declared, PEOPLE, HOUSE)
    assert found.accounts == ("wang",) and found.urgent
    assert [(way.address, way.language) for way in found.ways] == [
        ("legal@city.example", "en"),
        ("wang@city.example", "zh-Hans"),
    ]
    storm = routed(notice(kind="warning.raised", duty=To("duty", "north-1")), declared, PEOPLE, HOUSE)
    assert [way.address for way in storm.ways] == ["duty@city.example"], "who is on duty for the whole city"


def test_an_inbox_is_read_line_by_line_and_by_its_owner_alone(desk: Desk) -> None:
    assert desk.post(notice(1), notice(2), notice(1)) == 2
    assert desk.post(notice(2)) == 0, "what was told is not told again"
    assert (desk.queries.unread("li"), desk.queries.unread("wang")) == (2, 0)
    assert desk.notices.read("li", "notice-1").link == "/x"
    with pytest.raises(Missing):
        desk.notices.read("wang", "notice-2")
    assert [line.notice.id for line in desk.queries.inbox("li", unread=True)] == ["notice-2"]
    desk.notices.unread_again("li", "notice-1")
    assert desk.queries.unread("li") == 2
    assert desk.notices.read_all("li", millis(NOON)) == 2
    desk.post(notice(3, at=NOON + timedelta(minutes=1)))
    assert desk.notices.read_all("li", millis(NOON)) == 0, "what came while the page was open stays unread"


def test_many_of_a_kind_are_told_together_and_none_is_lost(desk: Desk) -> None:
    for number in range(1, 21):
        desk.post(notice(number))
    assert [ids for _, ids in desk.got] == [[f"notice-{n}"] for n in range(1, 6)]
    (channel,) = desk.queries.channels(["mail"])
    assert (channel.held, channel.waiting, channel.done) == (15, 0, 5)
    desk.wait(minutes=30)
    assert [ids for _, ids in desk.got[5:]] == [[f"notice-{n}" for n in range(6, 21)]]
    desk.post(notice(30, at=desk.clock.now()))
    assert desk.got[-1][1] == ["notice-30"], "after a quiet time each goes by itself again"


def test_at_night_what_can_wait_waits_and_what_is_urgent_leaves(desk: Desk) -> None:
    desk.wait(hours=11)  # 23:00 in the city
    night = desk.clock.now()
    desk.post(notice(1, at=night), notice(2, at=night))
    desk.post(notice(3, "order.issued", night, handler=To("department", "water")))
    assert [ids for _, ids in desk.got] == [["notice-3"]]
    assert desk.queries.unread("li") == 3, "the inbox does not sleep"
    desk.wait(hours=8)
    assert [ids for _, ids in desk.got[1:]] == [["notice-1", "notice-2"]]


def test_old_news_and_drills_wake_nobody(desk: Desk, tmp_path: Path) -> None:
    desk.post(notice(1, at=NOON - timedelta(days=2)))
    assert desk.got == [] and desk.queries.unread("li") == 1
    drill = Desk(tmp_path / "drill.db", desk.notices.declared, outside=False)
    drill.post(notice(1))
    with drill.database.read() as connection:
        assert deliveries(connection) == []
    assert drill.queries.unread("li") == 1
    drill.database.close()


def test_what_happened_becomes_notices_once_however_often_it_is_looked_at(desk: Desk) -> None:
    def tell(change: Change) -> list[Notice]:
        return [notice(change.seq, at=change.at)]

    def happen(connection: Any) -> None:
        record(connection, Act(Actor("person:a"), "sharing.granted", "x", desk.clock.now()))

    for _ in range(2):  # the second pump is another start of the hub
        follower = NoticeFollower(desk.notices, desk.clock, ("sharing.",), tell)
        desk.database.write(happen)
        Pump(desk.database, desk.clock, [follower], [], strict=True).drain()
    assert desk.queries.unread("li") == 2
    old = Change(99, "sharing.granted", "x", NOON - timedelta(days=31), {})
    assert follower.prepare([old]) is None, "a hub does not tell its whole past"


def test_what_nobody_could_be_told_waits_for_the_first_who_can(desk: Desk) -> None:
    kept = PEOPLE.copy()
    PEOPLE.clear()
    try:
        desk.post(notice(1))
        PEOPLE.append(ADMIN)
        follower = NoticeFollower(desk.notices, desk.clock, ("sharing.",), lambda _: ())
        pump = Pump(desk.database, desk.clock, [follower], [], strict=True)
        act = Act(Actor("person:root"), "account.created", "root", desk.clock.now())
        for _ in range(2):
            desk.database.write(lambda connection: record(connection, act))
            pump.drain()
        assert [line.notice.id for line in desk.queries.inbox("root")] == ["notice-1"]
    finally:
        PEOPLE[:] = kept


def test_after_a_year_notices_are_forgotten(desk: Desk) -> None:
    desk.post(notice(1))
    desk.notices.tick(NOON + timedelta(days=300))
    assert len(desk.queries.inbox("li")) == 1
    desk.notices.tick(NOON + timedelta(days=400))
    assert desk.queries.inbox("li") == []


MOMENTS = st.integers(0, 366 * 1440).map(lambda minutes: NOON + timedelta(minutes=minutes))


@settings(max_examples=examples(60))
@given(now=MOMENTS, since=st.times(), until=st.times())
def test_a_message_never_leaves_in_quiet_hours_and_never_waits_longer_than_a_day(
    now: datetime, since: time, until: time
) -> None:
    since, until = since.replace(second=0, microsecond=0), until.replace(second=0, microsecond=0)
    quiet = Quiet.model_validate({"since": since, "until": until})
    then = awake_at(now, quiet, ZONE)
    assert now <= then <= now + timedelta(days=1)
    assert awake_at(then, quiet, ZONE) == then
    if then > now:
        assert then.astimezone(ZONE).time() == until


@settings(max_examples=examples(60))
@given(gaps=st.lists(st.integers(0, 40), max_size=60), after=st.integers(1, 6), minutes=st.integers(1, 60))
def test_no_window_ever_holds_more_than_is_allowed(gaps: list[int], after: int, minutes: int) -> None:
    digest, now, sent = Digest(after=after, minutes=minutes), NOON, list[datetime]()
    for gap in gaps:
        now += timedelta(minutes=gap)
        if leaves_at(now, False, sent, digest) == now:
            sent.append(now)
    window = timedelta(minutes=minutes)
    assert all(sum(moment <= one < moment + window for one in sent) <= after for moment in sent)
