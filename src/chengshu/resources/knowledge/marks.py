"""What the beginning of a line says about structure: 第三章, 第十四條之一, Article 5, 3.2.1, 一、 (a), #.

Whether a mark counts (a line may begin with a mere reference to an article) is decided where the document is
cut, which knows what came before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chengshu.resources.knowledge.model import StepKind
from chengshu.resources.knowledge.numerals import NUMERAL, number_of, roman

ANNEX, NUMBERED, ARTICLE = 100, 140, 150
_RANKS: dict[str, tuple[StepKind, int]] = {
    "编": ("part", 110),
    "分编": ("subpart", 115),
    "章": ("chapter", 120),
    "节": ("section", 130),
    "条": ("article", ARTICLE),
    "part": ("part", 110),
    "title": ("part", 112),
    "chapter": ("chapter", 120),
    "section": ("section", 130),
    "article": ("article", ARTICLE),
    "art": ("article", ARTICLE),
    "clause": ("article", ARTICLE),
    "rule": ("article", ARTICLE),
    "regulation": ("article", ARTICLE),
    "annex": ("annex", ANNEX),
    "appendix": ("annex", ANNEX),
    "schedule": ("annex", ANNEX),
}
_ONE_FORM = str.maketrans("編節條項", "编节条项")
_HAN = re.compile(rf"(第\s*({NUMERAL})\s*(分[编編]|[编編]|章|[节節]|[条條])(?:之({NUMERAL}))?)(\s*)(.*)")
_HAN_ANNEX = re.compile(rf"((?:附件|附錄|附录|附表)\s*(?:{NUMERAL})?)([:：\s]\s*(.*)|)$")
_ENGLISH = re.compile(
    r"(§\s*|(?:Part|Title|Chapter|Section|Article|Art\.|Clause|Rule|Regulation|Annex|Appendix|Schedule"
    r"|PART|TITLE|CHAPTER|SECTION|ARTICLE|CLAUSE|RULE|ANNEX|APPENDIX|SCHEDULE)\s+)"
    r"(\d{1,4}[A-Za-z]?(?:\.\d{1,3})*|[IVXLC]+|[A-Z])(?![\w])([.:]?)(\s*[-–—]?\s*)(.*)"
)
_DOTTED = re.compile(r"(\d{1,3}(?:[.．]\d{1,3}){1,5})[.．、]?\s+(\S.*)")
_SINGLE = re.compile(r"((\d{1,3})[.．、])(?!\d)\s*(\S.*)")
_LISTED = re.compile(r"(([一二三四五六七八九十]{1,3})、)\s*(.*)")
_BRACKETED = re.compile(r"([（(]([一二三四五六七八九十]{1,3}|\d{1,2}|[a-z]{1,4})[)）])\s*(.*)")
_MARKDOWN = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
_HAN_TITLE = re.compile(r"([（(【〔][^）)】〕]{1,40}[）)】〕])\s*(.*)")
_REFERS = frozenset("的规規所中、和及或至以之第与與，,。")
_ENDS = (".", "。", ";", "；", "，", ",", ":", "：")


@dataclass(frozen=True, slots=True)
class Mark:
    """A line's mark. ``rank``: smaller is higher. ``body``: where, in the line, its own words begin (its
    length when the line is a heading alone). ``sure``: it cannot be a reference in running text.
    ``numbers``: of the label, (14, 1) for 第十四条之一.
    """

    kind: StepKind
    rank: int
    label: str
    title: str
    body: int
    numbers: tuple[int, ...] = ()
    sure: bool = True


def mark_of(line: str) -> Mark | None:
    """The mark a line begins with, None for a line of plain text."""
    text = line.strip("\r\n")
    lead = len(text) - len(text.lstrip())
    text = text.strip()
    if not text:
        return None
    if found := _MARKDOWN.fullmatch(text):
        return _headed(found, line)
    bold = text.startswith("**") and text.endswith("**") and len(text) > 4
    inner = text[2:-2] if bold else text
    mark = _han(inner) or _english(inner) or _counted(inner)
    if mark is None:
        return None
    whole = len(line) if mark.body >= len(inner) or bold else lead + mark.body
    return Mark(mark.kind, mark.rank, mark.label, mark.title, whole, mark.numbers, mark.sure)


def _headed(found: re.Match[str], line: str) -> Mark:
    """A Markdown heading: its depth ranks it, its words say what it is."""
    depth, words = len(found[1]), found[2].strip("* ")
    inner = _han(words) or _english(words) or _counted(words)
    if inner is None or inner.kind == "item":
        return Mark("heading", depth * 10, "", words, len(line))
    title = inner.title or words[inner.body :].strip()
    rank = inner.rank if inner.kind == "annex" and depth > 1 else depth * 10
    return Mark(inner.kind, rank, inner.label, title, len(line), inner.numbers)


def _han(text: str) -> Mark | None:
    if found := _HAN.fullmatch(text):
        label, number, unit, again, gap, rest = found.groups()
        kind, rank = _RANKS[unit.translate(_ONE_FORM)]
        numbers = tuple(value for part in (number, again) if part and (value := number_of(part)) is not None)
        refers = bool(rest) and rest[0] in _REFERS and not gap
        if kind == "article":
            at = found.start(6)
            title = ""
            if titled := _HAN_TITLE.fullmatch(rest):
                title, at = titled[1].strip("（）()【】〔〕"), at + titled.start(2)
            sure = bool(gap) or not rest or bool(title)
            return None if refers else Mark(kind, rank, label, title, at, numbers, sure)
        if refers or len(rest) > 40 or rest.endswith(_ENDS):
            return None
        return Mark(kind, rank, label, rest, len(text), numbers)
    if (found := _HAN_ANNEX.fullmatch(text)) and len(text) <= 60:
        return Mark("annex", ANNEX, found[1].strip(), (found[3] or "").strip(), len(text))
    return None


def _english(text: str) -> Mark | None:
    found = _ENGLISH.fullmatch(text)
    if found is None:
        return None
    word, number, stop, gap, rest = found.groups()
    kind, rank = _RANKS["section" if word.startswith("§") else word.strip().rstrip(".").lower()]
    parted = stop or any(dash in gap for dash in "–—-")
    if rest and not parted and not (rest[0].isupper() or rest[0] > "⺀"):
        return None  # “Article 14 applies …” is running text
    value = number_of(number) or roman(number)
    label = f"{word}{number}".strip()
    if not rest or (len(rest) <= 90 and not rest.endswith(_ENDS)):
        return Mark(kind, rank, label, rest, len(text), (value,) if value else ())
    if kind not in ("article", "section"):
        return None
    return Mark(kind, rank, label, "", found.start(5), (value,) if value else (), sure=bool(stop))


def _counted(text: str) -> Mark | None:
    """Counted headings and items: 3.2.1, 1., 一、, （一）, (a)."""
    if found := _DOTTED.fullmatch(text):
        numbers = tuple(int(part) for part in re.split("[.．]", found[1]))
        short = len(found[2]) <= 90 and not found[2].endswith(_ENDS)
        at = len(text) if short else found.start(2)
        title = found[2] if short else ""
        return Mark("numbered", NUMBERED + len(numbers), found[1], title, at, numbers, sure=False)
    if found := _LISTED.fullmatch(text):
        short = len(found[3]) <= 40 and not found[3].endswith(_ENDS)
        at = len(text) if short else found.start(3)
        value = number_of(found[2]) or 0
        return Mark("heading", NUMBERED + 2, found[1], found[3] if short else "", at, (value,))
    if found := _BRACKETED.fullmatch(text):
        value = number_of(found[2]) or 0
        return Mark("item", NUMBERED + 4, found[1], "", found.start(3), (value,))
    if found := _SINGLE.fullmatch(text):
        short = len(found[3]) <= 80 and not found[3].endswith(_ENDS)
        at = len(text) if short else found.start(3)
        title = found[3] if short else ""
        return Mark("numbered", NUMBERED + 1, found[1], title, at, (int(found[2]),), sure=False)
    return None
