"""Cases are judged in FEEL's terms, and two versions are compared on them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from chengshu.rules.cases import Case, compare, judge, literals, part_of, same
from chengshu.rules.feel import FeelSyntaxError


def decide_with(model: Any) -> Any:
    return lambda case: model.decide("d", case.given)


def levels(build: Any, limit: int) -> Any:
    table = build.table(
        ["rain"],
        [(f">= {limit}", '"red"', "1"), (f"< {limit}", '"none"', "0")],
        outputs=[("level", "", ""), ("rank", "", "")],
    )
    return build.of_table(["rain"], table)


CASES = [
    Case("dry", {"rain": 0}, "none"),
    Case("wet", {"rain": 50}, "red"),
    Case("wrong", {"rain": 40}, "red"),
    Case("past", {"rain": 45}),
]


def test_cases_are_held_against_what_is_decided(build: Any) -> None:
    found = list(judge(CASES, decide_with(levels(build, 50)), "level"))
    assert [verdict.passed for verdict in found] == [True, True, False, True]
    assert found[2].text.en == 'wrong: expected "red", decided "none"'
    assert found[2].text.zh_hant == 'wrong：應為 "red"，實為 "none"'
    assert found[2].outcome.matched[0].rule == 2


def test_only_cases_that_come_out_otherwise_are_changes(build: Any) -> None:
    old, new = decide_with(levels(build, 50)), decide_with(levels(build, 45))
    (change,) = compare(CASES, old, new, "level")
    assert change.text.en == 'past: was "none", becomes "red"'
    assert change.text.zh_hans == 'past：原为 "none"，将为 "red"'
    assert [one.case.name for one in compare(CASES, old, new)] == ["past"]
    assert not list(compare(CASES, old, old))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (1, 1.0, True),
        (0.1, Decimal("0.1"), True),
        (1, "1", False),
        (1, True, False),
        (None, None, True),
        (None, 0, False),
        ({"a": [1, None]}, {"a": [Decimal(1), None]}, True),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ([1], [1, 2], False),
        ("2026-07-01", date(2026, 7, 1), True),
        ([timedelta(hours=2)], ["PT2H"], True),
        ("PT2H", 2, False),
    ],
)
def test_the_same_is_what_feel_calls_the_same(one: Any, other: Any, expected: bool) -> None:
    assert same(one, other) is expected
    assert same(other, one) is expected


def test_feel_literals_in_files() -> None:
    assert literals({"t": ['@"PT2H"', "@x", '@"']}) == {"t": [timedelta(hours=2), "@x", '@"']}
    assert literals({1: '@"2026-07-01"'}) == {"1": date(2026, 7, 1)}
    assert literals('@"2026-07-01" + "x"') == '@"2026-07-01" + "x"'
    for wrong in ('@"2026-13-01"', '@"tomorrow"', '@""'):
        with pytest.raises(FeelSyntaxError):
            literals(wrong)


def test_a_part_that_is_not_there_is_null() -> None:
    assert part_of({"a": 1}, "a") == 1
    assert part_of({"a": 1}, "b") is None
    assert part_of(5, "b") is None
