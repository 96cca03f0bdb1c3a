"""Whatever stands in a column, there is an answer: within bounds, in three languages, the same each time."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from chengshu.resources.grading import ColumnSample, classify, grade_sample, table_sample
from chengshu.resources.grading.feature_types import facts_of, features
from chengshu.resources.grading.generalising import generalise
from chengshu.resources.grading.masking import mask
from chengshu.resources.grading.model import Classification
from chengshu.resources.grading.tokens import tokenise

ODD = st.sampled_from(
    [
        "١٢٣٤٥٦٧٨٩٠١",
        "²²²²²²²²²²²",
        "१३८००१३८०००",
        "1" * 500,
        "1e999",
        "-0",
        "1\u0000",
        "𠮷野家",
        "＊＊＊",
        "nan",
        ":::",
        "1.1.1.1.1",
    ]
)
DIGITS = st.text("0123456789Xx-*· .", max_size=22)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
VALUES = st.lists(ODD | DIGITS | TEXTS, max_size=12)
NAMES = TEXTS | st.sampled_from(["手机号", "sfzh", "lng", "坐标", "备注", "姓名", "csrq"])


@settings(max_examples=examples(150))
@given(st.lists(st.tuples(NAMES, VALUES), max_size=4))
def test_there_is_always_an_answer(columns: list[tuple[str, list[str]]]) -> None:
    samples = [
        ColumnSample(name, tuple(dict.fromkeys(values)), (1,) * len(set(values)), len(values))
        for name, values in columns
    ]
    found = classify(samples)
    assert [one.column for one in found] == [name for name, _ in columns]
    for one in found:
        assert 0 <= one.confidence <= 1 and 0 <= one.masked <= 1
        assert one.reason.text.en and one.reason.text.zh_hans and one.reason.text.zh_hant
        assert Classification.from_dict(one.as_dict()).as_dict() == one.as_dict()
    assert classify(samples) == found
    for sample in samples:
        features(facts_of(sample))


@settings(max_examples=examples(50))
@given(
    st.lists(st.tuples(NAMES, st.lists(ODD | DIGITS | TEXTS | st.none(), min_size=3, max_size=3)), max_size=4)
)
def test_any_table_is_graded(columns: list[tuple[str, list[str | None]]]) -> None:
    table = pa.table(
        [pa.array(values, pa.string()) for _, values in columns], names=[name for name, _ in columns]
    )
    report = grade_sample("t", table_sample(table), date(2026, 7, 1))
    assert report.graded.grade.rank >= max((one.graded.grade.rank for one in report.columns), default=1)


@given(
    ODD | DIGITS | TEXTS,
    st.sampled_from(["mobile", "address", "email", "birth_date", "coordinates", "", "ipv6"]),
)
def test_any_value_is_protected(value: str, category: str) -> None:
    assert isinstance(mask(value, category), str) and isinstance(generalise(value, category), str)
    assert len(tokenise(value, category, b"0123456789abcdef")) == 20


@pytest.mark.slow
def test_long_values_do_not_hold_it_up() -> None:
    long = tuple(sign * 100_000 + str(at) for sign in "*1a:.@中 " for at in range(40))
    (found,) = classify([ColumnSample("邮箱", long, (1,) * len(long), len(long))])
    assert found.category == ""
