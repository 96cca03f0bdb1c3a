"""The hidden truth of a drill: the city as it really behaves, which the hub sees through its sensors only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import numpy as np

from chengshu.ports.twin import Action, Floats, Rain, Run, Snapshot, Trace, Twin, Variant

SAMPLE_S = 60


@dataclass(frozen=True, eq=False)
class Flooding:
    """What the water did: per node (in ``nodes`` order) the first flooding and the volume, and the course.

    ``first_s`` are seconds from the start, NaN where a node never flooded; ``course_m3`` is the volume that
    has left the nodes, over time (one value per ``times_s``).
    """

    nodes: tuple[str, ...]
    first_s: Floats
    volume_m3: Floats
    times_s: Floats
    course_m3: Floats
    error: float  # share of water the model cannot account for

    @property
    def total_m3(self) -> float:
        """All water that left the nodes."""
        return float(self.volume_m3.sum())

    def flooded(self) -> list[str]:
        """The nodes that flooded."""
        return [node for node, first in zip(self.nodes, self.first_s, strict=True) if not np.isnan(first)]


class TruthState(msgspec.Struct, frozen=True):
    """The truth at a moment, enough to go on from."""

    at: datetime
    snapshot: bytes
    first_s: list[float]
    times_s: list[float]
    course_m3: list[float]
    volume_m3: list[float]
    depth: dict[datetime, list[float]]


class Truth:
    """Steps the true city along, with whatever is really done in it."""

    def __init__(self, twin: Twin, variant: Variant, start: datetime, rain: Rain, flooded_m3: float) -> None:
        self._twin, self._variant, self._start, self._rain = twin, variant, start, rain
        self._limit = flooded_m3
        self.spec = twin.spec()
        self._kept = [at for at, node in enumerate(self.spec.nodes) if node.kind != "outfall"]
        self.nodes = tuple(self.spec.nodes[at].id for at in self._kept)
        self._column = {name: index for index, name in enumerate(self.nodes)}
        self._first = np.full(len(self.nodes), np.nan)
        self._times: list[float] = [0.0]
        self._course: list[float] = [0.0]
        self._depth: dict[datetime, Floats] = {start: np.zeros(len(self.nodes))}
        self.volume: Floats = np.zeros(len(self.nodes))
        self.actions: list[tuple[datetime, Action]] = []
        twin.reset(start, variant)

    @property
    def now(self) -> datetime:
        """Where the truth stands."""
        return self._twin.now

    def rain_at(self, moment: datetime) -> Mapping[str, float]:
        """mm/h at each gauge in the step that begins at ``moment``."""
        row = int((moment - self._start).total_seconds() // self._rain.step_s)
        if not 0 <= row < len(self._rain.values):
            return dict.fromkeys(self._rain.gauges, 0.0)
        return dict(zip(self._rain.gauges, map(float, self._rain.values[row]), strict=True))

    def step(self, until: datetime, actions: Sequence[Action] = ()) -> None:
        """Go on to ``until`` with ``actions`` (their ``after_s`` counts from now)."""
        begin = self.now
        self.actions += [(begin + timedelta(seconds=action.after_s), action) for action in actions]
        length = round((until - begin).total_seconds())
        rain = Rain.steady(self.rain_at(begin), length)
        run = Run(self._twin.snapshot(), rain, tuple(actions), self._variant, SAMPLE_S, keep_end=True)
        trace = self._twin.simulate([run])[0]  # arrays; a table of every value would cost more than the run
        assert trace.end is not None  # noqa: S101  asked for
        self._twin.restore(trace.end)
        offset = (begin - self._start).total_seconds()
        flooded = trace.flooded[:, self._kept] + self.volume
        self._note([offset + float(second) for second in trace.seconds], flooded)
        last = max(self._depth)
        stamps = [begin + timedelta(seconds=int(second)) for second in trace.seconds]
        self._depth = {last: self._depth[last]} | dict(zip(stamps, trace.depth[:, self._kept], strict=True))
        self.volume = flooded[-1]

    def _note(self, seconds: Sequence[float], flooded: Floats) -> None:
        for row, moment in enumerate(seconds):
            fresh = np.isnan(self._first) & (flooded[row] > self._limit)
            self._first[fresh] = moment
            self._times.append(moment)
            self._course.append(float(flooded[row].sum()))

    def depth_at(self, node: str, moment: datetime) -> float:
        """Water above the node's invert, metres, at the last minute not after ``moment``."""
        stamp = max((stamp for stamp in self._depth if stamp <= moment), default=min(self._depth))
        return float(self._depth[stamp][self._column[node]])

    def state(self) -> TruthState:
        """What :meth:`resume` needs."""
        depth = {stamp: values.tolist() for stamp, values in self._depth.items()}
        return TruthState(
            self.now,
            self._twin.snapshot().data,
            self._first.tolist(),
            self._times,
            self._course,
            self.volume.tolist(),
            depth,
        )

    def resume(self, state: TruthState) -> None:
        """Go on where ``state`` was taken."""
        self._twin.restore(Snapshot(state.at, state.snapshot))
        self._first, self.volume = np.array(state.first_s), np.array(state.volume_m3)
        self._times, self._course = list(state.times_s), list(state.course_m3)
        self._depth = {stamp: np.array(values) for stamp, values in state.depth.items()}

    def result(self) -> Flooding:
        """What the water did so far."""
        return Flooding(
            self.nodes,
            self._first.copy(),
            self.volume.copy(),
            np.array(self._times),
            np.array(self._course),
            self._twin.totals().error,
        )


def without_actions(
    twin: Twin, variant: Variant, start: datetime, rain: Rain, seconds: int, flooded_m3: float
) -> Flooding:
    """The same storm on the same true city when nobody does anything: one run from dry."""
    twin.reset(start, variant)
    steps = -(-seconds // rain.step_s)
    cut = Rain(rain.gauges, rain.step_s, rain.values[:steps])
    trace: Trace = twin.simulate([Run(twin.snapshot(), cut, variant=variant, sample_s=SAMPLE_S)])[0]
    kinds = twin.spec().nodes
    keep = [index for index, node in enumerate(kinds) if node.kind != "outfall"]
    flooded = trace.flooded[:, keep]
    over = flooded > flooded_m3
    first = np.where(over.any(axis=0), trace.seconds[over.argmax(axis=0)].astype(float), np.nan)
    return Flooding(
        tuple(kinds[index].id for index in keep),
        first,
        flooded[-1].copy(),
        trace.seconds.astype(float),
        flooded.sum(axis=1),
        trace.totals.error,
    )
