"""What the grammar needs of a token stream: looking, taking, nesting, and names of several words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from chengshu.rules.feel.errors import FeelSyntaxError
from chengshu.rules.feel.lexer import Token, tokenize
from chengshu.rules.feel.names import KnownNames, is_plain, join_words, normal

MAX_NESTING = 60
"""Deepest nesting of brackets, conditions and loops."""

_T = TypeVar("_T")


class TokenReader:
    """Reads one text token by token. ``names`` are those in scope that contain operators or keywords."""

    def __init__(self, text: str, names: Iterable[str] = ()) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.at = 0
        self.depth = 0
        self.known = KnownNames(names)
        self.in_range_end = False

    @property
    def here(self) -> Token:
        return self.tokens[self.at]

    def fail(self, message: str, remedy: str = "", token: Token | None = None) -> FeelSyntaxError:
        """The error to raise: ``message`` about the present (or the given) token."""
        return FeelSyntaxError(self.text, (token or self.here).start, message, remedy)

    def is_op(self, *texts: str) -> bool:
        return self.here.kind == "op" and self.here.text in texts

    def is_word(self, word: str) -> bool:
        return self.here.kind == "name" and self.here.text == word

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def expect(self, text: str, inside: str) -> Token:
        token = self.here
        if token.text != text or token.kind not in ("op", "name"):
            found = f"«{token.text}»" if token.text else "the end"
            raise self.fail(f"«{text}» is expected in {inside}, but here is {found}")
        return self.take()

    def nested(self, read: Callable[[], _T]) -> _T:
        """Run ``read`` one level deeper, within the limit, out of any range end."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self.fail(f"nested more than {MAX_NESTING} deep", "split the expression")
        outer, self.in_range_end = self.in_range_end, False
        result = read()
        self.in_range_end = outer
        self.depth -= 1
        return result

    def with_names(self, names: Iterable[str], read: Callable[[], _T]) -> _T:
        """Run ``read`` with more names in scope."""
        outer = self.known
        self.known = outer.copy()
        for name in names:
            self.known.add(name)
        result = read()
        self.known = outer
        return result

    def name(self, inside: str) -> str:
        """A name at this place; raises when there is none."""
        if self.here.kind != "name":
            found = f"«{self.here.text}»" if self.here.text else "the end"
            raise self.fail(f"a name is expected in {inside}, but here is {found}")
        text, length = self.longest_name()
        for token in self.tokens[self.at + 1 : self.at + length]:
            if token.text in ("null", "true", "false") and is_plain(text):
                raise self.fail(f"«{text}» is not a name", f"write = {token.text}", token)
        self.at += length
        return text

    def longest_name(self) -> tuple[str, int]:
        joined = join_words(self.tokens, self.at)
        known = self.known.match(self.tokens, self.at)
        if known is None or known[1] < joined[1]:
            return joined
        if known[0] == "date and time" and self.tokens[self.at + known[1]].text != "(":
            return joined  # the two variables «date» and «time», not the function
        return known

    def free_name(self, ends: tuple[str, ...], inside: str) -> str:
        """A name that is being introduced: everything up to one of ``ends``."""
        first = self.at
        while self.here.text not in ends and self.is_name_part():
            self.take()
        if first == self.at or self.tokens[first].kind != "name":
            raise self.fail(f"a name is expected in {inside}", token=self.tokens[first])
        return normal(self.text[self.tokens[first].start : self.tokens[self.at - 1].end])

    def is_name_part(self) -> bool:
        return self.here.kind in ("name", "number") or (
            self.here.kind == "op" and self.here.text in "+-*/'.**"
        )
