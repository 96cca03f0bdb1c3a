"""The response scene as one room: its followers, its ticker, its commands and queries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from chengshu.foundation.city import City
from chengshu.foundation.roads import RoadGraph
from chengshu.foundation.rulebook.standing import Rule, rules_of
from chengshu.kernel.clock import Clock
from chengshu.kernel.errors import Findings
from chengshu.kernel.ids import Ids
from chengshu.kernel.texts import Text
from chengshu.ports.database import Database
from chengshu.ports.routing import RouteSolver
from chengshu.scenes.response import store
from chengshu.scenes.response.commands import Commands
from chengshu.scenes.response.declared import UnitKind
from chengshu.scenes.response.following import ResponseConsumer, ResponseTicker
from chengshu.scenes.response.means import Foresight, Means, Plans, Readings
from chengshu.scenes.response.model import Unit
from chengshu.scenes.response.playbook import Playbook, read_playbook
from chengshu.scenes.response.queries import ResponseQueries


class Response:
    """Wires the scene. ``metadata`` of :mod:`.store` must have been created in the database.

    Without ``roads`` or ``solver`` nothing is dispatched by the hub (people assign); without ``plans`` events
    have no plan; ``rules`` are those of the hub by scenario and file, by default the newest of the city's;
    without ``foresight`` places are worth what the declared prizes say, and nothing is set.
    Raises :class:`Invalid` for wrong dispatch files and units, with every mistake.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        city: City,
        readings: Readings,
        *,
        plans: Plans | None = None,
        roads: RoadGraph | None = None,
        solver: RouteSolver | None = None,
        foresight: Foresight | None = None,
        rules: Mapping[tuple[str, str], Rule] | None = None,
    ) -> None:
        held = rules_of(city) if rules is None else rules
        books = {id_: read_playbook(scenario, held) for id_, scenario in city.scenarios.items()}
        playbooks = {id_: book for id_, book in books.items() if book is not None}
        self.means = Means(database, clock, ids, city, playbooks, readings, plans, roads, solver, foresight)
        self.commands = Commands(self.means)
        self.queries = ResponseQueries(self.means)
        self.consumers = (ResponseConsumer(self.means),)
        self.tickers = (ResponseTicker(self.means),)
        self._admit(city, playbooks)

    def _admit(self, city: City, playbooks: Mapping[str, Playbook]) -> None:
        """Bring in the declared units that are new; what is known of the others stays."""
        kinds = {kind.type: kind for book in playbooks.values() for kind in book.declared.units}
        findings = Findings()
        declared = [
            unit
            for entity in city.entities
            if entity.get("type") in kinds
            if (unit := _unit(entity, kinds[entity["type"]], findings)) is not None
        ]
        findings.raise_any()
        now = self.means.clock.now()

        def work(connection: Connection) -> None:
            known = {unit.id for unit in store.list_units(connection)}
            for unit in declared:
                if unit.id not in known:
                    store.save_unit(connection, unit, now)

        self.means.database.write(work)


def _unit(entity: Mapping[str, Any], kind: UnitKind, findings: Findings) -> Unit | None:
    """A declared entity as a unit."""
    try:
        lon, lat = float(entity["lon"]), float(entity["lat"])
        capacity = float(_attribute(entity, kind.capacity) or 0.0) if kind.capacity else 0.0
    except (KeyError, TypeError, ValueError):
        findings.add(
            "unit-declared",
            f"{entity.get('id')} has no place, or a capacity that is no number",
            where=str(entity.get("id")),
            remedy="give it a point and a number in m3/s",
        )
        return None
    own = _attribute(entity, "skills") or ()
    own = [own] if isinstance(own, str) else own
    return Unit(
        id=str(entity["id"]),
        type=str(entity["type"]),
        name=Text.of(entity.get("name") or str(entity["id"])).as_dict(),
        department=str(_attribute(entity, "department") or kind.department or ""),
        lon=lon,
        lat=lat,
        skills=tuple(sorted({*kind.skills, *map(str, own)})),
        capacity=capacity,
        status="off" if _attribute(entity, "status") == "off" else "free",
    )


def _attribute(entity: Mapping[str, Any], name: str) -> Any:
    """A declared attribute, wherever the city's reader keeps it."""
    nested = entity.get("attributes")
    if isinstance(nested, Mapping) and name in nested:
        return nested[name]
    return entity.get(name)
