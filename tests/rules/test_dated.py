"""What holds on a day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kernel.errors import Invalid, Missing
from chengshu.rules.dated import Parameters, Period, Timeline

A, B, C = date(2024, 1, 1), date(2025, 7, 1), date(2026, 12, 31)


def test_a_value_holds_until_the_next_begins() -> None:
    line = Timeline("allowance", [(Period(B), 3600), (Period(A), 3000)])
    assert [line.on(day) for day in (A, B - timedelta(days=1), B, date(2099, 1, 1))] == [
        3000,
        3000,
        3600,
        3600,
    ]
    with pytest.raises(Missing, match="2023-12-31") as caught:
        line.on(A - timedelta(days=1))
    assert "from 2024-01-01, from 2025-07-01" in caught.value.fault.remedy


def test_a_value_may_end() -> None:
    line = Timeline("subsidy", [(Period(A, B), 1)])
    assert line.on(B) == 1
    with pytest.raises(Missing):
        line.on(B + timedelta(days=1))
    assert line.changes(A, C) == [B + timedelta(days=1)]


@pytest.mark.parametrize(
    ("periods", "said"),
    [
        ([Period(B, A)], "ends before it begins"),
        ([Period(A), Period(A)], "two hold on 2024-01-01"),
        ([Period(A, B), Period(B)], "two hold on 2025-07-01"),
    ],
)
def test_periods_that_do_not_fit_are_told(periods: list[Period], said: str) -> None:
    with pytest.raises(Invalid) as caught:
        Timeline("x", [(period, 0) for period in periods])
    assert said in caught.value.fault.detail
    assert caught.value.fault.remedy


def test_parameters_are_contexts_of_one_day() -> None:
    parameters = Parameters(
        {
            "newborn.allowance": Timeline("", [(Period(A), 3000), (Period(B), 3600)]),
            "newborn.days": Timeline("", [(Period(B), 30)]),
        }
    )
    assert parameters.as_of(A) == {"newborn": {"allowance": 3000, "days": None}}
    assert parameters.as_of(B) == {"newborn": {"allowance": 3600, "days": 30}}
    assert (parameters.not_in_force(A), parameters.not_in_force(B)) == (["newborn.days"], [])


def test_a_key_cannot_be_a_value_and_a_group() -> None:
    line = Timeline("", [(Period(A), 1)])
    with pytest.raises(Invalid, match=r"beginning of «a\.b»"):
        Parameters({"a.b": line, "a": line})
    with pytest.raises(Invalid, match=r"beginning of «a\.b»"):
        Parameters({"a.b": line, "a": line, "a-z": line})


DAYS = st.dates(date(2020, 1, 1), date(2020, 3, 1))


@given(st.dictionaries(DAYS, st.integers(0, 9), min_size=1, max_size=6), DAYS)
def test_the_latest_that_has_begun_holds(values: dict[date, int], day: date) -> None:
    line = Timeline("x", [(Period(start), value) for start, value in values.items()])
    begun = [start for start in values if start <= day]
    if begun:
        assert line.on(day) == values[max(begun)]
    else:
        with pytest.raises(Missing):
            line.on(day)
    changes = line.changes(date(2020, 1, 1), date(2020, 3, 1))
    assert changes == sorted(start for start in values if start > date(2020, 1, 1))
