"""City twins: a model of something physical that the hub can step, photograph, put back and ask ahead.

Everything at the port is SI, whatever the model file says: metres, m3/s, m3, rain in mm/h, times aware UTC.
A twin computes nothing in the hub's own process; an engine decides where (see ``engines/swmm``).

The one computing primitive is :meth:`Twin.simulate`: pure runs from snapshots, in parallel, answered in the
order asked. ``step`` and ``forecast`` are written with it, so whatever was forecast can be computed again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]

#: What ``step`` answers: one row per sampled time, element and variable.
OUTPUT_SCHEMA = pa.schema(
    [
        ("time", pa.timestamp("ms", tz="UTC")),
        ("element", pa.string()),
        ("variable", pa.string()),
        ("value", pa.float64()),
        ("unit", pa.string()),
    ]
)

#: What ``forecast`` answers per element: one row per quantile.
QUANTILE_SCHEMA = pa.schema(
    [
        ("element", pa.string()),
        ("variable", pa.string()),
        ("quantile", pa.float64()),
        ("value", pa.float64()),
        ("unit", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Node:
    """A place of the model. ``full_depth`` is the depth at which water reaches the surface; x, y in the
    model's own map units, None where the file has no coordinates."""

    id: str
    kind: str  # junction | storage | outfall | divider
    invert: float
    full_depth: float
    x: float | None = None
    y: float | None = None


@dataclass(frozen=True, slots=True)
class Actuator:
    """Something that can be set. Fixed ones take a setting 0..1; mobile pumps the flow in m3/s."""

    element: str
    kind: str  # pump | orifice | weir | outlet | mobile
    node: str
    low: float
    high: float
    unit: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A quantity the twin answers, with its UCUM unit."""

    name: str
    unit: str
    meaning: str


#: Outputs of a drainage twin. ``flooded`` counts all water that left the manhole, whether it stands there
#: (``ponded``) or ran away: since reset in what ``step`` answers, since the run's start in a :class:`Trace`.
OUTPUTS = (
    Variable("depth", "m", "water above the node's invert"),
    Variable("flooding", "m3/s", "water leaving the node to the surface"),
    Variable("ponded", "m3", "water standing above the node"),
    Variable("flooded", "m3", "water that has left the node to the surface so far"),
    Variable("flow", "m3/s", "flow through an actuator"),
)


@dataclass(frozen=True, slots=True)
class TwinSpec:
    """What a twin is: its ports with units, its bounds, what it supports, and what it does not model."""

    id: str
    engine: str
    engine_version: str
    model: str  # SHA-256 of the prepared model
    zone: str
    crs: str
    gauges: tuple[str, ...]  # rain in mm/h, by gauge
    nodes: tuple[Node, ...]
    actuators: tuple[Actuator, ...]
    outputs: tuple[Variable, ...]
    grid_s: int  # steps of whole multiples of this are computed fastest; any whole second is possible
    supports: frozenset[str]  # of: snapshot, perturb, forecast
    cautions: tuple[str, ...] = ()

    def actuator(self, element: str) -> Actuator | None:
        """The actuator of this name, or None."""
        return next((a for a in self.actuators if a.element == element), None)


@dataclass(frozen=True, slots=True)
class Action:
    """Set ``element`` to ``value``, ``after_s`` seconds from the start of the step or run.

    ``value`` None gives the element back to the model's own control. An action from outside always wins
    over control rules written in the model file, until it is given back.
    """

    element: str
    value: float | None
    after_s: int = 0


@dataclass(frozen=True, eq=False)
class Rain:
    """Rain in mm/h per gauge: ``values[t, g]`` holds during the t-th interval of ``step_s`` seconds."""

    gauges: tuple[str, ...]
    step_s: int
    values: Floats

    @classmethod
    def steady(cls, rates: Mapping[str, float], seconds: int) -> Rain:
        """The same rates for ``seconds``."""
        return cls(tuple(rates), seconds, np.array([list(rates.values())], dtype=np.float64))

    @property
    def seconds(self) -> int:
        """How long the rain is known for."""
        return self.step_s * len(self.values)

    @property
    def digest(self) -> str:
        """SHA-256 of the content."""
        head = f"{self.step_s}|{'|'.join(self.gauges)}|".encode()
        return hashlib.sha256(head + np.ascontiguousarray(self.values, dtype="<f8").tobytes()).hexdigest()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole state of a twin at a moment; ``data`` is opaque and enough to go on from."""

    at: datetime
    data: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the content: the snapshot's name."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Variant:
    """A disturbed copy of the model: log-normal spreads of parameters, half common, half per element.

    The same seed and spreads always give the same model. Zero spreads are the model itself.
    """

    seed: int = 0
    roughness: float = 0.0  # Manning n of conduits
    imperviousness: float = 0.0  # impervious share of subcatchments, clipped to 0..100 %
    width: float = 0.0  # subcatchment width, so the speed of runoff


@dataclass(frozen=True, slots=True)
class Totals:
    """The water balance since reset. ``error`` is the share of water the engine cannot account for."""

    initial_m3: float
    inflow_m3: float
    outflow_m3: float
    lost_m3: float  # flooded away (not ponded), evaporated, seeped
    stored_m3: float
    flooded_m3: float  # left the nodes to the surface, ponded or lost

    @property
    def error(self) -> float:
        """(in - out - stored) / in, as a ratio; 0 for an empty system."""
        water = self.initial_m3 + self.inflow_m3
        gap = water - self.outflow_m3 - self.lost_m3 - self.stored_m3
        return gap / water if water > 1e-9 else 0.0


@dataclass(frozen=True, eq=False)
class Run:
    """One pure computation: from ``start`` through ``rain`` with ``actions``, sampled every ``sample_s``."""

    start: Snapshot
    rain: Rain
    actions: tuple[Action, ...] = ()
    variant: Variant = Variant()
    sample_s: int = 300
    keep_end: bool = False


@dataclass(frozen=True, eq=False)
class Trace:
    """What a run gave: arrays by sample and node (spec order), ``flow`` by sample and actuator.

    ``flooded`` counts from the start of the run; ``totals`` from the reset before its snapshot.
    """

    seconds: npt.NDArray[np.int64]
    depth: Floats
    flooding: Floats
    ponded: Floats
    flooded: Floats
    flow: Floats
    totals: Totals
    end: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class Flooded:
    """When a node counts as flooded: water standing or run out (m3) or running out (m3/s) above these."""

    volume_m3: float = 1.0
    rate_m3_s: float = 0.01

    def mask(self, trace: Trace) -> npt.NDArray[np.bool_]:
        """By sample and node: is it flooded at that moment (or has it flooded away so much by then)?"""
        wet = np.maximum(trace.ponded, trace.flooded) > self.volume_m3
        return wet | (trace.flooding > self.rate_m3_s)

    def still(self, trace: Trace) -> npt.NDArray[np.bool_]:
        """By sample and node: does water stand or run out at that moment? What has run away is gone."""
        return (trace.ponded > self.volume_m3) | (trace.flooding > self.rate_m3_s)


@dataclass(frozen=True, slots=True)
class Member:
    """One future of an ensemble and what it came from, so that it can be computed again."""

    id: int
    start: str  # digest of the snapshot
    rain: str  # digest of the rain
    variant: Variant


@dataclass(frozen=True, eq=False)
class Forecast:
    """An ensemble's answer. Arrays are by member and node (spec order); ``first_s`` and ``last_s``, the first
    and the last sample of flooding, are NaN where a member never floods the node within the horizon."""

    at: datetime
    horizon_s: int
    nodes: tuple[str, ...]
    members: tuple[Member, ...]
    peak_depth: Floats
    flooded_m3: Floats
    first_s: Floats
    last_s: Floats
    quantiles: pa.Table  # QUANTILE_SCHEMA
    totals: tuple[Totals, ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def probability(self) -> Floats:
        """Per node: the share of members that flood it within the horizon."""
        return np.asarray(np.mean(~np.isnan(self.first_s), axis=0), dtype=np.float64)


class Twin(Protocol):
    """A twin with a present state. Raises :class:`Invalid` for input outside its spec, and
    :class:`Unavailable` (code ``twin-worker-died``) when its process is lost; its state is not."""

    @property
    def now(self) -> datetime:
        """The moment the state stands at."""
        ...

    def spec(self) -> TwinSpec:
        """What this twin is."""
        ...

    def reset(self, start: datetime, variant: Variant | None = None) -> None:
        """Begin again at ``start``, dry, as the model file's initial state says."""
        ...

    def step(
        self,
        until: datetime,
        forcing: Mapping[str, float],
        actions: Sequence[Action] = (),
        sample_s: int | None = None,
    ) -> pa.Table:
        """Go on to ``until`` under steady rain (mm/h, every gauge); OUTPUT_SCHEMA, last row at ``until``."""
        ...

    def snapshot(self) -> Snapshot:
        """The present state."""
        ...

    def restore(self, snapshot: Snapshot) -> None:
        """Stand where ``snapshot`` was taken. Raises :class:`Invalid` for another model's snapshot."""
        ...

    def totals(self) -> Totals:
        """The water balance since reset."""
        ...

    def settings(self) -> Mapping[str, float]:
        """Elements held by actions from outside, and their values."""
        ...

    def simulate(self, runs: Sequence[Run]) -> list[Trace]:
        """Compute ``runs`` without touching the present state; answers in the order of ``runs``."""
        ...

    def forecast(
        self,
        rain: Sequence[Rain],
        *,
        actions: Sequence[Action] = (),
        starts: Sequence[Snapshot] = (),
        variants: Sequence[Variant] = (),
        flooded: Flooded = Flooded(),
        sample_s: int = 300,
    ) -> Forecast:
        """One member per rain; member k starts from ``starts[k % len]`` (else from now) with
        ``variants[k % len]`` (else this twin's own)."""
        ...

    def close(self) -> None:
        """Give back what the twin holds."""
        ...


@dataclass(frozen=True)
class TwinSetup:
    """How to open a twin on a model file.

    ``gauges`` maps the model's gauges to ours (many to one allowed); where it is empty and
    ``gauge_positions`` (model map units) is given, each subcatchment listens to the nearest of them; where
    both are empty the model's own gauges are the gauges. ``mobile`` are nodes where pump trucks may stand,
    with the highest flow there (m3/s): each becomes the actuator ``mobile:<node>``.
    """

    model: Path
    id: str = "twin"
    zone: str = "UTC"
    crs: str = "model"
    gauges: Mapping[str, str] = field(default_factory=dict)
    gauge_positions: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    mobile: Mapping[str, float] = field(default_factory=dict)


class TwinEngine(Protocol):
    """Opens twins of one kind of model, and owns the processes they compute in."""

    def open(self, setup: TwinSetup) -> Twin:
        """A twin on ``setup.model``. Raises :class:`Invalid` naming what is wrong in the file, and where."""
        ...

    def close(self) -> None:
        """End every process."""
        ...
