"""What runs inside the hub: consumers of the change stream, and tickers that wake by the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from sqlalchemy import Connection

from chengshu.kernel.errors import ChengshuError

Effect = Callable[[Connection], None]


@dataclass(frozen=True, slots=True)
class Change:
    """One record of the change stream.

    ``kind`` is a dotted word: ``observations`` (payload: msgpack batch), ``entity.upserted``,
    ``warning.raised``, ``event.opened``, ``work_order.accepted`` … ``seq`` never has two owners and only
    grows. ``payload`` is plain data (JSON-like); for ``observations`` it is bytes under the key ``batch``.
    """

    seq: int
    kind: str
    subject: str
    at: datetime
    payload: Mapping[str, Any]


class Consumer(Protocol):
    """Something that follows the change stream with its own durable offset.

    ``prepare`` may read and compute for as long as it takes, outside any transaction; the effect it
    returns is committed together with the new offset, so that a kill at any moment loses and doubles
    nothing. A consumer must get the same effect from the same changes (it can be replayed).
    """

    name: str
    kinds: tuple[str, ...]  # prefixes of the kinds it wants; ("",) for all

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        """Compute what follows from ``changes``; None when nothing does."""
        ...


@runtime_checkable
class OwnOffset(Protocol):
    """A consumer that keeps its offset in a store of its own (history); the pump starts it from there."""

    def offset(self) -> int:
        """The last position whose effect is durable."""
        ...


class Ticker(Protocol):
    """Something that wakes by the clock. One whose moment lies in the store has ``follows_stream = True``: it
    is asked again only when something was written.
    """

    name: str

    def next_due(self) -> datetime | None:
        """When it wants to run next; None for never (until something changes)."""
        ...

    def tick(self, now: datetime) -> None:
        """Do what is due at ``now``. It writes through the database itself."""
        ...


class Rejected(ChengshuError):
    """The other side answered that it will never take this one: trying again does not help."""

    status = 502
    title = "The other side does not take it"


class Channel(Protocol):
    """A way out of the hub: mail, a webhook, a device. The only place where side effects happen."""

    def deliver(self, key: str, payload: Mapping[str, Any]) -> None:
        """Do it, or raise; ``key`` is the idempotency key to hand to the other side.

        Raises :class:`Rejected` where trying again does not help, anything else where it may.
        """
        ...
