"""Every sentence of the parser is known in three languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.rules.feel import FeelSyntaxError, compile_expression, compile_unary_tests
from chengshu.rules.feel.syntax_words import PATTERNS, cure_in_words, in_words

WRONG = [
    "",
    "1 +",
    "(1",
    "[1, ]",
    '"red',
    '"\\q"',
    "1 /* x",
    "1 ! 2",
    "f(a: 1, 2)",
    "for 1 in 2",
    "{a b",
    "1..",
    "[1..2",
    "if 1 then 2",
    "function(1) 2",
    "a instance of list<",
    "not 1",
    "1 2",
    "= = 3",
    "some x",
    "a[",
    "x.1",
    "@1",
    "(" * 400,
    "1" * 200_000,
    "between 1 and",
    "1 in",
    "{1: 2}",
    "a instance of list<number, string>",
    "\x01",
    "a -> b",
]


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_is_said_in_chinese_too(text: str) -> None:
    for compile_ in (compile_expression, compile_unary_tests):
        try:
            compile_(text)
        except FeelSyntaxError as error:
            said = in_words(error.message)
            assert said.en == error.message
            assert said.en not in (said.zh_hans, said.zh_hant), error.message


@given(st.text(alphabet='ab1 ()[]{}<>=.,:"-+*/@?|in forsmeyt', max_size=24))
def test_any_text_that_does_not_parse_is_explained(text: str) -> None:
    try:
        compile_unary_tests(text)
    except FeelSyntaxError as error:
        assert any(pattern.fullmatch(error.message) for pattern, _, _ in PATTERNS), error.message


def test_an_unknown_sentence_stays_as_it_is() -> None:
    assert in_words("the moon is full").zh_hans == "the moon is full"


def test_places_are_named_too() -> None:
    with pytest.raises(FeelSyntaxError) as error:
        compile_expression("f(1")
    said = in_words(error.value.message)
    assert said.zh_hans == "函数调用中应为“)”，此处是 末尾" and "結尾" in said.zh_hant


@pytest.mark.parametrize(
    ("text", "hans", "hant"),
    [
        ('"red', '请以 " 结束', '請以 " 結束'),
        ("> 5 and < 9", "", ""),
        ("5 == 5", "请改写为 =", "請改寫為 ="),
        ("≥ 5", "请改写为 >=", "請改寫為 >="),
        ("'red'", '文字请写在 "…" 中', '文字請寫在 "…" 中'),
        ("not red", "请写作 not(…)", "請寫作 not(…)"),
        ("1" + "+1" * 400, "请改用列表与 sum() 或 any()", "請改用清單與 sum() 或 any()"),
        ("a" + ".b" * 400, "请拆成几个部分", "請拆成幾個部分"),
    ],
)
def test_what_to_do_is_said_too(text: str, hans: str, hant: str) -> None:
    with pytest.raises(FeelSyntaxError) as error:
        compile_expression(text)
    said = cure_in_words(error.value.fault.remedy)
    assert (said.zh_hans, said.zh_hant) == (hans, hant)


def test_a_sentence_with_its_place_is_known_whole() -> None:
    with pytest.raises(FeelSyntaxError) as error:
        compile_expression("rank +")
    said = in_words(f"{error.value.message} ({error.value.fault.where})")
    assert said.en == "something is missing here (line 1, column 7, at the end)"
    assert said.zh_hans == "此处缺少内容（第 1 行第 7 个字符：末尾）"
    assert in_words("something is missing here (line 2, column 1, at «x»)").zh_hant == (
        "此處缺少內容（第 2 行第 1 個字元：「x」）"
    )
