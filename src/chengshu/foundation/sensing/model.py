"""What sensing says about what it received."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Code = Literal[
    "time-missing",
    "time-unreadable",
    "time-in-future",
    "too-old",
    "value-not-number",
    "unit-unknown",
    "out-of-range",
    "entity-missing",
    "entity-unknown",
    "malformed",
    "coordinates-projected",
    "coordinates-outside",
    "too-large",
]
State = Literal["waiting", "requeued", "discarded"]


@dataclass(frozen=True, slots=True)
class Reject:
    """One record (or one value of it) that was not kept; ``index`` is its place in the message."""

    index: int
    code: Code
    detail: str
    record: Any
    entity: str = ""
    """Which device it is about, where that could be read."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message. ``accepted`` counts observations that are durable now."""

    accepted: int
    quarantined: tuple[Reject, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The answer of ``POST /ingest``."""
        return {
            "accepted": self.accepted,
            "quarantined": [
                {"index": item.index, "code": item.code, "detail": item.detail} for item in self.quarantined
            ],
        }


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A rejected record as it is kept. ``times`` counts how often the same came; ``raw`` may be cut short."""

    id: int
    source: str
    code: Code
    detail: str
    raw: str
    cut: bool
    topic: str
    times: int
    first_at: datetime
    last_at: datetime
    state: State
    entity: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """What waits of one device for one reason: different ``records``, how often they came (``times``), from
    when to when, and the newest of them.
    """

    records: int
    times: int
    first_at: datetime
    newest: Quarantined


@dataclass(frozen=True, slots=True)
class Box:
    """The rectangle the city lies in, WGS-84 degrees."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lon: float, lat: float) -> bool:
        """Whether the point lies inside."""
        return self.west <= lon <= self.east and self.south <= lat <= self.north


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How a source is doing. ``per_minute`` is the mean of the last five whole minutes."""

    source: str
    last_seen: datetime | None
    accepted: int
    quarantined: int
    per_minute: float
    interval_s: float
    silent_since: datetime | None
