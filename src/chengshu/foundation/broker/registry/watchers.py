"""The only writer of subscriptions to registrations (clause 5.11), and their reader."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.broker.errors import AlreadyExists, ResourceNotFound
from chengshu.foundation.broker.registry import store, store_watching
from chengshu.foundation.broker.registry.index import expired
from chengshu.foundation.broker.registry.store_watching import Kept
from chengshu.foundation.broker.registry.watching import SourceSubscription, matcher_of, relevant
from chengshu.foundation.broker.store import add_tenant, has_tenant
from chengshu.foundation.broker.subscriptions.model import Progress
from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.clock import Clock, millis
from chengshu.ports.database import Database

Change = Callable[[SourceSubscription], SourceSubscription]
_NOTIFIED = "csource_subscription."


class SourceSubscriptions:
    """Keeps subscriptions; a new or changed one that is active is told at once what matches (clause 5.11.7).

    ``nudge`` is called inside a transaction that gives the notifier something to do.
    """

    def __init__(self, database: Database, clock: Clock, nudge: Callable[[], None]) -> None:
        self._database, self._clock, self._nudge = database, clock, nudge
        database.create(store_watching.metadata)

    def create(self, item: SourceSubscription, actor: Actor) -> str:
        """Keep a new subscription (clause 5.11.2); returns its id. Raises :class:`AlreadyExists`."""
        return self._database.write(lambda connection: self._create(connection, item, actor))

    def update(self, tenant: str, name: str, change: Change, actor: Actor) -> None:
        """Put what ``change`` makes of it in its place (clause 5.11.3); what ``change`` raises is raised.

        Raises :class:`ResourceNotFound`.
        """
        self._database.write(lambda connection: self._update(connection, tenant, name, change, actor))

    def delete(self, tenant: str, name: str, actor: Actor) -> None:
        """Forget it and all that waits for it (clause 5.11.6). Raises :class:`ResourceNotFound`."""
        self._database.write(lambda connection: self._delete(connection, tenant, name, actor))

    def get(self, tenant: str, name: str) -> Kept:
        """One subscription and its progress (clause 5.11.4). Raises :class:`ResourceNotFound`."""
        with self._database.read() as connection:
            return _found(connection, tenant, name)

    def page(self, tenant: str, limit: int, offset: int) -> tuple[list[Kept], int]:
        """Subscriptions of a tenant, oldest first, and how many there are (clause 5.11.5)."""
        with self._database.read() as connection:
            found = store_watching.page(connection, tenant, limit, offset)
            return found, store_watching.count(connection, tenant)

    def _create(self, connection: Connection, item: SourceSubscription, actor: Actor) -> str:
        one, now = item.subscription, millis(self._clock.now())
        if store_watching.find(connection, one.tenant, one.id) is not None:
            raise AlreadyExists(
                f"the subscription {one.id} exists already", where="id", remedy="change that one"
            )
        if not has_tenant(connection, one.tenant):
            add_tenant(connection, one.tenant, now)
        number = store_watching.add(connection, item)
        seq = self._record(connection, "created", item, actor)
        kept = replace(one, number=number, created_at=now, modified_at=now, start=seq)
        self._keep(connection, replace(item, subscription=kept), Progress(number), now)
        return one.id

    def _update(self, connection: Connection, tenant: str, name: str, change: Change, actor: Actor) -> None:
        before = _found(connection, tenant, name)
        after, now = change(before.item), millis(self._clock.now())
        seq = self._record(connection, "updated", after, actor)
        number, born = before.item.subscription.number, before.item.subscription.created_at
        kept = replace(after.subscription, number=number, created_at=born, modified_at=now, start=seq)
        self._keep(connection, replace(after, subscription=kept), before.progress, now)

    def _keep(self, connection: Connection, item: SourceSubscription, progress: Progress, now: int) -> None:
        store_watching.put(connection, item)
        store_watching.put_progress(connection, replace(progress, failures=0, retry_at=0))
        one = item.subscription
        self._nudge()
        if one.status(now) != "active":
            return
        matching = matcher_of(item)
        alive = [each for each in store.of_tenant(connection, one.tenant) if not expired(each, now)]
        shown = [seen for each in alive if (seen := relevant(matching, each)) is not None]
        if shown:
            store_watching.enqueue(connection, one.number, "newlyMatching", shown)

    def _delete(self, connection: Connection, tenant: str, name: str, actor: Actor) -> None:
        found = _found(connection, tenant, name)
        store_watching.remove(connection, found.item.subscription.number)
        self._record(connection, "deleted", found.item, actor)

    def _record(self, connection: Connection, what: str, item: SourceSubscription, actor: Actor) -> int:
        one = item.subscription
        act = Act(actor, _NOTIFIED + what, one.id, self._clock.now(), {"tenant": one.tenant})
        return record(connection, act)


def _found(connection: Connection, tenant: str, name: str) -> Kept:
    found = store_watching.find(connection, tenant, name)
    if found is None:
        raise ResourceNotFound(
            f"there is no subscription {name}", where="subscriptionId", remedy="see the list of them"
        )
    return found
