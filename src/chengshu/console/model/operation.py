"""What the operators' pages show: sources, quarantine, the journal, drills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chengshu.console.model.common import (
    NO_TEXT,
    Coverage,
    Figure,
    Freshness,
    Permission,
    ShownReason,
    ShownText,
    TimelineItem,
)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source of observations: how it speaks, how fresh it is, what it sent, what was not accepted."""

    id: str
    name: ShownText
    protocol: str
    freshness: Freshness
    coverage: Coverage
    last_seen: datetime | None
    accepted: int
    quarantined: int
    per_minute: float | None = None
    note: ShownText = NO_TEXT


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """What was kept aside of one device for one reason: what is wrong with it, how often, from when to when.
    ``id``, ``detail`` and ``payload`` are of the newest message of ``messages``; ``device`` may be unknown.
    """

    id: str
    since: datetime
    at: datetime
    source: ShownText
    device: ShownText
    code: str
    detail: str
    where: str
    messages: int
    times: int
    payload: str
    release: Permission


@dataclass(frozen=True, slots=True)
class QuarantineFate:
    """What became of messages in quarantine: settled (``done``), and those that ``still`` wait."""

    done: int
    still: int


@dataclass(frozen=True, slots=True)
class SourcesView:
    """All sources and what lies in quarantine, newest first: ``quarantine_total`` messages, for ``reasons``
    devices and reasons, of which more may be than are shown.
    """

    as_of: datetime
    sources: tuple[SourceRow, ...]
    quarantine: tuple[QuarantineRow, ...]
    quarantine_total: int
    reasons: int


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One line of the journal."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    text: ShownText
    policy: str
    hash: str
    body: Mapping[str, Any]
    reason: ShownReason | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class JournalView:
    """A page of the journal, newest first. ``intact`` is the verdict over the whole chain."""

    entries: tuple[JournalRow, ...]
    total: int
    head: str
    intact: bool
    verdict: ShownText
    older: int | None = None


@dataclass(frozen=True, slots=True)
class DrillRow:
    """A drill in the list: what was replayed, when, and the few figures that matter."""

    id: str
    name: ShownText
    scenario_name: ShownText
    made_at: datetime
    starts_at: datetime
    ends_at: datetime
    figures: tuple[Figure, ...]
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class DrillView:
    """One report: every figure against doing nothing, the timeline in virtual time, what was assumed."""

    row: DrillRow
    figures: tuple[Figure, ...]
    timeline: tuple[TimelineItem, ...]
    assumptions: tuple[ShownText, ...]
    sections: tuple[tuple[ShownText, ShownText], ...] = ()
    input_hash: str = ""
    result_hash: str = ""
    document_url: str | None = None
