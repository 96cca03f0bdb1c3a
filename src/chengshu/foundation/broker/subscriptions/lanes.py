"""The ways out: one lane per endpoint address, with its breaker; lanes to one origin share its fate.

At most one notification is under way per lane. After a failure the lane rests, each time longer; from
:data:`OPENS` failures in a row its breaker is open, and a single probe decides when the rest is over
(half-open). A lane that failed, or whose origin did, is a *suspect*: suspects share a small part of the
connections, so that endpoints that hang cannot take them from those that work.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import urlsplit
from zlib import crc32

D = TypeVar("D")
OPENS = 3
FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 1_000, 300_000


def pause_ms(key: str, failures: int, cooldown_ms: int = 0) -> int:
    """How long to rest after the ``failures``-th failure in a row: doubling, up to 5 minutes.

    Between half and all of the step, spread by ``key``: what failed together does not come back together,
    and the same run gives the same pauses. Never less than ``cooldown_ms``.
    """
    step = min(FIRST_PAUSE_MS << min(max(failures, 1) - 1, 16), LONGEST_PAUSE_MS)
    spread = crc32(f"{key}#{failures}".encode()) % 1024
    return max(step // 2 + step // 2 * spread // 1024, cooldown_ms)


def origin_of(uri: str) -> str:
    """Scheme, host and port: what fails together when a machine is down."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


class Origin:
    """A machine: how many notifications are under way to it, and whether it answered last time."""

    __slots__ = ("failing", "lanes", "under_way", "waiting")

    def __init__(self) -> None:
        self.failing = False
        self.under_way = 0
        self.lanes = 0
        self.waiting: deque[Lane[Any]] = deque()


class Lane(Generic[D]):
    """One endpoint address; ``D`` are those who send on it."""

    __slots__ = (
        "busy",
        "desks",
        "error",
        "failures",
        "listed",
        "origin",
        "ready",
        "retry_at",
        "suspect_slot",
        "timer_at",
        "uri",
    )

    def __init__(self, uri: str, origin: Origin) -> None:
        self.uri, self.origin = uri, origin
        self.desks = 0
        self.ready: deque[D] = deque()  # subscriptions with something to send, each once
        self.busy = False
        self.listed = False  # it stands in a queue of the dispatcher
        self.suspect_slot = False
        self.timer_at = 0
        self.failures = 0
        self.retry_at = 0
        self.error = ""

    @property
    def suspect(self) -> bool:
        """Whether the next attempt may well hang."""
        return self.failures > 0 or self.origin.failing

    def state(self, now: int) -> Literal["closed", "open", "half-open"]:
        """The breaker at ``now`` (milliseconds)."""
        if self.failures < OPENS:
            return "closed"
        return "open" if now < self.retry_at else "half-open"

    def succeeded(self) -> None:
        """The endpoint took one, or at least answered."""
        self.failures, self.retry_at, self.error = 0, 0, ""
        self.origin.failing = False

    def failed(self, now: int, error: str, cooldown_ms: int, *, silent: bool) -> None:
        """The endpoint did not answer (``silent``) or could not do its work now."""
        self.failures += 1
        self.error = error
        self.retry_at = now + pause_ms(self.uri, self.failures, cooldown_ms)
        self.origin.failing = silent
