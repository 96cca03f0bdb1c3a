"""Residents at a counter: who had data about me; consent taken back. Each question is itself on record."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Connection

from chengshu.foundation.access.model import TooMany
from chengshu.foundation.journal import Act, record
from chengshu.kernel.clock import Clock, from_millis, iso, millis
from chengshu.kernel.errors import Invalid
from chengshu.ports.database import Database
from chengshu.resources.sharing import store_residents
from chengshu.resources.sharing.corrections import Duties
from chengshu.resources.sharing.declared import Terms
from chengshu.resources.sharing.desk import actor_of
from chengshu.resources.sharing.model import Party
from chengshu.resources.sharing.queries import SeenBy, SharingQueries

_NUMBER = re.compile(r"\d{15}|\d{17}[\dX]")
_HOUR = timedelta(hours=1)
_LAW = "個人信息保護法"


class Residents:
    """What a clerk asks for the person who stands there and has shown who they are.

    The hub keeps a token of the number and never the number. ``token_of`` is ``Gate.subject_token``.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        queries: SharingQueries,
        duties: Duties,
        token_of: Callable[[str], str],
        terms: Terms,
    ) -> None:
        self._database, self._clock, self._terms = database, clock, terms
        self._queries, self._duties, self._token_of = queries, duties, token_of

    def departments(self) -> tuple[str, ...]:
        """Those whose counters answer residents: the data bureau, and the ``counters`` of sharing.yaml."""
        return tuple(dict.fromkeys((self._terms.bureau, *self._terms.counters)))

    def tell(self, number: str, by: Party) -> list[SeenBy]:
        """Who had data about the person of this identity number, newest first (個人信息保護法 45).

        Raises :class:`Invalid` for what is no number, and :class:`TooMany` beyond ``lookups_per_hour``.
        """
        token = self._token(number)

        def work(connection: Connection) -> None:
            self._count(connection, by)
            now = self._clock.now()
            body = {"department": by.department}
            record(
                connection,
                Act(actor_of(by), "sharing.subject_told", f"subject:{token}", now, body, policy=f"{_LAW} 45"),
            )

        self._database.write(work)
        return self._queries.who_used(token)

    def consent(self, number: str, resource: str, by: Party, *, given: bool) -> None:
        """As :meth:`Duties.consent`, by the number. Raises as :meth:`tell`, and :class:`Missing`."""
        token = self._token(number)
        self._database.write(lambda connection: self._count(connection, by))
        self._duties.consent(resource, token, actor_of(by), given=given)

    def counted_token(self, number: str, by: Party) -> str:
        """The token of a number, counted as a question of the clerk's. Raises as :meth:`tell`."""
        token = self._token(number)
        self._database.write(lambda connection: self._count(connection, by))
        return token

    def _token(self, number: str) -> str:
        plain = number.replace(" ", "").upper()
        if not _NUMBER.fullmatch(plain):
            raise Invalid(
                "subject",
                "an identity number has 18 digits (the last may be X), or 15",
                where="number",
                remedy="look at the card again",
            )
        return self._token_of(plain)

    def _count(self, connection: Connection, by: Party) -> None:
        now, most = self._clock.now(), self._terms.limits.lookups_per_hour
        recent = store_residents.lookups_since(connection, by.person, millis(now - _HOUR))
        if len(recent) >= most:
            free = from_millis(recent[-most]) + _HOUR
            raise TooMany(
                "lookups",
                f"{most} questions were asked in the last hour",
                remedy=f"go on at {iso(free)}",
                retry_at=iso(free),
            )
        store_residents.add_lookup(connection, by.person, millis(now), millis(now - _HOUR))
