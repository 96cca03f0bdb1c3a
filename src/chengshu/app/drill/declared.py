"""What may stand in ``drills/<scenario>.yaml`` of a city, and in ``devices.yaml`` of a scenario.

The drill says which storm falls, how the true city differs from the hub's model of it, how it is measured,
and how its people answer. The devices say how readings are put into messages, so that a drill goes through
the same sources, mapping and quarantine as real devices do.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from chengshu.foundation.declared import Declaration, DeclaredText
from chengshu.rules.feel import FeelSyntaxError, compile_expression


def _not_negative(span: timedelta) -> timedelta:
    if span < timedelta(0):
        raise ValueError("a duration cannot be negative")
    return span


def _feel(text: str) -> str:
    try:
        compile_expression(text)
    except FeelSyntaxError as error:
        raise ValueError(f"no FEEL expression: {error}") from None
    return text


Duration = Annotated[timedelta, AfterValidator(_not_negative), Field(description="ISO 8601, such as PT30M")]
Share = Annotated[float, Field(ge=0, le=1)]
Feel = Annotated[str, AfterValidator(_feel)]
MINUTE = timedelta(minutes=1)


class Formula(Declaration):
    """A city's storm-intensity formula i = A (1 + C lg P) / (t + b)^n in mm/min, t in min, P in years."""

    A: float
    C: float
    b: float
    n: float


class Moving(Declaration):
    """How the storm travels over the city; ``towards_deg`` from north, clockwise."""

    speed_m_s: Annotated[float, Field(gt=0, le=50)]
    towards_deg: Annotated[float, Field(ge=0, lt=360)]


class Spatial(Declaration):
    """How the rain differs from gauge to gauge: log-normal factors that are alike where gauges are near."""

    seed: int = 1
    spread: Annotated[float, Field(ge=0, le=1, description="standard deviation of the logarithm")] = 0.0
    scale_m: Annotated[float, Field(gt=0)] = 2500.0
    moving: Moving | None = None


class ChicagoStorm(Declaration):
    """A design storm (Keifer–Chu pattern) of a city's formula."""

    kind: Literal["chicago"]
    formula: Formula
    return_period: Annotated[float, Field(gt=0, le=1000, description="years")]
    duration_min: Annotated[int, Field(gt=0, le=1440)]
    peak_ratio: Annotated[float, Field(gt=0, lt=1)]
    starts_after: Duration = timedelta(hours=3)
    step: Duration = timedelta(minutes=5)
    spatial: Spatial = Spatial()


class RecordedStorm(Declaration):
    """Measured rain: CSV with time, station, rain_mm; a total is spread evenly over its interval."""

    kind: Literal["recorded"]
    file: str  # relative to the city folder
    event: str | None = None  # value of the column ``event_id``
    stations: dict[str, str]  # gauge entity id, or its last part → station of the file
    scale: Annotated[float, Field(gt=0, le=10)] = 1.0
    interval: Duration = timedelta(hours=1)
    step: Duration = timedelta(minutes=5)
    zone: str | None = None  # of the times in the file; the city's when absent


class Truth(Declaration):
    """How the real city differs from the hub's model: log-normal spreads of parameters, drawn once."""

    seed: int = 7
    roughness: Share = 0.1
    imperviousness: Share = 0.05
    width: Share = 0.1
    step: Duration = MINUTE


class Gauges(Declaration):
    """How rain is measured: noise as a share of the value; a tipping bucket counts in whole tips."""

    interval: Duration = timedelta(minutes=5)
    noise: Share = 0.03
    bucket_mm: Annotated[float, Field(ge=0, le=5)] = 0.0
    seed: int = 21


class Outage(Declaration):
    """A device that says nothing, or nonsense (``value``), for a while; times from the start."""

    device: str
    begin: Duration = Field(alias="from")
    end: Duration = Field(alias="to")
    value: float | None = None


class Sensors(Declaration):
    """How water is measured."""

    interval: Duration = MINUTE
    noise_m: Share = 0.01
    seed: int = 22
    silent: tuple[Outage, ...] = ()
    broken: tuple[Outage, ...] = ()


class Habit(Declaration):
    """A log-normal time: its median and the standard deviation of its logarithm."""

    median: Duration
    spread: Share = 0.3


class People(Declaration):
    """How departments and crews answer; each time is drawn once per deed."""

    seed: int = 31
    notice: Habit = Habit(median=timedelta(minutes=2))
    accept: Habit = Habit(median=timedelta(minutes=2))
    task: Habit = Habit(median=timedelta(minutes=12))
    control: Habit = Habit(median=timedelta(minutes=4))
    setup: Habit = Habit(median=timedelta(minutes=8))
    inspect: Habit = Habit(median=timedelta(minutes=10))
    refuse: Share = 0.0
    travel_factor: Annotated[float, Field(ge=1, le=10, description="storm traffic against free speed")] = 1.0


class DrillFile(Declaration):
    """One drill of one scenario."""

    id: str
    name: DeclaredText
    scenario: str
    start: datetime  # local time of the city when it has no zone
    duration: Duration = timedelta(hours=24)
    mid_storm: Duration = timedelta(hours=4)  # where the demo begins, counted from start
    storm: Annotated[ChicagoStorm | RecordedStorm, Field(discriminator="kind")]
    truth: Truth = Truth()
    gauges: Gauges = Gauges()
    sensors: Sensors = Sensors()
    people: People = People()
    flooded_m3: Annotated[float, Field(ge=0, description="a node is flooded above this volume")] = 1.0
    sub_areas: Literal["district", "street", "community", "area"] | None = (
        None  # none: the finest warned kind
    )


class Device(Declaration):
    """How the devices of one entity type report one measure to one source.

    ``measure``: rain (mm/h), depth (m above invert at ``refNode``), ponding (m above ground), setting (0..1
    of ``swmmLink``) or position (lon, lat, status of a unit). ``record`` sees ``local`` (last part of the
    id), ``id``, ``at`` (ISO 8601 UTC), ``ms`` (since 1970), ``value``, ``lon``, ``lat``, ``status``. ``wrap``
    puts all records of a moment into one message (it sees ``records``); else each record is a message.
    """

    source: str
    type: str
    measure: Literal["rain", "depth", "ponding", "setting", "position"]
    record: Feel
    wrap: Feel | None = None
    interval: Duration | None = None  # none: as the drill's gauges or sensors say


class DevicesFile(Declaration):
    """devices.yaml of a scenario."""

    devices: tuple[Device, ...]
