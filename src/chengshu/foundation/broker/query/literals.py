"""The values of the query language: strings, numbers, moments, booleans and URIs (clause 4.9)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable

from chengshu.foundation.broker.query.cursor import Cursor
from chengshu.foundation.broker.query.model import Iri, Moment, Number, Range, Text, Truth, Value
from chengshu.foundation.broker.query.moments import moment_of

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_MOST_DIGITS = 15
_HELP = 'put text into double quotes, as in name=="Tower"'
Expand = Callable[[str], str] | None


def read_value(cursor: Cursor, vocabulary: Expand) -> Value | Range:
    """One value or a range; ``vocabulary`` expands words when the attribute is one of ``expandValues``."""
    low = _read_single(cursor, vocabulary)
    if not cursor.take(".."):
        return low
    high = _read_single(cursor, vocabulary)
    if isinstance(low, Truth | Iri) or isinstance(high, Truth | Iri):
        cursor.refuse("a range is of numbers, strings, dates or times", "write two such values around '..'")
    if type(low) is not type(high) or (
        isinstance(low, Moment) and isinstance(high, Moment) and low.clock != high.clock
    ):
        cursor.refuse("the two ends of the range are of different kinds", "write two values of one kind")
    return Range(low, high)


def read_string(cursor: Cursor) -> str:
    """A JSON string (RFC 8259, clause 7)."""
    cursor.skip()
    found = _STRING.match(cursor.text, cursor.at)
    if found is None:
        cursor.refuse("the string is not closed", "end it with a double quote")
    try:
        value = json.loads(found[0], strict=False)
    except ValueError as fault:
        cursor.refuse(f"the string is not a JSON string: {fault}", "escape as JSON does")
    cursor.at = found.end()
    return str(value)


def _read_single(cursor: Cursor, vocabulary: Expand) -> Value:
    if cursor.peek() == '"':
        text = read_string(cursor)
        return Text(text, vocabulary(text) if vocabulary else "")
    begin, raw = cursor.at, _raw(cursor)
    value = _plain_value(raw)
    if value is None and raw and vocabulary:
        value = Text(raw, vocabulary(raw))
    if value is None:
        cursor.at = begin
        cursor.refuse(f"'{raw[:80]}' is not a value" if raw else "a value is missing" + cursor.found(), _HELP)
    return value


def _raw(cursor: Cursor) -> str:
    """What stands there up to the next separator; brackets in it are paired, as in some URIs."""
    text, begin, at, depth = cursor.text, cursor.at, cursor.at, 0
    while at < len(text) and (sign := text[at]) not in ";|,":
        if sign == ")" and not depth:
            break
        if sign == "." and text.startswith("..", at) and _plain_value(text[begin:at].strip()) is not None:
            break
        depth += (sign == "(") - (sign == ")")
        at += 1
    cursor.at = at
    return text[begin:at].strip()


def _plain_value(raw: str) -> Value | None:
    if raw in {"true", "false"}:
        return Truth(raw == "true")
    if _NUMBER.fullmatch(raw):
        whole = raw.lstrip("-").isdigit() and len(raw) <= _MOST_DIGITS
        value = int(raw) if whole else float(raw)
        return Number(value) if math.isfinite(value) else None
    if (moment := moment_of(raw)) is not None:
        return Moment(raw, *moment)
    return Iri(raw) if _URI.fullmatch(raw) else None
