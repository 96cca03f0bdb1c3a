"""Accounts and sessions: the first link, passwords, throttling, expiry, and what the journal keeps of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.access import Accounts, Grant, Passwords, Person, TooMany, queries, store
from chengshu.foundation.journal import Actor, changes_after, verify
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import Conflict, Denied, Invalid, Missing, Unauthenticated
from chengshu.kernel.ids import SequenceIds

APP = Actor.hub("app")
GOOD = "three quiet herons"
OTHER = "seven loud sparrows"


class Desk:
    def __init__(self, path: Path) -> None:
        self.database = SqliteDatabase(path, durable=False, threaded=False)
        self.database.create(journal_store.metadata)
        self.database.create(store.metadata)
        self.clock = VirtualClock(datetime(2026, 7, 1, 8, tzinfo=UTC))
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        self.accounts = Accounts(self.database, self.clock, SequenceIds(), Passwords(cheap))

    def wait(self, **period: float) -> None:
        self.clock.advance_to(self.clock.now() + timedelta(**period))

    def first(self) -> Person:
        return self.accounts.use_setup_link(
            self.accounts.issue_setup_link(APP), GOOD, login="Root", name="Admin"
        )

    def clerk(self, by: Person, login: str = "clerk") -> Person:
        person = self.accounts.create_account(login, "Clerk", [Grant("operator", "water")], by.actor)
        self.accounts.use_setup_link(self.accounts.issue_setup_link(by.actor, person.id), GOOD)
        return person

    def journal(self) -> list[str]:
        with self.database.read() as c:
            assert verify(c).ok
            return [change.kind for change in changes_after(c, 0)]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "hub.db")
    yield made
    made.database.close()


def test_the_first_administrator_comes_by_link_and_only_once(desk: Desk) -> None:
    with desk.database.read() as c:
        assert queries.needs_setup(c)
    token = desk.accounts.issue_setup_link(APP)
    root = desk.accounts.use_setup_link(token, GOOD, login="Root", name="Admin")
    assert (root.login, root.roles) == ("root", ("administrator",))
    with pytest.raises(Denied):
        desk.accounts.use_setup_link(token, GOOD, login="again", name="Again")
    with pytest.raises(Conflict):
        desk.accounts.issue_setup_link(APP)
    with desk.database.read() as c:
        assert not queries.needs_setup(c)
        assert [person.login for person in queries.people(c)] == ["root"]


def test_a_link_ends_by_time_by_use_and_by_a_newer_one(desk: Desk) -> None:
    old = desk.accounts.issue_setup_link(APP)
    new = desk.accounts.issue_setup_link(APP)
    for token in (old, "guess", ""):
        with pytest.raises(Denied):
            desk.accounts.use_setup_link(token, GOOD, login="root", name="A")
    with pytest.raises(Invalid):
        desk.accounts.use_setup_link(new, "short", login="root", name="A")
    with pytest.raises(Invalid):
        desk.accounts.use_setup_link(new, GOOD, login="a b", name="")
    desk.wait(hours=24)
    with pytest.raises(Denied):
        desk.accounts.use_setup_link(new, GOOD, login="root", name="A")


def test_nothing_secret_is_stored_or_journalled(desk: Desk, tmp_path: Path) -> None:
    token = desk.accounts.issue_setup_link(APP)
    desk.accounts.use_setup_link(token, GOOD, login="root", name="Admin")
    opened = desk.accounts.login("root", GOOD)
    desk.database.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("hub.db*"))
    for secret in (token, GOOD, opened.token, opened.csrf):
        assert secret.encode() not in stored
    assert b"$argon2id$" in stored


def test_every_account_change_is_journalled(desk: Desk) -> None:
    root = desk.first()
    clerk = desk.clerk(root)
    desk.accounts.set_roles(clerk.id, [Grant("lead", "roads", "north")], root.actor)
    desk.accounts.set_profile(clerk.id, root.actor, language="zh-Hant", unit="urn:ngsi-ld:Crew:1")
    desk.accounts.disable(clerk.id, root.actor)
    desk.accounts.enable(clerk.id, root.actor)
    assert desk.journal() == [
        "setup_link.issued",
        "account.created",
        "setup_link.used",
        "account.created",
        "setup_link.issued",
        "account.password_set",
        "setup_link.used",
        "account.roles_set",
        "account.changed",
        "account.disabled",
        "account.enabled",
    ]
    with desk.database.read() as c:
        person = queries.person(c, clerk.id)
        assert (person.grants, person.unit, person.language) == (
            (Grant("lead", "roads", "north"),),
            "urn:ngsi-ld:Crew:1",
            "zh-Hant",
        )
        changes = list(changes_after(c, 0, ("account.roles_set",)))
    assert changes[0].payload["previous"] == [{"role": "operator", "department": "water", "area": "*"}]
    assert "password" not in json.dumps(changes[0].payload)


def test_sessions_live_while_used_and_not_forever(desk: Desk) -> None:
    desk.first()
    opened = desk.accounts.login("ROOT ", GOOD)
    assert desk.accounts.session(opened.token).person.login == "root"
    for _ in range(27):
        desk.wait(hours=6)
        desk.accounts.session(opened.token)
    desk.wait(hours=6)  # seven days, however busy
    with pytest.raises(Unauthenticated):
        desk.accounts.session(opened.token)
    idle = desk.accounts.login("root", GOOD)
    desk.wait(hours=8)
    for token in (idle.token, "guess", ""):
        with pytest.raises(Unauthenticated):
            desk.accounts.session(token)


def test_a_session_sees_new_roles_at_once_and_ends_with_the_account(desk: Desk) -> None:
    root = desk.first()
    clerk = desk.clerk(root)
    opened = desk.accounts.login("clerk", GOOD)
    desk.accounts.set_roles(clerk.id, [], root.actor)
    assert desk.accounts.session(opened.token).person.grants == ()
    desk.accounts.disable(clerk.id, root.actor)
    with pytest.raises(Unauthenticated):
        desk.accounts.session(opened.token)
    with pytest.raises(Unauthenticated):
        desk.accounts.login("clerk", GOOD)


def test_a_new_password_ends_every_session(desk: Desk) -> None:
    root = desk.first()
    opened = desk.accounts.login("root", GOOD)
    with pytest.raises(Unauthenticated):
        desk.accounts.change_password(root.id, "not it at all", OTHER)
    desk.accounts.change_password(root.id, GOOD, OTHER)
    for attempt in (lambda: desk.accounts.session(opened.token), lambda: desk.accounts.login("root", GOOD)):
        with pytest.raises(Unauthenticated):
            attempt()
    assert desk.accounts.login("root", OTHER).person == root


def test_logout_and_csrf(desk: Desk) -> None:
    desk.first()
    one, two = desk.accounts.login("root", GOOD), desk.accounts.login("root", GOOD)
    assert one.token != two.token and one.csrf != two.csrf
    desk.accounts.check_csrf(one.token, one.csrf)
    for bad in (two.csrf, "", "é"):
        with pytest.raises(Denied):
            desk.accounts.check_csrf(one.token, bad)
    desk.accounts.logout(one.token)
    desk.accounts.logout(one.token)
    with pytest.raises(Unauthenticated):
        desk.accounts.session(one.token)
    assert desk.accounts.session(two.token)
    assert desk.journal().count("session.closed") == 1


def test_unknown_name_and_wrong_password_look_alike(desk: Desk) -> None:
    desk.first()
    faults = []
    for login in ("root", "nobody"):
        with pytest.raises(Unauthenticated) as caught:
            desk.accounts.login(login, "wrong wrong wrong")
        faults.append(caught.value.fault)
    assert faults[0] == faults[1]


def test_repeated_failures_must_wait_longer_and_longer(desk: Desk) -> None:
    desk.first()

    def fail(login: str = "root", address: str = "") -> None:
        with pytest.raises(Unauthenticated):
            desk.accounts.login(login, "wrong wrong wrong", address)

    for _ in range(5):
        fail()
    with pytest.raises(TooMany) as caught:
        desk.accounts.login("root", GOOD)  # even with the right password
    assert caught.value.status == 429 and caught.value.extra["retry_at"]
    waits = []
    for _ in range(14):
        begin = desk.clock.now()
        while True:
            try:
                fail()
                break
            except TooMany:
                desk.wait(seconds=1)
        waits.append((desk.clock.now() - begin).total_seconds())
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert max(waits) == 900  # never longer than a quarter of an hour
    assert "login.throttled" in desk.journal()
    desk.wait(hours=2)
    assert desk.accounts.login("root", GOOD)
    for index in range(20):
        fail(f"guess{index}", "203.0.113.9")
    with pytest.raises(TooMany):
        desk.accounts.login("root", GOOD, "203.0.113.9")
    assert desk.accounts.login("root", GOOD, "203.0.113.10")


def test_the_last_administrator_stays(desk: Desk) -> None:
    root = desk.first()
    for attempt in (
        lambda: desk.accounts.disable(root.id, root.actor),
        lambda: desk.accounts.set_roles(root.id, [Grant("viewer")], root.actor),
    ):
        with pytest.raises(Conflict, match="administer"):
            attempt()
    second = desk.clerk(root, "second")
    desk.accounts.set_roles(second.id, [Grant("administrator")], root.actor)
    desk.accounts.disable(root.id, second.actor)
    with pytest.raises(Conflict):
        desk.accounts.disable(second.id, second.actor)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "password-length"),
        ("x" * 300, "password-length"),
        ("aaaaaaaaaaaaaaaa", "password-plain"),
        ("Root-root-1234", "password-login"),
    ],
)
def test_weak_passwords_are_refused(desk: Desk, password: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        desk.accounts.use_setup_link(
            desk.accounts.issue_setup_link(APP), password, login="root-root", name="A"
        )
    assert caught.value.fault.code == code


def test_names_are_one_name_however_they_are_typed(desk: Desk) -> None:
    root = desk.first()
    desk.clerk(root, "Ｚhang")  # a full-width letter
    assert desk.accounts.login("zhang", GOOD).person.login == "zhang"
    with pytest.raises(Conflict, match="taken"):
        desk.accounts.create_account("ZHANG", "Other", [], root.actor)
    with pytest.raises(Invalid):
        desk.accounts.create_account("new", "New", [Grant("emperor")], root.actor)
    with pytest.raises(Missing):
        desk.accounts.disable("person-999999", root.actor)


def test_weaker_hashes_are_renewed_at_login(desk: Desk) -> None:
    root = desk.first()
    desk.accounts = Accounts(
        desk.database,
        desk.clock,
        SequenceIds(),
        Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)),
    )
    desk.accounts.login("root", GOOD)
    with desk.database.read() as c:
        found = store.find_login(c, root.login)
    assert found and found[1] and "m=16,t=2" in found[1]
    assert desk.accounts.login("root", GOOD)
