"""Harvesting: page by page into the ledger, each page with its cursor in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from msgspec.structs import replace as with_parts
from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.clock import Clock, as_utc, from_millis, millis
from chengshu.kernel.durations import add_wall, parse_duration
from chengshu.kernel.errors import ChengshuError, Fault
from chengshu.ports.database import Database
from chengshu.resources.ledger import store as ledger_store
from chengshu.resources.ledger.checks import faults_of
from chengshu.resources.ledger.commands import Ledger
from chengshu.resources.ledger.harvest import store
from chengshu.resources.ledger.harvest.declared import HarvestSource
from chengshu.resources.ledger.harvest.merging import declared, harvested, merged
from chengshu.resources.ledger.harvest.model import Connector, Drift, Page, Problem, Record, Run, drift_of
from chengshu.resources.ledger.model import Resource

_log = structlog.get_logger("chengshu.harvest")
_AT_ONCE = from_millis(0)  # a running clock is past it whenever one looks


class Harvester:
    """Brings what the sources have into the ledger. Each source's connector is handed in by its id."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ledger: Ledger,
        sources: Sequence[HarvestSource],
        connectors: Mapping[str, Connector],
    ) -> None:
        self._database, self._clock, self._ledger = database, clock, ledger
        self.sources = {source.id: source for source in sources}
        self.connectors = connectors

    name = "harvest"

    def next_due(self) -> datetime | None:
        """When the next source is to be looked at."""
        moments = [self._due(source) for source in self.sources.values()]
        return min(moments, default=None)

    def _due(self, source: HarvestSource) -> datetime:
        with self._database.read() as connection:
            last = store.last_run(connection, source.id)
        if last is None or last.state == "running":  # never looked at, or stopped in the middle
            return _AT_ONCE
        return last.started_at + source.every

    def tick(self, now: datetime, stopping: Callable[[], bool] = lambda: False) -> None:
        """Look at every source whose time has come; one that fails waits for its next turn."""
        for source in self.sources.values():
            if not stopping() and self._due(source) <= now:
                self.run(source.id, stopping)

    def run(self, source_id: str, stopping: Callable[[], bool] = lambda: False) -> Run:
        """Harvest one source, or take up the run that broke off; a failure is the run's error.

        Once ``stopping`` says so, the run ends after its page and is taken up the next time.
        """
        source = self.sources[source_id]
        run, known = self._open(source)
        try:
            for page in self.connectors[source_id].pages(run.cursor, known):
                run = self._database.write(lambda c, page=page, run=run: self._keep(c, source, run, page))  # type: ignore[misc]
                if stopping():
                    return run
        except ChengshuError as error:
            _log.warning("harvest broke off", source=source_id, run=run.number, error=str(error))
            broken = replace(run, state="broken", error=str(error))
            self._database.write(lambda connection: self._end(connection, broken))
            return broken
        return self._database.write(lambda connection: self._close(connection, source, run))

    def _open(self, source: HarvestSource) -> tuple[Run, dict[str, str]]:
        def work(connection: Connection) -> tuple[Run, dict[str, str]]:
            last = store.last_run(connection, source.id)
            if last is not None and last.state != "done":
                run = replace(last, state="running", error="")
            else:
                run = Run(source.id, last.number + 1 if last else 1, self._clock.now())
            store.put_run(connection, run)
            return run, ledger_store.origin_checksums(connection, source.id)

        return self._database.write(work)

    def _keep(self, connection: Connection, source: HarvestSource, run: Run, page: Page) -> Run:
        """One page: entries, what was seen, problems, drifts and the cursor, together."""
        ids = ledger_store.origin_ids(connection, source.id)
        fresh = [item for item in page.records if item.resource is not None]
        names = {item.native_id: ids.get(item.native_id) or _new_id(source, item) for item in fresh}
        before = ledger_store.find_entries(connection, list(names.values()))
        wanted: list[Resource] = []
        drifts: list[Drift] = []
        problems = list(page.problems)
        for item in fresh:
            assert item.resource is not None  # noqa: S101
            found = harvested(source, item.native_id, item.checksum, item.resource)
            known = before.get(names[item.native_id])
            entry = merged(known[0] if known else None, with_parts(found, id=names[item.native_id]))
            entry = declared(source, item.native_id, entry)
            if faults := faults_of(entry):
                fault = faults[0]
                problems.append(Problem(item.native_id, fault.code, fault.detail, fault.remedy))
                continue
            wanted.append(entry)
            if known and (drift := drift_of(entry.id, known[0].fields, entry.fields)):
                drifts.append(drift)
        back = {
            ids[item.native_id]: item.native_id
            for item in page.records
            if item.resource is None and item.native_id in ids
        }
        for id_, (entry, _) in ledger_store.find_entries(connection, list(back)).items():
            state = "active" if entry.state == "vanished" else entry.state
            now = declared(source, back[id_], with_parts(entry, state=state))
            if now != entry:  # what is declared holds, though the data are as they were
                wanted.append(now)
        actor = Actor(f"harvest:{source.id}")
        booked = self._ledger.put_in(connection, wanted, actor, why=f"harvest {run.number}")
        store.note_seen(connection, source.id, run.number, (item.native_id for item in page.records))
        store.add_problems(connection, source.id, run.number, problems)
        self._note_drifts(connection, source, run, drifts)
        run = replace(
            run,
            cursor=page.cursor,
            seen=run.seen + len(page.records),
            added=run.added + len(booked.added),
            changed=run.changed + len(booked.changed) + len(booked.restored),
            unchanged=run.unchanged + booked.unchanged + len(page.records) - len(fresh),
            problems=run.problems + len(problems),
            drifts=run.drifts + len(drifts),
        )
        store.put_run(connection, run)
        return run

    def _note_drifts(
        self, connection: Connection, source: HarvestSource, run: Run, drifts: Sequence[Drift]
    ) -> None:
        now = self._clock.now()
        store.add_drifts(connection, source.id, run.number, millis(now), drifts)
        for drift in drifts:
            body = {"dropped": drift.dropped, "added": drift.added, "retyped": drift.retyped}
            record(connection, Act(Actor(f"harvest:{source.id}"), "ledger.drifted", drift.id, now, body))

    def _close(self, connection: Connection, source: HarvestSource, run: Run) -> Run:
        """What was not seen has vanished; what is older than it promised is stale."""
        ids = ledger_store.origin_ids(connection, source.id)
        gone = [ids[native] for native in store.unseen(connection, source.id, run.number) if native in ids]
        entries = ledger_store.find_entries(connection, list(ids.values()))
        now = self._clock.now()
        moved: list[Resource] = []
        counts = {"vanished": 0, "stale": 0}
        for id_, (entry, _) in entries.items():
            if entry.state == "retired":
                continue
            state = "vanished" if id_ in set(gone) else "stale" if is_stale(entry, now) else "active"
            if state in counts:
                counts[state] += 1
            if state != entry.state:
                moved.append(with_parts(entry, state=state))
        actor = Actor(f"harvest:{source.id}")
        self._ledger.put_in(connection, moved, actor, why=f"harvest {run.number}")
        missing = [_not_there(native) for native in source.entries if native not in ids]
        store.add_problems(connection, source.id, run.number, missing)
        run = replace(
            run,
            finished_at=now,
            state="done",
            cursor="",
            vanished=counts["vanished"],
            stale=counts["stale"],
            problems=run.problems + len(missing),
        )
        self._end(connection, run)
        return run

    def _end(self, connection: Connection, run: Run) -> None:
        store.put_run(connection, run)
        body: dict[str, Any] = {
            "run": run.number,
            "state": run.state,
            "seen": run.seen,
            "added": run.added,
            "changed": run.changed,
            "vanished": run.vanished,
            "problems": run.problems,
            "drifts": run.drifts,
            "error": run.error,
        }
        act = Act(Actor(f"harvest:{run.source}"), "harvest.ended", run.source, self._clock.now(), body)
        record(connection, act)


def _not_there(native_id: str) -> Problem:
    fault = Fault(
        "declared-missing",
        "harvest.yaml has words for it, and the source does not have it",
        remedy="correct its name under entries, or remove it",
    )
    return Problem(native_id, fault.code, fault.detail, fault.remedy)


def is_stale(entry: Resource, now: datetime) -> bool:
    """Whether an entry was not updated for more than twice the cycle it promises."""
    if not entry.update_cycle or not entry.updated_on:
        return False
    try:
        moment = datetime.fromisoformat(entry.updated_on)
        cycle = parse_duration(entry.update_cycle)
    except (ValueError, ChengshuError):
        return False
    updated = as_utc(moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo))
    for _ in range(2):
        updated = add_wall(updated, cycle.months, cycle.days) + cycle.exact
    return updated < now


def _new_id(source: HarvestSource, item: Record) -> str:
    assert item.resource is not None  # noqa: S101
    return item.resource.id or f"urn:chengshu:resource:{source.id}:{safe(item.native_id)}"


def safe(native_id: str) -> str:
    """A native id as part of a URN."""
    from urllib.parse import quote

    return quote(native_id, safe="-._~/:@")[:480]
