"""Documents cut along their own structure: nothing lost, every clause cited as the document counts it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from chengshu.resources.knowledge.citing import place_of
from chengshu.resources.knowledge.cutting import MOST, passages_of
from chengshu.resources.knowledge.numerals import chinese, number_of, roman

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "cutting.yaml").read_text("utf-8"))
LINES = """第一章 总则
第二條　內容。
第三条 【答复】答复。
（一）项；
# Head
## 2.1 Deep
Article 5 Fees
Article 5 of the law says.
1. one
2. two
一、
附件1：表
```
Plain words.
§ 4 Text
Appendix B
"""
MARKS = st.sampled_from(["\n", "\r\n", "字" * 1500 + "。\n", *LINES.splitlines(keepends=True)])


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_a_document_is_cut_as_it_counts_itself(case: dict[str, Any]) -> None:
    found = passages_of(case["text"])
    assert [place_of(part) for part in found] == [place for place, _ in case["passages"]]
    for part, (_, beginning) in zip(found, case["passages"], strict=True):
        assert part.text.startswith(beginning)


@given(st.lists(MARKS | st.text(max_size=30), max_size=25).map("".join))
@settings(max_examples=examples(150))
def test_passages_put_together_are_the_document(text: str) -> None:
    found = passages_of(text)
    assert "".join(part.text for part in found) == text
    at = 0
    for number, part in enumerate(found):
        assert (part.number, part.start) == (number, at)
        assert 0 <= part.body <= len(part.text)
        assert all(label in part.text[place:] for label, place in part.items)
        place_of(part)
        at += len(part.text)


def test_items_are_cited_with_their_label() -> None:
    (part,) = passages_of("第七条 不予共享的情形：\n（一）涉及国家秘密；\n（二）法律禁止。\n")
    assert [place_of(part, label) for label, _ in part.items] == ["第七条第（一）项", "第七条第（二）项"]
    (part,) = passages_of("Article 9. It shall\n(a) act;\n(b) report.\n")
    assert place_of(part, part.items[1][0]) == "Article 9, item (b)"


def test_long_texts_are_parted_at_sentences() -> None:
    found = passages_of("第一条 " + "本市应当加强数据管理。" * 400 + "\n")
    assert len(found) > 3
    assert all(len(part.text) - part.body <= MOST for part in found)
    assert all(part.text.rstrip().endswith("。") for part in found)
    assert {place_of(part) for part in found} == {"第一条"}
    assert max(len(part.text) for part in passages_of("水" * 5000)) == MOST


@given(st.integers(1, 9999))
@settings(max_examples=examples(60))
def test_numerals_read_back(number: int) -> None:
    assert number_of(chinese(number)) == number


@pytest.mark.parametrize(("text", "value"), [("XIV", 14), ("XL", 40), ("C", 100), ("A", None), ("", None)])
def test_roman_numerals(text: str, value: int | None) -> None:
    assert roman(text) == value
