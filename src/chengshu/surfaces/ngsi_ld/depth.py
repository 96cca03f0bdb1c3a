"""How deep a JSON document is nested, found without walking it in the common case."""

from __future__ import annotations

from typing import Any

_OTHERS = bytes(sign for sign in range(256) if sign not in b"{}[]")
_ALIKE = bytes.maketrans(b"[]", b"{}")


def deeper_than(text: bytes, value: Any, limit: int) -> bool:
    """Whether ``value``, read from ``text``, is nested deeper than ``limit`` levels.

    Taking out the innermost brackets again and again takes one level each time, at the speed of
    ``bytes.replace``. Only what is left then (deep documents, and brackets in strings) is walked.
    """
    left = text.translate(_ALIKE, _OTHERS)
    for _ in range(limit):
        if not left:
            return False
        left = left.replace(b"{}", b"")
    return bool(left) and _walk(value, limit)


def _walk(value: Any, limit: int) -> bool:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(limit):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(child for child in item.values() if isinstance(child, (dict, list)))
            elif isinstance(item, list):
                below.extend(child for child in item if isinstance(child, (dict, list)))
        if not below:
            return False
        level = below
    return bool(level)
