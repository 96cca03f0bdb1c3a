"""Sensing: how messages of devices become observations, and what becomes of those that cannot."""

from chengshu.foundation.sensing.commands import Intake, Requeued
from chengshu.foundation.sensing.declared import Source, read_sources
from chengshu.foundation.sensing.health import SensingHealth
from chengshu.foundation.sensing.model import Box, Complaint, Quarantined, Receipt, Reject, SourceHealth
from chengshu.foundation.sensing.queries import complaints, quarantine_counts, quarantined
from chengshu.foundation.sensing.tokens import Tokens

__all__ = [
    "Box",
    "Complaint",
    "Intake",
    "Quarantined",
    "Receipt",
    "Reject",
    "Requeued",
    "SensingHealth",
    "Source",
    "SourceHealth",
    "Tokens",
    "complaints",
    "quarantine_counts",
    "quarantined",
    "read_sources",
]
