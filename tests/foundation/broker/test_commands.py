"""Writing: what is told is kept, once, with its change and journal entry, or not at all."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.foundation.broker.conftest import ME, START, Hub, V, opened, prop, thing

from chengshu.foundation.broker.edit import (
    AppendAttributes,
    CreateEntity,
    DeleteEntity,
    Outcome,
    UpdateAttributes,
    Upsert,
)
from chengshu.foundation.broker.errors import (
    AlreadyExists,
    BadRequestData,
    NonexistentTenant,
    ResourceNotFound,
)
from chengshu.foundation.broker.model import EntityChange
from chengshu.foundation.broker.stream import KIND, changes_of
from chengshu.foundation.journal import changes_after, entries_about, verify
from chengshu.kernel.clock import millis

NOW = millis(START)


def changes(hub: Hub) -> list[EntityChange]:
    with hub.database.read() as connection:
        return [
            item
            for change in changes_after(connection, 0, limit=10_000)
            if change.kind == KIND
            for item in changes_of(change).items
        ]


def test_what_is_created_is_there_with_its_times(hub: Hub) -> None:
    assert hub.ok(CreateEntity(thing(1, speed=3))).created
    found = hub.queries.get("", "urn:ngsi-ld:Thing:1")
    assert (found.created_at, found.modified_at) == (NOW, NOW)
    assert found.attributes[V + "speed"] == (prop(3, created_at=NOW, modified_at=NOW),)


def test_commands_of_one_call_see_each_other_and_fail_alone(hub: Hub) -> None:
    results = hub.do(
        CreateEntity(thing(1, speed=1)),
        CreateEntity(thing(1, speed=2)),
        UpdateAttributes("urn:ngsi-ld:Thing:1", thing(1, speed=3)),
        DeleteEntity("urn:ngsi-ld:Thing:2"),
        CreateEntity(thing(3)),
        DeleteEntity("urn:ngsi-ld:Thing:3"),
        CreateEntity(thing(3, speed=9)),
    )
    assert [type(result) for result in results] == [
        Outcome,
        AlreadyExists,
        Outcome,
        ResourceNotFound,
        Outcome,
        Outcome,
        Outcome,
    ]
    assert hub.queries.get("", "urn:ngsi-ld:Thing:1").attributes[V + "speed"][0].value == 3
    assert hub.queries.get("", "urn:ngsi-ld:Thing:3").attributes[V + "speed"][0].value == 9
    assert [item.what for item in changes(hub)] == ["created", "updated", "created", "deleted", "created"]


def test_a_group_is_one_change_and_one_journal_entry(hub: Hub) -> None:
    hub.do(*(CreateEntity(thing(n, speed=n)) for n in range(5)))
    with hub.database.read() as connection:
        (change,) = changes_after(connection, 0)
        (entry,) = entries_about(connection, ME.id)
        assert verify(connection).ok
    assert entry.action == KIND and entry.actor == ME.id
    assert entry.body["count"] == 5 and entry.body["change"] == change.seq
    assert entry.body["ids"] == [f"urn:ngsi-ld:Thing:{n}" for n in range(5)]
    assert len(entry.body["sha256"]) == len(hashlib.sha256().hexdigest())
    assert [item.entity.id for item in changes_of(change).items] == entry.body["ids"]


def test_what_changes_nothing_is_not_published(hub: Hub) -> None:
    hub.ok(CreateEntity(thing(1, speed=1)))
    hub.do(
        AppendAttributes("urn:ngsi-ld:Thing:1", thing(1, speed=3), overwrite=False),
        DeleteEntity("urn:ngsi-ld:Thing:7"),
    )
    assert len(changes(hub)) == 1


def test_a_change_carries_what_was_before(hub: Hub) -> None:
    hub.ok(CreateEntity(thing(1, speed=1)))
    hub.later()
    hub.ok(AppendAttributes("urn:ngsi-ld:Thing:1", thing(1, speed=2, colour="red")))
    change = changes(hub)[-1]
    assert change.entity == hub.queries.get("", "urn:ngsi-ld:Thing:1")
    assert [(item.name, item.what, item.before and item.before.value) for item in change.touched] == [
        (V + "speed", "updated", 1),
        (V + "colour", "created", None),
    ]


def test_many_callers_at_once_all_get_their_own_answer(hub: Hub) -> None:
    answers: dict[int, list[object]] = {}

    def caller(number: int) -> None:
        answers[number] = [
            hub.broker.submit("", [CreateEntity(thing(f"{number}-{n}", speed=n))], ME).result(60)[0]
            for n in range(20)
        ] + hub.do(CreateEntity(thing("shared", by=number)))

    threads = [threading.Thread(target=caller, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(isinstance(answer, Outcome) for part in answers.values() for answer in part[:-1])
    winners = [number for number, part in answers.items() if isinstance(part[-1], Outcome)]
    assert len(winners) == 1
    assert hub.queries.get("", "urn:ngsi-ld:Thing:shared").attributes[V + "by"][0].value == winners[0]
    assert len(changes(hub)) == 161
    with hub.database.read() as connection:
        assert verify(connection).ok


def test_an_upsert_keeps_the_birthday(hub: Hub) -> None:
    hub.ok(Upsert(thing(1, speed=1)))
    hub.later()
    hub.ok(Upsert(thing(1, colour="red"), "update"))
    found = hub.queries.get("", "urn:ngsi-ld:Thing:1")
    assert set(found.attributes) == {V + "speed", V + "colour"}
    assert (found.created_at, found.modified_at) == (NOW, NOW + 1000)
    hub.ok(Upsert(thing(1, colour="blue")))
    assert set(hub.queries.get("", "urn:ngsi-ld:Thing:1").attributes) == {V + "colour"}


def test_a_tenant_comes_into_being_by_what_is_created_in_it(hub: Hub) -> None:
    with pytest.raises(NonexistentTenant):
        hub.queries.get("north", "urn:ngsi-ld:Thing:1")
    with pytest.raises(NonexistentTenant):
        hub.ok(DeleteEntity("urn:ngsi-ld:Thing:1"), "north")
    hub.ok(CreateEntity(thing(1, speed=1)), "north")
    hub.ok(CreateEntity(thing(1, speed=2)), "south")
    assert hub.queries.tenants() == ["north", "south"]
    assert hub.queries.get("north", "urn:ngsi-ld:Thing:1").attributes[V + "speed"][0].value == 1
    assert hub.queries.get("south", "urn:ngsi-ld:Thing:1").attributes[V + "speed"][0].value == 2
    with pytest.raises(ResourceNotFound):
        hub.queries.get("", "urn:ngsi-ld:Thing:1")
    with pytest.raises(ResourceNotFound):
        hub.ok(DeleteEntity("urn:ngsi-ld:Thing:9"), "north")


def test_a_number_beyond_what_is_kept_fails_alone(hub: Hub) -> None:
    good, bad = hub.do(CreateEntity(thing(1, speed=1)), CreateEntity(thing(2, speed=2**70)))
    assert isinstance(good, Outcome) and isinstance(bad, BadRequestData)
    assert hub.queries.peek("", "urn:ngsi-ld:Thing:2") is None


def test_a_closed_database_is_said_to_every_caller(tmp_path: Path) -> None:
    with opened("sqlite", tmp_path) as hub:
        hub.ok(CreateEntity(thing(1)))
    for _ in range(2):
        with pytest.raises(RuntimeError, match="closed"):
            hub.do(CreateEntity(thing(2)))


def test_a_broken_group_is_undone_whole_and_the_next_one_works(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also names and type sets that only the broken group knew are learnt again."""
    from chengshu.foundation.broker import grouping

    def fail(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(grouping.journal, "enter", fail)
        with pytest.raises(OSError, match="disk"):
            hub.do(CreateEntity(thing(1, "Rare", odd=1)), CreateEntity(replace(thing(2), id="urn:x:2")))
        with pytest.raises(OSError, match="disk"):
            hub.do(CreateEntity(thing(1)), tenant="lost")
    assert hub.queries.peek("", "urn:ngsi-ld:Rare:1") is None
    assert hub.queries.tenants() == []
    hub.ok(CreateEntity(thing(1, "Common", even=1)))
    hub.ok(CreateEntity(thing(2, "Rare", odd=1)))
    assert hub.queries.types("") == [V + "Common", V + "Rare"]
    assert hub.queries.attributes("") == [V + "even", V + "odd"]
    assert [item.name for item in hub.queries.type_details("")[1].attributes] == [V + "odd"]
