"""Programs: a token shown once, rights and tenants, an end, and what the journal keeps of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.access import Clients, store
from chengshu.foundation.journal import Actor, changes_after
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import Conflict, Denied, Invalid, Missing, Unauthenticated

ROOT = Actor("operator:root")


class Desk:
    def __init__(self, path: Path) -> None:
        self.database = SqliteDatabase(path, durable=False, threaded=False)
        self.database.create(journal_store.metadata)
        self.database.create(store.metadata)
        self.clock = VirtualClock(datetime(2026, 7, 1, 8, tzinfo=UTC))
        self.clients = Clients(self.database, self.clock)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "hub.db")


def test_a_program_may_do_what_it_was_given_and_no_more(desk: Desk) -> None:
    token = desk.clients.create("dashboard", ["read"], ROOT)
    assert desk.clients.admit(token, "read").actor.id == "client:dashboard"
    with pytest.raises(Denied):
        desk.clients.admit(token, "write")
    with pytest.raises(Denied):
        desk.clients.admit(token, "read", "port-authority")


def test_tenants_are_named_or_all(desk: Desk) -> None:
    one = desk.clients.create("one", ["read"], ROOT, tenants=["port"])
    every = desk.clients.create("every", ["read"], ROOT, tenants=["*"])
    assert desk.clients.admit(one, "read", "port").name == "one"
    assert desk.clients.admit(every, "read", "anything").name == "every"
    with pytest.raises(Denied):
        desk.clients.admit(one, "read")


@pytest.mark.parametrize("token", ["", "guess", "x" * 5000])
def test_a_wrong_token_opens_nothing(desk: Desk, token: str) -> None:
    desk.clients.create("dashboard", ["read"], ROOT)
    with pytest.raises(Unauthenticated):
        desk.clients.admit(token, "read")


def test_a_token_ends_by_its_date_and_by_word(desk: Desk) -> None:
    short = desk.clients.create("short", ["read"], ROOT, expires_at=desk.clock.now() + timedelta(days=1))
    long = desk.clients.create("long", ["read"], ROOT)
    desk.clock.advance_to(desk.clock.now() + timedelta(days=1))
    with pytest.raises(Unauthenticated):
        desk.clients.admit(short, "read")
    desk.clients.revoke("long", ROOT)
    with pytest.raises(Unauthenticated):
        desk.clients.admit(long, "read")
    with pytest.raises(Missing):
        desk.clients.revoke("long", ROOT)


def test_two_programs_share_no_name_and_mistakes_are_told_at_once(desk: Desk) -> None:
    desk.clients.create("dashboard", ["read"], ROOT)
    with pytest.raises(Conflict):
        desk.clients.create("dashboard", ["write"], ROOT)
    with pytest.raises(Invalid) as caught:
        desk.clients.create("", ["fly"], ROOT, expires_at=desk.clock.now())
    assert {fault["code"] for fault in caught.value.extra["faults"]} == {
        "client-name",
        "client-right",
        "client-expiry",
    }


def test_it_is_journalled_without_its_secret_and_lives_on_after_a_restart(desk: Desk) -> None:
    token = desk.clients.create("dashboard", ["read", "write"], ROOT)
    with desk.database.read() as connection:
        changes = list(changes_after(connection, 0))
    assert [change.kind for change in changes] == ["client.created"]
    assert token not in str(changes)
    again = Clients(desk.database, desk.clock)
    assert again.admit(token, "write").rights == ("read", "write")
