"""Lines of printed pages made flowing: what the width broke is joined, running heads and feet are gone."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from chengshu.resources.knowledge.marks import mark_of

_ENDS = "。；：！？.;:!?”」』）)|"
_GOES_ON = "，、,"
_FOOT = re.compile(
    r"[-—–·\s]*(?:第?\s*\d{1,4}\s*[页頁]?(?:\s*[/共]\s*\d{1,4}\s*[页頁]?)?|page\s+\d{1,4}(?:\s+of\s+\d{1,4})?)[-—–·\s]*",
    re.IGNORECASE,
)
_FULL = 0.75  # of a page's width: a shorter line ends on purpose
_RUNNING = 0.6  # of the pages: what stands on so many at the same end is a running head or foot


def flowing(pages: Sequence[str]) -> tuple[str, tuple[int, ...]]:
    """The text of all pages, and the place at which each begins; it may be within a line."""
    lines = [_unnumbered(_lines(page)) for page in pages]
    running = _running(lines)
    text: list[str] = []
    starts: list[int] = []
    size, before, width = 0, "", 0
    for number, page in enumerate(lines):
        body = _body(page, running)
        for line in body:
            joint = _joint(before, line, width)
            if joint == "" and _hyphened(before, line):
                text[-1], size = text[-1][:-1], size - 1
            gap = "" if not before else "\n" if joint is None else joint
            starts += [size + len(gap)] * (number + 1 - len(starts))  # pages without a line begin here too
            text.append(gap + line)
            size += len(gap) + len(line)
            before = line
            width = _width_of(body)
    starts += [size] * (len(pages) - len(starts))
    return "".join(text) + "\n" * bool(text), tuple(starts)


def _lines(page: str) -> list[str]:
    return [line for part in page.splitlines() if (line := " ".join(part.split()))]


def _shape(line: str) -> str:
    return re.sub(r"\d+", "#", line)


def _running(pages: Sequence[Sequence[str]]) -> frozenset[str]:
    """The shapes of lines that most pages begin or end with, page numbers apart; a clause is none."""
    if len(pages) < 4:
        return frozenset()
    ends = Counter(
        _shape(line) for page in pages for line in {*page[:1], *page[-1:]} if mark_of(line) is None
    )
    return frozenset(shape for shape, count in ends.items() if count >= _RUNNING * len(pages))


def _unnumbered(page: list[str]) -> list[str]:
    """A page without its number, at whichever end it stands."""
    found = list(page)
    for at in (0, -1):
        while found and _FOOT.fullmatch(found[at]):
            del found[at]
    return found


def _body(page: list[str], running: frozenset[str]) -> list[str]:
    """A page without its running head and foot, one line each."""
    found = list(page)
    for at in (0, -1):
        if found and _shape(found[at]) in running and mark_of(found[at]) is None:
            del found[at]
    return _unnumbered(found)


def _wide(line: str) -> int:
    """How wide a line is: signs of Chinese count twice."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in line)


def _width_of(lines: Sequence[str]) -> int:
    widths = sorted(_wide(line) for line in lines)
    return widths[(len(widths) * 9) // 10] if widths else 0


def _joint(before: str, line: str, width: int) -> str | None:
    """What joins a line to the one before; None where it begins a paragraph of its own."""
    if not before or before[-1] in _ENDS or mark_of(line) is not None:
        return None
    if before[-1] not in _GOES_ON and _wide(before) < _FULL * width:
        return None
    if _hyphened(before, line) or _broad(before[-1]) or _broad(line[0]):
        return ""
    return " "


def _hyphened(before: str, line: str) -> bool:
    return before[-1:] == "-" and before[-2:-1].isalpha() and line[:1].islower()


def _broad(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) in "WF"
