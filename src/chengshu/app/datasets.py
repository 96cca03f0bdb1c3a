"""The wiring of datasets over a data folder, the same for the hub and the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chengshu.kernel.clock import Clock
from chengshu.kernel.ids import Ids
from chengshu.ports.database import Database
from chengshu.resources.datasets import (
    ByHand,
    DatasetExports,
    DatasetQueries,
    Datasets,
    HandQueries,
    Vault,
)
from chengshu.resources.ledger import Ledger, LedgerQueries

FOLDER = "datasets"  # below the data folder


@dataclass(frozen=True, slots=True)
class DatasetsRoom:
    """Writers, readers, exports, labelling by hand, and the vault."""

    datasets: Datasets
    queries: DatasetQueries
    exports: DatasetExports
    vault: Vault
    by_hand: ByHand
    hand: HandQueries


def datasets_of(folder: Path, database: Database, clock: Clock, ids: Ids) -> DatasetsRoom:
    """Datasets whose files lie in ``folder``."""
    vault, entries = Vault(folder / FOLDER), LedgerQueries(database)
    datasets = Datasets(database, clock, Ledger(database, clock, ids), entries, vault)
    queries = DatasetQueries(database, vault)
    exports = DatasetExports(database, clock, entries, datasets, queries, vault)
    hand = HandQueries(database, vault, queries)
    by_hand = ByHand(database, clock, entries, datasets, queries, hand, vault)
    return DatasetsRoom(datasets, queries, exports, vault, by_hand, hand)
