"""The wiring of the broker: NGSI-LD over a hub's state (or over a bare database), delivery, federation."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from chengshu.engines.http import AddressGuard, AioHttpClient, ThreadedHttp
from chengshu.engines.mqtt import MqttPublisher
from chengshu.foundation.broker import store as broker_store
from chengshu.foundation.broker.commands import Broker
from chengshu.foundation.broker.errors import LdContextNotAvailable
from chengshu.foundation.broker.expiry import Expiry
from chengshu.foundation.broker.hub_past import HubPast
from chengshu.foundation.broker.keeping.commands import Keeping
from chengshu.foundation.broker.ld import store as contexts_store
from chengshu.foundation.broker.ld.library import ContextLibrary
from chengshu.foundation.broker.mirror import Echo, Mirror
from chengshu.foundation.broker.models import Models
from chengshu.foundation.broker.models import store as flags_store
from chengshu.foundation.broker.models.flagging import Flagging
from chengshu.foundation.broker.pseudonym import pseudonym
from chengshu.foundation.broker.queries import BrokerQueries
from chengshu.foundation.broker.registry.commands import Registry
from chengshu.foundation.broker.registry.notifying import SourceFollower, SourceNotifier
from chengshu.foundation.broker.registry.watchers import SourceSubscriptions
from chengshu.foundation.broker.relaying.commands import Relays
from chengshu.foundation.broker.relaying.forwarding import Forwarder
from chengshu.foundation.broker.subscriptions import store as subscriptions_store
from chengshu.foundation.broker.subscriptions.commands import Subscriptions
from chengshu.foundation.broker.subscriptions.composing import Composer
from chengshu.foundation.broker.subscriptions.notifier import Notifier
from chengshu.foundation.broker.subscriptions.queries import SubscriptionQueries
from chengshu.foundation.broker.subscriptions.sending import Courier
from chengshu.foundation.broker.temporal_feed import TemporalFeed
from chengshu.foundation.context import Context
from chengshu.foundation.journal import Actor, Pump
from chengshu.kernel.clock import Clock
from chengshu.kernel.errors import ChengshuError
from chengshu.kernel.ids import Ids
from chengshu.ports.database import Database
from chengshu.ports.history import History
from chengshu.ports.http import HttpCalls, HttpClient, HttpRequest
from chengshu.ports.runtime import Consumer, Ticker
from chengshu.surfaces.ngsi_ld import Limits, Operation, Rooms, Surface, anyone, operations
from chengshu.surfaces.ngsi_ld.csource_subscriptions import SourceSubscriptionsSurface
from chengshu.surfaces.ngsi_ld.distribution import Distribution
from chengshu.surfaces.ngsi_ld.extensions import Below, Extensions, alone
from chengshu.surfaces.ngsi_ld.kept_answers import KeptAnswers
from chengshu.surfaces.ngsi_ld.registrations import Registrations
from chengshu.surfaces.ngsi_ld.relay import Hearing
from chengshu.surfaces.ngsi_ld.subscriptions import SubscriptionsSurface

STORES = (broker_store, contexts_store, subscriptions_store, flags_store)
Who = Callable[[Any], Actor]


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


class BrokerParts:
    """A broker with all it stands on. It follows the change stream in a thread of its own, so that neither a
    twin's forecast nor a slow receiver holds the other up.

    ``reach``: hosts and networks that are not public and may be called all the same; contexts are fetched
    from hosts named there and from nowhere else. ``context``: the hub's entities and series, shown as
    NGSI-LD and fed by it; none for a broker by itself. ``models``: what entities are held against;
    ``below``: an area's id → it and the areas under it. ``alias``: how its name among brokers begins, by
    which loops end; what follows is made at the first start, so that no other has it (``exact``: nothing
    follows). ``history``: the past of the hub's series; ``forget``: whether the past of an entity goes with
    it. ``client``: how they are reached, by default over the network.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        *,
        reach: Sequence[str] = (),
        contexts: Path | None = None,
        context: Context | None = None,
        history: History | None = None,
        forget: bool = False,
        who: Who = anyone,
        alias: str = "chengshu",
        exact: bool = False,
        client: HttpClient | None = None,
        limits: Limits | None = None,
        models: Models | None = None,
        below: Below = alone,
    ) -> None:
        database.create(*(store.metadata for store in STORES))
        guard = AddressGuard(reach)
        self._http, self._client = ThreadedHttp(guard), client or AioHttpClient(guard)
        mqtt = MqttPublisher(guard)
        feed = TemporalFeed(database, forget=forget, clock=clock)
        past = None
        if context is not None and history is not None:
            past = HubPast(context.series, history, database)
        broker = Broker(database, clock, feed)
        library = ContextLibrary(
            database, clock, ids, folder=contexts, fetcher=Fetching(self._http), hosts=set(reach)
        )
        self.queries = BrokerQueries(database, clock, feed, past)
        self.rooms = Rooms(
            broker,
            self.queries,
            library,
            clock=clock,
            who=who,
            alias=alias if exact else pseudonym(database, clock, ids, alias),
            limits=limits or Limits(),
        )
        courier = Courier(client or AioHttpClient(guard), mqtt)
        self.notifier = Notifier(database, clock, Composer(library, self.queries), courier)
        self.sources = SourceNotifier(database, clock, library, lambda: Courier(AioHttpClient(guard), mqtt))
        follower = SourceFollower(database, self.sources.nudge)
        self.relays = Relays(database, clock, ids, self.rooms.alias)
        self.forwarder = Forwarder(self.relays, clock, lambda: client or AioHttpClient(guard))
        consumers: list[Consumer] = [feed, follower, Flagging(models or Models()), self.forwarder]
        tickers: list[Ticker] = [feed, Expiry(database, clock, broker)]
        if context is not None:
            mirror = Mirror(database, context, clock, feed)
            consumers += [mirror, Echo(context)]
            tickers.append(mirror)
        self.pump = Pump(database, clock, consumers, tickers)
        self.surface = Surface(self.rooms, self._operations(database, clock, ids, below))
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self.pump.run, args=(self._stop,), name="chengshu-broker", daemon=True
        )

    def _operations(self, database: Database, clock: Clock, ids: Ids, below: Below) -> tuple[Operation, ...]:
        registry = Registry(database, clock)
        shown = SubscriptionQueries(database, clock, self.notifier)
        kept = Subscriptions(database, clock)
        watched = SourceSubscriptions(database, clock, self.sources.nudge)
        distribution = Distribution(self.rooms, registry, self._client)
        answers = KeptAnswers(self.rooms, Keeping(database, clock), ids, distribution)
        return (
            *answers.over(distribution.over(operations(self.rooms))),
            *answers.operations(),
            *SubscriptionsSurface(self.rooms, kept, shown, ids).operations(),
            *Registrations(self.rooms, registry, ids).operations(),
            *SourceSubscriptionsSurface(self.rooms, watched, ids).operations(),
            *Hearing(self.rooms, self.relays).operations(),
            *Extensions(self.rooms, database, below).operations(),
        )

    def start(self) -> None:
        """Begin to follow the change stream and to deliver."""
        self._thread.start()
        self.notifier.start()
        self.sources.start()
        self.forwarder.start()

    def stop(self) -> None:
        """Finish what is under way; what was not delivered is delivered after the next start."""
        self._stop.set()
        if self._thread.is_alive():
            self.notifier.stop()
            self.sources.stop()
            self.forwarder.stop()
            self._thread.join(timeout=30)
        self._http.close()
        self.rooms.contexts.flush()

    async def close_client(self) -> None:
        """Give back the connections to other brokers, from the event loop they belong to."""
        await self._client.close()
