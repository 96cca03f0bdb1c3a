"""Whether a write concerns a subscription: its selection, and the triggers it waits for.

Source: ETSI GS CIM 009 V1.8.1, clauses 5.2.12 (``notificationTrigger``, ``watchedAttributes``) and 5.8.6.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from chengshu.foundation.broker.model import Entity, EntityChange
from chengshu.foundation.broker.query.matching import compile_query
from chengshu.foundation.broker.query.model import Condition, Every, Not, Place, Query, Relate, Some
from chengshu.foundation.broker.subscriptions.index import hearer
from chengshu.foundation.broker.subscriptions.model import Subscription, Trigger

Matches = Callable[[EntityChange], bool]
Peek = Callable[[str, str], Entity | None]
_CACHED = 20_000  # compiled queries; equal ones of many subscriptions are compiled once
_WHAT = {"attributeCreated": "created", "attributeUpdated": "updated", "attributeDeleted": "deleted"}


def compile_matches(subscription: Subscription, peek: Peek | None = None) -> Matches:
    """The subscription as a predicate over writes; ``peek`` finds linked entities, by tenant and id.

    Raises :class:`BadRequestData` of an unusable pattern.
    """
    wants = compile_triggers(frozenset(subscription.triggers), frozenset(subscription.watched))
    query, tenant = subscription.query, subscription.tenant
    if peek is not None and query.q is not None and _links(query.q):
        found = peek
        holds = compile_query(query, lambda name: found(tenant, name))
    else:
        holds = _compiled(query)

    selected = _compiled(Query(selectors=query.selectors))

    def matches(change: EntityChange) -> bool:
        if change.what == "deleted" and hearer(change.tenant):  # what it was, the source knows
            return wants(change) and selected(change.entity)
        return wants(change) and holds(change.entity)

    return matches


def _links(condition: Condition) -> bool:
    """Whether the condition looks into linked entities: then it depends on more than the write."""
    if isinstance(condition, Every | Some):
        return any(_links(part) for part in condition.parts)
    if isinstance(condition, Not):
        return _links(condition.part)
    return not isinstance(condition, Place | Relate) and condition.path.link is not None


@lru_cache(maxsize=_CACHED)
def _compiled(query: Query) -> Callable[[Entity], bool]:
    return compile_query(query)


@lru_cache(maxsize=1024)
def compile_triggers(triggers: frozenset[Trigger], watched: frozenset[str]) -> Matches:
    """Which writes the triggers let through; ``watched`` empty is every attribute.

    ``entityUpdated`` is any change of an attribute or of the scopes of an entity that stays;
    ``entityCreated`` and ``entityDeleted`` do not look at the watched attributes. The attributes of an
    entity that comes or goes are created or deleted with it.
    """
    created, deleted = "entityCreated" in triggers, "entityDeleted" in triggers
    updated = "entityUpdated" in triggers
    what = frozenset(_WHAT[name] for name in triggers if name in _WHAT)

    def matches(change: EntityChange) -> bool:
        kind = change.what
        if (created and kind == "created") or (deleted and kind == "deleted"):
            return True
        any_kind = updated and kind == "updated"
        if any_kind and change.scopes and not watched:
            return True
        for touched in change.touched:
            if (any_kind or touched.what in what) and (not watched or touched.name in watched):
                return True
        return False

    return matches
