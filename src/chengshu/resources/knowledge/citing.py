"""How a passage is cited: 第十四条第二款第（三）项; Article 5, paragraph 2, item (c)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chengshu.resources.knowledge.model import Passage, Step
from chengshu.resources.knowledge.numerals import chinese, number_of

_HAN = re.compile("[㐀-鿿]")
_BRACKETS = "（）()【】.．、 "


def place_of(passage: Passage, item: str = "") -> str:
    """The clause, as the document's own language cites it; "" for a document without any structure."""
    steps = [step for step in passage.path if step.kind != "title"]
    han = bool(_HAN.search("".join(step.label for step in steps) or passage.words))
    at = next((n for n, step in enumerate(steps) if step.kind == "article"), None)
    if at is not None:
        above = [step for step in steps[:at] if step.kind == "annex"]
        clause = [*above, *steps[at:]]
        return _han_article(clause, passage, item) if han else _article(clause, passage, item)
    said = [_named(step) for step in steps]
    if passage.paragraph:
        said.append(f"第{passage.paragraph}段" if han else f"paragraph {passage.paragraph}")
    if item:
        said.append(item)
    return " › ".join(said)


def headings_of(path: Sequence[Step]) -> str:
    """The headings above, from the outermost: 第三章 共享 › 第十四条 答复."""
    return " › ".join(_named(step) for step in path)


def _named(step: Step) -> str:
    gap = "" if step.label.endswith(("、", "）")) else " "
    return gap.join(part for part in (step.label, step.title) if part)


def _han_article(steps: Sequence[Step], passage: Passage, item: str) -> str:
    said = "".join(step.label.replace(" ", "") for step in steps)
    if passage.paragraph:
        said += f"第{chinese(passage.paragraph)}款"
    if item:
        number = number_of(item.strip(_BRACKETS))
        name = "項" if "條" in said else "项"
        said += f"第{f'（{chinese(number)}）' if number else item}{name}"
    return said


def _article(steps: Sequence[Step], passage: Passage, item: str) -> str:
    said = [step.label for step in steps]
    if passage.paragraph:
        said.append(f"paragraph {passage.paragraph}")
    if item:
        said.append(f"item ({item.strip(_BRACKETS)})")
    return ", ".join(said)
