"""Where in a passage the matched words stand, in signs of its text as it was written."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from chengshu.resources.knowledge.model import Passage
from chengshu.resources.ledger.words import plain, stem


def marks_of(text: str, words: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """Places (from, to) of the words in a text, in order and without overlap; English ones in any ending."""
    folded = _folded(text)
    wanted = set(words)
    found = [place for word in wanted if word and word[0] >= "\u3400" for place in _all(folded, word)]
    at = 0
    while at < len(folded):
        end = at
        while end < len(folded) and folded[end].isalnum() and folded[end] < "\u2e80":
            end += 1
        if end > at and (folded[at:end] in wanted or stem(folded[at:end]) in wanted):
            found.append((at, end))
        at = max(end, at + 1)
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def item_of(passage: Passage, marks: Iterable[tuple[int, int]]) -> str:
    """The label of the item that has most of the marks, "" where none has more than half."""
    if not passage.items:
        return ""
    bounds = [place for _, place in passage.items] + [len(passage.text)]
    lengths = [0] * len(passage.items)
    whole = 0
    for start, end in marks:
        whole += end - start
        for number in range(len(lengths)):
            if bounds[number] <= start < bounds[number + 1]:
                lengths[number] += end - start
    best = max(range(len(lengths)), key=lambda number: lengths[number])
    return passage.items[best][0] if lengths[best] * 2 > whole else ""


def _all(text: str, word: str) -> Iterable[tuple[int, int]]:
    at = text.find(word)
    while at >= 0:
        yield at, at + len(word)
        at = text.find(word, at + 1)


def _folded(text: str) -> str:
    """The text in its one form, sign for sign: a sign that would become several stays as it is."""
    folded = "".join(
        form if len(form := unicodedata.normalize("NFKC", sign).lower()) == 1 else sign for sign in text
    )
    simple = "".join(plain(run) if len(plain(run)) == len(run) else run for run in _runs(folded))
    return simple if len(simple) == len(text) else folded


def _runs(text: str) -> Iterable[str]:
    """The text cut where lines and sentences end: what is folded together stays short."""
    start = 0
    for at, sign in enumerate(text):
        if sign in "\n。；;":
            yield text[start : at + 1]
            start = at + 1
    yield text[start:]
