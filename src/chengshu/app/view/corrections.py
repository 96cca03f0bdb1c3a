"""The view of corrections: who says what is wrong with shared data, and what the provider answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from chengshu.app.view.sharing import SharingReading
from chengshu.app.view.sharing_words import NO_RECIPIENT
from chengshu.console import model as shown
from chengshu.console.model import corrections as page
from chengshu.kernel.clock import from_millis
from chengshu.kernel.errors import Denied, Invalid
from chengshu.kernel.texts import Text
from chengshu.resources.sharing import Correction, Ticking

RESIDENT = Text("a resident, at the counter", "居民（窗口）", "居民（窗口）")
_MOST = 200


class CorrectionReading(SharingReading):
    """What people see of corrections, and do."""

    def corrections(self, person: shown.Person) -> page.CorrectionsView:
        """What is any of the person's business, what waits for them first."""
        self.require(person, "view", "sharing")
        queries, mine = self.hub.sharing.queries, set(self.acts_for(person))
        member = {*self.account(person).departments} - {"*"} | mine
        found = queries.corrections()[::-1]
        titles = self.titles(one.resource for one in found)
        ticking = {
            one.clock.subject: one
            for one in queries.ticking(self.means.clock.now())
            if one.clock.kind == "correction"
        }
        sees_all = self.bureau in member or self.may(person, "view", "journal").allowed
        parts: dict[str, list[page.CorrectionRow]] = {"waiting": [], "asked": [], "told": [], "others": []}
        for one in found:
            part = _part(one, person.id, mine, member)
            if part or sees_all:
                row = self._correction(one, person.id, mine, titles, ticking.get(one.id))
                parts[part or "others"].append(row)
        waiting = sorted(parts["waiting"], key=lambda row: row.clock.left if row.clock else 0)
        return page.CorrectionsView(
            tuple(waiting),
            tuple(parts["asked"][:_MOST]),
            tuple(parts["told"][:_MOST]),
            tuple(parts["others"][:_MOST]),
            tuple(
                page.GrantChoice(grant.id, grant.title, self._granted(grant.id))
                for grant in self.grants(person)
                if grant.state in ("supplied", "in_use", "suspended")
            ),
            not mine.isdisjoint(self.hub.sharing.residents.departments()),
            self.hub.sharing.desk.terms.periods.correction,
        )

    def ask_correction(self, person: shown.Person, given: page.CorrectionGiven) -> str:
        """By a grant of the person's, or for a resident at the counter."""
        room = self.hub.sharing.corrections
        if given.number:
            by = self.party(person, self.counter_of(person))
            parts = (given.number, given.about, given.field, given.claim, given.evidence)
            return room.ask_for_resident(*parts, by).id
        if not given.about:
            raise Invalid("choice-missing", "nothing was chosen", where="about", remedy="choose one")
        request = self.seen(person, self.hub.sharing.queries.request(given.about))
        user = self.user_of(request, person, self.acts_for(person))
        if user is None:
            raise Denied("sharing.recipient", NO_RECIPIENT.en, where=given.about, text=NO_RECIPIENT.as_dict())
        return room.ask(given.about, given.record, given.field, given.claim, given.evidence, user).id

    def answer_correction(
        self, person: shown.Person, correction: str, reason: str, *, corrected: bool
    ) -> None:
        """The provider's answer; the desk holds the person against it."""
        found = next((one for one in self.hub.sharing.queries.corrections() if one.id == correction), None)
        provider = found.provider if found else ""
        self.require(person, "share_data", "sharing", correction, department=provider)
        by = self.party(person, provider)
        self.hub.sharing.corrections.answer(correction, by, corrected=corrected, reason=reason)

    def _granted(self, grant: str) -> tuple[str, ...]:
        request = self.hub.sharing.queries.request(grant)
        return request.grant.names() if request.grant else ()

    def _correction(
        self,
        one: Correction,
        person: str,
        mine: Collection[str],
        titles: Mapping[str, Text],
        clock: Ticking | None,
    ) -> page.CorrectionRow:
        resident = not one.department
        title = titles[one.resource]
        return page.CorrectionRow(
            one.id,
            one.resource,
            title,
            one.field,
            "" if resident else one.record,
            resident,
            one.claim,
            one.evidence,
            RESIDENT if resident else self.body(one.department),
            self.body(one.provider),
            from_millis(one.at),
            one.state,
            one.reason,
            _moment(one.decided_at),
            tuple(self.body(name) for name in one.told),
            self.clock_row(clock, title, "") if clock else None,
            one.state == "open" and one.provider in mine and one.by != person,
        )


def _part(one: Correction, person: str, mine: Collection[str], member: Collection[str]) -> str:
    """Where a correction stands for a person; empty where it is no business of theirs."""
    if one.state == "open" and one.provider in mine:
        return "waiting"
    if one.by == person or one.department in member:
        return "asked"
    if not set(one.told).isdisjoint(member):
        return "told"
    return "others" if one.provider in member else ""


def _moment(at: int) -> datetime | None:
    return from_millis(at) if at else None
