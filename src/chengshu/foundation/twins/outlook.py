"""The ensemble forecast: where the nowcast's copies may go under the rain's futures, node by node."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np

from chengshu.foundation.context.model import Observation
from chengshu.foundation.twins import assimilate, rain_ensemble
from chengshu.foundation.twins.model import Drying, ForecastRecord, NodeForecast, Nowcast
from chengshu.foundation.twins.rain_ensemble import PastRain
from chengshu.foundation.twins.wiring import Wiring
from chengshu.kernel.clock import millis
from chengshu.ports.twin import Action, Floats, Flooded, Forecast, Rain, Run, Snapshot, Twin


@dataclass(frozen=True, eq=False)
class Futures:
    """The members of an ensemble as runs, and how much each of them floods. ``volumes`` remembers what has
    been asked of them: flooded m3 by member (its rain) and actions."""

    at: datetime
    runs: tuple[Run, ...]
    flooded_m3: Floats  # [member][node]
    volumes: dict[tuple[int, tuple[Action, ...]], float] = field(default_factory=dict)

    def given(self, force: Mapping[str, float]) -> Futures:
        """The same futures with everything that has been set since, ``force``, in all of them."""
        actions = tuple(Action(element, value) for element, value in sorted(force.items()))
        return replace(self, runs=tuple(replace(run, actions=actions) for run in self.runs))

    def chosen(self, count: int) -> list[Run]:
        """``count`` members that stand for all: the middle ones of equal parts by flooded volume."""
        order = np.argsort(self.flooded_m3.sum(axis=1), kind="stable")
        count = min(count, len(order))
        return [self.runs[int(part[len(part) // 2])] for part in np.array_split(order, count)]


def look_ahead(twin: Twin, wiring: Wiring, nowcast: Nowcast, past: PastRain) -> tuple[Forecast, Futures]:
    """The ensemble from the nowcast. Copies take part by their weight; the same state gives the same
    members."""
    spec = wiring.file.forecast
    seed = wiring.file.nowcast.seed * 7919 + millis(nowcast.at) // 1000
    horizon = int(spec.horizon.total_seconds())
    rains = rain_ensemble.members(past, spec.rain, spec.members, horizon, seed)
    picked = _shuffled(assimilate.weights(nowcast.particles), spec.members, seed)
    particles = [nowcast.particles[index] for index in picked]
    scaled = [
        Rain(rain.gauges, rain.step_s, rain.values * particle.rain_factor)
        for rain, particle in zip(rains, particles, strict=True)
    ]
    starts = [Snapshot(nowcast.at, particle.snapshot) for particle in particles]
    variants = [assimilate.variant(wiring.file.nowcast, particle) for particle in particles]
    sample = int(spec.sample.total_seconds())
    forecast = twin.forecast(
        scaled, starts=starts, variants=variants, flooded=limits(wiring), sample_s=sample
    )
    runs = tuple(
        Run(start, rain, (), variant, horizon)
        for start, rain, variant in zip(starts, scaled, variants, strict=True)
    )
    return forecast, Futures(nowcast.at, runs, forecast.flooded_m3)


def limits(wiring: Wiring) -> Flooded:
    """When a node counts as flooded, as declared."""
    return Flooded(wiring.file.flooded.volume_m3, wiring.file.flooded.rate_m3_s)


def _shuffled(share: Floats, count: int, seed: int) -> list[int]:
    """Copies by weight, in random order: rain members are sorted from light to heavy, copies must not be."""
    rng = np.random.Generator(np.random.PCG64(seed + 1))
    picked = np.array(assimilate.systematic(share, count, float(rng.uniform(0, 1))))
    rng.shuffle(picked)
    return [int(index) for index in picked]


def record_of(id_: str, scenario: str, forecast: Forecast, wiring: Wiring) -> ForecastRecord:
    """The forecast as it is kept: per node the probability, lead times, depths and volume."""
    probability = forecast.probability
    low, middle, high = np.quantile(forecast.peak_depth, (0.1, 0.5, 0.9), axis=0, method="inverted_cdf")
    volume = forecast.flooded_m3.mean(axis=0)
    nodes = []
    for index, node in enumerate(forecast.nodes):
        if (entity := wiring.nodes.get(node)) is None:
            continue
        leads = forecast.first_s[:, index]
        leads = leads[~np.isnan(leads)]
        nodes.append(
            NodeForecast(
                node,
                entity,
                float(probability[index]),
                _quantile(leads, 0.5),
                _quantile(leads, 0.1),
                float(low[index]),
                float(middle[index]),
                float(high[index]),
                float(volume[index]),
                _dry(forecast.last_s[:, index]),
            )
        )
    return ForecastRecord(
        id_, scenario, forecast.at, forecast.horizon_s, len(forecast.members), nodes, forecast.provenance
    )


def _quantile(values: Floats, share: float) -> float | None:
    """An order statistic: a lead time that some member really has."""
    return float(np.quantile(values, share, method="inverted_cdf")) if len(values) else None


def _dry(last: Floats) -> float | None:
    """When nine of ten members are through with it."""
    return _quantile(np.nan_to_num(last), 0.9) or None


def drying(record: ForecastRecord, entities: Collection[str]) -> Drying | None:
    """When the last of the nodes among ``entities`` is dry: the forecast's own moment when none of them is
    expected to flood, None when none of them is in it."""
    ends = [node.dry_s or 0.0 for node in record.nodes if node.entity in entities]
    if not ends:
        return None
    last = max(ends)
    return Drying(record.at + timedelta(seconds=last), last >= record.horizon_s)


def observations_of(record: ForecastRecord, at: datetime, type_: str) -> list[Observation]:
    """What is written on the node entities. A node no member floods has the horizon as its lead time: at
    least so long. ``forecastDepth`` is the median over the members of the highest depth above the invert."""
    found: list[Observation] = []
    for node in record.nodes:
        lead = float(record.horizon_s) if node.lead_s is None else node.lead_s
        found += (
            Observation(node.entity, type_, "floodProbability", node.probability, "1", at),
            Observation(node.entity, type_, "floodLeadTime", lead, "s", at),
            Observation(node.entity, type_, "forecastDepth", node.depth_middle, "m", at),
        )
    return found


def worst(nodes: Sequence[NodeForecast], count: int) -> list[NodeForecast]:
    """The nodes that most likely flood, the earlier ones first among equals."""
    wet = [node for node in nodes if node.probability > 0]
    return sorted(wet, key=lambda n: (-n.probability, n.lead_s or 0.0, n.node))[:count]
