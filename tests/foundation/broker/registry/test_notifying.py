"""Notifications about registrations: who is told what, in order, and never lost."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.engines.postgres.server import fresh_schema
from tests.waiting import PATIENCE_S

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.broker import store as broker_store
from chengshu.foundation.broker.errors import AlreadyExists, BadRequestData, ResourceNotFound
from chengshu.foundation.broker.ld.contexts import CORE, LdContext
from chengshu.foundation.broker.registry import store_watching
from chengshu.foundation.broker.registry.amending import amended
from chengshu.foundation.broker.registry.commands import Registry
from chengshu.foundation.broker.registry.notifying import SourceFollower, SourceNotifier
from chengshu.foundation.broker.registry.reading import read_registration
from chengshu.foundation.broker.registry.watchers import SourceSubscriptions
from chengshu.foundation.broker.registry.watching import (
    change_source_subscription,
    read_source_subscription,
    render_source_subscription,
)
from chengshu.foundation.broker.subscriptions.desk import Verdict
from chengshu.foundation.broker.subscriptions.sending import Outgoing
from chengshu.foundation.journal import Actor, Pump
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import SystemClock, millis
from chengshu.ports.database import Database

ME = Actor("tester")


class Contexts:
    def get(self, _source: Any) -> LdContext:
        return CORE


class Post:
    """Receivers: what reaches them, and what they say."""

    def __init__(self) -> None:
        self.box: queue.Queue[dict[str, Any]] = queue.Queue()
        self.verdicts: list[Verdict] = []

    async def send(self, outgoing: Outgoing) -> Verdict:
        verdict = self.verdicts.pop(0) if self.verdicts else Verdict("ok", 200)
        self.box.put(json.loads(outgoing.body) | {"ok": verdict.outcome == "ok", "headers": outgoing.headers})
        return verdict

    async def close(self) -> None:
        """Nothing to give back."""

    def next(self) -> dict[str, Any]:
        return self.box.get(timeout=PATIENCE_S)


class House:
    def __init__(self, database: Database) -> None:
        self.clock = SystemClock()
        self.database = database
        for store in (journal_store, broker_store):
            self.database.create(store.metadata)
        self.registry = Registry(self.database, self.clock)
        self.post = Post()
        self.notifier = SourceNotifier(self.database, self.clock, Contexts(), lambda: self.post)
        self.subscriptions = SourceSubscriptions(self.database, self.clock, self.notifier.nudge)
        follower = SourceFollower(self.database, self.notifier.nudge)
        self.pump = Pump(self.database, self.clock, [follower], strict=True)
        self.started = False

    def start(self) -> None:
        self.started = True
        self.notifier.start()

    def close(self) -> None:
        if self.started:
            self.notifier.stop()
        self.database.close()

    @property
    def now(self) -> int:
        return millis(self.clock.now())

    def register(self, name: str, type_: str, **more: Any) -> None:
        payload = {
            "id": name,
            "type": "ContextSourceRegistration",
            "information": [{"entities": [{"type": one}]} for one in type_.split(",")],
            "endpoint": "http://x",
        }
        self.registry.register("", read_registration(payload | more, CORE, now_ms=self.now), ME)
        self.pump.drain()

    def change(self, name: str, fragment: dict[str, Any]) -> None:
        self.registry.update("", name, lambda one: amended(one, fragment, CORE, now_ms=self.now), ME)
        self.pump.drain()

    def drop(self, name: str) -> None:
        self.registry.delete("", name, ME)
        self.pump.drain()

    def subscribe(self, name: str = "urn:sub:1", **more: Any) -> None:
        payload = {
            "type": "Subscription",
            "entities": [{"type": "Building"}],
            "notification": {"endpoint": {"uri": "http://me/notify", "accept": "application/json"}},
        }
        read = read_source_subscription(payload | more, CORE, tenant="", name=name, now_ms=self.now)
        self.subscriptions.create(read, ME)

    def resubscribe(self, fragment: dict[str, Any], name: str = "urn:sub:1") -> None:
        self.subscriptions.update(
            "", name, lambda one: change_source_subscription(one, fragment, CORE, self.now), ME
        )


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    with ExitStack() as stack:
        if request.param == "sqlite":
            database: Database = SqliteDatabase(tmp_path / "db.sqlite", durable=False)
        else:
            from chengshu.engines.postgres import PostgresDatabase

            database = PostgresDatabase(stack.enter_context(fresh_schema()), durable=False)
        made = House(database)
        yield made
        made.close()


def told(notification: dict[str, Any]) -> tuple[str, list[str]]:
    return notification["triggerReason"], [one["id"] for one in notification["data"]]


def test_every_change_has_its_reason(house: House) -> None:
    house.start()
    house.register("urn:csr:0", "Building")
    house.subscribe()
    first = house.post.next()
    assert told(first) == ("newlyMatching", ["urn:csr:0"])
    assert first["type"] == "ContextSourceNotification"
    assert first["subscriptionId"] == "urn:sub:1"
    house.register("urn:csr:1", "Building,Bus")
    second = house.post.next()
    assert told(second) == ("newlyMatching", ["urn:csr:1"])
    assert second["data"][0]["information"] == [{"entities": [{"type": ["Building"]}]}]
    house.register("urn:csr:2", "Bus")
    house.change("urn:csr:1", {"endpoint": "http://new"})
    assert told(house.post.next()) == ("updated", ["urn:csr:1"])
    house.change("urn:csr:1", {"information": [{"entities": [{"type": "Bus"}]}]})
    assert told(house.post.next()) == ("noLongerMatching", ["urn:csr:1"])
    house.drop("urn:csr:0")
    assert told(house.post.next()) == ("noLongerMatching", ["urn:csr:0"])
    house.drop("urn:csr:1")
    house.register("urn:csr:3", "Building")
    assert told(house.post.next()) == ("newlyMatching", ["urn:csr:3"])


def test_a_changed_subscription_is_told_what_matches_now(house: House) -> None:
    house.start()
    house.register("urn:csr:1", "Bus")
    house.register("urn:csr:2", "Tram")
    house.subscribe()
    house.resubscribe({"entities": [{"type": "Bus"}, {"type": "Tram"}]})
    assert told(house.post.next()) == ("newlyMatching", ["urn:csr:1", "urn:csr:2"])


def test_paused_and_deleted_subscriptions_are_silent(house: House) -> None:
    house.subscribe()
    house.resubscribe({"isActive": False})
    house.register("urn:csr:1", "Building")
    house.subscribe("urn:sub:2", csf='owner=="me"')
    house.register("urn:csr:2", "Building", owner="you")
    house.subscriptions.delete("", "urn:sub:2", ME)
    with house.database.read() as connection:
        assert store_watching.first_notices(connection) == []
    with pytest.raises(ResourceNotFound):
        house.subscriptions.get("", "urn:sub:2")


def test_filters_times_and_places(house: House) -> None:
    times = {"timerel": "after", "timeAt": "2020-06-01T22:07:00Z", "timeproperty": "createdAt"}
    here = {"georel": "near;maxDistance==2000", "geometry": "Point", "coordinates": [-8.52, 41.2]}
    house.subscribe("urn:sub:owner", csf='owner=="me"')
    house.subscribe("urn:sub:times", temporalQ=times)
    house.subscribe("urn:sub:here", geoQ=here)
    house.subscribe("urn:sub:watched", watchedAttributes=["name"])
    interval = {"startAt": "2020-08-01T22:07:00Z", "endAt": "2021-08-01T21:07:00Z"}
    house.register("urn:csr:owner", "Building", owner="me")
    house.register("urn:csr:times", "Building", managementInterval=interval)
    house.register("urn:csr:here", "Building", location={"type": "Point", "coordinates": [-8.521, 41.2]})
    named = [{"entities": [{"type": "Building"}], "propertyNames": ["height"]}]
    house.register("urn:csr:height", "Building", information=named)
    house.start()
    found: dict[str, list[str]] = {}
    for _ in range(5):
        notification = house.post.next()
        found.setdefault(notification["subscriptionId"], []).extend(told(notification)[1])
    assert found == {
        "urn:sub:owner": ["urn:csr:owner"],
        "urn:sub:times": ["urn:csr:times"],
        "urn:sub:here": ["urn:csr:here"],
        "urn:sub:watched": ["urn:csr:owner", "urn:csr:here"],
    }
    assert house.post.box.empty()


@pytest.mark.slow
def test_what_fails_is_sent_again_in_order(house: House) -> None:
    house.post.verdicts = [Verdict("silent", 0, "no answer"), Verdict("unwell", 500, "no")]
    house.start()
    house.subscribe()
    house.register("urn:csr:1", "Building")
    house.register("urn:csr:2", "Building")
    seen = [house.post.next() for _ in range(4)]
    assert [told(one)[1] for one in seen] == [["urn:csr:1"]] * 3 + [["urn:csr:2"]]
    assert len({one["id"] for one in seen[:3]}) == 1  # the receiver can tell that it is the same
    assert [one["ok"] for one in seen] == [False, False, True, True]


def test_nothing_is_lost_when_the_hub_goes_down(house: House) -> None:
    house.subscribe()
    house.register("urn:csr:1", "Building")
    other = House(house.database)  # as after a kill: nothing but the store remembers
    other.start()
    assert told(other.post.next()) == ("newlyMatching", ["urn:csr:1"])
    other.notifier.stop()
    with house.database.read() as connection:
        assert store_watching.first_notices(connection) == []
        (kept,) = store_watching.everything(connection)
    assert kept.progress.times_sent == 1
    assert kept.progress.last_success


@pytest.mark.slow
def test_an_interval_is_kept_regardless_of_changes(house: House) -> None:
    house.start()
    house.subscribe(timeInterval=1)
    assert told(house.post.next()) == ("newlyMatching", [])
    house.register("urn:csr:1", "Building")
    while (heard := told(house.post.next())) == ("newlyMatching", []):  # seconds may pass before it is there
        continue
    assert heard == ("newlyMatching", ["urn:csr:1"])


def test_a_subscription_is_given_as_it_was_said(house: House) -> None:
    times = {"timerel": "before", "timeAt": "2026-06-01T00:00:00Z"}
    house.subscribe(temporalQ=times, watchedAttributes=["name"])
    kept = house.subscriptions.get("", "urn:sub:1")
    assert render_source_subscription(kept.item, kept.progress, CORE, house.now) == {
        "id": "urn:sub:1",
        "type": "Subscription",
        "entities": [{"type": "Building"}],
        "watchedAttributes": ["name"],
        "temporalQ": times,
        "status": "active",
        "notification": {"endpoint": {"uri": "http://me/notify", "accept": "application/json"}},
    }
    assert house.subscriptions.page("", 10, 0)[1] == 1
    with pytest.raises(AlreadyExists):
        house.subscribe()
    for wrong in ({"temporalQ": {"timerel": "now"}}, {"temporalQ": {"timerel": "before"}}, {"q": "name=="}):
        with pytest.raises(BadRequestData):
            house.subscribe("urn:sub:9", **wrong)
