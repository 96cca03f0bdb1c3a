"""What may stand in a scenario's ``indicators.yaml``: the tree of vital signs, their levels and warnings."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from chengshu.foundation.declared import Declaration, DeclaredText
from chengshu.kernel.errors import Invalid
from chengshu.kernel.levels import WARNING_LEVELS, Level
from chengshu.kernel.units import unit as known_unit

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="lower-case letters, digits and _")]
AreaKind = Literal["city", "district", "street", "community", "area"]
Rollup = Literal["max", "min", "mean", "sum", "weighted", "count", "pooled"]
MAX_PANES = 1440


def _unit(code: str) -> str:
    try:
        known_unit(code)
    except Invalid as error:
        raise ValueError(f"{error.fault.detail}; {error.fault.remedy}") from None
    return code


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("the duration must be longer than nothing")
    return value


def _not_negative(value: timedelta) -> timedelta:
    if value < timedelta(0):
        raise ValueError("the duration cannot be negative")
    return value


def _formula(value: Any) -> Any:
    """A number, or FEEL; the form ``"{settings.level.x}"`` is the same as ``settings.level.x``."""
    if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
        return value[1:-1].strip()
    return value


UnitCode = Annotated[str, AfterValidator(_unit)]
Duration = Annotated[timedelta, AfterValidator(_positive)]  # ISO 8601, such as PT5M
Dwell = Annotated[timedelta, AfterValidator(_not_negative)]
Formula = Annotated[float | str, BeforeValidator(_formula)]  # a number, or a FEEL expression over settings


class Group(Declaration):
    """A branch of the tree of vital signs."""

    id: Id
    name: DeclaredText
    parent: Id | None = None


class Source(Declaration):
    """Which values an indicator is computed from."""

    type: str = Field(description="entity type, e.g. WaterLevelSensor")
    attribute: str = Field(description="attribute, e.g. waterLevel")
    unit: UnitCode = Field(description="unit the formula expects; other units of the dimension are converted")
    where: str | None = Field(
        None, description="FEEL over the entity's declared attributes, e.g. 'fullDepth > 1'"
    )


class Threshold(Declaration):
    """Where one level begins (``at``) and where it is left again (``clear``)."""

    at: Formula
    clear: Formula | None = None  # default: the same as ``at`` (no band)
    dwell: Dwell | None = Field(None, alias="for")  # instead of the levels' own ``for``


class Levels(Declaration):
    """Up to four ordered thresholds, with hysteresis and dwell.

    A level is entered when the value has been at or beyond ``at`` for ``for``; it is left when the value has
    been on the quiet side of ``clear`` for ``keep``. ``hold``: how long the level may not fall while the very
    sensor that caused it is silent.
    """

    direction: Literal["above", "below"] = "above"
    blue: Threshold | None = None
    yellow: Threshold | None = None
    orange: Threshold | None = None
    red: Threshold | None = None
    dwell: Dwell = Field(timedelta(0), alias="for")
    keep: Dwell = timedelta(0)
    hold: Dwell = timedelta(hours=1)

    @model_validator(mode="after")
    def _some(self) -> Levels:
        if not self.declared():
            raise ValueError("no level is given; declare at least one of blue, yellow, orange, red")
        return self

    def declared(self) -> dict[Level, Threshold]:
        """The thresholds there are, in rising order of level."""
        found = {level: getattr(self, level.word) for level in WARNING_LEVELS}
        return {level: threshold for level, threshold in found.items() if threshold is not None}


class WarningRule(Declaration):
    """When an indicator's level becomes a warning, and what the warning says.

    A warning is raised per area of the kinds in ``at``. When ``at`` names several kinds, no warning is raised
    in an area while an area above it has one of the same indicator at the same or a higher level.
    Texts may use {area}, {level}, {value}, {unit}, {name}, {lead_time}.
    """

    at: tuple[AreaKind, ...] = ()  # default: the indicator's ``by``
    event: DeclaredText
    headline: DeclaredText
    instruction: DeclaredText | None = None
    category: Literal[
        "Geo",
        "Met",
        "Safety",
        "Security",
        "Rescue",
        "Fire",
        "Health",
        "Env",
        "Transport",
        "Infra",
        "CBRNE",
        "Other",
    ] = "Met"
    probability: Id | None = Field(None, description="indicator that tells how likely it is, 0 to 1")
    lead_time: Id | None = Field(None, description="indicator that tells the seconds until it happens")
    acknowledge_within: dict[Literal["blue", "yellow", "orange", "red"], Duration] = Field(
        default_factory=dict
    )
    escalations: Annotated[int, Field(ge=1, le=10)] = 3
    rejoin_within: Dwell = timedelta(minutes=30)


class IndicatorEntry(Declaration):
    """One vital sign: measured (``source`` and ``value``) or derived from others (``formula``)."""

    id: Id
    name: DeclaredText
    unit: UnitCode
    group: Id
    note: DeclaredText | None = None  # the definition in words
    owner: str = ""  # department that answers for it
    decimals: Annotated[int, Field(ge=0, le=6)] = 2
    by: AreaKind
    source: Source | None = None
    pane: Duration = timedelta(minutes=1)
    window: Duration = timedelta(minutes=5)
    value: str | None = None  # arithmetic over count sum sumsq mean min max first last, entity.…, settings.…
    rollup: Rollup = "max"
    weight: str | None = None  # for rollup: weighted; arithmetic over entity.…
    interval: Duration | None = None  # how often each source should report
    stale_after: Duration | None = None  # default: three intervals
    when_silent: Literal["stale", "idle"] = "stale"
    coverage: Annotated[float, Field(ge=0, le=1)] = 0.5  # least share of sources that must be fresh
    formula: str | None = None
    levels: Levels | None = None
    warning: WarningRule | None = None

    @model_validator(mode="after")
    def _consistent(self) -> IndicatorEntry:
        for check in (_one_way, _panes, _freshness, _weight, _warning):
            if problem := check(self):
                raise ValueError(problem)
        return self


def _one_way(entry: IndicatorEntry) -> str:
    if (entry.source is None) == (entry.formula is None):
        return "give either source and value (measured), or formula (derived), not both and not neither"
    if entry.source is not None and entry.value is None:
        return "a measured indicator needs value, e.g. value: max"
    if entry.formula is not None and entry.value is not None:
        return "a derived indicator has formula and no value"
    return ""


def _panes(entry: IndicatorEntry) -> str:
    if entry.window % entry.pane:
        return f"window {entry.window} is no whole number of panes of {entry.pane}"
    if timedelta(days=1) % entry.pane:
        return f"pane {entry.pane} does not divide a day"
    if entry.window // entry.pane > MAX_PANES:
        return f"a window may have at most {MAX_PANES} panes; take a longer pane"
    return ""


def _freshness(entry: IndicatorEntry) -> str:
    if entry.source and entry.interval is None and entry.stale_after is None and entry.when_silent == "stale":
        return "say how often the sources report (interval: PT5M), or when_silent: idle if they may be quiet"
    return ""


def _weight(entry: IndicatorEntry) -> str:
    if (entry.rollup == "weighted") != (entry.weight is not None):
        return "weight belongs to rollup: weighted, and is needed there"
    return ""


def _warning(entry: IndicatorEntry) -> str:
    return "a warning needs levels" if entry.warning and not entry.levels else ""


class IndicatorsFile(Declaration):
    """indicators.yaml."""

    groups: tuple[Group, ...]
    indicators: tuple[IndicatorEntry, ...]
    grace: Dwell = timedelta(0)  # how long after the end of a pane to wait for its values
    lateness: Duration = timedelta(hours=2)  # later values change the history but no warning


def json_schema() -> dict[str, Any]:
    """The JSON Schema of indicators.yaml, for editors."""
    return IndicatorsFile.model_json_schema(by_alias=True)
