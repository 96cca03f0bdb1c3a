"""Delivery of side effects: each until it succeeds or visibly gives up, none in the way of another."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import structlog
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from chengshu.foundation.journal import store
from chengshu.foundation.journal.breaker import Strain, strain_of
from chengshu.foundation.journal.commands import Act, record
from chengshu.foundation.journal.model import Actor
from chengshu.kernel.clock import Clock, from_millis, millis
from chengshu.kernel.errors import Conflict
from chengshu.ports.database import Database
from chengshu.ports.runtime import Channel, Rejected

ATTEMPTS = 12  # with the pauses below: about 7.5 hours of trying
_PAUSE, _PAUSE_MAX = timedelta(seconds=10), timedelta(hours=1)
_BITE = 100
_KEPT = timedelta(days=366)  # the ledger of attempts, and what was delivered
_ERROR = 500  # signs of an error that are kept
_log = structlog.get_logger("chengshu.outbox")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One side effect and how far it is. ``error`` is what the last attempt met."""

    key: str
    channel: str
    at: datetime
    payload: Mapping[str, Any]
    attempts: int
    next_at: datetime
    done_at: datetime | None
    gave_up_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One line of the ledger of attempts. ``outcome``: done, failed (tried again) or rejected (never)."""

    key: str
    channel: str
    at: datetime
    took_ms: int
    outcome: str
    error: str


class _Waiting(NamedTuple):
    """A channel with deliveries that wait; the first of them has been due since ``due``."""

    channel: str
    due: int


class Outbox:
    """The ticker that empties the outbox through the registered channels.

    At least once: a kill between the delivery and its note delivers again, under the same key. ``only``:
    the channels this one serves, where several run side by side; None for all, unknown ones included.
    """

    name = "outbox"

    def __init__(
        self,
        database: Database,
        clock: Clock,
        channels: Mapping[str, Channel],
        only: Collection[str] | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._channels = dict(channels)
        self._only = None if only is None else frozenset(only)

    def next_due(self) -> datetime | None:
        """When the next attempt is due: not before a channel in trouble has rested."""
        with self._database.read() as connection:
            moments = [
                max(from_millis(row.due), strain_in(connection, row.channel).rests_until or from_millis(0))
                for row in self._waiting(connection)
            ]
        return min(moments, default=None)

    def tick(self, now: datetime) -> None:
        """Try what is due, oldest first; of a channel in trouble one at a time."""
        with self._database.read() as connection:
            names = [row.channel for row in self._waiting(connection) if row.due <= millis(now)]
        for name in names:
            self._serve(name, now)

    def _waiting(self, connection: Connection) -> list[_Waiting]:
        """Each channel that something waits for, and since when the first is due."""
        query = select(store.outbox.c.channel, func.min(store.outbox.c.next_at).label("due")).where(*_OPEN)
        found = connection.execute(query.group_by(store.outbox.c.channel).order_by("due"))
        return [
            _Waiting(row.channel, row.due) for row in found if self._only is None or row.channel in self._only
        ]

    def _serve(self, channel: str, now: datetime) -> None:
        with self._database.read() as connection:
            strain = strain_in(connection, channel)
            if strain.rests_until is not None and now < strain.rests_until:
                return
            query = select(store.outbox).where(
                *_OPEN, store.outbox.c.channel == channel, store.outbox.c.next_at <= millis(now)
            )
            due = list(
                connection.execute(
                    query.order_by(store.outbox.c.next_at, store.outbox.c.id).limit(
                        1 if strain.failures else _BITE
                    )
                )
            )
        for row in due:
            strain = strain.after(self._try(row), self._clock.now())
            if strain.rests_until is not None:
                return

    def _try(self, row: Row[Any]) -> str:
        began = self._clock.now()
        try:
            channel = self._channels.get(row.channel)
            if channel is None:
                raise Conflict(
                    "channel-missing",
                    f"no channel {row.channel!r} is registered",
                    remedy="register it in the app's settings",
                )
            channel.deliver(row.key, msgspec.msgpack.decode(row.payload))
        except Exception as error:
            outcome, said = ("rejected" if isinstance(error, Rejected) else "failed"), _said(error)
            _log.warning("delivery failed", key=row.key, channel=row.channel, error=said)
            values = self._after_failure(row.attempts + 1, said, final=outcome == "rejected")
        else:
            outcome, said = "done", ""
            values = {"attempts": row.attempts + 1, "done_at": millis(self._clock.now()), "error": None}
        took = millis(self._clock.now()) - millis(began)
        attempt = Attempt(row.key, row.channel, began, took, outcome, said)
        self._database.write(lambda connection: self._note(connection, row, values, attempt))
        return outcome

    def _after_failure(self, attempts: int, said: str, *, final: bool) -> dict[str, Any]:
        now = self._clock.now()
        pause = min(_PAUSE * 2 ** (attempts - 1), _PAUSE_MAX)
        values = {"attempts": attempts, "next_at": millis(now + pause), "error": said}
        return values | ({"gave_up_at": millis(now)} if final or attempts >= ATTEMPTS else {})

    def _note(
        self, connection: Connection, row: Row[Any], values: Mapping[str, Any], attempt: Attempt
    ) -> None:
        connection.execute(update(store.outbox).where(store.outbox.c.id == row.id).values(**values))
        connection.execute(
            insert(store.attempts).values(
                key=attempt.key,
                channel=attempt.channel,
                at=millis(attempt.at),
                took_ms=attempt.took_ms,
                outcome=attempt.outcome,
                error=attempt.error,
            )
        )
        if "gave_up_at" in values:
            record(
                connection,
                Act(
                    Actor.hub("outbox"),
                    "delivery.gave_up",
                    row.key,
                    self._clock.now(),
                    {"channel": row.channel, "attempts": values["attempts"], "error": values["error"]},
                ),
            )


_OPEN = (store.outbox.c.done_at.is_(None), store.outbox.c.gave_up_at.is_(None))


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:_ERROR]


def strain_in(connection: Connection, channel: str) -> Strain:
    """How a channel fares, read from its last attempts: nothing is forgotten by a kill."""
    mine = store.attempts.c.channel == channel
    good = select(func.coalesce(func.max(store.attempts.c.id), 0)).where(
        mine, store.attempts.c.outcome != "failed"
    )
    query = select(func.count(), func.max(store.attempts.c.at + store.attempts.c.took_ms)).where(
        mine, store.attempts.c.id > good.scalar_subquery()
    )
    failures, last = connection.execute(query).one()
    return strain_of(int(failures), None if last is None else from_millis(last))


def attempts_of(connection: Connection, channel: str = "", *, limit: int = 200) -> list[Attempt]:
    """The newest attempts of a channel, or of all."""
    query = select(store.attempts).order_by(store.attempts.c.id.desc()).limit(limit)
    if channel:
        query = query.where(store.attempts.c.channel == channel)
    return [
        Attempt(row.key, row.channel, from_millis(row.at), row.took_ms, row.outcome, row.error)
        for row in connection.execute(query)
    ]


def counts(connection: Connection) -> dict[str, dict[str, int]]:
    """How many deliveries of each channel are ``waiting``, ``done``, ``gave_up``."""
    found: dict[str, dict[str, int]] = {}
    for state, conditions in _STATES.items():
        query = select(store.outbox.c.channel, func.count().label("n")).where(*conditions)
        for row in connection.execute(query.group_by(store.outbox.c.channel)):
            found.setdefault(row.channel, dict.fromkeys(_STATES, 0))[state] = row.n
    return found


def deliveries(
    connection: Connection, *, state: str = "waiting", channel: str = "", limit: int = 200
) -> list[Delivery]:
    """Deliveries that are ``waiting``, ``done`` or ``gave_up``, newest first; of a channel, or of all."""
    mine = (store.outbox.c.channel == channel,) if channel else ()
    rows = connection.execute(
        select(store.outbox).where(*_STATES[state], *mine).order_by(store.outbox.c.id.desc()).limit(limit)
    )
    return [
        Delivery(
            row.key,
            row.channel,
            from_millis(row.at),
            msgspec.msgpack.decode(row.payload),
            row.attempts,
            from_millis(row.next_at),
            _moment(row.done_at),
            _moment(row.gave_up_at),
            row.error,
        )
        for row in rows
    ]


_STATES = {
    "waiting": _OPEN,
    "done": (store.outbox.c.done_at.is_not(None),),
    "gave_up": (store.outbox.c.gave_up_at.is_not(None),),
}


def retry(connection: Connection, key: str, actor: Actor, now: datetime, policy: str = "") -> None:
    """Try a delivery that gave up once more from the start. Raises :class:`Conflict` when it has not."""
    hit = connection.execute(
        update(store.outbox)
        .where(store.outbox.c.key == key, store.outbox.c.gave_up_at.is_not(None))
        .values(gave_up_at=None, attempts=0, next_at=millis(now))
    )
    if hit.rowcount == 0:
        raise Conflict(
            "delivery-not-given-up",
            f"the delivery {key} has not given up",
            remedy="only one that gave up can be started again",
        )
    record(connection, Act(actor, "delivery.retried", key, now, policy=policy))


def prune_outbox(connection: Connection, now: datetime) -> None:
    """Let go of attempts and of what was delivered, after a year: addresses are not kept for ever."""
    before = millis(now - _KEPT)
    connection.execute(delete(store.attempts).where(store.attempts.c.at < before))
    connection.execute(delete(store.outbox).where(store.outbox.c.done_at < before))


def _moment(value: int | None) -> datetime | None:
    return None if value is None else from_millis(value)
