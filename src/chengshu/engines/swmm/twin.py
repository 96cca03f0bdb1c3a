"""SWMM 5.2 behind the twin port. Every computation is a run from a snapshot in a worker process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pyarrow as pa

from chengshu.engines.swmm import checks, ensemble
from chengshu.engines.swmm.faults import refused
from chengshu.engines.swmm.jobs import Plan, job_of, surfaced, trace_of, wall
from chengshu.engines.swmm.pool import Pool
from chengshu.engines.swmm.prepare import GRID_S, Model
from chengshu.engines.swmm.state import State
from chengshu.engines.swmm.wire import Done, Failed
from chengshu.kernel.clock import as_utc, from_millis
from chengshu.kernel.errors import Invalid
from chengshu.ports.twin import (
    OUTPUT_SCHEMA,
    OUTPUTS,
    Action,
    Flooded,
    Forecast,
    Rain,
    Run,
    Snapshot,
    Totals,
    Trace,
    TwinSetup,
    TwinSpec,
    Variant,
)

_STEP_SAMPLE_S = 300
_BEFORE = datetime(2000, 1, 1, tzinfo=UTC)  # where a twin stands until it is reset or restored


class SwmmTwin:
    """A drainage twin. See :class:`chengshu.ports.twin.Twin` for what its methods promise.

    It may share ``pool`` with other twins: the state lies here, workers keep nothing between runs.
    """

    def __init__(self, model: Model, pool: Pool, start: datetime) -> None:
        self._model, self._pool = model, pool
        self.zone = _zone(model.setup.zone)
        self._spec = _spec(model, pool.version())
        self._variant = Variant()
        self._state = State.fresh(model.digest, as_utc(start))
        self.simulate(
            [Run(self.snapshot(), Rain.steady(dict.fromkeys(model.gauges, 0.0), GRID_S), sample_s=GRID_S)]
        )  # a bad model says so now, not in the first storm

    @property
    def now(self) -> datetime:
        return self._state.moment

    def spec(self) -> TwinSpec:
        return self._spec

    def reset(self, start: datetime, variant: Variant | None = None) -> None:
        self._variant = variant or Variant()
        self._state = State.fresh(self._model.digest, as_utc(start))

    def step(
        self,
        until: datetime,
        forcing: Mapping[str, float],
        actions: Sequence[Action] = (),
        sample_s: int | None = None,
    ) -> pa.Table:
        seconds = checks.whole_seconds(self.now, as_utc(until))
        checks.forcing(self._spec, forcing)
        rain = Rain.steady({gauge: forcing[gauge] for gauge in self._spec.gauges}, seconds)
        run = Run(
            self.snapshot(),
            rain,
            tuple(actions),
            self._variant,
            sample_s or min(_STEP_SAMPLE_S, seconds),
            keep_end=True,
        )
        begin = self.now
        before = surfaced(self._state, len(self._spec.nodes))
        (trace,) = self.simulate([run])
        assert trace.end is not None  # noqa: S101  asked for
        self._state = State.of(trace.end, self._model.digest)
        return _table(self._spec, begin, replace(trace, flooded=trace.flooded + before))

    def snapshot(self) -> Snapshot:
        return self._state.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        self._state = State.of(snapshot, self._model.digest)

    def totals(self) -> Totals:
        return self._state.totals

    def settings(self) -> Mapping[str, float]:
        return dict(self._state.held)

    def simulate(self, runs: Sequence[Run]) -> list[Trace]:
        """Pure runs. Raises :class:`Invalid` for a run outside the spec and for what SWMM refuses."""
        plans = [self._plan(run) for run in runs]
        texts = {plan.prepared.digest: plan.prepared.text for plan in plans}
        jobs = [job_of(plan, self._model, self.zone) for plan in plans]
        answers = self._pool.run(jobs, texts)
        return [self._trace(plan, answer) for plan, answer in zip(plans, answers, strict=True)]

    def _plan(self, run: Run) -> Plan:
        checks.run(self._spec, run)
        state = State.of(run.start, self._model.digest)
        touched = {action.element for action in run.actions} | {element for element, _ in state.held}
        released = {a.element for a in run.actions if a.value is None and a.after_s == 0}
        held = frozenset(touched - released - {e for e in touched if e.startswith("mobile:")})
        return Plan(
            run,
            state,
            self._model.prepared(
                run.variant, held, wall(from_millis(state.reset), self.zone), (state.at - state.reset) / 1000
            ),
        )

    def _trace(self, plan: Plan, answer: Done | Failed) -> Trace:
        if isinstance(answer, Failed):
            raise refused(answer.message, answer.report, plan.prepared, self._model.inp)
        return trace_of(plan, self._model, answer)

    def forecast(
        self,
        rain: Sequence[Rain],
        *,
        actions: Sequence[Action] = (),
        starts: Sequence[Snapshot] = (),
        variants: Sequence[Variant] = (),
        flooded: Flooded = Flooded(),  # noqa: B008  frozen
        sample_s: int = 300,
    ) -> Forecast:
        checks.ensemble(rain)
        begin = list(starts) or [self.snapshot()]
        ways = list(variants) or [self._variant]
        runs = [
            Run(begin[k % len(begin)], one, tuple(actions), ways[k % len(ways)], sample_s)
            for k, one in enumerate(rain)
        ]
        return ensemble.draw_together(self._spec, begin[0].at, runs, self.simulate(runs), flooded)

    def close(self) -> None:
        """Nothing to give back: the pool belongs to the engine."""


class SwmmEngine:
    """Opens SWMM twins; they share ``workers`` processes."""

    def __init__(self, workers: int = 2, job_limit_s: float = 600.0) -> None:
        self.pool = Pool(workers, job_limit_s)

    def open(self, setup: TwinSetup, start: datetime = _BEFORE) -> SwmmTwin:
        """A twin on ``setup.model``, standing dry at ``start`` until it is reset or restored."""
        return SwmmTwin(Model.read(setup), self.pool, start)

    def close(self) -> None:
        self.pool.close()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise Invalid(
            "twin-zone", f"there is no time zone {name!r}", remedy="use a name such as Asia/Shanghai"
        ) from None


def _spec(model: Model, version: str) -> TwinSpec:
    return TwinSpec(
        model.setup.id,
        "swmm",
        version,
        model.digest,
        model.setup.zone,
        model.setup.crs,
        model.gauges,
        model.nodes,
        model.actuators,
        OUTPUTS,
        GRID_S,
        frozenset({"snapshot", "perturb", "forecast"}),
        model.cautions,
    )


def _table(spec: TwinSpec, begin: datetime, trace: Trace) -> pa.Table:
    """A trace as rows, by time, then variable, then element."""
    nodes, links = [node.id for node in spec.nodes], [actuator.element for actuator in spec.actuators]
    parts = [(v.name, v.unit, links if v.name == "flow" else nodes) for v in spec.outputs]
    times: list[datetime] = []
    elements: list[str] = []
    names: list[str] = []
    units: list[str] = []
    values: list[np.ndarray] = []
    for t, second in enumerate(trace.seconds):
        for name, unit, ids in parts:
            times += [begin + timedelta(seconds=int(second))] * len(ids)
            elements += ids
            names += [name] * len(ids)
            units += [unit] * len(ids)
            values.append(getattr(trace, name)[t])
    return pa.table([times, elements, names, np.concatenate(values), units], schema=OUTPUT_SCHEMA)
