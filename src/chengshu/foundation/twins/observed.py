"""Measured values as the twin takes them in: rain per interval and gauge, depths at nodes, the forecast
feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np

from chengshu.foundation.twins.assimilate import Reading
from chengshu.foundation.twins.rain_ensemble import PastRain
from chengshu.foundation.twins.store import ReadingRow
from chengshu.foundation.twins.wiring import Wiring
from chengshu.kernel.geometry import distance_m
from chengshu.ports.twin import Floats, TwinSpec


def rain_between(rows: Sequence[ReadingRow], wiring: Wiring, start: int, end: int, step_s: int) -> Floats:
    """Mean mm/h per interval and gauge between two moments (ms). Values count for the interval they end in.

    A gauge that said nothing in an interval keeps its last word while that is fresh; after that it is filled
    from the other gauges by inverse squared distance. Where no gauge speaks the rain is taken as 0.
    """
    by_gauge: dict[str, list[tuple[int, float]]] = {gauge: [] for gauge in wiring.gauges}
    for kind, entity, at, value in rows:
        if kind == "rain" and entity in by_gauge:
            by_gauge[entity].append((at, value))
    step = step_s * 1000
    steps = max(0, -(-(end - start) // step))
    fresh = int(wiring.file.rain.fresh_for / timedelta(milliseconds=1))
    table = np.full((steps, len(wiring.gauges)), np.nan)
    for column, gauge in enumerate(wiring.gauges):
        table[:, column] = _held(by_gauge[gauge], start, step, steps, fresh)
    return _filled(table, _nearness(wiring))


def _held(values: Sequence[tuple[int, float]], start: int, step: int, steps: int, fresh: int) -> Floats:
    sums, counts = np.zeros(steps), np.zeros(steps)
    for at, value in values:
        index = -(-(at - start) // step) - 1
        if 0 <= index < steps:
            sums[index] += max(value, 0.0)
            counts[index] += 1
    result = np.full(steps, np.nan)
    last: tuple[int, float] | None = None
    queue = list(values)
    for index in range(steps):
        until = start + (index + 1) * step
        while queue and queue[0][0] <= until:
            last = queue.pop(0)
        if counts[index]:
            result[index] = sums[index] / counts[index]
        elif last is not None and until - last[0] <= fresh:
            result[index] = max(last[1], 0.0)
    return result


def _nearness(wiring: Wiring) -> Floats:
    """Inverse squared distance between gauges; gauges without a place are all equally near."""
    count = len(wiring.gauges)
    near = np.ones((count, count))
    for i, a in enumerate(wiring.gauges):
        for j, b in enumerate(wiring.gauges):
            if a in wiring.places and b in wiring.places and i != j:
                near[i, j] = 1 / max(distance_m(*wiring.places[a], *wiring.places[b]), 1.0) ** 2
    np.fill_diagonal(near, 0.0)
    return near


def _filled(table: Floats, near: Floats) -> Floats:
    known = ~np.isnan(table)
    values = np.where(known, table, 0.0)
    weight = known.astype(np.float64) @ near.T
    other = np.divide(values @ near.T, weight, out=np.zeros_like(values), where=weight > 0)
    return np.where(known, values, other)


def depths(rows: Sequence[ReadingRow], wiring: Wiring, spec: TwinSpec, start: int, end: int) -> list[Reading]:
    """The newest reading of each sensor in ``(start, end]``."""
    index = {node.id: i for i, node in enumerate(spec.nodes)}
    newest = {
        entity: value for kind, entity, at, value in rows if kind == "level" and start < at <= end
    }  # rows are by time: the last one wins
    found: list[Reading] = []
    for sensor in wiring.sensors:
        if (value := newest.get(sensor.entity)) is None or (node := index.get(sensor.node)) is None:
            continue
        zero = spec.nodes[node].full_depth if sensor.spec.datum == "ground" else 0.0
        spread = sensor.spec.spread_m + sensor.spec.share * abs(value)
        found.append(Reading(node, max(value, 0.0), spread, zero))
    return found


def past_rain(rows: Sequence[ReadingRow], wiring: Wiring, end: int, span_s: int, step_s: int) -> PastRain:
    """The rain of the last ``span_s`` seconds and the newest fresh forecast feed."""
    values = rain_between(rows, wiring, end - span_s * 1000, end, step_s)
    return PastRain(wiring.gauges, step_s, values, _feed(rows, wiring, end))


def _feed(rows: Sequence[ReadingRow], wiring: Wiring, end: int) -> tuple[tuple[float, float], ...]:
    spec = wiring.file.forecast.rain.feed
    if spec is None:
        return ()
    fresh = int(spec.fresh_for / timedelta(milliseconds=1))
    newest: dict[float, tuple[int, float]] = {}
    for kind, entity, at, value in rows:
        if kind == "feed" and end - at <= fresh:
            newest[wiring.leads[entity]] = (at, value)
    # a value for "in 30 minutes" said 10 minutes ago is about in 20 minutes
    return tuple(sorted((lead - (end - at) / 1000, max(value, 0.0)) for lead, (at, value) in newest.items()))


def kinds(wiring: Wiring) -> Mapping[tuple[str, str], str]:
    """(entity, attribute) → how its values are used."""
    file = wiring.file
    wanted = {(gauge, file.rain.attribute): "rain" for gauge in wiring.gauges}
    wanted |= {(sensor.entity, sensor.attribute): "level" for sensor in wiring.sensors}
    if file.forecast.rain.feed is not None:
        wanted |= {(entity, file.forecast.rain.feed.attribute): "feed" for entity in wiring.leads}
    reported = {
        (device.entity, device.attribute): "report" for device in wiring.devices if device.spec.reports
    }
    return wanted | reported
