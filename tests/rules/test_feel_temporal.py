"""Dates, times and durations against Python's own, and over years that Python does not know."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.rules.feel import Date, compile_expression
from chengshu.rules.feel.temporal import civil, day_number
from chengshu.rules.feel.temporal_text import parse_temporal

ZONES = st.sampled_from(["", "Z", "+08:00", "-03:30", "@Asia/Macau", "@Europe/Paris", "+02:45:55"])


@given(st.dates())
def test_day_numbers_are_pythons(day: date) -> None:
    assert day_number(day.year, day.month, day.day) == day.toordinal() - date(1970, 1, 1).toordinal()
    assert Date(day.year, day.month, day.day).weekday == day.isoweekday()


@given(st.integers(-400_000_000_000, 400_000_000_000).map(lambda n: n % 365_000_000_000))
def test_day_numbers_come_back(number: int) -> None:
    assert day_number(*civil(number)) == number


@given(st.datetimes(), ZONES)
def test_text_comes_back(moment: datetime, zone: str) -> None:
    for text in (
        moment.isoformat().removesuffix(".000000") + zone,
        moment.time().isoformat() + zone,
        moment.date().isoformat(),
    ):
        value = parse_temporal(text)
        assert parse_temporal(str(value)) == value


@given(st.datetimes(), st.timedeltas(timedelta(days=-4000), timedelta(days=4000)))
def test_moments_and_durations_add_as_pythons(moment: datetime, span: timedelta) -> None:
    try:
        expected = moment + span
    except OverflowError:
        return
    assert compile_expression("m + d")({"m": moment, "d": span}) == expected
    assert compile_expression("e - m")({"m": moment, "e": expected}) == span


@given(st.timedeltas(timedelta(days=-4000), timedelta(days=4000)))
def test_the_parts_of_a_duration_make_it_up(span: timedelta) -> None:
    days, hours, minutes, seconds = compile_expression("[d.days, d.hours, d.minutes, d.seconds]")({"d": span})
    total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    assert abs(Decimal(span // timedelta(microseconds=1)) / 1_000_000 - total) < 1


@given(st.dates(date(1000, 1, 1), date(8000, 1, 1)), st.integers(-2000, 2000))
def test_adding_months_keeps_the_day_where_it_can(day: date, months: int) -> None:
    moved = compile_expression('d + m * duration("P1M")')({"d": day, "m": months})
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == day.day or (moved.day < day.day and (moved + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2026-02-29",
            "2026-13-01",
            "26-01-01",
            "02026-01-01",
            "24:00:01",
            "08:60:00",
            "8:00:00",
            "P",
            "PT",
        ),
        *("P1H", "2026-07-01T", "10:00:00@No/Where", "10:00:00+19:00", "１０:00:00", "P1Y1D"),
    ],
)
def test_texts_that_denote_nothing(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_temporal(text)


def test_years_beyond_pythons() -> None:
    text = 'string(@"-0044-03-15" + @"P3000Y") + " " + string(@"999999999-12-31" - @"P1D")'
    assert compile_expression(text)() == "2956-03-15 999999999-12-30"


def test_summer_time_is_known_by_zone() -> None:
    offsets = compile_expression(
        '[@"2026-07-01T08:00:00@Europe/Paris".time offset, @"2026-01-01T08:00:00@Europe/Paris".time offset]'
    )()
    assert offsets == [timedelta(hours=2), timedelta(hours=1)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('@"2026-03-29T01:30:00@Europe/Paris" + @"PT1H"', "2026-03-29T03:30:00@Europe/Paris"),
        ('@"2026-03-28T12:00:00@Europe/Paris" + @"P1D"', "2026-03-29T13:00:00@Europe/Paris"),
        ('@"2026-03-28T12:00:00@Europe/Paris" + @"P1M"', "2026-04-28T12:00:00@Europe/Paris"),
        ('@"2026-07-01T12:00:00@Asia/Macau" - @"P1D"', "2026-06-30T12:00:00@Asia/Macau"),
        ('@"99999-07-01T12:00:00@Europe/Paris" + @"PT1H"', "99999-07-01T13:00:00@Europe/Paris"),
        ('@"-5000-07-01T12:00:00@Etc/UTC" + @"P1D"', "-5000-07-02T12:00:00@Etc/UTC"),
    ],
)
def test_durations_run_through_changes_of_the_clock(text: str, expected: str) -> None:
    assert compile_expression(f"string({text})")() == expected
