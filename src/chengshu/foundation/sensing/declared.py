"""``sources.yaml``: what a scenario listens to, and how a payload becomes observations.

Everything a department may need to change about a device feed is in this file; expressions are FEEL.
"""

from __future__ import annotations

import math
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from chengshu.foundation.declared import Declaration, DeclaredText, checked, read_document
from chengshu.kernel.errors import Invalid
from chengshu.kernel.texts import Text
from chengshu.kernel.units import convert, unit

Expression = Annotated[
    str, Field(min_length=1, description="a FEEL expression over the fields of the record")
]


class HttpConnector(Declaration):
    """The source pushes to ``POST /ingest/{source}`` with its own token."""

    kind: Literal["http"]


class MqttConnector(Declaration):
    """The hub subscribes at the city's broker. ``topic`` is a filter with ``+`` and ``#``."""

    kind: Literal["mqtt"]
    topic: str = Field(min_length=1)
    qos: Literal[0, 1] = 1

    @field_validator("topic")
    @classmethod
    def _filter_is_sound(cls, topic: str) -> str:
        parts = topic.split("/")
        if any("#" in part and (part != "#" or at != len(parts) - 1) for at, part in enumerate(parts)):
            raise ValueError("# may only stand alone, as the last level")
        if any("+" in part and part != "+" for part in parts):
            raise ValueError("+ must stand alone in its level")
        return topic


class FileConnector(Declaration):
    """A file is replayed: ``virtual`` by the hub's clock, ``fast`` as quickly as it can be kept.

    ``path`` is relative to the folder of the declaration (or of the city's overlay); ``.gz`` is unpacked.
    ``shift`` moves every time, so that an old day can be played today.
    """

    kind: Literal["file"]
    path: str = Field(min_length=1)
    pace: Literal["virtual", "fast"] = "virtual"
    shift: timedelta = timedelta()


Connector = Annotated[HttpConnector | MqttConnector | FileConnector, Field(discriminator="kind")]


class ObservedAt(Declaration):
    """Where the time stands. ``format``: ``auto`` (ISO 8601, or a FEEL date and time), ``s``,
    ``ms`` since 1970, or a pattern such as ``%Y-%m-%d %H:%M``. A time without
    zone is read in the source's ``zone``.
    """

    value: Expression
    format: str = "auto"

    @field_validator("format")
    @classmethod
    def _known_format(cls, text: str) -> str:
        if text not in ("auto", "s", "ms") and "%" not in text:
            raise ValueError("use auto, s, ms or a pattern with % such as %Y-%m-%d %H:%M")
        return text


class Attribute(Declaration):
    """One measured attribute: from which field, in which unit it comes and is kept, what is possible.

    ``field`` names a field literally (for names that are no FEEL names, such as ``PM2.5``); ``value`` is an
    expression. ``unit_from`` gives the unit when the payload itself says it. ``range`` is in the kept unit.
    """

    value: Expression | None = None
    field: str | None = None
    unit: str = ""
    unit_from: Expression | None = None
    keep: str | None = None
    range: tuple[float, float] = (-math.inf, math.inf)
    kind: Literal["number", "boolean", "text"] = "number"

    @property
    def kept_unit(self) -> str:
        """The unit of the kept value."""
        return self.unit if self.keep is None else self.keep

    @model_validator(mode="after")
    def _sound(self) -> Attribute:
        if (self.value is None) == (self.field is None):
            raise ValueError("give either value (an expression) or field (a name)")
        if self.range[0] >= self.range[1]:
            raise ValueError(f"range {list(self.range)} is empty: the lower bound comes first")
        if self.unit_from is not None and not self.keep:
            raise ValueError("with unit_from, say in keep which unit is kept")
        try:
            for code in filter(None, (self.unit, self.keep)):
                unit(code)
            if self.unit:
                convert(1.0, self.unit, self.kept_unit)
        except Invalid as error:
            raise ValueError(f"{error.fault.detail}; {error.fault.remedy}") from None
        return self


class Location(Declaration):
    """Where the thing is, WGS-84 degrees; kept as its attributes ``lon`` and ``lat``."""

    lon: Expression
    lat: Expression


class Limits(Declaration):
    """How much one message may bring; more is refused as a whole."""

    bytes: int = Field(2_000_000, gt=0)
    records: int = Field(20_000, gt=0)


class Source(Declaration):
    """One feed of observations."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")
    name: DeclaredText | None = None
    department: str = Field("", description="who answers for this source")
    connector: Connector
    format: Literal["json", "jsonl", "csv"] = "json"
    each: Expression | None = Field(
        None, description="the list of records inside the payload; none: the payload"
    )
    type: str = Field(min_length=1, description="the entity type, such as RainGauge")
    entity: Expression
    observed_at: ObservedAt
    attributes: dict[str, Attribute] = Field(min_length=1)
    location: Location | None = None
    zone: str | None = Field(None, description="zone of times without one; none: the city's")
    missing: tuple[str, ...] = Field(("", "NA"), description="markers that stand for: no value")
    unknown: Literal["quarantine", "create"] = "quarantine"
    interval: timedelta = Field(timedelta(minutes=5), gt=timedelta())
    silent_after: timedelta | None = Field(None, description="none: three intervals")
    future: timedelta = Field(timedelta(minutes=5), ge=timedelta())
    age: timedelta = Field(timedelta(days=30), gt=timedelta())
    limits: Limits = Limits(bytes=2_000_000, records=20_000)

    @field_validator("observed_at", mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"value": value} if isinstance(value, str) else value

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str | None) -> str | None:
        if zone is not None:
            try:
                ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError):
                raise ValueError(f"{zone!r} is no time zone; write one such as Asia/Shanghai") from None
        return zone

    @property
    def title(self) -> Text:
        """The name on screen, the id when none is given."""
        return self.name or Text.of(self.id)

    @property
    def silence(self) -> timedelta:
        """After how long without a message the source counts as silent."""
        return self.silent_after or 3 * self.interval


class Sources(Declaration):
    """The whole file."""

    sources: tuple[Source, ...]

    @model_validator(mode="after")
    def _ids_differ(self) -> Sources:
        seen: set[str] = set()
        for source in self.sources:
            if source.id in seen:
                raise ValueError(f"source {source.id!r} is declared twice")
            seen.add(source.id)
        return self


def read_sources(path: Path) -> tuple[Source, ...]:
    """Read ``sources.yaml``. Raises :class:`Invalid` naming every mistake with its line."""
    return checked(Sources, read_document(path)).sources


def json_schema() -> dict[str, Any]:
    """The JSON schema of ``sources.yaml``, for editors."""
    return Sources.model_json_schema()
