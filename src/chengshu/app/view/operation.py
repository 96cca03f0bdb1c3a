"""The view's reading of operation: the hub itself, sources, quarantine, journal, drills, the live stream."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from chengshu.app.drill.report import FIGURES, read_report
from chengshu.app.view import words
from chengshu.app.view.base import Base, freshness, reason
from chengshu.console import faults
from chengshu.console import model as shown
from chengshu.foundation.access.queries import needs_setup
from chengshu.foundation.journal import Entry, changes_after, entries_about, head, last_seq, verify
from chengshu.foundation.journal.queries import earlier_entries, first_entry_at
from chengshu.foundation.sensing import complaints, quarantine_counts
from chengshu.kernel.errors import Missing
from chengshu.kernel.texts import LANGUAGES, Text

_LINKS = {"warning": "/warnings/", "event": "/events/", "order": "/orders/", "rule": "/rules/changes/"}
_BETTER = {
    "hits": "higher",
    "pod": "higher",
    "csi": "higher",
    "median_lead_time_s": "higher",
    "avoided_share": "higher",
}


class Operation(Base):
    """What operators look at."""

    def status(self) -> shown.HubStatus:
        """The hub itself."""
        with self.hub.database.read() as connection:
            seq, setup, first = last_seq(connection), needs_setup(connection), first_entry_at(connection)
        problems = tuple(
            words.PART_DOWN.fill(name=part.name, error=part.trouble.error)
            for part in self.hub.pump.health()
            if part.trouble is not None
        )
        return shown.HubStatus(
            self.city.id,
            self.city.name,
            self.city.zone.key,
            self.means.clock.now(),
            seq,
            self._bounds_of_city(),
            not setup,
            first,
            self.means.drill_name,
            problems,
            self.city.attribution,
        )

    def _bounds_of_city(self) -> tuple[float, float, float, float]:
        boxes = [area.shape.bounds for area in self.city.areas if area.shape is not None] or [
            (0.0, 0.0, 1.0, 1.0)
        ]
        return (
            min(b[0] for b in boxes),
            min(b[1] for b in boxes),
            max(b[2] for b in boxes),
            max(b[3] for b in boxes),
        )

    def sources(self, person: shown.Person, as_of: datetime | None) -> shown.SourcesView:
        """Every source, and what waits in quarantine."""
        self.require(person, "view", "sources")
        now = as_of or self.means.clock.now()
        rows = []
        for item in self.hub.sensing.report():
            source = self.hub.sources[item.source]
            fresh = freshness(item.last_seen, now, source.silence.total_seconds())
            rows.append(
                shown.SourceRow(
                    item.source,
                    source.title,
                    source.connector.kind,
                    fresh,
                    self._heard(source.type, now, source.silence),
                    item.last_seen,
                    item.accepted,
                    item.quarantined,
                    item.per_minute,
                    words.SOURCE_SILENT if item.silent_since else Text(),
                )
            )
        waiting, reasons = complaints(self.hub.database)
        total = sum(count.records for count in quarantine_counts(self.hub.database))
        release = self.may(person, "administer", "quarantine")
        return shown.SourcesView(
            now,
            tuple(rows),
            tuple(
                shown.QuarantineRow(
                    str(item.newest.id),
                    item.first_at,
                    item.newest.last_at,
                    self._source(item.newest.source),
                    self.thing(item.newest.entity) if item.newest.entity else Text(),
                    item.newest.code,
                    item.newest.detail,
                    item.newest.topic,
                    item.records,
                    item.times,
                    item.newest.raw[:2000],
                    release,
                )
                for item in waiting
            ),
            total,
            reasons,
        )

    def _source(self, name: str) -> Text:
        found = self.hub.sources.get(name)
        return found.title if found else Text.of(name)

    def _heard(self, kind: str, now: datetime, silence: Any) -> shown.Coverage:
        states = self.hub.readings.states(type_=kind)
        heard = sum(
            any((now - reading.observed_at) <= silence for reading in state.readings.values())
            for state in states
        )
        return shown.Coverage(len(states), heard, 0, len(states) - heard)

    def journal(
        self, person: shown.Person, subject: str | None, before: int | None, limit: int
    ) -> shown.JournalView:
        """A page of the journal, newest first."""
        self.require(person, "view", "journal")
        with self.hub.database.read() as connection:
            total, hash_ = head(connection)
            if subject:
                found = [
                    entry
                    for entry in entries_about(connection, subject, 5000)
                    if before is None or entry.seq < before
                ][::-1][:limit]
            else:
                found = earlier_entries(connection, before, limit)
            verdict = verify(connection) if before is None else None
        said = words.JOURNAL_OK.fill(count=total)
        if verdict is not None and not verdict.ok:
            told = faults.texts(faults.ANY, verdict.detail)
            said = Text(
                *(
                    words.JOURNAL_BROKEN.say(tag).format(at=verdict.broken_at, detail=told.say(tag))
                    for tag in LANGUAGES
                )
            )
        older = found[-1].seq if len(found) == limit else None
        return shown.JournalView(
            tuple(self._row(entry) for entry in found),
            total,
            hash_,
            verdict.ok if verdict else True,
            said,
            older,
        )

    def _row(self, entry: Entry) -> shown.JournalRow:
        prefix = _LINKS.get(entry.subject.split("-", maxsplit=1)[0])
        return shown.JournalRow(
            entry.seq,
            entry.at,
            entry.actor,
            entry.action,
            entry.subject,
            self.sentence(entry.action, entry.body, entry.actor),
            entry.policy,
            entry.hash,
            entry.body,
            reason(entry.reason),
            f"{prefix}{entry.subject}" if prefix else None,
        )

    def changes_since(self, seq: int, limit: int) -> Sequence[shown.LiveChange]:
        """Changes of the stream above ``seq``."""
        with self.hub.database.read() as connection:
            return [
                shown.LiveChange(change.seq, change.kind, change.subject)
                for change in changes_after(connection, seq, limit=limit)
            ]

    def drills(self, person: shown.Person) -> Sequence[shown.DrillRow]:
        """Kept reports, the newest first."""
        return [self._drill_row(path) for path in self._reports()]

    def _reports(self) -> list[Path]:
        found = self.means.drills.glob("*/report.json") if self.means.drills.is_dir() else []
        return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)

    def _drill_row(self, path: Path) -> shown.DrillRow:
        report = read_report(path)
        made = datetime.fromtimestamp(path.stat().st_mtime, self.city.zone)
        return shown.DrillRow(
            path.parent.name,
            Text.of(report["title"]),
            Text.of(report["scenario_name"]),
            made,
            datetime.fromisoformat(report["start"]),
            datetime.fromisoformat(report["end"]),
            tuple(_figures(report)[:6]),
        )

    def drill(self, person: shown.Person, drill: str) -> shown.DrillView:
        """One report. Raises :class:`Missing`."""
        path = next((item for item in self._reports() if item.parent.name == drill), None)
        if path is None:
            raise Missing(
                "drill-missing",
                f"drill {drill!r} does not exist",
                remedy="run one: chengshu drill CITY SCENARIO",
            )
        report = read_report(path)
        timeline = [
            shown.TimelineItem(
                datetime.fromisoformat(row["raised_at"]), Text.of(row["name"] or row["indicator"])
            )
            for row in report["warnings"]
        ]
        timeline += [
            shown.TimelineItem(datetime.fromisoformat(row[key]), words.TYPES[action])
            for row in report["events"]
            for key, action in (("opened_at", "event.opened"), ("closed_at", "event.closed"))
            if row[key]
        ]
        timeline.sort(key=lambda item: item.at)
        return shown.DrillView(
            self._drill_row(path),
            tuple(_figures(report)),
            tuple(timeline),
            tuple(Text.of(line) for line in report["assumptions"]),
            (),
            "",
            report["result_hash"],
        )


def _figures(report: Any) -> list[shown.Figure]:
    """The figures of a report; flood volume and nodes stand beside what happens when nobody acts."""
    rows: list[shown.Figure] = []
    for key in FIGURES:
        if key.endswith(".without"):
            continue
        value = _at(report, key)
        base = _at(report, key.replace(".with", ".without")) if key.endswith(".with") else None
        name = key.removesuffix(".with").replace("_", " ").replace(".", " ")
        better = _BETTER.get(key, "lower")
        rows.append(shown.Figure(key, Text.of(name), value, _unit(key), better, base))  # type: ignore[arg-type]
    return rows


def _at(report: Any, dotted: str) -> float | None:
    value = report
    for step in dotted.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return None if value is None else float(value)


def _unit(key: str) -> str:
    stem = key.removesuffix(".with")
    return (
        "s" if stem.endswith("_s") else "m3" if stem.endswith("_m3") else "m" if stem.endswith("_m") else "1"
    )
