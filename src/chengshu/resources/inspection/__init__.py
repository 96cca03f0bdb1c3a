"""Looking into what the ledger lists: the rows behind entries are profiled, graded, measured and followed."""

from chengshu.resources.inspection.booking import Booking
from chengshu.resources.inspection.commands import Inspector, Looks
from chengshu.resources.inspection.declared import Declared, read_declared

__all__ = ["Booking", "Declared", "Inspector", "Looks", "read_declared"]
