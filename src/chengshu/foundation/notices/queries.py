"""Readers of notices: an inbox, how many are unread, what became of what left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chengshu.foundation.journal.breaker import Strain
from chengshu.foundation.journal.outbox import (
    Attempt,
    Delivery,
    attempts_of,
    counts,
    deliveries,
    strain_in,
)
from chengshu.foundation.notices import store
from chengshu.foundation.notices.model import Line
from chengshu.kernel.clock import Clock
from chengshu.ports.database import Database


@dataclass(frozen=True, slots=True)
class ChannelState:
    """How a channel fares. ``held`` are messages that wait for the end of quiet hours or of a flood."""

    name: str
    waiting: int
    held: int
    done: int
    gave_up: int
    strain: Strain
    last: Attempt | None

    def resting(self, now: datetime) -> bool:
        """Whether it is not tried now, because it failed again and again."""
        return self.strain.rests_until is not None and now < self.strain.rests_until


class NoticeQueries:
    """What pages and commands read."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def unread(self, account: str) -> int:
        """How many lines of an inbox nobody has read."""
        with self._database.read() as connection:
            return store.unread(connection, account)

    def inbox(
        self,
        account: str,
        *,
        unread: bool = False,
        kinds: Iterable[str] = (),
        before: int = 0,
        limit: int = 100,
    ) -> list[Line]:
        """Lines of an inbox, the newest first; ``before`` is milliseconds UTC."""
        with self._database.read() as connection:
            return store.lines(connection, account, unread=unread, kinds=kinds, before=before, limit=limit)

    def channels(self, names: Iterable[str]) -> list[ChannelState]:
        """How the named channels fare, and those that something waits for though nobody names them."""
        with self._database.read() as connection:
            counted, held = counts(connection), store.held_counts(connection)
            orphans = [name for name, states in counted.items() if states["waiting"] or states["gave_up"]]
            return [
                ChannelState(
                    name,
                    counted.get(name, {}).get("waiting", 0),
                    held.get(name, 0),
                    counted.get(name, {}).get("done", 0),
                    counted.get(name, {}).get("gave_up", 0),
                    strain_in(connection, name),
                    next(iter(attempts_of(connection, name, limit=1)), None),
                )
                for name in dict.fromkeys((*names, *sorted({*orphans, *held})))
            ]

    def attempts(self, limit: int = 200) -> list[Attempt]:
        """The newest attempts, of all channels."""
        with self._database.read() as connection:
            return attempts_of(connection, limit=limit)

    def deliveries(self, state: str, limit: int = 200) -> list[Delivery]:
        """Deliveries that are ``waiting``, ``done`` or ``gave_up``, newest first."""
        with self._database.read() as connection:
            return deliveries(connection, state=state, limit=limit)
