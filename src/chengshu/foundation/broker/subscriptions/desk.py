"""One subscription at work: what it waits to be told, in memory of bounded size. No I/O, no clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from hashlib import blake2s
from typing import Literal, NamedTuple

from chengshu.foundation.broker.model import EntityChange
from chengshu.foundation.broker.subscriptions.lanes import Lane
from chengshu.foundation.broker.subscriptions.model import Progress, Subscription

HOT = 64  # positions a desk keeps; also the most writes in one notification
MOST_THROTTLED = 1024  # the same of a throttled subscription: entities that changed meanwhile
LOW = 16  # below this a cold desk reads on
Outcome = Literal["ok", "nothing", "refused", "unwell", "silent"]


class Record(NamedTuple):
    """One record of the change stream; ``size`` is what it takes in bytes."""

    seq: int
    at: int
    items: tuple[EntityChange, ...]
    size: int = 0


class Verdict(NamedTuple):
    """What came of an attempt: taken (``ok``), refused by an endpoint that works, answered by one that
    cannot work now (``unwell``: 5xx, 429), not answered at all (``silent``), or not sent, with ``nothing``
    to tell."""

    outcome: Outcome
    status: int = 0
    error: str = ""


class Desk:
    """One subscription at work."""

    __slots__ = (
        "closed",
        "cold",
        "cut",
        "floor",
        "generation",
        "lane",
        "latest",
        "matches",
        "next_at",
        "pending",
        "progress",
        "queued",
        "scanned",
        "stored_behind",
        "subscription",
        "timer_at",
        "under_way",
    )

    def __init__(
        self,
        subscription: Subscription,
        matches: Callable[[EntityChange], bool],
        lane: Lane[Desk],
        progress: Progress,
        floor: int,
    ) -> None:
        self.subscription, self.matches, self.lane = subscription, matches, lane
        self.progress = progress
        self.stored_behind = progress.behind
        self.floor = floor  # nothing at or below is its business
        self.cold = progress.behind
        self.scanned = progress.done if progress.behind else 0
        self.cut = progress.cut if progress.behind else 0
        self.pending: deque[int] = deque()
        self.latest: dict[str, int] = {}  # of a throttled subscription: the newest write to each entity
        self.under_way = self.closed = False
        self.queued = False
        self.timer_at = 0
        self.generation = 0
        self.next_at = next_at(subscription, progress)

    @property
    def behind(self) -> bool:
        """Whether something waits to be told."""
        return self.cold or bool(self.pending)

    def add(self, position: int, entity: str) -> bool:
        """Note a write to tell, and whether there was room for it. A throttled subscription is told the last
        state of each entity only, so a write takes the place of an earlier one that is not on its way."""
        if self.pending and position <= self.pending[-1]:
            return True  # it is there: a record was begun twice
        if self.subscription.throttling_s:
            old = self.latest.get(entity, 0)
            if old > self.cut and old in self.pending:
                self.pending.remove(old)
            self.latest[entity] = position
        if len(self.pending) >= (MOST_THROTTLED if self.subscription.throttling_s else HOT):
            self.latest.pop(entity, None)
            return False
        self.pending.append(position)
        return True

    def told(self, last: int) -> None:
        """Everything up to position ``last`` arrived."""
        while self.pending and self.pending[0] <= last:
            self.pending.popleft()
        if self.latest:
            self.latest = {entity: at for entity, at in self.latest.items() if at > last}
        self.cut = 0

    def wants(self, now: int) -> bool:
        """Whether there is something to tell that may be told."""
        subscription = self.subscription
        return bool(self.pending or subscription.time_interval_s) and subscription.status(now) == "active"

    def load(self) -> tuple[int, ...]:
        """What the next notification tells: as the last attempt, if that failed, else all that waits."""
        items = tuple(item for item in self.pending if item <= self.cut) if self.cut else ()
        items = items or tuple(self.pending)
        if items:
            self.cut = items[-1]
        return items

    def done(self) -> int:
        """Up to where all is told, while behind."""
        return self.pending[0] - 1 if self.pending else self.scanned


class Parcel(NamedTuple):
    """A notification to send: the writes at ``items``, or the present entities when ``periodic``."""

    desk: Desk
    id: str
    items: tuple[int, ...]
    generation: int
    periodic: bool = False


def notification_id(subscription: str, tenant: str, first: int, last: int) -> str:
    """The identifier of a notification: the same for the same writes, however often it is sent."""
    text = f"{tenant}\n{subscription}\n{first}\n{last}"
    return f"urn:ngsi-ld:Notification:{blake2s(text.encode(), digest_size=16).hexdigest()}"


def next_at(subscription: Subscription, progress: Progress) -> int:
    """The earliest moment of the next notification by throttling or interval."""
    last = progress.last_notification
    if subscription.time_interval_s:
        base = last or subscription.created_at
        return base + round(subscription.time_interval_s * 1000)
    return last + round(subscription.throttling_s * 1000) if subscription.throttling_s and last else 0
