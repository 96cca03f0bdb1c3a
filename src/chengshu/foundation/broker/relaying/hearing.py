"""What a source notifies, taken apart: entities as they are, attributes and entities that are gone.

Source: ETSI GS CIM 009 V1.8.1, clauses 5.3.1 and 5.8.6: a deleted attribute is told by the Null text in the
place of its value, a deleted entity by ``deletedAt``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from chengshu.foundation.broker.ld.checks import time
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.members import VALUE_OF
from chengshu.foundation.broker.model import NULL, Attribute, Touched
from chengshu.foundation.broker.moments import millis_of

_NO_LANGUAGE = {"@none": NULL}


class Apart(NamedTuple):
    """``there`` are entities without what is gone, yet to be read; ``gone`` what was deleted of each, by id;
    ``ended`` when entities went altogether, milliseconds: of these only id and type are there."""

    there: list[Any]
    gone: dict[str, tuple[Touched, ...]]
    ended: dict[str, int]


def take_apart(data: Sequence[Any], context: LdContext) -> Apart:
    """The parts of a notification's ``data``. Raises :class:`BadRequestData` of a wrong name or time."""
    there: list[Any] = []
    gone: dict[str, tuple[Touched, ...]] = {}
    ended: dict[str, int] = {}
    for item in data:
        if not isinstance(item, dict):
            there.append(item)
            continue
        rest, lost = _without_deleted(item, context)
        if "deletedAt" in item:
            ended[str(item.get("id"))] = millis_of(time(item["deletedAt"], "deletedAt"))
            rest = {name: rest[name] for name in ("id", "type") if name in rest}
        there.append(rest)
        gone[str(item.get("id"))] = tuple(lost)
    return Apart(there, gone, ended)


def _without_deleted(item: dict[str, Any], context: LdContext) -> tuple[dict[str, Any], list[Touched]]:
    rest: dict[str, Any] = {}
    lost: list[Touched] = []
    for key, said in item.items():
        instances = said if isinstance(said, list) else [said]
        dead = [one for one in instances if _is_deleted(one)]
        if not dead:
            rest[key] = said
            continue
        name = context.name(key)
        lost += [Touched(name, "deleted", before.dataset, before) for before in map(_before, dead)]
        if left := [one for one in instances if not _is_deleted(one)]:
            rest[key] = left
    return rest, lost


def _is_deleted(said: Any) -> bool:
    kind = said.get("type") if isinstance(said, dict) else None
    return isinstance(kind, str) and kind in VALUE_OF and said.get(VALUE_OF[kind]) in (NULL, _NO_LANGUAGE)


def _before(said: dict[str, Any]) -> Attribute:
    """All that is known of an instance that is gone: its kind and dataset."""
    dataset = said.get("datasetId", "")
    return Attribute(said["type"], dataset="" if dataset == "@none" else str(dataset))
