"""Which warning of an area counts for its flooding, and by how much it came before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.app.drill.measure import SubArea, sub_areas
from chengshu.kernel.areas import Area, AreaTree
from chengshu.kernel.texts import Text

T0 = datetime(2026, 7, 17, 7, tzinfo=UTC)
AREAS = AreaTree([Area("city", Text.of("City"), "city", None), Area("a", Text.of("A"), "community", "city")])


def judged(flood_h: float | None, *spans: tuple[float, float | None]) -> SubArea:
    """What is made of area ``a`` that floods after ``flood_h``, with warnings raised and cleared then."""
    warnings: list[Any] = [
        SimpleNamespace(area="a", raised_at=_at(raised), cleared_at=None if cleared is None else _at(cleared))
        for raised, cleared in spans
    ]
    floods = {} if flood_h is None else {"a": _at(flood_h)}
    (found,) = sub_areas(warnings, floods, {"J1": "a"}, AREAS, "community")
    return found


def _at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("spans", "lead_h", "stood"),
    [
        ([(1, 9)], 4, True),
        ([(2, None), (4, None)], 3, True),
        ([(1, 2), (4, 6)], 1, True),  # what was lifted in the morning does not count for the evening
        ([(0, 1), (2, 3)], 3, False),
        ([(6, 7)], -1, False),
        ([(1, 2), (6, 7)], 4, False),
    ],
)
def test_the_warning_that_stood_counts(
    spans: list[tuple[float, float | None]], lead_h: float, stood: bool
) -> None:
    found = judged(5, *spans)
    assert (found.lead_time_s, found.stood) == (lead_h * 3600, stood)
    assert found.outcome == ("hit" if lead_h >= 0 else "miss")


def test_an_area_without_warning_is_missed_and_one_without_flood_is_a_false_alarm() -> None:
    assert judged(5).outcome == "miss"
    assert judged(None, (1, 2)).outcome == "false_alarm"
    assert judged(None).outcome == "quiet"


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 5)), min_size=1, max_size=5), st.floats(0, 10))
def test_no_warning_lengthens_the_lead_beyond_the_first_one(
    spans: list[tuple[float, float]], flood_h: float
) -> None:
    found = judged(flood_h, *((raised, raised + lasts) for raised, lasts in spans))
    first = _at(flood_h) - _at(min(raised for raised, _ in spans))
    assert found.lead_time_s is not None
    assert found.lead_time_s <= first.total_seconds()
    assert (found.outcome == "hit") == (first >= timedelta(0))
