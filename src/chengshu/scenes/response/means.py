"""What the response scene works with, handed in once; and the parts it asks without knowing them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection

from chengshu.foundation.city import City
from chengshu.foundation.context.model import Entity, EntityState
from chengshu.foundation.journal import Actor
from chengshu.foundation.roads import RoadGraph
from chengshu.foundation.twins.model import Drying, Proposal
from chengshu.kernel.clock import Clock
from chengshu.kernel.ids import Ids
from chengshu.ports.database import Database
from chengshu.ports.routing import RouteSolver
from chengshu.scenes.response.playbook import Playbook

__all__ = ["HUB", "Foresight", "Means", "Plans", "Proposal", "Readings"]
HUB = Actor.hub("response")


class Readings(Protocol):
    """The present of the city (the context's queries)."""

    def states(
        self, *, type_: str | None = None, area: str | None = None, at: datetime | None = None
    ) -> list[EntityState]:
        """Entities with their newest readings, by type and area, ordered by id."""
        ...

    def entities(self, *, type_: str | None = None, area: str | None = None) -> list[Entity]:
        """Entities without readings."""
        ...


class Plans(Protocol):
    """Where plans run (the processes room). Every call joins the transaction of ``connection``."""

    def start(
        self,
        key: str,
        business_key: str,
        data: Mapping[str, Any],
        actor: Actor,
        connection: Connection | None = None,
    ) -> str:
        """Start the newest version of the plan; returns the instance's id."""
        ...

    def claim(self, task: str, actor: Actor, connection: Connection | None = None) -> Any:
        """The person takes the task."""
        ...

    def reassign(
        self, task: str, department: str, actor: Actor, why: str, connection: Connection | None = None
    ) -> Any:
        """Another department has the task now."""
        ...

    def complete(
        self, task: str, data: Mapping[str, Any], actor: Actor, connection: Connection | None = None
    ) -> Any:
        """The task is done; the plan goes on."""
        ...

    def message(
        self,
        name: str,
        business_key: str,
        data: Mapping[str, Any],
        actor: Actor,
        connection: Connection | None = None,
    ) -> int:
        """Tell the plan; returns how many places of it were waiting for this."""
        ...

    def complete_service(
        self, request_id: str, data: Mapping[str, Any], actor: Actor, connection: Connection | None = None
    ) -> Any:
        """Answer a service task."""
        ...

    def cancel(self, instance: str, reason: str, actor: Actor, connection: Connection | None = None) -> Any:
        """End the plan as it stands."""
        ...


class Foresight(Protocol):
    """What the twin says about choices. May take seconds; is asked outside of transactions."""

    def benefits(
        self, scenario: str, nodes: Sequence[str], unit_capacity: float, max_units: int
    ) -> Mapping[str, Sequence[float]]:
        """For each node the flooding (m3) avoided by the first, second … mobile unit of this m3/s there."""
        ...

    def controls(self, scenario: str) -> Sequence[Proposal]:
        """Settings worth changing now, the best first."""
        ...

    def volumes(self, scenario: str, start: datetime, end: datetime) -> Mapping[str, Any] | None:
        """Flooded volumes between two moments, as happened and as without actions; None when not known."""
        ...

    def dry_by(self, scenario: str, entities: Collection[str], at: datetime | None = None) -> Drying | None:
        """From when on no water is expected at these places; None when nothing is known of them."""
        ...


@dataclass(frozen=True, slots=True)
class Means:
    """Everything the parts of this scene share. ``playbooks`` by scenario id."""

    database: Database
    clock: Clock
    ids: Ids
    city: City
    playbooks: Mapping[str, Playbook]
    readings: Readings
    plans: Plans | None = None
    roads: RoadGraph | None = None
    solver: RouteSolver | None = None
    foresight: Foresight | None = None
