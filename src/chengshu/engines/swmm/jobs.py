"""A run in the port's words turned into a worker's job, and the answer turned back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from chengshu.engines.swmm.network import MOBILE
from chengshu.engines.swmm.prepare import Model, Prepared
from chengshu.engines.swmm.state import State
from chengshu.engines.swmm.wire import Done, Job
from chengshu.kernel.clock import millis
from chengshu.ports.twin import Floats, Rain, Run, Trace

_SLACK_S = 3600  # SWMM cuts the duration to whole seconds downwards, and would end one too early


@dataclass(frozen=True, slots=True)
class Plan:
    """A run, the state it begins from, and the model text it needs."""

    run: Run
    state: State
    prepared: Prepared


def job_of(plan: Plan, model: Model, zone: ZoneInfo) -> Job:
    """What the worker gets."""
    run, seconds = plan.run, plan.run.rain.seconds
    start = wall(plan.state.moment, zone)
    samples = [*range(run.sample_s, seconds, run.sample_s), seconds]
    settings = _settings(plan)
    mobile = sorted({element for _, element, _ in settings if element.startswith(MOBILE)})
    return Job(
        plan.prepared.digest,
        model.mobile_text(mobile) if mobile else "",
        len(mobile),
        f"{start:%m/%d/%Y %H:%M:%S}",
        f"{start + timedelta(seconds=seconds + _SLACK_S):%m/%d/%Y %H:%M:%S}",
        seconds,
        model.runoff_step(seconds, run.rain.step_s),
        plan.state.hotstart,
        run.rain.step_s,
        _rain(run.rain, model.gauges).tobytes(),
        len(model.gauges),
        settings,
        samples,
        [node.id for node in model.nodes],
        list(model.ponding),
        [a.element for a in model.actuators],
        [a.element for a in model.actuators if a.kind != "mobile"],
        (model.units.length, model.units.volume, model.units.flow, model.units.rain),
        run.keep_end,
    )


def wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """``moment`` on the model's own clock, which knows no zones."""
    return moment.astimezone(zone).replace(tzinfo=None)


def _rain(rain: Rain, gauges: tuple[str, ...]) -> Floats:
    order = [rain.gauges.index(gauge) for gauge in gauges]
    return np.ascontiguousarray(rain.values[:, order], dtype="<f8")


def _settings(plan: Plan) -> list[tuple[int, str, float]]:
    """Held elements at the first second, then the actions; a mobile pump given back stands still."""
    held = [(0, element, value) for element, value in (*plan.state.moving, *plan.state.held)]
    acts = [
        (a.after_s, a.element, 0.0 if a.value is None else a.value)
        for a in plan.run.actions
        if a.value is not None or a.element.startswith(MOBILE)
    ]
    released = {a.element for a in plan.run.actions if a.value is None and a.after_s == 0}
    held = [one for one in held if one[1] not in released]
    return sorted(held + acts, key=lambda item: item[0])


def trace_of(plan: Plan, model: Model, done: Done) -> Trace:
    """The answer as arrays, and the state at the end when it was asked for."""
    nodes, links = len(model.nodes), len(model.actuators)
    seconds, every = plan.run.rain.seconds, plan.run.sample_s
    times = np.array([*range(every, seconds, every), seconds], dtype=np.int64)

    def shaped(data: bytes, columns: int) -> Floats:
        return np.frombuffer(data, dtype="<f8").reshape(len(times), columns)

    after = _after(plan, done, nodes)
    return Trace(
        times,
        shaped(done.depth, nodes),
        shaped(done.flooding, nodes),
        shaped(done.ponded, nodes),
        shaped(done.flooded, nodes),
        shaped(done.flow, links),
        after.totals,
        after.snapshot() if plan.run.keep_end else None,
    )


def surfaced(state: State, nodes: int) -> Floats:
    """Per node the m3 that left it to the surface since reset."""
    return np.frombuffer(state.surfaced, dtype="<f8") if state.surfaced else np.zeros(nodes)


def _after(plan: Plan, done: Done, nodes: int) -> State:
    before, balance = plan.state, done.balance
    held = dict(before.held)
    for action in sorted(plan.run.actions, key=lambda a: a.after_s):
        if action.value is None:
            held.pop(action.element, None)
        else:
            held[action.element] = action.value
    at = before.moment + timedelta(seconds=plan.run.rain.seconds)
    return State(
        before.format,
        before.model,
        millis(at),
        before.reset,
        done.hotstart,
        tuple(sorted(held.items())),
        tuple((element, target) for element, target in done.moving if element not in held),
        before.initial if before.hotstart else balance["initial"],
        before.inflow + balance["inflow"],
        before.outflow + balance["outflow"],
        before.lost + balance["lost"],
        balance["stored"],
        before.flooded + balance["flooded"],
        (surfaced(before, nodes) + np.frombuffer(done.flooded, dtype="<f8")[-nodes:]).tobytes(),
    )
