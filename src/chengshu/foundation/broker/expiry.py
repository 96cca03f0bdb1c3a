"""Entities that vanish by themselves (clause 4.5.1: expiresAt)."""

from __future__ import annotations

from datetime import datetime

from chengshu.foundation.broker import store
from chengshu.foundation.broker.commands import Broker
from chengshu.foundation.broker.edit import DeleteEntity
from chengshu.foundation.journal import Actor
from chengshu.kernel.clock import Clock, from_millis, millis
from chengshu.ports.database import Database

_BITE = 500


class Expiry:
    """Ticker ``broker-expiry``: deletes entities whose time is over, with their change and journal entry.

    Readers do not see them any more from that moment on; this makes room and tells the subscribers.
    """

    name = "broker-expiry"
    follows_stream = True

    def __init__(self, database: Database, clock: Clock, broker: Broker) -> None:
        self._database = database
        self._clock = clock
        self._broker = broker

    def next_due(self) -> datetime | None:
        """When the next entity's time is over."""
        with self._database.read() as connection:
            due = store.next_expiry(connection)
        return None if due is None else from_millis(due)

    def tick(self, now: datetime) -> None:
        """Delete what is over."""
        while True:
            with self._database.read() as connection:
                over = store.expired(connection, millis(now), _BITE)
            for tenant in dict.fromkeys(tenant for tenant, _ in over):
                commands = [DeleteEntity(entity) for where, entity in over if where == tenant]
                self._broker.submit(tenant, commands, Actor.hub("broker")).result()
            if len(over) < _BITE:
                return
