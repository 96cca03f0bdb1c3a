"""Files as text: what a reader of the page would see, and clear words for what cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.knowledge.papers import docx, paragraph, table

from chengshu.kernel.errors import ChengshuError, Invalid, TooLarge
from chengshu.resources.knowledge.cutting import passages_of
from chengshu.resources.knowledge.reading import read_file, tidy


def test_a_word_file_has_headings_counted_articles_and_tables() -> None:
    body = (
        paragraph("办法", "H1")
        + paragraph("第一章 总则", "H3")
        + paragraph("为了管理，制定本办法。", counted=(3, 0))
        + paragraph("first", counted=(3, 1))
        + paragraph("本市适用。", counted=(3, 0))
        + table(("项目", "期限"), ("答复", "十日"))
        + "<w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:r><w:t>kept</w:t></w:r></w:p>"
    )
    text = read_file("a.docx", docx(body)).text
    wanted = (
        "# 办法\n## 第一章 总则\n第一条 为了管理，制定本办法。\n(a) first\n第二条 本市适用。\n"
        "项目 | 期限\n答复 | 十日\nkept\n"
    )
    assert text == wanted
    assert [step.label for step in passages_of(text)[-1].path] == ["", "第一章", "第二条"]


def test_a_page_has_what_is_seen_and_nothing_else() -> None:
    page = (
        "<html><head><title>no</title><style>p{}</style></head><body><nav>menu</nav><h1>Rules</h1>"
        "<p>Water &amp; rain<br>and snow</p><script>x()</script><table><tr><td>a</td><td>b</td></tr></table>"
        "<ul><li>one</li><li>two</li></ul></body></html>"
    )
    assert read_file("a.html", page.encode()).text == "# Rules\nWater & rain\nand snow\na | b\none\ntwo\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_plain_text_in_the_encodings_there_are(encoding: str) -> None:
    text = "第一条 本办法适用于全市。\n第二条 自发布之日起施行。\n" * 3
    assert read_file("a.txt", text.encode(encoding)).text == text


def test_line_ends_and_control_signs_are_made_one() -> None:
    assert tidy("a\r\nb\rc\x0cd\u2028e\x00f\ufeff") == "a\nb\nc\nd\nef"


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("a.odt", b"PK", "document-kind"),
        ("noending", b"x", "document-kind"),
        ("a.txt", b" \n", "document-empty"),
        ("a.docx", b"PK\x03\x04broken", "document-docx"),
        ("a.docx", docx("", document="<a><b></a>"), "document-docx"),
        ("a.docx", docx("", document='<!DOCTYPE d [<!ENTITY x "y">]><d>&x;</d>'), "document-docx"),
    ],
)
def test_what_cannot_be_read_is_said_with_a_remedy(name: str, body: bytes, code: str) -> None:
    with pytest.raises(Invalid) as error:
        read_file(name, body)
    assert error.value.fault.code == code
    assert error.value.fault.remedy


def test_a_zip_bomb_is_not_unpacked() -> None:
    with pytest.raises(TooLarge):
        read_file("bomb.docx", docx(paragraph(" " * 40_000_000)))


@given(st.sampled_from([".md", ".txt", ".html", ".docx"]), st.binary(max_size=200))
@settings(max_examples=examples(80))
def test_any_bytes_are_read_or_refused(ending: str, body: bytes) -> None:
    try:
        text = read_file(f"a{ending}", body).text
    except ChengshuError:
        return
    assert "".join(part.text for part in passages_of(text)) == text
