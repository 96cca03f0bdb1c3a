"""Linked entities in a notification: beside the one that links to them, or inside it (clause 4.5.23)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from chengshu.foundation.broker.ld.rendering import Renderer
from chengshu.foundation.broker.model import Entity

LEVELS = 10
_MOST = 1_000  # linked entities in one notification
_LINKS = frozenset({"Relationship", "ListRelationship"})
Fetch = Callable[[Sequence[str]], Sequence[Entity]]


class Joining:
    """``outer`` renders the entities notified, ``inner`` those they link to."""

    def __init__(self, outer: Renderer, inner: Renderer, levels: int, fetch: Fetch) -> None:
        self._outer, self._inner = outer, inner
        self._levels, self._fetch = min(max(levels, 1), LEVELS), fetch
        self._found: dict[str, Entity] = {}

    def flat(self, rendered: dict[str, Any], entity: Entity) -> list[dict[str, Any]]:
        """The entity as rendered, then what it links to, level by level, each once."""
        self._gather(entity)
        linked = (item for name, item in self._found.items() if name != entity.id)
        return [rendered, *(self._inner.entity(item) for item in linked)]

    def inline(self, rendered: dict[str, Any], entity: Entity) -> dict[str, Any]:
        """The entity as rendered, with what it links to put in."""
        self._gather(entity)
        return self._filled(rendered, entity, self._outer, self._levels, frozenset())

    def _gather(self, entity: Entity) -> None:
        self._found = {}
        level, seen, renderer = [entity], {entity.id}, self._outer
        for _ in range(self._levels):
            wanted = [name for item in level for name in _targets(item, renderer) if name not in seen]
            wanted = list(dict.fromkeys(wanted))[: _MOST - len(self._found)]
            if not wanted:
                return
            seen.update(wanted)
            level, renderer = list(self._fetch(wanted)), self._inner
            self._found |= {item.id: item for item in level}

    def _filled(
        self, rendered: dict[str, Any], entity: Entity, renderer: Renderer, levels: int, above: frozenset[str]
    ) -> dict[str, Any]:
        if levels == 0:
            return rendered
        inside = above | {entity.id}

        def put(name: str) -> dict[str, Any] | None:
            linked = self._found.get(name)
            if linked is None or name in inside:
                return None
            return self._filled(self._inner.entity(linked), linked, self._inner, levels - 1, inside)

        simple = renderer.form.style == "simplified"
        for name, instances in entity.attributes.items():
            key = renderer.context.of(entity.types).compact(name)
            if key in rendered and instances[0].kind in _LINKS:
                rendered[key] = _replaced(rendered[key], put) if simple else _extended(rendered[key], put)
        return rendered


def _targets(entity: Entity, renderer: Renderer) -> Iterator[str]:
    for name, instances in entity.attributes.items():
        if instances[0].kind in _LINKS and renderer.gives(name):
            for item in instances:
                value = item.value
                yield from (
                    (value,) if isinstance(value, str) else (one for one in value if isinstance(one, str))
                )


def _extended(value: Any, put: Callable[[str], dict[str, Any] | None]) -> Any:
    """A rendered relationship with ``entity`` or ``entityList`` beside its object."""
    if isinstance(value, list):
        return [_extended(item, put) for item in value]
    if not isinstance(value, dict):
        return value
    member, said = "entity", value.get("object")
    if said is None:
        member, said = "entityList", [_target(item) for item in value.get("objectList", ())]
    names = said if isinstance(said, list) else [said]
    found = [entity for name in names if isinstance(name, str) and (entity := put(name)) is not None]
    if found:
        value = value | {member: found if isinstance(said, list) else found[0]}
    return value


def _target(item: Any) -> Any:
    return item.get("object") if isinstance(item, dict) else item


def _replaced(value: Any, put: Callable[[str], dict[str, Any] | None]) -> Any:
    """A simplified relationship with entities in place of their ids."""
    if isinstance(value, str):
        return put(value) or value
    if isinstance(value, list):
        return [_replaced(item, put) for item in value]
    if isinstance(value, dict):
        return {key: _replaced(item, put) for key, item in value.items()}
    return value
