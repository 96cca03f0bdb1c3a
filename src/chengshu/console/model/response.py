"""What the response pages show: events, the plan that runs, work orders, tasks, assignments, the review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chengshu.console.model.common import (
    NO_TEXT,
    AreaRef,
    Figure,
    Permission,
    ShownLevel,
    ShownReason,
    ShownText,
    TimelineItem,
)

EventState = Literal["open", "responding", "verifying", "closed", "reviewed"]
OrderState = Literal["created", "assigned", "accepted", "arrived", "done", "refused", "cancelled"]
OrderVerb = Literal["accept", "arrive", "done", "refuse"]
EndBasis = Literal["calm", "forecast", "dry", "units"]
"""How it is known when an event will be over."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event in a list: where, how bad, who is on it, when it will be over (``expected_end``) and how that
    is known; ``end_beyond``: not before."""

    id: str
    title: ShownText
    scenario: str
    scenario_name: ShownText
    area: AreaRef
    level: ShownLevel
    state: EventState
    opened_at: datetime
    lead: ShownText
    orders_done: int
    orders_total: int
    orders_overdue: int
    expected_end: datetime | None = None
    closed_at: datetime | None = None
    warnings: int = 0
    end_basis: EndBasis | None = None
    end_beyond: bool = False


@dataclass(frozen=True, slots=True)
class FormField:
    """A question of a human task's form. ``choices`` are value and words."""

    id: str
    label: ShownText
    kind: Literal["text", "longtext", "number", "boolean", "choice"]
    required: bool = False
    choices: tuple[tuple[str, ShownText], ...] = ()
    value: str | float | bool | None = None
    hint: ShownText = NO_TEXT


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A human task of the plan; ``effect`` says what completing it sets off."""

    id: str
    element: str
    name: ShownText
    department: ShownText
    state: Literal["open", "claimed", "completed", "cancelled"]
    created_at: datetime
    due: datetime | None
    overdue: bool
    complete: Permission
    effect: ShownText = NO_TEXT
    form: tuple[FormField, ...] = ()
    claimed_by: str | None = None
    completed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlanView:
    """The running plan: its BPMN, and which elements hold a token, are done, failed or will not come."""

    definition: str
    version: str
    name: ShownText
    bpmn: str
    active: tuple[str, ...]
    done: tuple[str, ...]
    failed: tuple[str, ...] = ()
    tasks: tuple[TaskRow, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderAction:
    """A button of a work order: ``effect`` says what will happen and to whom."""

    verb: OrderVerb
    permission: Permission
    effect: ShownText


@dataclass(frozen=True, slots=True)
class OrderRow:
    """A work order with everything a crew needs on a phone."""

    id: str
    event: str
    event_title: ShownText
    title: ShownText
    department: str
    department_name: ShownText
    state: OrderState
    level: ShownLevel
    created_at: datetime
    place: ShownText
    overdue: bool = False
    due: datetime | None = None
    units: tuple[ShownText, ...] = ()
    lon: float | None = None
    lat: float | None = None
    eta: datetime | None = None
    route_m: float | None = None
    instruction: ShownText = NO_TEXT
    reason: ShownReason | None = None
    actions: tuple[OrderAction, ...] = ()
    history: tuple[TimelineItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Alternative:
    """A choice that was not taken, and why."""

    unit: ShownText
    eta: datetime | None
    why_not: ShownText


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which unit goes where, by which reason, and what else was possible."""

    order: str
    unit: str
    unit_name: ShownText
    place: ShownText
    reason: ShownReason
    at: datetime
    eta: datetime | None = None
    route_m: float | None = None
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class VerificationView:
    """Independent data that shows whether the matter is over.

    ``samples`` are moment and value; it is over after ``hold_s`` seconds below ``threshold``.
    """

    name: ShownText
    criterion: ShownText
    unit: str
    threshold: float
    hold_s: float
    held_s: float
    passed: bool
    samples: tuple[tuple[datetime, float | None], ...]
    source: ShownText = NO_TEXT


@dataclass(frozen=True, slots=True)
class ReviewView:
    """The written review: sections of words and the figures they rest on; ``url`` the document itself."""

    written_at: datetime
    figures: tuple[Figure, ...]
    sections: tuple[tuple[ShownText, ShownText], ...]
    url: str | None = None


@dataclass(frozen=True, slots=True)
class EventView:
    """One event in full. ``bounds`` west, south, east, north of its map; None: the city. ``matter``: the
    address and name of the page where it is decided, for an event that no scenario handles.
    """

    row: EventRow
    as_of: datetime
    summary: ShownText
    timeline: tuple[TimelineItem, ...]
    orders: tuple[OrderRow, ...]
    assignments: tuple[Assignment, ...]
    warnings: tuple[tuple[str, ShownText, ShownLevel], ...] = ()
    plan: PlanView | None = None
    verifications: tuple[VerificationView, ...] = ()
    review: ReviewView | None = None
    bounds: tuple[float, float, float, float] | None = None
    matter: tuple[str, ShownText] | None = None
