"""What may stand in ``drills/<scenario>.yaml`` of a city: the storm, the hidden truth, the people's habits."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from chengshu.foundation.declared import Declaration, DeclaredText
from chengshu.kernel.durations import parse_duration


def _duration(text: str) -> str:
    parse_duration(text)
    return text


Duration = Annotated[str, AfterValidator(_duration), Field(description="ISO 8601, such as PT30M")]


class ChicagoStorm(Declaration):
    """A design storm from the city's storm-intensity formula (Keifer–Chu pattern)."""

    kind: Literal["chicago"]
    formula: Literal["suzhou"] = "suzhou"
    return_period: Annotated[float, Field(gt=0, le=1000, description="years")] = 50
    duration_min: Annotated[int, Field(gt=0, le=1440)] = 180
    peak_ratio: Annotated[float, Field(gt=0, lt=1)] = 0.43
    starts_after: Duration = "PT3H"
    variation: Annotated[float, Field(ge=0, le=1, description="spread of the totals between gauges, 0..1")] = 0.15
    travel: Duration = "PT20M"  # how long the storm takes to cross the city
    seed: int = 1


class RecordedStorm(Declaration):
    """Rain as it was measured: CSV with time, station, rain_mm (hourly totals are spread over the hour)."""

    kind: Literal["recorded"]
    file: str  # relative to the city folder
    event: str | None = None  # value of the column ``event_id``
    stations: dict[str, str]  # gauge entity id → station of the file
    scale: Annotated[float, Field(gt=0, le=10)] = 1.0
    step_min: Annotated[int, Field(gt=0, le=1440)] = 60
    zone: str | None = None  # of the times in the file; the city's when absent


class Truth(Declaration):
    """How the real city differs from the hub's model of it: a twin experiment, said openly in the report."""

    seed: int = 7
    roughness: Annotated[float, Field(ge=0, le=0.5, description="relative spread")] = 0.1
    imperviousness: Annotated[float, Field(ge=0, le=0.5)] = 0.05
    step: Duration = "PT1M"  # how often the truth is looked at


class Sensors(Declaration):
    """How the city is measured."""

    interval: Duration = "PT5M"
    rain_noise: Annotated[float, Field(ge=0, le=1, description="relative, 1 sigma")] = 0.03
    level_noise_m: Annotated[float, Field(ge=0, le=1)] = 0.01
    silent: tuple[str, ...] = ()  # entities that never report
    broken: tuple[str, ...] = ()  # entities that now and then send rubbish
    seed: int = 11


class People(Declaration):
    """How long departments and crews take: drawn once per order from a log-normal law with this median."""

    acknowledge: Duration = "PT3M"
    task: Duration = "PT10M"
    accept: Duration = "PT2M"
    set_up: Duration = "PT8M"
    work: Duration = "PT20M"  # for guards, closures, inspections
    spread: Annotated[float, Field(ge=0, le=1, description="sigma of the logarithm")] = 0.3
    refuse: Annotated[float, Field(ge=0, le=1, description="share of orders refused once")] = 0.05
    seed: int = 13


class DrillFile(Declaration):
    """One drill of one scenario."""

    title: DeclaredText
    start: datetime  # local time of the city when it has no zone
    duration: Duration = "PT24H"
    mid_storm: Duration = "PT4H30M"  # where the demo begins, counted from start
    storm: Annotated[ChicagoStorm | RecordedStorm, Field(discriminator="kind")]
    truth: Truth = Truth()
    sensors: Sensors = Sensors()
    people: People = People()
    flooded_m3: Annotated[float, Field(ge=0, description="a node counts as flooded above this volume")] = 1.0
