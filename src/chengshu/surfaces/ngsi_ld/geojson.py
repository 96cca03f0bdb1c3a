"""Entities as GeoJSON features (clauses 4.5.16 and 4.5.17)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chengshu.foundation.broker.model import Attribute, Entity


def geometry_of(entity: Entity, name: str, datasets: Sequence[str] | None) -> Any:
    """The geometry of a feature: the value of the GeoProperty ``name`` (an IRI), None when there is none.

    Of several instances the one asked for by ``datasets`` is taken, else the default one, else the first.
    """
    instances = entity.attributes.get(name, ())
    geo = [item for item in instances if item.kind == "GeoProperty"]
    if not geo:
        return None
    wanted = [item for item in geo if datasets and (item.dataset or "@none") in datasets]
    return (wanted or _default(geo) or geo)[0].value


def _default(instances: Sequence[Attribute]) -> list[Attribute]:
    return [item for item in instances if not item.dataset]


def feature(entity_id: str, value: dict[str, Any], geometry: Any) -> dict[str, Any]:
    """A feature of a rendered entity."""
    properties = {name: part for name, part in value.items() if name not in ("id", "@context")}
    return {"id": entity_id, "type": "Feature", "geometry": geometry, "properties": properties}


def collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    """Features as a collection."""
    return {"type": "FeatureCollection", "features": features}
