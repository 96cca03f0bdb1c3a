"""A small city of two districts with gauges and level sensors, and a hub that runs its vitals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from shapely.geometry import box

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.embedded.history import DuckHistory
from chengshu.foundation.city import City, Scenario
from chengshu.foundation.context import Context, HistoryFeed, Observation
from chengshu.foundation.context import store as context_store
from chengshu.foundation.journal import Pump, changes_after
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.areas import Area, AreaTree
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.texts import Text
from chengshu.ports.runtime import Change
from chengshu.scenes.vitals import store
from chengshu.scenes.vitals.queries import VitalQueries
from chengshu.scenes.vitals.reader import Catalogue, read_catalogue
from chengshu.scenes.vitals.room import Vitals

START = datetime(2026, 7, 1, 0, 0, tzinfo=UTC)
SETTINGS = {
    f"level.{name}.{level}": value
    for name, values in {"rain": (10.0, 20.0, 30.0, 40.0), "fill": (0.6, 0.7, 0.8, 0.9)}.items()
    for level, value in zip(("blue", "yellow", "orange", "red"), values, strict=True)
}


def levels(name: str, band: float, **more: Any) -> dict[str, Any]:
    """Four thresholds from the settings, with a band below each."""
    words = ("blue", "yellow", "orange", "red")
    return {
        word: {"at": f"settings.level.{name}.{word}", "clear": f"settings.level.{name}.{word} - {band}"}
        for word in words
    } | more


def rain(**more: Any) -> dict[str, Any]:
    """A measured indicator: highest rain of the last five minutes per district."""
    return {
        "id": "rain",
        "name": "Rain",
        "unit": "mm/h",
        "group": "water",
        "by": "district",
        "pane": "PT1M",
        "window": "PT5M",
        "value": "max",
        "interval": "PT1M",
        "stale_after": "PT5M",
        "source": {"type": "RainGauge", "attribute": "rainIntensity", "unit": "mm/h"},
        "levels": levels("rain", 2, keep="PT3M"),
        "warning": {"event": "Rain", "headline": "{area} {level} {value}", "rejoin_within": "PT10M"},
    } | more


def fill(**more: Any) -> dict[str, Any]:
    """A measured indicator with an attribute of the entity: how full the pipes are."""
    return {
        "id": "fill",
        "name": "Fill",
        "unit": "1",
        "group": "water",
        "by": "community",
        "pane": "PT1M",
        "window": "PT5M",
        "value": "last / entity.fullDepth",
        "interval": "PT1M",
        "source": {"type": "WaterLevelSensor", "attribute": "waterLevel", "unit": "m"},
        "levels": levels("fill", 0.05, keep="PT2M"),
        "warning": {"event": "Fill", "headline": "{area} {level}"},
    } | more


def areas() -> AreaTree:
    """One city, districts d1 d2, a street in each, communities c1 c2 (of d1) and c3 (of d2)."""
    return AreaTree(
        [
            Area("city", Text.of("City"), "city", None, box(120, 30, 122, 31)),
            Area("d1", Text("One", "一区", "一區"), "district", "city", box(120, 30, 121, 31)),
            Area("d2", Text("Two", "二区", "二區"), "district", "city", box(121, 30, 122, 31)),
            Area("s1", Text.of("S1"), "street", "d1", box(120, 30, 121, 31)),
            Area("s2", Text.of("S2"), "street", "d2", box(121, 30, 122, 31)),
            Area("c1", Text.of("C1"), "community", "s1", box(120, 30, 120.5, 31)),
            Area("c2", Text.of("C2"), "community", "s1", box(120.5, 30, 121, 31)),
            Area("c3", Text.of("C3"), "community", "s2", box(121, 30, 122, 31)),
        ]
    )


def entity(kind: str, number: int, area: str, **more: Any) -> dict[str, Any]:
    """A declared thing."""
    return {
        "id": f"urn:ngsi-ld:{kind}:{number}",
        "type": kind,
        "name": f"{kind} {number}",
        "area": area,
    } | more


ENTITIES = [
    entity("RainGauge", 1, "c1"),
    entity("RainGauge", 2, "c2"),
    entity("RainGauge", 3, "c3"),
    entity("WaterLevelSensor", 1, "c1", fullDepth=2.0),
    entity("WaterLevelSensor", 2, "c1", fullDepth=4.0),
    entity("WaterLevelSensor", 3, "c3", fullDepth=1.0),
    entity("DrainageNode", 1, "c1"),
    entity("DrainageNode", 2, "c3"),
]


def city_with(
    folder: Path,
    indicators: Iterable[dict[str, Any]],
    *,
    settings: dict[str, Any] | None = None,
    entities: list[dict[str, Any]] | None = None,
    **top: Any,
) -> City:
    """A city whose only scenario declares the indicators."""
    package = folder / "waterlogging"
    package.mkdir(parents=True, exist_ok=True)
    groups = [{"id": "water", "name": {"en": "Water", "zh-Hans": "水", "zh-Hant": "水"}}]
    content = {"groups": groups, "indicators": list(indicators)} | top
    (package / "indicators.yaml").write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))
    scenario = Scenario(
        "waterlogging", Text.of("Waterlogging"), "1", package, folder / "none", SETTINGS | (settings or {})
    )
    return City(
        "test",
        Text("Test City", "测试市", "測試市"),
        ZoneInfo("Asia/Shanghai"),
        folder,
        areas(),
        {},
        [],
        {},
        {"waterlogging": scenario},
        ENTITIES if entities is None else entities,
    )


class Hub:
    """Context, history, pump and vitals over one folder; can be shut and opened again at any moment."""

    minute = timedelta(minutes=1)

    def __init__(self, folder: Path, city: City, start: datetime = START) -> None:
        self.folder, self.city = folder, city
        self.clock = VirtualClock(start)
        self.ids = SequenceIds()
        self.catalogue: Catalogue = read_catalogue(city)
        self.open()

    def open(self) -> None:
        self.database = SqliteDatabase(self.folder / "hub.db", durable=False, threaded=False)
        for metadata in (journal_store.metadata, context_store.metadata, store.metadata):
            self.database.create(metadata)
        self.history = DuckHistory(self.folder / "history.duckdb")
        self.context = Context(self.database, self.clock)
        self.context.load(self.city)
        feed = HistoryFeed(self.history, self.clock)
        self.vitals = Vitals(
            self.database, self.history, self.clock, self.ids, self.city, self.context.series, self.catalogue
        )
        self.queries = VitalQueries(self.database, self.clock, self.city, self.vitals)
        self.pump = Pump(self.database, self.clock, [feed, self.vitals], [feed, self.vitals], strict=True)

    def close(self) -> None:
        self.history.close()
        self.database.close()

    def kill(self) -> None:
        """As ``kill -9``: what was not durable is gone."""
        self.history._db.close()
        self.database.close()

    def send(self, kind: str, number: int, value: float, at: datetime | None = None, unit: str = "") -> None:
        """One observation of one entity."""
        attribute, own = {
            "RainGauge": ("rainIntensity", "mm/h"),
            "WaterLevelSensor": ("waterLevel", "m"),
            "DrainageNode": ("floodProbability", "1"),
            "DrainageNodeLead": ("floodLeadTime", "s"),
        }[kind]
        kind = kind.removesuffix("Lead")
        self.context.record(
            [
                Observation(
                    f"urn:ngsi-ld:{kind}:{number}",
                    kind,
                    attribute,
                    value,
                    unit or own,
                    at or self.clock.now(),
                )
            ],
            source="test",
        )

    def run(self, until: datetime) -> None:
        """Drain, and move the clock from due moment to due moment."""
        self.pump.drain()
        while (due := self.pump.next_due()) is not None and due <= until:
            if due > self.clock.now():
                self.clock.advance_to(due)
            self.pump.drain()
        if until > self.clock.now():
            self.clock.advance_to(until)
        self.pump.drain()

    def minutes(self, count: float) -> None:
        self.run(self.clock.now() + timedelta(minutes=count))

    def feed(self, kind: str, numbers: Iterable[int], values: Iterable[float]) -> None:
        """Each minute one value to every one of ``numbers``."""
        for value in values:
            for number in numbers:
                self.send(kind, number, value)
            self.minutes(1)

    def changes(self, prefix: str = "warning.") -> list[Change]:
        with self.database.read() as connection:
            return list(changes_after(connection, 0, (prefix,), 10_000))

    def kinds(self) -> list[tuple[str, str, str]]:
        return [(change.kind, change.payload["area"], change.payload["level"]) for change in self.changes()]
