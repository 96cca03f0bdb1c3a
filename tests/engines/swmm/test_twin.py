"""Settings, pump sites, hot starts and the worker processes."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import numpy as np
import psutil
import pytest
from tests.waiting import until

from chengshu.engines.swmm.pool import Pool, WorkerDied
from chengshu.engines.swmm.twin import SwmmEngine, SwmmTwin
from chengshu.kernel.errors import Unavailable
from chengshu.ports.twin import Action, Rain, Run, TwinSetup

START = datetime(2026, 7, 17, 8, tzinfo=UTC)
FIVE = timedelta(minutes=5)
WET = {"north": 90.0, "south": 90.0}
Opener = Callable[..., SwmmTwin]


def _networks() -> ModuleType:
    path = Path(__file__).with_name("networks.py")
    spec = importlib.util.spec_from_file_location("swmm_networks", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


STREET: str = _networks().STREET


def _flow(table: object, element: str) -> float:
    rows = table.to_pylist()  # type: ignore[attr-defined]
    return [row["value"] for row in rows if row["variable"] == "flow" and row["element"] == element][-1]


def test_a_mobile_pump_pumps_what_is_asked_and_never_a_dry_node(open_twin: Opener) -> None:
    twin = open_twin(STREET, mobile={"a": 0.5})
    twin.reset(START)
    dry = twin.step(twin.now + FIVE, {"north": 0.0, "south": 0.0}, [Action("mobile:a", 0.3)])
    assert _flow(dry, "mobile:a") == pytest.approx(0.0, abs=1e-3)
    for _ in range(6):
        wet = twin.step(twin.now + FIVE, WET)
    assert _flow(wet, "mobile:a") == pytest.approx(0.3, abs=1e-6)  # the node is flooded: full flow
    gone = twin.step(twin.now + FIVE, WET, [Action("mobile:a", None)])
    assert _flow(gone, "mobile:a") == 0.0
    assert abs(twin.totals().error) < 0.02


def test_pumping_where_it_floods_avoids_flooding(open_twin: Opener) -> None:
    twin = open_twin(STREET, mobile={"a": 2.0})
    twin.reset(START)
    rain = Rain.steady(WET, 3600)
    plans = [(), (Action("mobile:a", 0.2),), (Action("mobile:a", 0.4),)]
    volumes = [t.flooded[-1].sum() for t in twin.simulate([Run(twin.snapshot(), rain, p) for p in plans])]
    assert volumes[0] > volumes[1] > volumes[2]


def test_an_action_from_outside_wins_over_the_models_rules(open_twin: Opener) -> None:
    twin = open_twin(STREET)
    twin.reset(START)
    for _ in range(12):
        table = twin.step(twin.now + FIVE, WET)
    assert _flow(table, "gate") > 0.1  # the rule has opened it: the pond is full
    table = twin.step(twin.now + FIVE, WET, [Action("gate", 0.0)])
    assert _flow(table, "gate") == 0.0
    for _ in range(3):
        table = twin.step(twin.now + FIVE, WET)
    assert _flow(table, "gate") == 0.0  # and it stays shut over snapshots, against the rule
    twin.restore(twin.snapshot())
    assert _flow(twin.step(twin.now + FIVE, WET), "gate") == 0.0
    table = twin.step(twin.now + FIVE, WET, [Action("gate", None)])
    assert _flow(table, "gate") > 0.1  # given back, the rule opens it again


def test_a_pump_with_start_up_depth_obeys_the_outside(open_twin: Opener) -> None:
    twin = open_twin(STREET)
    twin.reset(START)
    for _ in range(4):
        table = twin.step(twin.now + FIVE, WET)
    assert _flow(table, "lift") > 0.05
    table = twin.step(twin.now + FIVE, WET, [Action("lift", 0.0)])
    assert _flow(table, "lift") == 0.0
    assert _flow(twin.step(twin.now + FIVE, WET), "lift") == 0.0


def test_elapsed_time_in_rules_counts_from_the_reset_not_from_each_step(open_twin: Opener) -> None:
    twin = open_twin(STREET)
    twin.reset(START)
    rain = Rain.steady(WET, 2400)
    whole = twin.simulate([Run(twin.snapshot(), rain)])[0]
    for _ in range(8):
        table = twin.step(twin.now + FIVE, WET)
    gate = [a.element for a in twin.spec().actuators].index("gate")
    assert _flow(table, "gate") == pytest.approx(float(whole.flow[-1, gate]), rel=0.05)


def test_a_gate_still_moving_at_a_snapshot_arrives(open_twin: Opener) -> None:
    slow = STREET.replace("gate p c SIDE 0 0.65 NO 0", "gate p c SIDE 0 0.65 NO 1.0")
    shut = slow.replace("SETTING = 0.5", "SETTING = 0")
    twin = open_twin(shut)
    twin.reset(START)
    for _ in range(4):  # the rule begins to shut the gate; it needs an hour
        table = twin.step(twin.now + timedelta(minutes=2), {"north": 10.0, "south": 10.0})
    assert _flow(table, "gate") == pytest.approx(0.0, abs=1e-6)


def test_actions_inside_a_run_come_when_they_are_due(open_twin: Opener) -> None:
    twin = open_twin(STREET, mobile={"a": 1.0})
    twin.reset(START)
    rain = Rain.steady(WET, 3600)
    late = Run(twin.snapshot(), rain, (Action("mobile:a", 0.4, after_s=1805),), sample_s=300)
    trace = twin.simulate([late])[0]
    pump = [a.element for a in twin.spec().actuators].index("mobile:a")
    assert (trace.flow[:6, pump] == 0).all()
    assert (trace.flow[6:, pump] > 0.3).all()


def test_local_time_is_the_models_clock(open_twin: Opener) -> None:
    pattern = "\n[DWF]\na FLOW 0.1 day\n[PATTERNS]\nday HOURLY " + " ".join(["0"] * 8 + ["1"] + ["0"] * 15)
    twin = open_twin(STREET + pattern, zone="Asia/Shanghai")
    twin.reset(datetime(2026, 7, 17, 0, tzinfo=UTC))  # 08:00 in Shanghai: the one hour with sewage
    rain = Rain.steady({"north": 0.0, "south": 0.0}, 3600)
    first = twin.simulate([Run(twin.snapshot(), rain)])[0]
    assert first.totals.inflow_m3 == pytest.approx(360, rel=0.05)


def test_a_dead_worker_is_replaced_and_the_answer_is_the_same(open_twin: Opener, engine: SwmmEngine) -> None:
    twin = open_twin(STREET)
    twin.reset(START)
    run = Run(twin.snapshot(), Rain.steady(WET, 3600))
    before = twin.simulate([run])[0]
    for pid in engine.pool.pids():
        os.kill(pid, signal.SIGKILL)
    after = twin.simulate([run, run])
    assert all(np.array_equal(before.depth, one.depth) for one in after)


def test_a_job_that_keeps_killing_its_worker_is_a_typed_error(tmp_path: Path) -> None:
    path = tmp_path / "model.inp"
    path.write_text(STREET, encoding="utf-8")
    engine = SwmmEngine(workers=1)
    try:
        twin = engine.open(TwinSetup(path))
        twin.reset(START)
        state = twin.snapshot()
        long_run = Run(state, Rain.steady(WET, 300 * 86400), sample_s=3600)
        stop = threading.Event()
        killer = threading.Thread(target=_kill_all, args=(engine.pool, stop))
        killer.start()
        try:
            with pytest.raises(WorkerDied) as caught:
                twin.simulate([long_run])
        finally:
            stop.set()
            killer.join()
        assert caught.value.fault.code == "twin-worker-died"
        assert twin.snapshot().data == state.data
        assert twin.simulate([Run(state, Rain.steady(WET, 300))])[0].depth.shape[0] == 1
    finally:
        engine.close()


def _kill_all(pool: Pool, stop: threading.Event) -> None:
    while not stop.wait(0.02):
        for pid in pool.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def test_a_run_over_the_limit_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "model.inp"
    path.write_text(STREET, encoding="utf-8")
    engine = SwmmEngine(workers=1)
    try:
        twin = engine.open(TwinSetup(path))
        twin.reset(START)
        engine.pool.limit = 0.05
        with pytest.raises(Unavailable, match="longer than"):
            twin.simulate([Run(twin.snapshot(), Rain.steady(WET, 20 * 86400))])
        engine.pool.limit = 60.0
        assert twin.simulate([Run(twin.snapshot(), Rain.steady(WET, 300))])
    finally:
        engine.close()


def test_no_process_and_no_file_is_left_behind(tmp_path: Path) -> None:
    """A hub killed with -9 takes its workers with it, also in the middle of a run."""
    path = tmp_path / "model.inp"
    path.write_text(STREET, encoding="utf-8")
    child = subprocess.Popen(
        [sys.executable, "-c", _HUB, str(path)],
        stdout=subprocess.PIPE,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    assert child.stdout is not None
    pids = [int(word) for word in child.stdout.readline().split()]
    assert len(pids) == 2
    assert all(psutil.pid_exists(pid) for pid in pids)
    child.kill()
    child.wait()
    child.stdout.close()
    until(lambda: not any(_alive(pid) for pid in pids))
    until(lambda: not list(tmp_path.glob("chengshu-swmm-*")))


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


_HUB = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from chengshu.engines.swmm.twin import SwmmEngine
from chengshu.ports.twin import Rain, Run, TwinSetup
engine = SwmmEngine(workers=2)
twin = engine.open(TwinSetup(Path(sys.argv[1])))
twin.reset(datetime(2026, 7, 17, tzinfo=UTC))
rain = Rain.steady({"north": 50.0, "south": 50.0}, 300)
twin.simulate([Run(twin.snapshot(), rain)] * 2)
print(*engine.pool.pids(), flush=True)
long = Rain.steady({"north": 50.0, "south": 50.0}, 3000 * 86400)
twin.simulate([Run(twin.snapshot(), long)] * 2)
"""


def test_a_closed_engine_says_so(tmp_path: Path) -> None:
    pool = Pool(1)
    pool.close()
    with pytest.raises(Unavailable, match="closed"):
        pool.version()
