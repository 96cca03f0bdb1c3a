"""Which registrations cannot stand together: what is exclusive has one source (clauses 4.3.6.3, 5.9.2.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chengshu.foundation.broker.errors import Conflict
from chengshu.foundation.broker.query.model import Query, Selector
from chengshu.foundation.broker.registry.matching import is_meant
from chengshu.foundation.broker.registry.model import EntityInfo, Information, Registration

_PROXIES = ("exclusive", "redirect")


def check_conflicts(new: Registration, others: Iterable[Registration]) -> None:
    """Raise :class:`Conflict` when ``new`` and another one both answer alone for an attribute of an entity.

    Redirect registrations share; an exclusive one shares with no proxy. Different patterns are not compared.
    """
    if new.mode not in _PROXIES:
        return
    for other in others:
        if other.id == new.id or other.mode not in _PROXIES or "exclusive" not in (new.mode, other.mode):
            continue
        for at, piece in enumerate(new.information):
            if any(_collide(piece, theirs) for theirs in other.information):
                raise Conflict(
                    f"the registration {other.id} answers for the same attributes of the same entities",
                    where=f"information[{at}]",
                    remedy="delete that one first, or register as inclusive",
                )


def held_here(new: Registration) -> Iterator[tuple[int, Query]]:
    """Per piece of an exclusive registration, the attributes of entities (named by their ids) that the broker
    itself must not hold (clause 5.9.2.4). Of a redirect one nothing: the conformance suite registers these
    over entities that are here, and they then take over.
    """
    for at, piece in enumerate(new.information if new.mode == "exclusive" else ()):
        selectors = tuple(
            Selector((one.id,), "", tuple((name,) for name in one.types)) for one in piece.entities if one.id
        )
        if selectors:
            yield at, Query(selectors=selectors, attrs=piece.names)


def _collide(one: Information, other: Information) -> bool:
    if one.names and other.names and set(one.names).isdisjoint(other.names):
        return False
    if not one.entities or not other.entities:
        return True
    return any(_same(mine, theirs) for mine in one.entities for theirs in other.entities)


def _same(one: EntityInfo, other: EntityInfo) -> bool:
    if one.types and other.types and set(one.types).isdisjoint(other.types):
        return False
    if one.id:
        return is_meant(other, one.id)
    if other.id:
        return is_meant(one, other.id)
    return not one.id_pattern or not other.id_pattern or one.id_pattern == other.id_pattern
