"""The only writers of the rule book: draft, save, sign, publish, withdraw, keep cases; each journalled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, record
from chengshu.foundation.rulebook import store
from chengshu.foundation.rulebook.model import ChangeState, KeptCase, RuleChange, Signature, digest
from chengshu.foundation.rulebook.queries import kept_case
from chengshu.kernel.clock import Clock, as_utc, iso
from chengshu.kernel.errors import Conflict, Denied, Invalid, Missing
from chengshu.kernel.ids import Ids
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.ports.database import Database

MAX_BYTES = 2_000_000
FOUR_EYES = Text(
    "Whoever wrote a rule does not approve it: a second person must.",
    "规则的起草人不得自行批准：须由另一人批准。",
    "規則的起草人不得自行批准：須由另一人批准。",
)
_PUBLISHED = Text(
    "Rule {file} version {number} holds from {moment}: {note}",
    "规则 {file} 第 {number} 版自 {moment} 起施行：{note}",
    "規則 {file} 第 {number} 版自 {moment} 起施行：{note}",
)


@dataclass(frozen=True, slots=True)
class By:
    """Who acts, and the ids of the policies that allow it."""

    actor: Actor
    policies: str = ""


class RuleBook:
    """Changes of rules from the first draft to the day they hold. A scenario's files stay as they are."""

    def __init__(self, database: Database, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        database.create(store.metadata)

    def begin_new(self, scenario: str, file: str, data: bytes, by: By) -> RuleChange:
        """The first draft of a rule that has no file yet. Raises Conflict when its name is taken."""
        parsed = _sized(data)

        def work(connection: Connection) -> RuleChange:
            if (scenario, file) in store.all_origins(connection):
                raise taken(file)
            store.put_origin(connection, scenario, file, parsed)
            return self._begun(connection, scenario, file, parsed, by)

        return self._database.write(work)

    def begin(self, scenario: str, file: str, data: bytes, by: By) -> RuleChange:
        """A new draft of ``file`` with the text it begins with."""
        return self._database.write(
            lambda connection: self._begun(connection, scenario, file, _sized(data), by)
        )

    def _begun(self, connection: Connection, scenario: str, file: str, data: bytes, by: By) -> RuleChange:
        now = self._clock.now()
        change = RuleChange(
            self._ids.new("rule"),
            scenario,
            file,
            ChangeState.DRAFT,
            data,
            by.actor.id,
            by.actor.name,
            now,
            now,
            store.newest_number(connection, scenario, file),
        )
        return self._kept(connection, change, by, "rule.drafted")

    def save(self, change: str, data: bytes, revision: int, by: By) -> RuleChange:
        """A new text for a draft. A signature under the old text falls away.

        Raises Missing; Denied for anybody but its author; Conflict when it was saved meanwhile, or is
        published or withdrawn.
        """

        def work(connection: Connection) -> RuleChange:
            found = self._open(connection, change)
            _own(found, by)
            if found.revision != revision:
                raise Conflict(
                    "rule-saved-meanwhile",
                    "this draft was saved in another window meanwhile",
                    where=change,
                    remedy="load the page again; your last change is not in it",
                )
            if found.data == data:
                return found
            saved = replace(
                found,
                state=ChangeState.DRAFT,
                data=_sized(data),
                saved_at=self._clock.now(),
                revision=revision + 1,
                signed=None,
                checks={},
            )
            return self._kept(connection, saved, by, "rule.saved")

        return self._database.write(work)

    def sign(self, change: str, hash_: str, note: str, checks: Mapping[str, Any], by: By) -> RuleChange:
        """The author's name under the text with this hash: why it is changed, and what the checks said.

        Raises Missing; Denied for anybody but the author; Conflict when it is signed, published or withdrawn,
        or when its text is another; Invalid without a reason.
        """
        if not note.strip():
            raise Invalid(
                "note-empty",
                "a change of a rule needs a reason",
                where="note",
                remedy="say in a sentence why the rule is changed",
            )

        def work(connection: Connection) -> RuleChange:
            found = self._open(connection, change)
            _own(found, by)
            if found.state is ChangeState.SIGNED:
                raise Conflict("rule-signed", "this draft is signed already", where=change)
            _same_text(found, hash_)
            signed = replace(
                found,
                state=ChangeState.SIGNED,
                note=note.strip(),
                checks=dict(checks),
                signed=Signature(by.actor.id, by.actor.name, self._clock.now(), by.policies),
            )
            return self._kept(connection, signed, by, "rule.signed")

        return self._database.write(work)

    def publish(self, change: str, hash_: str, valid_from: datetime | None, by: By) -> RuleChange:
        """The second name under the text; from ``valid_from`` on (None: from now) it decides.

        Raises Missing; Denied for the author; Conflict when it is not signed, its text is another, another
        change was published since it was begun, or a later one is planned; Invalid for a past moment.
        """

        def work(connection: Connection) -> RuleChange:
            found, now = self._open(connection, change), self._clock.now()
            if by.actor.id == found.author:
                raise Denied(
                    "four-eyes",
                    FOUR_EYES.en,
                    where=change,
                    remedy="ask somebody else who may approve rules",
                    reason=Reason("rules.four-eyes", FOUR_EYES, {"author": found.author}).as_dict(),
                )
            if found.state is not ChangeState.SIGNED:
                raise Conflict(
                    "rule-unsigned",
                    "its author has not signed this draft",
                    where=change,
                    remedy="wait for the author's signature",
                )
            _same_text(found, hash_)
            begins = _moment(valid_from, now)
            _still_newest(connection, found, begins, now)
            published = replace(
                found,
                state=ChangeState.PUBLISHED,
                number=store.newest_number(connection, found.scenario, found.file) + 1,
                approved=Signature(by.actor.id, by.actor.name, now, by.policies),
                valid_from=begins,
            )
            return self._kept(connection, published, by, "rule.published")

        return self._database.write(work)

    def withdraw(self, change: str, why: str, by: By) -> RuleChange:
        """Put a draft away, or a publication that does not hold yet. What once held stays: publish another.

        Raises Missing; Conflict when it holds already or is withdrawn; Invalid without a reason.
        """
        if not why.strip():
            raise Invalid("note-empty", "say why it is withdrawn", where="note", remedy="write a sentence")

        def work(connection: Connection) -> RuleChange:
            found, now = self._found(connection, change), self._clock.now()
            if found.state is ChangeState.WITHDRAWN:
                raise Conflict("rule-withdrawn", "this change is withdrawn already", where=change)
            if found.valid_from is not None and found.valid_from <= now:
                raise Conflict(
                    "rule-in-force",
                    f"this version holds since {iso(found.valid_from)}; what decided cannot be undone",
                    where=change,
                    remedy="publish an earlier version again, which takes its place from then on",
                )
            signature = Signature(by.actor.id, by.actor.name, now, by.policies)
            gone = replace(found, state=ChangeState.WITHDRAWN, withdrawn=signature)
            return self._kept(connection, gone, by, "rule.withdrawn", why.strip())

        return self._database.write(work)

    def keep_case(self, case: KeptCase, by: By) -> KeptCase:
        """Keep a past decision as a case of its rule; its id, keeper and moment are set here.

        Raises Conflict when the same decision is kept already.
        """

        def work(connection: Connection) -> KeptCase:
            kept = replace(
                case,
                id=self._ids.new("case"),
                person=by.actor.id,
                person_name=by.actor.name,
                kept_at=self._clock.now(),
            )
            if any(
                (one.seq, one.decision) == (case.seq, case.decision)
                for one in store.kept(connection, case.scenario, case.file)
            ):
                raise Conflict("rule-case-kept", "this decision is kept as a case already", where=case.name)
            store.put_case(connection, kept)
            self._told(connection, kept, by, "rule.case_kept")
            return kept

        return self._database.write(work)

    def drop_case(self, case: str, by: By) -> None:
        """Let a kept case go. Raises Missing."""

        def work(connection: Connection) -> None:
            found = kept_case(connection, case)
            store.remove_case(connection, found.id)
            self._told(connection, found, by, "rule.case_dropped")

        self._database.write(work)

    def _told(self, connection: Connection, case: KeptCase, by: By, action: str) -> None:
        body = {
            "scenario": case.scenario,
            "file": case.file,
            "decision": case.decision,
            "name": case.name,
            "given": dict(case.given),
            "then": case.then,
            "seq": case.seq,
        }
        record(connection, Act(by.actor, action, case.id, self._clock.now(), body, None, by.policies))

    def _found(self, connection: Connection, change: str) -> RuleChange:
        found = store.find(connection, change)
        if found is None:
            raise Missing("rule-change-missing", f"there is no change {change!r}", where=change)
        return found

    def _open(self, connection: Connection, change: str) -> RuleChange:
        found = self._found(connection, change)
        if found.state in (ChangeState.PUBLISHED, ChangeState.WITHDRAWN):
            raise Conflict(
                "rule-closed",
                f"this change is {found.state.value}",
                where=change,
                remedy="begin a new draft",
            )
        return found

    def _kept(
        self, connection: Connection, change: RuleChange, by: By, action: str, why: str = ""
    ) -> RuleChange:
        store.put(connection, change)
        body = {
            "scenario": change.scenario,
            "file": change.file,
            "hash": change.hash,
            "revision": change.revision,
            "base": change.base,
        }
        if change.state is ChangeState.SIGNED:
            body |= {"note": change.note, "checks": dict(change.checks)}
        reason = None
        if change.valid_from is not None and change.approved is not None:
            body |= {
                "number": change.number,
                "valid_from": iso(change.valid_from),
                "author": change.author,
                "approver": change.approved.person,
            }
            filled = _PUBLISHED.fill(
                file=change.file, number=change.number, moment=iso(change.valid_from), note=change.note
            )
            reason = Reason("rules.two-signatures", filled, {"hash": change.hash})
        if why:
            body["why"] = why
        act = Act(by.actor, action, change.id, self._clock.now(), body, reason, by.policies)
        record(connection, act)
        return change


def taken(file: str) -> Conflict:
    """The error for a name that a rule has already."""
    return Conflict(
        "rule-exists",
        f"there is a rule {file} already",
        where=file,
        remedy="choose another name, or write a draft of that one",
    )


def _sized(data: bytes) -> bytes:
    if len(data) > MAX_BYTES:
        raise Invalid(
            "rule-too-large",
            f"the rule file has {len(data)} bytes, {MAX_BYTES} are allowed",
            remedy="split the model",
        )
    return data


def _own(change: RuleChange, by: By) -> None:
    if by.actor.id != change.author:
        raise Denied(
            "rule-of-another",
            f"this draft is {change.author_name}'s; only its author changes and signs it",
            where=change.id,
            remedy="begin a draft of your own",
        )


def _same_text(change: RuleChange, hash_: str) -> None:
    if digest(change.data) != hash_:
        raise Conflict(
            "rule-text-changed",
            "the text is not the one you looked at",
            where=change.id,
            remedy="load the page again and look at what has changed",
        )


def _moment(valid_from: datetime | None, now: datetime) -> datetime:
    begins = now if valid_from is None else as_utc(valid_from)
    if begins < now:
        raise Invalid(
            "rule-past",
            f"a rule cannot begin in the past ({iso(begins)})",
            where="valid_from",
            remedy="choose a moment from now on",
        )
    return begins


def _still_newest(connection: Connection, change: RuleChange, begins: datetime, now: datetime) -> None:
    """Two drafts of one rule do not overwrite each other unseen."""
    others = [
        other
        for other in store.listed(connection, change.scenario, change.file, ChangeState.PUBLISHED.value)
        if other.number > change.base
        or (other.valid_from is not None and other.valid_from > now and other.valid_from >= begins)
    ]
    if others:
        other = others[-1]
        raise Conflict(
            "rule-superseded",
            f"version {other.number} by {other.author_name} was published since this draft was begun, "
            "or begins after it",
            where=change.id,
            remedy="begin a new draft on that version and make the change there",
        )
