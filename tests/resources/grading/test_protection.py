"""Masks, tokens, coarser values; by grade and reader."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kernel.errors import Invalid
from chengshu.resources.grading.declared import catalogue
from chengshu.resources.grading.generalising import generalise, to_band, to_cell, to_city, to_decade, to_month
from chengshu.resources.grading.generator.draw import Draw
from chengshu.resources.grading.generator.sensitive import MAKERS
from chengshu.resources.grading.generator.words import words
from chengshu.resources.grading.masking import mask
from chengshu.resources.grading.model import Grade
from chengshu.resources.grading.protection import READERS, treated, treatment_for
from chengshu.resources.grading.tokens import tokenise

DAY = date(2026, 7, 1)
KEY = b"a key of the city, not a default"


@pytest.mark.parametrize(
    ("category", "value", "shown"),
    [
        ("identity_number", "11010519491231002X", "110105********002X"),
        ("mobile", "13800138000", "138****8000"),
        ("bank_card", "6222021234567890128", "6222***********0128"),
        ("person_name", "王小明", "王**"),
        ("person_name", "欧阳靖宇", "欧阳**"),
        ("person_name", "李", "李*"),
        ("email", "zhang.san@example.cn", "z********@example.cn"),
        ("address", "北京市海淀区中关村大街27号", "北京市海淀区****"),
        ("address", "中关村大街27号", "中关****"),
        ("plate", "京A12345", "京A***45"),
        ("ipv4", "10.0.13.1", "10.0.*.*"),
        ("passport", "E12345678", "E*****678"),
        ("mobile", "123", "1**"),
        ("", "secret", "s*****"),
        ("mobile", "", ""),
    ],
)
def test_masks(category: str, value: str, shown: str) -> None:
    assert mask(value, category) == shown


@given(st.integers(0, 5000), st.sampled_from(sorted(catalogue().categories)))
def test_a_mask_hides_something_and_twice_shows_no_more(seed: int, category: str) -> None:
    value = MAKERS[category](Draw(seed), words())
    hidden = mask(value, category)
    assert hidden != value and "*" in hidden
    assert sum(sign != "*" for sign in mask(hidden, category)) <= sum(sign != "*" for sign in hidden)


def test_tokens() -> None:
    one = tokenise("138 0013 8000", "mobile", KEY)
    assert one == tokenise("１３８00138000", "mobile", KEY) and len(one) == 20
    assert one != tokenise("13800138000", "bank_card", KEY)
    assert one != tokenise("13800138000", "mobile", KEY[::-1])
    assert len({tokenise(str(number), "mobile", KEY) for number in range(2000)}) == 2000
    with pytest.raises(Invalid, match="at least 16"):
        tokenise("x", "mobile", b"short")


def test_coarser_values() -> None:
    assert to_month("2026年7月4日") == "2026-07" and to_month("soon") == ""
    assert to_decade("19880704") == "1980s" and to_decade("") == ""
    assert to_band("34", 10) == "[30, 40)" and to_band("-3", 10) == "[-10, 0)" and to_band("x", 10) == ""
    assert to_city("310115") == "310100" and to_city("999999") == ""
    assert to_cell("121.473701") == "121.47" and to_cell("121.473701,31.230416", 1) == "121.5,31.2"
    assert generalise("1988-07-04", "birth_date") == "1980s" and generalise("37", "") == "[30, 40)"


def test_what_is_too_fine_is_never_shown_to_the_public() -> None:
    for category in catalogue().categories:
        for grade in list(Grade)[1:]:
            assert treatment_for("public", grade, category, DAY).kind in ("withhold", "generalise")


def test_a_higher_grade_never_shows_more() -> None:
    openness = {"withhold": 0, "tokenise": 1, "generalise": 1, "mask": 1, "show": 2}
    for reader in READERS:
        for category in (*catalogue().categories, ""):
            shown = [openness[treatment_for(reader, grade, category, DAY).kind] for grade in Grade]
            assert shown == sorted(shown, reverse=True), (reader, category)


def test_values_as_a_reader_sees_them() -> None:
    def seen(reader: str, category: str, values: list[str | None], grade: Grade) -> list[str | None] | None:
        return treated(values, category, treatment_for(reader, grade, category, DAY), key=KEY)

    numbers: list[str | None] = ["13800138000", None]
    assert seen("owner", "mobile", numbers, Grade.GENERAL_2) == numbers
    assert seen("public", "mobile", numbers, Grade.GENERAL_2) is None
    assert seen("official", "identity_number", ["11010519491231002X"], Grade.GENERAL_3) == [
        "110105********002X"
    ]
    assert seen("analyst", "birth_date", ["1988-07-04", None], Grade.GENERAL_2) == ["1980s", None]
    tokens = seen("analyst", "mobile", numbers, Grade.GENERAL_2)
    assert tokens == [tokenise("13800138000", "mobile", KEY), None]


def test_a_reader_nobody_knows() -> None:
    with pytest.raises(Invalid, match="no reader 'visitor'"):
        treatment_for("visitor", Grade.GENERAL_1, "", DAY)
