"""Set the stage of a drill: the files read, the storm fallen, the truth drawn; nothing runs yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chengshu.app.drill.declared import DevicesFile, DrillFile
from chengshu.app.drill.rain import rain_of_drill
from chengshu.foundation.city import City
from chengshu.foundation.city.model import Scenario
from chengshu.foundation.declared import checked, read_document
from chengshu.foundation.twins import Wiring, wire
from chengshu.kernel.clock import as_utc
from chengshu.kernel.errors import Invalid, Missing
from chengshu.ports.twin import Rain, Variant


@dataclass(frozen=True)
class Stage:
    """Everything a drill needs before it starts: the files read, the storm fallen, the truth set up."""

    city: City
    scenario: Scenario
    drill: DrillFile
    devices: DevicesFile
    start: datetime
    end: datetime
    rain: Rain
    variant: Variant
    wiring: Wiring


def read_stage(city: City, name: str) -> Stage:
    """Read what scenario ``name`` is drilled with. Raises :class:`Invalid` or :class:`Missing`."""
    scenario = city.scenarios.get(name)
    if scenario is None:
        raise Missing(
            "scenario-missing",
            f"the city has no scenario {name!r}",
            where=str(city.folder),
            remedy=f"installed: {', '.join(city.scenarios) or 'none'}",
        )
    path = city.folder / "drills" / f"{name}.yaml"
    drill = checked(DrillFile, read_document(path))
    devices_path = scenario.file("devices.yaml")
    if devices_path is None:
        raise Invalid(
            "devices-missing",
            "the scenario does not say how its devices speak",
            where=str(scenario.folder / "devices.yaml"),
            remedy="add devices.yaml to the package",
        )
    devices = checked(DevicesFile, read_document(devices_path))
    local = drill.start if drill.start.tzinfo else drill.start.replace(tzinfo=city.zone)
    start = as_utc(local)
    wiring = wire(city, scenario)
    gauges = [(gauge, *wiring.places[gauge]) for gauge in wiring.gauges]
    seconds = round(drill.duration.total_seconds())
    rain = rain_of_drill(drill.storm, gauges, start, seconds, city.folder, city.zone)
    spread = drill.truth
    variant = Variant(spread.seed, spread.roughness, spread.imperviousness, spread.width)
    return Stage(city, scenario, drill, devices, start, start + drill.duration, rain, variant, wiring)
