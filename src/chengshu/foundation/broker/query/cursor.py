"""A place in a text that is being read, and what to say when it goes wrong there."""

from __future__ import annotations

from typing import NoReturn

from chengshu.foundation.broker.errors import BadRequestData, TooComplexQuery

MOST_BYTES = 16_384
MOST_DEPTH = 50
MOST_TERMS = 512


class Cursor:
    """Walks over ``text``; counts terms and depth so that no query is a bomb."""

    def __init__(self, text: str, name: str) -> None:
        """``name`` is the parameter read. Raises :class:`TooComplexQuery` beyond :data:`MOST_BYTES`."""
        self.text, self.name, self.at = text, name, 0
        self._terms = self._depth = 0
        if len(text) > MOST_BYTES or len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
            raise TooComplexQuery(
                f"the expression is longer than {MOST_BYTES} bytes",
                where=name,
                remedy="ask in several smaller queries",
            )

    @property
    def where(self) -> str:
        """The place reached, for people: they count characters from 1."""
        return f"{self.name}, character {self.at + 1}"

    @property
    def done(self) -> bool:
        """Whether nothing is left but blanks."""
        self.skip()
        return self.at >= len(self.text)

    def skip(self) -> None:
        """Pass over blanks."""
        text, at = self.text, self.at
        while at < len(text) and text[at] == " ":
            at += 1
        self.at = at

    def peek(self) -> str:
        """The next character that is no blank; empty at the end."""
        self.skip()
        return self.text[self.at : self.at + 1]

    def take(self, sign: str) -> bool:
        """Pass over ``sign`` if it comes next."""
        self.skip()
        if not self.text.startswith(sign, self.at):
            return False
        self.at += len(sign)
        return True

    def need(self, sign: str) -> None:
        """Pass over ``sign`` or refuse."""
        if not self.take(sign):
            self.refuse(f"expected '{sign}'" + self.found(), f"put '{sign}' here")

    def found(self) -> str:
        """`` but found …`` for a message."""
        sign = self.peek()
        return f" but found '{sign}'" if sign else " but the text ends"

    def enter(self) -> None:
        """One pair of brackets deeper."""
        self._depth += 1
        if self._depth > MOST_DEPTH:
            self._complex(f"brackets are nested deeper than {MOST_DEPTH}")

    def leave(self) -> None:
        """Out of a pair of brackets."""
        self._depth -= 1

    def count(self) -> None:
        """One more term."""
        self._terms += 1
        if self._terms > MOST_TERMS:
            self._complex(f"there are more than {MOST_TERMS} terms")

    def _complex(self, detail: str) -> NoReturn:
        raise TooComplexQuery(detail, where=self.where, remedy="ask in several smaller queries")

    def refuse(self, detail: str, remedy: str) -> NoReturn:
        """Raise :class:`BadRequestData` for this place."""
        raise BadRequestData(detail, where=self.where, remedy=remedy)
