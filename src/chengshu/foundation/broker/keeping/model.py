"""Entity maps and snapshots (ETSI GS CIM 009 V1.9.1, clauses 5.2.39 and 5.2.41)."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from chengshu.foundation.broker.model import Entity

HERE = "@none"
"""Among the sources of an entity: the broker itself."""
Status = Literal["success", "partial", "empty", "failure", "successful"]  # the last as it was called once


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
    names mean; ``missing``: per query what sources did not give. The ``temporal`` ones are those of the past;
    ``found`` and ``temporal_found``: how many entities each query found. ``priority``: 1 to 10, as was said.
    """

    id: str
    tenant: str
    created_at: int
    expires_at: int
    status: Status = "success"
    queries: tuple[dict[str, Any], ...] = ()
    context: Any = None
    missing: tuple[tuple[str, ...], ...] = ()
    count: int = 0
    temporal_queries: tuple[dict[str, Any], ...] = ()
    temporal_missing: tuple[tuple[str, ...], ...] = ()
    found: tuple[int, ...] = ()
    temporal_found: tuple[int, ...] = ()
    priority: int = 5


class Copied(msgspec.Struct, frozen=True):
    """The entities of a snapshot, and the evolutions: of each attribute all the instances that were found."""

    entities: tuple[Entity, ...] = ()
    evolutions: tuple[Entity, ...] = ()
