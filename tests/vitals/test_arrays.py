"""The fast path and the SQL of every plan give the same values, also against raw history."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from vitals_lab import START, Hub, fill

from chengshu.kernel.clock import millis

pytestmark = pytest.mark.slow  # thorough; `make check` has the quicker ones beside it

ROLLUPS = ("max", "min", "mean", "sum", "count", "weighted")
FORMULAS = (
    "last / entity.fullDepth",
    "if count > 1 and max >= 2 then mean else min",
    "stddev",
    "sqrt(last - 1)",
    "max(first, last) ** 0.5 - abs(min)",
    "1 / (last - 1)",
    "last between 1 and 2",
)
MINUTE = timedelta(minutes=1)

observed = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 59), st.integers(-8, 16).map(lambda v: v / 4)),
    min_size=1,
    max_size=25,
)


@settings(max_examples=examples(6))
@given(observed)
def test_arrays_equal_sql(make_hub: Callable[..., Hub], rows: list[tuple[int, int, float]]) -> None:
    indicators = [
        fill(id=f"i{i}_{rollup}", value=text, rollup=rollup, warning=None, stale_after="PT2M")
        | ({"weight": "entity.fullDepth - 1"} if rollup == "weighted" else {})
        for i, text in enumerate(FORMULAS)
        for rollup in ROLLUPS
    ]
    hub = make_hub(*indicators)
    for number, tick, value in rows:
        hub.send(
            "WaterLevelSensor",
            number,
            value,
            START + timedelta(seconds=5 * tick),
            unit="cm" if tick % 2 else "",
        )
    hub.run(START + 5 * MINUTE)
    evaluator = hub.vitals.evaluator
    for plan in evaluator.plans:
        for minute in (3, 6):
            at = millis(START + minute * MINUTE)
            fast = evaluator._columns(plan, at, hub.vitals._book)
            slow = evaluator.columns_by_sql(plan, at, hub.vitals._book)
            raw = evaluator.columns_by_sql(plan, at, None)
            assert slow == raw
            compare(fast, slow)
            first = plan.indicators[0].id
            assert evaluator.each(first, "c1", at, hub.vitals._book) == evaluator.each(first, "c1", at)


def compare(fast: tuple, slow: tuple) -> None:  # type: ignore[type-arg]
    place = {area: index for index, area in enumerate(slow[0])}
    for fast_column, slow_column in zip(fast[1], slow[1], strict=True):
        for index, area in enumerate(fast[0]):
            value, fresh = fast_column[0][index], fast_column[1][index]
            if area not in place:
                assert fresh == 0
                continue
            expected = slow_column[0][place[area]]
            assert fresh == slow_column[1][place[area]]
            if expected is None:
                assert math.isnan(value)
            else:
                assert value == pytest.approx(expected, rel=1e-9, abs=1e-9)
