"""What a subscription is, and what is known of its delivery.

Source: ETSI GS CIM 009 V1.8.1, clauses 5.2.12 (Subscription), 5.2.14 (NotificationParams), 5.2.15 (Endpoint),
5.2.22 (KeyValuePair). Names of types and attributes are expanded, as everywhere inside the broker.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import msgspec

from chengshu.foundation.broker.query.model import Query

Trigger = Literal[
    "entityCreated",
    "entityUpdated",
    "entityDeleted",
    "attributeCreated",
    "attributeUpdated",
    "attributeDeleted",
]
Format = Literal["normalized", "concise", "keyValues", "simplified"]
Accept = Literal["application/json", "application/ld+json", "application/geo+json"]
Join = Literal["", "flat", "inline"]
Status = Literal["active", "paused", "expired"]
Breaker = Literal["closed", "open", "half-open"]
Pairs = tuple[tuple[str, str], ...]

TRIGGERS: tuple[Trigger, ...] = ("attributeCreated", "attributeUpdated")  # when nothing is said
WITHIN = 20  # bits of a position that number the writes inside one record of the change stream
LAST = (1 << WITHIN) - 1


def place(seq: int, index: int = LAST) -> int:
    """The position of write ``index`` of the record ``seq``; without ``index``, of all of the record."""
    return seq << WITHIN | index


def seq_of(position: int) -> int:
    """The record that a position lies in."""
    return position >> WITHIN


class Endpoint(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where notifications go (clause 5.2.15). Times are milliseconds; 0 leaves it to the broker."""

    uri: str
    accept: Accept = "application/json"
    accept_said: bool = False
    receiver_info: Pairs = ()
    notifier_info: Pairs = ()
    cooldown_ms: int = 0
    timeout_ms: int = 0


class Wanted(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a notification contains (clause 5.2.14); ``said`` are the members the subscriber wrote."""

    endpoint: Endpoint
    attributes: tuple[str, ...] = ()
    pick: tuple[str, ...] = ()
    omit: tuple[str, ...] = ()
    format: Format = "normalized"
    sys_attrs: bool = False
    show_changes: bool = False
    join: Join = ""
    join_level: int = 0
    said: tuple[str, ...] = ()


class Gap(msgspec.Struct, frozen=True, array_like=True):
    """A pause: writes after record ``start`` up to record ``end`` (0: still paused) are not notified."""

    start: int
    end: int = 0


class Subscription(msgspec.Struct, frozen=True, omit_defaults=True):
    """A subscription as it is kept (clause 5.2.12).

    ``query`` is the selection with names expanded; ``q``, ``geo_q``, ``scope_q`` and ``csf`` keep it as the
    subscriber wrote it. ``context`` is the JSON-LD context in which the notifications are written,
    ``conformance`` the version of NGSI-LD as which (clause 4.3.6.8).
    ``start`` is the record of the stream after which the subscription sees writes. ``base`` is the address
    by which the subscriber called the hub, ``way`` the brokers that the request had passed.
    """

    id: str
    tenant: str
    wanted: Wanted
    query: Query
    name: str = ""
    description: str = ""
    watched: tuple[str, ...] = ()
    triggers: tuple[Trigger, ...] = TRIGGERS
    time_interval_s: float = 0.0
    q: str = ""
    geo_q: dict[str, Any] | None = None
    scope_q: str = ""
    csf: str = ""
    lang: str = ""
    datasets: tuple[str, ...] = ()
    active: bool = True
    active_said: bool = False
    triggers_said: bool = False
    local_only: bool | None = None
    expires_at: str = ""
    expires_ms: int = 0
    throttling_s: float = 0.0
    jsonld_context: str = ""
    conformance: str = ""
    context: Any = None
    created_at: int = 0
    modified_at: int = 0
    start: int = 0
    gaps: tuple[Gap, ...] = ()
    number: int = 0
    base: str = ""
    way: tuple[str, ...] = ()

    def status(self, now_ms: int) -> Status:
        """``status`` of clause 5.2.12 at a moment."""
        if self.expires_ms and now_ms >= self.expires_ms:
            return "expired"
        return "active" if self.active else "paused"

    def blind(self, seq: int) -> bool:
        """Whether the subscription was paused (or not there) when the record ``seq`` was written."""
        if seq <= self.start:
            return True
        return any(gap.start < seq and (gap.end == 0 or seq <= gap.end) for gap in self.gaps)


class Progress(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far the delivery of one subscription is.

    ``done``: every write up to this position is delivered or not wanted; it holds only while ``behind``,
    else everything the follower has seen is. ``cut``: where the attempt under way ends, so that
    it is made again with the same content. Times are milliseconds, 0 for never.
    """

    number: int
    done: int = 0
    behind: bool = False
    cut: int = 0
    times_sent: int = 0
    times_failed: int = 0
    last_notification: int = 0
    last_success: int = 0
    last_failure: int = 0
    failures: int = 0
    retry_at: int = 0
    attempts: int = 0
    error: str = ""


class Attempt(NamedTuple):
    """One line of the ledger: an attempt to deliver ``writes`` writes of the records ``first`` to ``last``.

    ``status`` is the HTTP status, 0 when no answer came (``error`` says why) or the transport has none.
    """

    number: int
    attempt: int
    at: int
    first: int
    last: int
    writes: int
    ok: bool
    status: int
    error: str
    took_ms: int


class Health(NamedTuple):
    """How the endpoint of a subscription does, and how much waits for it."""

    breaker: Breaker
    failures: int
    retry_at: int
    error: str
    waiting: int
    behind: bool
    done_seq: int
    head_seq: int
