"""Values as text: what ``string()`` gives (DMN 1.5, 10.3.4.1)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from chengshu.rules.feel.temporal import Temporal
from chengshu.rules.feel.values import Function, Range


def number_text(number: Decimal) -> str:
    """A number without exponent and without trailing zeros."""
    if not number:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def quoted(text: str) -> str:
    """A string literal."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(escapes.get(char, char) for char in text) + '"'


def text_of(value: Any, spend: Callable[[int], None] = lambda steps: None) -> str:
    """``string(value)``: the text of a string is itself, inside lists and contexts it is quoted."""
    return value if type(value) is str else _inner(value, spend)


def _inner(value: Any, spend: Callable[[int], None]) -> str:
    spend(1)
    if value is None:
        return "null"
    if type(value) is bool:
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    if type(value) is str:
        spend(len(value) >> 6)
        return quoted(value)
    if isinstance(value, Temporal):
        return str(value)
    if type(value) is list:
        return "[" + ", ".join(_inner(item, spend) for item in value) + "]"
    if type(value) is dict:
        return "{" + ", ".join(f"{_key(key)}: {_inner(item, spend)}" for key, item in value.items()) + "}"
    if isinstance(value, Range):
        return _range(value, spend)
    if isinstance(value, Function):
        return f"function {value.name}({', '.join(value.parameters)})"
    return str(value)


def _key(key: str) -> str:
    return key if key and all(c.isalnum() or c in " _" for c in key) and not key[0].isdigit() else quoted(key)


def _range(value: Range, spend: Callable[[int], None]) -> str:
    if value.op:
        end = value.high if value.op in ("<", "<=") else value.low
        return f"({value.op} {_inner(end, spend)})"
    opening, closing = "[" if value.low_included else "(", "]" if value.high_included else ")"
    return f"{opening}{_inner(value.low, spend)}..{_inner(value.high, spend)}{closing}"
