"""The view's map layers: GeoJSON of the city as it is now or was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from shapely.geometry import mapping

from chengshu.app.view.base import Base
from chengshu.console import model as shown
from chengshu.kernel.clock import iso
from chengshu.kernel.levels import Level
from chengshu.kernel.texts import Text

Feature = dict[str, Any]
SENSORS = ("RainGauge", "WaterLevelSensor")
WORKS = ("PumpingStation", "Gate")


class Layers(Base):
    """One method per layer; static geometry is read once."""

    def layer(self, person: shown.Person, name: str, as_of: datetime | None) -> shown.GeoJson:
        """A FeatureCollection of the layer."""
        makers: dict[str, Callable[[datetime | None], Iterable[Feature]]] = {
            "areas": self._areas,
            "ground": self._ground,
            "roads": self._roads,
            "drainage": self._drainage,
            "nodes": self._nodes,
            "sensors": self._sensors,
            "underpasses": self._underpasses,
            "units": self._units,
            "routes": self._routes,
            "closures": self._closures,
        }
        features = list(makers[name](as_of)) if name in makers else []
        return {"type": "FeatureCollection", "features": features}

    def _areas(self, as_of: datetime | None) -> Iterable[Feature]:
        states = self.hub.vital_queries.area_states(as_of)
        warned: dict[str, Level] = {}
        for item in self.hub.vital_queries.warnings(as_of=as_of):
            warned[item.area] = max(Level.parse(item.level), warned.get(item.area, Level.NORMAL))
        leaves = {area.id for area in self.city.areas.leaves()}
        for area in self.city.areas:
            if area.shape is None:
                continue
            state = states[area.id]
            fresh = "fresh" if state.fresh == state.expected else "stale" if state.fresh else "silent"
            yield _feature(
                mapping(area.shape),
                area.id,
                area.name,
                kind=area.kind,
                leaf=area.id in leaves,
                level=warned.get(area.id, Level.NORMAL).word,
                freshness=fresh,
            )

    @cached_property
    def _base(self) -> Mapping[str, list[Feature]]:
        """roads, sewers and the drawn ground of the city's folder, by file."""
        found: dict[str, list[Feature]] = {}
        for name in ("roads", "sewers", "base"):
            path = self.city.folder / f"{name}.geojson"
            content = json.loads(path.read_text("utf-8")) if path.is_file() else {"features": []}
            found[name] = [
                _feature(
                    item["geometry"],
                    f"{name}-{index}",
                    Text.of(item["properties"].get("name") or ""),
                    kind=item["properties"].get("kind", ""),
                    underpass=item["properties"].get("underpass"),
                )
                for index, item in enumerate(content["features"])
            ]
        return found

    def _ground(self, as_of: datetime | None) -> Iterable[Feature]:
        return self._base["base"]

    def _roads(self, as_of: datetime | None) -> Iterable[Feature]:
        return self._base["roads"]

    def _drainage(self, as_of: datetime | None) -> Iterable[Feature]:
        yield from self._base["sewers"]
        for kind in WORKS:
            yield from (
                self._thing(state, "setting") for state in self.hub.readings.states(type_=kind, at=as_of)
            )

    def _nodes(self, as_of: datetime | None) -> Iterable[Feature]:
        for state in self.hub.readings.states(type_="DrainageNode", at=as_of):
            chance, lead, depth = (
                state.readings.get(key) for key in ("floodProbability", "floodLeadTime", "forecastDepth")
            )
            known = chance is not None and chance.age_s < 3600
            likely = float(chance.value) if known and chance else 0.0
            feature = self._thing(state, "floodProbability")
            feature["properties"] |= {
                "probability": likely,
                "lead_time_s": lead.value if known and lead else None,
                "depth_m": depth.value if known and depth else None,
                "level": _chance(likely).word,
                "freshness": "fresh" if known else "never",
            }
            yield feature

    def _sensors(self, as_of: datetime | None) -> Iterable[Feature]:
        for kind, attribute in zip(SENSORS, ("rainIntensity", "waterLevel"), strict=True):
            for state in self.hub.readings.states(type_=kind, at=as_of):
                yield self._thing(state, attribute)

    def _underpasses(self, as_of: datetime | None) -> Iterable[Feature]:
        closed = {
            closure.id
            for closure in self.hub.response.queries.closures(at=as_of)
            if closure.opened_at is None
        }
        for state in self.hub.readings.states(type_="Underpass", at=as_of):
            feature = self._thing(state, "pondingDepth")
            depth = feature["properties"].get("value") or 0.0
            feature["properties"] |= {
                "depth_m": depth,
                "closed": state.entity.id in closed,
                "level": _ponding(depth).word,
            }
            yield feature

    def _thing(self, state: Any, attribute: str) -> Feature:
        entity = state.entity
        reading = state.readings.get(attribute)
        fresh = "never" if reading is None else "fresh" if reading.age_s <= 900 else "stale"
        value = reading.value if reading and isinstance(reading.value, int | float) else None
        return _feature(
            {"type": "Point", "coordinates": [entity.lon, entity.lat]},
            entity.id,
            entity.name,
            type=entity.type,
            value=value,
            unit=reading.series.unit if reading else "",
            freshness=fresh,
        )

    def _units(self, as_of: datetime | None) -> Iterable[Feature]:
        for placed in self.hub.response.queries.units(at=as_of):
            order = placed.order
            yield _feature(
                {"type": "Point", "coordinates": [placed.lon, placed.lat]},
                placed.unit.id,
                Text.of(placed.unit.name),
                type=placed.unit.type,
                status=placed.unit.status,
                order=order.id if order else None,
                eta=iso(order.eta) if order and order.eta else None,
            )

    def _routes(self, as_of: datetime | None) -> Iterable[Feature]:
        for order in self.hub.response.queries.orders(open_only=True, at=as_of):
            if order.route is None or order.arrived_at is not None or len(order.route.points) < 2:
                continue
            line = [[point.lon, point.lat] for point in order.route.points]
            yield _feature(
                {"type": "LineString", "coordinates": line},
                f"route-{order.id}",
                Text.of(order.name),
                unit=order.units[0] if order.units else None,
                order=order.id,
            )

    def _closures(self, as_of: datetime | None) -> Iterable[Feature]:
        roads = self.hub.response.means.roads
        for closure in self.hub.response.queries.closures(at=as_of):
            if closure.opened_at is not None or roads is None:
                continue
            for index in closure.edges:
                line = [list(point) for point in roads.edges[index].points]
                yield _feature(
                    {"type": "LineString", "coordinates": line},
                    f"{closure.id}-{index}",
                    self.thing(closure.id),
                    closed=True,
                    depth_m=closure.depth_m,
                )


def _feature(geometry: Any, id_: str, name: Text, **properties: Any) -> Feature:
    return {
        "type": "Feature",
        "id": id_,
        "geometry": geometry,
        "properties": {"id": id_, "name": name.as_dict()}
        | {k: v for k, v in properties.items() if v is not None},
    }


def _chance(probability: float) -> Level:
    """How a node is coloured by its probability of flooding (the shape and the number say it too)."""
    for level, at in ((Level.RED, 0.85), (Level.ORANGE, 0.6), (Level.YELLOW, 0.4), (Level.BLUE, 0.2)):
        if probability >= at:
            return level
    return Level.NORMAL


def _ponding(depth: float) -> Level:
    for level, at in ((Level.RED, 0.27), (Level.ORANGE, 0.15), (Level.YELLOW, 0.10), (Level.BLUE, 0.05)):
        if depth >= at:
            return level
    return Level.NORMAL
