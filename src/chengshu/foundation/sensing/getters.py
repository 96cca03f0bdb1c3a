"""How a value is taken out of a record: FEEL, with its commonest forms on a fast path that gives the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from chengshu.kernel.errors import Invalid
from chengshu.rules.feel import FeelSyntaxError, compile_expression

Scope = Mapping[str, Any]
Getter = Callable[[Any, Scope], Any]

_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_JOIN = re.compile(r'"((?:[^"\\])*)"\s*\+\s*(string\()?([A-Za-z_][\w.]*|topic\[-?\d+\])(\))?')
_LEVEL = re.compile(r"topic\[(-?\d+)\]")
_WORDS = {
    "true",
    "false",
    "null",
    "message",
    "record",
    "topic",
    "not",
    "and",
    "or",
    "if",
    "then",
    "else",
    "for",
    "in",
    "some",
    "every",
    "satisfies",
    "between",
    "instance",
    "of",
    "function",
    "item",
    "return",
}


def compile_getter(text: str, where: str) -> Getter:
    """A function ``(record, scope) → value`` for a FEEL expression. Raises :class:`Invalid` for bad syntax.

    ``scope`` holds what lies around the record: ``message`` and ``topic``.
    """
    text = text.strip()
    try:
        expression = compile_expression(text)
    except FeelSyntaxError as error:
        raise Invalid("feel-syntax", str(error), where=where, remedy="correct the expression") from None

    def slow(record: Any, scope: Scope) -> Any:
        fields = record if isinstance(record, dict) else {}
        return expression({**scope, **fields, "record": record})

    return _path_getter(text) or _level_getter(text) or _join_getter(text, slow) or slow


def field_getter(name: str) -> Getter:
    """The field called exactly ``name``, whatever characters it has."""

    def get(record: Any, _scope: Scope) -> Any:
        return record.get(name) if isinstance(record, dict) else None

    return get


def _path_getter(text: str) -> Getter | None:
    if not _PATH.fullmatch(text):
        return None
    steps = text.split(".")
    if _WORDS & set(steps):
        return None
    if len(steps) == 1:
        return field_getter(text)

    def walk(record: Any, _scope: Scope) -> Any:
        for step in steps:
            if not isinstance(record, dict):
                return None
            record = record.get(step)
        return record

    return walk


def _level_getter(text: str) -> Getter | None:
    found = _LEVEL.fullmatch(text)
    if not found or int(found[1]) == 0:
        return None
    position = int(found[1]) - (int(found[1]) > 0)  # FEEL counts from 1, and from -1 backwards

    def level(_record: Any, scope: Scope) -> Any:
        topic = scope.get("topic") or ()
        return topic[position] if -len(topic) <= position < len(topic) else None

    return level


def _join_getter(text: str, slow: Getter) -> Getter | None:
    found = _JOIN.fullmatch(text)
    if not found or bool(found[2]) != bool(found[4]):
        return None
    part = _path_getter(found[3]) or _level_getter(found[3])
    if part is None:
        return None
    prefix, as_string = found[1], bool(found[2])

    def join(record: Any, scope: Scope) -> Any:
        value = part(record, scope)
        if type(value) is str or (as_string and type(value) is int):
            return f"{prefix}{value}"
        return slow(record, scope)

    return join
