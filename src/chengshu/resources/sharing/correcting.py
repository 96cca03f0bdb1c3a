"""Asking for a correction 數據校核: by who uses data under a grant, or by a resident at a counter."""

from __future__ import annotations

from collections.abc import Callable

from chengshu.kernel.errors import Denied, Invalid
from chengshu.ports.database import Database
from chengshu.resources.sharing import store
from chengshu.resources.sharing.corrections import Duties
from chengshu.resources.sharing.desk import actor_of, said
from chengshu.resources.sharing.model import Correction, Party, recipients


class Corrections:
    """What the pages and commands of corrections do. ``token`` turns a number into a resident's token."""

    def __init__(self, database: Database, duties: Duties, token: Callable[[str, Party], str]) -> None:
        self._database, self._duties, self._token = database, duties, token

    def ask(self, grant: str, record: str, field: str, claim: str, evidence: str, by: Party) -> Correction:
        """Somebody who uses a grant says that a row, or a field of it, is wrong, and what shows it.

        Raises :class:`Denied` for who is no recipient of the grant, :class:`Invalid` for a field that the
        grant does not have or a claim without evidence, :class:`Missing`.
        """
        said(evidence, "evidence")
        with self._database.read() as connection:
            request = store.find_request(connection, grant)
        if {by.department, by.person}.isdisjoint(recipients(request) | {request.by.department}):
            raise Denied(
                "sharing.recipient",
                "only who may use the grant can say so",
                where=grant,
                remedy="ask for the data",
            )
        if request.grant is None or not request.grant.starts_at:
            raise Invalid("correction-unseen", "nothing was supplied by this request", where=grant)
        names = request.grant.names()
        if field and field not in names:
            raise Invalid(
                "field-unknown",
                f"there is no field {field!r}",
                where="field",
                remedy=f"use {', '.join(names)}",
            )
        return self._duties.ask_correction(
            *(request.ask.resource, record, field, claim, actor_of(by)),
            evidence=evidence,
            department=by.department,
            grant=request.grant.id,
        )

    def ask_for_resident(
        self, number: str, resource: str, field: str, claim: str, evidence: str, by: Party
    ) -> Correction:
        """A clerk says so for a resident whose identity was seen; the hub keeps a token of the number.

        Each counts as a question of the clerk's hour. Raises :class:`Invalid`, :class:`Missing`, and
        :class:`TooMany` beyond ``lookups_per_hour``.
        """
        said(evidence, "evidence")
        token = self._token(number, by)
        return self._duties.ask_correction(resource, token, field, claim, actor_of(by), evidence=evidence)

    def answer(self, id_: str, by: Party, *, corrected: bool, reason: str) -> Correction:
        """As :meth:`Duties.answer_correction`; nobody answers what they asked themselves."""
        with self._database.read() as connection:
            item = store.find_correction(connection, id_)
        if item.by == by.person:
            raise Denied("sharing.own", "nobody answers a correction of their own", where=id_)
        return self._duties.answer_correction(id_, by, corrected=corrected, reason=reason)
