"""Reads ``q`` and ``csf`` (ETSI GS CIM 009 V1.8.1, clause 4.9).

Beyond the printed grammar, and harmless to it: blanks around signs; associations within associations (its
own example 6 has them); hyphens in names; an IRI in ``<…>`` or with ``://`` in the place of a name, which is
taken as it is; a regular expression in double quotes. Inside the brackets of an unquoted regular expression
``|`` is the expression's own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol, cast

from chengshu.foundation.broker.query.cursor import Cursor
from chengshu.foundation.broker.query.literals import read_string, read_value
from chengshu.foundation.broker.query.model import (
    Compare,
    Condition,
    Every,
    Exists,
    Iri,
    Like,
    Link,
    Order,
    Path,
    Range,
    Some,
    Truth,
    Value,
)
from chengshu.foundation.broker.query.patterns import finder

_ORDERS = ("==", "!=", ">=", "<=", ">", "<")  # the longer first
_AFTER_NAME = set('=!<>~;|(){}[], "')
Expand = Callable[[str], str]


class Vocabulary(Protocol):
    """What names mean, and what they mean below a name."""

    def expand(self, name: str) -> str:
        """The IRI of a name."""
        ...

    def inside(self, name: str) -> Vocabulary:
        """What names mean under ``name``."""
        ...


def read_q(
    text: str,
    expand: Expand,
    *,
    inside: Vocabulary | None = None,
    expand_values: Collection[str] = (),
    name: str = "q",
) -> Condition:
    """The condition that ``text`` says. ``expand`` gives the IRI of a name; ``inside`` what the names of
    sub-attributes mean, if not the same; ``expand_values`` are IRIs of attributes whose values are expanded
    too (clause 4.9, ``expandValues``).

    Raises :class:`BadRequestData` with the place and the remedy; :class:`TooComplexQuery` beyond the limits
    of :mod:`cursor`.
    """
    return _Reader(Cursor(text, name), expand, frozenset(expand_values), inside).whole()


class _Reader:
    def __init__(
        self, cursor: Cursor, expand: Expand, expand_values: frozenset[str], inside: Vocabulary | None
    ) -> None:
        self._cursor, self._expand, self._expand_values = cursor, expand, expand_values
        self._inside = inside
        self._said = ""  # the last name as it was written

    def whole(self) -> Condition:
        condition = self._either()
        if not self._cursor.done:
            sign = self._cursor.peek()
            self._cursor.refuse(f"'{sign}' cannot stand here", "join terms with ';' (and) or '|' (or)")
        return condition

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._cursor.take("|"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Some(_flat(Some, parts))

    def _both(self) -> Condition:
        parts = [self._part()]
        while self._cursor.take(";"):
            parts.append(self._part())
        return parts[0] if len(parts) == 1 else Every(_flat(Every, parts))

    def _part(self) -> Condition:
        if not self._cursor.take("("):
            return self._term()
        self._cursor.enter()
        inner = self._either()
        self._cursor.need(")")
        self._cursor.leave()
        return inner

    def _term(self) -> Condition:
        cursor = self._cursor
        cursor.count()
        path = self._path()
        for sign in ("!~=", "~="):
            if cursor.take(sign):
                return Like(path, self._pattern(), sign[0] == "!")
        for order in _ORDERS:
            if cursor.take(order):
                return self._compare(path, cast(Order, order))
        return Exists(path)

    def _compare(self, path: Path, order: Order) -> Condition:
        cursor = self._cursor
        vocabulary = self._expand if self._expand_values.intersection(_ends(path)) else None
        values: list[Value | Range] = [read_value(cursor, vocabulary)]
        while cursor.take(","):
            cursor.count()
            values.append(read_value(cursor, vocabulary))
        if order not in {"==", "!="}:
            if len(values) > 1 or isinstance(values[0], Range | Truth | Iri):
                cursor.refuse(
                    f"'{order}' compares with one number, string, date or time",
                    "use == or != with lists, ranges, booleans and URIs",
                )
        elif len(values) > 1 and any(isinstance(value, Range) for value in values):
            cursor.refuse("a list cannot hold ranges", "write one term for each range, joined with '|'")
        return Compare(path, order, tuple(values))

    def _path(self) -> Path:
        cursor = self._cursor
        names = [self._name()]
        if cursor.peek() == "{":
            return Path(tuple(names), link=self._link())
        within = self._inside
        while cursor.peek() == "." and cursor.take("."):
            within = within.inside(self._said) if within is not None else None
            names.append(self._name(expand=within.expand if within is not None else None))
        return Path(tuple(names), self._trail() if cursor.take("[") else ())

    def _link(self) -> Link:
        cursor = self._cursor
        cursor.need("{")
        cursor.enter()
        types = self._link_types()
        path = self._path()
        cursor.need("}")
        cursor.leave()
        return Link(path, types)

    def _link_types(self) -> tuple[str, ...]:
        """``Type,Type:`` if it comes next, or else nothing is read."""
        cursor, begin = self._cursor, self._cursor.at
        types = [self._name(":,")]
        while cursor.take(","):
            types.append(self._name(":,"))
        if cursor.take(":"):
            return tuple(types)
        cursor.at = begin
        return ()

    def _trail(self) -> tuple[str, ...]:
        cursor = self._cursor
        if cursor.take("*"):
            cursor.need("]")
            return ("*",)
        names = [self._word("")]
        while cursor.take("."):
            names.append(self._word(""))
        cursor.need("]")
        return tuple(names)

    def _name(self, stops: str = "", expand: Expand | None = None) -> str:
        cursor = self._cursor
        if cursor.take("<"):
            end = cursor.text.find(">", cursor.at)
            if end < 0 or ":" not in cursor.text[cursor.at : end]:
                cursor.refuse("there is no IRI between '<' and '>'", "write <https://…>")
            iri, cursor.at = cursor.text[cursor.at : end], end + 1
            self._said = iri
            return iri
        word = self._said = self._word(stops)
        return word if "://" in word else (expand or self._expand)(word)

    def _word(self, stops: str) -> str:
        """A name: up to a sign, a stop or a dot; the dots of a whole IRI are its own."""
        cursor = self._cursor
        cursor.skip()
        text, begin, at = cursor.text, cursor.at, cursor.at
        while at < len(text) and text[at] not in _AFTER_NAME and text[at] not in stops:
            if text[at] == "." and "://" not in text[begin:at]:
                break
            at += 1
        word = text[begin:at]
        if not word or not (word[0].isalpha() or word[0] in "_@"):
            cursor.refuse("an attribute name is missing" + cursor.found(), "start it with a letter")
        if bad := next((sign for sign in word if not sign.isprintable()), ""):
            cursor.refuse(f"a name cannot hold {bad!r}", "use letters, digits and '_'")
        cursor.at = at
        return word

    def _pattern(self) -> str:
        cursor = self._cursor
        begin = cursor.where
        pattern = read_string(cursor) if cursor.peek() == '"' else bare_pattern(cursor)
        if not pattern:
            cursor.refuse("the regular expression is missing", "write it after '~='")
        finder(pattern, begin)
        return pattern


def bare_pattern(cursor: Cursor) -> str:
    """An unquoted regular expression: up to ``;``, ``|`` or ``)`` outside its own brackets."""
    cursor.skip()
    text, begin, at, depth, bracketed = cursor.text, cursor.at, cursor.at, 0, False
    while at < len(text):
        sign = text[at]
        if sign == "\\":
            at += 1
        elif bracketed:
            bracketed = sign != "]" or text[at - 1] == "[" or text[at - 2 : at] == "[^"
        elif sign == "[":
            bracketed = True
        elif sign == "(":
            depth += 1
        elif depth == 0 and sign in ";|)":
            break
        elif sign == ")":
            depth -= 1
        at += 1
    cursor.at = min(at, len(text))
    return text[begin : cursor.at].rstrip(" ")


def _ends(path: Path) -> tuple[str, ...]:
    """The first and the last attribute of the path: either may be the one that ``expandValues`` names."""
    inner = path
    while inner.link is not None:
        inner = inner.link.path
    return path.names[0], inner.names[0], inner.names[-1]


def _flat(kind: type[Every | Some], parts: list[Condition]) -> tuple[Condition, ...]:
    """Parts of the same kind dissolve in it: grouping like with like means nothing."""
    flat: list[Condition] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, kind) else (part,))
    return tuple(flat)
