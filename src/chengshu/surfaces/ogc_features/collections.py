"""Collections: one for each entity type, with what of it can be asked for (OGC 17-069r4, OGC 19-079r2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from chengshu.foundation.broker.census import TypeInfo
from chengshu.foundation.broker.query.model import (
    LOCATION,
    Condition,
    Every,
    Exists,
    Moment,
    Not,
    Path,
    Some,
)
from chengshu.foundation.broker.query.naming import Naming
from chengshu.kernel.errors import Missing
from chengshu.surfaces.ogc_features.errors import BadRequest
from chengshu.surfaces.ogc_features.filters import within

_NGSI_LD = "https://uri.etsi.org/ngsi-ld/"
_OBSERVED, _MODIFIED = _NGSI_LD + "observedAt", _NGSI_LD + "modifiedAt"
_SCHEMAS: dict[str, dict[str, Any]] = {
    "Property": {"type": ["string", "number", "boolean", "array", "object"]},
    "Relationship": {"type": "string", "format": "uri"},
    "ListRelationship": {"type": "array", "items": {"type": "string", "format": "uri"}},
    "VocabProperty": {"type": "string"},
    "LanguageProperty": {"type": "object", "additionalProperties": {"type": "string"}},
    "ListProperty": {"type": "array"},
    "JsonProperty": {},
    "GeoProperty": {"format": "geometry-any"},
}
Compact = Callable[[str], str]


class Collection:
    """One entity type under its short name."""

    def __init__(self, name: str, info: TypeInfo, compact: Compact) -> None:
        self.name, self.iri, self.count = name, info.name, info.count
        self._kinds = {item.name: item.kinds for item in info.attributes}
        self.naming = Naming(self._kinds, compact)

    @cached_property
    def geometry(self) -> str:
        """The GeoProperty that gives a feature its geometry: ``location``, else the first by name."""
        places = sorted(name for name, kinds in self._kinds.items() if "GeoProperty" in kinds)
        return places[0] if places and LOCATION not in places else LOCATION

    def path(self, name: str) -> Path:
        """What a property name leads to: ``name``, or ``name.member`` of a structured value.

        Raises :class:`BadRequest` of a name that is no queryable.
        """
        if name == "id":
            return Path(("@id",))
        if name in ("createdAt", "modifiedAt"):
            return Path((_NGSI_LD + name,))
        first, *members = name.split(".")
        for whole in (name, first):
            if iri := self.naming.iris.get(whole):
                return Path((iri,), () if whole == name else tuple(members))
        raise BadRequest(
            "property-unknown",
            f"'{name[:80]}' is not a property of {self.name}",
            where="filter",
            remedy=f"see /collections/{self.name}/queryables",
        )

    def place(self, name: str) -> str:
        """The GeoProperty of a geometry name. Raises :class:`BadRequest` when it is none."""
        if name == "geometry":
            return self.geometry
        iri = self.path(name).names[0]
        if "GeoProperty" not in self._kinds.get(iri, ()):
            raise BadRequest(
                "property-no-geometry",
                f"'{name[:80]}' is not a geometry",
                where="filter",
                remedy="use geometry, or another one of /queryables",
            )
        return iri

    def seen(self, low: Moment | None, high: Moment | None) -> Condition:
        """Observed between the two: any attribute was; of an entity never observed, it was written then."""
        paths = [Path((name, _OBSERVED)) for name in sorted(self._kinds)]
        written = within(Path((_MODIFIED,)), low, high)
        unseen = Every((*(Not(Exists(path)) for path in paths), written))
        return Some((*(within(path, low, high) for path in paths), unseen))

    def queryables(self) -> dict[str, Any]:
        """JSON Schema properties by name."""
        found: dict[str, Any] = {
            "id": {"type": "string", "format": "uri", "x-ogc-role": "id"},
            "createdAt": {"type": "string", "format": "date-time"},
            "modifiedAt": {"type": "string", "format": "date-time"},
            "geometry": {"format": "geometry-any", "x-ogc-role": "primary-geometry"},
        }
        for name, iri in sorted(self.naming.iris.items()):
            if iri != self.geometry:
                found[name] = _schema(self._kinds[iri]) | {"x-iri": iri}
        return found


def _schema(kinds: Iterable[str]) -> dict[str, Any]:
    several = [_SCHEMAS[kind] for kind in sorted(kinds)]
    return dict(several[0]) if len(several) == 1 else {"anyOf": several}


class Catalogue:
    """All collections of a tenant."""

    def __init__(self, types: Iterable[TypeInfo], compact: Compact) -> None:
        self._types = {info.name: info for info in types}
        self.naming = Naming(self._types, compact)
        self._compact = compact

    def all(self) -> list[Collection]:
        """By name."""
        return [self.get(name) for name in sorted(self.naming.iris)]

    def get(self, name: str) -> Collection:
        """One of them. Raises :class:`Missing`."""
        iri = self.naming.iris.get(name)
        if iri is None:
            raise Missing(
                "collection-missing",
                f"there is no collection '{name[:80]}'",
                where="collectionId",
                remedy="see /collections",
            )
        return Collection(name, self._types[iri], self._compact)
