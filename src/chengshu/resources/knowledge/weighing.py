"""How well a passage answers: the share of the question's words it has, the rare ones counting more.

A question is answered when that share reaches :data:`ENOUGH`; else it is said that nothing was found. The
value was chosen on half of the questions in ``tests/knowledge/evaluation`` and is measured on the other half.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from chengshu.kernel.likeness import within
from chengshu.resources.knowledge.asking import Question
from chengshu.resources.knowledge.citing import headings_of
from chengshu.resources.knowledge.model import Passage
from chengshu.resources.ledger import Resource
from chengshu.resources.ledger.meaning import family_of
from chengshu.resources.ledger.words import cut, plain

ENOUGH = 0.5  # share of the question's weight a passage must have
MEANT, MEANT_ACROSS = 0.42, 0.28  # nearness that answers in one script, and from one to the other
_STANDING_IN = 0.8  # what a synonym counts for the word itself
_NEAR = 0.6  # what a word with a slip counts
_PARTS = 0.6  # what the shorter words within a long one count for it
How = Literal["word", "synonym", "near", "meaning"]


@dataclass(frozen=True, slots=True)
class Match:
    """Why a passage was hit: a word of it, in its headings or in its text, by itself or as a stand-in."""

    part: Literal["head", "text"]
    word: str
    how: How


@dataclass(frozen=True, slots=True)
class Weighed:
    """The share of the question a passage has, and by which words."""

    share: float
    why: tuple[Match, ...]


class Words:
    """The words of a passage: of what stands above it, and its own."""

    def __init__(self, head: str, text: str) -> None:
        self._plain = {"head": plain(head), "text": plain(text)}
        self.tokens: dict[str, frozenset[str]] = {
            "text": frozenset(cut(text)),
            "head": frozenset(cut(head)),
        }

    def part_of(self, word: str) -> Literal["head", "text"] | None:
        """Where a word stands; a Chinese one also where it was cut otherwise. Its own text comes first."""
        if word in self.tokens["text"]:
            return "text"
        if word in self.tokens["head"]:
            return "head"
        if word[0] >= "\u3400" and len(word) > 1:
            if word in self._plain["text"]:
                return "text"
            if word in self._plain["head"]:
                return "head"
        return None

    def near(self, word: str) -> str | None:
        """A word that differs by a letter or two from an English one."""
        edits = edits_of(word)
        if not edits:
            return None
        there: Collection[str] = self.tokens["text"] | self.tokens["head"]
        return min((token for token in there if token.isascii() and within(word, token, edits)), default=None)


def head_of(resource: Resource, part: Passage) -> str:
    """What stands above a passage: the document's title and the headings it is under."""
    title = resource.title
    forms = dict.fromkeys((title.en, title.zh_hans, title.zh_hant))
    return "\n".join((*filter(None, forms), headings_of(part.path)))


def enough_meant(question: str, text: str, nearness: float) -> bool:
    """Whether a passage is so near in meaning that it answers; texts in two scripts are never as near."""
    return nearness >= (MEANT if family_of(question) == family_of(text) else MEANT_ACROSS)


def edits_of(word: str) -> int:
    """How many letters of a word may be wrong: none of short ones, of numbers and of Chinese."""
    if not word.isascii() or not word.isalpha() or len(word) < 5:
        return 0
    return 1 if len(word) < 9 else 2


def rarity(found_in: int, passages: int) -> float:
    """The weight of a word that ``found_in`` of the passages have (Robertson and Spärck Jones 1976)."""
    return math.log(1 + (passages - found_in + 0.5) / (found_in + 0.5))


def weigh(asked: Question, words: Words, weights: Mapping[str, float]) -> Weighed:
    """The share of the question that a passage has."""
    counted: dict[str, float] = {}
    why: dict[str, Match] = {}
    for word in asked.words:
        if (part := words.part_of(word)) is not None:
            counted[word] = 1.0
            why[word] = Match(part, word, "word")
    for span, phrases in asked.stand_ins:
        for phrase in phrases:
            parts = [words.part_of(word) for word in phrase]
            if all(parts):
                for word in span:
                    counted[word] = max(counted.get(word, 0.0), _STANDING_IN)
                for word, part in zip(phrase, parts, strict=True):
                    why.setdefault(word, Match(part or "text", word, "synonym"))
    for word in asked.words:
        if word not in counted and (near := words.near(word)) is not None:
            counted[word] = _NEAR
            why.setdefault(near, Match("text" if near in words.tokens["text"] else "head", near, "near"))
    whole = sum(weights[word] for word, _ in asked.whole)
    have = sum(weights[word] * _credit(word, parts, counted) for word, parts in asked.whole)
    share = have / whole if whole else 0.0
    return Weighed(share, tuple(sorted(why.values(), key=lambda match: (match.how != "word", match.part))))


def _credit(word: str, parts: Collection[str], counted: Mapping[str, float]) -> float:
    """What of a word is there: itself, or some of the words it is made of."""
    if word in counted or not parts:
        return counted.get(word, 0.0)
    return _PARTS * sum(counted.get(part, 0.0) for part in parts) / len(parts)
