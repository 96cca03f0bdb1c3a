"""How fast a twin forecasts: an ensemble through the port against bare SWMM runs of the same members.

``python benchmarks/forecast.py [--members N] [--hours H]``. Networks: a small one written here, the demo
city's where it is, and the shared test networks where they are (CHENGSHU_SHARED). The bare runs are the same
prepared models from the same hot start under the same rain in as many processes, with nothing read out of
them. RTF is simulated time of all members over wall time. Ratios are of two numbers of one run on one
machine.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from array import array
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from chengshu.engines.swmm.jobs import Plan, job_of
from chengshu.engines.swmm.prepare import Model
from chengshu.engines.swmm.state import State
from chengshu.engines.swmm.twin import SwmmEngine, SwmmTwin
from chengshu.engines.swmm.wire import DATES, Job
from chengshu.foundation.twins.storm import chicago
from chengshu.ports.twin import Rain, Run, TwinSetup, Variant

ROOT = Path(__file__).resolve().parent.parent
START = datetime(2026, 7, 17, 8, tzinfo=UTC)
WORKERS = 2
SMALL = """[OPTIONS]
FLOW_UNITS CMS
FLOW_ROUTING DYNWAVE
LINK_OFFSETS DEPTH
WET_STEP 00:05:00
ROUTING_STEP 0:00:15
VARIABLE_STEP 0.75
[RAINGAGES]
g INTENSITY 0:05 1.0 TIMESERIES t
[SUBCATCHMENTS]
{catchments}
[SUBAREAS]
{subareas}
[INFILTRATION]
{soils}
[JUNCTIONS]
{junctions}
[OUTFALLS]
o 0 FREE NO
[CONDUITS]
{pipes}
[XSECTIONS]
{sections}
[TIMESERIES]
t 0:00 0
"""


def small(length: int = 40) -> str:
    """A street of ``length`` manholes."""
    nodes = range(length)
    return SMALL.format(
        catchments="\n".join(f"s{i} g j{i} 1 70 80 0.5 0" for i in nodes),
        subareas="\n".join(f"s{i} 0.013 0.2 1 3 25 OUTLET" for i in nodes),
        soils="\n".join(f"s{i} 60 6 4 7 0" for i in nodes),
        junctions="\n".join(f"j{i} {(length - i) * 0.2:.2f} 3 0 0 0" for i in nodes),
        pipes="\n".join(
            f"c{i} j{i} {f'j{i + 1}' if i + 1 < length else 'o'} 60 0.013 0 0 0 0" for i in nodes
        ),
        sections="\n".join(f"c{i} CIRCULAR {0.5 + i * 0.03:.2f} 0 0 0 1" for i in nodes),
    )


def networks(folder: Path) -> list[Path]:
    """The models there are on this machine."""
    (folder / "street.inp").write_text(small(), encoding="utf-8")
    shared = Path(os.environ.get("CHENGSHU_SHARED", ROOT.parent / "shared")) / "data" / "drainage"
    found = [folder / "street.inp", ROOT / "cities" / "demo" / "drainage.inp"]
    return [path for path in [*found, *sorted(shared.glob("*.inp"))] if path.is_file()]


def bare(work: tuple[str, bytes]) -> float:
    """One member by SWMM alone, nothing read; returns nothing of interest."""
    import msgspec
    from swmm.toolkit import solver
    from swmm.toolkit.shared_enum import HotstartFile

    text, data = work
    job = msgspec.msgpack.decode(data, type=Job)
    rain = array("d", job.rain)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        step = f"00:{job.runoff_step // 60:02d}:{job.runoff_step % 60:02d}"
        dates = (
            f"START_DATE {job.start[:10]}\nSTART_TIME {job.start[11:]}\nEND_DATE {job.end[:10]}\n"
            f"END_TIME {job.end[11:]}\nWET_STEP {step}\nDRY_STEP {step}"
        )
        (folder / "m.inp").write_text(text.replace(DATES, dates), encoding="utf-8")
        (folder / "m.hsf").write_bytes(job.hotstart)
        solver.swmm_open(str(folder / "m.inp"), str(folder / "m.rpt"), str(folder / "m.out"))
        solver.swmm_hotstart(HotstartFile.USE, str(folder / "m.hsf"))
        solver.swmm_start(0)
        for at in range(0, job.seconds, job.rain_step):
            first = at // job.rain_step * job.gauges
            for gauge in range(job.gauges):
                solver.raingage_set_precipitation(gauge, rain[first + gauge] / job.factors[3])
            solver.swmm_stride(job.rain_step)
        solver.swmm_end()
        solver.swmm_close()
    return 0.0


def measure(engine: SwmmEngine, bench: object, path: Path, members: int, hours: float) -> str:
    """One line of the table."""
    import msgspec

    setup = TwinSetup(path)
    twin: SwmmTwin = engine.open(setup)
    model = Model.read(setup)
    gauges = twin.spec().gauges
    twin.reset(START)
    wet = Rain.steady(dict.fromkeys(gauges, 20.0), 3600)
    start = twin.simulate([Run(twin.snapshot(), wet, keep_end=True)])[0].end
    assert start is not None
    storm = np.resize(chicago(10, 180), round(hours * 12))
    rains = [
        Rain(gauges, 300, np.outer(storm * (0.4 + 1.2 * k / members), np.ones(len(gauges))))
        for k in range(members)
    ]
    begin = time.perf_counter()
    forecast = twin.forecast(rain=rains, starts=[start])
    port_s = time.perf_counter() - begin
    state = State.of(start, model.digest)
    prepared = model.prepared(Variant(), frozenset(), state.moment.replace(tzinfo=None), 3600)
    jobs = [
        (
            prepared.text,
            msgspec.msgpack.encode(job_of(Plan(Run(start, rain), state, prepared), model, twin.zone)),
        )
        for rain in rains
    ]
    begin = time.perf_counter()
    bench.map(bare, jobs, chunksize=1)  # type: ignore[attr-defined]
    bare_s = time.perf_counter() - begin
    begin = time.perf_counter()
    for _ in range(12):
        twin.reset(START)
        twin.simulate([Run(start, Rain.steady(dict.fromkeys(gauges, 20.0), 300), keep_end=True)])
    step_ms = (time.perf_counter() - begin) / 12 * 1000
    rtf = members * hours * 3600 / port_s
    flooded = int((forecast.probability > 0).sum())
    return (
        f"{path.stem:10s} {len(twin.spec().nodes):6d} {members:8d} {hours:6.1f} {port_s:9.2f} {bare_s:9.2f} "
        f"{port_s / bare_s:7.2f} {rtf:10.0f} {step_ms:9.1f} {flooded:8d}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=20)
    parser.add_argument("--hours", type=float, default=6.0)
    options = parser.parse_args()
    engine = SwmmEngine(workers=WORKERS)
    print(f"{options.members} members x {options.hours:g} h from a hot start, {WORKERS} processes each")
    print(
        f"{'network':10s} {'nodes':>6s} {'members':>8s} {'hours':>6s} {'port s':>9s} {'bare s':>9s} "
        f"{'ratio':>7s} {'RTF':>10s} {'step ms':>9s} {'floods':>8s}"
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        multiprocessing.get_context("spawn").Pool(WORKERS) as bench,
    ):
        bench.map(_warm, range(WORKERS))
        for path in networks(Path(folder)):
            print(measure(engine, bench, path, options.members, options.hours), flush=True)
    engine.close()


def _warm(_: int) -> None:
    """Load the library before anything is timed, as the twin's own workers have."""
    from swmm.toolkit import solver

    time.sleep(0.2)
    solver.swmm_version_info()


if __name__ == "__main__":
    main()
