"""What the context keeps: things of the city, and what was observed about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from chengshu.kernel.texts import Text

Kind = Literal["number", "boolean", "text"]
Scalar = float | int | bool | str


class Observation(msgspec.Struct, frozen=True):
    """One measured value of one attribute of one entity.

    ``entity`` is an NGSI-LD id (``urn:ngsi-ld:RainGauge:7``), ``type`` its type, ``unit`` a UCUM code,
    ``observed_at`` an aware time. ``source`` names who said it; ``record(source=…)`` fills an empty one.
    """

    entity: str
    type: str
    attribute: str
    value: Scalar
    unit: str
    observed_at: datetime
    source: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One attribute of one entity through time, under a small integer.

    ``area`` is the entity's area id ("" when it lies in none); ``unit`` the unit of every kept value.
    """

    id: int
    entity: str
    type: str
    attribute: str
    unit: str
    area: str = ""
    kind: Kind = "number"


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing of the city: what is declared of it, not what is measured (see :class:`Reading`)."""

    id: str
    type: str
    name: Text = field(default_factory=Text)
    area: str = ""
    lon: float | None = None
    lat: float | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The form kept in the journal and shown by APIs."""
        return {
            "id": self.id,
            "type": self.type,
            "name": self.name.as_dict(),
            "area": self.area,
            "lon": self.lon,
            "lat": self.lat,
            "attributes": dict(self.attributes),
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """The value of a series at a moment, with its freshness: ``age_s`` seconds before that moment."""

    series: Series
    value: Scalar
    observed_at: datetime
    age_s: float
    source: str = ""


@dataclass(frozen=True, slots=True)
class EntityState:
    """An entity with its newest readings by attribute name."""

    entity: Entity
    readings: Mapping[str, Reading]

    def value(self, attribute: str) -> Any:
        """The measured value, else the declared one, else None."""
        if (reading := self.readings.get(attribute)) is not None:
            return reading.value
        return self.entity.attributes.get(attribute)


@dataclass(frozen=True, slots=True)
class Batch:
    """Observations as columns: row i is ``(series[i], observed_at[i] ms, values[i])``.

    A text has NaN in ``values`` and its words in ``texts[i]``.
    """

    series: npt.NDArray[np.int64]
    observed_at: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    texts: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.series)


class Columns(msgspec.Struct):
    """A batch being filled: plain lists, as the hot path wants them."""

    series: list[int] = []
    observed_at: list[int] = []
    values: list[float] = []
    texts: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self.series)

    def add(self, series: int, observed_at: int, value: Scalar) -> None:
        """Append one value; ``observed_at`` in milliseconds UTC."""
        if isinstance(value, str):
            self.texts[len(self.series)] = value
            value = float("nan")
        self.series.append(series)
        self.observed_at.append(observed_at)
        self.values.append(float(value))

    def extend(self, other: Columns) -> None:
        """Append all rows of ``other``."""
        if other.texts:
            shift = len(self.series)
            self.texts.update({shift + index: text for index, text in other.texts.items()})
        self.series += other.series
        self.observed_at += other.observed_at
        self.values += other.values
