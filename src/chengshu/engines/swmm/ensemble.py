"""An ensemble's traces drawn together: who floods, how likely, how soon, how deep."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa

from chengshu.ports.twin import (
    QUANTILE_SCHEMA,
    Action,
    Floats,
    Flooded,
    Forecast,
    Member,
    Run,
    Trace,
    TwinSpec,
)

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


def draw_together(
    spec: TwinSpec, at: datetime, runs: Sequence[Run], traces: Sequence[Trace], flooded: Flooded
) -> Forecast:
    """The forecast of members ``runs`` with their ``traces``."""
    nodes = tuple(node.id for node in spec.nodes)
    peak = np.array([trace.depth.max(axis=0) for trace in traces])
    lost = np.array([trace.flooded[-1] for trace in traces])
    first = np.array([first_flooding(trace, flooded) for trace in traces])
    last = np.array([last_flooding(trace, flooded) for trace in traces])
    members = tuple(Member(k, run.start.digest, run.rain.digest, run.variant) for k, run in enumerate(runs))
    return Forecast(
        at,
        runs[0].rain.seconds,
        nodes,
        members,
        peak,
        lost,
        first,
        last,
        _quantiles(nodes, peak, lost, first),
        tuple(trace.totals for trace in traces),
        _provenance(spec, members, runs[0].actions, flooded),
    )


def first_flooding(trace: Trace, flooded: Flooded) -> Floats:
    """Per node: seconds to the first sample at which it is flooded, NaN when it never is."""
    mask = flooded.mask(trace)
    at = trace.seconds[mask.argmax(axis=0)].astype(np.float64)
    return np.where(mask.any(axis=0), at, np.nan)


def last_flooding(trace: Trace, flooded: Flooded) -> Floats:
    """Per node: seconds to the last sample at which it is flooded, NaN when it never is. Of water that runs
    away between two samples the first is also the last."""
    mask = flooded.still(trace)
    at = trace.seconds[len(mask) - 1 - mask[::-1].argmax(axis=0)].astype(np.float64)
    first = first_flooding(trace, flooded)
    return np.where(mask.any(axis=0), np.fmax(at, first), first)


def _quantiles(nodes: tuple[str, ...], peak: Floats, lost: Floats, first: Floats) -> pa.Table:
    """Quantiles over all members for depth and volume; for the lead time over the members that flood."""
    elements: list[str] = []
    names: list[str] = []
    quantiles: list[float] = []
    values: list[float] = []
    units: list[str] = []
    for name, unit, array in (("depth", "m", peak), ("flooded", "m3", lost), ("lead_time", "s", first)):
        wet = ~np.isnan(array).all(axis=0)
        table = np.full((len(QUANTILES), len(nodes)), np.nan)
        # an observed order statistic, not a mean of two: a lead time is one that some member really has
        table[:, wet] = np.nanquantile(array[:, wet], QUANTILES, axis=0, method="inverted_cdf")
        for index in np.flatnonzero(wet):
            for row, quantile in enumerate(QUANTILES):
                elements.append(nodes[index])
                names.append(name)
                quantiles.append(quantile)
                values.append(float(table[row, index]))
                units.append(unit)
    return pa.table([elements, names, quantiles, values, units], schema=QUANTILE_SCHEMA)


def _provenance(
    spec: TwinSpec, members: tuple[Member, ...], actions: tuple[Action, ...], flooded: Flooded
) -> dict[str, object]:
    plan = repr([(a.after_s, a.element, a.value) for a in actions])
    return {
        "twin": spec.id,
        "engine": spec.engine,
        "engine_version": spec.engine_version,
        "model": spec.model,
        "snapshots": sorted({member.start for member in members}),
        "rain": [member.rain for member in members],
        "variants": [[v.seed, v.roughness, v.imperviousness, v.width] for v in (m.variant for m in members)],
        "plan": hashlib.sha256(plan.encode()).hexdigest(),
        "flooded": {"volume_m3": flooded.volume_m3, "rate_m3_s": flooded.rate_m3_s},
    }
