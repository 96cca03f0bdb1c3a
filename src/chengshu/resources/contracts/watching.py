"""Contracts are held against what is harvested: when rows changed, when the contract did, and once a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import pyarrow as pa
import structlog
from msgspec.structs import replace

from chengshu.foundation.journal import Actor
from chengshu.kernel.clock import Clock, millis
from chengshu.kernel.errors import ChengshuError, Unavailable
from chengshu.ports.database import Database
from chengshu.resources.contracts import store
from chengshu.resources.contracts.check import check_table
from chengshu.resources.contracts.commands import Contracts
from chengshu.resources.contracts.model import Contract, Finding, Kept, Verdict
from chengshu.resources.contracts.queries import ContractQueries
from chengshu.resources.ledger import LedgerQueries, Resource
from chengshu.resources.ledger.harvest import Rows, RowSource
from chengshu.resources.ledger.harvest import store as harvest_store

_DAY = timedelta(days=1)  # what grows old without changing is found within it
_HOUR = timedelta(hours=1)  # after which a source that did not answer is asked again
_WHOLE = ("rowCount", "sql")  # checks that a part of the rows says nothing about
_ME = Actor.hub("contracts")
_log = structlog.get_logger("chengshu.contracts")


class ContractWatch:
    """Looks at every entry that has a contract and rows the hub can read. One object per hub."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        contracts: Contracts,
        entries: LedgerQueries,
        sources: Mapping[str, RowSource],
        zone: str = "UTC",
    ) -> None:
        self._database, self._clock, self._contracts = database, clock, contracts
        self._queries, self._entries = ContractQueries(database), entries
        self._sources, self._zone = sources, zone
        self._silent: dict[str, int] = {}  # entry → when its source did not answer

    def look(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Check what has to be checked now; how many. One entry's surprise keeps no other waiting."""
        with self._database.read() as connection:
            kept = store.in_force(connection)
        known = self._entries.many([item.entry for item in kept])
        count = 0
        for item in kept:
            if stopping():
                break
            entry = known.get(item.entry)
            source = self._sources.get(entry.origin.source) if entry and entry.origin else None
            if entry is None or source is None or entry.state not in ("active", "stale"):
                continue
            try:
                count += self._into(item, entry, source)
            except Unavailable as error:
                self._silent[entry.id] = millis(self._clock.now())
                _log.warning("a contract could not be checked", entry=entry.id, error=str(error))
            except Exception:
                self._silent[entry.id] = millis(self._clock.now())
                _log.exception("a contract could not be checked", entry=entry.id)
        return count

    def _into(self, kept: Kept, entry: Resource, source: RowSource) -> bool:
        stamp, now = self._stamp(kept, entry, source), self._clock.now()
        last = self._queries.checks(entry.id, 1)
        if last and last[0].stamp == stamp and last[0].at > millis(now - _DAY):
            return False
        if self._silent.get(entry.id, 0) > millis(now - _HOUR):
            return False
        contract = self._queries.contract(entry.id)
        try:
            verdict = of_rows(contract, source.rows(entry), entry, self._clock, self._zone)
        except Unavailable:
            raise
        except ChengshuError as error:
            verdict = _unreadable(contract, error)
        self._contracts.held(entry.id, verdict, _ME, stamp=stamp)
        return True

    def _stamp(self, kept: Kept, entry: Resource, source: RowSource) -> str:
        """What changes when the contract or the rows did; where only reading tells, each harvest counts."""
        content = source.content(entry)
        if not content and entry.origin is not None:
            with self._database.read() as connection:
                last = harvest_store.last_run(connection, entry.origin.source)
            content = f"run {last.number}" if last else ""
        return f"{kept.number} {content}"


def of_rows(contract: Contract, rows: Rows, entry: Resource, clock: Clock, zone: str) -> Verdict:
    """An entry's rows held against its contract; of a part, what only the whole can say is not judged.

    Raises as :func:`check_table`.
    """
    verdict = check_table(contract, rows.table, clock.now(), entry=entry, zone=zone)
    seen = rows.table.num_rows if isinstance(rows.table, pa.Table) else rows.total
    if rows.total is None or seen == rows.total:
        return verdict
    detail = f"only the first {seen:,} of {rows.total:,} rows were looked at"
    found = [
        replace(item, unchecked=True, detail=f"{item.detail}; {detail}") if item.code in _WHOLE else item
        for item in verdict.findings
    ]
    note = Finding("rows-part", "rows", detail, severity="info", unchecked=True)
    return replace(verdict, findings=(*found, note))


def _unreadable(contract: Contract, error: ChengshuError) -> Verdict:
    finding = Finding("rows-unreadable", "rows", error.fault.detail)
    return Verdict(contract.id, contract.version, "", 0, 0, (finding,))
