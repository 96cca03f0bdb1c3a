"""The view's commands of data sharing: ask, decide, use, take a file, answer residents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from chengshu.app.view.grading_base import category_of, grade_of
from chengshu.app.view.sharing import SharingReading, given_of
from chengshu.app.view.sharing_words import NO_RECIPIENT
from chengshu.app.view.sources import policy_of
from chengshu.console import model as shown
from chengshu.console.model import sharing as page
from chengshu.kernel.clock import from_millis
from chengshu.kernel.errors import Conflict, Denied, Invalid
from chengshu.kernel.texts import Text
from chengshu.resources.sharing import Ask, GrantedField, Party, Request, SeenBy, departments_for

_TREAT, _ITEM, _WHAT = "treat.", "item.", "what."


class SharingActing(SharingReading):
    """Each command acts for a department of the person's; the desk holds it against the request's roles."""

    def ask_form(
        self, person: shown.Person, resource: str, completes: str, given: page.AskGiven | None
    ) -> page.AskForm:
        """The form, with how each field would be shown to an official."""
        entry = self.hub.ledger_queries.get(resource)
        told: tuple[tuple[str, Text], ...] = ()
        mine = self.acts_for(person)
        if completes:
            request = self.seen(person, self.hub.sharing.queries.request(completes))
            told = tuple((str(item["item"]), Text.of(item["text"])) for item in request.told)
            given = given or given_of(request)
        given = given or page.AskGiven(mine[0] if mine else "", recipients=mine[:1])
        proposed = self.hub.sharing.desk.proposed(entry, [field.name for field in entry.fields], given.reader)
        titles = {field.name: field.title for field in entry.fields}
        own = person.department
        return page.AskForm(
            entry.id,
            entry.title,
            self.body(entry.provider or entry.owner or self.bureau),
            entry.sharing,
            entry.sharing_condition,
            tuple(
                page.FieldShown(
                    field.name,
                    titles[field.name],
                    category_of(field.category),
                    grade_of(field.grade),
                    field.treatment,  # type: ignore[arg-type]  # one of the treatments
                )
                for field in proposed
            ),
            tuple((name, self.body(name)) for name in mine),
            tuple((name, self.body(name)) for name in (*self.city.departments, *self._beyond(mine))),
            given,
            shown.ALLOWED if mine else self.may(person, "share_data", "sharing", department=own),
            completes,
            told,
            policy_of(self.hub.sharing.desk, entry),
        )

    def _beyond(self, mine: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in mine if name not in self.city.departments)

    def ask_for_data(self, person: shown.Person, resource: str, given: page.AskGiven, completes: str) -> str:
        """Hand a request in, or what was missing of one."""
        desk = self.hub.sharing.desk
        self.require(person, "share_data", "sharing", department=given.department)
        by, ask = self.party(person, given.department), _ask(resource, given)
        return (desk.complete(completes, ask, by) if completes else desk.submit(ask, by)).id

    def sharing_act(
        self, person: shown.Person, request: str, act: page.SharingAct, given: Mapping[str, str]
    ) -> None:
        """Do the next thing with a request."""
        found = self.seen(person, self.hub.sharing.queries.request(request))
        if act == "complete":
            raise Conflict("sharing-state", "a request is completed by its form", where=request)
        self._deed(found, act, self._party_for(person, found, act), given)()

    def _party_for(self, person: shown.Person, request: Request, act: page.SharingAct) -> Party:
        """The person for the department that may do it. Raises :class:`Denied` with the policy's reason."""
        departments = departments_for(act, request, self.bureau)
        mine = self.acts_for(person)
        own = next((name for name in departments if name in mine), None)
        if own is None:
            self.require(person, "share_data", "sharing", request.id, department=departments[0])
        return self.party(person, own or departments[0])

    def _deed(
        self, request: Request, act: page.SharingAct, by: Party, given: Mapping[str, str]
    ) -> Callable[[], Request]:
        desk, id_ = self.hub.sharing.desk, request.id
        why, law = given.get("reason", "").strip(), given.get("law", "").strip()
        treatments = {
            name[len(_TREAT) :]: kind for name, kind in given.items() if name.startswith(_TREAT) and kind
        }
        deeds: dict[page.SharingAct, Callable[[], Request]] = {
            "withdraw": lambda: desk.withdraw(id_, by),
            "missing": lambda: desk.tell_missing(id_, by, _items(given)),
            "extend": lambda: desk.extend(id_, by, why),
            "grant": lambda: desk.grant(
                id_,
                by,
                why,
                rows=given.get("rows", "").strip() or None,
                treatments=_changed(desk.proposal(request), treatments),
                conditions=given.get("conditions", "").strip(),
                rows_per_use=_number(given, "rows_per_use"),
                rows_per_day=_number(given, "rows_per_day"),
                agreement=given.get("agreement", ""),
            ),
            "refuse": lambda: desk.refuse(id_, by, why, law=law),
            "object": lambda: desk.object(id_, by, why),
            "uphold": lambda: desk.settle(
                id_,
                by,
                upheld=True,
                reason=why,
                treatments=_changed(desk.proposal(request), treatments),
                agreement=given.get("agreement", ""),
            ),
            "reject": lambda: desk.settle(id_, by, upheld=False, reason=why, law=law),
            "supply": lambda: desk.supply(id_, by, given.get("place", "")),
            "suspend": lambda: desk.suspend(id_, by, why),
            "restore": lambda: desk.restore(id_, by, why),
            "revoke": lambda: desk.revoke(id_, by, why),
            "end": lambda: desk.end(id_, by),
            "destroyed": lambda: desk.destroyed(
                id_,
                by,
                how=given.get("how", ""),
                witness=given.get("witness", ""),
                digest=given.get("digest", "").strip().lower(),
            ),
        }
        return deeds[act]

    def use_grant(self, person: shown.Person, grant: str, asked: page.UseAsk) -> page.UseResult:
        """Read rows; a denial is a result too, with its number in the record."""
        by = self._user(person, grant)
        try:
            answer = self.hub.sharing.gate.query(
                grant, by, asked.purpose, fields=asked.fields, filter=asked.filter, limit=asked.limit
            )
        except Denied as error:
            if "use" not in error.extra:
                raise
            text = Text.of(error.extra["reason"]["text"])
            return page.UseResult(int(error.extra["use"]), denied=text)
        rows = tuple(tuple("" if value is None else str(value) for value in row) for row in answer.rows)
        notes = tuple(note.text for note in answer.notes)
        return page.UseResult(answer.use.seq, answer.columns, rows, answer.more, notes)

    def take_file(self, person: shown.Person, grant: str, asked: page.UseAsk) -> page.SharedFile:
        """A marked file."""
        by = self._user(person, grant)
        made = self.hub.sharing.gate.export(
            grant, by, asked.purpose, fields=asked.fields, filter=asked.filter, limit=asked.limit
        )
        return page.SharedFile(f"{grant}-{made.answer.use.seq}.csv", made.content, made.answer.use.mark)

    def _user(self, person: shown.Person, grant: str) -> Party:
        """The person as a recipient. Raises :class:`Denied` for who acts for none."""
        request = self.seen(person, self.hub.sharing.queries.request(grant))
        found = self.user_of(request, person, self.acts_for(person))
        if found is None:
            told = NO_RECIPIENT
            raise Denied("sharing.recipient", told.en, where=grant, text=told.as_dict())
        return found

    def who_used(self, person: shown.Person, number: str) -> page.SeenView:
        """What a resident is told at the counter."""
        by = self.party(person, self.counter_of(person))
        return self._seen_view(self.hub.sharing.residents.tell(number, by))

    def _seen_view(self, found: Sequence[SeenBy]) -> page.SeenView:
        titles = self.titles(seen.resource for seen in found)
        rows = tuple(
            page.SeenRow(
                from_millis(seen.at),
                self.body(seen.department),
                seen.purpose,
                seen.basis,
                seen.resource,
                titles[seen.resource],
                seen.fields,
                seen.consent,
                seen.withdrawn,
            )
            for seen in found
        )
        consents = {seen.resource: seen.withdrawn for seen in found if seen.consent}
        return page.SeenView(rows, tuple((id_, titles[id_], gone) for id_, gone in consents.items()))

    def give_code(self, person: shown.Person, number: str) -> page.CodeGiven:
        """A code with which a resident reads their own record at home."""
        return page.CodeGiven(
            *self.hub.sharing.residents.give_code(number, self.party(person, self.counter_of(person)))
        )

    def take_code(self, person: shown.Person, number: str) -> None:
        """A resident's code holds no more."""
        self.hub.sharing.residents.take_code(number, self.party(person, self.counter_of(person)))

    def my_data(self, code: str) -> page.SeenView:
        """What a resident is told by their code."""
        return self._seen_view(self.hub.sharing.residents.tell_by_code(code))

    def my_consent(self, code: str, resource: str, *, given: bool) -> None:
        """A resident takes consent back, or gives it again."""
        self.hub.sharing.residents.consent_by_code(code, resource, given=given)

    def set_consent(self, person: shown.Person, number: str, resource: str, *, given: bool) -> None:
        """Take a resident's consent back, or give it again."""
        by = self.party(person, self.counter_of(person))
        self.hub.sharing.residents.consent(number, resource, by, given=given)


def _ask(resource: str, given: page.AskGiven) -> Ask:
    programs = [f"client:{name.strip()}" for name in given.programs.split(",") if name.strip()]
    return Ask(
        resource,
        given.fields,
        given.rows.strip(),
        given.purpose.strip(),
        given.basis.strip(),
        given.duration.strip(),
        (*given.recipients, *programs),
        given.manner,
        given.reader,
        given.assessment.strip(),
        given.consent,
    )


def _items(given: Mapping[str, str]) -> dict[str, str]:
    """What is missing: each item with what to do about it; the same item twice is told in one sentence."""
    found: dict[str, str] = {}
    for name, item in given.items():
        what = given.get(_WHAT + name.removeprefix(_ITEM), "").strip()
        if name.startswith(_ITEM) and item and what:
            found[item] = f"{found[item]}; {what}" if item in found else what
    return found


def _changed(proposed: Sequence[GrantedField], treatments: Mapping[str, str]) -> dict[str, str]:
    """Treatments that differ from what the tables propose: those are the person's decision."""
    by_name = {field.name: field.treatment for field in proposed}
    return {name: kind for name, kind in treatments.items() if by_name.get(name) != kind}


def _number(given: Mapping[str, str], name: str) -> int | None:
    text = given.get(name, "").strip()
    if not text:
        return None
    if not text.isdecimal() or len(text) > 9:
        raise Invalid("number", f"{text!r} is no whole number", where=name)
    return int(text)
