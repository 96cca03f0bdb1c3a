"""What the page of corrections shows: each with its clock, who answers it, and who was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chengshu.console.model.common import ShownText
from chengshu.console.model.sharing import ClockRow

CorrectionState = Literal["open", "corrected", "declined"]


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """A correction. ``resident``: asked at a counter (no ``record`` then); ``answer``: the person may."""

    id: str
    resource: str
    title: ShownText
    field: str
    record: str
    resident: bool
    claim: str
    evidence: str
    asker: ShownText
    provider: ShownText
    at: datetime
    state: CorrectionState
    reason: str
    decided_at: datetime | None
    told: tuple[ShownText, ...]
    clock: ClockRow | None
    answer: bool


@dataclass(frozen=True, slots=True)
class GrantChoice:
    """A grant under which the person may say that something is wrong."""

    id: str
    title: ShownText
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CorrectionsView:
    """What waits for the person's departments, what they asked, what they were told, and the rest."""

    waiting: tuple[CorrectionRow, ...]
    asked: tuple[CorrectionRow, ...]
    told: tuple[CorrectionRow, ...]
    others: tuple[CorrectionRow, ...]
    grants: tuple[GrantChoice, ...]
    at_counter: bool
    days: int


@dataclass(frozen=True, slots=True)
class CorrectionGiven:
    """A correction as it was typed. ``about`` is a grant, or with ``number`` an entry."""

    about: str
    record: str
    field: str
    claim: str
    evidence: str
    number: str = ""
