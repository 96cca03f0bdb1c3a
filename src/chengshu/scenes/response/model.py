"""What the response scene keeps: events, work orders, units, closures, reviews. Frozen."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


class EventState(StrEnum):
    """Where an event stands. ``verified``: the data agree; ``closed``: the plan has ended with it."""

    OPEN = "open"
    VERIFIED = "verified"
    CLOSED = "closed"


class OrderState(StrEnum):
    """Where a work order stands. ``proposed`` waits for an officer, ``created`` for a unit."""

    PROPOSED = "proposed"
    CREATED = "created"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    ARRIVED = "arrived"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({OrderState.DONE, OrderState.FAILED, OrderState.CANCELLED})
MOVING = frozenset({OrderState.ASSIGNED, OrderState.ACCEPTED, OrderState.EN_ROUTE})


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """A warning as its event last saw it. ``level`` is the word; ``cleared_at`` None while it stands."""

    id: str
    indicator: str
    area: str
    level: str
    highest: str
    value: float | None
    unit: str
    probability: float | None
    lead_time_s: float | None
    entities: tuple[str, ...]
    raised_at: datetime
    changed_at: datetime
    cleared_at: datetime | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """The thing to handle: warnings of one scenario that belong together, and who handles them.

    ``area`` is the smallest area that holds all ``areas``. ``name`` is by language tag. ``severity`` is a
    level word; ``severity_reason`` and ``duty_reason`` are reasons as the journal keeps them.
    """

    id: str
    scenario: str
    name: dict[str, str]
    area: str
    areas: tuple[str, ...]
    severity: str
    highest: str
    state: EventState
    opened_at: datetime
    updated_at: datetime
    lead: str
    assist: tuple[str, ...]
    fallback: str | None
    warnings: tuple[Joined, ...]
    entities: tuple[str, ...]
    lon: float | None
    lat: float | None
    severity_reason: dict[str, Any]
    duty_reason: dict[str, Any]
    plan: str | None = None  # definition key of the plan
    process: str | None = None  # instance of the plan
    first_signal_at: datetime | None = None
    calm_since: datetime | None = None
    blind_since: datetime | None = None  # data for the closing condition are missing since
    verified_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: dict[str, Any] | None = None
    closing: dict[str, Any] | None = None  # the last look at the closing condition, for the console
    reviewed_at: datetime | None = None


class RoutePoint(msgspec.Struct, frozen=True, array_like=True):
    """A vertex of a route and the seconds after departure at which it is passed."""

    lon: float
    lat: float
    after_s: float


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """The way of a unit: vertices with times, whole length in metres and travel time in seconds."""

    points: tuple[RoutePoint, ...]
    length_m: float
    travel_s: float
    departs_at: datetime
    edges: tuple[int, ...] = ()  # of the road graph, to see when water closes one of them


class Escalation(msgspec.Struct, frozen=True, kw_only=True):
    """A clock that came near (``near``) or ran out (``late``), and who was told."""

    clock: str  # accept, arrive, done
    kind: str  # near, late
    at: datetime
    to: str  # department


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A unit or department that gave the order back, or lost it in a re-plan."""

    unit: str
    at: datetime
    why: str
    by: str


class WorkOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A department's or crew's task with its clocks.

    ``kind`` is declared in the scenario's dispatch.yaml (task, pump, guard, control, inspect …). ``site`` is
    the entity it is about. ``setting`` is {element, value} of a control order, in the twin's words (0..1, or
    m3/s at ``mobile:<node>``). ``capacity`` is m3/s of the units. Times are UTC.
    """

    id: str
    event: str
    scenario: str
    kind: str
    state: OrderState
    name: dict[str, str]
    department: str
    matter: str
    area: str
    site: str | None
    lon: float | None
    lat: float | None
    created_at: datetime
    updated_at: datetime
    reason: dict[str, Any]
    slot: str = ""  # the need this order fills; one living order per slot, so that nothing is ordered twice
    units: tuple[str, ...] = ()
    task: str | None = None
    form: tuple[Any, ...] = ()  # fields of the plan's task, as the plan declares them
    setting: dict[str, Any] | None = None
    capacity: float = 0.0
    avoided_m3: float | None = None
    route: Route | None = None
    eta: datetime | None = None
    assigned_at: datetime | None = None
    accept_by: datetime | None = None
    arrive_by: datetime | None = None
    done_by: datetime | None = None
    accepted_at: datetime | None = None
    arrived_at: datetime | None = None
    ended_at: datetime | None = None
    handler: str = ""  # the person or unit that accepted
    report: dict[str, Any] | None = None
    refusals: tuple[Refusal, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    independent_of: tuple[str, ...] = ()  # units that may not do it: they handled what is inspected
    pinned: bool = False  # a person chose the unit; the hub does not change it

    @property
    def open(self) -> bool:
        """Whether somebody still has to do something."""
        return self.state not in ENDED


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A truck or crew as dispatch sees it. ``order`` is the work order it is busy with; ``status`` a word."""

    id: str
    type: str
    name: dict[str, str]
    department: str
    lon: float
    lat: float
    skills: tuple[str, ...]
    capacity: float = 0.0
    status: str = "free"  # free, busy, off
    order: str | None = None
    located_at: datetime | None = None


class Closure(msgspec.Struct, frozen=True, kw_only=True):
    """A place where water closes the road, and the edges it takes away."""

    id: str  # the entity that closes it
    edges: tuple[int, ...]
    depth_m: float | None
    closed_at: datetime
    opened_at: datetime | None
    reason: dict[str, Any]


class ClockResult(msgspec.Struct, frozen=True, kw_only=True):
    """One clock of one order in the review: seconds late, negative when in time."""

    order: str
    kind: str
    department: str
    clock: str
    due: datetime
    met_at: datetime | None
    late_s: float | None
    met: bool


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """Something the review found by itself, with the numbers it stands on."""

    rule: str
    text: dict[str, str]
    inputs: dict[str, Any]


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """The written review (復盤) of a closed event. Durations in seconds, volumes in m3."""

    event: str
    written_at: datetime
    timeline: tuple[dict[str, Any], ...]
    figures: dict[str, Any]
    clocks: tuple[ClockResult, ...]
    departments: tuple[dict[str, Any], ...]
    lessons: tuple[Lesson, ...]
    volumes: dict[str, Any] | None


def plain(value: Any) -> Any:
    """The value as JSON-like data (times as RFC 3339), as bodies of changes and journal entries carry it."""
    return msgspec.to_builtins(value)


def restore(kind: type[T], text: str | bytes) -> T:
    """The inverse of storing ``plain`` as JSON."""
    return msgspec.json.decode(text, type=kind)
