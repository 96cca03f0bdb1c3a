"""Readers of sharing: lists and clocks, a request's whole life, the resident's and the auditor's view."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

import msgspec

from chengshu.kernel.calendar import WorkingCalendar
from chengshu.kernel.clock import millis
from chengshu.kernel.errors import Invalid, Missing
from chengshu.ports.database import Database
from chengshu.resources.sharing import clocks, store, store_residents, uses
from chengshu.resources.sharing.model import (
    OPEN_STATES,
    OVER,
    Correction,
    Request,
    State,
    StatutoryClock,
    Step,
    Use,
    recipients,
)

FILTERS = ("state", "resource", "department", "provider")
_PAGE = 200
_GRANTED = ("granted", *sorted(OPEN_STATES))


@dataclass(frozen=True, slots=True)
class Ticking:
    """A clock with what people want to know: working days left (negative: overdue)."""

    clock: StatutoryClock
    left: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class Life:
    """A request with everything that became of it."""

    request: Request
    steps: tuple[Step, ...]
    clocks: tuple[Ticking, ...]
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class SeenBy:
    """One use of a person's data, as it is told to that person."""

    at: int
    department: str
    purpose: str
    basis: str
    resource: str
    fields: tuple[tuple[str, str], ...]  # name, treatment
    consent: bool = False  # whether it rests on the person's consent
    withdrawn: bool = False  # whether the person has taken it back


@dataclass(frozen=True, slots=True)
class Audit:
    """What an auditor asks of a period. ``seals`` is empty when the record of uses is as it was written."""

    uses: tuple[Use, ...]
    outcomes: dict[str, int]
    rows: int
    by_grant: dict[str, int]
    suspended: tuple[str, ...]
    overdue: tuple[StatutoryClock, ...]
    destroyed: int
    not_destroyed: tuple[str, ...]
    seals: str


class SharingQueries:
    """What there is to read."""

    def __init__(self, database: Database, calendar: WorkingCalendar) -> None:
        self._database, self._calendar = database, calendar

    def page(
        self, *, after: str = "", limit: int = _PAGE, newest: bool = False, **conditions: str | Sequence[str]
    ) -> list[Request]:
        """Requests by ``state``, ``resource``, ``department``, ``provider`` (one value or several), in order
        of their ids, beyond ``after``; ``newest``: the other way. Raises :class:`Invalid`.
        """
        if unknown := sorted(set(conditions) - set(FILTERS)):
            raise Invalid(
                "filter-unknown", f"no filter {', '.join(unknown)}", remedy=f"use {', '.join(FILTERS)}"
            )
        with self._database.read() as connection:
            return store.select_requests(connection, after, limit, newest, **conditions)

    def states(self) -> dict[str, int]:
        """How many requests there are in each state."""
        with self._database.read() as connection:
            return store.count_states(connection)

    def request(self, id_: str) -> Request:
        """A request, by its id or its grant's. Raises :class:`Missing`."""
        with self._database.read() as connection:
            return store.find_request(connection, id_)

    def requests(self, ids: Sequence[str]) -> dict[str, Request]:
        """Those of the ids that exist."""
        with self._database.read() as connection:
            return store.find_requests(connection, ids)

    def life(self, id_: str, now: datetime) -> Life:
        """A request, by its id or its grant's. Raises :class:`Missing`."""
        with self._database.read() as connection:
            request = store.find_request(connection, id_)
            found = store.uses_where(connection, grant=request.grant_id) if request.grant_id else []
            return Life(
                request,
                tuple(store.steps_of(connection, request.id)),
                tuple(self._ticking(clock, now) for clock in store.clocks_of(connection, request.id)),
                tuple(found),
            )

    def ticking(self, now: datetime, owner: str = "") -> list[Ticking]:
        """Clocks that run, the most urgent first; of one department if ``owner`` is given."""
        with self._database.read() as connection:
            running = store.open_clocks(connection)
        return [self._ticking(clock, now) for clock in running if owner in ("", clock.owner)]

    def who_used(self, token: str, limit: int = 1000) -> list[SeenBy]:
        """Who had data about the person of this token (``Gate.subject_token``), newest first."""
        with self._database.read() as connection:
            found = []
            requests: dict[str, Request] = {}
            gone = store_residents.withdrawn_by(connection, token)
            for use in store.uses_about(connection, token, limit):
                if use.request not in requests:
                    requests[use.request] = store.find_request(connection, use.request)
                request = requests[use.request]
                how = {f.name: f.treatment for f in request.grant.fields} if request.grant else {}
                fields = tuple((name, how.get(name, "")) for name in use.fields)
                found.append(
                    SeenBy(
                        use.at,
                        use.department or request.by.department,
                        use.purpose,
                        request.ask.basis,
                        use.resource,
                        fields,
                        request.ask.consent,
                        use.resource in gone,
                    )
                )
        return found

    def naming(self, names: Collection[str], *, standing: bool = False) -> list[Request]:
        """Requests that have one of ``names`` among their recipients; ``standing``: with a grant not over."""
        states = (*_GRANTED, "suspended") if standing else get_args(State)
        with self._database.read() as connection:
            found = store.in_states(connection, states)
        return [request for request in found if not recipients(request).isdisjoint(names)]

    def names(self, id_: str, recipient: str) -> bool:
        """Whether a request, by its id or its grant's, has this recipient; False where there is none."""
        with self._database.read() as connection:
            try:
                return recipient in recipients(store.find_request(connection, id_))
            except Missing:
                return False

    def corrections(self, resource: str = "", state: str = "") -> list[Correction]:
        """Corrections asked for."""
        with self._database.read() as connection:
            return store.select_corrections(connection, resource, state)

    def audit(self, since: datetime, until: datetime, *, limit: int = 10_000) -> Audit:
        """What happened between two moments, and whether the record of uses is whole.

        Counts are of all uses; of the uses themselves the newest ``limit`` are given.
        """
        with self._database.read() as connection:
            broken = uses.broken_seal(connection)
            try:
                found = store.uses_where(connection, since=millis(since), until=millis(until), limit=limit)
            except msgspec.DecodeError:  # somebody wrote into it: that is what the auditor must hear
                found, broken = [], broken or "a use that is not sealed yet cannot be read"
            outcomes, by_grant = store.tally(connection, millis(since), millis(until))
            suspended = store.in_states(connection, ("suspended",))
            over = [
                request
                for request in store.in_states(connection, sorted(OVER))
                if request.grant is not None and request.grant.starts_at
            ]
            late = [clock for clock in store.open_clocks(connection) if clock.escalated_at]
        return Audit(
            tuple(found),
            outcomes,
            sum(by_grant.values()),
            by_grant,
            tuple(request.id for request in suspended),
            tuple(late),
            sum(request.destruction is not None for request in over),
            tuple(request.id for request in over if request.destruction is None),
            broken,
        )

    def _ticking(self, clock: StatutoryClock, now: datetime) -> Ticking:
        days = clocks.left(clock, self._calendar, now)
        return Ticking(clock, days, clock.running and clock.due_at <= millis(now))
