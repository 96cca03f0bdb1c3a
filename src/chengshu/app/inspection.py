"""The wiring of grading, quality and lineage: the same for the hub, the command line and the tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chengshu.foundation.city import City
from chengshu.kernel.clock import Clock
from chengshu.kernel.ids import Ids
from chengshu.ports.database import Database
from chengshu.resources.contracts import Contracts, ContractWatch
from chengshu.resources.contracts import store as contracts_store
from chengshu.resources.grading import Grading
from chengshu.resources.grading import store as grading_store
from chengshu.resources.grading.feature_types import read_feature_types
from chengshu.resources.inspection import Booking, Inspector, read_declared
from chengshu.resources.inspection import store as inspection_store
from chengshu.resources.inspection.commands import Parts
from chengshu.resources.inspection.following import Follower
from chengshu.resources.ledger import Ledger, LedgerQueries
from chengshu.resources.ledger.harvest import Harvester, RowSource
from chengshu.resources.lineage import Lineage, LineageQueries
from chengshu.resources.lineage import store as lineage_store
from chengshu.resources.quality import store as quality_store
from chengshu.resources.quality.commands import Quality

STORES = (grading_store, quality_store, lineage_store, inspection_store, contracts_store)
FEATURE_MODEL = "models/feature_types.npz"


@dataclass(frozen=True, slots=True)
class InspectionRoom:
    """Who grades, keeps quality and lineage, and brings grades into the ledger."""

    grading: Grading
    quality: Quality
    lineage: Lineage
    lineage_queries: LineageQueries
    booking: Booking


def room_of(
    folder: Path, database: Database, clock: Clock, ids: Ids, ledger: Ledger, queries: LedgerQueries
) -> InspectionRoom:
    """The room over the data in ``folder``."""
    model = folder / FEATURE_MODEL
    types = read_feature_types(model) if model.is_file() else None
    return InspectionRoom(
        Grading(database, clock, ids, types),
        Quality(database, clock),
        Lineage(database, clock),
        LineageQueries(database, queries),
        Booking(database, clock, ledger),
    )


def watch_of(
    city: City, database: Database, clock: Clock, queries: LedgerQueries, harvester: Harvester
) -> ContractWatch:
    """Who holds contracts against what the harvester found; moments without a zone are the city's."""
    contracts = Contracts(database, clock, queries)
    return ContractWatch(database, clock, contracts, queries, row_sources(harvester), city.zone.key)


def row_sources(harvester: Harvester) -> dict[str, RowSource]:
    """The connectors that can also read rows."""
    return {
        name: connector
        for name, connector in harvester.connectors.items()
        if isinstance(connector, RowSource)
    }


def inspector_of(
    city: City, database: Database, clock: Clock, room: InspectionRoom, harvester: Harvester
) -> Inspector:
    """Who looks into what the harvester found. Raises :class:`Invalid` with the mistakes of the city's
    ``quality/*.yaml`` and ``grading.yaml``.
    """
    follower = Follower(database, clock, room.lineage)
    parts = Parts(room.grading, room.quality, follower, room.booking)
    return Inspector(database, clock, parts, read_declared(city.folder), row_sources(harvester))
