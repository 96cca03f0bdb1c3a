"""Who may call the machine interfaces: programs by right and tenant, persons only to look."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from chengshu.app.guard import Guard
from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.access import Access, Accounts, Clients, Grant, Passwords, store
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import Denied, Unauthenticated
from chengshu.kernel.ids import SequenceIds

ROOT = Actor("operator:root")


@pytest.fixture
def parts(tmp_path: Path) -> tuple[Guard, Clients, Accounts]:
    database = SqliteDatabase(tmp_path / "hub.db", durable=False, threaded=False)
    database.create(journal_store.metadata)
    database.create(store.metadata)
    clock = VirtualClock(datetime(2026, 7, 1, tzinfo=UTC))
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    clients, accounts = Clients(database, clock), Accounts(database, clock, SequenceIds(), cheap)
    return Guard(clients, accounts, Access()), clients, accounts


def call(method: str, path: str = "/ngsi-ld/v1/entities", **headers: str) -> dict[str, Any]:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "method": method, "path": path, "headers": raw}


def test_a_program_reads_and_writes_by_its_rights(parts: tuple[Guard, Clients, Accounts]) -> None:
    guard, clients, _ = parts
    token = clients.create("dashboard", ["read"], ROOT)
    bearer = f"Bearer {token}"
    assert guard.who(call("GET", authorization=bearer)).id == "client:dashboard"
    with pytest.raises(Denied):
        guard.who(call("POST", authorization=bearer))
    question = call("POST", "/ngsi-ld/v1/entityOperations/query/", authorization=bearer)
    assert guard.who(question).id == "client:dashboard"
    with pytest.raises(Denied):
        guard.who(call("GET", authorization=bearer, ngsild_tenant="port"))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/ngsi-ld/v1/entityOperations/query"),
        ("DELETE", "/ngsi-ld/v1/entities/urn:x/entityOperations/query"),
        ("POST", "/ngsi-ld/v1/entities/urn:x/entityOperations/query"),
    ],
)
def test_only_the_questions_themselves_are_reading(
    parts: tuple[Guard, Clients, Accounts], method: str, path: str
) -> None:
    guard, clients, _ = parts
    bearer = f"Bearer {clients.create('dashboard', ['read'], ROOT)}"
    with pytest.raises(Denied):
        guard.who(call(method, path, authorization=bearer))


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic abc", "bearer \u00e9"])
def test_without_a_token_nobody_is_let_in(parts: tuple[Guard, Clients, Accounts], header: str) -> None:
    with pytest.raises(Unauthenticated):
        parts[0].who(call("GET", authorization=header))


def test_a_person_may_look_with_a_session_and_not_write(parts: tuple[Guard, Clients, Accounts]) -> None:
    guard, _, accounts = parts
    person = accounts.create_account("lin", "Lin", [Grant("viewer")], ROOT)
    accounts.set_password(person.id, "three quiet herons", ROOT)
    cookie = f"language=en; chengshu_session={accounts.login('lin', 'three quiet herons').token}"
    assert guard.who(call("GET", cookie=cookie)).id == person.id
    with pytest.raises(Denied):
        guard.who(call("DELETE", cookie=cookie))
    with pytest.raises(Unauthenticated):
        guard.who(call("GET", cookie="chengshu_session=stale"))
