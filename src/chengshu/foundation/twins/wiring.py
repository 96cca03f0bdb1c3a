"""How a model's elements and the city's entities belong together, read once from twin.toml and the city."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chengshu.foundation.city.model import City, Scenario
from chengshu.foundation.twins.declared import Actuators, LevelSensors, PumpSites, TwinFile, read_twin
from chengshu.kernel.errors import Findings, Invalid
from chengshu.ports.twin import TwinSetup, TwinSpec

Declared = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sensor:
    """A level sensor entity and the node it measures."""

    entity: str
    attribute: str
    node: str
    spec: LevelSensors


@dataclass(frozen=True, slots=True)
class Device:
    """A pump or gate entity and the link it stands for."""

    entity: str
    attribute: str
    link: str
    spec: Actuators
    setting: float | None = None  # as declared


@dataclass(frozen=True)
class Wiring:
    """Everything the twins room needs to know of a city. ``places`` are lon, lat of the gauges."""

    file: TwinFile
    setup: TwinSetup
    gauges: tuple[str, ...]  # entity ids
    places: Mapping[str, tuple[float, float]]
    sensors: tuple[Sensor, ...]
    devices: tuple[Device, ...]
    nodes: Mapping[str, str]  # model node → entity id
    node_of: Mapping[str, str]  # any entity that names a node → model node
    leads: Mapping[str, float]  # forecast entity → seconds ahead it speaks of


def wire(city: City, scenario: Scenario) -> Wiring:
    """Read the scenario's twin.toml and wire it to the city.

    Raises :class:`Invalid` when there is no twin.toml, no model file, or no gauge for the model to hear.
    """
    path = scenario.file("twin.toml")
    if path is None:
        raise Invalid(
            "twin-undeclared",
            f"scenario {scenario.id!r} declares no twin",
            where=str(scenario.folder),
            remedy="add twin.toml to the scenario package",
        )
    return wired(read_twin(path), city, scenario, str(path))


def setup_of(city: City, scenario: Scenario) -> TwinSetup:
    """How to open the scenario's model for this city; raises as :func:`wire`."""
    return wire(city, scenario).setup


def wired(file: TwinFile, city: City, scenario: Scenario, where: str) -> Wiring:
    """As :func:`wire`, for a declaration already read."""
    gauges = _gauges(file, city.entities, where)
    setup = TwinSetup(
        model=_model(file, city, scenario, where),
        id=f"{city.id}:{scenario.id}",
        zone=city.zone.key,
        crs=file.crs,
        gauges=gauges,
        mobile=_sites(file.pump_sites, city.entities),
    )
    places = {
        item["id"]: (float(item["lon"]), float(item["lat"]))
        for item in city.entities
        if item["id"] in set(gauges.values()) and item.get("lon") is not None
    }
    nodes = {
        str(item[file.nodes.node]): str(item["id"])
        for item in city.entities
        if item["type"] == file.nodes.entity and item.get(file.nodes.node)
    }
    return Wiring(
        file,
        setup,
        tuple(dict.fromkeys(gauges.values())),
        places,
        _sensors(file, city.entities),
        _devices(file, city.entities),
        nodes,
        _node_of(file, city.entities),
        _leads(file, city.entities),
    )


def check_fit(wiring: Wiring, spec: TwinSpec) -> None:
    """Raise :class:`Invalid` for every sensor and device that names something the model does not have."""
    findings = Findings()
    nodes = {node.id for node in spec.nodes}
    for sensor in wiring.sensors:
        if sensor.node not in nodes:
            findings.add(
                "twin-sensor-node",
                f"{sensor.entity} measures node {sensor.node!r}, which the model does not have",
                where=wiring.setup.model.name,
                remedy=f"correct its {sensor.spec.node!r}, or the model",
            )
    for device in wiring.devices:
        if spec.actuator(device.link) is None:
            findings.add(
                "twin-device-link",
                f"{device.entity} stands for link {device.link!r}, which the model has not or cannot set",
                where=wiring.setup.model.name,
                remedy=f"correct its {device.spec.link!r}, or the model",
            )
    findings.raise_any()


def _model(file: TwinFile, city: City, scenario: Scenario, where: str) -> Path:
    path = scenario.file(file.model) or city.folder / file.model
    if not path.is_file():
        raise Invalid(
            "twin-model-missing",
            f"the model file {file.model!r} is neither in the scenario nor in the city folder",
            where=where,
            remedy=f"put it at {city.folder.name}/{file.model}, or correct `model`",
        )
    return path


def _gauges(file: TwinFile, entities: Sequence[Declared], where: str) -> dict[str, str]:
    """Model gauge → entity id: by hand, else by the gauge entities' own attribute."""
    findings = Findings()
    known = {str(item["id"]) for item in entities if item["type"] == file.rain.entity}
    for name, entity in file.gauges.items():
        if entity not in known:
            findings.add(
                "twin-gauge-entity",
                f"gauge {name!r} is given the entity {entity!r}, which is no {file.rain.entity} of the city",
                where=where,
                remedy="name a declared entity",
            )
    found = {
        str(item[file.rain.gauge]): str(item["id"])
        for item in entities
        if item["type"] == file.rain.entity and item.get(file.rain.gauge) is not None
    }
    result = found | dict(file.gauges)
    if not result:
        findings.add(
            "twin-gauges",
            f"no {file.rain.entity} of the city says which gauge of the model it is",
            where=where,
            remedy=f"give them the attribute {file.rain.gauge!r}, or fill [gauges]",
        )
    findings.raise_any()
    return result


def _sites(specs: Sequence[PumpSites], entities: Sequence[Declared]) -> dict[str, float]:
    sites: dict[str, float] = {}
    for spec in specs:
        for item in entities:
            if item["type"] == spec.entity and item.get(spec.node) and _holds(spec, item):
                node = str(item[spec.node])
                sites[node] = max(spec.capacity, sites.get(node, 0.0))
    return sites


def _holds(spec: PumpSites, item: Declared) -> bool:
    for attribute, wanted in spec.where.items():
        allowed = wanted if isinstance(wanted, tuple) else (wanted,)
        if item.get(attribute) not in allowed:
            return False
    return True


def _sensors(file: TwinFile, entities: Sequence[Declared]) -> tuple[Sensor, ...]:
    return tuple(
        Sensor(str(item["id"]), spec.attribute, str(item[spec.node]), spec)
        for spec in file.sensors
        for item in entities
        if item["type"] == spec.entity and item.get(spec.node)
    )


def _devices(file: TwinFile, entities: Sequence[Declared]) -> tuple[Device, ...]:
    return tuple(
        Device(str(item["id"]), spec.attribute, str(item[spec.link]), spec, _number(item.get(spec.attribute)))
        for spec in file.actuators
        for item in entities
        if item["type"] == spec.entity and item.get(spec.link)
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _node_of(file: TwinFile, entities: Sequence[Declared]) -> dict[str, str]:
    names: dict[str, str] = {}
    attributes = [(file.nodes.entity, file.nodes.node)]
    attributes += [(site.entity, site.node) for site in file.pump_sites]
    attributes += [(sensor.entity, sensor.node) for sensor in file.sensors]
    for type_, attribute in attributes:
        for item in entities:
            if item["type"] == type_ and item.get(attribute):
                names.setdefault(str(item["id"]), str(item[attribute]))
    return names


def _leads(file: TwinFile, entities: Sequence[Declared]) -> dict[str, float]:
    feed = file.forecast.rain.feed
    if feed is None:
        return {}
    return {
        str(item["id"]): float(item[feed.lead])
        for item in entities
        if item["type"] == feed.entity and item.get(feed.lead) is not None
    }
