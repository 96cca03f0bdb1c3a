"""What the twins room keeps and says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from chengshu.kernel.reasons import Reason
from chengshu.ports.twin import Action


@dataclass(frozen=True, slots=True)
class Taken:
    """An action that has really been taken: ``by`` (a truck, a station) holds ``element`` at ``value`` from
    ``at``.

    Several trucks at one node add up. ``value`` None: ``by`` holds it no longer.
    """

    element: str
    value: float | None
    by: str
    at: datetime


class Particle(msgspec.Struct, frozen=True, array_like=True):
    """One copy of the model: its state, its weight (log), and what makes it different.

    ``shadow`` is the same copy without any action taken (empty: none was taken yet, both are the same).
    """

    snapshot: bytes
    log_weight: float
    rain_factor: float
    seed: int  # of the parameter spreads; 0: the model as it is
    shadow: bytes = b""


class Nowcast(msgspec.Struct, frozen=True):
    """The twin's present: copies of the model, and what they say together. ``shadow_m3`` is what would have
    flooded without the actions taken."""

    at: datetime
    particles: tuple[Particle, ...]
    depth: tuple[float, ...]  # per node, weighted over the particles
    flooded_m3: float  # since the nowcast began, weighted
    shadow_m3: float
    since: datetime
    last_rain: datetime | None = None
    last_forecast: datetime | None = None
    likely: float = 0.0  # highest probability of the last forecast


@dataclass(frozen=True, slots=True)
class NodeForecast:
    """One node's future. Lead times in seconds over the members that flood: the median and the earliest
    tenth. ``dry_s``: from when on nine of ten members have it dry; the horizon when they have not by then,
    None when it is dry in so many all along (or the record is older than this figure)."""

    node: str
    entity: str
    probability: float
    lead_s: float | None
    lead_early_s: float | None
    depth_low: float
    depth_middle: float
    depth_high: float
    volume_m3: float
    dry_s: float | None = None


@dataclass(frozen=True, slots=True)
class ForecastRecord:
    """A kept forecast: who floods, how likely, how soon, how deep, and what it was made of."""

    id: str
    scenario: str
    at: datetime
    horizon_s: int
    members: int
    nodes: Sequence[NodeForecast]
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def likely(self) -> float:
        """The highest probability of any node."""
        return max((node.probability for node in self.nodes), default=0.0)


@dataclass(frozen=True, slots=True)
class Drying:
    """From when on no water is expected; ``beyond``: not before, the forecast does not reach further."""

    at: datetime
    beyond: bool


@dataclass(frozen=True, slots=True)
class Benefit:
    """What the ``units``-th mobile unit at a site is expected to avoid beyond the ones before it."""

    site: str
    units: int
    avoided_m3: float
    probability: float
    reason: Reason


@dataclass(frozen=True, slots=True)
class Proposal:
    """A setting of a pump or gate that the twin finds better than what is."""

    element: str
    value: float
    avoided_m3: float
    why: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Alternative:
    """A plan to compare: its name and its actions from now on."""

    name: str
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a plan would lead to: flooded volume, mean and highest over the futures, and against doing
    nothing."""

    name: str
    flooded_m3: float
    worst_m3: float
    avoided_m3: float
    members: int
