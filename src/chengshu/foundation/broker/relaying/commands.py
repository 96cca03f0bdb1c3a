"""The only writer of relays, and of what sources notify.

What is heard goes into the change stream as a group of writes of a tenant of its own, which is that of one
subscription: so it is delivered durably and in order as everything is, and concerns nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation import journal
from chengshu.foundation.broker.errors import ResourceNotFound
from chengshu.foundation.broker.model import Entity, EntityChange, Touched
from chengshu.foundation.broker.registry import store as registry_store
from chengshu.foundation.broker.registry.model import Registration
from chengshu.foundation.broker.relaying import store
from chengshu.foundation.broker.relaying.model import Relay
from chengshu.foundation.broker.relaying.planning import wanted
from chengshu.foundation.broker.stream import KIND, PackedChange, pack
from chengshu.foundation.broker.subscriptions import store as subscriptions_store
from chengshu.foundation.broker.subscriptions.index import heard_by
from chengshu.foundation.broker.subscriptions.model import Subscription
from chengshu.foundation.journal import Act, Actor
from chengshu.kernel.clock import Clock, millis
from chengshu.kernel.ids import Ids
from chengshu.ports.database import Database

Gone = Mapping[str, Sequence[Touched]]
NOTHING: Gone = {}
What = Literal["created", "updated", "deleted"]
_ME = Actor.hub("broker")
_encode = msgspec.msgpack.Encoder().encode


class Relays:
    """Relays of all subscriptions. ``alias`` is the name of this broker among brokers."""

    def __init__(self, database: Database, clock: Clock, ids: Ids, alias: str) -> None:
        self._database, self._clock, self._ids, self._alias = database, clock, ids, alias
        database.create(store.metadata)

    def reconcile(self) -> None:
        """Make the relays what subscriptions and registrations ask for now; writes only what differs."""
        with self._database.read() as connection:
            moves = self._moves(connection)
        if moves:
            self._database.write(self._reconcile)

    def all(self) -> list[tuple[Relay, str]]:
        """Every relay, with the address by which the subscriber knows this hub ('' of a subscription that
        is gone)."""
        with self._database.read() as connection:
            kept = store.everything(connection)
            subscribed = {
                number: subscriptions_store.by_number(connection, number)
                for number in {relay.number for relay in kept}
            }
        return [(relay, one.base if (one := subscribed[relay.number]) else "") for relay in kept]

    def settle(self, relay: Relay, *, gone: bool = False) -> None:
        """Note what became of it at the source; ``gone``: it is not there any more."""

        def work(connection: Connection) -> None:
            now = store.find(connection, relay.key)
            if now is None or now.body != relay.body:  # somebody wants something else by now
                return
            if gone:
                store.drop(connection, relay.key)
            elif now.state == "leaving" and relay.state != "leaving":
                return
            else:
                store.put(connection, relay)
            if gone or relay.state != now.state:
                self._record(connection, relay, "gone" if gone else relay.state)

        self._database.write(work)

    def of(self, key: str) -> tuple[Relay, Subscription]:
        """The relay of a key with its subscription. Raises :class:`ResourceNotFound`."""
        with self._database.read() as connection:
            relay = store.find(connection, key)
            found = subscriptions_store.by_number(connection, relay.number) if relay else None
        if relay is None or found is None:
            raise ResourceNotFound("nobody waits for this notification", remedy="delete the subscription")
        return relay, found

    def hear(
        self, relay: Relay, subscription: Subscription, entities: Sequence[Entity], gone: Gone = NOTHING
    ) -> None:
        """Put what a source has notified into the change stream, durably; ``gone`` is what was deleted of
        the entities, by id. Those with ``deleted_at`` are gone themselves."""
        changes = [_packed(heard(entity, subscription, gone.get(entity.id, ()))) for entity in entities]
        payload = pack(changes, tuple(range(len(changes))))  # the evolutions are the source's

        def work(connection: Connection) -> None:
            now = self._clock.now()
            seq = journal.append_change(connection, KIND, _ME.id, now, payload)
            body = {
                "change": seq,
                "count": len(changes),
                "sha256": hashlib.sha256(payload).hexdigest(),
                "registration": relay.registration,
                "ids": [entity.id for entity in entities],
            }
            journal.enter(connection, Act(_ME, "broker.heard", subscription.id, now, body))

        self._database.write(work)

    def _moves(self, connection: Connection) -> list[tuple[Relay | None, Relay | None]]:
        """What is there, and what takes its place, where they differ."""
        now = millis(self._clock.now())
        asked: dict[tuple[int, str], Relay] = {}
        registrations: dict[str, list[Registration]] = {}
        for tenant, registration in registry_store.all_registrations(connection):
            registrations.setdefault(tenant, []).append(registration)
        for one in subscriptions_store.everything(connection) if registrations else ():
            for new in wanted(one, registrations.get(one.tenant, ()), now, self._alias):
                asked[new.pair] = new
        moves: list[tuple[Relay | None, Relay | None]] = []
        for kept in store.everything(connection):
            relay = asked.pop(kept.pair, None) if kept.state != "leaving" else None
            if relay is None:
                if kept.state != "leaving":
                    moves.append((kept, replace(kept, state="leaving", failures=0, retry_at=0)))
            elif (relay.endpoint, relay.headers, relay.body) != (kept.endpoint, kept.headers, kept.body):
                moves.append((kept, replace(kept, state="leaving", failures=0, retry_at=0)))
                moves.append((None, relay))
        moves += [(None, relay) for relay in asked.values()]
        return moves

    def _reconcile(self, connection: Connection) -> None:
        for before, after in self._moves(connection):
            if after is None:
                continue
            if before is None:
                made = replace(after, key=self._ids.new("relay"))
                store.add(connection, made)
            else:
                made = after
                store.put(connection, made)
            self._record(connection, made, made.state)

    def _record(self, connection: Connection, relay: Relay, what: str) -> None:
        body = {"tenant": relay.tenant, "registration": relay.registration, "remote": relay.remote}
        act = Act(_ME, f"broker.relay.{what}", relay.subscription, self._clock.now(), body)
        journal.record(connection, act)


def heard(entity: Entity, subscription: Subscription, gone: Sequence[Touched] = ()) -> EntityChange:
    """An entity that a source has notified, as a write that triggers the subscription: the source has judged
    that already."""
    if entity.deleted_at:
        return EntityChange(heard_by(subscription.number), "deleted", entity, tuple(gone))
    triggers = frozenset(subscription.triggers)
    updated = not triggers.isdisjoint({"attributeUpdated", "entityUpdated"})
    what: What = "updated" if updated or "attributeCreated" in triggers else "created"
    touched: What = "updated" if updated else "created"
    return EntityChange(
        heard_by(subscription.number),
        what,
        entity,
        tuple(
            Touched(name, touched, item.dataset)
            for name, instances in entity.attributes.items()
            for item in instances
        )
        + tuple(gone),
    )


def _packed(change: EntityChange) -> PackedChange:
    raw = msgspec.Raw(_encode(change.entity))
    return PackedChange(change.tenant, change.what, raw, change.touched, change.scopes)
