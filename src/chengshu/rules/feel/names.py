"""Names of several words: which run of tokens is one name.

FEEL names may contain spaces, operators and even keywords (``Monthly Salary``, ``Date-Time``, ``days in
weekend``), so a text can only be read knowing the names in scope (DMN 1.5, 10.3.1.4). Two rules decide:
the longest name in scope that fits wins; otherwise words that follow each other are one name, since nothing
else in FEEL stands that way. Only names that the second rule cannot find need to be known.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from chengshu.rules.feel.errors import FeelSyntaxError
from chengshu.rules.feel.lexer import Token, tokenize

STOPS = frozenset(
    {"and", "or", "between", "in", "then", "else", "return", "satisfies", "instance", "external"}
)
"""Words that end a name unless a name in scope contains them."""

RESERVED = STOPS | {"if", "for", "some", "every", "function", "true", "false", "null"}
"""Words that cannot begin a name unless a name in scope does."""

BUILTIN_NAMES = ("date and time", "years and months duration", "days and time duration")
"""Built-in names that contain a keyword."""

_NAME_SYMBOLS = frozenset("+-*/'.")


@lru_cache(maxsize=4096)
def name_parts(name: str) -> tuple[str, ...]:
    """The tokens a name consists of, or nothing when it cannot be written without quotes."""
    try:
        tokens = tokenize(name)[:-1]
    except FeelSyntaxError:
        return ()
    fits = all(t.kind in ("name", "number") or t.text in _NAME_SYMBOLS or t.text == "**" for t in tokens)
    if not tokens or not fits or tokens[0].kind != "name":
        return ()
    return tuple(t.text for t in tokens)


def is_plain(name: str) -> bool:
    """True when words that follow each other give this name without knowing it."""
    parts = name_parts(name)
    if not parts or parts[0] in RESERVED:
        return False
    return all(p not in STOPS and (p.isdigit() or p[0] not in ".+-*/'0123456789") for p in parts)


def normal(name: str) -> str:
    """A name with each run of white space made one space."""
    return " ".join(name.split())


class KnownNames:
    """The names in scope that need to be known, found by their first word."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for name in (*BUILTIN_NAMES, *names):
            self.add(name)

    def add(self, name: str) -> None:
        """Make one more name known."""
        parts = name_parts(name)
        if len(parts) < 2 or is_plain(name):
            return
        known = self._by_first.setdefault(parts[0], [])
        if all(parts != other for other, _ in known):
            known.append((parts, normal(name)))
            known.sort(key=lambda pair: -len(pair[0]))

    def copy(self) -> KnownNames:
        """The same names, to which more may be added without changing these."""
        twin = KnownNames.__new__(KnownNames)
        twin._by_first = {first: list(known) for first, known in self._by_first.items()}
        return twin

    def match(self, tokens: list[Token], at: int) -> tuple[str, int] | None:
        """The longest known name at token ``at`` and how many tokens it takes."""
        for parts, name in self._by_first.get(tokens[at].text, ()):
            end = at + len(parts)
            if end < len(tokens) and all(tokens[at + i].text == part for i, part in enumerate(parts)):
                return name, len(parts)
        return None


def join_words(tokens: list[Token], at: int) -> tuple[str, int]:
    """The name that begins at token ``at`` when nothing is known: it and the words after it."""
    end = at + 1
    while tokens[end].text not in STOPS:
        following = tokens[end]
        is_word = following.kind == "name"
        is_count = following.kind == "number" and following.text.isdigit()
        if not (is_word or is_count):
            break
        end += 1
    name = tokens[at].text
    for before, token in zip(tokens[at:end], tokens[at + 1 : end], strict=False):
        name += token.text if before.end == token.start else f" {token.text}"
    return name, end - at
