"""The registry of context sources: the only writer of registrations (clause 5.9)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.broker.errors import AlreadyExists, ResourceNotFound
from chengshu.foundation.broker.registry import store
from chengshu.foundation.broker.registry.conflicts import check_conflicts
from chengshu.foundation.broker.registry.forwards import ForwardLog
from chengshu.foundation.broker.registry.index import RegistrationIndex, expired
from chengshu.foundation.broker.registry.model import Registration
from chengshu.foundation.broker.store import add_tenant, has_tenant
from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.clock import Clock, millis
from chengshu.ports.database import Database, Work

T = TypeVar("T")
CHANGED = "csource.registered", "csource.updated", "csource.deleted"


class Registry:
    """Registers context sources durably and keeps them in memory; every method may be called from any thread.

    Each write is one transaction: state, journal and a change ``csource.*`` whose body holds the registration
    before and after, so that the subscriptions to registrations follow the stream like all others.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._refreshing = threading.Lock()
        self.index = RegistrationIndex()
        self.forwards = ForwardLog()
        database.create(store.metadata)
        self.reload()

    def reload(self) -> None:
        """Read everything from the store again (another process may have written)."""
        with self._database.read() as connection:
            self.index.load(store.all_registrations(connection))

    def register(self, tenant: str, registration: Registration, actor: Actor) -> Registration:
        """Keep a new registration; returns it with its times (clause 5.9.2).

        Raises :class:`AlreadyExists` for an id that is taken, :class:`Conflict` beside an exclusive one.
        """
        return self._written(tenant, lambda c: self._register(c, tenant, registration, actor))

    def update(
        self, tenant: str, id_: str, change: Callable[[Registration], Registration], actor: Actor
    ) -> Registration:
        """Put what ``change`` makes of the registration in its place (clause 5.9.3).

        Raises :class:`ResourceNotFound`, :class:`Conflict`, and what ``change`` raises; then nothing changed.
        """
        return self._written(tenant, lambda c: self._update(c, tenant, id_, change, actor))

    def delete(self, tenant: str, id_: str, actor: Actor) -> None:
        """Forget the registration (clause 5.9.4). Raises :class:`ResourceNotFound`."""
        self._written(tenant, lambda c: self._delete(c, tenant, id_, actor))

    def get(self, tenant: str, id_: str) -> Registration:
        """One registration (clause 5.10.1). Raises :class:`ResourceNotFound`."""
        with self._database.read() as connection:
            found = store.find(connection, tenant, id_)
        if found is None:
            raise missing(id_)
        return found

    def find(self, tenant: str) -> list[Registration]:
        """All registrations of the tenant that have not expired, oldest first (clause 5.10.2)."""
        now = millis(self._clock.now())
        with self._database.read() as connection:
            return [one for one in store.of_tenant(connection, tenant) if not expired(one, now)]

    def _written(self, tenant: str, work: Work[T]) -> T:
        """Do ``work``, and show in memory what is durable; never what is not."""
        result = self._database.write(work)
        with self._refreshing, self._database.read() as connection:
            self.index.put(tenant, store.of_tenant(connection, tenant))
        return result

    def _register(self, connection: Connection, tenant: str, new: Registration, actor: Actor) -> Registration:
        if store.find(connection, tenant, new.id) is not None:
            raise AlreadyExists(
                f"the registration {new.id} exists already",
                where="id",
                remedy="choose another id, or update it",
            )
        check_conflicts(new, self._others(connection, tenant, new))
        now = millis(self._clock.now())
        if not has_tenant(connection, tenant):
            add_tenant(connection, tenant, now)
        kept = replace(new, created_at=now, modified_at=now)
        store.add(connection, tenant, kept)
        self._record(connection, 0, tenant, kept.id, actor, None, kept)
        return kept

    def _update(
        self,
        connection: Connection,
        tenant: str,
        id_: str,
        change: Callable[[Registration], Registration],
        actor: Actor,
    ) -> Registration:
        before = store.find(connection, tenant, id_)
        if before is None:
            raise missing(id_)
        now = millis(self._clock.now())
        after = replace(change(before), id=id_, created_at=before.created_at, modified_at=now)
        check_conflicts(after, self._others(connection, tenant, after))
        store.put(connection, tenant, after)
        self._record(connection, 1, tenant, id_, actor, before, after)
        return after

    def _delete(self, connection: Connection, tenant: str, id_: str, actor: Actor) -> None:
        before = store.find(connection, tenant, id_)
        if before is None:
            raise missing(id_)
        store.drop(connection, tenant, id_)
        self._record(connection, 2, tenant, id_, actor, before, None)

    def _others(self, connection: Connection, tenant: str, new: Registration) -> list[Registration]:
        if new.mode not in ("exclusive", "redirect"):
            return []
        now = millis(self._clock.now())
        return [one for one in store.of_tenant(connection, tenant) if not expired(one, now)]

    def _record(
        self,
        connection: Connection,
        what: int,
        tenant: str,
        id_: str,
        actor: Actor,
        before: Registration | None,
        after: Registration | None,
    ) -> None:
        body: dict[str, Any] = {"tenant": tenant}
        for name, registration in (("before", before), ("after", after)):
            if registration is not None:
                body[name] = store.plain(registration)
        record(connection, Act(actor, CHANGED[what], id_, self._clock.now(), body))


def missing(id_: str) -> ResourceNotFound:
    """The error of an id that is not registered."""
    return ResourceNotFound(
        f"there is no registration {id_}", where="registrationId", remedy="see the list of them"
    )
