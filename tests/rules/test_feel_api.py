"""The public face of FEEL: what goes in and out, what errors say, what the limits do."""

from __future__ import annotations

import math
from collections import OrderedDict
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kernel.clock import VirtualClock
from chengshu.rules.feel import (
    DateTime,
    FeelSyntaxError,
    Limits,
    Months,
    Range,
    compile_expression,
    compile_unary_tests,
)
from chengshu.rules.feel.messages import MESSAGES

EAST = timezone(timedelta(hours=8))
LOCAL = datetime.fromisoformat("2026-07-01T08:00:00.000005")


@pytest.mark.parametrize(
    ("given_value", "expected"),
    [
        (3, Decimal(3)),
        (0.1, Decimal("0.1")),
        (Decimal("1.50"), Decimal("1.5")),
        (True, True),
        (None, None),
        ("水位", "水位"),
        ((1, "a"), [Decimal(1), "a"]),
        (MappingProxyType({"a": 1}), {"a": Decimal(1)}),
        (OrderedDict(a=[1]), {"a": [Decimal(1)]}),
        (date(2026, 7, 1), date(2026, 7, 1)),
        (datetime(2026, 7, 1, 8, tzinfo=UTC), datetime(2026, 7, 1, 8, tzinfo=UTC)),
        (datetime(2026, 7, 1, 8, tzinfo=EAST), datetime(2026, 7, 1, 8, tzinfo=EAST)),
        (LOCAL, LOCAL),
        (time(8, 30, tzinfo=EAST), time(8, 30, tzinfo=EAST)),
        (timedelta(days=-1, microseconds=1), timedelta(days=-1, microseconds=1)),
        (math.nan, None),
        (math.inf, None),
        (Decimal("NaN"), None),
    ],
)
def test_values_in_and_out(given_value: Any, expected: Any) -> None:
    found = compile_expression("x")({"x": given_value})
    assert found == expected
    assert type(found) is type(expected)


def test_numbers_beyond_34_digits_of_range_are_null() -> None:
    found = compile_expression("x").evaluate({"x": 10**7000})
    assert found.value is None
    assert found.diagnostics[0].code == "out-of-range"


def test_numbers_of_other_libraries() -> None:
    add = compile_expression("a + b")
    assert add({"a": np.int64(2), "b": np.float64(0.5)}) == Decimal("2.5")
    assert add({"a": np.float32(0.5), "b": Fraction(1, 4)}) == Decimal("0.75")


def test_kinds_of_kinds() -> None:
    class Colour(StrEnum):
        RED = "red"

    assert compile_unary_tests('"red"')(Colour.RED) is True
    assert compile_expression("x + 1")({"x": HTTPStatus.OK}) == 201


def test_values_that_are_too_large_to_hand_out() -> None:
    text = "{a: for i in 1..1000 return i, b: for i in 1..1000 return a, c: [b, b]}"
    found = compile_expression(text).evaluate()
    assert found.value is None
    assert found.diagnostics[0].details["limit"] == "parts of a value"
    same = compile_expression(f"{text}.c = {text}.c").evaluate()
    assert same.diagnostics[0].details["limit"] == "parts compared"


def test_zones_by_name_come_back_by_name() -> None:
    found = compile_expression("x")({"x": datetime(2026, 7, 1, 8, tzinfo=ZoneInfo("Asia/Macau"))})
    assert found.tzinfo.key == "Asia/Macau"


def test_what_python_cannot_hold_keeps_its_own_kind() -> None:
    assert isinstance(compile_expression('duration("P1Y")')(), Months)
    assert isinstance(compile_expression("[1..2]")(), Range)
    far = compile_expression('date and time("12026-07-01T00:00:00")')()
    assert isinstance(far, DateTime)
    assert str(far) == "12026-07-01T00:00:00"


@pytest.mark.parametrize("text", ["x.__class__", "x.secret", "x.__dict__", 'get value(x, "secret")'])
def test_nothing_is_read_from_objects(text: str) -> None:
    class Holder:
        secret = "hidden"

    found = compile_expression(text).evaluate({"x": Holder()})
    assert found.value is None
    assert found.diagnostics[0].message == "a value of kind Holder cannot be used in a rule"


def test_the_callers_data_is_left_alone() -> None:
    data = {"xs": [1, 2], "c": {"a": 1}}
    compile_expression('context put(c, "b", append(xs, 3))')(data)
    assert data == {"xs": [1, 2], "c": {"a": 1}}


def test_free_names() -> None:
    text = "for g in gauges return if g.level > limit then {d: duration, e: d} else count(others[level > 3])"
    assert compile_expression(text).names == {"gauges", "limit", "duration", "others"}
    assert compile_unary_tests("> limit, ? + margin").names == {"limit", "margin"}


def test_names_with_signs_have_to_be_known() -> None:
    context = {"Date-Time": 5, "Date": 9, "Time": 1}
    assert compile_expression("Date-Time")(context) == 8
    assert compile_expression("Date-Time", names=context)(context) == 5
    assert compile_expression("days in weekend", names=["days in weekend"])({"days in weekend": 2}) == 2


def test_compiling_twice_gives_the_same_object() -> None:
    assert compile_expression("1 + 1") is compile_expression("1 + 1")


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("fill > ", 7, "something is missing here"),
        ("a == b", 3, "write = instead of =="),
        ("水位 ＞ 3", 3, "write > instead"),
        ("（a）", 0, "write ( instead"),
        ("a && b", 2, "write and instead"),
        ('"abc', 0, 'close it with "'),
        ("[1, 2", 5, "«]» is expected in a list"),
        ("if a then b", 11, "«else» is expected"),
        ("1 /* x", 2, "close it with */"),
        ("[1..2", 5, "a range ends with ], ) or ["),
        ("]1..2}", 5, "a range ends with"),
        ("{a: 1,}", 6, "an entry is missing after this comma"),
        ("{5: 1}", 1, "a name is expected in a context"),
        ("f(b: 2, 1)", 8, "named and positional arguments cannot be mixed"),
        ("a.5", 1, "does not fit here"),
        ("a. ", 3, "a name is expected in a path"),
        ("x in (1", 7, "«)» is expected"),
        ("1 instance of list<>", 20, "has one member type"),
        ("1 instance of list<number, string>", 34, "has one member type"),
        ('"\\ud83d"', 0, "no character"),
        ("for x return 1", 6, "«in» is expected"),
        ("then", 0, "does not fit here"),
        ("a ≥ 3", 2, "write >= instead"),
        ("50%", 2, "write / 100 instead"),
        ("a <> 3", 3, "write != instead of <>"),
        ("a => 3", 3, "write >= instead of =>"),
        ("a = 'b'", 4, 'write texts in "…"'),
        ("not flooded", 0, "write not(…)"),
        ("level is null", 9, "write = null"),
        ("f(1, b: 2)", 5, "named and positional arguments cannot be mixed"),
    ],
)
def test_syntax_errors_say_where_and_what_to_do(text: str, position: int, words: str) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression(text)
    assert (caught.value.text, caught.value.position) == (text, position)
    assert words in str(caught.value)


def test_cells_are_told_how_to_join_conditions() -> None:
    with pytest.raises(FeelSyntaxError, match="separate alternatives with commas"):
        compile_unary_tests("> 3 or < 1")


def test_every_message_is_in_three_languages() -> None:
    for code, text in MESSAGES.items():
        assert text.en, code
        assert text.zh_hans, code
        assert text.zh_hant, code
        places = [part.count("{") for part in (text.en, text.zh_hans, text.zh_hant)]
        assert len(set(places)) == 1, code


def test_notes_carry_the_position() -> None:
    found = compile_expression("1 + rain * 2").evaluate()
    first = found.diagnostics[0]
    assert (first.code, first.position) == ("unknown-name", 4)
    assert first.text.zh_hans == "此处没有名为“rain”的内容"


def test_the_clock_is_handed_in() -> None:
    clock = VirtualClock(datetime(2026, 7, 1, 23, 30, tzinfo=UTC))
    assert compile_expression("now()")({}, clock=clock) == clock.now()
    assert compile_expression("today()")({}, clock=clock) == date(2026, 7, 1)
    assert compile_unary_tests("< now()")(datetime(2026, 7, 1, tzinfo=UTC), {}, clock=clock) is True


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("for a in 1..1000, b in 1..1000 return 1", "steps"),
        ("for a in 1..99999 return 1", "members in a list"),
        ("count(for a in 1..400 return string join(for b in 1..4 return x))", "steps"),
        ("{a: x + x, b: a + a, c: b + b, d: c + c}.d", "characters in a string"),
        ('matches(x, "(a*)*(a*)*\\1b")', "steps"),
    ],
)
def test_limits(text: str, limit: str) -> None:
    limits = Limits(steps=20_000, text=5_000, members=10_000)
    found = compile_expression(text, limits=limits).evaluate({"x": "a" * 1000})
    assert found.value is None
    assert found.diagnostics[-1].details["limit"] == limit


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**34), 10**34),
    st.text(max_size=5),
    st.dates(),
    st.timedeltas(),
    st.datetimes(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_any_value_goes_through_unchanged(value: Any) -> None:
    assert compile_expression("x")({"x": value}) == value
