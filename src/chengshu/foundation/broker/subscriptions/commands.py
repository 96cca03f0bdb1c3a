"""The only writer of subscriptions (ETSI GS CIM 009 V1.8.1, clauses 5.8.1, 5.8.2 and 5.8.5).

Every command also leaves a record ``subscription.…`` in the change stream: the notifier learns of it there,
in order with the writes to entities, so that it is sure from which write on a subscription is in force.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation import journal
from chengshu.foundation.broker.errors import AlreadyExists, BadRequestData, ResourceNotFound
from chengshu.foundation.broker.store import add_tenant, has_tenant
from chengshu.foundation.broker.subscriptions import store
from chengshu.foundation.broker.subscriptions.model import Gap, Subscription
from chengshu.foundation.journal import Act, Actor
from chengshu.kernel.clock import Clock, millis
from chengshu.ports.database import Database

STREAM = "subscription."
Change = Callable[[Subscription], Subscription]


class Subscriptions:
    """Creates, changes and deletes subscriptions. Every method returns a future of the durable commit."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def create(self, subscription: Subscription, actor: Actor) -> Future[str]:
        """Keep a subscription (clause 5.8.1); gives its id.

        The future raises :class:`AlreadyExists` when its id is taken.
        """
        return self._database.submit(lambda c: self._create(c, subscription, actor))

    def update(self, tenant: str, name: str, change: Change, actor: Actor) -> Future[None]:
        """Put ``change`` of a subscription in its place (clause 5.8.2); what ``change`` raises is raised.

        The future raises :class:`ResourceNotFound` when there is none with this id.
        """
        return self._database.submit(lambda c: self._update(c, tenant, name, change, actor))

    def delete(self, tenant: str, name: str, actor: Actor) -> Future[None]:
        """Delete a subscription with all that waits for it (clause 5.8.5).

        The future raises :class:`ResourceNotFound`.
        """
        return self._database.submit(lambda c: self._delete(c, tenant, name, actor))

    def replay(self, tenant: str, name: str, seq: int, actor: Actor) -> Future[int]:
        """Deliver again everything that matches from record ``seq`` of the change stream on.

        A later ``seq`` than the subscription has reached skips what lies between. Gives the newest record.
        The future raises :class:`ResourceNotFound`, and :class:`BadRequestData` for a record to come.
        """
        return self._database.submit(lambda c: self._replay(c, tenant, name, seq, actor))

    def _create(self, connection: Connection, subscription: Subscription, actor: Actor) -> str:
        tenant, now = subscription.tenant, millis(self._clock.now())
        if store.find(connection, tenant, subscription.id) is not None:
            raise AlreadyExists(
                f"there is a subscription {subscription.id} already",
                where="id",
                remedy="change that one, or choose another id",
            )
        if not has_tenant(connection, tenant):
            add_tenant(connection, tenant, now)
        number = store.add(connection, subscription)
        seq = self._publish(connection, "created", subscription, number, actor)
        kept = replace(subscription, number=number, created_at=now, modified_at=now, start=seq)
        store.put(connection, kept if kept.active else replace(kept, gaps=(Gap(seq),)))
        return subscription.id

    def _update(self, connection: Connection, tenant: str, name: str, change: Change, actor: Actor) -> None:
        before = self._found(connection, tenant, name)
        now = millis(self._clock.now())
        after = replace(change(before), number=before.number, modified_at=now)
        seq = self._publish(connection, "updated", after, before.number, actor)
        was, will = before.status(now), after.status(now)
        if was == "expired" and will != "expired":
            after = replace(after, start=seq, gaps=())
        if after.active and before.gaps and before.gaps[-1].end == 0:
            after = replace(after, gaps=(*before.gaps[:-1], Gap(before.gaps[-1].start, seq)))
        if not after.active and not (after.gaps and after.gaps[-1].end == 0):
            after = replace(after, gaps=(*after.gaps, Gap(seq)))
        store.put(connection, after)

    def _delete(self, connection: Connection, tenant: str, name: str, actor: Actor) -> None:
        found = self._found(connection, tenant, name)
        store.remove(connection, found.number)
        self._publish(connection, "deleted", found, found.number, actor)

    def _replay(self, connection: Connection, tenant: str, name: str, seq: int, actor: Actor) -> int:
        found = self._found(connection, tenant, name)
        newest = journal.last_seq(connection)
        if not 0 < seq <= newest + 1:
            raise BadRequestData(
                f"the change stream has the records 1 to {newest}",
                where="from",
                remedy="name the first record to deliver again",
            )
        kept = tuple(gap for gap in found.gaps if gap.end == 0)
        store.put(connection, replace(found, start=min(found.start, seq - 1), gaps=kept))
        self._publish(connection, "replayed", found, found.number, actor, seq)
        return newest

    def _publish(
        self, connection: Connection, what: str, item: Subscription, number: int, actor: Actor, seq: int = 0
    ) -> int:
        body: dict[str, str | int] = {"tenant": item.tenant, "number": number}
        if seq:
            body["from"] = seq
        return journal.record(connection, Act(actor, STREAM + what, item.id, self._clock.now(), body))

    @staticmethod
    def _found(connection: Connection, tenant: str, name: str) -> Subscription:
        found = store.find(connection, tenant, name)
        if found is None:
            raise missing(name)
        return found


def missing(name: str) -> ResourceNotFound:
    """There is no subscription ``name``."""
    return ResourceNotFound(f"there is no subscription {name}", where="subscriptionId", remedy="list them")
