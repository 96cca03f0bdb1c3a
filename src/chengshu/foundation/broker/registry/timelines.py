"""Lists that several participants give, joined: names, counts, timelines (clauses 5.7.3 to 5.7.10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

_IDENTITY = ("id", "typeName", "attributeName")
_COMPACT = ("values", "objects", "languageMaps", "valueLists", "objectLists", "vocabs", "jsons")


def join_lists(said: Sequence[Any]) -> Any:
    """One answer from several of the same kind: equal things joined, names united, numbers added."""
    joined = said[0]
    for other in said[1:]:
        joined = _join(joined, other)
    return joined


def _join(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return {
            **other,
            **{name: _join(value, other[name]) if name in other else value for name, value in one.items()},
        }
    if isinstance(one, list) and isinstance(other, list):
        return _united(one, other)
    if _is_number(one) and _is_number(other):
        return one + other
    return one


def _united(one: list[Any], other: list[Any]) -> list[Any]:
    if all(isinstance(item, str) for item in (*one, *other)):
        return sorted({*one, *other})
    joined: dict[Any, Any] = {}
    for item in (*one, *other):
        key = _key(item)
        joined[key] = _join(joined[key], item) if key in joined else item
    return list(joined.values())


def _key(item: Any) -> Any:
    if isinstance(item, dict):
        return next((str(item[name]) for name in _IDENTITY if name in item), repr(sorted(item)))
    return repr(item)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def join_timelines(said: Sequence[Any], last: int = 0) -> Any:
    """Temporal representations of the same entities joined (one each, or lists of them).

    The instances of an attribute that several hold stand in the order of time of the first, each once; with
    ``last`` only so many. Aggregates cannot be joined: the first counts.
    """
    if isinstance(said[0], list):
        by_id: dict[str, list[Any]] = {}
        for part in said:
            for entity in part:
                if isinstance(entity, dict):
                    by_id.setdefault(str(entity.get("id")), []).append(entity)
        return [_timeline(entities, last) for entities in by_id.values()]
    return _timeline([entity for entity in said if isinstance(entity, dict)], last)


def _timeline(entities: Sequence[dict[str, Any]], last: int) -> dict[str, Any]:
    joined = dict(entities[0])
    for entity in entities[1:]:
        for name, value in entity.items():
            joined[name] = _instances(joined[name], value, last) if name in joined else value
    return joined


def _instances(one: Any, other: Any, last: int) -> Any:
    if isinstance(one, list) and isinstance(other, list):
        if all(isinstance(item, str) for item in (*one, *other)):
            return list(dict.fromkeys((*one, *other)))  # the types of the entity
        return _ordered(one, other, last, _time_of_instance)
    if not isinstance(one, dict) or not isinstance(other, dict):
        return one
    if "type" in one and one.get("type") == other.get("type"):
        for name in _COMPACT:
            if isinstance(one.get(name), list) and isinstance(other.get(name), list):
                return one | {name: _ordered(one[name], other[name], last, _time_of_pair)}
        return _ordered([one], [other], last, _time_of_instance)
    return one


def _ordered(one: list[Any], other: list[Any], last: int, time_of: Callable[[Any], str]) -> list[Any]:
    once = list({repr(item): item for item in (*one, *other)}.values())
    descending = len(one) > 1 and time_of(one[0]) > time_of(one[-1])
    ordered = sorted(once, key=time_of, reverse=descending)
    if not last or len(ordered) <= last:
        return ordered
    return ordered[:last] if descending else ordered[-last:]


def _time_of_instance(item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    return str(next((item[name] for name in ("observedAt", "modifiedAt", "createdAt") if name in item), ""))


def _time_of_pair(item: Any) -> str:
    return str(item[1]) if isinstance(item, list) and len(item) > 1 else ""
