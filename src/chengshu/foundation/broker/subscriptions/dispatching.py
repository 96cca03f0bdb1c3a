"""Which notification goes out next: fair to the endpoints, bounded, never held up by those that are ill."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass

from chengshu.foundation.broker.subscriptions.desk import Desk, Verdict
from chengshu.foundation.broker.subscriptions.lanes import Lane, Origin, origin_of


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of delivery: notifications under way in all, to one origin, and to endpoints in doubt."""

    at_once: int = 256
    per_origin: int = 64
    suspects: int = 64


class Dispatcher:
    """The lanes, and the order in which desks get their turn. Lanes take turns, and desks within a lane."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lanes: dict[str, Lane[Desk]] = {}
        self._origins: dict[str, Origin] = {}
        self._open: deque[Lane[Desk]] = deque()  # lanes that may send now
        self._doubted: deque[Lane[Desk]] = deque()  # suspects waiting for one of their few slots
        self._timers: list[tuple[int, int, Desk | Lane[Desk]]] = []
        self._order = 0
        self._under_way = 0
        self._doubtful = 0

    # --- lanes come and go ---------------------------------------------------------------------------

    def join(self, uri: str) -> Lane[Desk]:
        """The lane to an address, with one desk more on it."""
        lane = self._lanes.get(uri)
        if lane is None:
            origin = self._origins.setdefault(origin_of(uri), Origin())
            origin.lanes += 1
            lane = self._lanes[uri] = Lane(uri, origin)
        lane.desks += 1
        return lane

    def leave(self, desk: Desk) -> None:
        """A desk is closed, or goes to another lane."""
        desk.lane.desks -= 1
        if desk.queued:
            desk.lane.ready.remove(desk)
            desk.queued = False
        desk.closed = True
        self._forget(desk.lane)

    def _forget(self, lane: Lane[Desk]) -> None:
        """Let go of a lane that nobody uses any more."""
        if lane.desks or lane.busy or self._lanes.pop(lane.uri, None) is None:
            return
        lane.origin.lanes -= 1
        if not lane.origin.lanes:
            self._origins.pop(origin_of(lane.uri), None)

    @property
    def lanes(self) -> int:
        """How many addresses are in use."""
        return len(self._lanes)

    # --- whose turn it is ----------------------------------------------------------------------------

    def offer(self, desk: Desk, now: int) -> None:
        """Let a desk that has something to send have its turn at the right time."""
        if desk.under_way or desk.queued or desk.closed or not desk.wants(now):
            return
        due = max(desk.progress.retry_at, desk.next_at)
        if due > now:
            self._later(desk, due)
            return
        desk.queued = True
        desk.lane.ready.append(desk)
        self._list(desk.lane, now)

    def _list(self, lane: Lane[Desk], now: int) -> None:
        if lane.busy or lane.listed or not lane.ready:
            return
        if lane.retry_at > now:
            self._later(lane, lane.retry_at)
            return
        lane.listed = True
        self._open.append(lane)

    def _later(self, what: Desk | Lane[Desk], due: int) -> None:
        if 0 < what.timer_at <= due:
            return
        what.timer_at = due
        self._order += 1
        heapq.heappush(self._timers, (due, self._order, what))

    def next_due(self) -> int | None:
        """When something may be sent that may not be sent yet; 0 for at once, None for never."""
        if self._open:
            return 0
        return self._timers[0][0] if self._timers else None

    def _wake(self, now: int) -> None:
        while self._timers and self._timers[0][0] <= now:
            _, _, what = heapq.heappop(self._timers)
            what.timer_at = 0
            if isinstance(what, Desk):
                self.offer(what, now)
            else:
                self._list(what, now)

    def take(self, now: int) -> Desk | None:
        """The desk whose turn it is, its lane now busy; None when there is none, or enough are under way."""
        self._wake(now)
        while self._open and self._under_way < self._limits.at_once:
            lane = self._open.popleft()
            lane.listed = False
            if lane.busy or not lane.ready:
                self._release(lane)
            elif self._has_slot(lane):
                desk = lane.ready.popleft()
                desk.queued = False
                if desk.wants(now):
                    self._start(lane, desk)
                    return desk
                self._list(lane, now)
                self._release(lane)
        return None

    def _has_slot(self, lane: Lane[Desk]) -> bool:
        """Whether there is a connection for this lane; if not it waits in the right queue."""
        queue = None
        if lane.origin.under_way >= self._limits.per_origin:
            queue = lane.origin.waiting
        elif lane.suspect and self._doubtful >= self._limits.suspects:
            queue = self._doubted
        if queue is None:
            return True
        lane.listed = True
        queue.append(lane)
        return False

    def _release(self, lane: Lane[Desk]) -> None:
        """Let the next look who waits longest for what ``lane`` does not use (any more)."""
        if self._doubted and self._doubtful < self._limits.suspects:
            self._open.appendleft(self._doubted.popleft())
        if lane.origin.waiting and lane.origin.under_way < self._limits.per_origin:
            self._open.appendleft(lane.origin.waiting.popleft())

    def _start(self, lane: Lane[Desk], desk: Desk) -> None:
        lane.busy = desk.under_way = True
        lane.suspect_slot = lane.suspect
        self._doubtful += lane.suspect_slot
        lane.origin.under_way += 1
        self._under_way += 1

    def settle(self, desk: Desk, verdict: Verdict, now: int) -> None:
        """The attempt of a desk has ended: its lane is free, and rests if the endpoint is ill."""
        lane = desk.lane
        lane.busy = desk.under_way = False
        lane.origin.under_way -= 1
        self._under_way -= 1
        if lane.suspect_slot:
            self._doubtful -= 1
        if verdict.outcome in ("ok", "refused"):
            lane.succeeded()
        elif verdict.outcome != "nothing":
            cooldown = desk.subscription.wanted.endpoint.cooldown_ms
            lane.failed(now, verdict.error, cooldown, silent=verdict.outcome == "silent")
        self._release(lane)
        self._list(lane, now)
        self._forget(lane)
