"""Numbers, spans and moments read the same for everybody and never flatter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.console.charts import SPARK_HEIGHT, SPARK_WIDTH, spark_path
from chengshu.console.formats import Formats, number, percent, plainly, quantity
from chengshu.console.words import Words

NOW = datetime(2026, 7, 21, 10, 40, tzinfo=UTC)


def formats(language: str = "en") -> Formats:
    return Formats(Words(language), ZoneInfo("Asia/Shanghai"), NOW)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "m", "–"),
        (0.4567, "m", "0.46\u202fm"),
        (26.14, "mm/h", "26.1\u202fmm/h"),
        (92.0, "%", "92%"),
        (12345, "m3", "12\u202f345\u202fm³"),
        (3, "{count}", "3"),
        (0.8, "m3/s", "0.80\u202fm³/s"),
    ],
)
def test_quantities(value: float | None, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


@given(st.floats(0, 1))
def test_a_share_is_full_only_when_nothing_is_missing(share: float) -> None:
    assert (percent(share) == "100%") == (share == 1)
    assert (percent(share) == "0%") == (share == 0)


@given(st.floats(-1e9, 1e9))
def test_a_number_keeps_its_value_to_the_digits_shown(value: float) -> None:
    shown = float(number(value).replace("\u202f", ""))
    assert shown == pytest.approx(value, abs=0.5 if abs(value) >= 100 else 0.051)


def test_moments_are_shown_on_the_citys_clocks() -> None:
    assert formats().clock(NOW) == "18:40"
    assert formats().clock(NOW - timedelta(days=1)) == "20 Jul 18:40"
    assert formats("zh-Hant").clock(NOW - timedelta(days=1)) == "7月20日 18:40"
    assert formats().clock(NOW - timedelta(days=400)) == "16 Jun 2025 18:40"
    assert formats().exact(NOW) == "2026-07-21 18:40:00"
    assert formats().field(NOW) == "2026-07-21T18:40"


@pytest.mark.parametrize(
    ("seconds", "en", "hans"),
    [
        (40, "40 s", "40 秒"),
        (300, "5 min", "5 分"),
        (7500, "2 h 5 min", "2 小时 5 分"),
        (7200, "2 h", "2 小时"),
        (273600, "3 d 4 h", "3 天 4 小时"),
    ],
)
def test_spans(seconds: float, en: str, hans: str) -> None:
    assert formats().span(seconds) == en
    assert formats("zh-Hans").span(seconds) == hans


def test_seconds_are_said_as_people_say_them() -> None:
    assert formats().quantity(300.0, "s") == "5 min"
    assert formats("zh-Hans").quantity(5400.0, "s") == "1 小时 30 分"
    assert formats().quantity(0.4, "m") == "0.40\u202fm"


def test_ago_and_ahead() -> None:
    assert formats().ago(NOW - timedelta(minutes=7)) == "7 min ago"
    assert formats().ago(NOW + timedelta(minutes=7)) == "in 7 min"
    assert formats().ago(NOW) == "just now"
    assert formats("zh-Hans").ago(None) == "从未"


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), max_size=60))
def test_a_spark_stays_in_its_box_and_keeps_its_gaps(values: list[float | None]) -> None:
    path = spark_path(values)
    points = [part.split() for part in path.replace("M", "|").replace("L", "|").split("|") if part]
    assert len(points) == sum(value is not None for value in values)
    assert all(0 <= float(x) <= SPARK_WIDTH and 0 <= float(y) <= SPARK_HEIGHT for x, y in points)
    runs = sum(
        value is not None and (index == 0 or values[index - 1] is None) for index, value in enumerate(values)
    )
    assert path.count("M") == runs


def test_inputs_of_a_reason_are_said_plainly() -> None:
    assert plainly(None) == plainly([]) == "–"
    assert plainly(["urn:ngsi-ld:Crew:C1", 0.25, True]) == "C1; 0.25; ✓"
    assert plainly({"unit": "T1", "why": None}) == "unit: T1, why: –"
