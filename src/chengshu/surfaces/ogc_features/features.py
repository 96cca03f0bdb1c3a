"""Entities as GeoJSON features (RFC 7946, OGC 17-069r4 clause 8)."""

from __future__ import annotations

from typing import Any

from chengshu.foundation.broker.ld.times import stamp
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.query.naming import Naming
from chengshu.surfaces.ogc_features import crs as systems


def feature(entity: Entity, naming: Naming, types: Naming, geometry: str, crs: str) -> dict[str, Any]:
    """One feature in ``crs``: plain values under short names; of several instances the default one."""
    properties: dict[str, Any] = {
        "type": [types.name(name) for name in entity.types],
        "createdAt": stamp(entity.created_at),
        "modifiedAt": stamp(entity.modified_at),
    }
    place = None
    for name, instances in entity.attributes.items():
        item = default_of(instances)
        if name == geometry and item.kind == "GeoProperty":
            place = item.value
        else:
            properties[naming.name(name)] = _placed(plain(item), item, crs)
    found = place and {"type": place["type"], "coordinates": systems.outward(place.get("coordinates"), crs)}
    return {"type": "Feature", "id": entity.id, "geometry": found, "properties": properties}


def default_of(instances: tuple[Attribute, ...]) -> Attribute:
    """The instance that stands for the attribute where only one fits."""
    return next((item for item in instances if not item.dataset), instances[0])


def plain(item: Attribute) -> Any:
    """The value as plain JSON: a typed value as its text."""
    if isinstance(item.value, dict) and "@value" in item.value:
        return item.value["@value"]
    return item.value


def _placed(value: Any, item: Attribute, crs: str) -> Any:
    if item.kind != "GeoProperty" or not isinstance(value, dict):
        return value
    return value | {"coordinates": systems.outward(value.get("coordinates"), crs)}
