"""Reads a registration as it is sent (clauses 5.2.9, 5.9.2, 5.9.3), checking everything it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from chengshu.foundation.broker.ld.contexts import LdContext
from chengshu.foundation.broker.ld.versions import version_of
from chengshu.foundation.broker.query.patterns import finder
from chengshu.foundation.broker.registry.members import (
    duration,
    geometry,
    micros,
    milliseconds,
    moment,
    object_of,
    one_or_more,
    plain,
    refuse,
    scope,
    text_of,
    texts_of,
    truth,
    uri_of,
)
from chengshu.foundation.broker.registry.model import (
    MODES,
    EntityInfo,
    Information,
    Management,
    Mode,
    Registration,
    TimeInterval,
)
from chengshu.foundation.broker.registry.operations import AUXILIARY, DEFAULT, known

TYPE = "ContextSourceRegistration"
_COMPUTED = frozenset(  # ours to say: accepted, so that what was retrieved can be sent back, and not kept
    ["createdAt", "modifiedAt", "status", "timesSent", "timesFailed", "lastSuccess", "lastFailure"]
)
_INFORMATION = frozenset({"entities", "propertyNames", "relationshipNames", "attributeNames"})
_ENTITY = frozenset({"id", "idPattern", "type"})
_INTERVAL = frozenset({"startAt", "endAt"})
_MANAGEMENT = frozenset({"localOnly", "cacheDuration", "timeout", "cooldown"})
_KNOWN = frozenset(
    [
        "id",
        "type",
        "registrationName",
        "description",
        "information",
        "tenant",
        "observationInterval",
        "managementInterval",
        "location",
        "observationSpace",
        "operationSpace",
        "expiresAt",
        "endpoint",
        "contextSourceInfo",
        "contextSourceAlias",
        "scope",
        "mode",
        "operations",
        "refreshRate",
        "management",
        "datasetId",
    ]
)


def read_registration(
    payload: Mapping[str, Any], context: LdContext, *, now_ms: int, new_id: str = ""
) -> Registration:
    """The registration that ``payload`` (without its ``@context``) says; ``new_id`` when it says no id.

    Raises :class:`BadRequestData` with place and remedy for the first member that is wrong.
    """
    if payload.get("type") != TYPE:
        raise refuse(f"the type is not {TYPE}", "type", f'write "type": "{TYPE}"')
    for name, value in payload.items():
        if value is None:
            raise refuse("null has no meaning here", name, "leave the member out")
    registration = Registration(
        id=uri_of(payload["id"], "id") if "id" in payload else new_id,
        endpoint=uri_of(_required(payload, "endpoint"), "endpoint"),
        information=_information(_required(payload, "information"), context),
        mode=_mode(payload.get("mode", "inclusive")),
        operations=_operations(payload["operations"]) if "operations" in payload else (),
        name=_text(payload, "registrationName"),
        description=_text(payload, "description"),
        tenant=_text(payload, "tenant"),
        alias=_text(payload, "contextSourceAlias"),
        info=_pairs(payload.get("contextSourceInfo", [])),
        scopes=_scopes(payload["scope"]) if "scope" in payload else (),
        datasets=_datasets(payload["datasetId"]) if "datasetId" in payload else (),
        observation_interval=_interval(payload, "observationInterval"),
        management_interval=_interval(payload, "managementInterval"),
        location=_geometry(payload, "location"),
        observation_space=_geometry(payload, "observationSpace"),
        operation_space=_geometry(payload, "operationSpace"),
        expires_at=_expiry(payload["expiresAt"], now_ms) if "expiresAt" in payload else "",
        refresh_rate=duration(payload["refreshRate"], "refreshRate") if "refreshRate" in payload else "",
        management=_management(payload["management"]) if "management" in payload else None,
        properties=_properties(payload, context),
    )
    if registration.mode == "exclusive":
        _check_exclusive(registration)
    if registration.mode == "auxiliary" and not AUXILIARY.issuperset(registration.operations):
        raise refuse(
            "an auxiliary source is only read", "operations", f"say of {', '.join(sorted(AUXILIARY))}"
        )
    return registration


def patched(current: Mapping[str, Any], fragment: Mapping[str, Any]) -> dict[str, Any]:
    """``current`` with the members of ``fragment`` for its own; null takes one away (clause 5.9.3)."""
    if "type" in fragment and fragment["type"] != TYPE:
        raise refuse(f"the type is not {TYPE}", "type", f'write "type": "{TYPE}", or leave it out')
    if "id" in fragment and fragment["id"] != current["id"]:
        raise refuse("the id of a registration cannot change", "id", "leave it out")
    merged = dict(current) | dict(fragment)
    return {
        name: value for name, value in merged.items() if value is not None and value != "urn:ngsi-ld:null"
    }


def _required(payload: Mapping[str, Any], name: str) -> Any:
    if name not in payload:
        raise refuse(f"{name} is missing", name, "every registration needs it")
    return payload[name]


def _text(payload: Mapping[str, Any], name: str) -> str:
    return text_of(payload[name], name) if name in payload else ""


def _mode(value: Any) -> Mode:
    if value not in MODES:
        raise refuse(f"{str(value)[:80]!r} is not a mode", "mode", f"use one of {', '.join(MODES)}")
    return cast(Mode, value)


def _operations(value: Any) -> tuple[str, ...]:
    said = texts_of(value, "operations")
    for at, name in enumerate(said):
        if not known(name):
            raise refuse(
                f"{name[:80]!r} is not an operation",
                f"operations[{at}]",
                f"use a name of clause 4.20, e.g. {DEFAULT}",
            )
    return said


def _information(value: Any, context: LdContext) -> tuple[Information, ...]:
    if not isinstance(value, list) or not value:
        raise refuse("a list is expected", "information", "say at least once what the source holds")
    return tuple(_piece(item, context, f"information[{at}]") for at, item in enumerate(value))


def _piece(value: Any, context: LdContext, where: str) -> Information:
    piece = object_of(value, where, _INFORMATION)
    if not piece:
        raise refuse("it says nothing", where, "name entities, propertyNames or relationshipNames")
    properties: tuple[str, ...] = ()
    for member in ("propertyNames", "attributeNames"):
        properties += _names(piece, member, context, where)
    return Information(
        _entities(piece["entities"], context, f"{where}.entities") if "entities" in piece else (),
        tuple(dict.fromkeys(properties)),
        _names(piece, "relationshipNames", context, where),
    )


def _names(piece: Mapping[str, Any], member: str, context: LdContext, where: str) -> tuple[str, ...]:
    if member not in piece:
        return ()
    return tuple(context.expand(name) for name in texts_of(piece[member], f"{where}.{member}"))


def _entities(value: Any, context: LdContext, where: str) -> tuple[EntityInfo, ...]:
    if not isinstance(value, list) or not value:
        raise refuse("a list of entities is expected", where, 'write [{"type": …}], or leave it out')
    return tuple(_entity(item, context, f"{where}[{at}]") for at, item in enumerate(value))


def _entity(value: Any, context: LdContext, where: str) -> EntityInfo:
    entity = object_of(value, where, _ENTITY)
    if "type" not in entity:
        raise refuse("the type is missing", f"{where}.type", "say the type of the entities")
    types = tuple(context.expand(name) for name in one_or_more(entity["type"], f"{where}.type"))
    id_ = uri_of(entity["id"], f"{where}.id") if "id" in entity else ""
    pattern = text_of(entity["idPattern"], f"{where}.idPattern") if "idPattern" in entity else ""
    if pattern:
        finder(pattern, f"{where}.idPattern")
    return EntityInfo(types, id_, "" if id_ else pattern)  # an id says more than a pattern (clause 5.2.8)


def _pairs(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list):
        raise refuse("a list is expected", "contextSourceInfo", 'write [{"key": …, "value": …}]')
    pairs = []
    for at, item in enumerate(value):
        where = f"contextSourceInfo[{at}]"
        pair = object_of(item, where, frozenset({"key", "value"}))
        key, said = text_of(pair.get("key"), f"{where}.key"), text_of(pair.get("value"), f"{where}.value")
        _check_meaning(key, said, f"{where}.value")
        pairs.append((key, said))
    return tuple(pairs)


def _check_meaning(key: str, value: str, where: str) -> None:
    """Four keys have a meaning of their own (clause 4.3.6.6)."""
    if key in ("accept", "contentType") and value not in ("application/json", "application/ld+json"):
        raise refuse(
            f"{value[:80]!r} is not a format of sources", where, "say application/json or application/ld+json"
        )
    if key == "jsonldContext":
        uri_of(value, where)
    if key == "ngsildConformance" and version_of(value) is None:
        raise refuse(f"{value[:80]!r} is not a version", where, "write major.minor, such as 1.6")


def _scopes(value: Any) -> tuple[str, ...]:
    return tuple(scope(item, "scope") for item in one_or_more(value, "scope"))


def _datasets(value: Any) -> tuple[str, ...]:
    return tuple(
        item if item == "@none" else uri_of(item, "datasetId") for item in one_or_more(value, "datasetId")
    )


def _interval(payload: Mapping[str, Any], name: str) -> TimeInterval | None:
    if name not in payload:
        return None
    value = object_of(payload[name], name, _INTERVAL)
    start = moment(value.get("startAt"), f"{name}.startAt")
    end = moment(value["endAt"], f"{name}.endAt") if "endAt" in value else ""
    if end and micros(end) < micros(start):
        raise refuse("it ends before it starts", f"{name}.endAt", "write a later moment")
    return TimeInterval(start, end)


def _geometry(payload: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    return geometry(payload[name], name) if name in payload else None


def _expiry(value: Any, now_ms: int) -> str:
    said = moment(value, "expiresAt")
    if micros(said) <= now_ms * 1000:
        raise refuse("it expires in the past", "expiresAt", "write a moment to come, or leave it out")
    return said


def _management(value: Any) -> Management | None:
    """What is said of management; None when it says nothing but what holds anyhow."""
    said = object_of(value, "management", _MANAGEMENT)
    found = Management(
        truth(said["localOnly"], "management.localOnly") if "localOnly" in said else False,
        duration(said["cacheDuration"], "management.cacheDuration") if "cacheDuration" in said else "",
        milliseconds(said["timeout"], "management.timeout") if "timeout" in said else 0,
        milliseconds(said["cooldown"], "management.cooldown") if "cooldown" in said else 0,
    )
    return found if found != Management() else None


def _properties(payload: Mapping[str, Any], context: LdContext) -> dict[str, Any]:
    """The source's own properties: whatever else is said of it (clause 5.2.9)."""
    return {
        context.expand(name): plain(value, name)
        for name, value in payload.items()
        if name not in _KNOWN and name not in _COMPUTED
    }


def _check_exclusive(registration: Registration) -> None:
    """An exclusive source says which attributes of which entities are its own (clause 4.3.6.3)."""
    for at, piece in enumerate(registration.information):
        named = piece.entities and all(entity.id or entity.id_pattern for entity in piece.entities)
        if not named or not piece.names:
            raise refuse(
                "an exclusive registration says ids of entities and names of their attributes",
                f"information[{at}]",
                "add entities[].id and propertyNames or relationshipNames, or use the mode redirect",
            )
