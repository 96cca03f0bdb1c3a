"""Placing subscriptions at sources: step by step, with a source that answers as it is told."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.broker import store as broker_store
from chengshu.foundation.broker.ld.contexts import CORE
from chengshu.foundation.broker.ld.reading import read_entity
from chengshu.foundation.broker.registry.commands import Registry
from chengshu.foundation.broker.registry.reading import read_registration
from chengshu.foundation.broker.relaying.commands import Relays, heard
from chengshu.foundation.broker.relaying.forwarding import Forwarder
from chengshu.foundation.broker.relaying.model import Relay
from chengshu.foundation.broker.subscriptions import store as subscriptions_store
from chengshu.foundation.broker.subscriptions.commands import Subscriptions
from chengshu.foundation.broker.subscriptions.matching import compile_matches
from chengshu.foundation.broker.subscriptions.model import Subscription
from chengshu.foundation.broker.subscriptions.reading import read_subscription
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import millis
from chengshu.kernel.ids import SequenceIds
from chengshu.ports.http import HttpAnswer, HttpRequest, Unreachable

WHO = Actor("tester")


class Source:
    """A source: it answers with the statuses given, 0 for not at all, the last one from then on."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.sent: list[HttpRequest] = []

    async def send(self, request: HttpRequest) -> HttpAnswer:
        self.sent.append(request)
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if not status:
            raise Unreachable("http-refused", "nobody is there")
        return HttpAnswer(status, {}, b"")

    async def close(self) -> None:
        """Nothing to give back."""


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.at = datetime(2026, 8, 21, 6, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


class House:
    """A broker with one registration, and the forwarder beside it."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.folder = Hand(), folder
        self.ids = SequenceIds()
        self.open()
        said = {
            "id": "urn:csr:1",
            "type": "ContextSourceRegistration",
            "endpoint": "http://source",
            "information": [{"entities": [{"type": "Pump"}]}],
            "contextSourceInfo": [{"key": "Authorization", "value": "Bearer x"}],
            "tenant": "theirs",
        }
        self.registry.register("", read_registration(said, CORE, now_ms=self.ms), WHO)

    @property
    def ms(self) -> int:
        return millis(self.clock.at)

    def open(self) -> None:
        """Begin, or begin again over the same file."""
        self.database = SqliteDatabase(self.folder / "hub.sqlite", durable=False)
        for metadata in (journal_store.metadata, broker_store.metadata, subscriptions_store.metadata):
            self.database.create(metadata)
        self.registry = Registry(self.database, self.clock)
        self.subscriptions = Subscriptions(self.database, self.clock)
        self.relays = Relays(self.database, self.clock, self.ids, "us")
        self.forwarder = Forwarder(self.relays, self.clock, lambda: Source(500))

    def subscribe(self, **more: object) -> Subscription:
        notification = {"endpoint": {"uri": "http://reader/"}}
        said = {"type": "Subscription", "entities": [{"type": "Pump"}], "notification": notification, **more}
        read = read_subscription(said, CORE, tenant="", name="urn:s:1", now_ms=self.ms)
        kept = Subscription(
            **{name: getattr(read, name) for name in read.__struct_fields__} | {"base": "http://us"}
        )
        self.subscriptions.create(kept, WHO).result()
        return kept

    def round(self, source: Source) -> None:
        asyncio.run(self.forwarder.round(source))

    def states(self) -> list[str]:
        return [relay.state for relay, _ in self.relays.all()]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_source_is_sent_what_it_needs_to_know(house: House) -> None:
    house.subscribe(q="level>3", expiresAt="2099-01-01T00:00:00Z")
    source = Source(201)
    house.round(source)
    (request,) = source.sent
    assert (request.method, request.url) == ("POST", "http://source/ngsi-ld/v1/subscriptions")
    assert request.headers["NGSILD-Tenant"] == "theirs" and request.headers["Via"] == "1.1 us"
    assert request.headers["Authorization"] == "Bearer x"
    said = json.loads(request.body)
    assert said["entities"] == [{"type": "Pump"}]
    assert said["q"] == "<https://uri.etsi.org/ngsi-ld/default-context/level>>3.0"
    assert said["expiresAt"] == "2099-01-01T00:00:00Z"
    ((relay, _),) = house.relays.all()
    assert said["notification"]["endpoint"]["uri"] == f"http://us/ngsi-ld/v1/extensions/heard/{relay.key}"
    assert said["id"] == relay.remote
    house.round(source)
    assert len(source.sent) == 1 and house.states() == ["standing"]


@pytest.mark.parametrize(
    ("statuses", "asked", "state"),
    [
        ((0, 503, 201), 3, "standing"),  # away, ill, well
        ((409,), 1, "standing"),  # a kill came between the answer and our note of it
        ((400,), 1, "refused"),  # it would say so again
        ((429, 201), 2, "standing"),
    ],
)
def test_what_a_source_answers_decides(
    house: House, statuses: tuple[int, ...], asked: int, state: str
) -> None:
    house.subscribe()
    source = Source(*statuses)
    for _ in range(5):
        house.round(source)
        house.clock.at += timedelta(minutes=10)
    assert len(source.sent) == asked and house.states() == [state]
    assert {json.loads(one.body)["id"] for one in source.sent} == {house.relays.all()[0][0].remote}


def test_a_pause_is_kept(house: House) -> None:
    house.subscribe()
    source = Source(503)
    house.round(source)
    house.round(source)
    assert len(source.sent) == 1
    house.clock.at += timedelta(minutes=10)
    house.round(source)
    assert len(source.sent) == 2


def test_nothing_is_forgotten_over_a_restart(house: House) -> None:
    house.subscribe()
    house.round(Source(201))
    house.subscriptions.delete("", "urn:s:1", WHO).result()
    house.database.close()
    house.open()
    source = Source(0, 204)
    house.round(source)
    assert house.states() == ["leaving"]
    house.clock.at += timedelta(minutes=10)
    house.round(source)
    assert [one.method for one in source.sent] == ["DELETE", "DELETE"] and house.states() == []


def test_what_expires_is_taken_back(house: House) -> None:
    house.subscribe(expiresAt="2026-08-21T07:00:00Z")
    house.round(Source(201))
    house.clock.at += timedelta(hours=2)
    source = Source(404)  # it has expired there too
    house.round(source)
    assert [one.method for one in source.sent] == ["DELETE"] and house.states() == []


_TRIGGERS = ["entityCreated", "entityUpdated", "attributeCreated", "attributeUpdated", "entityDeleted"]


@given(st.lists(st.sampled_from(_TRIGGERS), min_size=1, unique=True), st.booleans())
def test_what_is_heard_triggers_the_subscription_it_is_for(triggers: list[str], watches: bool) -> None:
    assume(triggers != ["entityDeleted"])  # that is not asked of sources
    told = {"endpoint": {"uri": "http://reader/"}}
    said: dict[str, Any] = {"type": "Subscription", "entities": [{"type": "Pump"}], "notification": told}
    said |= {"notificationTrigger": triggers} | ({"watchedAttributes": ["level"]} if watches else {})
    subscription = read_subscription(said, CORE, tenant="", name="urn:s:1", now_ms=0)
    entity = read_entity({"id": "urn:p:1", "type": "Pump", "level": {"value": 1}}, CORE)
    assert compile_matches(subscription)(heard(entity, subscription))


def test_a_source_is_asked_for_deletions_too(house: House) -> None:
    house.subscribe(notificationTrigger=["entityDeleted", "attributeDeleted"])
    source = Source(201)
    house.round(source)
    (sent,) = source.sent
    assert json.loads(sent.body)["notificationTrigger"] == ["entityDeleted", "attributeDeleted"]


def test_the_id_at_the_source_does_not_tell_the_key() -> None:
    relay = Relay("secret", "", "urn:s", 1, "urn:r", "http://x")
    assert "secret" not in relay.remote
    assert relay.remote != Relay("other", "", "urn:s", 1, "urn:r", "http://x").remote
