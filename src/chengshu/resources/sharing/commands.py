"""The desk of sharing: requests are taken in, answered, objected to, supplied, suspended, ended and proven gone.

Each command is one transaction: the state, its clock, the step, the journal and the change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.calendar import WorkingCalendar
from chengshu.kernel.clock import Clock, iso, millis
from chengshu.kernel.errors import Conflict, Denied, Invalid
from chengshu.kernel.ids import Ids
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.ports.database import Database
from chengshu.resources.ledger import LedgerQueries, Resource
from chengshu.resources.sharing import clocks, intake, store
from chengshu.resources.sharing.declared import Terms
from chengshu.resources.sharing.model import (
    OVER,
    TRANSITIONS,
    Ask,
    Destruction,
    Grant,
    Party,
    Request,
    Step,
)
from chengshu.resources.sharing.protecting import check_treatments, proposed, sharing_of
from chengshu.resources.sharing.rulings import route

_SHORTEST = 4  # signs of a reason somebody must give


class Sharing:
    """The city's desk for sharing government data. One object per hub.

    Who may act as which department is decided before (access); here each act is held against the roles of
    the request: applicant, provider, data bureau.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        calendar: WorkingCalendar,
        ledger: LedgerQueries,
        terms: Terms | None = None,
    ) -> None:
        self._database, self._clock, self._ids = database, clock, ids
        self._calendar, self._ledger = calendar, ledger
        self.terms = terms or Terms()

    # The applicant

    def submit(self, ask: Ask, by: Party) -> Request:
        """Take in a request: answered at once where a rule decides, else with the provider and its clock.

        What is missing is told at once and in full, and no clock runs until it is there. Raises
        :class:`Invalid` for what is wrong, :class:`Conflict` when a standing grant gives it already,
        :class:`Missing` for a resource that the ledger does not have.
        """
        resource = self._ledger.get(ask.resource)
        intake.check_ask(ask, by, resource)

        def work(connection: Connection) -> Request:
            reuse = self._reuse(connection, ask, by, resource)
            request = Request(
                self._ids.new("share"),
                by,
                ask,
                resource.provider or resource.owner or self.terms.bureau,
                "review",
                sharing_of(resource, ask.fields),
                millis(self._clock.now()),
                version=0,
                reuse=reuse,
            )
            return self._answer(connection, request, resource, by, "")

        return self._database.write(work)

    def complete(self, id_: str, ask: Ask, by: Party) -> Request:
        """Hand in what was missing; the clock goes on.

        Raises :class:`Invalid` when something is missing still, and the request stays as it is: it was told
        once. Raises :class:`Conflict` when the request does not wait for its applicant.
        """
        resource = self._ledger.get(ask.resource)
        intake.check_ask(ask, by, resource)

        def work(connection: Connection) -> Request:
            request = self._of_applicant(connection, id_, by)
            if request.state != "incomplete":
                raise _not_now(request, "complete")
            if ask.resource != request.ask.resource:
                raise Invalid("resource-other", "a request keeps its resource", remedy="file a new request")
            intake.reusable(ask, by, self._standing(connection, ask, by), ())
            sharing = sharing_of(resource, ask.fields)
            return self._answer(
                connection, replace(request, ask=ask, sharing=sharing), resource, by, "incomplete"
            )

        return self._database.write(work)

    def withdraw(self, id_: str, by: Party) -> Request:
        """Take a request back before it is answered."""

        def work(connection: Connection) -> Request:
            request = self._of_applicant(connection, id_, by)
            clocks.end_all(connection, request.id, self._clock.now())
            return self._move(connection, request, "withdrawn", "withdrawn", by, {})

        return self._database.write(work)

    def object(self, id_: str, by: Party, ground: str) -> Request:
        """Object to a refusal, once: the data bureau decides."""
        _said(ground, "ground")

        def work(connection: Connection) -> Request:
            request = self._of_applicant(connection, id_, by)
            if request.refusals > 1:
                raise Conflict(
                    "objection-twice",
                    "the data bureau has decided on the objection",
                    where=request.id,
                    remedy="file a new request with what has changed",
                )
            moved = self._move(
                connection,
                replace(request, objected=ground),
                "objection",
                "objected",
                by,
                _by_person(by, ground),
            )
            self._start(connection, moved.id, "objection", self.terms.bureau, self.terms.periods.objection)
            return moved

        return self._database.write(work)

    def end(self, id_: str, by: Party) -> Request:
        """The applicant is done before the time; what was received must be destroyed."""

        def work(connection: Connection) -> Request:
            request = self._of_applicant(connection, id_, by)
            return self.close_in(connection, request, "ended", _actor(by), _by_person(by, "no longer needed"))

        return self._database.write(work)

    def destroyed(self, id_: str, by: Party, *, how: str, witness: str, digest: str) -> Request:
        """Prove that received data are gone. ``digest`` is the SHA-256 of the protocol, kept elsewhere."""
        _said(how, "how")
        if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise Invalid(
                "digest", "the digest is no SHA-256", where="digest", remedy="give 64 hexadecimal signs"
            )
        if not witness.strip() or witness.strip() == by.person:
            raise Invalid(
                "witness", "a second person must have seen it", where="witness", remedy="name that person"
            )

        def work(connection: Connection) -> Request:
            request = self._of_applicant(connection, id_, by)
            if request.state not in OVER or request.destruction is not None:
                raise _not_now(request, "proof of destruction")
            now = self._clock.now()
            proof = Destruction(millis(now), by.person, how, witness, digest)
            clocks.end(connection, request.id, "destroy", now)
            return self._note(
                connection, replace(request, destruction=proof), "destroyed", _actor(by), _by_person(by, how)
            )

        return self._database.write(work)

    # The provider

    def tell_missing(self, id_: str, by: Party, items: Mapping[str, str]) -> Request:
        """Tell the applicant what is missing (item → what to do), once; the answer clock stands still."""
        if not items:
            raise Invalid("items", "nothing is said to be missing", where="items", remedy="name each item")

        def work(connection: Connection) -> Request:
            request = self._of_provider(connection, id_, by)
            if request.told:
                raise Conflict(
                    "told-twice",
                    "the applicant was told once already what is missing",
                    where=request.id,
                    remedy="grant it, or refuse it with the reason",
                )
            now = self._clock.now()
            clocks.stand_still(connection, self._calendar, request.id, "answer", now)
            told = tuple({"item": item, "text": Text.of(say).as_dict()} for item, say in items.items())
            request = replace(request, told=told, told_at=millis(now))
            reason = _by_person(by, "; ".join(items.values()))
            return self._move(connection, request, "incomplete", "told_missing", by, reason)

        return self._database.write(work)

    def extend(self, id_: str, by: Party, why: str) -> Request:
        """Take more days to answer, once, with the reason."""
        _said(why, "why")

        def work(connection: Connection) -> Request:
            request = self._of_provider(connection, id_, by)
            clock = store.find_clock(connection, request.id, "answer")
            if (
                request.state != "review"
                or clock is None
                or clock.extended
                or not self.terms.periods.extension
            ):
                raise Conflict(
                    "extension",
                    "the period can be extended once, while the request is under review",
                    where=request.id,
                    remedy="answer it",
                )
            days = clock.days + self.terms.periods.extension
            clocks.change_days(connection, self._calendar, clock, days, extended=True)
            return self._note(connection, request, "extended", _actor(by), _by_person(by, why))

        return self._database.write(work)

    def grant(
        self,
        id_: str,
        by: Party,
        reason: str,
        *,
        fields: Sequence[str] | None = None,
        rows: str | None = None,
        treatments: Mapping[str, str] | None = None,
        conditions: str = "",
        rows_per_use: int | None = None,
        rows_per_day: int | None = None,
    ) -> Request:
        """Grant it, or part of it: fewer ``fields``, fewer ``rows`` (added to those asked for), other
        ``treatments`` by field; milder than the tables propose only with ``reason``, never core data."""
        _said(reason, "reason")

        def work(connection: Connection) -> Request:
            request = self._of_provider(connection, id_, by)
            if request.state != "review":
                raise _not_now(request, "grant")
            return self._grant(
                connection,
                request,
                by,
                _by_person(by, reason),
                fields=fields,
                rows=rows,
                treatments=treatments or {},
                conditions=conditions,
                rows_per_use=rows_per_use,
                rows_per_day=rows_per_day,
            )

        return self._database.write(work)

    def refuse(self, id_: str, by: Party, reason: str, *, law: str) -> Request:
        """Refuse, with the reason and the law or duty it rests on; neither may be empty."""
        _said(reason, "reason")
        _said(law, "law")

        def work(connection: Connection) -> Request:
            request = self._of_provider(connection, id_, by)
            if request.state != "review":
                raise _not_now(request, "refuse")
            return self._refuse(connection, request, by, _by_person(by, reason, law=law))

        return self._database.write(work)

    def supply(self, id_: str, by: Party, place: str) -> Request:
        """The data can be had from now on, at ``place``; the grant's time begins."""
        _said(place, "place")

        def work(connection: Connection) -> Request:
            request = self._of_provider(connection, id_, by)
            if request.grant is None or request.state != "granted":
                raise _not_now(request, "supply")
            now = self._clock.now()
            ends = self._calendar.due(now, request.ask.duration)
            running = replace(request.grant, starts_at=millis(now), ends_at=millis(ends), place=place)
            clocks.end(connection, request.id, "supply", now)
            reason = _by_person(by, place) | {"ends": iso(ends)}
            return self._move(connection, replace(request, grant=running), "supplied", "supplied", by, reason)

        return self._database.write(work)

    # The data bureau and the provider

    def settle(self, id_: str, by: Party, *, upheld: bool, reason: str, law: str = "") -> Request:
        """The data bureau decides on an objection: granted as the tables propose, or refused for good."""
        _said(reason, "reason")
        if not upheld:
            _said(law, "law")

        def work(connection: Connection) -> Request:
            request = store.find_request(connection, id_)
            self._must_be_bureau(request, by)
            if request.state != "objection":
                raise _not_now(request, "settle")
            clocks.end(connection, request.id, "objection", self._clock.now())
            if upheld:
                return self._grant(connection, request, by, _by_person(by, reason))
            return self._refuse(connection, request, by, _by_person(by, reason, law=law))

        return self._database.write(work)

    def suspend(self, id_: str, by: Party, reason: str) -> Request:
        """Stop a grant at once; the next use is denied."""
        _said(reason, "reason")

        def work(connection: Connection) -> Request:
            request = self._of_provider(connection, id_, by, bureau=True)
            return self.suspend_in(connection, request, _actor(by), _by_person(by, reason))

        return self._database.write(work)

    def restore(self, id_: str, by: Party, reason: str) -> Request:
        """Let a suspended grant answer again; only the data bureau may."""
        _said(reason, "reason")

        def work(connection: Connection) -> Request:
            request = store.find_request(connection, id_)
            self._must_be_bureau(request, by)
            if request.state != "suspended":
                raise _not_now(request, "restore")
            return self._move(connection, request, "in_use", "restored", by, _by_person(by, reason))

        return self._database.write(work)

    def revoke(self, id_: str, by: Party, reason: str) -> Request:
        """End a grant for good; what was received must be destroyed."""
        _said(reason, "reason")

        def work(connection: Connection) -> Request:
            request = self._of_provider(connection, id_, by, bureau=True)
            return self.close_in(connection, request, "revoked", _actor(by), _by_person(by, reason))

        return self._database.write(work)

    # Within another transaction: the gate and the ticker

    def suspend_in(
        self, connection: Connection, request: Request, actor: Actor, reason: dict[str, Any]
    ) -> Request:
        """As :meth:`suspend`, by the hub itself."""
        return self._step(connection, request, "suspended", "suspended", actor, reason)

    def used_in(self, connection: Connection, request: Request, actor: Actor) -> Request:
        """The first use of a grant."""
        if request.state != "supplied":
            return request
        return self._step(connection, request, "in_use", "first_used", actor, {})

    def close_in(
        self, connection: Connection, request: Request, state: str, actor: Actor, reason: dict[str, Any]
    ) -> Request:
        """A grant is over: ``ended``, ``expired`` or ``revoked``. Where data were had, destruction is due."""
        clocks.end_all(connection, request.id, self._clock.now())
        closed = self._step(connection, request, state, state, actor, reason)
        if closed.grant is not None and closed.grant.starts_at:
            self._start(connection, closed.id, "destroy", closed.by.department, self.terms.periods.destroy)
        return closed

    def expire_in(self, connection: Connection, now: datetime) -> int:
        """End every grant whose time is up; how many."""
        due = store.ended_by(connection, millis(now), ("supplied", "in_use", "suspended"))
        for request in due:
            self.close_in(connection, request, "expired", clocks.HUB, _EXPIRED.as_dict())
        return len(due)

    # Inside

    def _answer(
        self, connection: Connection, request: Request, resource: Resource, by: Party, before: str
    ) -> Request:
        """Tell what is missing, or send the request the way the tables say."""
        now = self._clock.now()
        day = now.astimezone(self._calendar.zone).date()
        rank = intake.highest_rank(request.ask, resource, self.terms.ungraded)
        lacking = intake.lacking(request.ask, rank, day)
        periods = self.terms.periods
        at_once = request.sharing == "unconditional"
        days = periods.answer_unconditional if at_once else periods.answer_conditional
        if lacking:
            return self._tell(connection, request, by, lacking, before, days)
        way, why = route(day, request.sharing, rank)
        clock = store.find_clock(connection, request.id, "answer")
        if clock is None:
            self._start(connection, request.id, "answer", request.provider, days)
        else:
            if clock.days != days and not clock.extended:
                clocks.change_days(connection, self._calendar, clock, days, extended=False)
            clocks.go_on(connection, self._calendar, request.id, "answer", now)
        if before:
            request = self._step(connection, request, "review", "completed", _actor(by), why.as_dict())
        else:
            request = self._step(
                connection, request, "review", "submitted", _actor(by), why.as_dict(), new=True
            )
        if way == "grant":
            return self._grant(connection, request, _RULE, why.as_dict())
        if way == "refuse":
            reason = why.as_dict()
            reason["law"] = resource.sharing_condition or str(why.inputs.get("source", ""))
            return self._refuse(connection, request, _RULE, reason)
        return request

    def _tell(
        self,
        connection: Connection,
        request: Request,
        by: Party,
        lacking: Sequence[tuple[str, Reason]],
        before: str,
        days: int,
    ) -> Request:
        told = tuple({"item": item, "text": reason.text.as_dict()} for item, reason in lacking)
        if before:
            raise Invalid(
                "still-missing",
                f"missing: {', '.join(reason.text.en for _, reason in lacking)}",
                where=request.id,
                remedy="hand in all of it; the clock stands still until then",
                missing=list(told),
            )
        now = self._clock.now()
        clocks.begin(
            connection, self._calendar, request.id, "answer", request.provider, days, now, running=False
        )
        request = replace(request, told=told, told_at=millis(now))
        reason = {
            "rule": "missing",
            "inputs": {"items": [item for item, _ in lacking]},
            "missing": list(told),
        }
        return self._step(connection, request, "incomplete", "submitted", _actor(by), reason, new=True)

    def _grant(
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
    ) -> Request:
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
        day = now.astimezone(self._calendar.zone).date()
        granted = proposed(resource, names, request.ask.reader, day, self.terms.ungraded)
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
        )
        clocks.end(connection, request.id, "answer", now)
        self._start(connection, request.id, "supply", request.provider, self.terms.periods.supply)
        return self._move(
            connection, replace(request, grant=grant, reason=reason), "granted", "granted", by, reason
        )

    def _nothing_left(
        self, connection: Connection, request: Request, by: Party, granted: Sequence[Any]
    ) -> Request:
        """Every field is withheld by its grade. A rule refuses then; a person must choose another way."""
        if by is _RULE:
            reason = dict(granted[0].reason)
            reason["law"] = str(reason.get("inputs", {}).get("source", ""))
            return self._refuse(connection, request, by, reason)
        raise Invalid(
            "nothing-granted",
            "every field would be withheld by its grade",
            where=request.id,
            remedy="choose treatments (mask, tokenise), or refuse with the reason",
        )

    def _refuse(self, connection: Connection, request: Request, by: Party, reason: dict[str, Any]) -> Request:
        clocks.end(connection, request.id, "answer", self._clock.now())
        refused = replace(request, reason=reason, refusals=request.refusals + 1)
        return self._move(connection, refused, "refused", "refused", by, reason)

    def _reuse(self, connection: Connection, ask: Ask, by: Party, resource: Resource) -> tuple[str, ...]:
        related = self._ledger.many(list(resource.related)).values()
        return intake.reusable(ask, by, self._standing(connection, ask, by), related)

    def _standing(self, connection: Connection, ask: Ask, by: Party) -> list[Request]:
        return store.select_requests(connection, "", 500, resource=ask.resource, department=by.department)

    def _of_applicant(self, connection: Connection, id_: str, by: Party) -> Request:
        request = store.find_request(connection, id_)
        if by.department != request.by.department:
            raise _denied(
                "sharing.applicant", f"only {request.by.department}, who asked, may do this", request
            )
        return request

    def _of_provider(self, connection: Connection, id_: str, by: Party, *, bureau: bool = False) -> Request:
        request = store.find_request(connection, id_)
        allowed = {request.provider} | ({self.terms.bureau} if bureau else set())
        if by.department not in allowed:
            raise _denied("sharing.provider", f"only {' or '.join(sorted(allowed))} may do this", request)
        if by.person == request.by.person:
            raise _denied("sharing.own", "nobody decides on a request of their own", request)
        return request

    def _must_be_bureau(self, request: Request, by: Party) -> None:
        if by.department != self.terms.bureau:
            raise _denied("sharing.bureau", f"only {self.terms.bureau} may do this", request)
        if by.person == request.by.person:
            raise _denied("sharing.own", "nobody decides on a request of their own", request)

    def _start(self, connection: Connection, subject: str, kind: str, owner: str, days: int) -> None:
        clocks.begin(connection, self._calendar, subject, kind, owner, days, self._clock.now())

    def _move(
        self,
        connection: Connection,
        request: Request,
        state: str,
        what: str,
        by: Party,
        reason: dict[str, Any],
    ) -> Request:
        return self._step(connection, request, state, what, _actor(by), reason)

    def _step(
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
        before = "" if new else request.state
        if state not in TRANSITIONS.get(before, ()):
            raise _not_now(request, what)
        moved = replace(request, state=state)  # type: ignore[arg-type]  # checked against the transitions
        return self._note(connection, moved, what, actor, reason, before=before, new=new)

    def _note(
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


_RULE = Party("hub:sharing", "hub:sharing", "rule")
_EXPIRED = Reason(
    "sharing.term",
    Text("the granted time is over", "授权期限已届满", "授權期限已屆滿"),
)


def _actor(by: Party) -> Actor:
    return Actor(by.person, by.name)


def _by_person(by: Party, text: str, **more: str) -> dict[str, Any]:
    """What a person gave as the reason, in the words given."""
    return {
        "rule": "sharing.decision",
        "text": Text.of(text).as_dict(),
        "inputs": {"department": by.department, "person": by.person},
        **more,
    }


def _said(text: str, where: str) -> None:
    if len(text.strip()) < _SHORTEST:
        raise Invalid("reason-missing", "it must be said why", where=where, remedy="write it in a sentence")
    if len(text) > intake.MOST_TEXT:
        raise Invalid(
            "text-long", f"more than {intake.MOST_TEXT} signs", where=where, remedy="say it shorter"
        )


def _limit(wanted: int | None, most: int) -> int:
    if wanted is None:
        return most
    if wanted < 1:
        raise Invalid("limit", "a limit is at least one row", where="rows", remedy="refuse instead")
    return min(wanted, most)


def _not_now(request: Request, what: str) -> Conflict:
    following = ", ".join(sorted(TRANSITIONS.get(request.state, ()))) or "nothing: it is over"
    return Conflict(
        "sharing-state",
        f"{what} is not possible: the request is {request.state}",
        where=request.id,
        remedy=f"what may follow: {following}",
    )


def _denied(policy: str, detail: str, request: Request) -> Denied:
    return Denied(policy, detail, where=request.id, remedy="ask that department")
