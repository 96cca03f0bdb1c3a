"""A question as the knowledge base takes it: the words that say what about, and what may stand for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from chengshu.kernel.errors import Invalid
from chengshu.resources.ledger.words import cut, pairs, synonyms

LONGEST = 400  # letters of a question
_MOST = 32


@dataclass(frozen=True, slots=True)
class Question:
    """``words`` in order, each once; ``whole``: those that are no part of a longer one, each with its parts;
    ``stand_ins``: phrases that may stand for some of them; ``pairs`` of neighbouring Chinese signs.
    """

    words: tuple[str, ...]
    whole: tuple[tuple[str, tuple[str, ...]], ...]
    stand_ins: tuple[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]], ...]
    pairs: tuple[str, ...]

    @property
    def others(self) -> tuple[str, ...]:
        """Every word of a phrase that may stand in, each once."""
        found = (word for _, phrases in self.stand_ins for phrase in phrases for word in phrase)
        return tuple(word for word in dict.fromkeys(found) if word not in self.words)


def read_question(text: str) -> Question:
    """What is asked. Raises :class:`Invalid` for a question that is too long or asks about nothing."""
    if len(text) > LONGEST:
        raise Invalid("ask-long", f"the question has over {LONGEST} letters", remedy="ask for a few words")
    asking = _asking()
    tokens = [token for token in cut(text) if token not in asking]
    if not tokens:
        raise Invalid(
            "ask-nothing", "the question says not what about", remedy="name the matter you look for"
        )
    words = tuple(dict.fromkeys(tokens))[:_MOST]
    return Question(
        words, tuple(_whole(words)), tuple(_stand_ins(tokens)), tuple(dict.fromkeys(pairs(text)))[:_MOST]
    )


def _whole(words: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Longer Chinese words with the shorter ones in them: together they count as one."""
    parts: dict[str, list[str]] = {word: [] for word in words}
    for word in words:
        longer = [other for other in words if word != other and word in other and word[0] >= "\u3400"]
        if longer:
            parts[max(longer, key=len)].append(word)
    inner = {part for found in parts.values() for part in found}
    return [(word, tuple(parts[word])) for word in words if word not in inner]


def _stand_ins(tokens: Sequence[str]) -> list[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]]:
    """Known phrases among the tokens, longest first, each with what may stand for it."""
    known = synonyms()
    longest = max((len(form) for form in known), default=0)
    found, at = [], 0
    while at < len(tokens):
        for size in range(min(longest, len(tokens) - at), 0, -1):
            span = tuple(tokens[at : at + size])
            if others := known.get(span):
                found.append((span, tuple(others)))
                at += size - 1
                break
        at += 1
    return found


@cache
def _asking() -> frozenset[str]:
    text = files("chengshu.resources.knowledge").joinpath("asking.yaml").read_text("utf-8")
    words = [word for line in yaml.safe_load(text).values() for word in line.split()]
    return frozenset([*words, *(token for word in words for token in cut(word) if len(token) > 1)])
