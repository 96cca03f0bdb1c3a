"""PDF as text: pages cited, broken lines joined, and hostile files answered within bounds."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from tests.examples import examples
from tests.knowledge.papers import pdf, pdf_of

from chengshu.kernel.errors import Invalid, TooLarge
from chengshu.resources.knowledge import pdf as reading
from chengshu.resources.knowledge import pdf_worker
from chengshu.resources.knowledge.cutting import passages_of
from chengshu.resources.knowledge.model import Edition
from chengshu.resources.knowledge.pdf_lines import flowing
from chengshu.resources.knowledge.reading import read_file

RULES = (
    ["数据共享办法", "第一章 总则", "第一条 为了规范本市政务数据共享，提高行政效率，", "制定本办法。"],
    ["第二条 提供部门应当自收到申请之日起十个工作日内", "作出答复；不予共享的，"],
    ["应当说明理由。", "第三条 自发布之日起施行。"],
)


def edition(pages: tuple[int, ...], count: int) -> Edition:
    return Edition("urn:x", 1, "2026", date(2026, 1, 1), None, "", "application/pdf", 0, count, 0, "x", pages)


def test_a_text_is_cut_into_clauses_that_know_their_page() -> None:
    read = read_file("a.pdf", pdf(*RULES))
    assert read.media_type == "application/pdf" and len(read.pages) == 3
    assert "提高行政效率，制定本办法。\n" in read.text and "不予共享的，应当说明理由。" in read.text
    parts = passages_of(read.text)
    assert "".join(part.text for part in parts) == read.text
    kept = edition(read.pages, len(parts))
    pages = {part.path[-1].label: kept.page_of(part) for part in parts if part.path}
    assert (pages["第一条"], pages["第二条"], pages["第三条"]) == (1, 2, 3)
    assert edition((), 1).page_of(parts[0]) == 0


def test_running_heads_feet_and_hyphens_are_gone() -> None:
    pages = [
        f"City of Mills - Rules\nArticle {at} The owner of a well shall keep it clean and shall re-\n"
        f"port every change of its {what} to the city.\nPage {at} of 5"
        for at, what in enumerate(("water", "depth", "owner", "cover", "place"), 1)
    ]
    text, starts = flowing(pages)
    assert "City of Mills" not in text and "Page" not in text
    assert text.count("shall report every change") == 5
    assert [text[start:].split(" ")[1] for start in starts] == ["1", "2", "3", "4", "5"]


def test_pages_full_of_lines_that_look_alike_lose_none() -> None:
    pages = ["\n".join(f"第{5 * page + line}条 应当答复。" for line in range(1, 6)) for page in range(6)]
    text, _ = flowing([f"本市条例\n{page}\n- {at} -" for at, page in enumerate(pages, 1)])
    assert text.splitlines() == "\n".join(pages).splitlines()


@settings(max_examples=examples(80))
@given(st.lists(st.text(st.sampled_from("ab第条。，1- \n页"), max_size=40), max_size=7))
def test_pages_begin_in_order_and_nothing_but_joints_is_added(pages: list[str]) -> None:
    text, starts = flowing(pages)
    assert len(starts) == len(pages) and list(starts) == sorted(starts)
    assert all(0 <= start <= len(text) for start in starts)
    kept = [sign for sign in "".join(pages) if not sign.isspace()]
    it = iter(kept)
    assert all(sign in it for sign in text if not sign.isspace())  # a subsequence of what was printed


def locked() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(["secret"]))))
    writer.encrypt("a password", algorithm="RC4-128")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def many(count: int) -> bytes:
    """So many pages that are all the same object."""
    kids = "3 0 R " * count
    page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
    return pdf_of(["<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Count {count}/Kids[{kids}]>>", page])


def bomb() -> bytes:
    """A page whose content unpacks to two gigabytes."""
    packed = zlib.compressobj(9)
    body = b"".join(packed.compress(b" " * 10_000_000) for _ in range(200)) + packed.flush()
    head = f"<</Length {len(body)}/Filter/FlateDecode>>stream\n".encode()
    return pdf_of(
        [
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Count 1/Kids[3 0 R]>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>",
            (head + body + b"\nendstream").decode("latin-1"),
        ]
    )


def deep() -> bytes:
    return pdf_of([f"<</Type/Catalog/Pages {'[' * 200_000}{']' * 200_000}>>"])


def ring() -> bytes:
    """Pages whose parents are their own children."""
    return pdf_of(["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 9/Kids[2 0 R 2 0 R]/Parent 2 0 R>>"])


@pytest.mark.slow  # a process for each
@pytest.mark.parametrize(
    ("made", "codes"),
    [
        (locked, {"document-locked"}),
        (lambda: pdf([], [], ["one"]), {"document-scanned"}),
        (lambda: pdf(["\ue001\ue002\ue003"]), {"document-garbled"}),
        (lambda: b"%PDF-1.7\nnothing", {"document-pdf"}),
        (lambda: b"PK\x03\x04", {"document-pdf"}),
        (lambda: many(10_000), {"document-large"}),
        (deep, {"document-pdf", "document-heavy"}),
        (ring, {"document-pdf", "document-heavy", "document-scanned", "document-empty"}),
        (bomb, {"document-pdf", "document-heavy", "document-scanned", "document-empty"}),
    ],
    ids=["locked", "scanned", "garbled", "broken", "other", "pages", "deep", "ring", "bomb"],
)
def test_what_cannot_be_read_is_told_and_hurts_nobody(made: Callable[[], bytes], codes: set[str]) -> None:
    body = made()
    with pytest.raises((Invalid, TooLarge)) as error:
        read_file("a.pdf", body)
    assert error.value.fault.code in codes and error.value.fault.remedy


def test_a_worker_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_WALL", 0.01)
    with pytest.raises(TooLarge) as error:
        read_file("a.pdf", pdf(["one"]))
    assert error.value.fault.code == "document-heavy"


def test_the_worker_bounds_itself(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf_worker, "MOST_SIGNS", 5)
    pdf_worker.read(pdf(["one", "two"], ["three"]))
    assert '"fault": "signs"' in capsys.readouterr().out
