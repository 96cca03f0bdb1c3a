"""Corrections (數據校核) and catalogue updates: duties of the provider, each with a clock in working days."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace
from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.calendar import WorkingCalendar
from chengshu.kernel.clock import Clock, from_millis, millis
from chengshu.kernel.errors import Conflict, Denied, Invalid
from chengshu.kernel.ids import Ids
from chengshu.ports.database import Database
from chengshu.ports.runtime import Change, Effect
from chengshu.resources.ledger import LedgerQueries
from chengshu.resources.sharing import clocks, store, store_residents, telling
from chengshu.resources.sharing.declared import Terms
from chengshu.resources.sharing.desk import actor_of, said
from chengshu.resources.sharing.model import Correction, Party

_LAW = "政務數據共享條例"
_KEY = 200  # signs of what names a record


class Duties:
    """What is owed to those who use data, and to those the data are about."""

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
        self._calendar, self._ledger, self._terms = calendar, ledger, terms or Terms()

    def ask_correction(
        self,
        resource: str,
        record_: str,
        field: str,
        claim: str,
        by: Actor,
        *,
        evidence: str = "",
        department: str = "",
        grant: str = "",
    ) -> Correction:
        """Say that ``field`` of the record ``record_`` is wrong, and why. Anybody may: a user or a resident.

        ``record_`` is a key the provider understands; for residents pass the token, not the number. Raises
        :class:`Missing` for an unknown resource, :class:`Invalid` for an empty claim or an unknown field.
        """
        if not record_.strip() or len(record_) > _KEY:
            raise Invalid("record", "no record is named", where="record", remedy="give its key")
        said(claim, "claim")
        entry = self._ledger.get(resource)
        if field and entry.fields and field not in {part.name for part in entry.fields}:
            names = ", ".join(part.name for part in entry.fields)
            raise Invalid(
                "field-unknown", f"there is no field {field!r}", where="field", remedy=f"use {names}"
            )
        provider = entry.provider or entry.owner or self._terms.bureau

        def work(connection: Connection) -> Correction:
            now = self._clock.now()
            item = Correction(
                *(self._ids.new("correction"), resource, provider, by.id, record_, field, claim, millis(now)),
                evidence=evidence,
                department=department,
                grant=grant,
            )
            store.save_correction(connection, item)
            days = self._terms.periods.correction
            clocks.begin(connection, self._calendar, item.id, "correction", provider, days, now)
            body = {"resource": resource, "provider": provider, "field": field, "department": department}
            record(connection, Act(by, "sharing.correction_asked", item.id, now, body, policy=_LAW))
            return item

        return self._database.write(work)

    def answer_correction(self, id_: str, by: Party, *, corrected: bool, reason: str) -> Correction:
        """The provider corrected the value at its source, or says why it stands.

        Who asked is told; of a correction everybody who used the data is, and the entry's quality record
        has it. Raises :class:`Denied`, :class:`Conflict`, :class:`Invalid` without a reason.
        """
        said(reason, "reason")

        def work(connection: Connection) -> Correction:
            item = store.find_correction(connection, id_)
            if by.department != item.provider:
                raise Denied("sharing.provider", f"only {item.provider} may do this", where=id_)
            if item.state != "open":
                raise Conflict("correction-closed", f"the correction is {item.state} already", where=id_)
            now = self._clock.now()
            done = replace(
                item,
                state="corrected" if corrected else "declined",
                reason=reason,
                decided_by=by.person,
                decided_at=millis(now),
            )
            done, uses = telling.told_in(connection, done)
            store.save_correction(connection, done)
            clocks.end(connection, id_, "correction", now)
            body = {
                "resource": item.resource,
                "provider": item.provider,
                "state": done.state,
                "reason": reason,
                "told": list(done.told),
                "field": item.field,
                "uses": uses,
            }
            record(connection, Act(actor_of(by), "sharing.correction_answered", id_, now, body, policy=_LAW))
            if corrected:
                mark = {"field": item.field, "correction": id_, "law": _LAW}
                record(connection, Act(actor_of(by), "quality.corrected", item.resource, now, mark))
            return done

        return self._database.write(work)

    def consent(self, resource: str, token: str, by: Actor, *, given: bool) -> None:
        """A person (by token: ``Gate.subject_token``) takes consent back for a resource, or gives it again.

        Grants that rest on consent leave the person out from the next use on. Raises :class:`Missing`.
        """
        self._ledger.get(resource)

        def work(connection: Connection) -> None:
            now = self._clock.now()
            if given:
                store_residents.drop_withdrawal(connection, token, resource)
            else:
                store_residents.keep_withdrawal(connection, token, resource, millis(now))
            what = "sharing.consent_given" if given else "sharing.consent_withdrawn"
            record(connection, Act(by, what, resource, now, {"token": token}, policy="個人信息保護法 15"))

        self._database.write(work)

    def catalogue_changed(self, resource: str, by: Actor, why: str) -> None:
        """Something changed that the entry must say within the period; the next version of it ends the clock.

        Raises :class:`Conflict` while an earlier change waits for its entry.
        """
        said(why, "why")
        entry = self._ledger.get(resource)
        owner = entry.provider or entry.owner or self._terms.bureau

        def work(connection: Connection) -> None:
            now = self._clock.now()
            waiting = store.find_clock(connection, resource, "catalogue")
            if waiting is not None and waiting.running:
                raise Conflict(
                    "catalogue-waiting",
                    "the entry must be updated already",
                    where=resource,
                    remedy="update the entry: chengshu ledger",
                )
            days = self._terms.periods.catalogue
            clocks.begin(connection, self._calendar, resource, "catalogue", owner, days, now)
            body = {"provider": owner, "why": why}
            record(connection, Act(by, "sharing.catalogue_due", resource, now, body, policy=_LAW))

        self._database.write(work)


class CatalogueWatch:
    """A consumer: an entry that is booked anew ends its catalogue clock."""

    name = "sharing.catalogue"
    kinds: tuple[str, ...] = ("ledger.booked",)

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        """End the clocks of what was booked after they began."""
        booked = [(str(id_), change) for change in changes for id_ in change.payload.get("ids", ())]
        if not booked:
            return None

        def effect(connection: Connection) -> None:
            for id_, change in booked:
                clock = store.find_clock(connection, id_, "catalogue")
                if clock is not None and change.at >= from_millis(clock.started_at):
                    clocks.end(connection, id_, "catalogue", change.at)

        return effect
