"""The only writers of notices: what was told, what leaves, what was read. All in the caller's transaction.

Being told and having read are no acts of the city: what is told about stands in the journal already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from chengshu.foundation.access import Person
from chengshu.foundation.journal import send
from chengshu.foundation.notices import store
from chengshu.foundation.notices.declared import NoticesFile
from chengshu.foundation.notices.model import Item, Letter, Notice, Way
from chengshu.foundation.notices.pacing import awake_at, leaves_at
from chengshu.foundation.notices.routing import House, routed
from chengshu.kernel.clock import Clock, from_millis, iso, millis
from chengshu.kernel.errors import Missing
from chengshu.ports.database import Database

LATE = timedelta(days=1)  # what is told later than this goes to inboxes alone: nobody is woken for old news
KEPT = timedelta(days=366)
_DAY = timedelta(days=1)
_UNCLAIMED, _MOST = timedelta(days=30), 200  # what new accounts are told of the time when there were none


class Notices:
    """What people are told. ``outside`` is False in drills and demonstrations: nothing leaves the hub."""

    name = "notices.held"
    follows_stream = True

    def __init__(
        self,
        database: Database,
        clock: Clock,
        declared: NoticesFile,
        people: Callable[[Connection], Iterable[Person]],
        house: House,
        zone: ZoneInfo,
        *,
        outside: bool = True,
    ) -> None:
        self._database, self._clock, self.declared = database, clock, declared
        self._people, self._house, self._zone, self.outside = people, house, zone, outside

    def post_in(self, connection: Connection, notices: Iterable[Notice]) -> int:
        """Tell: a line in each inbox, a message for each address, now or when it may leave. How many are new.

        What was told already is not told again, however often it is posted.
        """
        people, told = list(self._people(connection)), 0
        for notice in notices:
            found = routed(notice, self.declared, people, self._house)
            if not store.add_notice(connection, notice, found):
                continue
            told += 1
            store.put_in_inboxes(connection, notice, found.accounts)
            if self.outside and self._clock.now() - from_millis(notice.at) <= LATE:
                for way in found.ways:
                    self._leave_in(connection, way, store.Told(notice, found.urgent))
        return told

    def claim_in(self, connection: Connection) -> int:
        """There are new accounts: what nobody could be told lately is told now, in inboxes; how many."""
        people, count = list(self._people(connection)), 0
        for notice in store.unclaimed(connection, self._clock.now() - _UNCLAIMED, _MOST):
            found = routed(notice, self.declared, people, self._house)
            store.put_in_inboxes(connection, notice, found.accounts)
            count += bool(found.accounts)
        return count

    def _leave_in(self, connection: Connection, way: Way, told: store.Told) -> None:
        now, notice = self._clock.now(), told.notice
        due = now if told.urgent else awake_at(now, self.declared.quiet, self._zone)
        if due == now:
            sent = store.left_since(connection, way, notice.kind, now - _DAY)
            due = leaves_at(now, told.urgent, sent, self.declared.digest)
        if due > now:
            waiting = store.held_until(connection, way)
            usual = timedelta(minutes=self.declared.digest.minutes)
            if waiting is not None and now < waiting <= due + usual and not told.urgent:
                due = waiting  # one message more in what is told together anyway
            store.hold(connection, way, notice.id, due)
            return
        store.note_left(connection, way, notice.kind, now)
        self._send_in(connection, way, [told], f"{notice.id}:{way.channel}:{way.address}")

    def _send_in(self, connection: Connection, way: Way, told: list[store.Told], key: str) -> None:
        letter = Letter(way.address, way.language, tuple(map(_item, told)))
        send(connection, way.channel, key, self._clock.now(), letter.as_payload())

    def next_due(self) -> datetime | None:
        """When what was kept back leaves."""
        with self._database.read() as connection:
            return store.next_held(connection)

    def tick(self, now: datetime) -> None:
        """Let leave what was kept back, all for one address together; forget what is a year old."""

        def work(connection: Connection) -> None:
            for way, told in store.take_due(connection, now).items():
                key = f"{told[0].notice.id}+{len(told)}:{way.channel}:{way.address}"
                self._send_in(connection, way, told, key)
            store.prune(connection, now - KEPT, now - 2 * _DAY)

        self._database.write(work)

    def read(self, account: str, notice: str) -> Notice:
        """Somebody opened a line of their inbox. Raises :class:`Missing` for what is not in it."""

        def work(connection: Connection) -> Notice:
            found = store.line(connection, account, notice)
            if found is None:
                raise Missing("notice-missing", "this notice is not in your inbox", where=notice)
            store.mark_read(connection, account, notice, self._clock.now(), self._clock.now())
            return found

        return self._database.write(work)

    def read_all(self, account: str, until: int) -> int:
        """Somebody has seen all that was there at ``until`` (milliseconds); how many were unread."""
        until = min(until, millis(self._clock.now()))
        return self._database.write(
            lambda c: store.mark_read(c, account, "", from_millis(until), self._clock.now())
        )

    def unread_again(self, account: str, notice: str) -> None:
        """Somebody wants to come back to it."""
        self._database.write(lambda c: store.mark_unread(c, account, notice))


def _item(told: store.Told) -> Item:
    notice = told.notice
    return Item(
        notice.id,
        notice.kind,
        iso(from_millis(notice.at)),
        told.urgent,
        notice.subject,
        notice.title,
        notice.text,
        notice.link,
    )
