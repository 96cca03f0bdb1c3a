"""What the situation pages show: levels of areas, vital signs, warnings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chengshu.console.model.common import (
    NEVER,
    NO_TEXT,
    AreaRef,
    Coverage,
    Freshness,
    Permission,
    ShownLevel,
    ShownReason,
    ShownText,
    TimelineItem,
)
from chengshu.console.model.response import EventRow

WarningState = Literal["raised", "acknowledged", "cleared", "corrected"]


@dataclass(frozen=True, slots=True)
class AreaLevel:
    """An area with its highest level, the indicator that gives it, and how much of it is seen."""

    area: AreaRef
    level: ShownLevel
    coverage: Coverage
    indicator_name: ShownText | None = None
    warnings: int = 0


@dataclass(frozen=True, slots=True)
class WarningRow:
    """A warning in a list. ``forecast`` is true when a forecast, not a measurement, raised it."""

    id: str
    scenario: str
    scenario_name: ShownText
    indicator: str
    indicator_name: ShownText
    area: AreaRef
    level: ShownLevel
    previous: ShownLevel
    state: WarningState
    value: float | None
    unit: str
    raised_at: datetime
    changed_at: datetime
    observed_at: datetime
    lead_time_s: float | None = None
    probability: float | None = None
    forecast: bool = False
    acknowledged_by: str | None = None
    acknowledge_due: datetime | None = None
    event: str | None = None
    for_you: bool = False
    """Nobody has taken it on, and the reader of the list may."""


@dataclass(frozen=True, slots=True)
class EntityRef:
    """A thing of the city as a page names it, with its current value where one matters."""

    id: str
    type: str
    name: ShownText
    lon: float | None = None
    lat: float | None = None
    value: float | None = None
    unit: str = ""
    observed_at: datetime | None = None
    freshness: Freshness = NEVER


@dataclass(frozen=True, slots=True)
class WarningView:
    """One warning in full. ``cap_url`` is its CAP 1.2 message; ``acknowledge`` who may take it on."""

    row: WarningRow
    reason: ShownReason
    entities: tuple[EntityRef, ...]
    history: tuple[TimelineItem, ...]
    acknowledge: Permission
    acknowledge_effect: ShownText = NO_TEXT
    cap_url: str | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of the whole city at ``as_of``; ``areas`` in declared order with the city itself first."""

    as_of: datetime
    highest: ShownLevel
    areas: tuple[AreaLevel, ...]
    warnings: tuple[WarningRow, ...]
    events: tuple[EventRow, ...]
    work_orders_open: int
    work_orders_overdue: int
    units_busy: int
    units_total: int
    coverage: Coverage
    stale: tuple[EntityRef, ...]


@dataclass(frozen=True, slots=True)
class VitalNode:
    """A group or an indicator of the tree. A group shows the worst level below it and no value.

    ``spark`` holds the last hours in equal steps, None where nothing was measured.
    """

    id: str
    name: ShownText
    kind: Literal["group", "indicator"]
    level: ShownLevel
    freshness: Freshness
    coverage: Coverage
    value: float | None = None
    unit: str = ""
    observed_at: datetime | None = None
    spark: tuple[float | None, ...] = ()
    children: tuple[VitalNode, ...] = ()


@dataclass(frozen=True, slots=True)
class VitalsTree:
    """The vital signs of one area, and the areas one can go to."""

    as_of: datetime
    area: AreaRef
    areas: tuple[AreaRef, ...]
    spark_hours: float
    nodes: tuple[VitalNode, ...]


@dataclass(frozen=True, slots=True)
class Threshold:
    """From ``value`` on, in ``direction``, the indicator has this level; it falls back at ``release``."""

    level: ShownLevel
    value: float
    direction: Literal["above", "below"] = "above"
    release: float | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A measured or computed value at a moment; None where nothing was known."""

    at: datetime
    value: float | None


@dataclass(frozen=True, slots=True)
class Band:
    """A forecast at a moment: middle and the range that holds the stated share of the members."""

    at: datetime
    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class VitalInput:
    """Where an indicator's value came from: an entity's attribute, another indicator or a setting."""

    name: ShownText
    kind: Literal["entity", "indicator", "setting"]
    id: str
    value: float | str | None
    unit: str
    freshness: Freshness
    observed_at: datetime | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class VitalView:
    """One indicator of one area opened up: ``expression`` is the rule as declared (FEEL or DMN id)."""

    node: VitalNode
    area: AreaRef
    as_of: datetime
    definition: ShownText
    expression: str
    window: ShownText
    thresholds: tuple[Threshold, ...]
    history: tuple[Sample, ...]
    inputs: tuple[VitalInput, ...]
    forecast: tuple[Band, ...] = ()
    forecast_made_at: datetime | None = None
    forecast_by: ShownText = NO_TEXT
    forecast_share: float = 0.8
    reason: ShownReason | None = None
