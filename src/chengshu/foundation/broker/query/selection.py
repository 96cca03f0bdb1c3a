"""Reads type selections (clause 4.17), scope queries (clause 4.19) and lists of ids and attributes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.query.cursor import Cursor
from chengshu.foundation.broker.query.model import Groups, Selector
from chengshu.foundation.broker.query.patterns import finder

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_SCOPE = re.compile(r"(?:/(?:[^\W\d_]\w*|\+))+(?:/#)?|/#")
_MOST_IDS = 10_000
Expand = Callable[[str], str]


def read_types(text: str, expand: Expand, *, name: str = "type") -> Groups:
    """``A,(B;C)|D`` as groups of expanded types; ``*`` selects every type: no groups.

    Raises :class:`BadRequestData` with place and remedy, :class:`TooComplexQuery` beyond the limits.
    """
    if text.strip() == "*":
        return ()
    return tuple(
        tuple(expand(_type_name(word, at, name)) for word, at in group) for group in _groups(text, name)
    )


def read_scopes(text: str, *, name: str = "scopeQ") -> Groups:
    """``/A/+,(/B/#;/C)`` as groups of scope patterns.

    Raises :class:`BadRequestData` with place and remedy, :class:`TooComplexQuery` beyond the limits.
    """
    groups = _groups(text, name)
    for group in groups:
        for word, at in group:
            if not _SCOPE.fullmatch(word):
                raise BadRequestData(
                    f"'{word[:80]}' is not a scope",
                    where=f"{name}, character {at + 1}",
                    remedy="write levels as in /City/District; '+' is any one level, a final /# all below",
                )
    return tuple(tuple(word for word, _ in group) for group in groups)


def read_ids(text: str, *, name: str = "id") -> tuple[str, ...]:
    """A comma-separated list of URIs, each once. Raises :class:`BadRequestData` of anything else."""
    return _ids([word.strip() for word in text.split(",")], name)


def read_names(text: str, expand: Expand, *, name: str = "attrs") -> tuple[str, ...]:
    """A comma-separated list of names, expanded. Raises :class:`BadRequestData` of an empty name."""
    words = [word.strip() for word in text.split(",")]
    if not all(words):
        raise BadRequestData(
            "a name is missing in the list", where=name, remedy="write name,name without gaps"
        )
    return tuple(dict.fromkeys(expand(word) for word in words))


def read_id_pattern(text: str, *, name: str = "idPattern") -> str:
    """The pattern itself, checked. Raises :class:`BadRequestData` when it cannot be used."""
    finder(text, name)
    return text


def types_said(entities: Any) -> list[str]:
    """The type selections in a list of entity selectors, whether or not it can be read."""
    found = entities if isinstance(entities, list) else []
    said = (one.get("type") for one in found if isinstance(one, dict))
    return [types for types in said if isinstance(types, str)]


def read_selectors(entities: Any, expand: Expand, *, name: str = "entities") -> tuple[Selector, ...]:
    """The ``entities`` of a subscription, a query body or a registration (EntityInfo, clause 5.2.8).

    Raises :class:`BadRequestData` naming the member that is wrong.
    """
    if not isinstance(entities, list) or not entities:
        raise BadRequestData("a list of entity selectors is expected", where=name, remedy='[{"type": …}]')
    return tuple(_selector(item, expand, f"{name}[{at}]") for at, item in enumerate(entities))


def _selector(item: Any, expand: Expand, name: str) -> Selector:
    if not isinstance(item, dict):
        raise BadRequestData("an entity selector is an object", where=name, remedy='{"type": "Vehicle"}')
    if unknown := item.keys() - {"id", "idPattern", "type", "@context"}:
        raise BadRequestData(
            f"unknown members: {', '.join(sorted(map(str, unknown)))}",
            where=name,
            remedy="use id, idPattern and type",
        )
    ids, pattern, types = item.get("id", ()), item.get("idPattern", ""), item.get("type", "*")
    ids = [ids] if isinstance(ids, str) else ids
    types = "|".join(types) if isinstance(types, list) and all(map(_is_text, types)) else types
    if not isinstance(ids, list | tuple) or not isinstance(pattern, str) or not isinstance(types, str):
        raise BadRequestData("id, idPattern and type are strings", where=name, remedy='{"id": "urn:…"}')
    if "idPattern" in item:
        read_id_pattern(pattern, name=f"{name}.idPattern")
    return Selector(
        _ids(ids, f"{name}.id") if ids else (), pattern, read_types(types, expand, name=f"{name}.type")
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _ids(words: Any, name: str) -> tuple[str, ...]:
    if len(words) > _MOST_IDS:
        raise BadRequestData(f"there are {len(words)} ids", where=name, remedy=f"ask for at most {_MOST_IDS}")
    for word in words:
        if not isinstance(word, str) or not _URI.fullmatch(word):
            raise BadRequestData(f"'{str(word)[:80]}' is not a URI", where=name, remedy="write urn:ngsi-ld:…")
    return tuple(dict.fromkeys(words))


def _type_name(word: str, at: int, name: str) -> str:
    if not (word[0].isalpha() or word[0] in "_@") or any(sign in '"<>{}\\^`=[]' for sign in word):
        raise BadRequestData(
            f"'{word[:80]}' is not an entity type",
            where=f"{name}, character {at + 1}",
            remedy="write a type name, or several as in A,B or (A;B)",
        )
    return word


def _groups(text: str, name: str) -> list[list[tuple[str, int]]]:
    """Words with their places, in disjunctive form; ``;`` binds closest, brackets or not."""
    cursor = Cursor(text, name)
    groups = [_group(cursor)]
    while cursor.take("|") or cursor.take(","):
        groups.append(_group(cursor))
    if not cursor.done:
        cursor.refuse(f"'{cursor.peek()}' cannot stand here", "write A,B (or), (A;B) (and)")
    return groups


def _group(cursor: Cursor) -> list[tuple[str, int]]:
    bracketed = cursor.take("(")
    words = [_word(cursor)]
    while cursor.take(";"):
        words.append(_word(cursor))
    if bracketed:
        cursor.need(")")
    return words


def _word(cursor: Cursor) -> tuple[str, int]:
    cursor.count()
    cursor.skip()
    text, begin, at = cursor.text, cursor.at, cursor.at
    while at < len(text) and text[at] not in ";|,() ":
        at += 1
    if at == begin:
        cursor.refuse("a name is missing" + cursor.found(), "write A,B (or), (A;B) (and)")
    cursor.at = at
    return text[begin:at], begin
