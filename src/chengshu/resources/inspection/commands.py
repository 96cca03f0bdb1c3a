"""Looking into entries after a harvest: one by one, bounded in time, only where something has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import structlog
from sqlalchemy import Connection

from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.clock import Clock
from chengshu.kernel.errors import ChengshuError, Invalid, Unavailable
from chengshu.ports.database import Database
from chengshu.resources.grading import Grading, TableReport, queries, read_sample, table_sample
from chengshu.resources.inspection import store
from chengshu.resources.inspection.booking import Booking
from chengshu.resources.inspection.declared import Declared
from chengshu.resources.inspection.following import Follower
from chengshu.resources.inspection.guarding import Guard, guard_of
from chengshu.resources.inspection.store import Look
from chengshu.resources.ledger import Resource
from chengshu.resources.ledger import store as ledger_store
from chengshu.resources.ledger.harvest import Rows, RowSource
from chengshu.resources.ledger.harvest import store as harvest_store
from chengshu.resources.quality.commands import Quality
from chengshu.resources.quality.measure import Suggested, examine
from chengshu.resources.quality.queries import suggested

ACTOR = Actor.hub("inspection")
_BYTES_PER_SECOND = 5_000_000  # how slowly a file may be read at most
_MOST = 200  # entries of one pass: harvests wait meanwhile
_log = structlog.get_logger("chengshu.inspection")


@dataclass(frozen=True, slots=True)
class Looks:
    """What a pass did: entries looked into, those that were the same, those that could not be read."""

    looked: int = 0
    same: int = 0
    failed: int = 0
    left: bool = False  # there is more to do


@dataclass(frozen=True, slots=True)
class Parts:
    """What an inspection writes through."""

    grading: Grading
    quality: Quality
    follower: Follower
    booking: Booking


class Inspector:
    """Looks into what harvesters found. One object per hub; it runs beside the pump, not in it."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        parts: Parts,
        declared: Declared,
        sources: Mapping[str, RowSource],
        *,
        seconds: float = 60.0,
    ) -> None:
        self._database, self._clock, self._parts = database, clock, parts
        self._declared, self._sources, self._seconds = declared, sources, seconds
        self._through: dict[str, int] = {}  # source → the run that was gone through wholly

    def look(self, stopping: Callable[[], bool] = lambda: False, *, most: int = _MOST) -> Looks:
        """Look into at most ``most`` entries that were harvested since they were last looked into."""
        total = Looks()
        for name in self._sources:
            found = self.look_at(name, stopping, most=most - total.looked - total.failed)
            total = Looks(
                total.looked + found.looked,
                total.same + found.same,
                total.failed + found.failed,
                total.left or found.left,
            )
        return total

    def look_at(
        self, source: str, stopping: Callable[[], bool] = lambda: False, *, most: int = _MOST
    ) -> Looks:
        """As :meth:`look`, for one source. What was done stays done when it is stopped or killed."""
        run, todo = self._todo(source)
        looked = same = failed = 0
        for entry in todo:
            if stopping() or looked + failed >= most:
                break
            state = self._enter(source, entry, run)
            looked, same, failed = (
                looked + (state == "looked"),
                same + (state == "same"),
                failed + (state == "failed"),
            )
        left = looked + same + failed < len(todo)
        if run and not left:
            self._parts.follower.follow(source, self._sources[source])
            self._parts.booking.book(ACTOR)
            self._through[source] = run
        return Looks(looked, same, failed, left)

    def _todo(self, source: str) -> tuple[int, list[Resource]]:
        """The newest finished run, and the entries not yet looked into since."""
        with self._database.read() as connection:
            last = harvest_store.last_run(connection, source)
            if last is None or last.state != "done" or self._through.get(source) == last.number:
                return 0, []
            ids = sorted(ledger_store.origin_ids(connection, source).values())
            done = store.runs_of(connection, ids)
            wanted = [id_ for id_ in ids if done.get(id_) != last.number]
            found = ledger_store.find_entries(connection, wanted)
        return last.number, [entry for id_ in wanted if (entry := found[id_][0]).state in ("active", "stale")]

    def _enter(self, source: str, entry: Resource, run: int) -> str:
        with self._database.read() as connection:
            before = store.find_look(connection, entry.id)
        look = Look(entry.id, run, self._clock.now(), made=before.made if before else "")
        earlier = before.stamp if before else ""
        try:
            stamp = self._into(self._sources[source], entry, earlier)
        except ChengshuError as error:
            self._keep_failure(entry, look, before, error)
            return "failed"
        except Exception as surprise:  # one table's surprise must not keep the others waiting for ever
            _log.exception("looking into an entry failed", entry=entry.id)
            words = f"{type(surprise).__name__}: {surprise}".splitlines()[0][:300]
            self._keep_failure(
                entry, look, before, Invalid("inspection-surprise", words, remedy="see the log")
            )
            return "failed"
        known = (before.error, before.remedy) if before and stamp == earlier else ("", "")
        kept = replace(look, stamp=stamp, error=known[0], remedy=known[1])
        self._database.write(lambda connection: store.put_look(connection, kept))
        return "same" if stamp == earlier else "looked"

    def _keep_failure(self, entry: Resource, look: Look, before: Look | None, error: ChengshuError) -> None:
        """What did not answer is tried again at the next run, what is broken when it has changed."""
        _log.warning("an entry could not be looked into", entry=entry.id, error=str(error))
        told = replace(look, error=error.fault.detail, remedy=error.fault.remedy)
        again = isinstance(error, Unavailable)
        kept = told if again else replace(told, stamp=self._stamp(entry, self._content(entry)))

        def work(connection: Connection) -> None:
            store.put_look(connection, kept)
            if before is None or before.error != kept.error:
                body = {"code": error.fault.code, "detail": error.fault.detail}
                record(connection, Act(ACTOR, "inspection.failed", entry.id, look.at, body))

        self._database.write(work)

    def _content(self, entry: Resource) -> str:
        return self._sources[entry.origin.source].content(entry) if entry.origin else ""

    def _into(self, source: RowSource, entry: Resource, before: str) -> str:
        """Profile, grade and measure the rows; the stamp of what was seen. Nothing is done for the same."""
        content = source.content(entry)
        if content and (stamp := self._stamp(entry, content)) == before:
            return stamp
        rows = source.rows(entry)
        if not content:
            content = _digest(rows)
            if (stamp := self._stamp(entry, content)) == before:
                return stamp
        report = self._grade(entry, rows)
        declared = self._declared.rules_of(entry)
        profile, measured = examine(
            rows.table,
            declared.rules if declared else None,
            self._clock.now(),
            folder=declared.folder if declared else None,
            encoding=entry.extra.get("encoding", "") if isinstance(rows.table, Path) else "",
            seconds=self._patience(rows),
            earlier=self._earlier(entry),
        )
        self._parts.quality.keep(entry.id, profile, measured, _guard(report), ACTOR)
        return self._stamp(entry, content)

    def _patience(self, rows: Rows) -> float:
        """Seconds for one reading: a large file gets more, but none is waited for without end."""
        size = rows.table.stat().st_size if isinstance(rows.table, Path) else 0
        return self._seconds + size / _BYTES_PER_SECOND

    def _earlier(self, entry: Resource) -> Suggested | None:
        with self._database.read() as connection:
            return suggested(connection, entry.id)

    def _grade(self, entry: Resource, rows: Rows) -> TableReport:
        if isinstance(rows.table, Path):
            sample = read_sample(rows.table, seconds=self._patience(rows))
        else:
            sample = table_sample(rows.table, rows.total)
        return self._parts.grading.grade(entry.id, sample, ACTOR, self._declared.elements_of(entry))

    def _stamp(self, entry: Resource, content: str) -> str:
        """A digest of all that a look depends on."""
        rules, elements = self._declared.rules_of(entry), self._declared.elements_of(entry)
        said = [rule.model_dump_json() for rule in rules.rules] if rules else None
        with self._database.read() as connection:
            taught = queries.taught_about(connection, entry.id, [part.name for part in entry.fields])
        parts = repr((content, said, elements, taught))
        return hashlib.sha256(parts.encode()).hexdigest()


def _digest(rows: Rows) -> str:
    assert isinstance(rows.table, pa.Table)  # noqa: S101  a file's content is told by its checksum
    found = hashlib.sha256(repr(rows.total).encode())
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.table.schema) as writer:
        writer.write_table(rows.table)
    found.update(sink.getvalue())
    return found.hexdigest()


def _guard(report: TableReport) -> Guard:
    found = {column.found.column: (column.found.category, column.graded.grade) for column in report.columns}
    return guard_of(found, report.day)
