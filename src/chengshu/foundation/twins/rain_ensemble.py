"""Futures of the rain from what the gauges have said so far, and nothing else.

Each member takes the recent mean intensity of every gauge (seen from a moment up to ``lag`` ago: the field
moves) and lets it go on: part of the observed growth continues for a while, the rain lasts a random time and
then fades exponentially; a log-normal factor for the whole member, one flickering in time, and one per gauge
spread the members. Persistence of this kind is the reference method of rain nowcasting up to about an hour
(Germann & Zawadzki 2002, Mon. Weather Rev. 130); beyond it the spread is all that is honest.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import NormalDist

import numpy as np

from chengshu.foundation.twins.declared import RainMembers
from chengshu.ports.twin import Floats, Rain

_WET = 0.1  # mm/h below which a gauge is dry
_STEEPEST = 4.0  # ln per hour: a growth of e^4 an hour is as fast as storms build up
_GAUGE_SHARE = 0.3  # of the spread: what differs between neighbouring gauges


@dataclass(frozen=True, eq=False)
class PastRain:
    """Rain per interval and gauge up to now (mm/h, oldest first), and a feed's values by lead time, if
    any."""

    gauges: tuple[str, ...]
    step_s: int
    values: Floats  # [interval][gauge]
    feed: tuple[tuple[float, float], ...] = ()  # (lead seconds, mm/h), ascending


def members(past: PastRain, spec: RainMembers, count: int, horizon_s: int, seed: int) -> list[Rain]:
    """``count`` futures of ``horizon_s`` seconds; the same input and seed give the same rain."""
    rng = np.random.Generator(np.random.PCG64(seed))
    return [_member(past, spec, horizon_s, rng, k, count) for k in range(count)]


def _member(
    past: PastRain, spec: RainMembers, horizon_s: int, rng: np.random.Generator, k: int, count: int
) -> Rain:
    steps = -(-horizon_s // past.step_s)
    times: Floats = (np.arange(steps, dtype=np.float64) + 0.5) * past.step_s
    lag = int(rng.uniform(0, 1) * spec.lag.total_seconds()) // past.step_s
    base = _recent(past, spec, lag)
    # stratified: few members still cover the whole range of "how much heavier than now"
    quantile = (k + rng.uniform(0, 1)) / count
    # the further ahead, the less is known: a random walk's spread
    widening = np.sqrt(1 + times / spec.doubles.total_seconds())
    factor = np.exp(spec.spread * _normal_quantile(quantile) * widening)
    fade_from = rng.exponential(1.0)
    growth = spec.trend * rng.uniform(0, 2) * _growth(past, spec)
    local = np.exp(_GAUGE_SHARE * spec.spread * rng.standard_normal(len(past.gauges)))
    flicker = np.exp(spec.flicker * _wandering(rng, steps, past.step_s))
    course = (
        _fed(past, times) if past.feed else _persisting(times, growth, fade_from, float(base.mean()), spec)
    )
    field = np.outer(course * flicker * factor, local * (1.0 if past.feed else base))
    return Rain(past.gauges, past.step_s, np.minimum(field, spec.heaviest_mm_h))


def _persisting(times: Floats, growth: float, fade_from: float, rate: float, spec: RainMembers) -> Floats:
    """Growth that levels off, then a fade. The heavier the rain, the shorter it lasts, as every
    intensity-duration curve says."""
    reach = spec.trend_for.total_seconds()
    grown = np.exp(growth * reach / 3600 * (1 - np.exp(-times / reach)))
    haste = 1 + rate * grown / spec.halves_at
    faded = np.maximum(times - fade_from * spec.lasts.total_seconds() / haste, 0)
    return np.asarray(grown * np.exp(-faded * haste / spec.decay.total_seconds()), dtype=np.float64)


def _fed(past: PastRain, times: Floats) -> Floats:
    leads, rates = zip(*past.feed, strict=True)
    return np.asarray(np.interp(times, leads, rates), dtype=np.float64)


def _recent(past: PastRain, spec: RainMembers, lag: int) -> Floats:
    width = max(1, int(spec.average.total_seconds()) // past.step_s)
    end = max(1, len(past.values) - lag)
    return np.asarray(past.values[max(0, end - width) : end].mean(axis=0), dtype=np.float64)


def _growth(past: PastRain, spec: RainMembers) -> float:
    """How fast the city's mean rain has grown, in ln per hour, from the last window against the one
    before."""
    width = max(1, int(spec.average.total_seconds()) // past.step_s)
    mean = past.values.mean(axis=1)
    if len(mean) < 2 * width:
        return 0.0
    before, last = float(mean[-2 * width : -width].mean()), float(mean[-width:].mean())
    if last < _WET:
        return 0.0
    rate = log(last / max(before, _WET)) / (width * past.step_s / 3600)
    return min(max(rate, -_STEEPEST), _STEEPEST)


def _wandering(rng: np.random.Generator, steps: int, step_s: int) -> Floats:
    """An AR(1) course of unit variance with a memory of ten minutes."""
    memory = exp(-step_s / 600)
    noise = rng.standard_normal(steps)
    course = np.empty(steps)
    course[0] = noise[0]
    for t in range(1, steps):
        course[t] = memory * course[t - 1] + sqrt(1 - memory**2) * noise[t]
    return course


def _normal_quantile(p: float) -> float:
    """Inverse of the standard normal distribution function."""

    return NormalDist().inv_cdf(min(max(p, 1e-9), 1 - 1e-9))
