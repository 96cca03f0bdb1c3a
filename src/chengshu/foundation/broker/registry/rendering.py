"""Registrations as they are given out: names compacted, members in the order of clause 5.2.9."""

from __future__ import annotations

from typing import Any

from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.registry.model import (
    EntityInfo,
    Information,
    Management,
    Registration,
    TimeInterval,
)
from chengshu.foundation.broker.registry.reading import TYPE
from chengshu.kernel.clock import from_millis, iso


def render_registration(
    registration: Registration, context: LdContext, *, sys_attrs: bool = False
) -> dict[str, Any]:
    """The registration as JSON; ``mode`` and ``operations`` only when they are not the default."""
    one = registration
    said: dict[str, Any] = {
        "id": one.id,
        "type": TYPE,
        "registrationName": one.name,
        "description": one.description,
        "information": [_piece(piece, context) for piece in one.information],
        "tenant": one.tenant,
        "observationInterval": _interval(one.observation_interval),
        "managementInterval": _interval(one.management_interval),
        "location": one.location,
        "observationSpace": one.observation_space,
        "operationSpace": one.operation_space,
        "expiresAt": one.expires_at,
        "endpoint": one.endpoint,
        "contextSourceInfo": [{"key": key, "value": value} for key, value in one.info],
        "contextSourceAlias": one.alias,
        "scope": _one_or_more(one.scopes),
        "mode": one.mode if one.mode != "inclusive" else "",
        "operations": list(one.operations),
        "refreshRate": one.refresh_rate,
        "management": _management(one.management),
        "datasetId": list(one.datasets),
    }
    rendered = {name: value for name, value in said.items() if value not in ("", None, [], {})}
    rendered |= {context.compact(name): value for name, value in one.properties.items()}
    if sys_attrs:
        rendered["createdAt"] = iso(from_millis(one.created_at))
        rendered["modifiedAt"] = iso(from_millis(one.modified_at))
    return rendered


def _piece(piece: Information, context: LdContext) -> dict[str, Any]:
    said = {
        "entities": [entity_info(entity, context) for entity in piece.entities],
        "propertyNames": [context.compact(name) for name in piece.properties],
        "relationshipNames": [context.compact(name) for name in piece.relationships],
    }
    return {name: value for name, value in said.items() if value}


def entity_info(entity: EntityInfo, context: LdContext) -> dict[str, Any]:
    """An EntityInfo (clause 5.2.8) as JSON."""
    said: dict[str, Any] = {}
    if entity.id:
        said["id"] = entity.id
    if entity.id_pattern:
        said["idPattern"] = entity.id_pattern
    said["type"] = _one_or_more(tuple(context.compact(name) for name in entity.types))
    return said


def _one_or_more(values: tuple[str, ...]) -> Any:
    return values[0] if len(values) == 1 else list(values)


def _interval(interval: TimeInterval | None) -> dict[str, str] | None:
    if interval is None:
        return None
    return {"startAt": interval.start_at} | ({"endAt": interval.end_at} if interval.end_at else {})


def _management(management: Management | None) -> dict[str, Any]:
    if management is None:
        return {}
    said = {
        "localOnly": management.local_only,
        "cacheDuration": management.cache_duration,
        "timeout": management.timeout,
        "cooldown": management.cooldown,
    }
    return {name: value for name, value in said.items() if value}
