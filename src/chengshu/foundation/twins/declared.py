"""twin.toml of a scenario: which model, how it listens to the city, how far it looks ahead.

Durations are ISO 8601 (``PT10M``). Entities are named by type; ``node``, ``gauge`` and ``link`` name the
attribute of the entity that holds the model's own name for it.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from chengshu.foundation.declared import Declaration, checked, read_document


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("give a duration above zero, such as PT10M")
    return value


def _minutes(value: timedelta) -> timedelta:
    if value % timedelta(minutes=1):
        raise ValueError("give whole minutes, such as PT5M")
    return _positive(value)


Duration = Annotated[timedelta, AfterValidator(_positive)]
Minutes = Annotated[timedelta, AfterValidator(_minutes)]
Spread = Annotated[float, Field(ge=0, le=2)]
Where = dict[str, str | float | bool | tuple[str | float | bool, ...]]  # attribute → value, or one of several


class RainGauges(Declaration):
    """Where the rain is measured. A gauge not heard of for ``fresh_for`` is filled from the others by
    distance."""

    entity: str = "RainGauge"
    attribute: str = "rainIntensity"
    gauge: str = "gauge"
    fresh_for: Duration = timedelta(minutes=20)


class Nodes(Declaration):
    """The entities that stand for the model's nodes; forecasts are written on them."""

    entity: str = "DrainageNode"
    node: str = "swmmId"


class LevelSensors(Declaration):
    """Sensors the nowcast is corrected by. ``datum``: what a reading of 0 means, the node's invert or the
    ground.

    ``spread_m`` is the standard deviation of a reading against the true depth, ``share`` what is added to
    it per metre of depth for the model's own imprecision.
    """

    entity: str = "WaterLevelSensor"
    attribute: str = "waterLevel"
    node: str = "refNode"
    datum: Literal["invert", "ground"] = "invert"
    spread_m: Annotated[float, Field(gt=0, le=10)] = 0.05
    share: Annotated[float, Field(ge=0, le=1)] = 0.1


class Actuators(Declaration):
    """Entities that stand for pumps and gates of the model.

    ``propose``: settings the twin may advise. ``reports``: a *change* of the observed ``attribute`` (0..1) is
    taken as an order somebody gave; leave it off for pumps that switch themselves, whose reports are no
    orders.
    """

    entity: str
    attribute: str = "setting"
    link: str = "swmmLink"
    reports: bool = False
    propose: tuple[Annotated[float, Field(ge=0, le=1)], ...] = (0.0, 0.5, 1.0)


class PumpSites(Declaration):
    """Places where pump trucks may stand: entities of this type for which all of ``where`` holds."""

    entity: str = "DrainageNode"
    node: str = "swmmId"
    where: Where = Field(default_factory=dict)
    capacity: Annotated[float, Field(gt=0, le=100, description="highest flow there, m3/s")] = 2.0


class Particles(Declaration):
    """The nowcast: several copies of the model run along with the observed rain; those that agree with the
    level sensors gain weight (a particle filter). Spreads are standard deviations of logarithms."""

    count: Annotated[int, Field(ge=1, le=200)] = 6
    seed: int = 1
    step: Minutes = timedelta(minutes=5)
    delay: timedelta = timedelta(seconds=30)  # wait this long after a step's end for its readings
    rain: Spread = 0.25
    roughness: Spread = 0.15
    imperviousness: Spread = 0.15
    width: Spread = 0.3
    keep: Annotated[float, Field(gt=0, le=1, description="resample below this share of effective copies")] = (
        0.5
    )
    forget: Duration = timedelta(hours=1)  # weight gained this long ago counts 1/e


class RainForecast(Declaration):
    """A rain forecast that arrives as observations: one entity per lead time."""

    entity: str = "RainForecast"
    attribute: str = "rainIntensity"
    lead: str = "leadTime"  # attribute of the entity, seconds from the observation
    fresh_for: Duration = timedelta(hours=2)


class RainMembers(Declaration):
    """Futures of the rain, made from past gauge readings only (see ``rain_ensemble.py``)."""

    average: Duration = timedelta(minutes=10)
    trend: Annotated[float, Field(ge=0, le=2)] = 1.5  # how much of the observed growth goes on
    trend_for: Duration = timedelta(minutes=30)
    lasts: Duration = timedelta(minutes=45)  # mean time until a member's rain begins to fade
    decay: Duration = timedelta(minutes=45)
    halves_at: Annotated[float, Field(gt=0, description="mm/h at which both times are half as long")] = 90.0
    spread: Spread = 0.5  # now; it grows as the square root of 1 + time / ``doubles``
    doubles: Duration = timedelta(minutes=20)
    flicker: Spread = 0.25
    lag: timedelta = timedelta(minutes=10)
    heaviest_mm_h: Annotated[float, Field(gt=0, le=1000)] = 250.0
    feed: RainForecast | None = None


class Forecasting(Declaration):
    """When an ensemble forecast is made, and of what."""

    interval: Minutes = timedelta(minutes=10)
    horizon: Minutes = timedelta(hours=2)
    sample: Minutes = timedelta(minutes=5)
    members: Annotated[int, Field(ge=2, le=500)] = 16
    rain_from: Annotated[float, Field(ge=0)] = 0.5  # mm/h at any gauge: it rains
    after_rain: timedelta = timedelta(minutes=30)  # and goes on this long after the last rain
    also_from: Annotated[float, Field(ge=0, le=1)] = 0.05  # or while the last forecast had such a probability
    rain: RainMembers = Field(default_factory=RainMembers)


class FloodedFrom(Declaration):
    """A node is flooded when more than this stands above it or has run out of it, or runs out per second."""

    volume_m3: Annotated[float, Field(ge=0)] = 1.0
    rate_m3_s: Annotated[float, Field(ge=0)] = 0.05


class Advice(Declaration):
    """How choices are compared: at most ``runs`` model runs per question, over up to ``members`` futures."""

    runs: Annotated[int, Field(ge=4, le=5000)] = 72
    members: Annotated[int, Field(ge=1, le=20)] = 3
    probability_from: Annotated[float, Field(ge=0, le=1)] = 0.05
    worth_m3: Annotated[float, Field(ge=0)] = 1.0


class TwinFile(Declaration):
    """The whole of twin.toml."""

    engine: Literal["swmm"] = "swmm"
    model: str = "drainage.inp"  # in the scenario's overlay or package, else in the city folder
    crs: str = "model"
    rain: RainGauges = Field(default_factory=RainGauges)
    gauges: dict[str, str] = Field(
        default_factory=dict
    )  # model gauge → entity id, where no attribute says it
    nodes: Nodes = Field(default_factory=Nodes)
    sensors: tuple[LevelSensors, ...] = ()
    actuators: tuple[Actuators, ...] = ()
    pump_sites: tuple[PumpSites, ...] = ()
    nowcast: Particles = Field(default_factory=Particles)
    forecast: Forecasting = Field(default_factory=Forecasting)
    flooded: FloodedFrom = Field(default_factory=FloodedFrom)
    advice: Advice = Field(default_factory=Advice)


def read_twin(path: Path) -> TwinFile:
    """Read ``twin.toml``. Raises :class:`Invalid` listing every mistake with its line."""
    return checked(TwinFile, read_document(path))
