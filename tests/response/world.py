"""A small made-up city for the tests of the response: four streets in two districts, a grid of roads.

north   west-n | east-n        roads: a 7×7 grid, 1 km apart, 36 km/h (100 s a side)
south   west-s | east-s        the road between (3,3) and (4,3) goes through an underpass
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from shapely.geometry import box

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.pyvrp import PyVrpSolver
from chengshu.foundation import journal
from chengshu.foundation.city import City, Department, Duty, Scenario
from chengshu.foundation.context.model import Entity, EntityState, Reading, Series
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal import store as journal_store
from chengshu.foundation.journal.pump import Pump
from chengshu.foundation.roads import RoadGraph, roads_from
from chengshu.kernel.areas import Area, AreaTree
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.texts import Text
from chengshu.scenes.response import Response
from chengshu.scenes.response import store as response_store
from chengshu.scenes.response.correlate import covers

START = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
KM = 0.009  # degrees
CREW = Actor("person:crew", "Crew")
OFFICER = Actor("person:officer", "Officer")
SETTINGS = {
    "dispatch.probability": 0.5,
    "roads.close_depth": 0.27,
    "roads.open_depth": 0.1,
    "closing.fill": 0.5,
    "closing.ponding": 0.1,
}
SCENARIO = Path(__file__).parent / "scenario"


def at(x: float, y: float) -> tuple[float, float]:
    """Kilometres in the grid as longitude, latitude."""
    return 120.0 + x * KM, 31.0 + y * KM


def areas() -> AreaTree:
    def square(x0: float, y0: float, x1: float, y1: float) -> Any:
        return box(*at(x0, y0), *at(x1, y1))

    tree = [
        Area("city", Text.of("City"), "city", None, square(0, 0, 6, 6)),
        Area("north", Text.of("North"), "district", "city", square(0, 3, 6, 6)),
        Area("south", Text.of("South"), "district", "city", square(0, 0, 6, 2.9)),
    ]
    for district, y0, y1 in (("north", 3, 6), ("south", 0, 2.9)):
        tree.append(
            Area(
                f"west-{district[0]}", Text.of(f"West {district}"), "street", district, square(0, y0, 2.9, y1)
            )
        )
        tree.append(
            Area(f"east-{district[0]}", Text.of(f"East {district}"), "street", district, square(3, y0, 6, y1))
        )
    return AreaTree(tree)


def roads() -> RoadGraph:
    features = []
    for x in range(7):
        for y in range(7):
            for dx, dy in ((1, 0), (0, 1)):
                if x + dx > 6 or y + dy > 6:
                    continue
                properties: dict[str, Any] = {
                    "from": f"{x},{y}",
                    "to": f"{x + dx},{y + dy}",
                    "length_m": 1000,
                    "speed_kmh": 36,
                    "oneway": False,
                    "name": f"{x},{y}",
                }
                if (x, y, dx, dy) == (3, 3, 1, 0):
                    properties["underpass"] = "urn:ngsi-ld:Underpass:1"
                features.append(
                    {
                        "type": "Feature",
                        "properties": properties,
                        "geometry": {"type": "LineString", "coordinates": [at(x, y), at(x + dx, y + dy)]},
                    }
                )
    return roads_from({"type": "FeatureCollection", "features": features})


def truck(number: int, x: float, y: float, capacity: float = 0.2) -> dict[str, Any]:
    lon, lat = at(x, y)
    return {
        "id": f"urn:ngsi-ld:PumpTruck:{number}",
        "type": "PumpTruck",
        "name": f"Truck {number}",
        "area": "west-s",
        "lon": lon,
        "lat": lat,
        "capacity": capacity,
        "department": "water",
    }


def crew(number: int, x: float, y: float, *skills: str) -> dict[str, Any]:
    lon, lat = at(x, y)
    return {
        "id": f"urn:ngsi-ld:Crew:{number}",
        "type": "Crew",
        "name": f"Crew {number}",
        "area": "west-s",
        "lon": lon,
        "lat": lat,
        "skills": list(skills),
        "department": "city_management",
    }


def city(folder: Path = SCENARIO, units: list[dict[str, Any]] | None = None) -> City:
    departments = [
        Department("command", Text.of("Command"), "city"),
        Department("water", Text.of("Water"), "city", "command"),
        Department("water-north", Text.of("Water north"), "north", "water"),
        Department("city_management", Text.of("City management"), "city", "command"),
        Department("traffic_police", Text.of("Traffic police"), "city", "command"),
    ]
    duties = [
        Duty("waterlogging", "city", "water", ("city_management",), "command"),
        Duty("waterlogging", "north", "water-north", ("traffic_police",), "water"),
        Duty("drainage", "city", "water", (), "command"),
        Duty("road", "city", "traffic_police", (), "city_management"),
        Duty("inspection", "city", "city_management", (), "command"),
    ]
    scenario = Scenario("waterlogging", Text.of("Waterlogging"), "1", folder, folder / "none", SETTINGS)
    default = [truck(1, 0, 0), truck(2, 6, 0), truck(3, 0, 6), crew(1, 0, 1, "traffic"), crew(2, 6, 6)]
    return City(
        "small",
        Text.of("Small"),
        ZoneInfo("Asia/Shanghai"),
        folder,
        areas(),
        {department.id: department for department in departments},
        duties,
        {},
        {scenario.id: scenario},
        default if units is None else units,
    )


@dataclass
class FakeReadings:
    """The present of the city, set by hand."""

    clock: VirtualClock
    things: dict[str, Entity] = field(default_factory=dict)
    values: dict[tuple[str, str], tuple[Any, datetime]] = field(default_factory=dict)

    def declare(self, type_: str, name: str, area: str, x: float, y: float, **attributes: Any) -> str:
        lon, lat = at(x, y)
        id_ = f"urn:ngsi-ld:{type_}:{name}"
        self.things[id_] = Entity(id_, type_, Text.of(f"{type_} {name}"), area, lon, lat, attributes)
        return id_

    def set(self, entity: str, **values: Any) -> None:
        for attribute, value in values.items():
            self.values[entity, attribute] = (value, self.clock.now())

    def entities(self, *, type_: str | None = None, area: str | None = None) -> list[Entity]:
        tree = areas()
        return [
            thing
            for thing in self.things.values()
            if type_ in (None, thing.type) and (area is None or covers(area, thing.area or "", tree))
        ]

    def states(
        self, *, type_: str | None = None, area: str | None = None, at: datetime | None = None
    ) -> list[EntityState]:
        found = []
        for entity in sorted(self.things.values(), key=lambda e: e.id):
            if type_ is not None and entity.type != type_:
                continue
            readings = {}
            for (id_, attribute), (value, when) in self.values.items():
                if id_ == entity.id:
                    age = (self.clock.now() - when).total_seconds()
                    readings[attribute] = Reading(
                        Series(1, id_, entity.type, attribute, "1", entity.area), value, when, age
                    )
            found.append(EntityState(entity, readings))
        return found


class World:
    """The hub around the response: database, clock, pump, and hands to move them."""

    def __init__(
        self,
        path: Path,
        *,
        plans: Any = None,
        foresight: Any = None,
        folder: Path = SCENARIO,
        units: list[dict[str, Any]] | None = None,
        consumers: tuple[Any, ...] = (),
        tickers: tuple[Any, ...] = (),
        clock: VirtualClock | None = None,
        ids: Any = None,
        database: Any = None,
        readings: FakeReadings | None = None,
    ) -> None:
        self.database = database or SqliteDatabase(path, durable=False, threaded=False)
        self.database.create(journal_store.metadata)
        self.database.create(response_store.metadata)
        self.clock = clock or VirtualClock(START)
        self.readings = readings or FakeReadings(self.clock)
        self.response = Response(
            self.database,
            self.clock,
            ids or SequenceIds(),
            city(folder, units),
            self.readings,
            plans=plans,
            roads=roads(),
            solver=PyVrpSolver(),
            foresight=foresight,
        )
        self.pump = Pump(
            self.database,
            self.clock,
            (*consumers, *self.response.consumers),
            (*tickers, *self.response.tickers),
            strict=True,
        )

    @property
    def queries(self) -> Any:
        return self.response.queries

    @property
    def do(self) -> Any:
        return self.response.commands

    def change(self, kind: str, subject: str, body: dict[str, Any]) -> None:
        payload = msgspec.msgpack.encode(body)
        self.database.write(lambda c: journal.append_change(c, kind, subject, self.clock.now(), payload))

    def warn(self, id_: str, area: str, level: str, kind: str = "raised", **more: Any) -> None:
        body = {
            "id": id_,
            "scenario": "waterlogging",
            "indicator": "fill",
            "area": area,
            "level": level,
            "previous": "normal",
            "value": 0.9,
            "unit": "1",
            "lead_time_s": None,
            "probability": None,
            "reason": {},
            "entities": [],
        } | more
        self.change(f"warning.{kind}", id_, body)
        self.pump.drain()

    def observe(self) -> None:
        """Tell the stream that readings have come (their content is in the fake)."""
        self.change("observations", "batch", {})
        self.pump.drain()

    def wait(self, **duration: float) -> None:
        """Let time pass, waking whoever is due on the way."""
        end = self.clock.now() + timedelta(**duration)
        while (due := self.pump.next_due()) is not None and due <= end:
            self.clock.advance_to(max(due, self.clock.now()))
            self.pump.drain()
        self.clock.advance_to(end)
        self.pump.drain()

    def kinds(self, prefix: str = "") -> list[str]:
        with self.database.read() as connection:
            return [change.kind for change in journal.changes_after(connection, 0, (prefix,), 10_000)]

    def orders(self, kind: str | None = None, **more: Any) -> list[Any]:
        return [order for order in self.queries.orders(**more) if kind is None or order.kind == kind]
