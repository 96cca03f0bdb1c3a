"""What clients say of entity maps and snapshots, read; and both as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.keeping.model import EntityMap, Snapshot, Status
from chengshu.foundation.broker.ld import checks
from chengshu.foundation.broker.ld.times import stamp
from chengshu.foundation.broker.moments import millis_of
from chengshu.kernel.clock import from_millis, millis
from chengshu.kernel.durations import add_wall, parse_duration
from chengshu.kernel.errors import Invalid

LIFETIME = "PT1H"
LONGEST = timedelta(days=31)
_MOST_PRIORITY = 10
_LONGEST_MS = LONGEST // timedelta(milliseconds=1)


def until(said: Any, where: str, now: int) -> int:
    """When something ends that is to live so long (ISO 8601 duration, :data:`LIFETIME` when it is None).

    Nothing lives longer than :data:`LONGEST`. Raises :class:`BadRequestData` for what is no duration, or none
    at all.
    """
    text = LIFETIME if said is None else said
    try:
        duration = parse_duration(text if isinstance(text, str) else "")
        moved = add_wall(from_millis(now), duration.months, duration.days) + duration.exact
    except (Invalid, OverflowError, ValueError) as error:
        raise BadRequestData(
            f"{checks.shown(said)} is not a duration", where=where, remedy="write PT1H"
        ) from error
    return _within(min(millis(moved), now + _LONGEST_MS), now, where)  # which may be overridden


def expiry(said: Any, now: int) -> int:
    """The ``expiresAt`` of a change. Raises :class:`BadRequestData` for what is no time in the future."""
    return _within(millis_of(checks.time(said, "expiresAt").replace(",", ".")), now, "expiresAt")


def only(said: Mapping[str, Any], allowed: frozenset[str], kind: str) -> None:
    """Raises :class:`BadRequestData` when the fragment says anything else of a ``kind``."""
    if said.get("type", kind) != kind:
        raise BadRequestData(f"the type is not {kind}", where="type", remedy=f'write "{kind}"')
    if unknown := sorted(said.keys() - allowed - {"id", "type"}):
        raise BadRequestData(
            f"{unknown[0][:80]!r} cannot be changed or said here",
            where=unknown[0][:80],
            remedy=f"say {', '.join(sorted(allowed))}",
        )


def render_map(one: EntityMap) -> dict[str, Any]:
    """The JSON of an entity map."""
    return {
        "id": one.id,
        "type": "EntityMap",
        "expiresAt": stamp(one.expires_at),
        "entityMap": {entity: list(sources) for entity, sources in one.entries},
    }


def priority(said: Any) -> int:
    """A ``snapshotPriority``. Raises :class:`BadRequestData` outside 1 to 10."""
    if isinstance(said, bool) or not isinstance(said, int) or not 1 <= said <= _MOST_PRIORITY:
        raise BadRequestData(
            f"{checks.shown(said)} is not a priority", where="snapshotPriority", remedy="write 1 to 10"
        )
    return said


def status_of(missing: Sequence[Sequence[str]], found: Sequence[int]) -> Status:
    """What came of all queries: nothing and nothing failed is ``empty``, nothing but failures ``failure``."""
    if not any(missing):
        return "success" if any(found) else "empty"
    return "partial" if any(found) or not all(missing) else "failure"


def render_snapshot(one: Snapshot) -> dict[str, Any]:
    """The JSON of a snapshot: its queries, and what came of each."""
    rendered: dict[str, Any] = {
        "id": one.id,
        "type": "Snapshot",
        "createdAt": stamp(one.created_at),
        "expiresAt": stamp(one.expires_at),
        "snapshotStatus": "success" if one.status == "successful" else one.status,
        "snapshotPriority": one.priority,
        "entityCount": one.count,
    }
    if one.queries:
        rendered["snapshotQueries"] = list(one.queries)
        rendered["snapshotQueriesDetails"] = _details(one.missing, one.found)
    if one.temporal_queries:
        rendered["snapshotTemporalQueries"] = list(one.temporal_queries)
        rendered["snapshotTemporalQueriesDetails"] = _details(one.temporal_missing, one.temporal_found)
    return rendered


def _details(missing: Sequence[Sequence[str]], found: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {"resultStatus": status_of([failed], [number])}
        | ({"problemDetails": [{"detail": detail} for detail in failed]} if failed else {})
        for failed, number in zip(missing, found or [1] * len(missing), strict=True)
    ]


def _within(moment: int, now: int, where: str) -> int:
    if not now < moment <= now + _LONGEST_MS:
        raise BadRequestData(
            "the end is not in the future, or too far in it",
            where=where,
            remedy=f"at most {LONGEST.days} days",
        )
    return moment
