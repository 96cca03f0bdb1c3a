"""Merging values as RFC 7396 does, with the NGSI-LD Null text in the part of null (clauses 5.5.4, 5.5.12)."""

from __future__ import annotations

from typing import Any, TypeGuard

from chengshu.foundation.broker.model import NULL


def is_null(value: Any) -> TypeGuard[str]:
    """Whether a value asks for deletion."""
    return isinstance(value, str) and value == NULL


def merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """``old`` with ``new`` merged in: Null deletes, objects are merged, all else takes the place of the old.

    What is read from a request nests only so deep, and so does this.
    """
    result = dict(old)
    for name, value in new.items():
        if is_null(value):
            result.pop(name, None)
        elif isinstance(value, dict):
            before = result.get(name)
            result[name] = merged(before if isinstance(before, dict) else {}, value)
        else:
            result[name] = value
    return result


def without_nulls(value: Any) -> Any:
    """A value that takes the place of another whole: what its Null members would delete is not there."""
    return merged({}, value) if isinstance(value, dict) else value
