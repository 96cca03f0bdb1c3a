"""The only writers of contracts: one is kept with its entry, and what a check found is noted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from chengshu.foundation.declared import Document
from chengshu.foundation.journal import Act, Actor, record
from chengshu.foundation.journal.model import canonical
from chengshu.kernel.clock import Clock, millis
from chengshu.kernel.errors import Conflict, Missing
from chengshu.ports.database import Database
from chengshu.resources.contracts import store
from chengshu.resources.contracts.model import Held, Kept, Verdict
from chengshu.resources.contracts.reading import contract_of
from chengshu.resources.ledger import LedgerQueries

_TOLD = 50  # findings told in the journal entry of a check


class Contracts:
    """The contracts of the ledger's entries. One object per hub."""

    def __init__(self, database: Database, clock: Clock, ledger: LedgerQueries) -> None:
        self._database, self._clock, self._ledger = database, clock, ledger

    def keep(self, entry: str, document: Mapping[str, Any], actor: Actor, *, why: str = "") -> Kept:
        """Keep a contract with an entry; the same one again stays as it is.

        Raises :class:`Missing` for an entry that does not exist, :class:`Invalid` for what is no contract,
        :class:`Conflict` for other words under a version that was kept already.
        """
        contract = contract_of(Document(Path(entry), dict(document)))
        self._ledger.get(entry)
        text = canonical(_plain(document))
        digest = hashlib.sha256(text.encode()).hexdigest()

        def work(connection: Connection) -> Kept:
            earlier = store.versions_of(connection, entry)
            if earlier and earlier[-1].digest == digest:
                return earlier[-1]
            if any(item.id == contract.id and item.version == contract.version for item in earlier):
                raise Conflict(
                    "contract-version",
                    f"version {contract.version} of {contract.id} was kept already and says something else",
                    where=entry,
                    remedy="raise the version: who relies on the old one must be able to tell",
                )
            now, number = self._clock.now(), len(earlier) + 1
            kept = Kept(
                *(entry, number, millis(now), actor.id, contract.id, contract.version, digest),
                dict(_plain(document)),
            )
            store.add(connection, kept)
            body = {"number": number, "id": contract.id, "version": contract.version, "sha256": digest}
            record(connection, Act(actor, "contract.kept", entry, now, body | {"why": why}))
            return kept

        return self._database.write(work)

    def held(self, entry: str, verdict: Verdict, actor: Actor, *, stamp: str = "") -> Held:
        """Note what a check of the entry's data found; a broken contract is told to all who follow.

        Raises :class:`Missing` when the entry has no contract.
        """

        def work(connection: Connection) -> Held:
            kept = store.newest(connection, entry)
            if kept is None:
                raise _none(entry)
            wrong = [item for item in verdict.findings if not item.unchecked and item.severity == "error"]
            now = self._clock.now()
            noted = Held(
                *(entry, millis(now), kept.number, verdict.table, verdict.rows, verdict.checks),
                *(len(wrong), verdict.holds, stamp),
            )
            store.add_check(connection, noted)
            body = {
                "number": kept.number,
                "version": verdict.version,
                "rows": verdict.rows,
                "checks": verdict.checks,
                "findings": [
                    {"check": item.check, "column": item.column, "broken": item.broken, "detail": item.detail}
                    for item in wrong[:_TOLD]
                ],
            }
            action = "contract.held" if verdict.holds else "contract.broken"
            record(connection, Act(actor, action, entry, now, body))
            return noted

        return self._database.write(work)


def _none(entry: str) -> Missing:
    return Missing(
        "contract-missing",
        "no contract is kept with this entry",
        where=entry,
        remedy="bring one in: chengshu contract import FILE ENTRY",
    )


def _plain(value: Any) -> Any:
    """The document as JSON has it: days and moments, which YAML reads as such, as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
