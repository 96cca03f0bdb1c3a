"""The evolution of entities through time: what is asked, what is commanded, what is given back.

Source: ETSI GS CIM 009 V1.8.1, clauses 4.5.6-4.5.9 (temporal representation), 4.5.19 (aggregated), 4.11
(temporal query language), 5.6.11-5.6.16 (provision), 5.7.3-5.7.4 (consumption). An evolution is an
:class:`~chengshu.foundation.broker.model.Entity` whose attributes hold many instances, in order of time,
each with an instance id. The scopes of an entity evolve like an attribute of the name :data:`SCOPE`.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from chengshu.foundation.broker.model import Attribute, AttributePatch, Entity, Kind
from chengshu.kernel.durations import Duration, parse_duration
from chengshu.kernel.errors import Invalid

SCOPE = "https://uri.etsi.org/ngsi-ld/scope"
Relation = Literal["", "before", "after", "between"]
TimeProperty = Literal["observedAt", "createdAt", "modifiedAt", "deletedAt"]
Method = Literal["totalCount", "distinctCount", "sum", "avg", "min", "max", "stddev", "sumsq"]
METHODS: tuple[Method, ...] = ("totalCount", "distinctCount", "sum", "avg", "min", "max", "stddev", "sumsq")


# ---- commands --------------------------------------------------------------------------------------------


class UpsertEvolution(msgspec.Struct, frozen=True, tag=True):
    """Clause 5.6.11: create the evolution, or add these instances to it."""

    entity: Entity


class AddInstances(msgspec.Struct, frozen=True, tag=True):
    """Clause 5.6.12: add instances to an evolution that is there."""

    id: str
    fragment: Entity


class DropAttribute(msgspec.Struct, frozen=True, tag=True):
    """Clause 5.6.13: forget an attribute's instances of one dataset ('' is the default one), or of all."""

    id: str
    attribute: str
    dataset: str = ""
    all_instances: bool = False


class PatchInstance(msgspec.Struct, frozen=True, tag=True):
    """Clause 5.6.14: change members of one instance."""

    id: str
    attribute: str
    instance: str
    patch: AttributePatch


class DropInstance(msgspec.Struct, frozen=True, tag=True):
    """Clause 5.6.15: forget one instance."""

    id: str
    attribute: str
    instance: str


class DropEvolution(msgspec.Struct, frozen=True, tag=True):
    """Clause 5.6.16: forget the evolution of an entity."""

    id: str


TemporalCommand: TypeAlias = (
    UpsertEvolution | AddInstances | DropAttribute | PatchInstance | DropInstance | DropEvolution
)
TEMPORAL = (UpsertEvolution, AddInstances, DropAttribute, PatchInstance, DropInstance, DropEvolution)


# ---- questions -------------------------------------------------------------------------------------------


class Ask(msgspec.Struct, frozen=True):
    """A temporal query (clause 4.11). ``at`` and ``end`` are milliseconds UTC: before ``at``, after it, or
    after ``at`` and before ``end`` (``between``); never at the moment itself. Without a relation: all there
    is.

    ``last``: only the newest so many of each attribute instance series. ``attributes``: only these
    (expanded). ``most``: at most so many instances of each series are given at once; what is cut off says
    :class:`Evolution`. ``methods`` and ``period`` (ISO 8601; ``PT0S``: one period) ask for aggregates
    (clause 4.5.19).
    """

    relation: Relation = ""
    at: int = 0
    end: int = 0
    property: TimeProperty = "observedAt"
    last: int = 0
    attributes: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()  # '' is the default one; of none: all
    most: int = 1000
    methods: tuple[Method, ...] = ()
    period: str = "PT0S"

    def span(self) -> tuple[int | None, int | None]:
        """The moments between which instances lie, both left out, milliseconds."""
        return (
            self.at if self.relation in ("after", "between") else None,
            {"before": self.at, "between": self.end}.get(self.relation),
        )


class Aggregate(msgspec.Struct, frozen=True):
    """One value of one period: from ``start`` to before ``end``, milliseconds."""

    value: object
    start: int
    end: int


class SeriesAggregates(msgspec.Struct, frozen=True):
    """The aggregates of one attribute and dataset, by method, in order of time."""

    name: str
    dataset: str
    kind: Kind
    methods: dict[str, tuple[Aggregate, ...]]


class Evolution(msgspec.Struct, frozen=True):
    """The evolution of one entity. ``cut`` when there is more than was given: then ``first`` and ``last``
    (milliseconds) bound what was given of every attribute, and the client asks on from there (clause
    6.3.10)."""

    entity: Entity
    aggregates: tuple[SeriesAggregates, ...] = ()
    cut: bool = False
    first: int | None = None
    last: int | None = None


class Evolutions(msgspec.Struct, frozen=True):
    """A page of evolutions, cut at the same moments all of them."""

    items: tuple[Evolution, ...]
    total: int | None = None
    cut: bool = False
    first: int | None = None
    last: int | None = None


def time_of(instance: Attribute, which: TimeProperty, observed: int | None) -> int | None:
    """The time of an instance that a query means, milliseconds; None when it has none."""
    if which == "observedAt":
        return observed
    if which == "createdAt":
        return instance.created_at
    if which == "modifiedAt":
        return instance.modified_at
    return instance.deleted_at or None


def read_period(text: str) -> Duration:
    """An ISO 8601 duration. Raises :class:`Invalid`, also for one in working time."""
    found = parse_duration(text)
    if found.is_working:
        raise Invalid("duration", f"{text!r} is in working time", remedy="write a clock time such as PT1H")
    return found
