"""The notifier: follows the change stream and delivers, for as long as it takes, whatever the endpoints do.

It keeps its own place in the stream, and each subscription its own behind that; both are written together, a
few times a second. A kill at any moment loses nothing: what was sent after the last of these writes is sent
again, and carries the same sequence numbers. Runs in a thread of its own (:meth:`Notifier.start`), or step by
step inside the pump (it is a :class:`~chengshu.ports.runtime.Ticker`), deterministic in virtual time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from chengshu.foundation import journal
from chengshu.foundation.broker.subscriptions import commands, store
from chengshu.foundation.broker.subscriptions.composing import Composer
from chengshu.foundation.broker.subscriptions.desk import Parcel, Record, Verdict
from chengshu.foundation.broker.subscriptions.desks import Desks
from chengshu.foundation.broker.subscriptions.dispatching import Limits
from chengshu.foundation.broker.subscriptions.following import BITE, Reader
from chengshu.foundation.broker.subscriptions.matching import compile_matches
from chengshu.foundation.broker.subscriptions.model import (
    Attempt,
    Health,
    Progress,
    Subscription,
    place,
    seq_of,
)
from chengshu.foundation.broker.subscriptions.sending import Sender
from chengshu.foundation.broker.subscriptions.service import Service
from chengshu.kernel.clock import Clock, from_millis, millis
from chengshu.kernel.errors import ChengshuError, Conflict
from chengshu.ports.database import Database
from chengshu.ports.runtime import Change

_MOST_UNKEPT = 20_000  # attempts the store does not know: beyond that nothing more is sent until it does
MOST_BYTES = 2 * 1024 * 1024  # what is told at once, as it lies in the stream; more is told in parts
_HEAD_EVERY = 2_000  # records the place in the stream may run ahead when nobody is to be told anything
_log = structlog.get_logger("chengshu.notifier")


class Notifier:
    """``sender`` brings notifications out, ``composer`` writes them."""

    name = "linked.notifier"
    follows_stream = True

    def __init__(
        self,
        database: Database,
        clock: Clock,
        composer: Composer,
        sender: Sender,
        limits: Limits | None = None,
    ) -> None:
        self._database, self._clock = database, clock
        self._composer, self._sender = composer, sender
        self._reader = Reader(database)
        self._limits = limits
        self._desks: Desks | None = None
        self._kept_head = self._loaded = 0
        self._unkept: tuple[dict[int, Progress], list[Attempt]] = ({}, [])
        self._service: Service | None = None
        self._runner: asyncio.Runner | None = None  # of the steps in the pump

    # --- in service ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Follow and deliver in a thread of its own until :meth:`stop`; once only (:class:`Conflict`)."""
        if self._service is not None:
            raise Conflict("notifier-running", "the notifier runs already")
        self._service = Service(self)
        self._database.on_commit(self._service.wake)
        self._service.start()

    def stop(self) -> None:
        """Let what is under way end within a moment, write what happened, give back every connection."""
        service, self._service = self._service, None
        if service is not None:
            service.stop()
        if self._runner is not None:
            self._runner.run(self._sender.close())
            self._runner.close()
            self._runner = None

    # --- in the pump ---------------------------------------------------------------------------------

    def next_due(self) -> datetime | None:
        """When there is something to read or to send."""
        desks = self.opened()
        if self._reader.end() > desks.head or self._wants_reading():
            return self._clock.now()
        due = desks.next_due()
        return None if due is None else max(from_millis(due), self._clock.now())

    def tick(self, now: datetime) -> None:
        """Read, deliver and note everything that can be now, one after the other."""
        if self._runner is None:
            self._runner = asyncio.Runner()
        while True:
            moved = self.follow() + self.read_on()
            while (parcel := self.opened().take(self.now())) is not None:
                self._runner.run(self.deliver(parcel))
                self.keep_now()
                moved += 1
            self.keep_now()
            if not moved:
                return

    # --- the steps -----------------------------------------------------------------------------------

    def now(self) -> int:
        """Milliseconds now."""
        return millis(self._clock.now())

    def opened(self) -> Desks:
        """The desks, loaded from the store the first time."""
        if self._desks is None:
            self._desks = self._load()
        return self._desks

    def _load(self) -> Desks:
        with self._database.read() as connection:
            head, self._loaded = store.head(connection), journal.last_seq(connection)
            found, kept = store.everything(connection), store.progress_of(connection)
        first = self._loaded if head is None and not found else head or 0
        desks = Desks(first, self._limits)
        self._kept_head = first
        now = self.now()
        for subscription in found:
            state = kept.get(subscription.number) or Progress(subscription.number)
            self._put(desks, subscription, state, now)
        return desks

    def _put(self, desks: Desks, subscription: Subscription, state: Progress | None, now: int) -> None:
        try:
            matches = compile_matches(subscription, self._composer.peek)
        except ChengshuError as error:  # written by a version that allowed it: say so, serve the others
            _log.error("subscription cannot be used", subscription=subscription.id, error=str(error))
            desks.drop(subscription.number)
            return
        desks.put(subscription, matches, state, now)

    def follow(self, limit: int = BITE) -> int:
        """Take in the next records of the stream; returns how many."""
        desks, now = self.opened(), self.now()
        news, reached = self._reader.news(desks.head, limit, nobody=desks.empty)
        for item in news:
            if isinstance(item, Record):
                desks.accept(item, now)
            else:
                self._obey(desks, item, now)
        desks.head = reached
        return len(news)

    def _obey(self, desks: Desks, change: Change, now: int) -> None:
        """A subscription came, changed or went."""
        number, replayed = int(change.payload["number"]), change.kind == commands.STREAM + "replayed"
        desks.head = change.seq
        if change.seq <= self._loaded and not replayed:
            return  # it was loaded as it is after this
        with self._database.read() as connection:
            subscription = store.by_number(connection, number)
        if subscription is None:
            desks.drop(number)
            return
        self._composer.forget(subscription)
        self._put(desks, subscription, None, now)
        if replayed:
            desks.rewind(number, place(int(change.payload["from"]) - 1), now)

    def _wants_reading(self) -> bool:
        return bool(self.opened().hungry(self.now()))

    def read_on(self) -> int:
        """Read one bite of the past for those who are far behind; returns how many that helped."""
        desks = self.opened()
        hungry = desks.hungry(self.now())
        if not hungry:
            return 0
        after = min(seq_of(desk.scanned + 1) for desk in hungry) - 1
        records, reached = self._reader.writes(after, desks.head)
        near = [desk for desk in hungry if seq_of(desk.scanned + 1) <= max(reached, after + 1)]
        desks.refill(near, records, reached, self.now())
        return len(near)

    async def deliver(self, parcel: Parcel) -> None:
        """Write one notification out, send it, and note what came of it."""
        begun = self.now()
        try:
            records = self._reader.at(seq_of(item) for item in parcel.items)
            if len(parcel.items) > 1 and len(fitting := fit(parcel.items, records)) < len(parcel.items):
                parcel = self.opened().shorten(parcel, fitting)
            outgoing = await self._outgoing(parcel, records, begun)
            verdict = Verdict("nothing") if outgoing is None else await outgoing
        except Exception as error:  # a fault of ours in one notification must not stop the others
            _log.error("notification failed", subscription=parcel.desk.subscription.id, exc_info=error)
            verdict = Verdict("refused", 0, f"{type(error).__name__}: {error}")
        now = self.now()
        self.opened().settle(parcel, verdict, now, now - begun)

    async def _outgoing(
        self, parcel: Parcel, records: dict[int, Record], now: int
    ) -> Awaitable[Verdict] | None:
        """The notification on its way, or None when there is nothing in it to tell."""
        subscription, composer = parcel.desk.subscription, self._composer
        if parcel.periodic:
            written = await _aside(lambda: composer.present(subscription, parcel.id, now))
        elif composer.reads(subscription):
            written = await _aside(
                lambda: composer.write(subscription, parcel.id, parcel.items, records, now)
            )
        else:
            written = composer.write(subscription, parcel.id, parcel.items, records, now)
        return None if written is None else self._sender.send(written)

    # --- what is kept --------------------------------------------------------------------------------

    @property
    def worth_keeping(self) -> bool:
        """Whether something happened that the store should know."""
        desks = self.opened()
        return bool(desks.unkept or any(self._unkept)) or desks.head - self._kept_head >= _HEAD_EVERY

    @property
    def full(self) -> bool:
        """Whether so much is not kept yet that nothing more may be sent."""
        return self.opened().unkept + len(self._unkept[1]) > _MOST_UNKEPT

    def keep(self) -> Future[None]:
        """Write what happened since the last time; the future is done when it is durable."""
        head, moved, attempts = self.opened().snapshot()
        rows, tries = self._unkept
        rows |= {item.number: item for item in moved}
        tries += attempts
        self._unkept = (rows, tries)
        sent_rows, sent_tries = dict(rows), list(tries)

        def work(connection: Connection) -> None:
            store.keep(connection, head, sent_rows.values(), sent_tries)

        return self._database.submit(work)

    def kept(self, head: int) -> None:
        """What :meth:`keep` wrote is durable."""
        self._unkept = ({}, [])
        self._kept_head = head

    def keep_now(self) -> None:
        """Write and wait."""
        if self.worth_keeping:
            head = self.opened().head
            self.keep().result()
            self.kept(head)

    # --- what can be asked ---------------------------------------------------------------------------

    def progress(self, number: int) -> Progress | None:
        """How far one subscription is, now."""
        return self._desks.progress(number) if self._desks else None

    def health(self, number: int) -> Health | None:
        """How the endpoint of one subscription does."""
        return self._desks.health(number, self.now()) if self._desks else None

    @property
    def sender(self) -> Sender:
        """What brings notifications out."""
        return self._sender


def fit(items: tuple[int, ...], records: Mapping[int, Record]) -> tuple[int, ...]:
    """The first of ``items``, at least one, that are about :data:`MOST_BYTES` together."""
    size = 0.0
    for count, item in enumerate(items):
        record = records.get(seq_of(item))
        size += record.size / max(len(record.items), 1) if record else 0.0
        if size > MOST_BYTES and count:
            return items[:count]
    return items


async def _aside(work: Callable[[], Any]) -> Any:
    """Work that reads from the store for a while, off the event loop."""
    return await asyncio.get_running_loop().run_in_executor(None, work)
