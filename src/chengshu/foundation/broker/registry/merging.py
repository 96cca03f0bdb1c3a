"""Several sources' views of the same entities made into one (clauses 4.3.6.2, 4.3.6.3 and 4.5.5).

Of an attribute instance (a name and a dataset) that several hold the newest counts: by ``observedAt`` when
both say it, else by ``modifiedAt``; of equals the one that was there first, the broker's own before all. What
an exclusive or redirect source answers for counts from there alone. Auxiliary sources only fill gaps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.query.moments import moment_of
from chengshu.foundation.broker.registry.model import Mode
from chengshu.foundation.broker.registry.planning import Claim, Part, covers

Attributes = dict[str, tuple[Attribute, ...]]


class View(msgspec.Struct, frozen=True):
    """What one source says of some entities; ``part`` is what it was asked, None for the broker itself."""

    entities: tuple[Entity, ...]
    part: Part | None = None

    @property
    def mode(self) -> Mode:
        """The mode of the registration; the broker itself counts as inclusive."""
        return self.part.registration.mode if self.part else "inclusive"


_ORDER: dict[Mode, int] = {"inclusive": 0, "redirect": 1, "exclusive": 1, "auxiliary": 2}


def merge_views(views: Sequence[View], claims: Sequence[Claim] = ()) -> list[Entity]:
    """One entity per id: the broker's own in their order, then the others by id.

    The order of ``views`` decides between equals.
    """
    found: dict[str, list[tuple[Entity, Mode]]] = {}
    for view in sorted(views, key=lambda view: _ORDER[view.mode]):
        for entity in view.entities:
            seen = own_part(entity, view, claims)
            if seen is not None:
                found.setdefault(entity.id, []).append((seen, view.mode))
    own = [entity.id for view in views if view.part is None for entity in view.entities if entity.id in found]
    return [_one(found[id_]) for id_ in dict.fromkeys([*own, *sorted(found)])]


def own_part(entity: Entity, view: View, claims: Sequence[Claim]) -> Entity | None:
    """What of ``entity`` this view may say: of a source what it registered for, of the broker and of
    inclusive sources what no proxy answers for. None when nothing is left."""
    part = view.part
    if part is not None:
        if not covers(part.entities, entity.id, entity.types):
            return None
        if part.names is not None:
            entity = _keep(
                entity, {name: held for name, held in entity.attributes.items() if name in part.names}
            )
    if view.mode == "exclusive":
        return entity
    mine = part.registration if part is not None else None
    for claim in claims:
        if claim.registration is mine or (view.mode == "redirect" and claim.registration.mode == "redirect"):
            continue
        if not covers(claim.entities, entity.id, entity.types):
            continue
        if claim.names is None:
            return None
        entity = _keep(
            entity, {name: held for name, held in entity.attributes.items() if name not in claim.names}
        )
    return entity


def _keep(entity: Entity, attributes: Attributes) -> Entity:
    return entity if len(attributes) == len(entity.attributes) else replace(entity, attributes=attributes)


def _one(seen: Sequence[tuple[Entity, Mode]]) -> Entity:
    """The views of one entity made into one; auxiliary ones come last."""
    first = seen[0][0]
    if len(seen) == 1:
        return first
    attributes: Attributes = dict(first.attributes)
    for entity, mode in seen[1:]:
        for name, instances in entity.attributes.items():
            held = attributes.get(name)
            attributes[name] = instances if held is None else _newest(held, instances, mode == "auxiliary")
    entities = [entity for entity, _ in seen]
    return Entity(
        id=first.id,
        types=_union(entity.types for entity in entities),
        scopes=_union(entity.scopes for entity in entities),
        created_at=min((e.created_at for e in entities if e.created_at), default=0),
        modified_at=max(entity.modified_at for entity in entities),
        expires_at=next((entity.expires_at for entity in entities if entity.expires_at), ""),
        attributes=attributes,
    )


def _newest(
    held: tuple[Attribute, ...], others: tuple[Attribute, ...], gaps_only: bool
) -> tuple[Attribute, ...]:
    by_dataset = {instance.dataset: instance for instance in held}
    for other in others:
        mine = by_dataset.get(other.dataset)
        if mine is None or (not gaps_only and _newer(other, mine)):
            by_dataset[other.dataset] = other
    return tuple(by_dataset.values())


def _newer(one: Attribute, other: Attribute) -> bool:
    if one.observed_at and other.observed_at:
        mine, theirs = _moment(one.observed_at), _moment(other.observed_at)
        if mine != theirs:
            return mine > theirs
    return one.modified_at > other.modified_at


def _moment(said: str) -> int:
    found = moment_of(said)
    return found[1] if found else 0


def _union(parts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for part in parts for item in part))
