"""Who is asked for what when an operation is distributed (clauses 4.3.6.2 to 4.3.6.5).

Exclusive sources take their attributes first, redirect sources (all of them) what is left of theirs,
inclusive sources and the broker itself the rest; auxiliary sources are only read. Pure: no clock, no wire.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from chengshu.foundation.broker.query.model import Selector
from chengshu.foundation.broker.registry.matching import concerns, is_meant, names_meet
from chengshu.foundation.broker.registry.model import EntityInfo, Information, Registration
from chengshu.foundation.broker.registry.operations import offered

Names = frozenset[str]
_PROXIES = ("exclusive", "redirect")


class Part(msgspec.Struct, frozen=True):
    """One question to one source: by which of its operations, about which attributes (None: all).

    ``entities`` are those of the registration that the question concerns; empty for any.
    """

    registration: Registration
    operation: str
    names: Names | None = None
    entities: tuple[EntityInfo, ...] = ()


class Claim(msgspec.Struct, frozen=True):
    """What the broker does not answer for: attributes (None: all) of the entities of a registration."""

    registration: Registration
    entities: tuple[EntityInfo, ...]
    names: Names | None


class ReadPlan(msgspec.Struct, frozen=True):
    """Sources to read from, and what of the broker's own (and the inclusive sources') data does not count."""

    parts: tuple[Part, ...] = ()
    claims: tuple[Claim, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.parts or self.claims)


class WritePlan(msgspec.Struct, frozen=True):
    """Sources to write to; what stays with the broker.

    ``taken``: attributes (None: everything) that proxies answer for. ``blocked``: a proxy answers for
    something and does not offer the operation.
    """

    parts: tuple[Part, ...] = ()
    blocked: tuple[Part, ...] = ()
    taken: Names | None = frozenset()

    def __bool__(self) -> bool:
        return bool(self.parts or self.blocked)


EMPTY_READ = ReadPlan()
EMPTY_WRITE = WritePlan()


def plan_read(
    registrations: Iterable[Registration],
    operations: Sequence[str],
    selectors: tuple[Selector, ...],
    attrs: tuple[str, ...] = (),
) -> ReadPlan:
    """Whom to ask for the entities the selectors mean, by the first of ``operations`` a source offers."""
    parts: list[Part] = []
    claims: list[Claim] = []
    for registration in registrations:
        operation = _chosen(registration, operations)
        if operation is None:
            continue
        for piece in _pieces(registration, selectors, attrs):
            names = frozenset(piece.names) or None
            asked = names & frozenset(attrs) if names and attrs else names or frozenset(attrs) or None
            entities = tuple(item for item in piece.entities if concerns(_only(item), selectors))
            _merge(parts, Part(registration, operation, asked, entities))
            if registration.mode in _PROXIES:
                claims.append(Claim(registration, piece.entities, names))
    return ReadPlan(tuple(parts), tuple(claims)) if parts or claims else EMPTY_READ


def plan_write(
    registrations: Sequence[Registration],
    operations: Sequence[str],
    selector: Selector,
    names: Names | None,
) -> WritePlan:
    """Whom to send a write to one entity (or a purge of several); ``names`` are the attributes it touches,
    None for the whole entity."""
    parts: list[Part] = []
    blocked: list[Part] = []
    taken: Names | None = frozenset()
    for mode in ("exclusive", "redirect", "inclusive"):
        before = taken
        for registration in registrations:
            if registration.mode != mode:
                continue
            operation = _chosen(registration, operations)
            for piece in _pieces(registration, (selector,), tuple(names or ())):
                hit = _left(_hit(piece, names), before)
                if hit is not None and not hit and (names or piece.names or before is None):
                    continue
                if operation is not None:
                    _merge(parts, Part(registration, operation, hit, piece.entities))
                elif mode in _PROXIES:
                    blocked.append(Part(registration, operations[0], hit, piece.entities))
                if mode in _PROXIES:
                    taken = None if taken is None or hit is None or not piece.names else taken | hit
    return WritePlan(tuple(parts), tuple(blocked), taken) if parts or blocked else EMPTY_WRITE


def keeps(plan: WritePlan, names: Names | None) -> bool:
    """Whether the broker itself has something left to do of a write that touches ``names``."""
    if plan.taken is None:
        return False
    return names is None or not names or bool(names - plan.taken)


def _only(entity: EntityInfo) -> Information:
    return Information((entity,))


def _pieces(
    registration: Registration, selectors: tuple[Selector, ...], attrs: tuple[str, ...]
) -> Iterable[Information]:
    for piece in registration.information:
        if concerns(piece, selectors) and names_meet(piece, attrs):
            yield piece


def _chosen(registration: Registration, operations: Sequence[str]) -> str | None:
    available = offered(registration.operations)
    return next((name for name in operations if name in available), None)


def _hit(piece: Information, names: Names | None) -> Names | None:
    own = frozenset(piece.names) or None
    if own is None:
        return names
    return own if names is None else own & names


def _left(hit: Names | None, taken: Names | None) -> Names | None:
    """What of ``hit`` others have not taken. Of everything nothing is left once all is taken; a part of it
    that is taken cannot be told apart, so everything stays everything."""
    if taken is None:
        return frozenset()
    return hit - taken if hit is not None else None


def _merge(parts: list[Part], part: Part) -> None:
    """One question per source and operation when the attributes or the entities are the same."""
    for at, other in enumerate(parts):
        if other.registration is not part.registration or other.operation != part.operation:
            continue
        if other.names == part.names:
            entities = other.entities + part.entities if other.entities and part.entities else ()
            parts[at] = Part(part.registration, part.operation, part.names, tuple(dict.fromkeys(entities)))
            return
        if other.entities == part.entities and other.names is not None and part.names is not None:
            parts[at] = Part(part.registration, part.operation, other.names | part.names, part.entities)
            return
    parts.append(part)


def covers(entities: tuple[EntityInfo, ...], id_: str, types: Iterable[str]) -> bool:
    """Whether the entity is one of those the registration means; no types known: by its id alone."""
    known = frozenset(types)
    return not entities or any(
        is_meant(item, id_) and (not known or not item.types or not known.isdisjoint(item.types))
        for item in entities
    )
