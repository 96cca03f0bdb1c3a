"""Delivery of side effects: each until it succeeds or visibly gives up, none in the way of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection, Row, func, select, update

from chengshu.foundation.journal import store
from chengshu.foundation.journal.commands import Act, record
from chengshu.foundation.journal.model import Actor
from chengshu.kernel.clock import Clock, from_millis, millis
from chengshu.kernel.errors import Conflict
from chengshu.ports.database import Database
from chengshu.ports.runtime import Channel

ATTEMPTS = 12  # with the pauses below: about 7.5 hours of trying
_PAUSE, _PAUSE_MAX = timedelta(seconds=10), timedelta(hours=1)
_BITE = 100
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


class Outbox:
    """The ticker that empties the outbox through the registered channels.

    At least once: a kill between the delivery and its note delivers again, under the same key.
    """

    name = "outbox"

    def __init__(self, database: Database, clock: Clock, channels: Mapping[str, Channel]) -> None:
        self._database = database
        self._clock = clock
        self._channels = dict(channels)

    def next_due(self) -> datetime | None:
        """When the next attempt is due."""
        query = select(func.min(store.outbox.c.next_at)).where(*_OPEN)
        with self._database.read() as connection:
            moment = connection.execute(query).scalar_one_or_none()
        return None if moment is None else from_millis(moment)

    def tick(self, now: datetime) -> None:
        """Try everything that is due, oldest first."""
        query = select(store.outbox).where(*_OPEN, store.outbox.c.next_at <= millis(now))
        with self._database.read() as connection:
            due = list(
                connection.execute(query.order_by(store.outbox.c.next_at, store.outbox.c.id).limit(_BITE))
            )
        for row in due:
            self._try(row)

    def _try(self, row: Row[Any]) -> None:
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
            _log.warning("delivery failed", key=row.key, channel=row.channel, error=str(error))
            values = self._after_failure(row.attempts + 1, error)
        else:
            values = {"attempts": row.attempts + 1, "done_at": millis(self._clock.now()), "error": None}
        self._database.write(lambda connection: self._note(connection, row, values))

    def _after_failure(self, attempts: int, error: Exception) -> dict[str, Any]:
        now = self._clock.now()
        pause = min(_PAUSE * 2 ** (attempts - 1), _PAUSE_MAX)
        values = {
            "attempts": attempts,
            "next_at": millis(now + pause),
            "error": f"{type(error).__name__}: {error}",
        }
        return values | ({"gave_up_at": millis(now)} if attempts >= ATTEMPTS else {})

    def _note(self, connection: Connection, row: Row[Any], values: Mapping[str, Any]) -> None:
        connection.execute(update(store.outbox).where(store.outbox.c.id == row.id).values(**values))
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


def deliveries(connection: Connection, *, state: str = "waiting", limit: int = 200) -> list[Delivery]:
    """Deliveries that are ``waiting``, ``done`` or ``gave_up``, newest first."""
    conditions = {
        "waiting": _OPEN,
        "done": (store.outbox.c.done_at.is_not(None),),
        "gave_up": (store.outbox.c.gave_up_at.is_not(None),),
    }
    rows = connection.execute(
        select(store.outbox).where(*conditions[state]).order_by(store.outbox.c.id.desc()).limit(limit)
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


def retry(connection: Connection, key: str, actor: Actor, now: datetime) -> None:
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
    record(connection, Act(actor, "delivery.retried", key, now))


def _moment(value: int | None) -> datetime | None:
    return None if value is None else from_millis(value)
