"""FEEL text to tokens (DMN 1.5, 10.3.1.2 grammar rules 29-39, 64-66)."""

from __future__ import annotations

import re
from typing import NamedTuple

from chengshu.rules.feel.errors import FeelSyntaxError

MAX_TEXT = 100_000
"""Longest text of one expression, in characters."""


class Token(NamedTuple):
    """A piece of text: kind is ``name``, ``number``, ``string``, ``at``, ``op`` or ``end``."""

    kind: str
    text: str
    start: int
    end: int
    value: str = ""


# Name start characters of grammar rule 31, without the full-width and CJK punctuation that people type by
# mistake for operators: those get an error that says so.
_START = (
    "?A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3004-\u3007\u3012-\u3013\u301c-\ud7ff\uf900-\ufdcf\ufdf0-\uff00\uff10-\uff19\uff21-\uff3a"
    "\uff41-\uff5a\uff66-\ufffd\U00010000-\U000effff"
)
_PART = _START + "0-9\u00b7\u0300-\u036f\u203f-\u2040"

_TOKEN = re.compile(
    rf"""
    (?P<space>(?:[\s\u00a0\u1680\u180e\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]
        |/\*(?:[^*]|\*(?!/))*\*/|//[^\n]*)+)
    |(?P<range>\.\.)
    |(?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[{_START}][{_PART}]*)
    |(?P<at>@\s*"(?:[^"\\]|\\.)*")
    |(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<op>\*\*|!=|<=|>=|->|[-+*/=<>()\[\]{{}},:.'])
    """,
    re.VERBOSE | re.DOTALL,
)

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{6}|.)", re.DOTALL)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}
_PLAIN = dict(zip("（）［］｛｝＜＞＝，：＋－＊／“”「」×÷−–", '()[]{}<>=,:+-*/""""*/--', strict=True))
_PLAIN |= {
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "。": ".",
    "&": "and",
    "|": "or",
    "!": "not(…) or !=",
    "%": "/ 100",
}
"""What people type for an operator, and the operator."""


def unescape(body: str) -> str:
    """The characters a string literal stands for; an escape that FEEL does not know stays as written.

    Raises ValueError for half a surrogate pair and for code points beyond U+10FFFF.
    """
    if "\\" not in body:
        return body

    def one(match: re.Match[str]) -> str:
        code = match.group(1)
        if code[0] in "uU" and len(code) > 1:
            return chr(int(code[1:], 16))
        return _SIMPLE.get(code, "\\" + code)

    joined = _ESCAPE.sub(one, body)
    return joined.encode("utf-16", "surrogatepass").decode("utf-16")


def _stranger(text: str, at: int) -> FeelSyntaxError:
    char = text[at]
    if char in _PLAIN:
        return FeelSyntaxError(text, at, f"«{char}» is not part of FEEL", f"write {_PLAIN[char]} instead")
    if char == '"':
        return FeelSyntaxError(text, at, "this string has no end", 'close it with "')
    if text.startswith("/*", at):
        return FeelSyntaxError(text, at, "this comment has no end", "close it with */")
    return FeelSyntaxError(text, at, f"the character «{char}» is not part of FEEL")


def tokenize(text: str) -> list[Token]:
    """All tokens of ``text``, ended by one of kind ``end``. Raises FeelSyntaxError."""
    if len(text) > MAX_TEXT:
        raise FeelSyntaxError(text[:100], 0, f"the text is longer than {MAX_TEXT} characters", "split it")
    tokens: list[Token] = []
    at, size = 0, len(text)
    while at < size:
        match = _TOKEN.match(text, at)
        if match is None or (match.group() == "/" and text.startswith("/*", at)):
            raise _stranger(text, at)
        kind, end = match.lastgroup or "", match.end()
        if kind in ("string", "at"):
            tokens.append(_quoted(text, kind, at, end))
        elif kind != "space":
            tokens.append(Token("op" if kind == "range" else kind, match.group(), at, end))
        at = end
    tokens.append(Token("end", "", size, size))
    return tokens


def _quoted(text: str, kind: str, at: int, end: int) -> Token:
    body = text[text.index('"', at) + 1 : end - 1]
    try:
        return Token(kind, text[at:end], at, end, unescape(body))
    except (ValueError, OverflowError) as error:
        raise FeelSyntaxError(text, at, "this string contains an escape that is no character") from error
