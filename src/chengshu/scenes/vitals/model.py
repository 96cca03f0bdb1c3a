"""Vital signs, their thresholds and warnings, as the hub keeps them. Times are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from chengshu.kernel.levels import Level
from chengshu.kernel.texts import Text


class Status(StrEnum):
    """How far a value can be trusted. Only ``fresh`` may be shown without a mark."""

    FRESH = "fresh"  # every source reports as it should
    PARTIAL = "partial"  # enough sources report, not all
    STALE = "stale"  # too few report: the level is kept, the value is the last one known
    SILENT = "silent"  # nothing has been reported yet
    IDLE = "idle"  # nothing to report is normal for this one (when_silent: idle)


@dataclass(frozen=True, slots=True)
class Group:
    """A branch of the tree."""

    id: str
    name: Text
    parent: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """Where the values come from; ``where`` is FEEL over the entity's declared attributes."""

    type: str
    attribute: str
    unit: str
    where: str | None


@dataclass(frozen=True, slots=True)
class Threshold:
    """A level begins at ``at`` after ``dwell`` and is left beyond ``clear``; both are numbers by now."""

    level: Level
    at: float
    clear: float
    dwell: timedelta


@dataclass(frozen=True, slots=True)
class Levels:
    """The thresholds of one indicator in rising order of level."""

    above: bool
    thresholds: tuple[Threshold, ...]
    keep: timedelta
    hold: timedelta

    def threshold(self, level: Level) -> Threshold | None:
        """The threshold of ``level``, or None when it is not declared."""
        return next((item for item in self.thresholds if item.level == level), None)


@dataclass(frozen=True, slots=True)
class WarningRule:
    """What becomes a warning and how it is worded and escalated."""

    at: tuple[str, ...]
    event: Text
    headline: Text
    instruction: Text
    category: str
    probability: str | None
    lead_time: str | None
    acknowledge_within: Mapping[Level, timedelta]
    escalations: int
    rejoin_within: timedelta


@dataclass(frozen=True, slots=True)
class Indicator:
    """One vital sign, settings filled in; it has a ``formula`` (derived) or a ``source`` (measured)."""

    id: str
    scenario: str
    name: Text
    unit: str
    group: str
    note: Text
    owner: str
    decimals: int
    by: str
    pane: timedelta
    window: timedelta
    rollup: str
    value: str
    weight: str | None
    source: Source | None
    formula: str | None
    needs: tuple[str, ...]  # indicators a formula uses
    interval: timedelta | None
    stale_after: timedelta | None
    idle: bool
    coverage: float
    levels: Levels | None
    warning: WarningRule | None
    where: str = ""  # file:line of the declaration


@dataclass(frozen=True, slots=True)
class Vital:
    """The value of an indicator in an area; it holds from ``at``, the end of a pane, until something differs.

    ``coverage`` is the share of sources that report (``fresh`` of ``expected``); ``since`` when the level
    began; ``top`` the entity that contributes most.
    """

    indicator: str
    area: str
    at: datetime
    value: float | None
    level: Level
    status: Status
    coverage: float
    fresh: int
    expected: int
    since: datetime
    top: str | None = None


class Warning(msgspec.Struct, frozen=True, kw_only=True):
    """A warning (預警): one indicator's trouble in one area, from first raise to all-clear.

    ``state``: raised, acknowledged or cleared. ``level`` is the present one, ``normal`` if cleared; ``peak``
    the highest it had. ``onset_at`` is when the level began by the data, ``raised_at`` when the hub said so.
    """

    id: str
    scenario: str
    indicator: str
    area: str
    state: str
    level: str
    previous: str
    peak: str
    value: float | None
    unit: str
    observed_at: datetime
    lead_time_s: float | None
    probability: float | None
    reason: dict[str, Any]
    entities: tuple[str, ...]
    status: str
    coverage: float
    onset_at: datetime
    raised_at: datetime
    changed_at: datetime
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    acknowledged_level: str | None = None
    escalations: int = 0
    escalate_at: datetime | None = None
    cleared_at: datetime | None = None
    reopened: int = 0
    steps: int = 1
    name: dict[str, str] = msgspec.field(default_factory=dict)
    area_name: dict[str, str] = msgspec.field(default_factory=dict)
    headline: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Whether the trouble still stands."""
        return self.state != "cleared"

    def body(self) -> dict[str, Any]:
        """As plain data, as it stands in changes and in the journal."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


@dataclass(frozen=True, slots=True)
class WarningStep:
    """One transition of a warning: ``kind`` is the kind of the change (``warning.raised`` …)."""

    warning: str
    number: int
    kind: str
    at: datetime
    by: str
    state: Warning
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bulletin:
    """A CAP message as issued; ``kind`` is Alert, Update or Cancel, ``sent`` the time as it stands in it."""

    identifier: str
    warning: str
    sender: str
    sent: str
    at: datetime
    kind: str
    title: Text
    xml: str

    @property
    def reference(self) -> str:
        """As it stands in ``references`` of later messages (CAP 1.2, 3.2.1)."""
        return f"{self.sender},{self.identifier},{self.sent}"


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one entity gave to a vital: its value in the window, and when it was last heard."""

    entity: str
    series: int | None
    value: float | None
    last_at: datetime | None
    fresh: bool


@dataclass(frozen=True, slots=True)
class VitalHistory:
    """A vital over time, for a chart: steps (each row holds until the next), thresholds and definition."""

    indicator: Indicator
    area: str
    rows: tuple[Vital, ...]
    thresholds: Mapping[str, float] = field(default_factory=dict)
