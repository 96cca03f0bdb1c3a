"""Linked entity retrieval: what relationships lead to, inside the entity or beside it (clause 4.5.23)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from chengshu.foundation.broker.errors import BadRequestData, TooManyResults
from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.surfaces.ngsi_ld.call import Call
from chengshu.surfaces.ngsi_ld.names import is_uri
from chengshu.surfaces.ngsi_ld.projection import Projection

_MOST_LEVELS = 10
_LINKS = ("Relationship", "ListRelationship")
Fetch = Callable[[Sequence[str]], Sequence[Entity]]
Render = Callable[[Entity, Projection], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Join:
    """How far links are followed, how the result is given, and which entities are known already."""

    how: Literal["inline", "flat"]
    levels: int
    known: frozenset[str] = frozenset()


def join_of(call: Call) -> Join | None:
    """The parameters ``join``, ``joinLevel`` and ``containedBy``. Raises :class:`BadRequestData`."""
    return join_from(
        call.params.get("join", ""),
        call.number("joinLevel", 1, least=1, most=_MOST_LEVELS),
        call.names("containedBy"),
        "joinLevel" in call.params,
    )


def join_from(how: str, levels: int, known: Iterable[str], level_said: bool = False) -> Join | None:
    """The same from values."""
    if how in ("", "@none"):
        if level_said and not how:
            raise BadRequestData(
                "joinLevel means nothing without join", where="joinLevel", remedy="say join too"
            )
        return None
    if how not in ("inline", "flat"):
        raise BadRequestData(f"{how!r} is no way to join", where="join", remedy="say inline, flat or @none")
    return Join(cast(Literal["inline", "flat"], how), levels, frozenset(known))


class Joined:
    """Entities with what they link to, fetched level by level, each entity once."""

    def __init__(self, join: Join, fetch: Fetch, most: int) -> None:
        self._join, self._fetch, self._most = join, fetch, most
        self._found: dict[str, Entity] = {}

    def flat(self, entities: Sequence[Entity], projection: Projection) -> list[tuple[Entity, Projection]]:
        """The entities, then those they link to, level by level; each once."""
        self._gather(entities, projection)
        given: dict[str, tuple[Entity, Projection]] = {item.id: (item, projection) for item in entities}
        level = [(item, projection) for item in entities]
        for _ in range(self._join.levels):
            below: list[tuple[Entity, Projection]] = []
            for entity, shown in level:
                for name, target in links_of(entity, shown):
                    linked = self._found.get(target)
                    if linked is not None and target not in given:
                        given[target] = (linked, shown.below(name))
                        below.append(given[target])
            level = below
        return list(given.values())

    def inline(
        self,
        entities: Sequence[Entity],
        projection: Projection,
        render: Render,
        context: LdContext,
        *,
        simplified: bool,
    ) -> list[dict[str, Any]]:
        """The entities rendered, with what they link to inside."""
        self._gather(entities, projection)

        def whole(entity: Entity, shown: Projection, levels: int, above: frozenset[str]) -> dict[str, Any]:
            value = render(entity, shown)
            if levels == 0:
                return value
            inner = above | {entity.id}
            for name, instances in entity.attributes.items():
                if not shown.keeps(name) or instances[0].kind not in _LINKS:
                    continue
                below = shown.below(name)

                def put(target: str, below: Projection = below) -> dict[str, Any] | None:
                    linked = self._found.get(target)
                    if linked is None or target in inner:
                        return None
                    return whole(linked, below, levels - 1, inner)

                key = context.of(entity.types).compact(name)
                if key in value:
                    value[key] = _filled(value[key], put, simplified=simplified)
            return value

        return [whole(item, projection, self._join.levels, self._join.known) for item in entities]

    def _gather(self, entities: Sequence[Entity], projection: Projection) -> None:
        seen = {item.id for item in entities}
        level = [(item, projection) for item in entities]
        self._found.update((item.id, item) for item in entities)
        for _ in range(self._join.levels):
            wanted: dict[str, Projection] = {}
            for entity, shown in level:
                for name, target in links_of(entity, shown):
                    if target not in seen and target not in self._join.known:
                        wanted.setdefault(target, shown.below(name))
            if len(self._found) + len(wanted) > self._most:
                raise TooManyResults(
                    f"more than {self._most} linked entities would be given",
                    where="joinLevel",
                    remedy="ask for fewer entities or levels",
                )
            if not wanted:
                return
            seen.update(wanted)
            fetched = self._fetch(list(wanted))
            self._found.update((item.id, item) for item in fetched)
            level = [(item, wanted[item.id]) for item in fetched]


def links_of(entity: Entity, projection: Projection) -> Iterable[tuple[str, str]]:
    """Attribute and target of every link that is given."""
    for name, instances in entity.attributes.items():
        if instances[0].kind in _LINKS and projection.keeps(name):
            for instance in instances:
                for target in targets_of(instance):
                    yield name, target


def targets_of(instance: Attribute) -> tuple[str, ...]:
    """The entities a relationship leads to."""
    value = instance.value
    found = (value,) if isinstance(value, str) else tuple(value or ())
    return tuple(item for item in found if isinstance(item, str) and is_uri(item))


def _filled(
    value: Any,
    put: Callable[[str], dict[str, Any] | None],
    *,
    simplified: bool,
) -> Any:
    """A rendered relationship with the linked entities put in."""
    if simplified:
        return _filled_simple(value, put)
    if isinstance(value, list):
        return [_filled(item, put, simplified=False) for item in value]
    if not isinstance(value, dict):
        return value
    if "object" in value:
        said, member = value["object"], "entity"
    elif "objectList" in value:
        said, member = value["objectList"], "entityList"
    else:
        return value
    ids = [_target(item) for item in (said if isinstance(said, list) else [said])]
    found = [entity for item in ids if item and (entity := put(item)) is not None]
    if found:
        value = value | {member: found if isinstance(said, list) else found[0]}
    return value


def _target(said: Any) -> str:
    target = said.get("object") if isinstance(said, dict) else said
    return target if isinstance(target, str) else ""


def _filled_simple(value: Any, put: Callable[[str], dict[str, Any] | None]) -> Any:
    if isinstance(value, str):
        return put(value) or value
    if isinstance(value, list):
        return [_filled_simple(item, put) for item in value]
    if isinstance(value, dict) and set(value) == {"dataset"}:
        return {"dataset": {key: _filled_simple(item, put) for key, item in value["dataset"].items()}}
    if isinstance(value, dict) and set(value) == {"objectList"}:
        return _filled_simple(value["objectList"], put)
    return value
