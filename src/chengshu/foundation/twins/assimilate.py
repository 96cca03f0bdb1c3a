"""The nowcast's correction by level sensors: a particle filter over a few copies of the model.

Each copy has its own parameters and its own factor on the rain. After every step a copy's log-weight grows by
the log-likelihood of the sensors' readings, a Student-t with four degrees of freedom (one broken sensor must
not decide) divided by the square root of their number (neighbouring sensors err together, so n of them are
worth about sqrt(n)). Weight fades with time, so that the city may change. When few copies carry all the
weight, copies are drawn again by weight (systematic resampling) and their rain factors are shaken a little;
copy 0 stays the undisturbed model, so that the filter can always come back to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, log1p, sqrt

import msgspec
import numpy as np

from chengshu.foundation.twins.declared import Particles
from chengshu.foundation.twins.model import Particle
from chengshu.ports.twin import Floats, Variant

_FREEDOM = 4.0
_FARTHEST = 8.0  # spreads: beyond this a reading says nothing more, it is the sensor that is wrong
_SHAKE = 0.3  # of the rain spread, at resampling


@dataclass(frozen=True, slots=True)
class Reading:
    """Measured water above ``zero`` (a height over the node's invert), with its standard deviation."""

    node: int
    depth: float
    spread: float
    zero: float = 0.0


def beginning(spec: Particles, snapshot: bytes) -> tuple[Particle, ...]:
    """The first copies: the model itself, then disturbed ones. Rain factors are spread evenly by quantile."""
    rng = np.random.Generator(np.random.PCG64(spec.seed))
    factors = np.sort(rng.standard_normal(max(spec.count - 1, 0)))
    drawn = [
        Particle(snapshot, 0.0, exp(spec.rain * float(z)), spec.seed * 1000 + k)
        for k, z in enumerate(factors, 1)
    ]
    return (Particle(snapshot, 0.0, 1.0, 0), *drawn)


def variant(spec: Particles, particle: Particle) -> Variant:
    """The parameters of a copy."""
    if particle.seed == 0:
        return Variant()
    return Variant(particle.seed, spec.roughness, spec.imperviousness, spec.width)


def weights(particles: Sequence[Particle]) -> Floats:
    """Normalised weights."""
    logs = np.array([particle.log_weight for particle in particles])
    raw = np.exp(logs - logs.max())
    return np.asarray(raw / raw.sum(), dtype=np.float64)


def log_likelihood(depth: Floats, readings: Sequence[Reading]) -> float:
    """How well the depths (per node) of one copy agree with the readings."""
    if not readings:
        return 0.0
    total = 0.0
    for reading in readings:
        off = (max(depth[reading.node] - reading.zero, 0.0) - reading.depth) / reading.spread
        total -= (_FREEDOM + 1) / 2 * log1p(min(off * off, _FARTHEST**2) / _FREEDOM)
    return total / sqrt(len(readings))


def weighed(
    particles: Sequence[Particle], gains: Sequence[float], step_s: float, spec: Particles
) -> tuple[Particle, ...]:
    """The copies with their weights moved on by one step."""
    fade = exp(-step_s / spec.forget.total_seconds())
    logs = [fade * particle.log_weight + gain for particle, gain in zip(particles, gains, strict=True)]
    top = max(logs)
    return tuple(
        msgspec.structs.replace(p, log_weight=value - top) for p, value in zip(particles, logs, strict=True)
    )


def resampled(particles: Sequence[Particle], spec: Particles, seed: int) -> tuple[Particle, ...]:
    """Drawn again by weight when too few copies carry it; else as they are."""
    share = weights(particles)
    effective = 1.0 / float((share**2).sum())
    if len(particles) < 3 or effective >= spec.keep * len(particles):
        return tuple(particles)
    rng = np.random.Generator(np.random.PCG64(seed))
    chosen = systematic(share, len(particles) - 1, float(rng.uniform(0, 1)))
    drawn = []
    for index in chosen:
        parent = particles[index]
        shaken = log(parent.rain_factor) + _SHAKE * spec.rain * float(rng.standard_normal())
        bounded = min(max(shaken, -3 * spec.rain), 3 * spec.rain)
        drawn.append(msgspec.structs.replace(parent, log_weight=0.0, rain_factor=exp(bounded)))
    return (msgspec.structs.replace(particles[0], log_weight=0.0), *drawn)


def systematic(share: Floats, count: int, offset: float) -> list[int]:
    """``count`` indices drawn by share, as evenly as can be; ``offset`` in [0, 1)."""
    points = (np.arange(count) + offset) / count
    picked = np.searchsorted(np.cumsum(share), points, side="right")
    return [int(min(index, len(share) - 1)) for index in picked]


def mean_depth(particles: Sequence[Particle], depths: Sequence[Floats]) -> Floats:
    """The nowcast: depths weighted over the copies."""
    return np.asarray(np.average(np.array(depths), axis=0, weights=weights(particles)), dtype=np.float64)
