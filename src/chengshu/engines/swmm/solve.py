"""One SWMM run, start to end. Only a worker process imports this: SWMM keeps its state in globals."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path

from swmm.toolkit import solver
from swmm.toolkit.shared_enum import HotstartFile, LinkResult, NodeProperty, NodeResult, ObjectType

from chengshu.engines.swmm.hotstart import narrowed, widened
from chengshu.engines.swmm.wire import DATES, Done, Failed, Job

_LOOKED_AT = (NodeResult.DEPTH, NodeResult.FLOOD, NodeResult.VOLUME)
_CUBIC_FOOT = 0.3048**3


class ParentGone(Exception):
    """Nobody waits for the answer any more."""


def run(job: Job, text: str, folder: Path, parent: int) -> Done | Failed:
    """Run ``job`` on the model ``text`` with files in ``folder``."""
    report = folder / "run.rpt"
    try:
        return _run(job, text, folder, parent)
    except ParentGone:
        raise
    except Exception as error:  # the toolkit raises bare exceptions
        message = str(error)
    finally:
        _quietly_close()
    return Failed(message, report.read_text(encoding="utf-8", errors="replace") if report.exists() else "")


def _quietly_close() -> None:
    for close in (solver.swmm_end, solver.swmm_close):
        try:
            close()
        except Exception:  # noqa: S112  nothing was open: that is what we want
            continue


def _run(job: Job, text: str, folder: Path, parent: int) -> Done:
    model, hot, end = folder / "run.inp", folder / "run.hsf", folder / "end.hsf"
    dates = "\n".join(
        (
            f"START_DATE {job.start[:10]}",
            f"START_TIME {job.start[11:]}",
            f"END_DATE {job.end[:10]}",
            f"END_TIME {job.end[11:]}",
            f"WET_STEP 00:{job.runoff_step // 60:02d}:{job.runoff_step % 60:02d}",
            f"DRY_STEP 00:{job.runoff_step // 60:02d}:{job.runoff_step % 60:02d}",
        )
    )
    model.write_text(text.replace(DATES, dates, 1) + job.mobile, encoding="utf-8")
    solver.swmm_open(str(model), str(folder / "run.rpt"), str(folder / "run.out"))
    if job.hotstart:
        hot.write_bytes(widened(job.hotstart, job.mobiles))
        solver.swmm_hotstart(HotstartFile.USE, str(hot))
    solver.swmm_start(0)
    probe = _Probe(job)
    rain = array("d", job.rain)
    settings = {at: list(group) for at, group in groupby(job.settings, key=lambda item: item[0])}
    samples = set(job.samples)
    for now, until in _strides(job):
        if os.getppid() != parent:
            raise ParentGone
        if now % job.rain_step == 0:
            first = now // job.rain_step * job.gauges
            for gauge in range(job.gauges):
                solver.raingage_set_precipitation(gauge, rain[first + gauge] / job.factors[3])
        for _, link, value in settings.get(now, ()):
            solver.link_set_target_setting(probe.link(link), value)
        solver.swmm_stride(until - now)
        if until in samples:
            probe.look()
    if job.keep_end:
        solver.swmm_hotstart(HotstartFile.SAVE, str(end))
    return probe.done(narrowed(end.read_bytes(), job.mobiles) if job.keep_end else b"")


def _strides(job: Job) -> Iterator[tuple[int, int]]:
    """From one moment at which something is set or looked at to the next.

    The first stride is a second long: a hot start does not keep the nodes' net inflow, so SWMM counts the
    first routing step by half, and that step had better be short.
    """
    stops = {
        0,
        1,
        job.seconds,
        *job.samples,
        *(at for at, _, _ in job.settings),
        *range(0, job.seconds, job.rain_step),
    }
    order = sorted(stop for stop in stops if stop <= job.seconds)
    yield from pairwise(order)


class _Probe:
    """Looks at nodes and links and gathers SI arrays."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._links: dict[str, int] = {}
        self._nodes = [solver.project_get_index(ObjectType.NODE, node) for node in job.nodes]
        self._full = [
            solver.node_get_parameter(i, NodeProperty.FULL_DEPTH) if ponds else None
            for i, ponds in zip(self._nodes, job.ponding, strict=True)
        ]
        settable = {link for _, link, _ in job.settings}
        self._running = [  # a mobile pump nobody sets stands still
            self.link(name) if name in regulators or name in settable else None
            for regulators in (frozenset(job.regulators),)
            for name in job.links
        ]
        self._depth, self._flooding = array("d"), array("d")
        self._ponded, self._flooded, self._flow = array("d"), array("d"), array("d")

    def link(self, name: str) -> int:
        """The index of a link."""
        if name not in self._links:
            self._links[name] = solver.project_get_index(ObjectType.LINK, name)
        return self._links[name]

    def look(self) -> None:
        """Take one sample."""
        length, volume, flow, _ = self._job.factors
        get, stats = solver.node_get_result, solver.node_get_stats
        what_depth, what_flood, what_volume = _LOOKED_AT  # a lookup in an enum costs as much as the call
        for node, full in zip(self._nodes, self._full, strict=True):
            depth = get(node, what_depth)
            self._depth.append(depth * length)
            self._flooding.append(get(node, what_flood) * flow)
            stands = full is not None and depth > full
            self._ponded.append(get(node, what_volume) * volume if stands else 0.0)
            self._flooded.append(stats(node).volFlooded * volume)
        for link in self._running:
            self._flow.append(0.0 if link is None else solver.link_get_result(link, LinkResult.FLOW) * flow)

    def done(self, hotstart: bytes) -> Done:
        """The answer. Raises ArithmeticError when the solution has blown up."""
        if any(value != value for value in self._depth):  # noqa: PLR0124  NaN
            raise ArithmeticError("the hydraulic solution diverged (NaN depth)")
        return Done(
            self._depth.tobytes(),
            self._flooding.tobytes(),
            self._ponded.tobytes(),
            self._flooded.tobytes(),
            self._flow.tobytes(),
            self._balance(),
            hotstart,
            self._moving() if hotstart else [],
        )

    def _moving(self) -> list[tuple[str, float]]:
        """Links whose setting has not reached its target."""
        get = solver.link_get_result
        targets = [(name, get(self.link(name), LinkResult.TARGET_SETTING)) for name in self._job.regulators]
        return [
            (name, target) for name, target in targets if get(self.link(name), LinkResult.SETTING) != target
        ]

    def _balance(self) -> dict[str, float]:
        volume = self._job.factors[1]
        total = solver.system_get_routing_totals()  # converted by the toolkit, but for the storages (ft3)
        inflow = total.dwInflow + total.wwInflow + total.gwInflow + total.iiInflow + total.exInflow
        return {
            "initial": total.initStorage * _CUBIC_FOOT,
            "inflow": inflow * volume,
            "outflow": total.outflow * volume,
            "stored": total.finalStorage * _CUBIC_FOOT,
            "lost": (total.flooding + total.evapLoss + total.seepLoss) * volume,
            "flooded": sum(self._flooded[-len(self._nodes) :]),
        }
