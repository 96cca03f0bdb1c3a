"""Follows the changes of registrations and delivers what subscribers want to know of them (clause 5.11.7).

Two halves. :class:`SourceFollower` is a consumer of the change stream: it puts a notice per subscription that
a change concerns into the queue, in the transaction that moves its offset, so that none is lost or doubled.
:class:`SourceNotifier` empties the queue from a thread of its own: per subscription in order and one at a
time, subscriptions beside each other, a failed one again after a growing pause. At least once.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

import structlog
from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.registry import store, store_watching
from chengshu.foundation.broker.registry.index import expired
from chengshu.foundation.broker.registry.model import Registration
from chengshu.foundation.broker.registry.notices import write_notice
from chengshu.foundation.broker.registry.store_watching import Kept, Notice
from chengshu.foundation.broker.registry.watching import Reason, matcher_of, noticed, relevant
from chengshu.foundation.broker.subscriptions.desk import Verdict
from chengshu.foundation.broker.subscriptions.lanes import pause_ms
from chengshu.foundation.broker.subscriptions.model import Progress, Subscription
from chengshu.foundation.broker.subscriptions.sending import Outgoing
from chengshu.kernel.clock import Clock, millis
from chengshu.kernel.errors import ChengshuError
from chengshu.ports.database import Database
from chengshu.ports.runtime import Change, Effect

_AT_ONCE = 64
_REST_S = 60.0  # the longest sleep: a notice that somebody else put there is found by then
_log = structlog.get_logger("chengshu.registry")


class Contexts(Protocol):
    """Where JSON-LD contexts come from."""

    def get(self, source: Any) -> LdContext:
        """The compiled context of what a request said. Raises :class:`LdContextNotAvailable`."""
        ...


class Sender(Protocol):
    """Something that delivers notifications; used on one event loop."""

    async def send(self, outgoing: Outgoing) -> Verdict:
        """Deliver; never raises."""
        ...

    async def close(self) -> None:
        """Give back every connection."""
        ...


class SourceFollower:
    """Puts notices of changed registrations into the queue."""

    name = "csource.follower"
    kinds: tuple[str, ...] = ("csource.",)

    def __init__(self, database: Database, nudge: Callable[[], None]) -> None:
        self._database, self._nudge = database, nudge

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        """Who is to be told of what, by the subscriptions as they are now."""
        with self._database.read() as connection:
            kept = [item.item for item in store_watching.everything(connection)]
        told: list[tuple[int, Reason, Registration]] = []
        for change in changes:
            before, after = (
                store.from_plain(change.payload[name]) if name in change.payload else None
                for name in ("before", "after")
            )
            for item in kept:
                one = item.subscription
                if one.tenant != change.payload["tenant"] or change.seq <= one.start or one.time_interval_s:
                    continue
                if one.status(millis(change.at)) != "active":
                    continue
                if (found := noticed(matcher_of(item), before, after)) is not None:
                    told.append((one.number, *found))
        if not told:
            return None

        def effect(connection: Connection) -> None:
            for number, reason, registration in told:
                store_watching.enqueue(connection, number, reason, (registration,))
            self._nudge()

        return effect


class SourceNotifier:
    """Delivers what is in the queue, and what is due by ``timeInterval``. Start it and stop it once."""

    def __init__(
        self, database: Database, clock: Clock, contexts: Contexts, sender: Callable[[], Sender]
    ) -> None:
        self._database, self._clock, self._contexts = database, clock, contexts
        self._make_sender = sender
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._stopping = self._nudged = False
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._thread = threading.Thread(target=self._run, name="chengshu-sources", daemon=True)
        database.on_commit(self._committed)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is under way is delivered again when it starts anew."""
        self._stopping = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join(30)

    def nudge(self) -> None:
        """Look at the queue after the next commit; to be called inside the transaction that fills it."""
        self._nudged = True

    def _committed(self) -> None:
        if self._nudged:
            self._nudged = False
            self.wake()

    def wake(self) -> None:
        """Look at the queue now. Cheap, from any thread."""
        loop = self._loop
        if loop is not None and not self._news.is_set():
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self._news.set)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        sender = self._make_sender()
        gate = asyncio.Semaphore(_AT_ONCE)
        pause = 0.0
        while not self._stopping:
            self._news.clear()
            try:
                wait = self._send_due(sender, gate)
                pause = 0.0
            except Exception as error:  # the store is away, say: try again, later and later
                _log.error("notifier of registrations failed", exc_info=error)
                wait = pause = min(max(pause * 2, 0.5), 30.0)
            try:
                await asyncio.wait_for(self._news.wait(), wait)
            except TimeoutError:
                continue
            await asyncio.sleep(0.05)  # a flood of commits is looked at together
        for task in self._tasks.values():
            task.cancel()
        await sender.close()

    def _send_due(self, sender: Sender, gate: asyncio.Semaphore) -> float:
        """Start what is due and not under way; the seconds until more is."""
        now = millis(self._clock.now())
        with self._database.read() as connection:
            kept = {item.item.subscription.number: item for item in store_watching.everything(connection)}
            waiting = {notice.number: notice for notice in store_watching.first_notices(connection)}
        soonest = now + round(_REST_S * 1000)
        for number, item in kept.items():
            one, notice = item.item.subscription, waiting.get(number)
            if number in self._tasks or one.status(now) != "active":
                continue
            if notice is None and not one.time_interval_s:
                continue
            due = _due(one, item.progress, notice)
            if due > now:
                soonest = min(soonest, due)
                continue
            task = asyncio.create_task(self._deliver(sender, gate, item, notice))
            self._tasks[number] = task
        return max((soonest - now) / 1000, 0.0)

    async def _deliver(
        self, sender: Sender, gate: asyncio.Semaphore, item: Kept, notice: Notice | None
    ) -> None:
        number = item.item.subscription.number
        try:
            async with gate:
                began = millis(self._clock.now())
                outgoing = await asyncio.to_thread(self._written, item, notice, began)
                verdict = await sender.send(outgoing)
            await asyncio.to_thread(self._settle, item, notice, verdict, began)
        except Exception as error:
            _log.error("notification about registrations failed", number=number, exc_info=error)
        finally:
            self._tasks.pop(number, None)
            self._news.set()

    def _written(self, item: Kept, notice: Notice | None, now: int) -> Outgoing:
        """The notification; a periodic one also when nothing matches: it comes regardless (clause 5.11.7)."""
        one = item.item.subscription
        shown = notice.shown if notice is not None else self._present(item, now)
        try:
            context = self._contexts.get(one.jsonld_context or one.context)
        except ChengshuError:
            context = self._contexts.get(None)  # better full names than no notification
        key = str(notice.id) if notice is not None else f"at {now}"
        reason: Reason = notice.reason if notice is not None else "newlyMatching"
        return write_notice(one, context, reason, shown, key=key, now=now)

    def _present(self, item: Kept, now: int) -> tuple[Registration, ...]:
        matching = matcher_of(item.item)
        with self._database.read() as connection:
            found = store.of_tenant(connection, item.item.subscription.tenant)
        shown = (relevant(matching, one) for one in found if not expired(one, now))
        return tuple(one for one in shown if one is not None)

    def _settle(self, item: Kept, notice: Notice | None, verdict: Verdict, began: int) -> None:
        """Note what came of it, durably, before the next one of the subscription is sent."""
        progress = after(item, verdict, began, millis(self._clock.now()))

        def work(connection: Connection) -> None:
            store_watching.put_progress(connection, progress)
            if notice is not None and verdict.outcome == "ok":
                store_watching.delivered(connection, notice.id)

        self._database.write(work)


def _due(one: Subscription, progress: Progress, notice: Notice | None) -> int:
    """When the next notification may go out: not while it rests or within the throttling, not before time."""
    last = progress.last_notification
    if notice is None:
        return max(last + round(one.time_interval_s * 1000) if last else one.created_at, progress.retry_at)
    return max(progress.retry_at, last + round(one.throttling_s * 1000) if last else 0)


def after(item: Kept, verdict: Verdict, began: int, now: int) -> Progress:
    """The progress after an attempt."""
    one, state = item.item.subscription, item.progress
    state = replace(state, number=one.number, last_notification=began)
    ok = verdict.outcome == "ok"
    failures = 0 if ok else state.failures + 1
    pause = 0 if ok else pause_ms(f"{one.tenant}/{one.id}", failures, one.wanted.endpoint.cooldown_ms)
    return replace(
        state,
        times_sent=state.times_sent + 1,
        times_failed=state.times_failed + (not ok),
        last_success=began if ok else state.last_success,
        last_failure=state.last_failure if ok else began,
        failures=failures,
        retry_at=0 if ok else now + pause,
        attempts=state.attempts + 1,
        error=verdict.error,
    )
