"""A tiny city with a twin: two gauges, three level sensors, an underpass, a gate, a pump, pump sites."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.swmm.twin import SwmmEngine
from chengshu.foundation.city.model import City, Scenario
from chengshu.foundation.context import Context, Observation
from chengshu.foundation.context import store as context_store
from chengshu.foundation.journal import store as journal_store
from chengshu.foundation.journal.pump import Pump
from chengshu.foundation.twins import Twins, Wiring, wire
from chengshu.foundation.twins import store as twins_store
from chengshu.foundation.twins.wiring import Sensor
from chengshu.kernel.areas import Area, AreaTree
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.ids import SequenceIds
from chengshu.kernel.texts import Text
from chengshu.ports.twin import Action, Twin, Variant

START = datetime(2026, 7, 17, 8, tzinfo=UTC)
FIVE = timedelta(minutes=5)
TWIN_TOML = """
model = "street.inp"

[[sensors]]
entity = "WaterLevelSensor"
attribute = "waterLevel"
node = "refNode"
spread_m = 0.05
[[sensors]]
entity = "Underpass"
attribute = "pondingDepth"
node = "refNode"
datum = "ground"

[[actuators]]
entity = "Gate"
reports = true
[[actuators]]
entity = "PumpingStation"

[[pump_sites]]
entity = "DrainageNode"
where = {kind = ["manhole", "underpass"]}
capacity = 1.0

[nowcast]
count = 5
[forecast]
members = 8
horizon = "PT1H"
[flooded]
volume_m3 = 5.0
"""


def _urn(type_: str, local: str) -> str:
    return f"urn:ngsi-ld:{type_}:{local}"


def entities() -> list[dict[str, object]]:
    """What the little city declares."""
    nodes = [("a", "manhole"), ("b", "manhole"), ("u", "underpass"), ("p", "pond"), ("c", "chamber")]
    found: list[dict[str, object]] = [
        {"id": _urn("DrainageNode", n), "type": "DrainageNode", "swmmId": n, "kind": k} for n, k in nodes
    ]
    found += [
        {"id": _urn("RainGauge", g), "type": "RainGauge", "gauge": g, "lon": 120.0 + i / 100, "lat": 31.0}
        for i, g in enumerate(("north", "south"))
    ]
    found += [
        {"id": _urn("WaterLevelSensor", n), "type": "WaterLevelSensor", "refNode": n} for n in ("a", "b", "p")
    ]
    found.append({"id": _urn("Underpass", "u"), "type": "Underpass", "refNode": "u"})
    found.append({"id": _urn("Gate", "gate"), "type": "Gate", "swmmLink": "gate", "setting": 0.5})
    found.append({"id": _urn("PumpingStation", "lift"), "type": "PumpingStation", "swmmLink": "lift"})
    return found


def street() -> str:
    """The model of the little city: the one the engine's tests use."""
    path = Path(__file__).parents[1] / "engines" / "swmm" / "networks.py"
    spec = importlib.util.spec_from_file_location("swmm_networks", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text: str = module.STREET
    return text


def little_city(folder: Path, toml: str = TWIN_TOML) -> City:
    """Write the city's files below ``folder`` and give the city."""
    package, place = folder / "package", folder / "city"
    package.mkdir(parents=True, exist_ok=True)
    place.mkdir(parents=True, exist_ok=True)
    (place / "street.inp").write_text(street(), encoding="utf-8")
    (package / "twin.toml").write_text(toml, encoding="utf-8")
    scenario = Scenario("wet", Text.of("Wet"), "1.0.0", package, place / "overlay")
    areas = AreaTree([Area("all", Text.of("All"), "city", None)])
    return City(
        "little",
        Text.of("Little"),
        ZoneInfo("Asia/Shanghai"),
        place,
        areas,
        {},
        [],
        {},
        {"wet": scenario},
        entities(),
    )


@dataclass
class Lab:
    """A hub of only what the twins room needs, and a hidden true city that feeds it."""

    folder: Path
    engine: SwmmEngine
    city: City
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(START))
    ids: SequenceIds = field(default_factory=SequenceIds)

    def __post_init__(self) -> None:
        self.wiring: Wiring = wire(self.city, self.city.scenarios["wet"])
        self.open()
        self.truth: Twin = self.engine.open(self.wiring.setup)
        self.truth.reset(START, Variant(5, 0.3, 0.1, 0.5))
        self.depth: Mapping[str, float] = {}
        self.flooded: Mapping[str, float] = {}
        self.rain_error = 1.0  # what the gauges show of the true rain
        self._noise = np.random.Generator(np.random.PCG64(3))

    def open(self) -> None:
        """Open the hub on its database, as after a restart."""
        self.database = SqliteDatabase(self.folder / "state.db", durable=False, threaded=False)
        for metadata in (journal_store.metadata, context_store.metadata, twins_store.metadata):
            self.database.create(metadata)
        self.context = Context(self.database, self.clock)
        self.context.load(self.city)
        twin = self.engine.open(self.wiring.setup)
        self.twins = Twins(self.database, self.clock, self.ids, self.context, self.wiring, twin, "wet")
        self.pump = Pump(self.database, self.clock, [self.twins], [self.twins], strict=True)

    def go(self, rates: Sequence[float], actions: Mapping[int, Sequence[Action]] | None = None) -> None:
        """Let it rain ``rates`` mm/h in steps of five minutes, measure, and let the hub think."""
        for index, rate in enumerate(rates):
            gauges = dict.fromkeys(self.truth.spec().gauges, rate)
            table = self.truth.step(self.truth.now + FIVE, gauges, (actions or {}).get(index, ()))
            rows = table.to_pylist()
            self.depth = {row["element"]: row["value"] for row in rows if row["variable"] == "depth"}
            self.flooded = {row["element"]: row["value"] for row in rows if row["variable"] == "flooded"}
            self.clock.advance_to(self.truth.now)
            self.measure(rate)
            self.pump.drain()
            self.clock.advance_to(self.truth.now + timedelta(seconds=30))
            self.pump.drain()

    def measure(self, rate: float) -> None:
        """Gauges and sensors speak."""
        now = self.truth.now
        found = [
            Observation(gauge, "RainGauge", "rainIntensity", rate * self.rain_error, "mm/h", now)
            for gauge in self.wiring.gauges
        ]
        found += [self._level(sensor, now) for sensor in self.wiring.sensors]
        self.context.record(found, source="gauges")

    def _level(self, sensor: Sensor, now: datetime) -> Observation:
        node = next(node for node in self.truth.spec().nodes if node.id == sensor.node)
        zero = node.full_depth if sensor.spec.datum == "ground" else 0.0
        value = self.depth[sensor.node] - zero + 0.01 * float(self._noise.standard_normal())
        return Observation(
            sensor.entity, sensor.entity.split(":")[2], sensor.attribute, max(value, 0.0), "m", now
        )


def cloudburst(steps: int = 12, peak: float = 90.0) -> list[float]:
    """A storm of five-minute steps that comes and goes."""
    return [peak * math.sin(math.pi * (i + 0.5) / steps) ** 2 for i in range(steps)]
