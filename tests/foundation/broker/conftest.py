"""A broker over each engine, on a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.engines.postgres.server import fresh_schema

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.broker import store
from chengshu.foundation.broker.commands import AnyCommand, Broker, Result
from chengshu.foundation.broker.edit import Outcome
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.queries import BrokerQueries
from chengshu.foundation.broker.temporal_feed import TemporalFeed
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import VirtualClock
from chengshu.ports.database import Database

START = datetime(2026, 7, 20, 8, tzinfo=UTC)
V = "https://example.org/vocabulary/"
ME = Actor("person:1", "Someone")


@dataclass
class Hub:
    """A broker and all that a test of it asks."""

    database: Database
    clock: VirtualClock
    evolutions: TemporalFeed
    broker: Broker
    queries: BrokerQueries

    def do(self, *commands: AnyCommand, tenant: str = "") -> list[Result]:
        """Run commands together."""
        return self.broker.submit(tenant, commands, ME).result(30)

    def ok(self, command: AnyCommand, tenant: str = "") -> Outcome:
        """Run a command that must succeed."""
        return self.broker.write(tenant, command, ME)

    def later(self, seconds: float = 1.0) -> None:
        """Let time pass."""
        self.clock.advance_to(self.clock.now() + timedelta(seconds=seconds))


@contextmanager
def opened(engine: str, folder: Path, *, forget: bool = False) -> Iterator[Hub]:
    """A hub on an engine that is empty."""
    with ExitStack() as stack:
        database: Database
        if engine == "sqlite":
            database = SqliteDatabase(folder / "hub.db", durable=False)
        else:
            from chengshu.engines.postgres import PostgresDatabase

            database = PostgresDatabase(stack.enter_context(fresh_schema()), durable=False)
        stack.callback(database.close)
        for metadata in (journal_store.metadata, store.metadata):
            database.create(metadata)
        clock, feed = VirtualClock(START), TemporalFeed(database, forget=forget)
        yield Hub(database, clock, feed, Broker(database, clock, feed), BrokerQueries(database, clock, feed))


@pytest.fixture(params=["sqlite", "postgres"])
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hub]:
    with opened(request.param, tmp_path) as hub:
        yield hub


def prop(value: Any, **more: Any) -> Attribute:
    """A Property."""
    return Attribute("Property", value, **more)


def thing(name: object, type_: str = "Thing", scopes: tuple[str, ...] = (), **values: Any) -> Entity:
    """An entity with Properties."""
    attributes = {
        V + key: value
        if isinstance(value, tuple)
        else (value if isinstance(value, Attribute) else prop(value),)
        for key, value in values.items()
    }
    return Entity(f"urn:ngsi-ld:{type_}:{name}", (V + type_,), scopes, attributes=attributes)
