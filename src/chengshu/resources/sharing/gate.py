"""The gate: data leave through it by a grant only, and every use and attempt is on record before they do."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.journal import Act, record
from chengshu.kernel.calendar import WorkingCalendar
from chengshu.kernel.clock import Clock, millis
from chengshu.kernel.errors import Denied, Invalid
from chengshu.kernel.reasons import Reason
from chengshu.ports.database import Database
from chengshu.resources.grading import watermark
from chengshu.resources.grading.model import Grade
from chengshu.resources.grading.tokens import SHORTEST_KEY, tokenise
from chengshu.resources.ledger import LedgerQueries, Resource
from chengshu.resources.sharing import anomalies, refusals, store, store_residents, uses
from chengshu.resources.sharing.anomalies import Beside, Finding
from chengshu.resources.sharing.clocks import HUB
from chengshu.resources.sharing.commands import Sharing
from chengshu.resources.sharing.exporting import write_csv
from chengshu.resources.sharing.intake import row_filter
from chengshu.resources.sharing.keys import KEYED, NO_KEY, KeyOf, guessing, kept_filter, no_key
from chengshu.resources.sharing.model import OPEN_STATES, Grant, Outcome, Party, Request, Use
from chengshu.resources.sharing.protecting import in_force, own_key, proposed, sharing_of
from chengshu.resources.sharing.reading import Column, Read, Wanted, read_rows
from chengshu.resources.sharing.refusals import Call
from chengshu.resources.sharing.rulings import severity
from chengshu.resources.sharing.subjects import IDENTIFYING, subject_of


@dataclass(frozen=True, slots=True)
class Source:
    """Where a resource's rows are: a file the hub can read, or a table."""

    table: Path | pa.Table
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a use gave. ``more`` says that the grant's row limit cut it off; ``notes`` what was unusual."""

    use: Use
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    more: bool
    notes: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Export:
    """A file for the recipient: CSV (UTF-8), marked; ``answer.use.mark`` says how."""

    answer: Answer
    content: bytes


@dataclass(frozen=True, slots=True)
class _Taken:
    """What was read for one use, before it is decided for good."""

    names: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    more: bool = False
    tokens: Sequence[str] = ()
    content: bytes = b""
    mark: str = ""


class Gate:
    """Answers by grants. ``key`` is the hub's secret for tokens and watermarks (16 bytes at least).

    ``source_of`` says where a resource's rows are; it may raise what the caller should see. ``key_of`` says
    by which field an entry may be looked up.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        calendar: WorkingCalendar,
        ledger: LedgerQueries,
        sharing: Sharing,
        source_of: Callable[[Resource], Source],
        key: bytes,
        key_of: KeyOf = no_key,
    ) -> None:
        if len(key) < SHORTEST_KEY:
            raise ValueError(f"the key has {len(key)} bytes; at least {SHORTEST_KEY} are needed")
        self._database, self._clock, self._calendar = database, clock, calendar
        self._ledger, self._sharing, self._source_of, self._key = ledger, sharing, source_of, key
        self._key_of = key_of

    def query(
        self,
        grant: str,
        who: Party,
        purpose: str,
        *,
        fields: Sequence[str] = (),
        filter: str = "",
        limit: int | None = None,
        manner: str = "query",
    ) -> Answer:
        """Rows by a grant: granted fields (all, if none is named) and rows, each value as it may be seen.

        ``filter`` is FEEL over the values as they are seen. Raises :class:`Denied` with the reason, which is
        on record too, and whatever reading the source raises.
        """
        return self._use(grant, Call(who, purpose, tuple(fields), filter, limit, manner), export=False)[0]

    def lookup(
        self,
        grant: str,
        who: Party,
        purpose: str,
        value: str,
        *,
        fields: Sequence[str] = (),
        manner: str = "query",
    ) -> Answer:
        """The rows of one key of a base library, as :meth:`query` would show them; none when it is not there.

        The value is compared as it stands in the register, and the record keeps its token. Raises
        :class:`Denied` where the entry has no declared key or the grant does not have it.
        """
        with self._database.read() as connection:
            resource = self._ledger.get(store.find_request(connection, grant).ask.resource)
        field = self._key_of(resource)
        category = next((part.category for part in resource.fields if part.name == field), "")
        told = kept_filter(field, tokenise(value, category, self._key))
        call = Call(who, purpose, tuple(fields), told, None, manner, (field, value))
        return self._use(grant, call, export=False)[0]

    def export(
        self,
        grant: str,
        who: Party,
        purpose: str,
        *,
        fields: Sequence[str] = (),
        filter: str = "",
        limit: int | None = None,
    ) -> Export:
        """As :meth:`query` for a grant by file: CSV with a watermark that tells whose copy it is."""
        return Export(
            *self._use(grant, Call(who, purpose, tuple(fields), filter, limit, "file"), export=True)
        )

    def trace(
        self, columns: Sequence[Sequence[str | None]], grants: Sequence[str]
    ) -> list[watermark.Detection]:
        """Whose export do these columns of a leaked file come from? The most probable grant first."""
        return watermark.detect(columns, grants, self._key)

    def subject_token(self, value: str, category: str = "identity_number") -> str:
        """The token under which the records name a person."""
        return tokenise(value, category, self._key)

    def _use(self, id_: str, call: Call, *, export: bool) -> tuple[Answer, bytes]:
        with self._database.read() as connection:
            request = store.find_request(connection, id_)
        taken = _Taken()
        refusal = refusals.refusal(request, call, self._clock.now())
        if refusal is None:
            taken, refusal = self._take(request, call, export=export)
        use, notes = self._database.write(
            lambda connection: self._record(connection, id_, call, refusal, taken)
        )
        if use.outcome != "answered":
            reason = Reason.from_dict(use.reason)
            raise Denied(
                reason.rule,
                reason.text.en,
                where=id_,
                remedy=refusals.REMEDY.get(use.outcome, ""),
                reason=use.reason,
                use=use.seq,
            )
        answer = Answer(use, taken.names, list(taken.rows), taken.more, tuple(notes))
        return answer, taken.content

    def _take(self, request: Request, call: Call, *, export: bool) -> tuple[_Taken, Reason | None]:
        """Read and treat, outside any transaction; or why not."""
        grant = _grant(request)
        resource = self._ledger.get(request.ask.resource)
        columns = self._columns(resource, request, call)
        if not columns:
            return _Taken(), refusals.said("withheld", refusals.WITHHELD)
        if resource.state == "retired" or sharing_of(resource, [column.name for column in columns]) == "none":
            return _Taken(), refusals.said("class", refusals.CLASS)
        if request.ask.consent and not subject_of(resource)[0]:
            return _Taken(), refusals.said("consent", refusals.CONSENT)
        names = tuple(column.name for column in columns)
        if call.key is not None:
            if not call.key[0] or call.key[0] not in grant.names():
                return _Taken(names), refusals.said("key", NO_KEY, field=call.key[0] or "–")
        elif call.filter:
            try:
                row_filter(call.filter, names)
            except Invalid as error:
                return _Taken(names), refusals.said("filter", refusals.FILTER, detail=error.fault.detail)
        read, tokens = self._read(resource, request, call, columns)
        if not export:
            return _Taken(names, tuple(read.rows), read.more, tokens), None
        written = write_csv(columns, read, grant.id, self._key, self._sharing.terms.decoys)
        rows = (*read.rows, *written.made)
        return _Taken(names, rows, read.more, tokens, written.content, written.mark), None

    def _columns(self, resource: Resource, request: Request, call: Call) -> tuple[Column, ...]:
        """Each field with the treatment in force today: a grade that has risen counts at once."""
        grant = _grant(request)
        known = {field.name for field in resource.fields}
        wanted = call.fields or grant.names()
        day = self._clock.now().astimezone(self._calendar.zone).date()
        standing = [name for name in wanted if name in known]
        today = proposed(resource, standing, request.ask.reader, day, self._sharing.terms.ungraded)
        by_name = {field.name: field for field in today}
        granted = {field.name: field for field in grant.fields}
        found = []
        for name in wanted:
            kind = in_force(granted[name], by_name[name]) if name in by_name else granted[name].treatment
            if kind != "withhold":
                found.append(Column(name, granted[name].category, kind))
        return tuple(found)

    def _read(
        self, resource: Resource, request: Request, call: Call, columns: tuple[Column, ...]
    ) -> tuple[Read, list[str]]:
        grant, source = _grant(request), self._source_of(resource)
        subject, category = subject_of(resource)
        left_out: Callable[[str], bool] | None = None
        if request.ask.consent:
            with self._database.read() as connection:
                gone = store_residents.withdrawn(connection, resource.id)

            def left_out(value: str) -> bool:
                return not value.strip() or tokenise(value, category, self._key) in gone

        limit = call.limit or grant.rows_per_use
        chosen = "" if call.key else call.filter
        wanted = Wanted(columns, grant.rows, chosen, limit, subject, left_out, call.key)
        read = read_rows(source.table, wanted, own_key(self._key, grant.id), source.encoding)
        return read, sorted(
            {tokenise(value, category, self._key) for value in read.subjects if value.strip()}
        )

    def _record(
        self,
        connection: Connection,
        id_: str,
        call: Call,
        refusal: Reason | None,
        taken: _Taken,
    ) -> tuple[Use, list[Reason]]:
        """Decide for good, and keep the use; what changed since the rows were read counts."""
        now, count = self._clock.now(), len(taken.rows)
        request = store.find_request(connection, id_)
        refusal = refusal or refusals.refusal(request, call, now)
        grant = request.grant
        day = self._day_begins(now)
        if refusal is None and grant is not None:
            given = store.rows_since(connection, grant.id, day)
            if given + count > grant.rows_per_day:
                refusal = refusals.said(
                    "rows_per_day", refusals.DAY, rows=count, given=given, limit=grant.rows_per_day
                )
        use = Use(
            store.last_seq(connection) + 1,
            request.grant_id,
            request.id,
            request.ask.resource,
            millis(now),
            call.who.person,
            call.who.department,
            call.purpose,
            call.manner,
            taken.names or call.fields,
            call.filter,
            count,
            "answered",
            mark=taken.mark,
            digest=hashlib.sha256(taken.content).hexdigest() if taken.content else "",
        )
        found = self._unusual(connection, request, use, refusal, day, now)
        blocking = next((finding for finding in found if finding.blocks), None)
        if refusal is not None:
            use = _without(use, "denied", refusal)
        elif blocking is not None:
            use = _without(use, "blocked", blocking.reason)
        store.add_use(connection, use, taken.tokens if use.outcome == "answered" else ())
        if use.outcome == "answered":
            request = self._sharing.used_in(connection, request, HUB)
        self._tell(connection, request, use, found, blocking, now)
        if use.seq - store.last_sealed(connection) >= self._sharing.terms.seal_uses:
            uses.seal_in(connection, now)
        return use, [finding.reason for finding in found]

    def _unusual(
        self,
        connection: Connection,
        request: Request,
        use: Use,
        refusal: Reason | None,
        day: int,
        now: datetime,
    ) -> list[Finding]:
        limits = self._sharing.terms.anomalies
        if not request.grant_id or request.state not in OPEN_STATES:
            return []
        if refusal is not None:
            denied = store.count_uses(connection, request.grant_id, day, "denied") + 1
            found = anomalies.probing(denied, limits)
            return [found] if found else []
        since = millis(now - timedelta(days=limits.past_days))
        past = [
            item
            for item in store.uses_where(connection, grant=request.grant_id, since=since, limit=500)
            if item.outcome == "answered"
        ]
        beside = self._beside(connection, request, use, since, now)
        today = store.rows_since(connection, request.grant_id, day)
        judged = anomalies.judge(use, past, beside, now, self._calendar, limits, today)
        if use.filter.startswith(KEYED):
            asked = store.uses_where(connection, grant=request.grant_id, since=day)
            judged += [guess] if (guess := guessing(use, asked, limits)) else []
        return judged

    def _beside(
        self, connection: Connection, request: Request, use: Use, since: int, now: datetime
    ) -> list[Beside]:
        """Other grants the person has just used, with an identifying field in common."""
        limits = self._sharing.terms.anomalies
        window = limits.join_minutes * 60_000
        mine = self._identifying(connection, request, use.fields)
        if not mine:
            return []
        past = store.uses_where(connection, person=use.person, since=since, limit=2000)
        past = [item for item in past if item.outcome == "answered"]
        own = [item.at for item in past if item.grant == use.grant]
        found = []
        for other in sorted(
            {item.grant for item in past if item.grant != use.grant and use.at - item.at <= window}
        ):
            theirs = [item for item in past if item.grant == other]
            fields = {name for item in theirs if use.at - item.at <= window for name in item.fields}
            shared = mine & self._identifying(
                connection, store.find_request(connection, other), tuple(fields)
            )
            if shared:
                before = any(abs(at - item.at) <= window for at in own for item in theirs)
                found.append(Beside(other, tuple(sorted(shared)), before))
        return found

    @staticmethod
    def _identifying(connection: Connection, request: Request, fields: Sequence[str]) -> set[str]:
        """The categories of identifying fields among those used."""
        granted = request.grant.fields if request.grant else ()
        return {field.category for field in granted if field.name in fields and field.category in IDENTIFYING}

    def _tell(
        self,
        connection: Connection,
        request: Request,
        use: Use,
        found: Sequence[Finding],
        blocking: Finding | None,
        now: datetime,
    ) -> None:
        """Publish what was unusual; suspend the grant where it blocks. All in the transaction of the use."""
        for finding in found:
            body = {
                "request": request.id,
                "grant": request.grant_id,
                "resource": use.resource,
                "use": use.seq,
                "person": use.person,
                "department": use.department,
                "rows": use.rows,
                "anomaly": finding.kind,
                "blocked": finding.blocks,
                "reason": finding.reason.as_dict(),
            }
            if finding.blocks:
                body |= self._gravity(request, use, finding, now)
            kind = "sharing.misuse" if finding.blocks else "sharing.unusual"
            record(connection, Act(HUB, kind, request.id, now, body, finding.reason))
        if blocking is not None:
            self._sharing.suspend_in(connection, request, HUB, blocking.reason.as_dict())

    def _gravity(self, request: Request, use: Use, finding: Finding, now: datetime) -> dict[str, Any]:
        """What the duty desk needs to take a blocked use on: how bad it is and why, of what, whose."""
        grades = [Grade(field.grade) for field in _grant(request).fields if field.name in use.fields]
        day = now.astimezone(self._calendar.zone).date()
        level, why = severity(day, finding.kind, Grade.highest(grades).rank)
        return {
            "level": level,
            "severity": why.as_dict(),
            "title": self._ledger.get(use.resource).title.as_dict(),
            "provider": request.provider,
            "bureau": self._sharing.terms.bureau,
        }

    def _day_begins(self, now: datetime) -> int:
        today = now.astimezone(self._calendar.zone).date()
        return millis(datetime.combine(today, time(), self._calendar.zone))


def _grant(request: Request) -> Grant:
    assert request.grant is not None  # noqa: S101  only asked for after _refusal saw it
    return request.grant


def _without(use: Use, outcome: Outcome, reason: Reason) -> Use:
    return replace(use, outcome=outcome, rows=0, mark="", digest="", reason=reason.as_dict())
