"""Where entity maps and snapshots are: the routes of both (clauses 6.32 and 6.34 to 6.38)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chengshu.surfaces.ngsi_ld import params
from chengshu.surfaces.ngsi_ld.entity_maps import MAPS, EntityMaps
from chengshu.surfaces.ngsi_ld.operation import (
    GIVES,
    READS,
    READS_PATCH,
    Handler,
    Method,
    Operation,
    Param,
)
from chengshu.surfaces.ngsi_ld.snapshots import SNAPSHOTS, Snapshots

TAG = "ngsi-ld kept answers"
_ONE: dict[str, Any] = {"type": "object"}
_UNTIL: dict[str, Any] = {
    "type": "object",
    "properties": {"expiresAt": {"type": "string", "format": "date-time"}},
}
_CHANGES: dict[str, Any] = {
    "type": "object",
    "properties": {
        "expiresAt": {"type": "string", "format": "date-time"},
        "snapshotLifetime": {"type": "string"},
        "snapshotPriority": {"type": "integer", "minimum": 1, "maximum": 10},
    },
}
_QUERIES: dict[str, Any] = {"type": "array", "items": {"type": "object"}}
_SNAPSHOT: dict[str, Any] = {
    "type": "object",
    "required": ["type"],
    "properties": {
        "id": {"type": "string", "format": "uri"},
        "type": {"const": "Snapshot"},
        "snapshotQueries": _QUERIES,
        "snapshotTemporalQueries": _QUERIES,
        **_CHANGES["properties"],
    },
}
_MADE = {201: "made; Location says where"}
_FOUND, _DONE = {200: "found"}, {204: "done"}
_Q = Param("q", "which ones: a condition on members of Snapshot (clause 4.9)", required=True)


def _way(
    method: Method,
    path: str,
    handler: Handler,
    summary: str,
    clause: str,
    *,
    said: tuple[Param, ...] = (),
    body: Any = "",
    answers: Mapping[int, str] = _DONE,
    result: Any = "",
) -> Operation:
    reads = () if not body else READS_PATCH if method == "PATCH" else READS
    gives = GIVES if result else ()
    return Operation(
        method,
        path,
        handler,
        summary,
        clause,
        TAG,
        said,
        reads,
        gives,
        answers,
        body=body or "Any",
        result=result,
    )


def routes(
    maps: EntityMaps, snapshots: Snapshots, inner: Mapping[tuple[str, str], Operation], of_pasts: Handler
) -> tuple[Operation, ...]:
    """The operations; ``inner`` are the queries whose parameters those that make maps have too."""
    one, kept = f"{MAPS}/{{entityMapId}}", f"{SNAPSHOTS}/{{snapshotId}}"
    life = (params.ENTITY_MAP, params.ENTITY_MAP_LIFETIME)
    query, past = inner["GET", "entities"].params, inner["GET", "temporal/entities"].params
    posted = inner["POST", "entityOperations/query"].params
    past_posted = inner["POST", "temporal/entityOperations/query"].params
    of_query, of_past = "Create EntityMap for Query Entities", "Create EntityMap for Query Temporal Evolution"
    made: dict[str, Any] = {"answers": _MADE, "result": _ONE}
    return (
        _way("GET", MAPS, maps.make, of_query, "6.34.3.1", said=(*query, *life), **made),
        _way("POST", MAPS, maps.make, of_query, "6.34.3.2", said=(*posted, *life), body="Query", **made),
        _way("GET", "temporal/entityMaps", of_pasts, of_past, "6.35.3.1", said=(*past, *life), **made),
        _way(
            "POST",
            "temporal/entityMaps",
            of_pasts,
            of_past,
            "6.35.3.2",
            said=(*past_posted, *life),
            body="Query",
            **made,
        ),
        _way("GET", one, maps.retrieve, "Retrieve EntityMap", "6.32.3.1", answers=_FOUND, result=_ONE),
        _way("PATCH", one, maps.update, "Update EntityMap", "6.32.3.2", body=_UNTIL),
        _way("DELETE", one, maps.delete, "Delete EntityMap", "6.32.3.3"),
        _way(
            "POST",
            SNAPSHOTS,
            snapshots.create,
            "Create Snapshot",
            "6.36.3.1",
            said=(params.LOCAL,),
            body=_SNAPSHOT,
            answers=_MADE | {409: "it exists already"},
        ),
        _way("DELETE", SNAPSHOTS, snapshots.purge, "Purge Snapshots", "6.36.3.2", said=(_Q,)),
        _way(
            "GET",
            kept,
            snapshots.retrieve,
            "Retrieve Snapshot Status",
            "6.37.3.1",
            answers=_FOUND,
            result=_ONE,
        ),
        _way(
            "PATCH",
            kept,
            snapshots.update,
            "Update Snapshot Status",
            "6.37.3.2",
            body=_CHANGES,
            answers=_FOUND,
            result=_ONE,
        ),
        _way("DELETE", kept, snapshots.delete, "Delete Snapshot", "6.37.3.3"),
        _way(
            "POST",
            f"{kept}/clone",
            snapshots.clone,
            "Clone Snapshot",
            "6.38.3.1",
            body=_SNAPSHOT | {"required": []},
            answers=_MADE | {409: "it exists already"},
        ),
    )
