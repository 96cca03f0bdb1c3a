"""An entity of SensorThings as it is looked at: its members, and ways to others, walked only when asked.

Source: OGC 18-088 (SensorThings 1.1), clause 8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple


class Span(NamedTuple):
    """Moments after ``low`` and before ``high``, both left out, milliseconds; None is open."""

    low: int | None = None
    high: int | None = None


WAYS: Final[Mapping[str, Mapping[str, str]]] = {
    "Things": {
        "Locations": "Locations",
        "HistoricalLocations": "HistoricalLocations",
        "Datastreams": "Datastreams",
    },
    "Locations": {"Things": "Things", "HistoricalLocations": "HistoricalLocations"},
    "HistoricalLocations": {"Thing": "Things", "Locations": "Locations"},
    "Datastreams": {
        "Thing": "Things",
        "Sensor": "Sensors",
        "ObservedProperty": "ObservedProperties",
        "Observations": "Observations",
    },
    "Sensors": {"Datastreams": "Datastreams"},
    "ObservedProperties": {"Datastreams": "Datastreams"},
    "Observations": {"Datastream": "Datastreams", "FeatureOfInterest": "FeaturesOfInterest"},
    "FeaturesOfInterest": {"Observations": "Observations"},
}
"""Set → way → set it leads to. A way in the singular leads to one."""
SETS: Final = tuple(WAYS)


def is_single(way: str) -> bool:
    """Whether a way leads to one entity."""
    return way not in WAYS


@dataclass(frozen=True, slots=True)
class Node:
    """``ways`` gives, for each way, the nodes it leads to; ``timed`` the Observations of a datastream within
    a span of time, from the newest on or from the oldest."""

    set: str
    id: str
    members: Mapping[str, Any]
    ways: Mapping[str, Callable[[], Iterator[Node]]] = field(default_factory=dict)
    timed: Callable[[Span, bool], Iterator[Node]] | None = None

    def walk(self, way: str) -> Iterator[Node]:
        """The nodes of a way."""
        return self.ways[way]()
