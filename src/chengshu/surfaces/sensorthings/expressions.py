"""Expressions of ``$filter`` and ``$orderby`` (OGC 18-088, clause 9.3.3.5; OData 4.0): read, then evaluated.

A path over a way that leads to many gives many values: a comparison holds when it does for one of them.
What is not there compares with nothing but ``null``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, NoReturn

from chengshu.surfaces.sensorthings.errors import BadRequest
from chengshu.surfaces.sensorthings.functions import ARITHMETIC, FUNCTIONS, ORDERS, Function, geography
from chengshu.surfaces.sensorthings.node import WAYS, Node

Values = Iterable[Any]
Expression = Callable[[Node], Values]
_MOST_DEPTH, _MOST_TOKENS, _MOST_PAIRS = 50, 2_000, 100_000
_TOKEN = re.compile(
    r"""\s*(?:(?P<geo>geography'(?:[^']|'')*')|(?P<text>'(?:[^']|'')*')
    |(?P<time>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?)
    |(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<word>[$@]?[^\W\d][\w.]*(?:/[$@]?[^\W\d][\w.]*)*)
    |(?P<sign>[(),]))""",
    re.VERBOSE,
)
_LEVELS = (("or",), ("and",), ("eq", "ne", "gt", "ge", "lt", "le"), ("add", "sub"), ("mul", "div", "mod"))


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


def read_expression(text: str, set_: str, now: str, where: str = "$filter") -> Expression:
    """The expression over entities of a set, asked at ``now``. Raises :class:`BadRequest` with the place."""
    return _Reader(text, set_, now, where).whole()


def holds(expression: Expression, node: Node) -> bool:
    """Whether a filter lets an entity through."""
    return any(value is True for value in expression(node))


class _Reader:
    def __init__(self, text: str, set_: str, now: str, where: str) -> None:
        self._functions: Mapping[str, tuple[tuple[int, ...], Function]] = {
            **FUNCTIONS,
            "now": ((0,), lambda: now),
        }
        self._set, self._where, self._at, self._depth = set_, where, 0, 0
        self._tokens = self._split(text)

    def _split(self, text: str) -> list[_Token]:
        tokens: list[_Token] = []
        at = 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if found is None or len(tokens) > _MOST_TOKENS:
                rest = text[at:].lstrip()
                self._refuse(f"'{rest[:20]}' cannot be read", len(text) - len(rest))
            kind = str(found.lastgroup)
            tokens.append(_Token(kind, found[kind], found.start(kind)))
            at = found.end()
        return [*tokens, _Token("end", "", len(text))]

    def _refuse(self, detail: str, at: int) -> NoReturn:
        raise BadRequest(
            "expression-malformed",
            detail,
            where=f"{self._where}, character {at + 1}",
            remedy="write for instance result gt 5 and Datastream/name eq 'level'",
        )

    @property
    def _now(self) -> _Token:
        return self._tokens[self._at]

    def _take(self, text: str) -> bool:
        if self._now.text == text and self._now.kind in {"word", "sign"}:
            self._at += 1
            return True
        return False

    def whole(self) -> Expression:
        found = self._level(0)
        if self._now.kind != "end":
            self._refuse(f"'{self._now.text[:20]}' cannot stand here", self._now.at)
        return found

    def _level(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._operand()
        if level == 2 and self._take("not"):
            return self._not()
        left = self._level(level + 1)
        while self._now.kind == "word" and self._now.text in _LEVELS[level]:
            word, self._at = self._now.text, self._at + 1
            left = _combined(word, left, self._not() if self._take("not") else self._level(level + 1))
        return left

    def _not(self) -> Expression:
        self._deeper()
        inner = self._not() if self._take("not") else self._level(2)
        self._depth -= 1
        return lambda node: (not _is_true(inner, node),)

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            self._refuse(f"the expression is nested deeper than {_MOST_DEPTH}", self._now.at)

    def _operand(self) -> Expression:
        token, self._at = self._now, self._at + 1
        if token.text == "(" and token.kind == "sign":
            self._deeper()
            inner = self._level(0)
            if not self._take(")"):
                self._refuse("a bracket is not closed", self._now.at)
            self._depth -= 1
            return inner
        if token.kind == "word" and self._now.text == "(" and self._now.kind == "sign":
            return self._call(token)
        return self._simple(token)

    def _simple(self, token: _Token) -> Expression:  # noqa: RET503  _refuse raises
        if token.kind == "text":
            return _constant(token.text[1:-1].replace("''", "'"))
        if token.kind == "time":
            return _constant(token.text)
        if token.kind == "number":
            return _constant(float(token.text))
        if token.kind == "geo":
            return _constant(self._geometry(token))
        if token.kind == "word":
            words = {"true": True, "false": False, "null": None}
            return _constant(words[token.text]) if token.text in words else self._path(token)
        self._refuse("a value or a property is missing", token.at)

    def _geometry(self, token: _Token) -> Any:
        try:
            return geography(token.text[len("geography'") : -1])
        except ValueError:
            self._refuse("this is not a geometry", token.at)

    def _call(self, token: _Token) -> Expression:
        if token.text not in self._functions:
            self._refuse(f"there is no function '{token.text[:40]}'", token.at)
        self._deeper()
        self._at += 1
        args: list[Expression] = []
        while not self._take(")"):
            if args and not self._take(","):
                self._refuse("a comma or a bracket is missing", self._now.at)
            args.append(self._level(0))
        self._depth -= 1
        count, function = self._functions[token.text]
        if len(args) not in count:
            self._refuse(f"{token.text} takes {' or '.join(map(str, count))} arguments", token.at)
        return lambda node: (function(*values) for values in _product([arg(node) for arg in args]))

    def _path(self, token: _Token) -> Expression:
        """Ways first, then members: ``Datastream/Thing/properties/kind``."""
        words, set_ = token.text.split("/"), self._set
        ways: list[str] = []
        while words and words[0] in WAYS[set_]:
            ways.append(words[0])
            set_ = WAYS[set_][words.pop(0)]
        if not words:
            self._refuse(f"'{token.text[:40]}' is not a value", token.at)
        members = tuple("@iot.id" if word == "id" else word for word in words)

        def values(node: Node) -> Iterator[Any]:
            nodes = [node]
            for way in ways:
                nodes = [other for one in nodes for other in one.walk(way)]
            for one in nodes:
                yield member_of(one, members)

        return values


def member_of(node: Node, members: tuple[str, ...]) -> Any:
    """A member, or a member of it; None when it is not there."""
    value: Any = node.id if members[0] == "@iot.id" else node.members.get(members[0])
    for name in members[1:]:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _constant(value: Any) -> Expression:
    return lambda _node: (value,)


def _product(lists: list[Values]) -> Iterator[tuple[Any, ...]]:
    """All combinations of values; of ways that lead to many on both sides they can be too many."""
    for number, values in enumerate(itertools.product(*lists)):
        if number >= _MOST_PAIRS:
            raise BadRequest(
                "too-many-combinations",
                f"the expression compares more than {_MOST_PAIRS} pairs of values of one entity",
                where="$filter",
                remedy="follow a way that leads to many on one side only",
            )
        yield values


def _combined(word: str, left: Expression, right: Expression) -> Expression:
    if word == "and":
        return lambda node: (_is_true(left, node) and _is_true(right, node),)
    if word == "or":
        return lambda node: (_is_true(left, node) or _is_true(right, node),)
    function = ORDERS.get(word) or ARITHMETIC[word]

    return lambda node: (function(*pair) for pair in _product([left(node), right(node)]))


def _is_true(expression: Expression, node: Node) -> bool:
    return any(value is True for value in expression(node))
