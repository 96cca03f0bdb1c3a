"""Design storms against the published formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.foundation.twins.storm import SUZHOU, chicago
from chengshu.kernel.errors import Invalid


def test_fifty_years_in_one_hour_is_about_109_mm() -> None:
    assert SUZHOU.depth_mm(50, 60) == pytest.approx(109.1, abs=0.1)


@given(
    years=st.floats(1, 500),
    duration=st.integers(30, 1440),
    ratio=st.floats(0.05, 0.95),
    step=st.integers(1, 15),
)
def test_the_storm_brings_exactly_the_formulas_depth(
    years: float, duration: int, ratio: float, step: int
) -> None:
    storm = chicago(years, duration, ratio, step)
    spans = np.full(len(storm), float(step))
    total = float((storm * spans).sum() / 60)
    assert total == pytest.approx(SUZHOU.depth_mm(years, duration), rel=1e-9)
    assert (storm > 0).all()


@given(years=st.floats(1, 200), ratio=st.floats(0.1, 0.9), window=st.floats(5, 170))
def test_any_window_split_around_the_peak_holds_the_formulas_depth(
    years: float, ratio: float, window: float
) -> None:
    before = np.linspace(0, ratio * window, 4001)
    after = np.linspace(0, (1 - ratio) * window, 4001)
    mm = sum(
        float(np.trapezoid([SUZHOU.intensity(years, float(t), share) for t in side], side))
        for side, share in ((before, ratio), (after, 1 - ratio))
    )
    assert mm == pytest.approx(SUZHOU.depth_mm(years, window), rel=1e-4)


def test_the_peak_stands_where_the_ratio_says() -> None:
    storm = chicago(50, 180, 0.43, 5)
    assert int(np.argmax(storm)) == int(0.43 * 180 // 5)


@pytest.mark.parametrize(("years", "ratio"), [(0.5, 0.4), (10, 0.0), (10, 1.0), (float("nan"), 0.4)])
def test_storms_that_do_not_exist_are_refused(years: float, ratio: float) -> None:
    with pytest.raises(Invalid, match="no storm"):
        chicago(years, 180, ratio)
