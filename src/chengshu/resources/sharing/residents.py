"""Residents at a counter, or with a code from there: who had data about me; consent taken back.

Each question is itself on record.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from chengshu.foundation.access.model import TooMany
from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.clock import Clock, from_millis, iso, millis
from chengshu.kernel.errors import Invalid, Unauthenticated
from chengshu.ports.database import Database
from chengshu.resources.sharing import store_residents
from chengshu.resources.sharing.corrections import Duties
from chengshu.resources.sharing.declared import Terms
from chengshu.resources.sharing.desk import actor_of
from chengshu.resources.sharing.model import Party
from chengshu.resources.sharing.queries import SeenBy, SharingQueries

_NUMBER = re.compile(r"\d{15}|\d{17}[\dX]")
_HOUR = timedelta(hours=1)
_RESIDENT = Actor("resident:by-code", "A resident, by code")
_LAW = "個人信息保護法"
_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that looks like another on paper
_GROUPS, _GROUP = 5, 4  # 20 signs of 32: 100 bits


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
        draw: Callable[[str], str] = secrets.choice,
    ) -> None:
        self._database, self._clock, self._terms, self._draw = database, clock, terms, draw
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
            body = {"department": by.department}
            record(connection, self._act(actor_of(by), "sharing.subject_told", token, body))

        self._database.write(work)
        return self._queries.who_used(token)

    def consent(self, number: str, resource: str, by: Party, *, given: bool) -> None:
        """As :meth:`Duties.consent`, by the number. Raises as :meth:`tell`, and :class:`Missing`."""
        token = self._token(number)
        self._database.write(lambda connection: self._count(connection, by))
        self._duties.consent(resource, token, actor_of(by), given=given)

    def give_code(self, number: str, by: Party) -> tuple[str, datetime]:
        """A code on paper with which the person reads their own record, and until when it holds.

        An earlier one holds no more. Raises as :meth:`tell`.
        """
        token = self._token(number)
        code = "-".join("".join(self._draw(_SIGNS) for _ in range(_GROUP)) for _ in range(_GROUPS))
        now = self._clock.now()
        ends = now + timedelta(days=self._terms.limits.code_days)

        def work(connection: Connection) -> None:
            self._count(connection, by)
            store_residents.keep_code(connection, token, _hash(code), millis(ends))
            body = {"department": by.department, "ends": iso(ends)}
            record(connection, self._act(actor_of(by), "sharing.code_given", token, body))

        self._database.write(work)
        return code, ends

    def take_code(self, number: str, by: Party) -> bool:
        """The person's code is lost, or not wanted: it holds no more. Whether there was one. Raises as
        :meth:`tell`."""
        token = self._token(number)

        def work(connection: Connection) -> bool:
            self._count(connection, by)
            gone = store_residents.drop_code(connection, token)
            if gone:
                record(connection, self._act(actor_of(by), "sharing.code_taken", token, {}))
            return gone

        return self._database.write(work)

    def tell_by_code(self, code: str) -> list[SeenBy]:
        """As :meth:`tell`, to who holds the person's code. Raises :class:`Unauthenticated` for a code that
        does not hold (it is not told why), and :class:`TooMany`."""

        def work(connection: Connection) -> str:
            token = self._holder(connection, code)
            record(connection, self._act(_RESIDENT, "sharing.subject_told", token, {"by": "code"}))
            return token

        return self._queries.who_used(self._database.write(work))

    def consent_by_code(self, code: str, resource: str, *, given: bool) -> None:
        """As :meth:`consent`, by who holds the person's code. Raises as :meth:`tell_by_code`, and
        :class:`Missing`."""
        token = self._database.write(lambda connection: self._holder(connection, code))
        self._duties.consent(resource, token, _RESIDENT, given=given)

    def _holder(self, connection: Connection, code: str) -> str:
        """The token a code stands for; each reader of a code is held to the limit of a clerk."""
        key = _hash(code)
        token = store_residents.token_of_code(connection, key, millis(self._clock.now()))
        if token is None:
            raise Unauthenticated(
                "resident-code",
                "this code does not hold, or not any more",
                where="code",
                remedy="look at the paper again, or ask for a new one at the counter",
            )
        self._count(connection, Party(f"code:{key[:16]}", ""))
        return token

    def _act(self, by: Actor, what: str, token: str, body: dict[str, str]) -> Act:
        return Act(by, what, f"subject:{token}", self._clock.now(), body, policy=f"{_LAW} 45")

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


def _hash(code: str) -> str:
    """What is kept of a code: as typed, with small letters, blanks and other dashes or none."""
    plain = re.sub(r"[^A-Z0-9]", "", code.upper())
    return hashlib.sha256(plain.encode()).hexdigest()
