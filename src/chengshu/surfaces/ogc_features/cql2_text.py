"""Reads CQL2 text into CQL2 JSON, the one form in which filters are understood here.

Source: OGC 21-065r2 (CQL2), annex B. Not taken: functions of a server's own.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, NoReturn

from chengshu.surfaces.ogc_features.errors import BadRequest

LONGEST = 16_384
_MOST_DEPTH = 50
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^']|'')*')|(?P<quoted>"(?:[^"]|"")*")
    |(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(?P<word>[^\W\d][\w.:-]*)
    |(?P<sign><>|<=|>=|[=<>(),+*/%^-]))""",
    re.VERBOSE,
)
_COMPARISONS = frozenset({"=", "<>", "<", "<=", ">", ">="})
_SUMS, _PRODUCTS = frozenset({"+", "-"}), frozenset({"*", "/", "%", "DIV"})
_SHAPES = {
    "POINT": ("Point", 0),
    "LINESTRING": ("LineString", 1),
    "POLYGON": ("Polygon", 2),
    "MULTIPOINT": ("MultiPoint", 1),
    "MULTILINESTRING": ("MultiLineString", 2),
    "MULTIPOLYGON": ("MultiPolygon", 3),
}
_KEYWORDS = frozenset({"AND", "OR", "NOT", "DIV", "LIKE", "BETWEEN", "IN", "IS", "NULL", "TRUE", "FALSE"})


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


def read_text(text: str) -> Any:
    """The filter as CQL2 JSON. Raises :class:`BadRequest` with the place of the first mistake."""
    if len(text) > LONGEST:
        raise BadRequest(
            "filter-too-long",
            f"the filter has more than {LONGEST} characters",
            where="filter",
            remedy="shorten it",
        )
    reader = _Reader(_tokens(text))
    found = reader.expression()
    reader.end()
    return found


def _tokens(text: str) -> list[_Token]:
    tokens, at = [], 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None:
            rest = text[at:].lstrip()
            _refuse(f"'{rest[:20]}' cannot be read", len(text) - len(rest))
        tokens.append(
            _Token(str(found.lastgroup), found[str(found.lastgroup)], found.start(str(found.lastgroup)))
        )
        at = found.end()
    return [*tokens, _Token("end", "", len(text))]


def _refuse(detail: str, at: int) -> NoReturn:
    raise BadRequest(
        "filter-malformed",
        detail,
        where=f"filter, character {at + 1}",
        remedy="write CQL2, as in level > 5 AND name = 'A'",
    )


class _Reader:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens, self._at, self._depth = tokens, 0, 0

    @property
    def _now(self) -> _Token:
        return self._tokens[self._at]

    def _is(self, *words: str) -> bool:
        token = self._now
        return token.kind in {"word", "sign"} and token.text.upper() in words

    def _take(self, *words: str) -> bool:
        if self._is(*words):
            self._at += 1
            return True
        return False

    def _need(self, word: str) -> None:
        if not self._take(word):
            self._expected(f"'{word}'")

    def _expected(self, what: str) -> NoReturn:
        found = f"found '{self._now.text}'" if self._now.kind != "end" else "the filter ends"
        _refuse(f"expected {what} but {found}", self._now.at)

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            _refuse(f"the filter is nested deeper than {_MOST_DEPTH}", self._now.at)

    def end(self) -> None:
        """Refuse whatever is left."""
        if self._now.kind != "end":
            self._expected("AND, OR or the end")

    def expression(self) -> Any:
        """``a AND b OR c``."""
        self._deeper()
        parts = [self._all()]
        while self._take("OR"):
            parts.append(self._all())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else {"op": "or", "args": parts}

    def _all(self) -> Any:
        parts = [self._factor()]
        while self._take("AND"):
            parts.append(self._factor())
        return parts[0] if len(parts) == 1 else {"op": "and", "args": parts}

    def _factor(self) -> Any:
        if self._take("NOT"):
            self._deeper()
            inner = {"op": "not", "args": [self._factor()]}
            self._depth -= 1
            return inner
        if self._is("(") and not self._is_list():
            self._need("(")
            inner = self.expression()
            self._need(")")
            return self._predicate(inner)
        return self._predicate()

    def _is_list(self) -> bool:
        """An array literal rather than a group: a value, then a comma or the end of the list."""
        after = self._tokens[self._at + 2] if self._at + 2 < len(self._tokens) else self._tokens[-1]
        return self._tokens[self._at + 1].kind in {"text", "number"} and after.text in {",", ")"}

    def _predicate(self, first: Any = None) -> Any:
        """A predicate; ``first`` is what was read in brackets already, a term or a whole expression."""
        left = self._sum(first)
        negated = self._take("NOT")
        if self._take("LIKE"):
            found: Any = {"op": "like", "args": [left, self._sum()]}
        elif self._take("BETWEEN"):
            low = self._sum()
            self._need("AND")
            found = {"op": "between", "args": [left, low, self._sum()]}
        elif self._take("IN"):
            found = {"op": "in", "args": [left, self._list()]}
        elif negated:
            self._expected("LIKE, BETWEEN or IN")
        elif self._take("IS"):
            negated = self._take("NOT")
            self._need("NULL")
            found = {"op": "isNull", "args": [left]}
        elif self._now.text in _COMPARISONS and self._now.kind == "sign":
            order, self._at = self._now.text, self._at + 1
            return {"op": order, "args": [left, self._sum()]}
        else:
            return left
        return {"op": "not", "args": [found]} if negated else found

    def _list(self) -> list[Any]:
        self._deeper()
        self._need("(")
        items: list[Any] = []
        while not self._take(")"):
            if items:
                self._need(",")
            items.append(self._sum())
        self._depth -= 1
        return items

    def _sum(self, first: Any = None) -> Any:
        """``a + b * c``, or one operand; ``first`` is the first of it, when it was read already."""
        found = self._product(first)
        while (sign := self._sign(_SUMS)) is not None:
            found = {"op": sign, "args": [found, self._product()]}
        return found

    def _product(self, first: Any = None) -> Any:
        found = self._power(first)
        while (sign := self._sign(_PRODUCTS)) is not None:
            found = {"op": sign.lower(), "args": [found, self._power()]}
        return found

    def _power(self, first: Any = None) -> Any:
        if first is None and self._take("-"):
            return {"op": "*", "args": [-1, self._raised()]}
        found = self._operand() if first is None else first
        return {"op": "^", "args": [found, self._raised()]} if self._take("^") else found

    def _raised(self) -> Any:
        self._deeper()
        found = self._power()
        self._depth -= 1
        return found

    def _sign(self, signs: frozenset[str]) -> str | None:
        """The next sign, if it is one of these; that of a number after a term, as in ``a -1``, is one too."""
        token = self._now
        if token.kind == "number" and token.text[0] in signs:
            self._tokens[self._at] = token._replace(text=token.text[1:], at=token.at + 1)
            return token.text[0]
        if self._is(*signs):
            self._at += 1
            return token.text.upper()
        return None

    def _operand(self) -> Any:
        token = self._now
        if token.kind == "sign" and token.text == "(":
            items = self._list()
            return items[0] if len(items) == 1 else items
        self._at += 1
        if token.kind == "text":
            return token.text[1:-1].replace("''", "'")
        if token.kind == "number":
            return float(token.text) if any(sign in token.text for sign in ".eE") else int(token.text[:400])
        if token.kind == "quoted":
            return {"property": token.text[1:-1].replace('""', '"')}
        if token.kind != "word":
            self._at -= 1
            self._expected("a property, a value or a function")
        return self._word(token)

    def _word(self, token: _Token) -> Any:
        upper = token.text.upper()
        if upper in {"TRUE", "FALSE"}:
            return upper == "TRUE"
        if upper in _SHAPES and (self._is("(") or self._is("Z", "EMPTY")):
            return self._shape(upper)
        if self._is("("):
            return self._call(token, upper)
        if upper in _KEYWORDS:
            self._at -= 1
            self._expected("a property or a value")
        return {"property": token.text}

    def _call(self, token: _Token, upper: str) -> Any:
        args = self._list()
        if upper in {"DATE", "TIMESTAMP"} and len(args) == 1:
            return {upper.lower(): args[0]}
        if upper == "INTERVAL" and len(args) == 2:
            return {"interval": args}
        if upper == "BBOX":
            return {"bbox": args}
        if re.fullmatch(r"[STA]_[A-Z]+|CASEI|ACCENTI", upper):
            return {"op": _CAMEL.get(upper, upper.lower()), "args": args}
        _refuse(f"there is no function '{token.text[:40]}'", token.at)

    def _shape(self, upper: str) -> Any:
        kind, depth = _SHAPES[upper]
        self._take("Z")
        return {"type": kind, "coordinates": self._coordinates(depth, multi=kind == "MultiPoint")}

    def _coordinates(self, depth: int, *, multi: bool = False) -> Any:
        self._need("(")
        if depth == 0:
            found: list[Any] = self._position()
        else:
            found = [self._part(depth - 1, multi)]
            while self._take(","):
                found.append(self._part(depth - 1, multi))
        self._need(")")
        return found

    def _part(self, depth: int, multi: bool) -> Any:
        if depth == 0 and not (multi and self._is("(")):
            return self._position()
        return self._coordinates(depth)

    def _position(self) -> list[Any]:
        found: list[Any] = []
        while self._now.kind == "number":
            found.append(self._operand())
        if len(found) < 2:
            self._expected("two numbers")
        return found


_CAMEL = {  # all others are in lower case
    "T_FINISHEDBY": "t_finishedBy",
    "T_METBY": "t_metBy",
    "T_OVERLAPPEDBY": "t_overlappedBy",
    "T_STARTEDBY": "t_startedBy",
    "A_CONTAINEDBY": "a_containedBy",
}
