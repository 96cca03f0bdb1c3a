"""The ground the desk stands on: roles, transitions, steps, the two decisions; all within a transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.calendar import WorkingCalendar
from chengshu.kernel.clock import Clock, millis
from chengshu.kernel.errors import Conflict, Denied, Invalid
from chengshu.kernel.ids import Ids
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.ports.database import Database
from chengshu.resources.ledger import LedgerQueries, Resource
from chengshu.resources.sharing import clocks, intake, store
from chengshu.resources.sharing.declared import Terms
from chengshu.resources.sharing.model import TRANSITIONS, Grant, GrantedField, Party, Request, Step
from chengshu.resources.sharing.protecting import check_treatments, proposed
from chengshu.resources.sharing.source_rules import SourceRule, SourceRules

_SHORTEST = 4  # signs of a reason somebody must give


class Desk:
    """What the commands and the gate have in common."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        calendar: WorkingCalendar,
        ledger: LedgerQueries,
        terms: Terms | None = None,
        sources: SourceRules | None = None,
    ) -> None:
        self._database, self._clock, self._ids = database, clock, ids
        self._calendar, self._ledger = calendar, ledger
        self.terms = terms or Terms()
        self._sources = sources or SourceRules()

    def rule_for(self, resource: Resource) -> SourceRule:
        """What the source class of an entry asks of sharing it, today."""
        return self._sources.on(self._today(), resource.source_class)

    def _today(self) -> date:
        return self._clock.now().astimezone(self._calendar.zone).date()

    def proposal(self, request: Request) -> tuple[GrantedField, ...]:
        """How the tables would show each field asked for, today. Raises :class:`Missing`."""
        return self.proposed(self._ledger.get(request.ask.resource), request.ask.fields, request.ask.reader)

    def proposed(self, resource: Resource, names: Sequence[str], reader: str) -> tuple[GrantedField, ...]:
        """How the tables would show fields of an entry to a reader, today; what is gone is left out."""
        known = {field.name for field in resource.fields}
        standing = [name for name in names if name in known]
        found = proposed(resource, standing, reader, self._today(), self.terms.ungraded)
        return self.rule_for(resource).held(found)

    def suspend_in(
        self, connection: Connection, request: Request, actor: Actor, reason: dict[str, Any]
    ) -> Request:
        """As :meth:`suspend`, by the hub itself."""
        return self.step_in(connection, request, "suspended", "suspended", actor, reason)

    def used_in(self, connection: Connection, request: Request, actor: Actor) -> Request:
        """The first use of a grant."""
        if request.state != "supplied":
            return request
        return self.step_in(connection, request, "in_use", "first_used", actor, {})

    def close_in(
        self, connection: Connection, request: Request, state: str, actor: Actor, reason: dict[str, Any]
    ) -> Request:
        """A grant is over: ``ended``, ``expired`` or ``revoked``. Where data were had, destruction is due."""
        clocks.end_all(connection, request.id, self._clock.now())
        closed = self.step_in(connection, request, state, state, actor, reason)
        if closed.grant is not None and closed.grant.starts_at:
            self.start_in(connection, closed.id, "destroy", closed.by.department, self.terms.periods.destroy)
        return closed

    def expire_in(self, connection: Connection, now: datetime) -> int:
        """End every grant whose time is up; how many."""
        due = store.ended_by(connection, millis(now), ("supplied", "in_use", "suspended"))
        for request in due:
            self.close_in(connection, request, "expired", clocks.HUB, _EXPIRED.as_dict())
        return len(due)

    def grant_in(
        self,
        connection: Connection,
        request: Request,
        by: Party,
        reason: dict[str, Any],
        *,
        fields: Sequence[str] | None = None,
        rows: str | None = None,
        treatments: Mapping[str, str] | None = None,
        conditions: str = "",
        rows_per_use: int | None = None,
        rows_per_day: int | None = None,
        agreement: str = "",
    ) -> Request:
        """Grant it, and start the clock of supply. Raises :class:`Invalid` for more than was asked, and
        without the agreement that the source of the data asks for.
        """
        now = self._clock.now()
        resource = self._ledger.get(request.ask.resource)
        names = tuple(fields) if fields is not None else request.ask.fields
        if not names or set(names) - set(request.ask.fields):
            raise Invalid(
                "fields-beyond",
                "a grant has some of the fields asked for, and no others",
                where="fields",
                remedy=f"choose of: {', '.join(request.ask.fields)}",
            )
        if rows:
            intake.row_filter(rows, {field.name for field in resource.fields})
        _check_agreement(self.rule_for(resource), agreement, request)
        granted = self.proposed(resource, names, request.ask.reader)
        chosen = treatments or {}
        check_treatments(granted, chosen)
        by_decision = {"rule": "sharing.decision", "text": reason.get("text", {}), "inputs": {}}
        granted = tuple(
            replace(field, treatment=chosen[field.name], reason=by_decision)
            if field.name in chosen
            else field
            for field in granted
        )
        if all(field.treatment == "withhold" for field in granted):
            return self._nothing_left(connection, request, by, granted)
        limits = self.terms.limits
        grant = Grant(
            self._ids.new("grant"),
            granted,
            " and ".join(f"({part})" for part in (request.ask.rows, rows) if part),
            _limit(rows_per_use, limits.rows_per_use),
            _limit(rows_per_day, limits.rows_per_day),
            conditions,
            agreement=agreement.strip(),
        )
        if grant.agreement:
            reason = {**reason, "agreement": grant.agreement}
        clocks.end(connection, request.id, "answer", now)
        self.start_in(connection, request.id, "supply", request.provider, self.terms.periods.supply)
        return self.move_in(
            connection, replace(request, grant=grant, reason=reason), "granted", "granted", by, reason
        )

    def _nothing_left(
        self, connection: Connection, request: Request, by: Party, granted: Sequence[GrantedField]
    ) -> Request:
        """Every field is withheld by its grade. A rule refuses then; a person must choose another way."""
        if by is RULE:
            reason = dict(granted[0].reason)
            reason["law"] = str(reason.get("inputs", {}).get("source", ""))
            return self.refuse_in(connection, request, by, reason)
        raise Invalid(
            "nothing-granted",
            "every field would be withheld by its grade",
            where=request.id,
            remedy="choose treatments (mask, tokenise), or refuse with the reason",
        )

    def refuse_in(
        self, connection: Connection, request: Request, by: Party, reason: dict[str, Any]
    ) -> Request:
        """Refuse it with its reason; the answer clock ends."""
        clocks.end(connection, request.id, "answer", self._clock.now())
        refused = replace(request, reason=reason, refusals=request.refusals + 1)
        return self.move_in(connection, refused, "refused", "refused", by, reason)

    def of_applicant(self, connection: Connection, id_: str, by: Party) -> Request:
        """The request, if ``by`` acts for the department that asked. Raises :class:`Denied`."""
        request = store.find_request(connection, id_)
        if by.department != request.by.department:
            raise _denied(
                "sharing.applicant", f"only {request.by.department}, who asked, may do this", request
            )
        return request

    def of_provider(self, connection: Connection, id_: str, by: Party, *, bureau: bool = False) -> Request:
        """The request, if ``by`` acts for its provider (or the data bureau). Raises :class:`Denied`."""
        request = store.find_request(connection, id_)
        allowed = {request.provider} | ({self.terms.bureau} if bureau else set())
        if by.department not in allowed:
            raise _denied("sharing.provider", f"only {' or '.join(sorted(allowed))} may do this", request)
        if by.person == request.by.person:
            raise _denied("sharing.own", "nobody decides on a request of their own", request)
        return request

    def must_be_bureau(self, request: Request, by: Party) -> None:
        """Raises :class:`Denied` unless ``by`` acts for the data bureau."""
        if by.department != self.terms.bureau:
            raise _denied("sharing.bureau", f"only {self.terms.bureau} may do this", request)
        if by.person == request.by.person:
            raise _denied("sharing.own", "nobody decides on a request of their own", request)

    def start_in(self, connection: Connection, subject: str, kind: str, owner: str, days: int) -> None:
        """Start a clock now."""
        clocks.begin(connection, self._calendar, subject, kind, owner, days, self._clock.now())

    def move_in(
        self,
        connection: Connection,
        request: Request,
        state: str,
        what: str,
        by: Party,
        reason: dict[str, Any],
    ) -> Request:
        """A step by a person."""
        return self.step_in(connection, request, state, what, actor_of(by), reason)

    def step_in(
        self,
        connection: Connection,
        request: Request,
        state: str,
        what: str,
        actor: Actor,
        reason: dict[str, Any],
        *,
        new: bool = False,
    ) -> Request:
        """Go to another state. Raises :class:`Conflict` when the transitions do not lead there."""
        before = "" if new else request.state
        if state not in TRANSITIONS.get(before, ()):
            raise not_now(request, what)
        moved = replace(request, state=state)
        return self.note_in(connection, moved, what, actor, reason, before=before, new=new)

    def note_in(
        self,
        connection: Connection,
        request: Request,
        what: str,
        actor: Actor,
        reason: dict[str, Any],
        *,
        before: str | None = None,
        new: bool = False,
    ) -> Request:
        """Keep what became of a request: state, step, journal and change."""
        now = self._clock.now()
        noted = replace(request, version=request.version + 1)
        (store.add_request if new else store.save_request)(connection, noted)
        was = request.state if before is None else before
        step = Step(noted.id, noted.version, millis(now), actor.id, what, was, noted.state, reason)
        store.add_step(connection, step)
        body = {
            "state": noted.state,
            "before": was,
            "resource": noted.ask.resource,
            "department": noted.by.department,
            "provider": noted.provider,
            "grant": noted.grant_id,
            "version": noted.version,
            "reason": msgspec.to_builtins(reason),
        }
        record(connection, Act(actor, f"sharing.{what}", noted.id, now, body, policy="政務數據共享條例"))
        return noted


RULE = Party("hub:sharing", "hub:sharing", "rule")
_EXPIRED = Reason(
    "sharing.term",
    Text("the granted time is over", "授权期限已届满", "授權期限已屆滿"),
)


def actor_of(by: Party) -> Actor:
    """A person as the journal names them."""
    return Actor(by.person, by.name)


def by_person(by: Party, text: str, **more: str) -> dict[str, Any]:
    """What a person gave as the reason, in the words given."""
    return {
        "rule": "sharing.decision",
        "text": Text.of(text).as_dict(),
        "inputs": {"department": by.department, "person": by.person},
        **more,
    }


def said(text: str, where: str) -> None:
    """Raises :class:`Invalid` when a reason is empty or beyond all measure."""
    if len(text.strip()) < _SHORTEST:
        raise Invalid("reason-missing", "it must be said why", where=where, remedy="write it in a sentence")
    if len(text) > intake.MOST_TEXT:
        raise Invalid(
            "text-long", f"more than {intake.MOST_TEXT} signs", where=where, remedy="say it shorter"
        )


def _check_agreement(rule: SourceRule, agreement: str, request: Request) -> None:
    if len(agreement) > intake.MOST_TEXT:
        raise Invalid(
            "text-long", f"more than {intake.MOST_TEXT} signs", where="agreement", remedy="say it shorter"
        )
    if rule.agreement and len(agreement.strip()) < _SHORTEST:
        raise Invalid(
            "agreement-missing",
            "the grant names no agreement of those whose data they are",
            where="agreement",
            remedy="write its number and date",
            request=request.id,
            reason=rule.reason.as_dict(),
        )


def _limit(wanted: int | None, most: int) -> int:
    if wanted is None:
        return most
    if wanted < 1:
        raise Invalid("limit", "a limit is at least one row", where="rows", remedy="refuse instead")
    return min(wanted, most)


def not_now(request: Request, what: str) -> Conflict:
    """The state does not allow it; says what may follow."""
    following = ", ".join(sorted(TRANSITIONS.get(request.state, ()))) or "nothing: it is over"
    return Conflict(
        "sharing-state",
        f"{what} is not possible: the request is {request.state}",
        where=request.id,
        remedy=f"what may follow: {following}",
    )


def _denied(policy: str, detail: str, request: Request) -> Denied:
    return Denied(policy, detail, where=request.id, remedy="ask that department")
