"""Readers of subscriptions: themselves, their progress, their ledger, the health of their endpoints.

Source: ETSI GS CIM 009 V1.8.1, clauses 5.8.3 and 5.8.4; ledger and health are extensions of ours.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from chengshu.foundation.broker.errors import NonexistentTenant
from chengshu.foundation.broker.store import has_tenant
from chengshu.foundation.broker.subscriptions import store
from chengshu.foundation.broker.subscriptions.commands import missing
from chengshu.foundation.broker.subscriptions.model import (
    Attempt,
    Breaker,
    Health,
    Progress,
    Subscription,
    seq_of,
)
from chengshu.kernel.clock import Clock, millis
from chengshu.ports.database import Database


class Live(Protocol):
    """What the notifier knows before the store does."""

    def progress(self, number: int) -> Progress | None:
        """How far one subscription is, now."""
        ...

    def health(self, number: int) -> Health | None:
        """How its endpoint does."""
        ...


class Shown(NamedTuple):
    """A subscription and how its delivery went so far."""

    subscription: Subscription
    progress: Progress


class SubscriptionQueries:
    """``live`` is the notifier of this process, when it runs here."""

    def __init__(self, database: Database, clock: Clock, live: Live | None = None) -> None:
        self._database, self._clock, self._live = database, clock, live

    def get(self, tenant: str, name: str) -> Shown:
        """One subscription (clause 5.8.3). Raises :class:`ResourceNotFound`, :class:`NonexistentTenant`."""
        with self._database.read() as connection:
            self._check(tenant, has_tenant(connection, tenant))
            found = store.find(connection, tenant, name)
            if found is None:
                raise missing(name)
            kept = store.progress_of(connection, [found.number])
        return self._shown(found, kept)

    def find(self, tenant: str, limit: int, offset: int) -> tuple[list[Shown], int]:
        """A page of subscriptions, oldest first, and how many there are (clause 5.8.4)."""
        with self._database.read() as connection:
            self._check(tenant, has_tenant(connection, tenant))
            found = store.page(connection, tenant, limit, offset)
            total = store.count(connection, tenant)
            kept = store.progress_of(connection, [item.number for item in found])
        return [self._shown(item, kept) for item in found], total

    def deliveries(self, tenant: str, name: str, limit: int = store.RING) -> list[Attempt]:
        """The newest attempts to notify, newest first. Raises :class:`ResourceNotFound`."""
        number = self.get(tenant, name).subscription.number
        with self._database.read() as connection:
            return store.ledger(connection, number, limit)

    def health(self, tenant: str, name: str) -> Health:
        """How the endpoint of a subscription does. Raises :class:`ResourceNotFound`."""
        shown = self.get(tenant, name)
        live = self._live.health(shown.subscription.number) if self._live else None
        if live is not None:
            return live
        state, now = shown.progress, millis(self._clock.now())
        with self._database.read() as connection:
            head = store.head(connection) or 0
        breaker: Breaker = "closed" if not state.failures else "open" if now < state.retry_at else "half-open"
        done = seq_of(state.done) if state.behind else head
        return Health(breaker, state.failures, state.retry_at, state.error, 0, state.behind, done, head)

    def _shown(self, found: Subscription, kept: dict[int, Progress]) -> Shown:
        live = self._live.progress(found.number) if self._live else None
        return Shown(found, live or kept.get(found.number) or Progress(found.number))

    @staticmethod
    def _check(tenant: str, there: bool) -> None:
        if not there:
            raise NonexistentTenant(f"there is no tenant {tenant}", where="NGSILD-Tenant")
