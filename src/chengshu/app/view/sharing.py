"""The view's reading of data sharing: the desk, a request, grants, the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from chengshu.app.view import sharing_words as words
from chengshu.app.view.sharing_base import SharingBase, why
from chengshu.app.view.sources import policy_of
from chengshu.console import model as shown
from chengshu.console.model import sharing as page
from chengshu.kernel.clock import from_millis
from chengshu.kernel.errors import Denied, Invalid
from chengshu.kernel.texts import Text
from chengshu.resources.sharing import Life, Request, Step, Ticking, departments_for, next_acts, waits_for

_PAGE = 50
_MOST_CLOCKS = 30
_MOST_GRANTS = 200
_MOST_USES = 200
_SPAN = timedelta(days=30)
_DECISIONS = frozenset(["granted", "refused", "suspended", "restored", "revoked", "ended", "expired"])
_TURNS = ("incomplete", "review", "granted", "objection", "suspended")
_MOST_TURNS = 2000


class SharingReading(SharingBase):
    """What people see of data sharing."""

    def sharing(self, person: shown.Person, scope: page.DeskScope, before: str) -> page.DeskView:
        """The desk of a person."""
        mine = self.acts_for(person)
        queries, now = self.hub.sharing.queries, self.means.clock.now()
        ticking = queries.ticking(now)
        waiting = self._waiting(mine, ticking)
        found = waiting if scope == "waiting" else self._scope(person, scope, mine, before)
        urgent = {item.clock.subject: item for item in reversed(ticking)}
        titles = self.titles(request.ask.resource for request in found)
        rows = []
        for request in found[:_PAGE]:
            title = titles[request.ask.resource]
            item = urgent.get(request.id)
            clock = self.clock_row(item, title, _address(request.id)) if item else None
            rows.append(self.request_row(request, title, mine, clock))
        own = set(mine)
        return page.DeskView(
            scope,
            tuple(rows),
            self._clocks([item for item in ticking if self._watches(person, own, item)]),
            tuple(self.body(name) for name in mine),
            len(waiting),
            self.may(person, "view", "journal").allowed,
            not own.isdisjoint(self.hub.sharing.residents.departments()),
            found[_PAGE - 1].id if len(found) > _PAGE and scope != "waiting" else "",
        )

    def _waiting(self, mine: Sequence[str], ticking: Sequence[Ticking]) -> list[Request]:
        """Requests whose turn it is of one of ``mine``; of those that are over, the clock says it."""
        queries = self.hub.sharing.queries
        to_destroy = {item.clock.subject for item in ticking if item.clock.kind == "destroy"}
        found = [
            *queries.page(state=_TURNS, newest=True, limit=_MOST_TURNS),
            *(queries.request(id_) for id_ in sorted(to_destroy, reverse=True)),
        ]
        return [request for request in found if waits_for(request, self.bureau) in mine]

    def _scope(
        self, person: shown.Person, scope: page.DeskScope, mine: Sequence[str], before: str
    ) -> list[Request]:
        """Requests of a scope, one more than a page has."""
        part_of, more = self.hub.sharing.queries.page, _PAGE + 1
        if scope == "asked":
            return part_of(department=mine, after=before, newest=True, limit=more)
        if scope == "provided":
            return part_of(provider=mine, after=before, newest=True, limit=more)
        found: list[Request] = []
        while len(found) < more and (part := part_of(after=before, newest=True)):
            found += [request for request in part if self.sees(person, request)]
            before = part[-1].id
        return found[:more]

    def _watches(self, person: shown.Person, own: set[str], item: Ticking) -> bool:
        """A clock is shown to its owner; the data bureau and auditors see them all."""
        return item.clock.owner in own or self.bureau in own or self.may(person, "view", "journal").allowed

    def _clocks(self, ticking: Sequence[Ticking]) -> tuple[page.ClockRow, ...]:
        """The most urgent clocks with what they are about."""
        shown_ = ticking[:_MOST_CLOCKS]
        requests = self.hub.sharing.queries.requests([item.clock.subject for item in shown_])
        about = {
            subject: requests[subject].ask.resource if subject in requests else subject
            for subject in (item.clock.subject for item in shown_)
        }
        titles = self.titles(about.values())
        rows = []
        for item in shown_:
            subject, kind = item.clock.subject, item.clock.kind
            address = _address(subject) if subject in requests else ""
            if kind == "catalogue":
                address = f"/ledger/{subject}"
            rows.append(self.clock_row(item, titles[about[subject]], address))
        return tuple(rows)

    def sharing_request(self, person: shown.Person, request: str, as_of: datetime | None) -> page.RequestView:
        """A request with its life; at a past moment, as it stood then, with nothing to do."""
        now = self.means.clock.now()
        life = self.hub.sharing.queries.life(request, now)
        found = self.seen(person, life.request)
        steps = [step for step in life.steps if as_of is None or from_millis(step.at) <= as_of]
        title = self.titles([found.ask.resource])[found.ask.resource]
        mine = self.acts_for(person)
        row = self.request_row(found, title, mine)
        granted = any(step.what == "granted" for step in steps) and found.grant is not None
        if as_of is not None:
            row = _then(row, steps)
        decided = next((step for step in reversed(steps) if step.what in _DECISIONS), None)
        names = self.people_by_id()
        proposed = self.hub.sharing.desk.proposal(found) if not granted else ()
        return page.RequestView(
            row,
            found.ask.resource,
            given_of(found),
            tuple(self.body(name) for name in found.ask.recipients),
            found.sharing,
            self.fields_of(found, proposed),
            tuple((str(item["item"]), Text.of(item["text"])) for item in found.told),
            tuple((name, _reuse_address(name)) for name in found.reuse),
            why(decided.reason) if decided else None,
            str(decided.reason.get("law", "")) if decided else "",
            found.objected,
            self.grant_view(found, title, person, mine, found.grant.fields)
            if found.grant and granted
            else None,
            self._acts(found, life, mine) if as_of is None else (),
            self._others(found, life, mine) if as_of is None else (),
            tuple(self.clock_row(item, title, "") for item in life.clocks) if as_of is None else (),
            tuple(self._line(step, names) for step in steps),
            tuple(
                self.use_row(use, title, names)
                for use in reversed(life.uses[-_MOST_USES:])
                if as_of is None or from_millis(use.at) <= as_of
            ),
            _destroyed(found) if as_of is None else None,
            (found.grant.rows_per_use, found.grant.rows_per_day) if found.grant else self._limits(),
            self._policy(found),
        )

    def _policy(self, request: Request) -> page.SourcePolicy | None:
        """What the source of the data asks; None for an entry that is gone."""
        entry = self.hub.ledger_queries.many([request.ask.resource]).get(request.ask.resource)
        return policy_of(self.hub.sharing.desk, entry) if entry else None

    def _limits(self) -> tuple[int, int]:
        limits = self.hub.sharing.desk.terms.limits
        return limits.rows_per_use, limits.rows_per_day

    def _possible(self, request: Request, life: Life) -> tuple[tuple[page.SharingAct, tuple[str, ...]], ...]:
        extension = self.hub.sharing.desk.terms.periods.extension
        acts = next_acts(request, [item.clock for item in life.clocks], extension=extension)
        return tuple((act, departments_for(act, request, self.bureau)) for act in acts)

    def _acts(self, request: Request, life: Life, mine: Sequence[str]) -> tuple[page.ActView, ...]:
        filled = {
            "applicant": self.body(request.by.department),
            "provider": self.body(request.provider),
            "bureau": self.body(self.bureau),
        }
        days = self.hub.sharing.desk.terms.periods.extension
        return tuple(
            page.ActView(act, _filled(words.EFFECTS[act], days=Text.of(str(days)), **filled))
            for act, departments in self._possible(request, life)
            if not set(departments).isdisjoint(mine)
        )

    def _others(self, request: Request, life: Life, mine: Sequence[str]) -> tuple[page.NextBy, ...]:
        """What other departments may do next, by department."""
        by: dict[str, list[page.SharingAct]] = {}
        for act, departments in self._possible(request, life):
            for name in departments:
                if name not in mine:
                    by.setdefault(name, []).append(act)
        return tuple(page.NextBy(self.body(name), tuple(acts)) for name, acts in by.items())

    def _line(self, step: Step, names: Mapping[str, str]) -> shown.TimelineItem:
        actor = self.named(step.actor, names)
        text = words.STEPS.get(step.what, Text.of(step.what))
        if not actor:
            text = _filled(words.BY_HUB, what=text)
        return shown.TimelineItem(from_millis(step.at), text, actor, step.what, reason=why(step.reason))

    def grants(self, person: shown.Person) -> tuple[page.GrantView, ...]:
        """Grants of the person's departments, or naming them, that are not over; the newest."""
        mine = self.acts_for(person)
        found = self.hub.sharing.queries.naming([*mine, person.id], standing=True)
        found = found[: -_MOST_GRANTS - 1 : -1]
        titles = self.titles(request.ask.resource for request in found)
        return tuple(
            self.grant_view(request, titles[request.ask.resource], person, mine, ()) for request in found
        )

    def grant(self, person: shown.Person, grant: str) -> page.GrantView:
        """One grant."""
        request = self.seen(person, self.hub.sharing.queries.request(grant))
        if request.grant is None:
            raise Invalid("grant-none", f"{grant} is not granted", where=grant)
        title = self.titles([request.ask.resource])[request.ask.resource]
        return self.grant_view(request, title, person, self.acts_for(person), request.grant.fields)

    def sharing_record(
        self, person: shown.Person, since: datetime | None, until: datetime | None
    ) -> page.RecordView:
        """The auditor's view of a period."""
        self.require(person, "view", "journal")
        now = self.means.clock.now()
        first, last = since or now - _SPAN, until or now
        if first >= last:
            raise Invalid("period", "the period ends before it begins", where="until")
        queries = self.hub.sharing.queries
        audit = queries.audit(first, last, limit=_MOST_USES)
        names = self.people_by_id()
        grants = {id_: queries.request(id_) for id_ in audit.by_grant}
        others = [queries.request(id_) for id_ in (*audit.suspended, *audit.not_destroyed)]
        titles = self.titles(
            [
                *(use.resource for use in audit.uses),
                *(request.ask.resource for request in (*grants.values(), *others)),
            ]
        )
        rows = {item.id: self.request_row(item, titles[item.ask.resource], ()) for item in others}
        overdue = [item for item in queries.ticking(now) if item.overdue]
        return page.RecordView(
            first,
            last,
            audit.outcomes,  # type: ignore[arg-type]  # by outcome
            audit.rows,
            tuple(
                page.GrantSum(
                    request.id,
                    titles[request.ask.resource],
                    self.body(request.by.department),
                    audit.by_grant[id_],
                )
                for id_, request in sorted(grants.items(), key=lambda pair: -audit.by_grant[pair[0]])
            ),
            tuple(rows[id_] for id_ in audit.suspended),
            self._clocks(overdue),
            audit.destroyed,
            tuple(rows[id_] for id_ in audit.not_destroyed),
            audit.seals,
            tuple(self.use_row(use, titles[use.resource], names) for use in reversed(audit.uses)),
            sum(audit.outcomes.values()),
        )

    def counter(self, person: shown.Person) -> None:
        """Raises :class:`Denied` for who stands at no counter."""
        self.counter_of(person)

    def counter_of(self, person: shown.Person) -> str:
        """The department at whose counter the person answers residents. Raises :class:`Denied`."""
        allowed = self.hub.sharing.residents.departments()
        own = next((name for name in self.acts_for(person) if name in allowed), None)
        if own is None:
            names = _joined([self.body(name) for name in allowed])
            told = _filled(words.COUNTER, names=names)
            raise Denied("sharing.counter", told.en, remedy="ask a colleague there", text=told.as_dict())
        return own


def given_of(request: Request) -> page.AskGiven:
    """A request as it was filled in."""
    ask = request.ask
    programs = [name.removeprefix("client:") for name in ask.recipients if name.startswith("client:")]
    return page.AskGiven(
        request.by.department,
        ask.fields,
        ask.rows,
        ask.purpose,
        ask.basis,
        ask.duration,
        tuple(name for name in ask.recipients if not name.startswith("client:")),
        ", ".join(programs),
        ask.manner,
        ask.reader,
        ask.assessment,
        ask.consent,
    )


def _then(row: page.RequestRow, steps: Sequence[Step]) -> page.RequestRow:
    """The row as it stood after the last of ``steps``."""
    state: page.SharingState = steps[-1].after if steps else "review"  # type: ignore[assignment]  # a state
    return replace(row, state=state, waits=False, waits_for=Text(), clock=None)


def _destroyed(request: Request) -> page.Destroyed | None:
    proof = request.destruction
    return page.Destroyed(from_millis(proof.at), proof.how, proof.witness, proof.digest) if proof else None


def _address(request: str) -> str:
    return f"/sharing/requests/{request}"


def _reuse_address(name: str) -> str:
    return f"/sharing/grants/{name}" if name.startswith("grant-") else f"/ledger/{name}"


def _filled(text: Text, **values: Text) -> Text:
    """A text with names in its own language."""
    said = {
        tag: text.say(tag).format(**{key: value.say(tag) for key, value in values.items()})
        for tag in ("en", "zh-Hans", "zh-Hant")
    }
    return Text.of(said)


def _joined(texts: Sequence[Text]) -> Text:
    return Text(
        ", ".join(text.say("en") for text in texts),
        "、".join(text.say("zh-Hans") for text in texts),
        "、".join(text.say("zh-Hant") for text in texts),
    )
