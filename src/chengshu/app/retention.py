"""The wiring of retention over a city's data, the same for the hub and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chengshu.app.datasets import DatasetsRoom
from chengshu.foundation.context.forgetting import Past
from chengshu.kernel.clock import Clock
from chengshu.kernel.ids import Ids
from chengshu.ports.database import Database
from chengshu.ports.history import History
from chengshu.resources.datasets.holding import DatasetHolding, ExportHolding
from chengshu.resources.knowledge.holding import KnowledgeHolding
from chengshu.resources.ledger import LedgerQueries
from chengshu.resources.retention import (
    Holding,
    Proposals,
    Retention,
    RetentionFinisher,
    RetentionQueries,
    Rule,
)
from chengshu.resources.retention.streams import StreamHolding
from chengshu.resources.sharing import SharedFiles


@dataclass(frozen=True, slots=True)
class RetentionRoom:
    """What destroys, what can be read of it, and the ticker that finishes what was begun."""

    retention: Retention
    queries: RetentionQueries
    finisher: RetentionFinisher
    proposals: Proposals


def retention_of(
    database: Database,
    clock: Clock,
    ids: Ids,
    rules: Sequence[Rule],
    datasets: DatasetsRoom,
    history: History,
) -> RetentionRoom:
    """Retention by the rules of a city, over everything the hub holds of its entries."""
    entries = LedgerQueries(database)
    holdings: list[Holding] = [
        StreamHolding(Past(database, history)),
        DatasetHolding(database, clock, datasets.vault),
        ExportHolding(database, clock),
        KnowledgeHolding(database, clock),
        SharedFiles(database, clock),
    ]
    retention = Retention(database, clock, ids, entries, holdings)
    queries = RetentionQueries(database, entries, rules, holdings)
    proposals = Proposals(database, clock, ids, retention)
    return RetentionRoom(retention, queries, RetentionFinisher(database, retention), proposals)
