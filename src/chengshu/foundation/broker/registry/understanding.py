"""What a source answers, made into entities: only what is whole and well-formed counts."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.reading import read_entity
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.query.moments import moment_of
from chengshu.foundation.broker.registry.splitting import RESERVED


def read_answer(said: Any, context: LdContext) -> tuple[list[Entity], list[BadRequestData], int]:
    """The entities of an answer (one, or a list), what is wrong with the others, and how many there were.

    Raises ValueError when it holds no entities at all.
    """
    items = said if isinstance(said, list) else [said]
    found: list[Entity] = []
    faults: list[BadRequestData] = []
    for item in items:
        if not isinstance(item, dict):
            raise ValueError("the answer holds something else than entities")
        try:
            found.append(_timed(read_entity(item, context), item, context))
        except BadRequestData as fault:
            faults.append(fault)
    return found, faults, len(items)


def _timed(entity: Entity, said: dict[str, Any], context: LdContext) -> Entity:
    """The entity with the times of its making and changing, which readers of requests leave aside."""
    attributes = dict(entity.attributes)
    for term, value in said.items():
        name = context.expand(term) if term not in RESERVED else ""
        if name in attributes:
            attributes[name] = _instances(attributes[name], value)
    return replace(
        entity,
        created_at=_millis(said.get("createdAt")),
        modified_at=_millis(said.get("modifiedAt")),
        attributes=attributes,
    )


def _instances(held: tuple[Attribute, ...], said: Any) -> tuple[Attribute, ...]:
    items = said if isinstance(said, list) else [said]
    times = {
        _dataset(item): (_millis(item.get("createdAt")), _millis(item.get("modifiedAt")))
        for item in items
        if isinstance(item, dict)
    }
    return tuple(
        replace(one, created_at=created, modified_at=modified)
        for one in held
        for created, modified in (times.get(one.dataset, (0, 0)),)
    )


def _dataset(item: dict[str, Any]) -> str:
    said = item.get("datasetId", "")
    return "" if said == "@none" else str(said)


def _millis(said: Any) -> int:
    found = moment_of(said) if isinstance(said, str) else None
    return found[1] // 1000 if found and not found[0] else 0
