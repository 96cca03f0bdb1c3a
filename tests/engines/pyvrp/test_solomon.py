"""Against the world: Solomon's instances and their best known distances."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace

import pytest

from chengshu.engines.pyvrp import PyVrpSolver


@pytest.mark.slow
@pytest.mark.external
def test_close_to_the_best_known(shared, root):
    spec = importlib.util.spec_from_file_location("bench_dispatch", root / "benchmarks" / "dispatch.py")
    bench = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = bench  # dataclasses look their module up
    spec.loader.exec_module(bench)
    gaps = {}
    for name, problem, best in bench.solomon(shared):
        if name in ("R101", "RC208"):
            plan = PyVrpSolver().solve(replace(problem, iterations=600))
            gaps[name] = bench.distance(problem, plan) / best - 1
    assert set(gaps) == {"R101", "RC208"}
    assert all(-1e-4 < gap < 0.05 for gap in gaps.values()), gaps
