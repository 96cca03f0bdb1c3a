"""Who is to be told what next: a desk per subscription, in memory, of bounded size. No I/O, no clock.

A desk holds the positions of the next writes it has to notify, :data:`HOT` of them at most. What does not fit
is not kept: the desk goes *cold*, and reads on in the change stream when there is room again. So an endpoint
that is down for days costs a row in the store and a few numbers in memory, and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import structlog
from msgspec.structs import replace

from chengshu.foundation.broker.model import EntityChange
from chengshu.foundation.broker.subscriptions.desk import (
    LOW,
    Desk,
    Parcel,
    Record,
    Verdict,
    next_at,
    notification_id,
)
from chengshu.foundation.broker.subscriptions.dispatching import Dispatcher, Limits
from chengshu.foundation.broker.subscriptions.index import DeskIndex, hearer
from chengshu.foundation.broker.subscriptions.lanes import pause_ms
from chengshu.foundation.broker.subscriptions.model import (
    Attempt,
    Health,
    Progress,
    Subscription,
    place,
    seq_of,
)

_log = structlog.get_logger("chengshu.notifier")


class Desks:
    """All desks and lanes of the broker. ``head`` is the last record of the stream they have seen."""

    def __init__(self, head: int, limits: Limits | None = None) -> None:
        self.head = head
        self.index: DeskIndex[Desk] = DeskIndex()
        self.dispatcher = Dispatcher(limits or Limits())
        self._desks: dict[int, Desk] = {}
        self._cold: dict[int, Desk] = {}
        self._touched: dict[int, Desk] = {}
        self._attempts: list[Attempt] = []

    # --- subscriptions come and go -------------------------------------------------------------------

    @property
    def empty(self) -> bool:
        """Whether there is no subscription at all."""
        return not self._desks

    def put(
        self,
        subscription: Subscription,
        matches: Callable[[EntityChange], bool],
        progress: Progress | None,
        now: int,
    ) -> None:
        """Open a desk for a subscription, or go on under its new terms."""
        old = self._desks.get(subscription.number)
        state = progress or (old.progress if old else Progress(subscription.number))
        lane = self.dispatcher.join(subscription.wanted.endpoint.uri)
        desk = Desk(subscription, matches, lane, state, place(subscription.start))
        if old is not None:
            self._leave(old)
            desk.generation, desk.under_way = old.generation + 1, old.under_way
            if progress is None:
                desk.pending, desk.cold, desk.scanned = old.pending, old.cold, old.scanned
                desk.cut, desk.stored_behind, desk.latest = old.cut, old.stored_behind, old.latest
                desk.generation = old.generation
                while desk.pending and desk.pending[0] <= desk.floor:
                    desk.pending.popleft()
        self._desks[subscription.number] = desk
        if not subscription.time_interval_s:
            self.index.add(subscription.tenant, subscription.query, desk)
        if desk.cold:
            self._cold[subscription.number] = desk
        if progress is None:  # somebody is at it now: see at once whether the endpoint works
            lane.retry_at = 0
            desk.progress = replace(desk.progress, retry_at=0)
        self.dispatcher.offer(desk, now)

    def drop(self, number: int) -> None:
        """Close the desk of a subscription that was deleted."""
        desk = self._desks.pop(number, None)
        if desk is not None:
            self._leave(desk)
            self._touched.pop(number, None)

    def _leave(self, desk: Desk) -> None:
        self._cold.pop(desk.subscription.number, None)
        self.index.remove(desk)
        self.dispatcher.leave(desk)

    def rewind(self, number: int, position: int, now: int) -> None:
        """Begin anew after ``position``: what lies behind it is told (again), what lies before is not."""
        desk = self._desks.get(number)
        if desk is None:
            return
        desk.generation += 1
        desk.pending.clear()
        desk.latest.clear()
        desk.cold, desk.scanned, desk.cut, desk.floor = True, position, 0, position
        desk.progress = replace(desk.progress, failures=0, retry_at=0)
        self._cold[number] = desk
        self._touched[number] = desk
        self.dispatcher.offer(desk, now)

    def _candidates(self, change: EntityChange) -> Iterable[Desk]:
        """Whom the write may concern; what a source has notified concerns one subscription alone."""
        if number := hearer(change.tenant):
            desk = self._desks.get(number)
            return (desk,) if desk is not None else ()
        return self.index.candidates(change)

    # --- writes come in ------------------------------------------------------------------------------

    def accept(self, record: Record, now: int) -> None:
        """Note who is to be told of the next record of the stream."""
        for index, change in enumerate(record.items):
            position = place(record.seq, index)
            for desk in self._candidates(change):
                if not desk.cold and self._concerns(desk, record, position, change):
                    self._note(desk, position, change)
                    self.dispatcher.offer(desk, now)
        self.head = record.seq

    def _concerns(self, desk: Desk, record: Record, position: int, change: EntityChange) -> bool:
        subscription = desk.subscription
        if position <= desk.floor or (subscription.expires_ms and record.at >= subscription.expires_ms):
            return False
        if subscription.gaps and subscription.blind(record.seq):
            return False
        try:
            return desk.matches(change)
        except Exception as error:  # a fault in one subscription's condition must not stop the others
            _log.error("condition failed", subscription=subscription.id, seq=record.seq, error=str(error))
            return False

    def _note(self, desk: Desk, position: int, change: EntityChange) -> None:
        number = desk.subscription.number
        if not desk.add(position, change.entity.id):
            desk.cold, desk.scanned = True, position - 1
            self._cold[number] = desk
        self._touched[number] = desk

    def hungry(self, now: int) -> list[Desk]:
        """Cold desks that have nothing to tell, or little and an endpoint that may be tried."""
        return [
            desk
            for desk in self._cold.values()
            if not desk.pending or (len(desk.pending) <= LOW and desk.lane.retry_at <= now)
        ]

    def refill(self, hungry: Sequence[Desk], records: Iterable[Record], through: int, now: int) -> None:
        """Read on for the ``hungry``: ``records`` are all from the first of them to record ``through``."""
        wanting = {desk.subscription.number: desk for desk in hungry if desk.cold}
        for record in records:
            for index, change in enumerate(record.items):
                position = place(record.seq, index)
                for desk in self._candidates(change):
                    if wanting.get(desk.subscription.number) is not desk or position <= desk.scanned:
                        continue
                    if not self._concerns(desk, record, position, change):
                        continue
                    if not desk.add(position, change.entity.id):
                        desk.scanned = position - 1
                        del wanting[desk.subscription.number]
        for desk in wanting.values():
            desk.scanned = max(desk.scanned, place(through))
            if desk.scanned >= place(self.head):
                desk.cold = False
                self._cold.pop(desk.subscription.number, None)
                self._touched[desk.subscription.number] = desk
        for desk in hungry:
            self.dispatcher.offer(desk, now)

    # --- notifications go out ------------------------------------------------------------------------

    def next_due(self) -> int | None:
        """When something may be sent that may not be sent yet; 0 for at once, None for never."""
        return self.dispatcher.next_due()

    def take(self, now: int) -> Parcel | None:
        """The next notification to send, or None when there is none, or enough are under way."""
        desk = self.dispatcher.take(now)
        if desk is None:
            return None
        subscription, items = desk.subscription, desk.load()
        first, last = (items[0], items[-1]) if items else (now, now)
        name = notification_id(subscription.id, subscription.tenant, first, last)
        return Parcel(desk, name, items, desk.generation, periodic=not items)

    def shorten(self, parcel: Parcel, items: tuple[int, ...]) -> Parcel:
        """``parcel`` with only the first ``items``: all of them would be too large at once."""
        subscription, desk = parcel.desk.subscription, parcel.desk
        desk.cut = items[-1]
        name = notification_id(subscription.id, subscription.tenant, items[0], items[-1])
        return parcel._replace(id=name, items=items)

    def settle(self, parcel: Parcel, verdict: Verdict, now: int, took: int) -> None:
        """Note what came of a notification, and let go on what it held up."""
        desk = parcel.desk
        self.dispatcher.settle(desk, verdict, now)
        current = self._desks.get(desk.subscription.number)
        if current is None:
            return
        current.under_way = False
        if verdict.outcome != "nothing":
            self._record(current, parcel, verdict, now, took)
        elif parcel.periodic:
            current.next_at = now + round(current.subscription.time_interval_s * 1000)
        if verdict.outcome in ("ok", "nothing") and current.generation == parcel.generation and parcel.items:
            current.told(parcel.items[-1])
            self._touched[current.subscription.number] = current
        self.dispatcher.offer(current, now)

    def _record(self, desk: Desk, parcel: Parcel, verdict: Verdict, now: int, took: int) -> None:
        state, ok = desk.progress, verdict.outcome == "ok"
        number = desk.subscription.number
        failures = 0 if ok else state.failures + 1
        cooldown = desk.subscription.wanted.endpoint.cooldown_ms
        state = replace(
            state,
            times_sent=state.times_sent + 1,
            times_failed=state.times_failed + (not ok),
            last_notification=now - took,
            last_success=now if ok else state.last_success,
            last_failure=state.last_failure if ok else now,
            failures=failures,
            retry_at=0 if ok else now + pause_ms(desk.lane.uri, failures, cooldown),
            attempts=state.attempts + 1,
            error=verdict.error,
        )
        desk.progress = state
        desk.next_at = next_at(desk.subscription, state) if ok or parcel.periodic else 0
        first, last = (parcel.items[0], parcel.items[-1]) if parcel.items else (place(self.head),) * 2
        self._attempts.append(
            Attempt(
                number,
                state.attempts,
                now - took,
                seq_of(first),
                seq_of(last),
                len(parcel.items),
                ok,
                verdict.status,
                verdict.error,
                took,
            )
        )
        self._touched[number] = desk

    # --- what is to be kept --------------------------------------------------------------------------

    @property
    def unkept(self) -> int:
        """How much there is that the store does not know."""
        return len(self._touched) + len(self._attempts)

    def snapshot(self) -> tuple[int, list[Progress], list[Attempt]]:
        """The head, the progress that changed, the attempts since the last snapshot: one moment of all."""
        rows: list[Progress] = []
        seen = {attempt.number for attempt in self._attempts}
        for number, desk in self._touched.items():
            behind = desk.behind
            if behind or desk.stored_behind or number in seen:
                done = desk.done() if behind else 0
                cut = desk.cut if behind else 0
                desk.progress = replace(desk.progress, done=done, behind=behind, cut=cut)
                desk.stored_behind = behind
                rows.append(desk.progress)
        attempts, self._attempts, self._touched = self._attempts, [], {}
        return self.head, rows, attempts

    # --- what can be asked ---------------------------------------------------------------------------

    def progress(self, number: int) -> Progress | None:
        """The progress of a subscription as of now, with what the store does not know yet."""
        desk = self._desks.get(number)
        return desk.progress if desk else None

    def health(self, number: int, now: int) -> Health | None:
        """How the delivery of a subscription does; ``waiting`` counts what is in memory."""
        desk = self._desks.get(number)
        if desk is None:
            return None
        lane, state = desk.lane, desk.progress
        return Health(
            lane.state(now),
            max(lane.failures, state.failures),
            max(lane.retry_at, state.retry_at),
            lane.error or (state.error if state.failures else ""),
            len(desk.pending),
            desk.behind,
            seq_of(desk.done()) if desk.behind else self.head,
            self.head,
        )
