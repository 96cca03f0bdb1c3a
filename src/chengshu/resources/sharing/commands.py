"""The desk of sharing: requests come in, are answered, objected to, supplied, suspended, ended, proven gone.

Each command is one transaction: the state, its clock, the step, the journal and the change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.kernel.clock import iso, millis
from chengshu.kernel.errors import Conflict, Invalid
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.resources.ledger import Resource
from chengshu.resources.sharing import clocks, intake, store
from chengshu.resources.sharing.desk import RULE, Desk, actor_of, by_person, not_now, said
from chengshu.resources.sharing.model import (
    OPEN_STATES,
    OVER,
    Ask,
    Destruction,
    Party,
    Request,
)
from chengshu.resources.sharing.protecting import sharing_of
from chengshu.resources.sharing.rulings import route


class Sharing(Desk):
    """The city's desk for sharing government data. One object per hub.

    Who may act as which department is decided before (access); here each act is held against the roles of
    the request: applicant, provider, data bureau.
    """

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
                sharing_of(resource, intake.touched(ask, resource)),
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
            request = self.of_applicant(connection, id_, by)
            if request.state != "incomplete":
                raise not_now(request, "complete")
            if ask.resource != request.ask.resource:
                raise Invalid("resource-other", "a request keeps its resource", remedy="file a new request")
            intake.reusable(ask, by, self._standing(connection, ask, by), (), self._renewable())
            sharing = sharing_of(resource, intake.touched(ask, resource))
            return self._answer(
                connection, replace(request, ask=ask, sharing=sharing), resource, by, "incomplete"
            )

        return self._database.write(work)

    def withdraw(self, id_: str, by: Party) -> Request:
        """Take a request back before it is answered."""

        def work(connection: Connection) -> Request:
            request = self.of_applicant(connection, id_, by)
            clocks.end_all(connection, request.id, self._clock.now())
            return self.move_in(connection, request, "withdrawn", "withdrawn", by, {})

        return self._database.write(work)

    def object(self, id_: str, by: Party, ground: str) -> Request:
        """Object to a refusal, once: the data bureau decides."""
        said(ground, "ground")

        def work(connection: Connection) -> Request:
            request = self.of_applicant(connection, id_, by)
            if request.refusals > 1:
                raise Conflict(
                    "objection-twice",
                    "the data bureau has decided on the objection",
                    where=request.id,
                    remedy="file a new request with what has changed",
                )
            moved = self.move_in(
                connection,
                replace(request, objected=ground),
                "objection",
                "objected",
                by,
                by_person(by, ground),
            )
            self.start_in(connection, moved.id, "objection", self.terms.bureau, self.terms.periods.objection)
            return moved

        return self._database.write(work)

    def end(self, id_: str, by: Party) -> Request:
        """The applicant is done before the time; what was received must be destroyed."""

        def work(connection: Connection) -> Request:
            request = self.of_applicant(connection, id_, by)
            return self.close_in(
                connection, request, "ended", actor_of(by), by_person(by, "no longer needed")
            )

        return self._database.write(work)

    def destroyed(self, id_: str, by: Party, *, how: str, witness: str, digest: str) -> Request:
        """Prove that received data are gone. ``digest`` is the SHA-256 of the protocol, kept elsewhere."""
        said(how, "how")
        if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise Invalid(
                "digest", "the digest is no SHA-256", where="digest", remedy="give 64 hexadecimal signs"
            )
        if not witness.strip() or witness.strip() == by.person:
            raise Invalid(
                "witness", "a second person must have seen it", where="witness", remedy="name that person"
            )

        def work(connection: Connection) -> Request:
            request = self.of_applicant(connection, id_, by)
            had = request.grant is not None and request.grant.starts_at
            if request.state not in OVER or request.destruction is not None or not had:
                raise not_now(request, "proof of destruction")
            now = self._clock.now()
            proof = Destruction(millis(now), by.person, how, witness, digest)
            clocks.end(connection, request.id, "destroy", now)
            return self.note_in(
                connection, replace(request, destruction=proof), "destroyed", actor_of(by), by_person(by, how)
            )

        return self._database.write(work)

    # The provider

    def tell_missing(self, id_: str, by: Party, items: Mapping[str, str]) -> Request:
        """Tell the applicant what is missing (item → what to do), once; the answer clock stands still."""
        if not items:
            raise Invalid("items", "nothing is said to be missing", where="items", remedy="name each item")

        def work(connection: Connection) -> Request:
            request = self.of_provider(connection, id_, by)
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
            reason = by_person(by, "; ".join(items.values()))
            return self.move_in(connection, request, "incomplete", "told_missing", by, reason)

        return self._database.write(work)

    def extend(self, id_: str, by: Party, why: str) -> Request:
        """Take more days to answer, once, with the reason."""
        said(why, "why")

        def work(connection: Connection) -> Request:
            request = self.of_provider(connection, id_, by)
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
            return self.note_in(connection, request, "extended", actor_of(by), by_person(by, why))

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
        agreement: str = "",
    ) -> Request:
        """Grant it, or part of it: fewer ``fields``, fewer ``rows`` (added to those asked for), other
        ``treatments`` by field; milder than the tables propose only with ``reason``, never core data.
        ``agreement`` names that of the firm or body whose data they are, where the source asks for one."""
        said(reason, "reason")

        def work(connection: Connection) -> Request:
            request = self.of_provider(connection, id_, by)
            if request.state != "review":
                raise not_now(request, "grant")
            return self.grant_in(
                connection,
                request,
                by,
                by_person(by, reason),
                fields=fields,
                rows=rows,
                treatments=treatments or {},
                conditions=conditions,
                rows_per_use=rows_per_use,
                rows_per_day=rows_per_day,
                agreement=agreement,
            )

        return self._database.write(work)

    def refuse(self, id_: str, by: Party, reason: str, *, law: str) -> Request:
        """Refuse, with the reason and the law or duty it rests on; neither may be empty."""
        said(reason, "reason")
        said(law, "law")

        def work(connection: Connection) -> Request:
            request = self.of_provider(connection, id_, by)
            if request.state != "review":
                raise not_now(request, "refuse")
            return self.refuse_in(connection, request, by, by_person(by, reason, law=law))

        return self._database.write(work)

    def supply(self, id_: str, by: Party, place: str) -> Request:
        """The data can be had from now on, at ``place``; the grant's time begins."""
        said(place, "place")

        def work(connection: Connection) -> Request:
            request = self.of_provider(connection, id_, by)
            if request.grant is None or request.state != "granted":
                raise not_now(request, "supply")
            now = self._clock.now()
            ends = self._calendar.due(now, request.ask.duration)
            running = replace(request.grant, starts_at=millis(now), ends_at=millis(ends), place=place)
            clocks.end(connection, request.id, "supply", now)
            reason = by_person(by, place) | {"ends": iso(ends)}
            return self.move_in(
                connection, replace(request, grant=running), "supplied", "supplied", by, reason
            )

        return self._database.write(work)

    # The data bureau and the provider

    def settle(
        self,
        id_: str,
        by: Party,
        *,
        upheld: bool,
        reason: str,
        law: str = "",
        treatments: Mapping[str, str] | None = None,
        agreement: str = "",
    ) -> Request:
        """The data bureau decides on an objection: granted (``treatments``, ``agreement`` as in
        :meth:`grant`) or not.
        """
        said(reason, "reason")
        if not upheld:
            said(law, "law")

        def work(connection: Connection) -> Request:
            request = store.find_request(connection, id_)
            self.must_be_bureau(request, by)
            if request.state != "objection":
                raise not_now(request, "settle")
            clocks.end(connection, request.id, "objection", self._clock.now())
            if upheld:
                why = by_person(by, reason)
                return self.grant_in(connection, request, by, why, treatments=treatments, agreement=agreement)
            return self.refuse_in(connection, request, by, by_person(by, reason, law=law))

        return self._database.write(work)

    def suspend(self, id_: str, by: Party, reason: str) -> Request:
        """Stop a grant at once; the next use is denied."""
        said(reason, "reason")

        def work(connection: Connection) -> Request:
            request = self.of_provider(connection, id_, by, bureau=True)
            return self.suspend_in(connection, request, actor_of(by), by_person(by, reason))

        return self._database.write(work)

    def restore(self, id_: str, by: Party, reason: str) -> Request:
        """Let a suspended grant answer again; only the data bureau may."""
        said(reason, "reason")

        def work(connection: Connection) -> Request:
            request = store.find_request(connection, id_)
            self.must_be_bureau(request, by)
            if request.state != "suspended":
                raise not_now(request, "restore")
            return self.move_in(connection, request, "in_use", "restored", by, by_person(by, reason))

        return self._database.write(work)

    def revoke(self, id_: str, by: Party, reason: str) -> Request:
        """End a grant for good; what was received must be destroyed."""
        said(reason, "reason")

        def work(connection: Connection) -> Request:
            request = self.of_provider(connection, id_, by, bureau=True)
            return self.close_in(connection, request, "revoked", actor_of(by), by_person(by, reason))

        return self._database.write(work)

    def _answer(
        self, connection: Connection, request: Request, resource: Resource, by: Party, before: str
    ) -> Request:
        """Tell what is missing, or send the request the way the tables say."""
        now = self._clock.now()
        day = now.astimezone(self._calendar.zone).date()
        rank = intake.highest_rank(request.ask, resource, self.terms.ungraded)
        rule = self.rule_for(resource)
        lacking = intake.lacking(request.ask, rank, day, rule)
        periods = self.terms.periods
        at_once = request.sharing == "unconditional"
        days = periods.answer_unconditional if at_once else periods.answer_conditional
        if lacking:
            return self._tell(connection, request, by, lacking, before, days)
        hidden = intake.hidden_rows(request.ask, resource, day, self.terms.ungraded)
        way, why = route(day, request.sharing, rank, hidden)
        if way == "grant" and rule.review:
            way, why = "review", rule.reason
        clock = store.find_clock(connection, request.id, "answer")
        if clock is None:
            self.start_in(connection, request.id, "answer", request.provider, days)
        else:
            if clock.days != days and not clock.extended:
                clocks.change_days(connection, self._calendar, clock, days, extended=False)
            clocks.go_on(connection, self._calendar, request.id, "answer", now)
        if before:
            request = self.step_in(connection, request, "review", "completed", actor_of(by), why.as_dict())
        else:
            request = self.step_in(
                connection, request, "review", "submitted", actor_of(by), why.as_dict(), new=True
            )
        if way == "grant":
            return self.grant_in(connection, request, RULE, why.as_dict())
        if way == "refuse":
            reason = why.as_dict()
            reason["law"] = resource.sharing_condition or str(why.inputs.get("source", ""))
            return self.refuse_in(connection, request, RULE, reason)
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
        return self.step_in(connection, request, "incomplete", "submitted", actor_of(by), reason, new=True)

    def _reuse(self, connection: Connection, ask: Ask, by: Party, resource: Resource) -> tuple[str, ...]:
        related = self._ledger.many(list(resource.related)).values()
        return intake.reusable(ask, by, self._standing(connection, ask, by), related, self._renewable())

    def _renewable(self) -> int:
        """Grants that end by then may be asked for again."""
        return millis(self._clock.now() + timedelta(days=self.terms.renewal_days))

    def _standing(self, connection: Connection, ask: Ask, by: Party) -> list[Request]:
        return store.standing(connection, ask.resource, by.department, ("granted", *OPEN_STATES))
