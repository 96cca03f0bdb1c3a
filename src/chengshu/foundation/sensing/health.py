"""How the sources are doing: a follower of the stream that counts, and notices silence by the clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from chengshu.foundation import journal
from chengshu.foundation.context import decode_batch
from chengshu.foundation.journal import Act, Actor
from chengshu.foundation.sensing import store
from chengshu.foundation.sensing.declared import Source
from chengshu.foundation.sensing.model import SourceHealth
from chengshu.kernel.clock import Clock, from_millis, millis
from chengshu.ports.database import Database
from chengshu.ports.runtime import Change, Effect

_KEEP_MINUTES = 24 * 60
_RATE_MINUTES = 5


class SensingHealth:
    """Consumer and ticker ``sensing``. Publishes ``source.silent`` and ``source.resumed``.

    A declared source that never said anything counts as silent from the moment the hub first knew it.
    """

    name = "sensing"
    kinds: tuple[str, ...] = ("observations", "quarantine.added")

    def __init__(self, database: Database, clock: Clock, sources: Mapping[str, Source]) -> None:
        self._database = database
        self._clock = clock
        self._sources = dict(sources)
        self._start = clock.now()
        self._last: dict[str, datetime] = {}
        self._silent: set[str] = set()
        self._pruned = 0
        self._load()

    def _load(self) -> None:
        with self._database.read() as connection:
            rows = store.source_rows(connection)
        for row in rows.values():
            if row.last_seen is not None:
                self._last[row.source] = from_millis(row.last_seen)
            if row.silent_since is not None:
                self._silent.add(row.source)

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        """Count per source and minute; a source that speaks again is no longer silent."""
        counts: dict[tuple[str, int], list[int]] = {}
        last: dict[str, datetime] = {}
        for change in changes:
            if change.subject not in self._sources:
                continue
            count = counts.setdefault((change.subject, millis(change.at) // 60_000), [0, 0])
            if change.kind == "observations":
                count[0] += len(decode_batch(change.payload["batch"]))
            else:
                count[1] += int(change.payload["count"])
            last[change.subject] = max(change.at, last.get(change.subject, change.at))
        if not counts:
            return None
        resumed = sorted(self._silent & set(last))
        oldest = min(minute for _, minute in counts) - _KEEP_MINUTES
        prune = oldest // 60 > self._pruned // 60  # once in an hour is enough

        def effect(connection: Connection) -> None:
            for (source, minute), (accepted, quarantined) in sorted(counts.items()):
                store.add_minute(connection, source, minute, accepted, quarantined)
                store.see_source(connection, source, millis(last[source]), accepted, quarantined)
            for source in resumed:
                journal.record(connection, self._act("source.resumed", source, last[source]))
            if prune:
                store.drop_minutes(connection, oldest)
                self._pruned = oldest
            self._last.update(last)
            self._silent.difference_update(resumed)

        return effect

    def next_due(self) -> datetime | None:
        """When the next source will have been quiet for too long."""
        return min(
            (self._due(source) for source in self._sources.values() if source.id not in self._silent),
            default=None,
        )

    def _due(self, source: Source) -> datetime:
        return self._last.get(source.id, self._start) + source.silence

    def tick(self, now: datetime) -> None:
        """Mark and publish the sources that have gone silent."""
        quiet = sorted(
            source.id
            for source in self._sources.values()
            if source.id not in self._silent and self._due(source) <= now
        )

        def work(connection: Connection) -> None:
            for source in quiet:
                store.see_source(connection, source, None, 0, 0)
                store.set_silent(connection, source, millis(self._last.get(source, self._start)))
                journal.record(connection, self._act("source.silent", source, now))

        self._database.write(work)
        self._silent.update(quiet)

    def _act(self, action: str, source: str, at: datetime) -> Act:
        last = self._last.get(source)
        return Act(
            Actor.hub("sensing"),
            action,
            source,
            at,
            {
                "source": source,
                "last_seen": last.isoformat() if last else None,
                "interval_s": self._sources[source].interval.total_seconds(),
            },
        )

    def report(self) -> list[SourceHealth]:
        """Every declared source, in declared order."""
        minute = millis(self._clock.now()) // 60_000
        with self._database.read() as connection:
            rows = store.source_rows(connection)
            sums = store.minute_sums(connection, minute - _RATE_MINUTES, minute)
        report: list[SourceHealth] = []
        for source in self._sources.values():
            row = rows.get(source.id)
            silent = (
                from_millis(row.silent_since) if row is not None and row.silent_since is not None else None
            )
            report.append(
                SourceHealth(
                    source.id,
                    from_millis(row.last_seen) if row is not None and row.last_seen is not None else None,
                    row.accepted if row is not None else 0,
                    row.quarantined if row is not None else 0,
                    sums.get(source.id, 0) / _RATE_MINUTES,
                    source.interval / timedelta(seconds=1),
                    silent,
                )
            )
        return report
