"""What every twin must keep. ``yield_checks(twin)`` gives named checks; each raises AssertionError.

Third parties run it over their own twin: ``for name, check in yield_checks(my_twin): check()``. The bounds
are those of :class:`Bounds`; a model that is unstable by itself may be given wider ones, openly.
"""

# ruff: noqa: S101  a conformance suite asserts

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import pyarrow as pa

from chengshu.kernel.errors import Invalid
from chengshu.ports.twin import (
    OUTPUT_SCHEMA,
    QUANTILE_SCHEMA,
    Action,
    Rain,
    Run,
    Snapshot,
    Twin,
    Variant,
)

Check = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How close is close enough: depths in metres (mean over nodes), volume and balance as shares."""

    mm_h: float = 40.0
    hours: float = 1.0
    composition_m: float = 0.02
    composition_volume: float = 0.01
    balance: float = 0.02
    start: datetime = datetime(2026, 7, 17, 8, tzinfo=UTC)


def yield_checks(twin: Twin, bounds: Bounds | None = None) -> Iterator[tuple[str, Check]]:
    """Every check by name, for a twin that has at least one gauge."""
    for check in (
        _spec_is_whole,
        _same_input_same_bytes,
        _outputs_have_the_schema,
        _steps_add_up,
        _a_snapshot_is_the_whole_state,
        _snapshots_are_named_by_content,
        _a_foreign_snapshot_is_refused,
        _water_is_neither_made_nor_lost,
        _no_action_is_no_action,
        _runs_touch_nothing,
        _runs_keep_their_order,
        _variants_differ_and_repeat,
        _more_rain_more_water,
        _forecasts_draw_runs_together,
        _what_is_set_stays_set,
        _bad_input_is_named,
    ):
        yield check.__name__.removeprefix("_").replace("_", " "), partial(check, twin, bounds or Bounds())


def _storm(twin: Twin, bounds: Bounds, share: float = 1.0) -> Rain:
    gauges = twin.spec().gauges
    steps = max(2, round(bounds.hours * 12))
    shape = np.sin(np.linspace(0.2, math.pi - 0.2, steps))
    return Rain(gauges, 300, np.outer(shape * bounds.mm_h * share, np.ones(len(gauges))))


def _fresh(twin: Twin, bounds: Bounds) -> Snapshot:
    twin.reset(bounds.start)
    return twin.snapshot()


def _wet(twin: Twin, bounds: Bounds) -> Snapshot:
    run = Run(_fresh(twin, bounds), _storm(twin, bounds), keep_end=True)
    end = twin.simulate([run])[0].end
    assert end is not None
    return end


def _walk(twin: Twin, bounds: Bounds, step_s: int) -> pa.Table:
    storm = _storm(twin, bounds)
    twin.reset(bounds.start)
    table = OUTPUT_SCHEMA.empty_table()
    for row in storm.values:
        for _ in range(storm.step_s // step_s):
            rates = dict(zip(storm.gauges, map(float, row), strict=True))
            table = twin.step(twin.now + timedelta(seconds=step_s), rates)
    return table


def _values(table: pa.Table, variable: str) -> dict[str, float]:
    last = max(table["time"].to_pylist())
    return {
        row["element"]: row["value"]
        for row in table.to_pylist()
        if row["variable"] == variable and row["time"] == last
    }


def _spec_is_whole(twin: Twin, _bounds: Bounds) -> None:
    spec = twin.spec()
    assert spec.id and spec.engine and spec.engine_version and len(spec.model) == 64
    assert spec.gauges and spec.nodes and spec.grid_s > 0
    assert {"depth", "flooding", "ponded", "flooded"} <= {variable.name for variable in spec.outputs}
    assert len({node.id for node in spec.nodes}) == len(spec.nodes)
    assert all(a.low < a.high and a.unit in ("1", "m3/s") for a in spec.actuators)


def _same_input_same_bytes(twin: Twin, bounds: Bounds) -> None:
    first, state = _walk(twin, bounds, 300), twin.snapshot()
    second, again = _walk(twin, bounds, 300), twin.snapshot()
    assert first.equals(second)
    assert state.data == again.data


def _outputs_have_the_schema(twin: Twin, bounds: Bounds) -> None:
    table = _walk(twin, bounds, 300)
    assert table.schema.equals(OUTPUT_SCHEMA)
    assert max(table["time"].to_pylist()) == twin.now
    units = {variable.name: variable.unit for variable in twin.spec().outputs}
    assert all(units[row["variable"]] == row["unit"] for row in table.to_pylist())
    values = table["value"].to_numpy()
    assert np.isfinite(values).all()
    assert all(
        row["value"] >= 0 for row in table.to_pylist() if row["variable"] in ("depth", "ponded", "flooded")
    )


def _steps_add_up(twin: Twin, bounds: Bounds) -> None:
    fine = _walk(twin, bounds, 150)
    fine_in = twin.totals().inflow_m3
    coarse = _walk(twin, bounds, 300)
    coarse_in = twin.totals().inflow_m3
    ours, theirs = _values(fine, "depth"), _values(coarse, "depth")
    gap = float(np.mean([abs(ours[node] - theirs[node]) for node in ours]))
    assert gap <= bounds.composition_m, f"mean depth differs by {gap:.4f} m"
    share = abs(fine_in - coarse_in) / max(coarse_in, 1.0)
    assert share <= bounds.composition_volume, f"inflow differs by {share:.2%}"


def _a_snapshot_is_the_whole_state(twin: Twin, bounds: Bounds) -> None:
    middle = _wet(twin, bounds)
    rates = dict.fromkeys(twin.spec().gauges, bounds.mm_h)
    until = middle.at + timedelta(minutes=20)
    twin.restore(middle)
    assert twin.now == middle.at
    first, end, totals = twin.step(until, rates), twin.snapshot(), twin.totals()
    _walk(twin, bounds, 300)  # somewhere else entirely
    twin.restore(middle)
    second = twin.step(until, rates)
    assert first.equals(second)
    assert end.data == twin.snapshot().data
    assert totals == twin.totals()


def _snapshots_are_named_by_content(twin: Twin, bounds: Bounds) -> None:
    dry, wet = _fresh(twin, bounds), _wet(twin, bounds)
    assert dry.digest != wet.digest
    assert dry.digest == _fresh(twin, bounds).digest
    assert Snapshot(wet.at, wet.data).digest == wet.digest


def _a_foreign_snapshot_is_refused(twin: Twin, bounds: Bounds) -> None:
    wet = _wet(twin, bounds)
    before = twin.snapshot().data
    for data in (b"", wet.data[:-3], b"\x00" * 40):
        error = _refused(partial(twin.restore, Snapshot(wet.at, data)))
        assert "snapshot" in str(error)
    assert twin.snapshot().data == before


def _water_is_neither_made_nor_lost(twin: Twin, bounds: Bounds) -> None:
    _walk(twin, bounds, 300)
    totals = twin.totals()
    assert totals.inflow_m3 > 0
    assert abs(totals.error) <= bounds.balance, f"{totals.error:.4%} of the water is not accounted for"


def _no_action_is_no_action(twin: Twin, bounds: Bounds) -> None:
    start = _fresh(twin, bounds)
    storm = _storm(twin, bounds)
    still = tuple(Action(a.element, 0.0) for a in twin.spec().actuators if a.kind == "mobile")
    plain, idle = twin.simulate([Run(start, storm), Run(start, storm, still)])
    assert plain.depth.tobytes() == idle.depth.tobytes()
    assert plain.flooded.tobytes() == idle.flooded.tobytes()


def _runs_touch_nothing(twin: Twin, bounds: Bounds) -> None:
    twin.restore(_wet(twin, bounds))
    before, now = twin.snapshot().data, twin.now
    twin.simulate([Run(twin.snapshot(), _storm(twin, bounds))] * 3)
    twin.forecast([_storm(twin, bounds), _storm(twin, bounds, 0.5)])
    assert twin.snapshot().data == before
    assert twin.now == now


def _runs_keep_their_order(twin: Twin, bounds: Bounds) -> None:
    start = _fresh(twin, bounds)
    runs = [Run(start, _storm(twin, bounds, share)) for share in (0.2, 1.0, 0.6, 0.0, 0.8)]
    together = twin.simulate(runs)
    alone = [twin.simulate([run])[0] for run in reversed(runs)][::-1]
    for one, other in zip(together, alone, strict=True):
        assert one.depth.tobytes() == other.depth.tobytes()


def _variants_differ_and_repeat(twin: Twin, bounds: Bounds) -> None:
    start, storm = _fresh(twin, bounds), _storm(twin, bounds)
    spread = {"roughness": 0.3, "imperviousness": 0.3, "width": 0.3}
    variants = [Variant(1, **spread), Variant(1, **spread), Variant(2, **spread), Variant(3), Variant()]
    a, again, b, still, plain = twin.simulate([Run(start, storm, variant=v) for v in variants])
    assert a.depth.tobytes() == again.depth.tobytes()
    assert a.depth.tobytes() != b.depth.tobytes()
    assert still.depth.tobytes() == plain.depth.tobytes()


def _more_rain_more_water(twin: Twin, bounds: Bounds) -> None:
    start = _fresh(twin, bounds)
    light, heavy = twin.simulate([Run(start, _storm(twin, bounds, share)) for share in (0.3, 1.0)])
    assert heavy.totals.inflow_m3 > light.totals.inflow_m3
    assert heavy.flooded[-1].sum() >= light.flooded[-1].sum()


def _forecasts_draw_runs_together(twin: Twin, bounds: Bounds) -> None:
    start = _fresh(twin, bounds)
    rain = [_storm(twin, bounds, share) for share in (0.0, 0.4, 1.0)]
    forecast = twin.forecast(rain, starts=[start])
    traces = twin.simulate([Run(start, one) for one in rain])
    assert np.array_equal(forecast.peak_depth, np.array([trace.depth.max(axis=0) for trace in traces]))
    assert np.array_equal(forecast.flooded_m3, np.array([trace.flooded[-1] for trace in traces]))
    assert forecast.quantiles.schema.equals(QUANTILE_SCHEMA)
    assert [member.rain for member in forecast.members] == [one.digest for one in rain]
    assert forecast.provenance["model"] == twin.spec().model
    assert ((forecast.probability >= 0) & (forecast.probability <= 1)).all()
    floods = ~np.isnan(forecast.first_s)
    assert np.array_equal(floods, ~np.isnan(forecast.last_s))
    assert (forecast.first_s[floods] <= forecast.last_s[floods]).all()
    assert (forecast.last_s[floods] <= forecast.horizon_s).all()
    again = twin.forecast(rain, starts=[start])
    assert again.quantiles.equals(forecast.quantiles)
    assert again.provenance == forecast.provenance


def _what_is_set_stays_set(twin: Twin, bounds: Bounds) -> None:
    actuator = next((a for a in twin.spec().actuators), None)
    if actuator is None:
        return
    value = (actuator.low + actuator.high) / 2
    rates = dict.fromkeys(twin.spec().gauges, 5.0)
    twin.reset(bounds.start)
    twin.step(twin.now + timedelta(minutes=5), rates, [Action(actuator.element, value)])
    assert twin.settings() == {actuator.element: value}
    kept = twin.snapshot()
    twin.reset(bounds.start)
    assert twin.settings() == {}
    twin.restore(kept)
    assert twin.settings() == {actuator.element: value}
    twin.step(twin.now + timedelta(minutes=5), rates, [Action(actuator.element, None)])
    assert twin.settings() == {}


def _bad_input_is_named(twin: Twin, bounds: Bounds) -> None:
    start = _fresh(twin, bounds)
    gauges = twin.spec().gauges
    good = dict.fromkeys(gauges, 1.0)
    later = twin.now + timedelta(minutes=5)
    bad: list[tuple[str, Callable[[], object]]] = [
        ("twin-rain-missing", partial(twin.step, later, {})),
        ("twin-gauge-unknown", partial(twin.step, later, good | {"no such gauge": 1.0})),
        ("twin-rain-value", partial(twin.step, later, dict.fromkeys(gauges, math.nan))),
        ("twin-rain-value", partial(twin.step, later, dict.fromkeys(gauges, -1.0))),
        ("twin-time", partial(twin.step, twin.now, good)),
        ("twin-action-unknown", partial(twin.step, later, good, [Action("no such thing", 1.0)])),
        ("twin-ensemble", partial(twin.forecast, [])),
        (
            "twin-action-time",
            partial(twin.simulate, [Run(start, Rain.steady(good, 300), (Action(_any(twin), 0.0, 900),))]),
        ),
    ]
    bad += [
        ("twin-action-bounds", partial(twin.step, later, good, [Action(a.element, a.high + 1)]))
        for a in twin.spec().actuators[:1]
    ]
    for code, call in bad:
        error = _refused(call)
        assert code in [error.fault.code, *(fault["code"] for fault in error.extra.get("faults", ()))] or (
            code == "twin-action-time" and not twin.spec().actuators
        ), f"{code} expected, {error.fault.code} given"
        assert error.fault.remedy
    assert twin.snapshot().data == start.data


def _any(twin: Twin) -> str:
    return twin.spec().actuators[0].element if twin.spec().actuators else "nothing"


def _refused(call: Callable[[], object]) -> Invalid:
    try:
        call()
    except Invalid as error:
        return error
    raise AssertionError("bad input was accepted")
