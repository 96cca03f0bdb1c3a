"""A context broker by itself: the NGSI-LD surface over one SQLite file, with no city and nobody to sign in.

    python -m tools.broker --port N --data DIR [--contexts DIR] [--reach HOST ...] [--instances N] [--fast]

For conformance suites, benchmarks and tests. Everybody may do everything: never open it to a network.
"""

from __future__ import annotations

import argparse
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.http import AddressGuard, AioHttpClient, ThreadedHttp
from chengshu.engines.mqtt import MqttPublisher
from chengshu.foundation.broker import store as broker_store
from chengshu.foundation.broker.commands import Broker
from chengshu.foundation.broker.errors import LdContextNotAvailable
from chengshu.foundation.broker.ld import store as contexts_store
from chengshu.foundation.broker.ld.library import ContextLibrary
from chengshu.foundation.broker.queries import BrokerQueries
from chengshu.foundation.broker.registry.commands import Registry
from chengshu.foundation.broker.registry.notifying import SourceFollower, SourceNotifier
from chengshu.foundation.broker.registry.watchers import SourceSubscriptions
from chengshu.foundation.broker.subscriptions import store as subscriptions_store
from chengshu.foundation.broker.subscriptions.commands import Subscriptions
from chengshu.foundation.broker.subscriptions.composing import Composer
from chengshu.foundation.broker.subscriptions.notifier import Notifier
from chengshu.foundation.broker.subscriptions.queries import SubscriptionQueries
from chengshu.foundation.broker.subscriptions.sending import Courier
from chengshu.foundation.broker.temporal_feed import TemporalFeed
from chengshu.foundation.journal import store as journal_store
from chengshu.foundation.journal.pump import Pump
from chengshu.kernel.clock import Clock, SystemClock
from chengshu.kernel.errors import ChengshuError
from chengshu.kernel.ids import TimeIds
from chengshu.ports.http import HttpCalls, HttpRequest
from chengshu.surfaces.ngsi_ld import PREFIX, Limits, Operation, Rooms, Surface, openapi, operations
from chengshu.surfaces.ngsi_ld.csource_subscriptions import SourceSubscriptionsSurface
from chengshu.surfaces.ngsi_ld.distribution import Distribution
from chengshu.surfaces.ngsi_ld.registrations import Registrations
from chengshu.surfaces.ngsi_ld.subscriptions import SubscriptionsSurface

LOCAL = ("127.0.0.0/8", "::1", "localhost")


class Fetching:
    """Contexts from other hosts, by the guarded client."""

    def __init__(self, http: HttpCalls) -> None:
        self._http = http

    def fetch(self, url: str, limit: int) -> bytes:
        """The document at ``url``. Raises :class:`LdContextNotAvailable`."""
        request = HttpRequest("GET", url, {"accept": "application/ld+json, application/json"}, most=limit)
        try:
            answer = self._http.submit(request).result()
        except ChengshuError as error:
            raise LdContextNotAvailable(error.fault.detail, where=url[:200]) from error
        if not answer.ok:
            raise LdContextNotAvailable(f"its host answers {answer.status}", where=url[:200])
        return answer.body


class Standing:
    """A broker with all it stands on. ``reach``: hosts that it may call and fetch contexts from beside public
    addresses; ``surface`` answers, ``pump`` and ``notifier`` run what follows the change stream.
    """

    def __init__(
        self,
        data: Path,
        contexts: Path | None = None,
        reach: Sequence[str] = LOCAL,
        *,
        durable: bool = True,
        limits: Limits | None = None,
    ) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.clock: Clock = SystemClock()
        self.ids = TimeIds(self.clock)
        self.database = SqliteDatabase(data / "broker.sqlite", durable=durable)
        for store in (journal_store, broker_store, contexts_store, subscriptions_store):
            self.database.create(store.metadata)
        guard = AddressGuard(reach)
        self.http, self.client, self.mqtt = ThreadedHttp(guard), AioHttpClient(guard), MqttPublisher(guard)
        feed = TemporalFeed(self.database)
        hosts = {"127.0.0.1", "localhost", *reach}
        self.rooms = Rooms(
            Broker(self.database, self.clock),
            BrokerQueries(self.database, self.clock, feed),
            ContextLibrary(
                self.database,
                self.clock,
                self.ids,
                folder=contexts,
                fetcher=Fetching(self.http),
                hosts=hosts,
            ),
            clock=self.clock,
            limits=limits or Limits(),
        )
        composer = Composer(self.rooms.contexts, self.rooms.queries)
        courier = Courier(AioHttpClient(guard), self.mqtt)
        self.notifier = Notifier(self.database, self.clock, composer, courier)
        self.sources = SourceNotifier(
            self.database, self.clock, self.rooms.contexts, lambda: Courier(AioHttpClient(guard), self.mqtt)
        )
        follower = SourceFollower(self.database, self.sources.nudge)
        self.pump = Pump(self.database, self.clock, [feed, follower])
        self.surface = Surface(self.rooms, self._operations())
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.pump.run, args=(self._stop,), name="pump", daemon=True)

    def _operations(self) -> tuple[Operation, ...]:
        registry = Registry(self.database, self.clock)
        shown = SubscriptionQueries(self.database, self.clock, self.notifier)
        kept = Subscriptions(self.database, self.clock)
        watched = SourceSubscriptions(self.database, self.clock, self.sources.nudge)
        return (
            *Distribution(self.rooms, registry, self.client).over(operations(self.rooms)),
            *SubscriptionsSurface(self.rooms, kept, shown, self.ids).operations(),
            *Registrations(self.rooms, registry, self.ids).operations(),
            *SourceSubscriptionsSurface(self.rooms, watched, self.ids).operations(),
        )

    def start(self) -> None:
        """Begin to follow the change stream."""
        self._thread.start()
        self.notifier.start()
        self.sources.start()

    def close(self) -> None:
        """Finish what was accepted and give back what was taken."""
        self._stop.set()
        if self._thread.is_alive():
            self.notifier.stop()
            self.sources.stop()
            self._thread.join(10)
        self.http.close()
        self.rooms.contexts.flush()
        self.database.close()

    def document(self) -> dict[str, Any]:
        """The OpenAPI document of the surface."""
        info = {"title": "NGSI-LD", "version": "1.8.1"}
        return {"openapi": "3.1.0", "info": info} | openapi(self.surface.operations)

    def app(self) -> Starlette:
        """The application; it starts and closes the broker with itself."""

        @asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[None]:
            self.start()
            yield
            await self.client.close()
            self.close()

        async def document(_request: Any) -> JSONResponse:
            return JSONResponse(self.document())

        routes = [Mount(PREFIX, app=self.surface), Route("/openapi.json", document)]
        return Starlette(routes=routes, lifespan=lifespan)


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, default=9101)
    parser.add_argument("--data", type=Path, required=True, help="folder of the database")
    parser.add_argument("--contexts", type=Path, help="folder of JSON-LD contexts with an index.json")
    parser.add_argument(
        "--reach", nargs="*", default=[], metavar="HOST", help="hosts it may call besides this machine"
    )
    parser.add_argument(
        "--instances", type=int, default=10_000, help="instances of an attribute in one temporal answer"
    )
    parser.add_argument("--fast", action="store_true", help="do not wait for the disk")
    given = parser.parse_args(arguments)
    limits = Limits(instances=given.instances)
    reach = [*LOCAL, *given.reach]
    standing = Standing(given.data, given.contexts, reach, durable=not given.fast, limits=limits)
    uvicorn.run(
        standing.app(),
        host="127.0.0.1",
        port=given.port,
        log_level="warning",
        access_log=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
