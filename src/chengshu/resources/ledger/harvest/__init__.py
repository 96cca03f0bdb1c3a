"""Harvesting: what other systems have, brought into the ledger, taken up where it broke off, and compared."""

from chengshu.resources.ledger.harvest.commands import Harvester
from chengshu.resources.ledger.harvest.declared import HarvestFile, HarvestSource, read_harvest
from chengshu.resources.ledger.harvest.model import (
    Connector,
    Drift,
    Page,
    Problem,
    Record,
    Rows,
    RowSource,
    Run,
)

__all__ = [
    "Connector",
    "Drift",
    "HarvestFile",
    "HarvestSource",
    "Harvester",
    "Page",
    "Problem",
    "Record",
    "RowSource",
    "Rows",
    "Run",
    "read_harvest",
]
