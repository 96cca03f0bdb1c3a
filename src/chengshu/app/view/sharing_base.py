"""What every part of the sharing view stands on: who acts for whom, who sees what, and the small rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chengshu.app.view import sharing_words as words
from chengshu.app.view.base import Base
from chengshu.app.view.grading_base import category_of, grade_of
from chengshu.console import model as shown
from chengshu.console.model import sharing as page
from chengshu.foundation.access.queries import people
from chengshu.kernel.clock import from_millis
from chengshu.kernel.errors import Denied
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.resources.sharing import (
    GrantedField,
    Party,
    Request,
    StatutoryClock,
    Ticking,
    Use,
    recipients,
    waits_for,
)
from chengshu.resources.sharing.model import OPEN_STATES

_SEEING = frozenset(["auditor", "administrator"])


class SharingBase(Base):
    """Roles and rows; nothing of its own but names of people that were looked up."""

    @property
    def bureau(self) -> str:
        """The data bureau's department."""
        return self.hub.sharing.desk.terms.bureau

    def acts_for(self, person: shown.Person) -> tuple[str, ...]:
        """The departments for which the person may ask and decide."""
        own = set(self.account(person).departments)
        if "*" in own:
            own |= {*self.city.departments, self.bureau}
        return tuple(
            name
            for name in sorted(own - {"*"})
            if self.may(person, "share_data", "sharing", department=name).allowed
        )

    def sees(self, person: shown.Person, request: Request) -> bool:
        """Whether a request is any of the person's business."""
        account = self.account(person)
        if "*" in account.departments or _SEEING & set(account.roles):
            return True
        parties = {request.by.department, request.provider, self.bureau} | recipients(request)
        return not parties.isdisjoint({*account.departments, account.id})

    def seen(self, person: shown.Person, request: Request) -> Request:
        """The request. Raises :class:`Denied` for whom it is no business of."""
        if not self.sees(person, request):
            raise Denied(
                "sharing.view",
                words.NOT_YOURS.en,
                where=request.id,
                remedy="ask one of its parties",
                text=words.NOT_YOURS.as_dict(),
            )
        return request

    def party(self, person: shown.Person, department: str) -> Party:
        """The person acting for a department."""
        return Party(person.id, department, person.name)

    def titles(self, ids: Iterable[str]) -> Mapping[str, Text]:
        """The names of entries; of those that are gone, their ids."""
        wanted = sorted(set(ids))
        found = self.hub.ledger_queries.many(wanted)
        return {id_: found[id_].title if id_ in found else Text.of(id_) for id_ in wanted}

    def people_by_id(self) -> Mapping[str, str]:
        """Everybody's name."""
        with self.hub.database.read() as connection:
            return {account.id: account.name for account in people(connection)}

    def named(self, actor: str, names: Mapping[str, str]) -> str:
        """Whoever acted, as people call them; empty for the hub itself."""
        if actor.startswith("hub:"):
            return ""
        return names.get(actor) or (self.who(actor) if actor.startswith("department:") else actor)

    def body(self, name: str) -> Text:
        """A department, or whoever else may be a recipient."""
        return self.department(name)

    def request_row(
        self, request: Request, title: Text, mine: Sequence[str], clock: page.ClockRow | None = None
    ) -> page.RequestRow:
        """A request in a list."""
        turn = waits_for(request, self.bureau)
        return page.RequestRow(
            request.id,
            title,
            self.body(request.by.department),
            self.body(request.provider),
            request.ask.purpose,
            request.state,
            from_millis(request.submitted_at),
            turn in mine,
            self.body(turn) if turn else Text(),
            clock,
        )

    def clock_row(self, item: Ticking, title: Text, address: str) -> page.ClockRow:
        """A clock in a list."""
        clock: StatutoryClock = item.clock
        state: page.ClockState = "done" if clock.ended_at else "runs" if clock.running else "stands"
        return page.ClockRow(
            clock.kind,  # type: ignore[arg-type]  # the store has only these
            self.body(clock.owner),
            title,
            address,
            clock.days,
            item.left,
            state,
            item.overdue,
            from_millis(clock.due_at) if clock.due_at else None,
            clock.extended,
        )

    def use_row(self, use: Use, title: Text, names: Mapping[str, str]) -> page.UseRow:
        """A use in a list."""
        return page.UseRow(
            use.seq,
            from_millis(use.at),
            self.named(use.person, names),
            self.body(use.department) if use.department else Text(),
            title,
            use.request,
            use.purpose,
            use.manner,  # type: ignore[arg-type]  # held against the manners before it is kept
            use.fields,
            use.filter,
            use.rows,
            use.outcome,
            why(use.reason),
            use.mark,
        )

    def fields_of(self, request: Request, granted: Iterable[GrantedField]) -> tuple[page.FieldShown, ...]:
        """Fields with their names and how they are shown."""
        entry = self.hub.ledger_queries.many([request.ask.resource]).get(request.ask.resource)
        titles = {part.name: part.title for part in entry.fields} if entry else {}
        return tuple(
            page.FieldShown(
                field.name,
                titles.get(field.name, Text()),
                category_of(field.category),
                grade_of(field.grade),
                field.treatment,  # type: ignore[arg-type]  # one of the treatments
                why(field.reason),
            )
            for field in granted
        )

    def grant_view(
        self,
        request: Request,
        title: Text,
        person: shown.Person,
        mine: Sequence[str],
        fields: Sequence[GrantedField],
    ) -> page.GrantView:
        """A grant as the person, who acts for ``mine``, may use it; with ``fields`` where they are shown."""
        grant = request.grant
        assert grant is not None  # noqa: S101  only asked for requests with a grant
        why_not = self._why_not(request, person, mine)
        return page.GrantView(
            grant.id,
            request.id,
            title,
            self.body(request.provider),
            self.body(request.by.department),
            request.ask.purpose,
            request.state,
            request.ask.manner,  # type: ignore[arg-type]  # checked when it was asked
            self.fields_of(request, fields) if fields else (),
            grant.rows,
            grant.rows_per_use,
            grant.rows_per_day,
            grant.conditions,
            grant.place,
            from_millis(grant.starts_at) if grant.starts_at else None,
            from_millis(grant.ends_at) if grant.ends_at else None,
            not why_not.en,
            why_not,
            grant.agreement,
        )

    def user_of(self, request: Request, person: shown.Person, mine: Sequence[str]) -> Party | None:
        """The person, who acts for ``mine``, as a recipient of the grant, or None."""
        allowed = recipients(request)
        if person.id in allowed:
            return self.party(person, person.department)
        own = next((name for name in mine if name in allowed), None)
        return self.party(person, own) if own else None

    def _why_not(self, request: Request, person: shown.Person, mine: Sequence[str]) -> Text:
        if request.state not in OPEN_STATES:
            return words.NOT_STATE.get(request.state, words.OVER)
        if request.ask.manner == "api":
            return words.FOR_PROGRAMS
        return Text() if self.user_of(request, person, mine) else words.NO_RECIPIENT


def why(value: Mapping[str, Any]) -> Reason | None:
    """A kept reason that has words, None for none."""
    if not value or "rule" not in value or not value.get("text"):
        return None
    return Reason(str(value["rule"]), Text.of(value["text"]), dict(value.get("inputs", {})))
