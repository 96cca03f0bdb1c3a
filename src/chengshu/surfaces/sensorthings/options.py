"""Reads the query options of a request and of each ``$expand`` (OGC 18-088, clause 9.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, NoReturn

from chengshu.surfaces.sensorthings.errors import BadRequest
from chengshu.surfaces.sensorthings.expressions import Expression, read_expression
from chengshu.surfaces.sensorthings.node import WAYS

DEFAULT_TOP, MOST_TOP = 100, 1000
_LONGEST = 16_384
_MOST_DEPTH = 6
_KNOWN = ("$filter", "$orderby", "$top", "$skip", "$select", "$expand", "$count")


class Options(NamedTuple):
    """What is wanted of a collection or an entity; each expression of ``orderby`` says if it descends."""

    filter: Expression | None = None
    orderby: tuple[tuple[Expression, bool], ...] = ()
    top: int = DEFAULT_TOP
    skip: int = 0
    select: tuple[str, ...] = ()
    expand: tuple[tuple[str, Options], ...] = ()
    counted: bool = False
    filter_text: str = ""
    order_text: str = ""


def read_options(said: Iterable[tuple[str, str]], set_: str, now: str, depth: int = 0) -> Options:
    """The options for entities of a set, asked at ``now``. Raises :class:`BadRequest` naming the option."""
    given: dict[str, str] = {}
    for name, text in said:
        if name == "$resultFormat":
            raise BadRequest(
                "format-unknown", "there are no data arrays here", where=name, remedy="leave it out"
            )
        if name not in _KNOWN or name in given or len(text) > _LONGEST:
            _refuse(f"'{name[:40]}' is unknown, given twice or too long", name, f"use {', '.join(_KNOWN)}")
        given[name] = text
    return Options(
        read_expression(given["$filter"], set_, now) if "$filter" in given else None,
        _read_order(given["$orderby"], set_, now) if "$orderby" in given else (),
        min(_number(given, "$top", DEFAULT_TOP), MOST_TOP),
        _number(given, "$skip", 0),
        tuple(word.strip() for word in given["$select"].split(",")) if "$select" in given else (),
        _read_expand(given["$expand"], set_, now, depth) if "$expand" in given else (),
        _flag(given.get("$count", "false")),
        given.get("$filter", ""),
        given.get("$orderby", ""),
    )


def _number(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        _refuse(f"{name} is not a whole number", name, f"write {name}=10")
    return int(text)


def _flag(text: str) -> bool:
    if text not in {"true", "false"}:
        _refuse("$count is neither true nor false", "$count", "write $count=true")
    return text == "true"


def _read_order(text: str, set_: str, now: str) -> tuple[tuple[Expression, bool], ...]:
    orders = []
    for part in split(text, ","):
        words = part.strip().rsplit(" ", 1)
        way = words[-1] if len(words) == 2 and words[-1] in {"asc", "desc"} else ""
        by = read_expression(words[0] if way else part.strip(), set_, now, "$orderby")
        orders.append((by, way == "desc"))
    return tuple(orders)


def _read_expand(text: str, set_: str, now: str, depth: int) -> tuple[tuple[str, Options], ...]:
    """``A,B/C,D($select=x;$expand=E)``; a way named twice is expanded by all that is said of it."""
    if depth >= _MOST_DEPTH:
        _refuse(f"$expand is nested deeper than {_MOST_DEPTH}", "$expand", "expand less")
    found: dict[str, Options] = {}
    for part in split(text, ","):
        way, bracket, rest = part.strip().partition("(")
        inner = [] if not bracket else split(_unbracketed(rest), ";")
        way, slash, beyond = way.strip().partition("/")
        if way not in WAYS[set_]:
            _refuse(f"{set_} have no '{way[:40]}'", "$expand", f"expand {', '.join(WAYS[set_])}")
        if slash:
            inner = [f"$expand={beyond}" + (f"({';'.join(inner)})" if inner else "")]
        pairs = [(name.strip(), said) for name, _, said in (item.partition("=") for item in inner)]
        options = read_options(pairs, WAYS[set_][way], now, depth + 1)
        before = found.get(way)
        found[way] = options if before is None else before._replace(expand=(*before.expand, *options.expand))
    return tuple(found.items())


def _unbracketed(rest: str) -> str:
    if not rest.rstrip().endswith(")"):
        _refuse("a bracket is not closed", "$expand", "write Datastreams($top=1;$select=name)")
    return rest.rstrip()[:-1]


def split(text: str, sign: str) -> list[str]:
    """Parts between signs that stand outside brackets and quotes."""
    parts, depth, quoted, begin = [], 0, False, 0
    for at, letter in enumerate(text):
        if letter == "'":
            quoted = not quoted
        elif not quoted:
            depth += (letter == "(") - (letter == ")")
            if letter == sign and depth == 0:
                parts.append(text[begin:at])
                begin = at + 1
    return [*parts, text[begin:]]


def _refuse(detail: str, where: str, remedy: str) -> NoReturn:
    raise BadRequest("option-malformed", detail, where=where[:40], remedy=remedy)
