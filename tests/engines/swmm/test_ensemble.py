"""When a member floods a node, for the first and for the last time."""

from __future__ import annotations

import numpy as np

from chengshu.engines.swmm.ensemble import first_flooding, last_flooding
from chengshu.ports.twin import Flooded, Totals, Trace


def trace(ponded: list[list[float]], flooding: list[list[float]], flooded: list[list[float]]) -> Trace:
    shape = np.array(ponded, dtype=np.float64)
    seconds = np.arange(len(shape), dtype=np.int64) * 300
    totals = Totals(0, 0, 0, 0, 0, 0)
    return Trace(
        seconds, shape * 0, np.array(flooding, float), shape, np.array(flooded, float), shape * 0, totals
    )


def test_water_that_stands_counts_until_it_is_gone() -> None:
    ran = trace([[0, 0], [5, 0], [9, 0], [0, 0]], [[0, 0]] * 4, [[0, 0], [5, 0], [9, 0], [9, 0]])
    assert first_flooding(ran, Flooded()).tolist()[0] == 300
    assert last_flooding(ran, Flooded()).tolist()[0] == 600
    assert np.isnan([first_flooding(ran, Flooded())[1], last_flooding(ran, Flooded())[1]]).all()


def test_water_that_ran_away_between_two_samples_was_there_once() -> None:
    ran = trace([[0], [0], [0]], [[0], [0], [0]], [[0], [7], [7]])
    assert (first_flooding(ran, Flooded())[0], last_flooding(ran, Flooded())[0]) == (300, 300)


def test_what_still_runs_out_at_the_end_lasts_to_the_end() -> None:
    ran = trace([[0], [0], [0]], [[0], [0.5], [0.5]], [[0], [100], [200]])
    assert last_flooding(ran, Flooded())[0] == 600
