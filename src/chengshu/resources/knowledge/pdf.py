"""A PDF as text with the places where its pages begin; read in a worker bounded in time and memory."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import msgspec

from chengshu.kernel.errors import Invalid, TooLarge, Unavailable
from chengshu.resources.knowledge.pdf_lines import flowing
from chengshu.resources.knowledge.pdf_worker import MOST_PAGES, SECONDS
from chengshu.resources.knowledge.tidying import tidy

_WALL = 2 * SECONDS  # the worker's own limit is of computing; this one is for a machine that is busy
_UNREADABLE = 0.2  # share of signs that say nothing from which on the text is none


def text_of_pdf(name: str, body: bytes) -> tuple[str, tuple[int, ...]]:
    """The words of all pages in flowing lines, and where in them each page begins.

    Raises :class:`Invalid` for a file that is broken, locked, scanned or without a usable text,
    :class:`TooLarge` beyond 5,000 pages or what the worker may use.
    """
    if not body.lstrip()[:5] == b"%PDF-":
        raise Invalid("document-pdf", "this is no PDF", where=name, remedy="save it anew as PDF")
    pages = _pages(name, body)
    empty = sum(not page.strip() for page in pages)
    if 2 * empty > len(pages):
        raise Invalid(
            "document-scanned",
            f"{empty} of {len(pages)} pages have no text: they are pictures",
            where=name,
            remedy="let character recognition (OCR) read it first, then add what it gives",
        )
    text, starts = flowing([tidy(page) for page in pages])
    signs = [sign for sign in text if not sign.isspace()]
    if sum(sign == "\ufffd" or "\ue000" <= sign <= "\uf8ff" for sign in signs) > _UNREADABLE * len(signs):
        raise Invalid(
            "document-garbled",
            "its fonts do not say which signs they show",
            where=name,
            remedy="print it to PDF anew with embedded fonts, or save it as DOCX",
        )
    return text, starts


def _pages(name: str, body: bytes) -> list[str]:
    """The text of each page, by the worker."""
    command = [sys.executable, "-m", "chengshu.resources.knowledge.pdf_worker"]
    try:
        ran = subprocess.run(command, input=body, capture_output=True, timeout=_WALL, check=False)
    except subprocess.TimeoutExpired:
        raise _too_much(name) from None
    lines: list[dict[str, Any]] = [msgspec.json.decode(line) for line in ran.stdout.splitlines() if line]
    last = lines[-1] if lines else {}
    if "end" in last:
        return [str(line["page"]) for line in lines[:-1]]
    fault = str(last.get("fault", ""))
    if fault == "encrypted":
        raise Invalid(
            "document-locked", "it opens with a password only", where=name, remedy="save it without one"
        )
    if fault == "pages":
        raise TooLarge(
            "document-large",
            f"it has {last['count']} pages, and {MOST_PAGES} are read",
            where=name,
            remedy="part it",
        )
    if fault == "broken":
        raise Invalid(
            "document-pdf", f"it cannot be read: {last['detail']}", where=name, remedy="save it anew as PDF"
        )
    if ran.returncode == 0 and not fault:
        raise Unavailable(
            "document-worker", "the reader of PDF did not answer", where=name, remedy="try again"
        )
    raise _too_much(name)


def _too_much(name: str) -> TooLarge:
    return TooLarge(
        "document-heavy",
        f"reading it takes more than {SECONDS} s or too much memory",
        where=name,
        remedy="part it, or save it anew: the file may be damaged",
    )
