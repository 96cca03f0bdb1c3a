"""A broker in memory with a notifier and receivers that do as they are told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.broker import store as broker_store
from chengshu.foundation.broker.commands import Broker
from chengshu.foundation.broker.edit import (
    Command,
    CreateEntity,
    DeleteAttribute,
    DeleteEntity,
    UpdateAttributes,
)
from chengshu.foundation.broker.ld import store as context_store
from chengshu.foundation.broker.ld.contexts import compile_context
from chengshu.foundation.broker.ld.library import ContextLibrary
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.queries import BrokerQueries
from chengshu.foundation.broker.subscriptions import store
from chengshu.foundation.broker.subscriptions.commands import Subscriptions
from chengshu.foundation.broker.subscriptions.composing import SEQUENCE, Composer
from chengshu.foundation.broker.subscriptions.desk import Verdict
from chengshu.foundation.broker.subscriptions.dispatching import Limits
from chengshu.foundation.broker.subscriptions.notifier import Notifier
from chengshu.foundation.broker.subscriptions.queries import SubscriptionQueries
from chengshu.foundation.broker.subscriptions.reading import change_subscription, read_subscription
from chengshu.foundation.broker.subscriptions.sending import Courier, Outgoing, Sender
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock, millis
from chengshu.kernel.ids import SequenceIds
from chengshu.ports.database import Database

__all__ = ["Courier", "Outgoing", "Verdict"]
START = datetime(2026, 7, 20, 6, 0, tzinfo=UTC)
WHO = Actor("tester")
VOCAB = "https://city.test/"
TERMS = {name: VOCAB + name for name in ("Gauge", "Pump", "Tower", "level", "power", "state", "name", "at")}
CONTEXT = compile_context([TERMS], TERMS)
Behaviour = Callable[[Outgoing], Verdict]


def taken(_outgoing: Outgoing) -> Verdict:
    """An endpoint that works."""
    return Verdict("ok", 200)


def silent(_outgoing: Outgoing) -> Verdict:
    """An endpoint that is not there."""
    return Verdict("silent", 0, "connection refused")


def ill(_outgoing: Outgoing) -> Verdict:
    """An endpoint that breaks."""
    return Verdict("unwell", 500, "the endpoint answered 500")


def choosy(_outgoing: Outgoing) -> Verdict:
    """An endpoint that does not like it."""
    return Verdict("refused", 400, "the endpoint answered 400")


@dataclass
class Post:
    """Keeps what was delivered; ``behaviours`` by the beginning of the address."""

    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    tried: list[Outgoing] = field(default_factory=list)
    got: list[Outgoing] = field(default_factory=list)

    async def send(self, outgoing: Outgoing) -> Verdict:
        self.tried.append(outgoing)
        behaviour = next((b for uri, b in self.behaviours.items() if outgoing.uri.startswith(uri)), taken)
        verdict = behaviour(outgoing)
        if verdict.outcome == "ok":
            self.got.append(outgoing)
        return verdict

    async def close(self) -> None:
        pass

    def bodies(self, uri: str = "") -> list[dict[str, Any]]:
        """What was delivered, as JSON."""
        return [json.loads(item.body) for item in self.got if item.uri.startswith(uri)]

    def sequences(self, uri: str = "") -> list[int]:
        """The sequence numbers of every entry delivered, in order."""
        got = [item for item in self.got if item.uri.startswith(uri)]
        return [int(seq) for item in got for seq in item.headers[SEQUENCE].split(", ")]


class Bench:
    """A broker and a notifier on one file, in virtual time; opening it again is a restart."""

    def __init__(self, folder: Path, clock: Any = None, limits: Limits | None = None) -> None:
        self.folder, self.limits = folder, limits
        self.clock = clock or VirtualClock(START)
        self.database = self.open_database(folder)
        for tables in (journal_store, broker_store, context_store, store):
            self.database.create(tables.metadata)
        self.broker = Broker(self.database, self.clock)
        self.entities = BrokerQueries(self.database, self.clock)
        self.library = ContextLibrary(self.database, self.clock, SequenceIds())
        self.subscriptions = Subscriptions(self.database, self.clock)
        self.post = Post()
        self.notifier = self.make_notifier()
        self.queries = SubscriptionQueries(self.database, self.clock, self.notifier)

    def open_database(self, folder: Path) -> Database:
        return SqliteDatabase(folder / "state.sqlite", durable=False, threaded=False)

    def make_sender(self) -> Sender:
        return self.post

    def make_notifier(self) -> Notifier:
        composer = Composer(self.library, self.entities)
        return Notifier(self.database, self.clock, composer, self.make_sender(), self.limits)

    def close(self) -> None:
        """Give everything back."""
        self.notifier.stop()
        self.database.close()

    def reopened(self) -> Bench:
        """The same after a kill: nothing but the file survives."""
        self.database.close()
        other = Bench(self.folder, self.clock, self.limits)
        other.post.behaviours = self.post.behaviours
        return other

    def kill_while_sending(self) -> Bench:
        """Send what can be sent, and be killed before anything of it is noted."""
        desks = self.notifier.opened()
        self.notifier.follow()
        with asyncio.Runner() as runner:
            while (parcel := desks.take(self.notifier.now())) is not None:
                runner.run(self.notifier.deliver(parcel))
        return self.reopened()

    # --- subscribers -------------------------------------------------------------------------------

    def subscribe(self, name: str = "one", tenant: str = "", **members: Any) -> str:
        """A subscription; ``uri`` and the members of ``notification`` may be given by name."""
        endpoint = {"uri": members.pop("uri", "http://receiver.test/notify")} | members.pop("endpoint", {})
        notification = {"endpoint": endpoint} | members.pop("notification", {})
        payload = {
            "id": f"urn:ngsi-ld:Subscription:{name}",
            "type": "Subscription",
            "entities": members.pop("entities", [{"type": "Gauge"}]),
            "notification": notification,
        } | members
        read = read_subscription(payload, CONTEXT, tenant=tenant, name="", now_ms=millis(self.clock.now()))
        return self.subscriptions.create(read, WHO).result()

    def change(self, name: str, tenant: str = "", **members: Any) -> None:
        now = millis(self.clock.now())
        self.subscriptions.update(
            tenant, name, lambda item: change_subscription(item, members, CONTEXT, now), WHO
        ).result()

    # --- producers ---------------------------------------------------------------------------------

    def write(self, command: Command, tenant: str = "") -> None:
        self.broker.write(tenant, command, WHO)

    def create(self, name: str, type_: str = "Gauge", /, tenant: str = "", **values: Any) -> None:
        self.write(CreateEntity(entity(name, type_, **values)), tenant)

    def update(self, name: str, /, tenant: str = "", **values: Any) -> None:
        fragment = entity(name, "Gauge", **values)
        self.write(UpdateAttributes(fragment.id, fragment), tenant)

    def delete(self, name: str) -> None:
        self.write(DeleteEntity(f"urn:ngsi-ld:{name}"))

    def delete_attribute(self, name: str, attribute: str) -> None:
        self.write(DeleteAttribute(f"urn:ngsi-ld:{name}", VOCAB + attribute))

    # --- time --------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Deliver what can be delivered now."""
        self.notifier.tick(self.clock.now())

    def pass_time(self, seconds: float) -> None:
        """Let time pass, delivering what comes due on the way."""
        end = self.clock.now() + timedelta(seconds=seconds)
        while (due := self.notifier.next_due()) is not None and due <= end:
            self.clock.advance_to(max(due, self.clock.now()))
            self.settle()
        self.clock.advance_to(end)
        self.settle()


def entity(name: str, type_: str = "Gauge", /, **values: Any) -> Entity:
    """An entity with simple Properties, or the attributes given."""
    attributes: Mapping[str, Any] = {
        VOCAB + key: (value if isinstance(value, Attribute) else Attribute("Property", value),)
        for key, value in values.items()
    }
    return Entity(f"urn:ngsi-ld:{name}", (VOCAB + type_,), attributes=dict(attributes))
