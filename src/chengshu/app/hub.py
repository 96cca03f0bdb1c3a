"""The wiring: one hub of one city, every room given what it needs. Nothing else names an engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData

from chengshu.app.datasets import DatasetsRoom, datasets_of
from chengshu.app.decisions import Decisions
from chengshu.app.inspection import STORES as INSPECTION_STORES
from chengshu.app.inspection import InspectionRoom, room_of
from chengshu.app.knowledge import KnowledgeRoom, knowledge_of
from chengshu.app.meaning import MeaningRoom, meanings_of
from chengshu.app.notices import NoticesRoom, notices_of
from chengshu.app.retention import RetentionRoom, retention_of
from chengshu.app.sharing import SharingRoom, sharing_of
from chengshu.app.stores import open_state
from chengshu.engines.embedded.history import DuckHistory
from chengshu.engines.pyvrp import PyVrpSolver
from chengshu.engines.spiff import SpiffEngine
from chengshu.engines.swmm.twin import SwmmEngine
from chengshu.engines.tantivy import TantivyIndex
from chengshu.foundation.access import store as access_store
from chengshu.foundation.city import City
from chengshu.foundation.context import Context, ContextQueries, HistoryFeed
from chengshu.foundation.context import store as context_store
from chengshu.foundation.journal import Actor
from chengshu.foundation.journal import store as journal_store
from chengshu.foundation.journal.pump import Pump
from chengshu.foundation.notices import store as notices_store
from chengshu.foundation.processes import Processes, Services, Timers
from chengshu.foundation.processes import store as processes_store
from chengshu.foundation.roads import RoadGraph, read_roads
from chengshu.foundation.rulebook import store as rulebook_store
from chengshu.foundation.sensing import store as sensing_store
from chengshu.foundation.sensing.commands import Intake
from chengshu.foundation.sensing.connectors.file import FileReplay
from chengshu.foundation.sensing.declared import FileConnector, Source, read_sources
from chengshu.foundation.sensing.health import SensingHealth
from chengshu.foundation.sensing.model import Box
from chengshu.foundation.twins import Foresight, Twins, Wiring, wire
from chengshu.foundation.twins import store as twins_store
from chengshu.kernel.calendar import WorkingCalendar
from chengshu.kernel.clock import Clock
from chengshu.kernel.errors import Findings
from chengshu.kernel.ids import Ids
from chengshu.ports.database import Database
from chengshu.ports.history import History
from chengshu.ports.search import SearchIndex
from chengshu.resources.datasets import store as datasets_store
from chengshu.resources.knowledge import store as knowledge_store
from chengshu.resources.ledger import Ledger, LedgerQueries
from chengshu.resources.ledger import store as ledger_store
from chengshu.resources.ledger.harvest import store as harvest_store
from chengshu.resources.ledger.search import LAYOUT, LedgerSearch
from chengshu.resources.retention import read_retention
from chengshu.resources.retention import store as retention_store
from chengshu.resources.sharing import CatalogueWatch
from chengshu.resources.sharing import store as sharing_store
from chengshu.scenes.response import Response
from chengshu.scenes.response import store as response_store
from chengshu.scenes.vitals import VitalQueries, Vitals, read_catalogue
from chengshu.scenes.vitals import store as vitals_store

STORES = (
    journal_store,
    context_store,
    sensing_store,
    twins_store,
    processes_store,
    vitals_store,
    response_store,
    rulebook_store,
    *INSPECTION_STORES,
    ledger_store,
    harvest_store,
    knowledge_store,
    sharing_store,
    datasets_store,
    retention_store,
    access_store,
    notices_store,
)
HUB = Actor.hub("start")


@dataclass(frozen=True)
class Hub:
    """A running hub. ``pump`` is what makes it live; everything else is asked through the rooms."""

    city: City
    folder: Path
    clock: Clock
    ids: Ids
    database: Database
    history: History
    context: Context
    readings: ContextQueries
    sources: Mapping[str, Source]
    intake: Intake
    sensing: SensingHealth
    twins: Mapping[str, Twins]
    vitals: Vitals
    vital_queries: VitalQueries
    processes: Processes
    response: Response
    decisions: Decisions
    ledger: Ledger
    ledger_queries: LedgerQueries
    ledger_index: SearchIndex
    ledger_search: LedgerSearch
    knowledge: KnowledgeRoom
    meaning: MeaningRoom | None
    sharing: SharingRoom
    inspection: InspectionRoom
    datasets: DatasetsRoom
    retention: RetentionRoom
    notices: NoticesRoom
    pump: Pump
    engine: SwmmEngine

    def close(self) -> None:
        """Finish what was accepted, then give back every process and file."""
        self.engine.close()
        self.ledger_index.close()
        self.knowledge.index.close()
        if self.meaning is not None:
            self.meaning.close()
        self.history.close()
        self.database.close()


@dataclass(frozen=True, slots=True)
class Manner:
    """How a hub runs: in service (durable, threaded, isolating failures) or in a drill (the opposite)."""

    durable: bool = True
    threaded: bool = True
    strict: bool = False
    exercise: bool = False
    workers: int = 2
    flush: timedelta = timedelta(seconds=1)  # how long values may wait before they are written to history


SERVICE = Manner()
DRILL = Manner(durable=False, threaded=False, strict=True, exercise=True, flush=timedelta(minutes=10))


def open_hub(city: City, folder: Path, clock: Clock, ids: Ids, manner: Manner = SERVICE) -> Hub:
    """Open the hub of ``city`` on the data in ``folder``; everything that was accepted before is still there.

    Raises :class:`Invalid` with every mistake of the city's and its scenarios' files.
    """
    database = open_state(folder, durable=manner.durable, threaded=manner.threaded)
    database.create(*(_metadata(store) for store in STORES))
    history = DuckHistory(folder / "history.duckdb")
    context = Context(database, clock)
    context.load(city)
    readings = ContextQueries(database, clock, context.series, history, city.areas)
    sources = read_all_sources(city)
    intake = Intake(database, clock, context, list(sources.values()), city.zone, box_of(city))
    sensing = SensingHealth(database, clock, sources)
    replays = [
        FileReplay(database, clock, intake, source, folder_of(city, source.id))
        for source in sources.values()
        if isinstance(source.connector, FileConnector)
    ]
    engine = SwmmEngine(workers=manner.workers)
    twins = {
        name: Twins(database, clock, ids, context, wiring, engine.open(wiring.setup), name)
        for name, wiring in wirings_of(city).items()
    }
    catalogue = read_catalogue(city)
    vitals = Vitals(database, history, clock, ids, city, context.series, catalogue, exercise=manner.exercise)
    decisions = Decisions(city, clock)
    calendar = WorkingCalendar.read(city.calendar, city.zone)
    processes = Processes(database, SpiffEngine(), clock, ids, calendar, decisions.decide)
    deploy_plans(city, processes)
    response = Response(
        database,
        clock,
        ids,
        city,
        readings,
        plans=processes,
        roads=roads_of(city),
        solver=PyVrpSolver(),
        foresight=Foresight(twins),
        rules=decisions.rules,
    )
    ledger, ledger_queries = Ledger(database, clock, ids), LedgerQueries(database)
    ledger_index = TantivyIndex(folder / "search" / "ledger", LAYOUT)
    meaning = None if manner.exercise else meanings_of(folder)
    ledger_search = LedgerSearch(ledger_index, ledger_queries, meaning.ledger if meaning else None)
    knowledge = knowledge_of(
        folder, database, clock, ledger, ledger_queries, meaning.knowledge if meaning else None
    )
    sharing = sharing_of(city, folder, database, clock, ids, calendar, ledger_queries)
    datasets = datasets_of(folder, database, clock, ids)
    retention = retention_of(database, clock, ids, read_retention(city.folder), datasets, history)
    notices = notices_of(
        city,
        database,
        clock,
        sharing.queries,
        ledger_queries,
        sharing.desk.terms.bureau,
        outside=not manner.exercise,
    )
    told = [] if manner.strict else [notices.follower]  # in a drill nobody has an inbox
    services, feed = Services(processes), HistoryFeed(history, clock, every=manner.flush)
    pump = Pump(
        database,
        clock,
        [
            feed,
            sensing,
            *twins.values(),
            vitals,
            *response.consumers,
            services,
            ledger_search,
            knowledge.search,
            CatalogueWatch(),
            *told,
        ],
        [
            *replays,
            feed,
            sensing,
            *twins.values(),
            vitals,
            Timers(database, clock, processes),
            sharing.clocks,
            retention.finisher,
            notices.notices,
            *response.tickers,
        ],
        strict=manner.strict,
    )
    return Hub(
        city,
        folder,
        clock,
        ids,
        database,
        history,
        context,
        readings,
        sources,
        intake,
        sensing,
        twins,
        vitals,
        VitalQueries(database, clock, city, vitals),
        processes,
        response,
        decisions,
        ledger,
        ledger_queries,
        ledger_index,
        ledger_search,
        knowledge,
        meaning,
        sharing,
        room_of(folder, database, clock, ids, ledger, ledger_queries),
        datasets,
        retention,
        notices,
        pump,
        engine,
    )


def _metadata(store: Any) -> MetaData:
    found: MetaData = store.metadata
    return found


def read_all_sources(city: City) -> dict[str, Source]:
    """The sources of every installed scenario by id. Raises :class:`Invalid` for doubles and mistakes."""
    found: dict[str, Source] = {}
    findings = Findings()
    for scenario in city.scenarios.values():
        path = scenario.file("sources.yaml")
        for source in read_sources(path) if path else ():
            if source.id in found:
                findings.add(
                    "source-double",
                    f"source {source.id!r} is declared by two scenarios",
                    where=str(path),
                    remedy="rename it in one of them",
                )
            found[source.id] = source
    findings.raise_any()
    return found


def folder_of(city: City, source: str) -> Path:
    """The folder of the declaration that has ``source``: paths of files are relative to it."""
    for scenario in city.scenarios.values():
        path = scenario.file("sources.yaml")
        if path is not None and any(item.id == source for item in read_sources(path)):
            return path.parent
    return city.folder


def box_of(city: City) -> Box | None:
    """The rectangle of the city's areas, a tenth wider on each side; None where no area has a shape."""
    bounds = [area.shape.bounds for area in city.areas if area.shape is not None]
    if not bounds:
        return None
    west, south = min(b[0] for b in bounds), min(b[1] for b in bounds)
    east, north = max(b[2] for b in bounds), max(b[3] for b in bounds)
    wide, high = (east - west) / 10, (north - south) / 10
    return Box(west - wide, south - high, east + wide, north + high)


def roads_of(city: City) -> RoadGraph | None:
    """The city's road graph, None where it has none."""
    path = city.folder / "roads.geojson"
    return read_roads(path) if path.is_file() else None


def deploy_plans(city: City, processes: Processes) -> None:
    """Bring every plan of the installed scenarios in; an unchanged one keeps its version."""
    for scenario in city.scenarios.values():
        if (path := scenario.file("plan.bpmn")) is not None:
            processes.deploy(path.read_bytes(), HUB)


def wirings_of(city: City) -> dict[str, Wiring]:
    """How the twin of each scenario that has one belongs to the city."""
    return {
        name: wire(city, scenario)
        for name, scenario in city.scenarios.items()
        if scenario.file("twin.toml") is not None
    }
