"""A question taken apart: words, "words that must be there", -words that must not, facet:value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chengshu.ports.search import Term
from chengshu.resources.ledger.words import cut, pairs, stand_ins

MOST_TERMS = 32
_SYNONYM = 0.6
_WHOLE = ("title", "keywords", "text")
_QUOTED = re.compile(r'"([^"]+)"|“([^”]+)”|「([^」]+)」|『([^』]+)』|«([^»]+)»')
_UNWANTED = re.compile(r'(?:^|(?<=\s))[-－](?:"([^"]+)"|“([^”]+)”|([^\W\d_]\S*))')
_FILTER = re.compile(r"(?:^|(?<=\s))([a-z_]+)[:：](\S+)")


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is looked for. ``plain`` is what is left of the text for its meaning.

    ``needed`` are words that every hit has; an entry with all words of one group of ``unwanted`` is no hit.
    """

    plain: str
    words: tuple[str, ...]
    synonyms: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()
    needed: frozenset[str] = frozenset()
    unwanted: tuple[tuple[str, ...], ...] = ()
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def strict(self) -> bool:
        """Whether words must or must not be there: then no meaning stands in for them."""
        return bool(self.needed or self.unwanted)

    @property
    def empty(self) -> bool:
        """Whether something was asked in which there is nothing to look for: an emoji, a stop word."""
        return bool(self.plain.strip()) and not (self.words or self.unwanted)


def read_question(text: str, facets: Sequence[str]) -> Question:
    """A text as a question; ``facets`` are those that may stand before a colon."""
    filters: dict[str, list[str]] = {}

    def facet(match: re.Match[str]) -> str:
        if match[1] not in facets:
            return match[0]
        filters.setdefault(match[1], []).append(match[2].strip('"'))
        return " "

    rest = _FILTER.sub(facet, text)
    unwanted = [next(filter(None, match.groups())) for match in _UNWANTED.finditer(rest)]
    plain = _UNWANTED.sub(" ", rest)
    quoted = [next(filter(None, match.groups())) for match in _QUOTED.finditer(plain)]
    tokens = cut(plain)
    words = tuple(dict.fromkeys(tokens))[:MOST_TERMS]
    synonyms = {token for phrase in stand_ins(tokens) for token in phrase} - set(words)
    return Question(
        plain,
        words,
        tuple(sorted(synonyms)),
        tuple(dict.fromkeys(pairs(plain)))[:MOST_TERMS],
        frozenset(token for phrase in quoted for token in cut(phrase)) & set(words),
        tuple(group for phrase in unwanted if (group := tuple(dict.fromkeys(cut(phrase))))),
        filters,
    )


def terms(asked: Question) -> tuple[Term, ...]:
    """What the index is to look for."""
    return (
        *(_word(word, word in asked.needed) for word in asked.words),
        *(Term(word, fields=_WHOLE, weight=_SYNONYM) for word in asked.synonyms),
        *(Term(pair, fields=("pairs",)) for pair in asked.pairs),
    )


def unwanted(asked: Question) -> tuple[tuple[Term, ...], ...]:
    """What no hit may have, in groups of which all must be there."""
    return tuple(tuple(Term(word, fields=_WHOLE) for word in group) for group in asked.unwanted)


def _word(word: str, needed: bool) -> Term:
    if needed:
        return Term(word, fields=_WHOLE, needed=True)
    if is_sign(word):
        return Term(word, fields=("title", "keywords", "pairs"), prefix=True)
    return Term(word, fields=_WHOLE, edits=edits(word))


def is_sign(word: str) -> bool:
    """Whether a word is one Chinese sign: it is then looked for within longer words of titles too."""
    return len(word) == 1 and word >= "\u3400"


def edits(word: str) -> int:
    """How many letters of a word may differ: none of Chinese, numbers and short words."""
    if not word.isascii() or word.isdigit() or len(word) < 4:
        return 0
    return 1 if len(word) < 8 else 2
