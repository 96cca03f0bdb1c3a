"""Entity maps and snapshots (ETSI GS CIM 009 V1.8.1: EntityMap, Snapshot)."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from chengshu.foundation.broker.model import Entity

HERE = "@none"
"""Among the sources of an entity: the broker itself."""
Status = Literal["successful", "partial"]


class EntityMap(msgspec.Struct, frozen=True):
    """What a query matched: each entity with its sources, the broker (:data:`HERE`) or registrations.

    ``expires_at``: milliseconds UTC, after which it is forgotten.
    """

    id: str
    tenant: str
    expires_at: int
    entries: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Snapshot(msgspec.Struct, frozen=True):
    """Copies of entities as they were at one moment. ``queries`` as they were said, ``context`` what their
    names mean; ``missing``: per query what sources did not give."""

    id: str
    tenant: str
    created_at: int
    expires_at: int
    status: Status = "successful"
    queries: tuple[dict[str, Any], ...] = ()
    context: Any = None
    missing: tuple[tuple[str, ...], ...] = ()
    count: int = 0


class Copied(msgspec.Struct, frozen=True):
    """The entities of a snapshot."""

    entities: tuple[Entity, ...] = ()
