"""Sharing of government data (政務數據共享): asked for, decided with a reason, enforced, on record, ended."""

from chengshu.resources.sharing.acts import Act, departments_for, next_acts, waits_for
from chengshu.resources.sharing.commands import Sharing
from chengshu.resources.sharing.correcting import Corrections
from chengshu.resources.sharing.corrections import CatalogueWatch, Duties
from chengshu.resources.sharing.declared import Terms, read_terms
from chengshu.resources.sharing.following import SharingClocks
from chengshu.resources.sharing.gate import Answer, Export, Gate, Source
from chengshu.resources.sharing.handing import SharedFiles
from chengshu.resources.sharing.model import (
    Ask,
    Correction,
    Grant,
    GrantedField,
    Party,
    Request,
    StatutoryClock,
    Step,
    Use,
    recipients,
)
from chengshu.resources.sharing.queries import Audit, Life, SeenBy, SharingQueries, Ticking
from chengshu.resources.sharing.residents import Residents
from chengshu.resources.sharing.source_rules import SourceRule, SourceRules, read_source_rules

__all__ = [
    "Act",
    "Answer",
    "Ask",
    "Audit",
    "CatalogueWatch",
    "Correction",
    "Corrections",
    "Duties",
    "Export",
    "Gate",
    "Grant",
    "GrantedField",
    "Life",
    "Party",
    "Request",
    "Residents",
    "SeenBy",
    "SharedFiles",
    "Sharing",
    "SharingClocks",
    "SharingQueries",
    "Source",
    "SourceRule",
    "SourceRules",
    "StatutoryClock",
    "Step",
    "Terms",
    "Ticking",
    "Use",
    "departments_for",
    "next_acts",
    "read_source_rules",
    "read_terms",
    "recipients",
    "waits_for",
]
