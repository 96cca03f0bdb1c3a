"""One step of the nowcast: all copies and the shadow run along with the rain, then the sensors have their
say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import numpy as np

from chengshu.foundation.twins import assimilate
from chengshu.foundation.twins.declared import Particles
from chengshu.foundation.twins.model import Nowcast, Particle, Taken
from chengshu.foundation.twins.observed import depths, rain_between
from chengshu.foundation.twins.store import ReadingRow
from chengshu.foundation.twins.taken import actions_between
from chengshu.foundation.twins.wiring import Wiring
from chengshu.kernel.clock import millis
from chengshu.ports.twin import Action, Floats, Rain, Run, Snapshot, Trace, Twin


@dataclass(frozen=True, slots=True)
class Inputs:
    """What was measured and done, as far as it is known."""

    readings: Sequence[ReadingRow]
    taken: Sequence[Taken]


def begin(twin: Twin, wiring: Wiring, at: datetime) -> Nowcast:
    """A dry city at ``at``."""
    twin.reset(at)
    snapshot = twin.snapshot().data
    depth = (0.0,) * len(twin.spec().nodes)
    return Nowcast(at, assimilate.beginning(wiring.file.nowcast, snapshot), depth, 0.0, 0.0, since=at)


def advance(twin: Twin, wiring: Wiring, nowcast: Nowcast, inputs: Inputs, seconds: int) -> Nowcast:
    """The nowcast ``seconds`` later."""
    spec, start = wiring.file.nowcast, nowcast.at
    end = start + timedelta(seconds=seconds)
    values = rain_between(inputs.readings, wiring, millis(start), millis(end), seconds)
    actions = actions_between(inputs.taken, start, end, twin.spec())
    rain = Rain(wiring.gauges, seconds, values)
    acted = bool(actions) or any(particle.shadow for particle in nowcast.particles)
    copies = nowcast.particles
    runs = [_run(start, copy.snapshot, copy, rain, spec, actions) for copy in copies]
    if acted:
        runs += [_run(start, copy.shadow or copy.snapshot, copy, rain, spec, ()) for copy in copies]
    traces = twin.simulate(runs)
    shadows = traces[len(copies) :] or traces
    moved = [
        msgspec.structs.replace(copy, snapshot=_end(trace), shadow=_end(shadow) if acted else b"")
        for copy, trace, shadow in zip(copies, traces, shadows, strict=False)
    ]
    traces = traces[: len(copies)]
    weighed = _weighed(twin, wiring, moved, traces, inputs, start, end)
    share = assimilate.weights(weighed)
    return Nowcast(
        end,
        assimilate.resampled(weighed, spec, _seed(spec.seed, end)),
        tuple(assimilate.mean_depth(weighed, [trace.depth[-1] for trace in traces]).tolist()),
        nowcast.flooded_m3 + _volume(traces, share),
        nowcast.shadow_m3 + _volume(shadows, share),
        nowcast.since,
        end if values.max(initial=0.0) >= wiring.file.forecast.rain_from else nowcast.last_rain,
        nowcast.last_forecast,
        nowcast.likely,
    )


def _run(
    at: datetime,
    snapshot: bytes,
    copy: Particle,
    rain: Rain,
    spec: Particles,
    actions: tuple[Action, ...],
) -> Run:
    scaled = Rain(rain.gauges, rain.step_s, rain.values * copy.rain_factor)
    variant = assimilate.variant(spec, copy)
    return Run(Snapshot(at, snapshot), scaled, actions, variant, rain.seconds, keep_end=True)


def _volume(traces: Sequence[Trace], share: Floats) -> float:
    return float(share @ np.array([trace.flooded[-1].sum() for trace in traces]))


def _end(trace: Trace) -> bytes:
    assert trace.end is not None  # noqa: S101  asked for
    return trace.end.data


def _weighed(
    twin: Twin,
    wiring: Wiring,
    particles: Sequence[Particle],
    traces: Sequence[Trace],
    inputs: Inputs,
    start: datetime,
    end: datetime,
) -> tuple[Particle, ...]:
    found = depths(inputs.readings, wiring, twin.spec(), millis(start), millis(end))
    gains = [assimilate.log_likelihood(trace.depth[-1], found) for trace in traces]
    return assimilate.weighed(particles, gains, (end - start).total_seconds(), wiring.file.nowcast)


def _seed(seed: int, at: datetime) -> int:
    return seed * 1_000_003 + millis(at) // 1000
