"""Counted lists of a word-processor file: the labels that are on the page but not in its text.

Laws and plans are often counted by the word processor: 第三条 is then nowhere in the file but computed.
Source: ECMA-376 part 1, 17.9 (numbering).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from chengshu.resources.knowledge.numerals import chinese

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LEVELS = 9
_CHINESE = ("chinese", "ideograph", "japanese", "taiwanese", "korean")


@dataclass
class _Level:
    form: str = "decimal"
    text: str = ""
    start: int = 1


@dataclass
class _List:
    levels: dict[int, _Level] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)


class Lists:
    """Counts along the document; ask for the label of each paragraph once, in order."""

    def __init__(self, numbering: etree._Element | None) -> None:
        self._lists: dict[str, _List] = {}
        if numbering is None:
            return
        abstract = {
            node.get(f"{W}abstractNumId", ""): _List(_levels(node))
            for node in numbering.iter(f"{W}abstractNum")
        }
        for node in numbering.iter(f"{W}num"):
            base = node.find(f"{W}abstractNumId")
            if base is not None and base.get(f"{W}val", "") in abstract:
                self._lists[node.get(f"{W}numId", "")] = abstract[base.get(f"{W}val", "")]

    def label(self, about: etree._Element | None) -> str:
        """The label before a paragraph with these properties, with a space after it; "" for none."""
        number = about.find(f"{W}numPr") if about is not None else None
        if number is None:
            return ""
        key, level = number.find(f"{W}numId"), number.find(f"{W}ilvl")
        found = self._lists.get(key.get(f"{W}val", "")) if key is not None else None
        said = level.get(f"{W}val", "") if level is not None else ""
        depth = int(said) if said.isdigit() else 0
        if found is None or depth not in found.levels:
            return ""
        found.counts[depth] = found.counts.get(depth, found.levels[depth].start - 1) + 1
        for deeper in range(depth + 1, _LEVELS):
            found.counts.pop(deeper, None)
        text = found.levels[depth].text
        for at, kept in found.levels.items():
            if f"%{at + 1}" in text:
                count = found.counts.get(at, kept.start)
                text = text.replace(f"%{at + 1}", _written(count, kept.form))
        return f"{text} " if text and found.levels[depth].form != "bullet" else ""


def _levels(node: etree._Element) -> dict[int, _Level]:
    found: dict[int, _Level] = {}
    for level in node.iter(f"{W}lvl"):
        depth = level.get(f"{W}ilvl", "")
        if not depth.isdigit() or int(depth) >= _LEVELS:
            continue
        start = _value(level, "start")
        found[int(depth)] = _Level(
            _value(level, "numFmt") or "decimal",
            _value(level, "lvlText")[:100],
            int(start) if start.isdigit() else 1,
        )
    return found


def _value(node: etree._Element, name: str) -> str:
    part = node.find(f"{W}{name}")
    return part.get(f"{W}val", "") if part is not None else ""


def _written(count: int, form: str) -> str:
    if form.lower().startswith(_CHINESE):
        return chinese(count)
    if form in ("lowerLetter", "upperLetter") and 0 < count <= 26:
        letter = chr(ord("a") + count - 1)
        return letter if form == "lowerLetter" else letter.upper()
    if form in ("lowerRoman", "upperRoman") and 0 < count < 400:
        text = _roman(count)
        return text if form == "upperRoman" else text.lower()
    return str(count)


def _roman(count: int) -> str:
    found = ""
    for value, signs in (
        *((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")),
    ):
        found += signs * (count // value)
        count %= value
    return found
