"""One ledger (一本賬): every data resource of the city, whose it is, how it changed, and that it adds up."""

from chengshu.resources.ledger.checks import wanting
from chengshu.resources.ledger.commands import Booked, Ledger
from chengshu.resources.ledger.model import (
    BASE_LIBRARIES,
    KINDS,
    SHARING,
    SOURCE_CLASSES,
    Distribution,
    Field,
    Origin,
    Resource,
    Version,
)
from chengshu.resources.ledger.queries import FACETS, Balance, Difference, LedgerQueries

__all__ = [
    "BASE_LIBRARIES",
    "FACETS",
    "KINDS",
    "SHARING",
    "SOURCE_CLASSES",
    "Balance",
    "Booked",
    "Difference",
    "Distribution",
    "Field",
    "Ledger",
    "LedgerQueries",
    "Origin",
    "Resource",
    "Version",
    "wanting",
]
