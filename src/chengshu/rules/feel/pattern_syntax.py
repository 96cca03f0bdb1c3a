"""Reading regular expressions of XPath 3.1: XML Schema's, with anchors, lazy quantifiers, back-references.

The tree has one kind of leaf for "one character": its Python ``re`` source, which serves both matchers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from chengshu.rules.feel.errors import FeelError
from chengshu.rules.feel.pattern_sets import block, category, invert, ranges_source

MAX_PATTERN = 2_000
MAX_COUNT = 1_000


class Piece:
    """A node of the pattern."""


@dataclass(frozen=True, slots=True)
class Char(Piece):
    source: str


@dataclass(frozen=True, slots=True)
class Anchor(Piece):
    start: bool


@dataclass(frozen=True, slots=True)
class Back(Piece):
    group: int


@dataclass(frozen=True, slots=True)
class Sequence(Piece):
    parts: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Choice(Piece):
    branches: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Group(Piece):
    index: int  # 0 does not capture
    body: Piece


@dataclass(frozen=True, slots=True)
class Repeat(Piece):
    body: Piece
    low: int
    high: int | None
    lazy: bool


def bad(text: str, problem: str) -> FeelError:
    """The error of a pattern that is none."""
    return FeelError("bad-pattern", value=text, problem=problem)


_LITERAL_ESCAPES = frozenset("\\|.?*+(){}-[]^$")
_CONTROL = {"n": "\n", "r": "\r", "t": "\t"}
_NAME_START = (
    ":A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
)
_NAME_START += "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
_NAME_PART = _NAME_START + "\\-.0-9\u00b7\u0300-\u036f\u203f-\u2040"


def _word() -> str:
    return invert("".join(category(letter) for letter in "PZC"))


_CLASSES = {"s": lambda: " \\t\\n\\r", "i": lambda: _NAME_START, "c": lambda: _NAME_PART, "w": _word}


def escaped(text: str) -> str:
    """The pattern that matches just this text (flag ``q``)."""
    return "".join(f"\\{char}" if char in _LITERAL_ESCAPES else char for char in text)


def strip_space(text: str) -> str:
    """The pattern without white space outside character classes (flag ``x``)."""
    kept, level, escaped = [], 0, False
    for char in text:
        if not escaped and char in "[]":
            level = max(0, level + (1 if char == "[" else -1))
        if level == 0 and char in " \t\n\r":
            continue
        escaped = char == "\\" and not escaped
        kept.append(char)
    return "".join(kept)


class Reader:
    """Reads one pattern. ``dot_all`` is flag ``s``."""

    def __init__(self, text: str, dot_all: bool) -> None:
        if len(text) > MAX_PATTERN:
            raise bad(text[:40], f"longer than {MAX_PATTERN} characters")
        self.text = text
        self.at = 0
        self.dot_all = dot_all
        self.groups = 0
        self.closed: set[int] = set()
        self.depth = 0

    @cached_property
    def tree(self) -> Piece:
        """The whole pattern. Raises FeelError."""
        tree = self.choice()
        if self.at < len(self.text):
            raise bad(self.text, f"«{self.text[self.at]}» does not fit")
        return tree

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        char = self.peek()
        if not char:
            raise bad(self.text, "it ends too early")
        self.at += 1
        return char

    def choice(self) -> Piece:
        self.depth += 1
        if self.depth > 40:
            raise bad(self.text, "nested too deeply")
        branches = [self.sequence()]
        while self.peek() == "|":
            self.at += 1
            branches.append(self.sequence())
        self.depth -= 1
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def sequence(self) -> Piece:
        parts: list[Piece] = []
        while self.peek() not in ("", "|", ")"):
            parts.append(self.quantified())
        return Sequence(tuple(parts))

    def quantified(self) -> Piece:
        piece = self.atom()
        char = self.peek()
        if char not in ("*", "+", "?", "{") or not char:
            return piece
        self.at += 1
        low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(char) or self.counts()
        lazy = self.peek() == "?"
        self.at += lazy
        if self.peek() in ("*", "+", "?", "{") and self.peek():
            raise bad(self.text, "a quantifier follows a quantifier")
        if isinstance(piece, Anchor):
            return piece
        return Repeat(piece, low, high, lazy)

    def counts(self) -> tuple[int, int | None]:
        end = self.text.find("}", self.at)
        body = self.text[self.at : end]
        low, comma, high = body.partition(",")
        if end < 0 or not low.isdecimal() or (high and not high.isdecimal()):
            raise bad(self.text, "a quantifier is {n}, {n,} or {n,m}")
        self.at = end + 1
        least = int(low)
        most = int(high) if high else (None if comma else least)
        if least > MAX_COUNT or (most is not None and (most > MAX_COUNT or most < least)):
            raise bad(self.text, f"a quantifier counts up to {MAX_COUNT}")
        return least, most

    def atom(self) -> Piece:
        char = self.take()
        if char == "(":
            return self.group()
        if char == "[":
            return Char(self.char_class())
        if char == "\\":
            return self.escape()
        if char == ".":
            return Char(r"[\s\S]" if self.dot_all else r"[^\n\r]")
        if char in "^$":
            return Anchor(char == "^")
        if char in "*+?{}])":
            raise bad(self.text, f"«{char}» does not fit")
        return Char(f"[{_quote(char)}]")

    def group(self) -> Piece:
        index = 0
        if self.text.startswith("?:", self.at):
            self.at += 2
        elif self.peek() == "?":
            raise bad(self.text, "only (?:…) may follow «(?»")
        else:
            self.groups += 1
            index = self.groups
        body = self.choice()
        if self.take() != ")":
            raise bad(self.text, "a group is not closed")
        self.closed.add(index)
        return Group(index, body)

    def escape(self) -> Piece:
        if self.peek().isdecimal() and self.peek() != "0":
            number = int(self.take())
            while self.peek().isdecimal() and number * 10 + int(self.peek()) <= self.groups:
                number = number * 10 + int(self.take())
            if number not in self.closed:
                raise bad(self.text, f"there is no group {number} before \\{number}")
            return Back(number)
        return Char(f"[{self.class_escape()}]")

    def class_escape(self) -> str:
        """What an escape means inside a class, as ``re`` source."""
        char = self.take()
        if char in _LITERAL_ESCAPES:
            return _quote(char)
        if char in _CONTROL:
            return _quote(_CONTROL[char])
        if char in "dD":
            return "\\" + char
        if char.lower() in _CLASSES:
            inner = _CLASSES[char.lower()]()
            return inner if char.islower() else invert(inner)
        if char in "pP" and self.take() == "{":
            end = self.text.find("}", self.at)
            name = self.text[self.at : end]
            self.at = end + 1
            inner = block(name[2:]) if name.startswith("Is") else category(name)
            if end < 0 or not inner:
                raise bad(self.text, f"there is no character property «{name}»")
            return inner if char == "p" else invert(inner)
        raise bad(self.text, f"there is no escape \\{char}")

    def char_class(self) -> str:
        """A class after its ``[``, as ``re`` source of one character."""
        negative = self.peek() == "^"
        self.at += negative
        items: list[str] = []
        minus = ""
        first = True
        while self.peek() != "]" or first:
            char = self.take()
            if char == "-" and self.peek() == "[" and not first:
                self.at += 1
                minus = self.char_class()
                break
            if char == "[" or (char == "]" and first):
                raise bad(self.text, f"«{char}» must be escaped in a class")
            items.append(self.class_item(char, first))
            first = False
        if self.take() != "]":
            raise bad(self.text, "a class ends after its subtraction")
        body = f"[{'^' if negative else ''}{''.join(items)}]"
        return f"(?:(?!{minus}){body})" if minus else body

    def class_item(self, char: str, first: bool) -> str:
        if char == "-" and not first and self.peek() != "]":
            raise bad(self.text, "«-» must be escaped inside a class")
        single = self.class_escape() if char == "\\" else _quote(char)
        if self.peek() != "-" or self.text[self.at + 1 : self.at + 2] in ("]", "[", ""):
            return single
        self.at += 1
        last = self.take()
        high = self.class_escape() if last == "\\" else _quote(last)
        low_char, high_char = _unquote(single), _unquote(high)
        if len(low_char) != 1 or len(high_char) != 1 or low_char > high_char:
            raise bad(self.text, f"«{low_char}-{high_char}» is no range")
        return f"{single}-{high}"


def _quote(char: str) -> str:
    """A character inside a class of ``re``."""
    return ranges_source([(ord(char), ord(char))])


def _unquote(source: str) -> str:
    return chr(int(source[2:], 16)) if source[:2] in ("\\u", "\\U") and len(source) in (6, 10) else source


def read_pattern(text: str, dot_all: bool) -> Reader:
    """A pattern, read whole. Raises FeelError."""
    reader = Reader(text, dot_all)
    _ = reader.tree
    return reader
