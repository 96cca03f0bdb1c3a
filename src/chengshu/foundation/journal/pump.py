"""The pump: runs everything that follows the change stream or wakes by the clock, one thing at a time."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

import structlog
from sqlalchemy import Connection

from chengshu.foundation.journal import store
from chengshu.foundation.journal.commands import Act, record
from chengshu.foundation.journal.model import Actor
from chengshu.foundation.journal.queries import changes_after, last_seq
from chengshu.kernel.clock import Clock
from chengshu.kernel.errors import Conflict, Missing, Unavailable
from chengshu.ports.database import Database
from chengshu.ports.runtime import Change, Consumer, Effect, OwnOffset, Ticker

_ROUNDS = 10_000  # a drain that has not settled by then feeds itself
_TAIL = 500  # newest changes kept in memory for the consumers that keep up
_BACKOFF_MAX = timedelta(minutes=5)
_log = structlog.get_logger("chengshu.pump")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a part stands still: since when, how often it failed, and when it is tried again."""

    since: datetime
    failures: int
    error: str
    retry_at: datetime
    stuck_at: int | None = None  # the change it cannot digest, once it is singled out


@dataclass(frozen=True, slots=True)
class PartHealth:
    """One part. ``lag`` is in stream positions, ``behind_s`` the age of the oldest one waiting."""

    name: str
    offset: int | None
    lag: int
    behind_s: float
    trouble: Trouble | None


class _Part:
    """What the pump remembers of one consumer or ticker."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.trouble: Trouble | None = None
        self.offset: int | None = None
        self.due: tuple[object, datetime | None] | None = (
            None  # of a ticker that follows the stream: as of when
        )
        self.careful_until = 0  # up to here one by one, to find the change that hurts

    def resting(self, now: datetime) -> bool:
        return self.trouble is not None and now < self.trouble.retry_at

    def failed(self, now: datetime, error: Exception, stuck_at: int | None) -> None:
        failures = self.trouble.failures + 1 if self.trouble else 1
        since = self.trouble.since if self.trouble else now
        wait = min(timedelta(seconds=2 ** min(failures - 1, 9)), _BACKOFF_MAX)
        text = f"{type(error).__name__}: {error}"
        self.trouble = Trouble(since, failures, text, now + wait, stuck_at)
        _log.error("part failed", part=self.name, failures=failures, stuck_at=stuck_at, exc_info=error)


class Pump:
    """Runs consumers in the given order to a fixpoint, and tickers when they are due.

    Single-threaded and deterministic: the same stream and clock give the same effects in the same order.
    A part that raises is tried again with a growing pause while the others go on; ``strict`` raises
    instead (drills and tests must not hide a failure).
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        consumers: Sequence[Consumer] = (),
        tickers: Sequence[Ticker] = (),
        *,
        strict: bool = False,
        bite: int = 500,
    ) -> None:
        self._database = database
        self._clock = clock
        self._consumers = [(consumer, _Part(consumer.name)) for consumer in consumers]
        self._tickers = [(ticker, _Part(ticker.name)) for ticker in tickers]
        self._strict = strict
        self._bite = bite
        self._running = threading.Lock()
        self._end = 0  # the newest change the pump knows of; asked again only when something was written
        self._tail: list[Change] = []  # the newest changes, read once for all consumers
        self._tail_from = 0  # the tail has every change above this position
        self._commits = 0  # of everybody: any of them may move a clock that lies in the store
        self._ticks = 0
        self._unsaved: dict[str, int] = {}  # offsets of consumers that had nothing to do up to there
        database.on_commit(self._committed)
        names = [consumer.name for consumer in consumers]
        if len(set(names)) != len(names):
            raise Conflict(
                "consumer-double",
                f"two consumers share a name: {', '.join(names)}",
                remedy="offsets are kept by name; give each its own",
            )

    def _committed(self) -> None:
        self._commits += 1

    def drain(self) -> int:
        """Handle all there is to handle at this moment; returns how many changes and ticks that were.

        With ``strict``, raises what a consumer or ticker raised.
        """
        with self._running:
            total = 0
            for _ in range(_ROUNDS):
                self._look()
                done = sum(self._follow(consumer, part) for consumer, part in self._consumers)
                done += sum(self._wake(ticker, part) for ticker, part in self._tickers)
                if done == 0:
                    self._save_offsets()
                    return total
                total += done
        raise Unavailable(
            "pump-circle",
            "the parts of the hub keep feeding each other without end",
            remedy="look for a consumer that answers its own changes",
        )

    def next_due(self) -> datetime | None:
        """When :meth:`drain` will have something to do by the clock alone; None for never."""
        due = [part.trouble.retry_at for _, part in (*self._consumers, *self._tickers) if part.trouble]
        for ticker, part in self._tickers:
            if part.trouble is None and (moment := self._due(ticker, part)) is not None:
                due.append(moment)
        return min(due, default=None)

    def health(self) -> list[PartHealth]:
        """Consumers in order, then tickers."""
        now = self._clock.now()
        with self._database.read() as connection:
            end = last_seq(connection)
            followers = [
                self._health_of(connection, consumer, part, end, now) for consumer, part in self._consumers
            ]
        return followers + [PartHealth(part.name, None, 0, 0.0, part.trouble) for _, part in self._tickers]

    def skip(self, consumer: str, actor: Actor, why: str) -> int:
        """Let a consumer pass over the one change it cannot digest; journalled. Returns that change's seq.

        Raises :class:`Missing` for an unknown consumer and :class:`Conflict` when it is not stuck.
        """
        part = next((part for _, part in self._consumers if part.name == consumer), None)
        if part is None:
            raise Missing("consumer-missing", f"there is no consumer {consumer!r}")
        with self._running:
            if part.trouble is None or part.trouble.stuck_at is None:
                raise Conflict("consumer-not-stuck", f"consumer {consumer!r} is not stuck at a change")
            seq, error = part.trouble.stuck_at, part.trouble.error
            act = Act(
                actor,
                "change.skipped",
                f"consumer:{consumer}",
                self._clock.now(),
                {"change": seq, "why": why, "error": error},
            )

            def effect(connection: Connection) -> None:
                store.put_offset(connection, consumer, seq)
                record(connection, act)

            self._database.write(effect)
            part.offset, part.trouble = seq, None
        return seq

    def run(self, stop: threading.Event, *, pause: float = 0.02) -> None:
        """Drain on every commit and every due moment until ``stop`` is set (the server's loop).

        ``pause`` seconds lie between two drains at least, so that a flood is taken in large bites.
        """
        wake = threading.Event()
        self._database.on_commit(wake.set)
        while not stop.is_set():
            wake.clear()
            self.drain()
            due = self.next_due()
            wait = 1.0 if due is None else (due - self._clock.now()).total_seconds()
            wake.wait(min(max(wait, 0.0), 1.0))
            stop.wait(pause)

    def _follow(self, consumer: Consumer, part: _Part) -> int:
        """Bring one consumer to the present end of the stream, or to where it fails."""
        if part.resting(self._clock.now()):
            return 0
        if part.offset is None:
            part.offset = self._first_offset(consumer)
        handled, end = 0, self._end
        while part.offset < end:
            bite = 1 if part.offset < part.careful_until else self._bite
            changes = self._next(consumer, part.offset, bite)
            if not changes:
                part.offset = end
                break
            try:
                self._apply(consumer, part, changes)
            except Exception as error:
                if self._strict:
                    raise
                part.careful_until = max(part.careful_until, changes[-1].seq)
                part.failed(self._clock.now(), error, changes[0].seq if len(changes) == 1 else None)
                break
            handled += len(changes)
        return handled

    def _apply(self, consumer: Consumer, part: _Part, changes: list[Change]) -> None:
        effect, seq = consumer.prepare(changes), changes[-1].seq
        if effect is not None:
            done: Effect = effect

            def commit(connection: Connection) -> None:
                done(connection)
                store.put_offset(connection, consumer.name, seq)

            self._database.write(commit)
            self._unsaved.pop(consumer.name, None)
            self._look()
        elif not isinstance(consumer, OwnOffset):
            self._unsaved[consumer.name] = seq
        part.offset, part.trouble = seq, None

    def _save_offsets(self) -> None:
        """Keep where those stand that had nothing to do, all at once: after a kill they look again."""
        if not self._unsaved:
            return

        def commit(connection: Connection) -> None:
            for name, seq in self._unsaved.items():
                store.put_offset(connection, name, seq)

        try:
            self._database.write(commit)
        except Exception as error:  # a full disk: the parts go on, and it is tried again at the next drain
            if self._strict:
                raise
            _log.error("offsets not kept", parts=sorted(self._unsaved), exc_info=error)
        else:
            self._unsaved = {}

    def _look(self) -> None:
        """Learn of what was published since; it is read and decoded once, for all consumers."""
        with self._database.read() as connection:
            end = last_seq(connection)
            if end == self._end:
                return
            news = list(changes_after(connection, self._end, limit=_TAIL))
        if news and news[-1].seq == end:
            kept = [*self._tail, *news][-_TAIL:]
            if len(kept) < len(self._tail) + len(news):
                self._tail_from = kept[0].seq - 1
            self._tail = kept
        else:  # more than the tail holds: consumers read this backlog in their own bites
            self._tail, self._tail_from = [], end
        self._end = end

    def _next(self, consumer: Consumer, offset: int, bite: int) -> list[Change]:
        """The next changes above ``offset`` for this consumer, up to ``bite`` of them."""
        if offset >= self._tail_from:
            first = bisect_right(self._tail, offset, key=lambda change: change.seq)
            kinds = tuple(consumer.kinds)
            return list(islice((item for item in self._tail[first:] if item.kind.startswith(kinds)), bite))
        with self._database.read() as connection:
            return list(changes_after(connection, offset, consumer.kinds, bite))

    def _first_offset(self, consumer: Consumer) -> int:
        if isinstance(consumer, OwnOffset):
            return consumer.offset()
        with self._database.read() as connection:
            return store.read_offset(connection, consumer.name)

    def _wake(self, ticker: Ticker, part: _Part) -> int:
        now = self._clock.now()
        if part.resting(now):
            return 0
        return self._guarded(part, lambda: self._tick_if_due(ticker, part, now))

    def _guarded(self, part: _Part, work: Callable[[], int]) -> int:
        try:
            done = work()
        except Exception as error:
            if self._strict:
                raise
            part.failed(self._clock.now(), error, None)
            return 0
        part.trouble = None
        return done

    def _tick_if_due(self, ticker: Ticker, part: _Part, now: datetime) -> int:
        due = self._due(ticker, part)
        if due is None or due > now:
            return 0
        try:
            ticker.tick(now)
        finally:
            self._ticks += 1
        return 1

    def _due(self, ticker: Ticker, part: _Part) -> datetime | None:
        """When the ticker is due. One with ``follows_stream`` is asked again only after a change, a commit or
        a tick: its moment lies in the store."""
        if not getattr(ticker, "follows_stream", False):
            return ticker.next_due()
        stamp = (self._end, self._commits, self._ticks)
        if part.due is None or part.due[0] != stamp:
            part.due = (stamp, ticker.next_due())
        return part.due[1]

    def _health_of(
        self, connection: Connection, consumer: Consumer, part: _Part, end: int, now: datetime
    ) -> PartHealth:
        offset = part.offset
        if offset is None:
            if isinstance(consumer, OwnOffset):
                offset = consumer.offset()
            else:
                offset = store.read_offset(connection, consumer.name)
        oldest = next(changes_after(connection, offset, consumer.kinds, 1), None)
        if oldest is None:
            return PartHealth(part.name, offset, 0, 0.0, part.trouble)
        return PartHealth(part.name, offset, end - offset, (now - oldest.at).total_seconds(), part.trouble)
