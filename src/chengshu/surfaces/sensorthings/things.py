"""Entities of the broker as the entities of SensorThings.

A *Thing* is an entity; a *Datastream* a numeric attribute of it (one for each dataset), its *Sensor* what the
attribute says observed it, its *ObservedProperty* the attribute's name; *Observations* are the attribute's
instances in time; a *Location* and a *FeatureOfInterest* are the entity's place, *HistoricalLocations* the
moments at which it was said. Ids: of the entity itself, of a datastream ``attribute~entity`` (``~dataset``),
of an observation its milliseconds ``~`` its datastream, of a past place its milliseconds ``~`` its entity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from chengshu.foundation.broker.ld.core import NGSI_LD
from chengshu.foundation.broker.ld.times import stamp
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.queries import BrokerQueries
from chengshu.foundation.broker.query.model import (
    LOCATION,
    Compare,
    Condition,
    Exists,
    Number,
    Path,
    Query,
    Some,
)
from chengshu.foundation.broker.query.moments import moment_of
from chengshu.foundation.broker.query.naming import Naming
from chengshu.surfaces.sensorthings.errors import BadRequest
from chengshu.surfaces.sensorthings.node import Node, Span
from chengshu.surfaces.sensorthings.observations import Series, observations

_MEASUREMENT: Final = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
_GEOJSON: Final = "application/geo+json"
_OBSERVERS: Final = ("observedBy", "providedBy", "refDevice", "madeBySensor")
_NAMES: Final = ("name", "title", "label", "alternateName")
_DESCRIPTIONS: Final = ("description", "http://purl.org/dc/terms/description")
_EVER: Final = Span()
_MOST_LOOKED_AT: Final = 200_000
Compact = Callable[[str], str]


def is_number(item: Attribute) -> bool:
    """Whether an instance is one of a datastream."""
    return (
        item.kind == "Property" and isinstance(item.value, int | float) and not isinstance(item.value, bool)
    )


class Things:
    """The SensorThings of one tenant, as of now."""

    def __init__(self, queries: BrokerQueries, tenant: str, compact: Compact) -> None:
        self._queries, self._tenant, self._compact = queries, tenant, compact
        self._left = _MOST_LOOKED_AT
        self._names = Naming(queries.attributes(tenant), compact)
        self._types = Naming(queries.types(tenant), compact)

    # ---- sets ------------------------------------------------------------------------------------------

    def all(self, set_: str) -> Iterator[Node]:
        """Every entity of a set, in the order in which the entities of the broker came to be."""
        if set_ == "ObservedProperties":
            for name, iri in sorted(self._names.iris.items()):
                if self._is_observed(iri):
                    yield self.observed_property(name, iri)
            return
        somewhere = Exists(Path((LOCATION,)))
        known = {"Things": None, "Locations": somewhere, "HistoricalLocations": somewhere}
        wanted = known[set_] if set_ in known else self._numeric()
        for entity in self._queries.each(self._tenant, Query(q=wanted)):
            self._look()
            yield from self._of(set_, entity)

    def _look(self) -> None:
        """One more entity or observation is looked at for this request: its time is bounded."""
        self._left -= 1
        if self._left < 0:
            raise BadRequest(
                "too-much-to-look-at",
                f"the answer needs a look at more than {_MOST_LOOKED_AT} entities and observations",
                where="$filter",
                remedy="begin at one Thing or Datastream, or leave $count and $filter out",
            )

    def get(self, set_: str, key: str) -> Node | None:
        """One entity of a set, or None."""
        if set_ == "ObservedProperties":
            iri = self._names.iris.get(key)
            return self.observed_property(key, iri) if iri and self._is_observed(iri) else None
        if set_ == "Observations":
            moment, _, stream = key.partition("~")
            found = self._stream(stream)
            if found is None or not _is_moment(moment):
                return None
            at = int(moment)
            return next(self._observations(*found, Span(at - 1, at + 1)), None)
        if set_ in {"Datastreams", "Sensors"}:
            stream_of = self._stream(key)
            if stream_of is None:
                return None
            return self.datastream(*stream_of) if set_ == "Datastreams" else self.sensor(*stream_of)
        if set_ == "HistoricalLocations":
            return next((node for node, _ in self._moment(key)), None)
        entity = self._queries.peek(self._tenant, key)
        if entity is None and set_ == "Locations":
            return next((place for _, place in self._moment(key)), None)
        return next(self._of(set_, entity), None) if entity is not None else None

    def _of(self, set_: str, entity: Entity) -> Iterator[Node]:
        """What one entity gives to a set."""
        if set_ == "Things":
            yield self.thing(entity)
        elif set_ == "Locations":
            yield from self.locations(entity)
        elif set_ == "HistoricalLocations":
            yield from (node for node, _ in self._whereabouts(entity))
        elif set_ == "FeaturesOfInterest":
            if next(_streams(entity), None) is not None:
                yield self.feature(entity)
        else:
            make = {"Datastreams": self.datastream, "Sensors": self.sensor}.get(set_)
            for name, item in _streams(entity):
                if make is not None:
                    yield make(entity, name, item)
                else:
                    yield from self._observations(entity, name, item)

    def _numeric(self) -> Condition:
        names = sorted(self._names.iris.values())
        return Some(tuple(_numeric(name) for name in names))

    def _is_observed(self, iri: str) -> bool:
        return bool(self._queries.find(self._tenant, Query(q=_numeric(iri)), limit=1).entities)

    def _stream(self, key: str) -> tuple[Entity, str, Attribute] | None:
        """The entity and the instance that the id of a datastream names. A ``~`` may be part of an id."""
        word, _, rest = key.partition("~")
        name = self._names.iris.get(word)
        pieces = rest.split("~")
        for cut in range(len(pieces), 0, -1):
            entity = self._queries.peek(self._tenant, "~".join(pieces[:cut])) if name else None
            if entity is not None and name:
                dataset = "~".join(pieces[cut:])
                found = [item for item in entity.attributes.get(name, ()) if item.dataset == dataset]
                return (entity, name, found[0]) if found and is_number(found[0]) else None
        return None

    # ---- entities --------------------------------------------------------------------------------------

    def thing(self, entity: Entity) -> Node:
        """Table 2."""
        return Node(
            "Things",
            entity.id,
            {
                "name": self._title(entity),
                "description": self._said(entity, _DESCRIPTIONS) or self._kinds(entity),
                "properties": {"type": self._kinds(entity)} | self._texts(entity),
            },
            {
                "Locations": lambda: self.locations(entity),
                "HistoricalLocations": lambda: self._of("HistoricalLocations", entity),
                "Datastreams": lambda: self._of("Datastreams", entity),
            },
        )

    def locations(self, entity: Entity) -> Iterator[Node]:
        """Table 4: the place of an entity, when it has one."""
        for item in entity.attributes.get(LOCATION, ())[:1]:
            yield self._place(entity, item.value, entity.id)

    def _place(self, entity: Entity, place: Any, key: str) -> Node:
        """A place of an entity; Things are at the place only that they have now."""
        members = {
            "name": self._title(entity),
            "description": f"Where {self._title(entity)} {'is' if key == entity.id else 'was'}",
            "encodingType": _GEOJSON,
            "location": place,
        }

        def moments() -> Iterator[Node]:
            return (node for node, at in self._whereabouts(entity) if at.members["location"] == place)

        things = (self.thing(entity),) if key == entity.id else ()
        return Node(
            "Locations", key, members, {"Things": lambda: iter(things), "HistoricalLocations": moments}
        )

    def _whereabouts(self, entity: Entity, span: Span = _EVER) -> Iterator[tuple[Node, Node]]:
        """Table 6: every moment at which the entity was said to be somewhere else, and where."""
        for now in entity.attributes.get(LOCATION, ())[:1]:
            before: Any = None
            series = Series(self._tenant, entity.id, LOCATION, now.dataset, observed=bool(now.observed_at))
            for at, item in observations(self._queries, series, span, newest_first=False):
                self._look()
                if item.kind == "GeoProperty" and isinstance(item.value, dict) and item.value != before:
                    before = item.value
                    yield self._was_at(entity, at, before, now.value)

    def _was_at(self, entity: Entity, at: int, place: Any, now: Any) -> tuple[Node, Node]:
        key = f"{at}~{entity.id}"
        where = self._place(entity, place, entity.id if place == now else key)
        ways = {"Thing": lambda: iter((self.thing(entity),)), "Locations": lambda: iter((where,))}
        return Node("HistoricalLocations", key, {"time": stamp(at)}, ways), where

    def _moment(self, key: str) -> Iterator[tuple[Node, Node]]:
        """What the id of a HistoricalLocation, or of a past place, names."""
        moment, _, name = key.partition("~")
        entity = self._queries.peek(self._tenant, name) if name else None
        if entity is not None and _is_moment(moment):
            at = int(moment)
            yield from self._whereabouts(entity, Span(at - 1, at + 1))

    def datastream(self, entity: Entity, name: str, item: Attribute) -> Node:
        """Table 10."""
        word, title = self._names.name(name), self._title(entity)
        members: dict[str, Any] = {
            "name": f"{title}: {word}",
            "description": f"{word} of {title}",
            "observationType": _MEASUREMENT,
            "unitOfMeasurement": {
                "name": item.unit_code or None,
                "symbol": item.unit_code or None,
                "definition": _unit(item.unit_code),
            },
            "properties": {"attribute": name} | ({"datasetId": item.dataset} if item.dataset else {}),
        }
        for place in entity.attributes.get(LOCATION, ())[:1]:
            members["observedArea"] = place.value
        return Node(
            "Datastreams",
            _stream_id(word, entity, item),
            members,
            {
                "Thing": lambda: iter((self.thing(entity),)),
                "Sensor": lambda: iter((self.sensor(entity, name, item),)),
                "ObservedProperty": lambda: iter((self.observed_property(word, name),)),
                "Observations": lambda: self._observations(entity, name, item),
            },
            lambda span, newest_first: self._observations(
                entity, name, item, span, newest_first=newest_first
            ),
        )

    def sensor(self, entity: Entity, name: str, item: Attribute) -> Node:
        """Table 12: what the attribute says observed it, else its dataset, else the entity itself."""
        observers = [
            deeper.value
            for inner, instances in item.attributes.items()
            if self._compact(inner) in _OBSERVERS
            for deeper in instances
            if isinstance(deeper.value, str)
        ]
        source = observers[0] if observers else item.dataset or entity.id
        members = {
            "name": source,
            "description": f"What observes {self._names.name(name)} of {self._title(entity)}",
            "encodingType": "text/plain",
            "metadata": source,
        }
        ways = {"Datastreams": lambda: iter((self.datastream(entity, name, item),))}
        return Node("Sensors", _stream_id(self._names.name(name), entity, item), members, ways)

    def observed_property(self, word: str, iri: str) -> Node:
        """Table 13."""

        def datastreams() -> Iterator[Node]:
            for entity in self._queries.each(self._tenant, Query(q=_numeric(iri))):
                self._look()
                for name, item in _streams(entity):
                    if name == iri:
                        yield self.datastream(entity, name, item)

        members = {"name": word, "definition": iri, "description": f"The attribute {iri}"}
        return Node("ObservedProperties", word, members, {"Datastreams": datastreams})

    def feature(self, entity: Entity) -> Node:
        """Table 17."""
        place = next((item.value for item in entity.attributes.get(LOCATION, ())), None)
        members = {
            "name": self._title(entity),
            "description": f"Where {self._title(entity)} observes",
            "encodingType": _GEOJSON,
            "feature": place or {"type": "Feature", "geometry": None, "properties": {}},
        }
        return Node(
            "FeaturesOfInterest",
            entity.id,
            members,
            {"Observations": lambda: self._of("Observations", entity)},
        )

    def _observations(
        self, entity: Entity, name: str, item: Attribute, span: Span = _EVER, *, newest_first: bool = False
    ) -> Iterator[Node]:
        series = Series(self._tenant, entity.id, name, item.dataset, observed=bool(item.observed_at))
        stream = _stream_id(self._names.name(name), entity, item)
        for at, instance in observations(self._queries, series, span, newest_first=newest_first):
            self._look()
            if is_number(instance):
                yield self._observation(entity, name, item, stream, at, instance)

    def _observation(
        self, entity: Entity, name: str, item: Attribute, stream: str, at: int, instance: Attribute
    ) -> Node:
        """Table 15."""
        said = instance.observed_at if moment_of(instance.observed_at) else ""
        members = {"phenomenonTime": said or stamp(at), "resultTime": None, "result": instance.value}
        ways = {
            "Datastream": lambda: iter((self.datastream(entity, name, item),)),
            "FeatureOfInterest": lambda: iter((self.feature(entity),)),
        }
        return Node("Observations", f"{at}~{stream}", members, ways)

    # ---- words -----------------------------------------------------------------------------------------

    def _title(self, entity: Entity) -> str:
        return self._said(entity, _NAMES) or entity.id

    def _kinds(self, entity: Entity) -> str:
        return ", ".join(self._types.name(name) for name in entity.types)

    def _said(self, entity: Entity, names: tuple[str, ...]) -> str:
        by_name = {self._compact(name): name for name in entity.attributes} | {
            name: name for name in entity.attributes
        }
        for name in names:
            for item in entity.attributes.get(by_name.get(name, ""), ()):
                if isinstance(item.value, str):
                    return item.value
                if item.kind == "LanguageProperty":
                    return next((said for said in item.value.values() if isinstance(said, str)), "")
        return ""

    def _texts(self, entity: Entity) -> dict[str, Any]:
        """Attributes that are no datastreams and no places, plainly."""
        return {
            self._names.name(name): instances[0].value
            for name, instances in entity.attributes.items()
            if instances[0].kind != "GeoProperty" and not is_number(instances[0])
        }


def _streams(entity: Entity) -> Iterator[tuple[str, Attribute]]:
    for name, instances in sorted(entity.attributes.items()):
        for item in instances:
            if is_number(item):
                yield name, item


def _is_moment(text: str) -> bool:
    """Whether the part of an id before its first ``~`` is a number of milliseconds."""
    return text.removeprefix("-").isascii() and text.removeprefix("-").isdigit() and len(text) <= 15


def _stream_id(word: str, entity: Entity, item: Attribute) -> str:
    return f"{word}~{entity.id}" + (f"~{item.dataset}" if item.dataset else "")


def _numeric(name: str) -> Condition:
    path = Path((name,))
    return Some((Compare(path, "<", (Number(0),)), Compare(path, ">=", (Number(0),))))


def _unit(code: str) -> str | None:
    """UN/CEFACT common codes are what NGSI-LD has for units."""
    return f"{NGSI_LD}unitCode#{code}" if code else None
