"""What the name of a column says: Chinese of both scripts, pinyin initials, English."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from chengshu.resources.grading.declared import catalogue
from chengshu.resources.grading.folding import name_key, name_tokens, simplified

_LATIN = re.compile(r"[0-9a-z]+")
OTHER = "other"
_MOST_TOKENS = 4


@dataclass(frozen=True, slots=True)
class Hint:
    """What a name says: strength by category (1 says it, 0.5 allows it); ``word`` is the one that decided."""

    word: str = ""
    strengths: Mapping[str, float] = field(default_factory=dict)
    other: bool = False
    learned: bool = False

    @property
    def silent(self) -> bool:
        """Whether the name says nothing known."""
        return not self.strengths and not self.other


@cache
def _words() -> Mapping[str, Mapping[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for category, entry in catalogue().categories.items():
        for strength, words in ((1.0, entry.names), (0.5, entry.weak)):
            for word in words:
                for said in _with_number(_key(word)):
                    found.setdefault(said, {}).setdefault(category, strength)
    for word in catalogue().other:
        found.setdefault(_key(word), {})[OTHER] = 1.0
    return found


def _with_number(word: str) -> tuple[str, ...]:
    """A word, and where it is a document, that document's number: 台胞证, 台胞证号, 台胞证号码."""
    return (word, f"{word}号", f"{word}号码") if word[-1:] in _DOCUMENTS else (word,)


_DOCUMENTS = frozenset("证照牌卡")


def _key(word: str) -> str:
    return simplified(word.lower()).replace("_", "")


_NUMBER = frozenset(["no", "num", "nbr", "number"])
_DOCUMENT_KINDS = ("passport", "hk_macao_permit", "taiwan_permit")
_NUMBERED = frozenset(
    ["identity_number", "uscc", "mobile", "landline", "bank_card", "plate", *_DOCUMENT_KINDS]
)
"""Categories that are numbers, so that ``passport_num`` says the same as ``passport``."""


def hint_of(name: str, learned: Mapping[str, str] | None = None) -> Hint:
    """What the name of a column says. ``learned`` are names a steward has taught, by :func:`name_key`.

    Names end with what they name, in Chinese as in English: of the known words in a name the one that ends
    last decides, and of those the longest.
    """
    taught = (learned or {}).get(name_key(name))
    if taught is not None:
        return Hint(name, {taught: 1.0} if taught else {}, not taught, learned=True)
    best = max(_found(name), key=lambda found: (found[0], len(found[1])), default=None)
    if best is None:
        return Hint()
    meaning = dict(_words()[best[1]])
    other = meaning.pop(OTHER, 0) > 0
    return Hint(best[1], meaning, other)


def _found(name: str) -> Iterator[tuple[int, str]]:
    """Known words in a name, with the place where each ends."""
    words, tokens = _words(), name_tokens(name)
    for start in range(len(tokens)):
        for end in range(start + 1, min(start + _MOST_TOKENS, len(tokens)) + 1):
            joined = "".join(tokens[start:end])
            if joined in words:
                yield end * 1000, joined
                if tokens[end : end + 1] and tokens[end] in _NUMBER and words[joined].keys() <= _NUMBERED:
                    yield (end + 1) * 1000, joined
    for at, token in enumerate(tokens):
        for part in re.finditer(r"[\u4e00-\u9fff]+", token):
            text = part[0]
            for start in range(len(text)):
                for end in range(start + 1, len(text) + 1):
                    if text[start:end] in words:
                        yield (at + 1) * 1000 - (len(token) - part.start() - end), text[start:end]
