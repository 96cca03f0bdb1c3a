"""What the pages of the ledger show: the balance, what was found and why, one entry with its past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chengshu.console.model.common import NO_TEXT, ShownReason, ShownText
from chengshu.console.model.sharing import SourcePolicy

EntryState = Literal["active", "stale", "vanished", "retired"]
MatchHow = Literal["word", "synonym", "near", "meaning"]
Move = Literal["added", "changed", "retired", "restored"]


@dataclass(frozen=True, slots=True)
class LedgerMatch:
    """Why an entry was found: a word, in a part of it, by itself or as a synonym or near one."""

    part: str
    word: str
    how: MatchHow


@dataclass(frozen=True, slots=True)
class LedgerHit:
    """One entry in a list. ``provider`` is a department's name where it is one of the city's; ``quality`` the
    newest score, 0 to 1, where it was measured.
    """

    id: str
    kind: str
    title: ShownText
    provider: ShownText
    sharing: str
    grade: ShownText
    state: EntryState
    fields: int
    why: tuple[LedgerMatch, ...] = ()
    summary: ShownText = NO_TEXT
    rows: int | None = None
    quality: float | None = None


@dataclass(frozen=True, slots=True)
class LedgerMonth:
    """The balance since a day: opening + added − retired = closing, or it does not add up."""

    since: datetime
    opening: int
    added: int
    retired: int
    closing: int
    changed: int
    reconciles: bool


@dataclass(frozen=True, slots=True)
class HarvestRow:
    """The newest harvest of a source."""

    source: str
    name: ShownText
    state: Literal["running", "done", "broken", "never"]
    started_at: datetime | None = None
    seen: int = 0
    added: int = 0
    changed: int = 0
    vanished: int = 0
    stale: int = 0
    drifts: int = 0
    problems: tuple[tuple[str, str], ...] = ()  # what, why
    error: str = ""


@dataclass(frozen=True, slots=True)
class LedgerView:
    """The ledger's home: the balance, counts by facet, what was asked for and found, harvests."""

    month: LedgerMonth
    question: str
    chosen: Mapping[str, str]
    total: int
    hits: tuple[LedgerHit, ...]
    facets: Mapping[str, tuple[tuple[str, ShownText, int], ...]]  # facet → (value, words, count)
    harvests: tuple[HarvestRow, ...]
    page: int = 1
    pages: int = 1
    unsure: int = 0  # columns that wait for a steward


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of an entry. ``category`` and ``grade`` as grading decided them, ``reasons`` the deciding one
    first; ``confidence`` None: nobody graded it.
    """

    name: str
    title: ShownText
    type: str
    unit: str
    key: bool
    category: ShownText
    grade: ShownText
    confidence: float | None = None
    unsure: bool = False
    by_steward: bool = False
    reasons: tuple[ShownReason, ...] = ()


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version of an entry, and which parts it changed."""

    version: int
    at: datetime
    actor: str
    what: Move
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SharedView:
    """How an entry is shared, in counts: nobody is named."""

    requests: int
    grants: int  # in force
    departments: int
    uses: int
    denied: int
    rows: int
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ContractView:
    """The data contract kept with an entry, and how its data held against it last."""

    id: str
    version: str
    number: int
    at: datetime
    checked_at: datetime | None = None
    checks: int = 0
    broken: int = 0
    holds: bool | None = None


@dataclass(frozen=True, slots=True)
class LookView:
    """The last look into the rows behind an entry; ``error`` says why they could not be read."""

    at: datetime
    error: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class EntryWriting:
    """What a person may write of an entry by hand: the parts as they stand, and which of them are by hand."""

    title: ShownText
    summary: ShownText
    purpose: str
    steward: str
    contact: str
    update_cycle: str
    sharing: str
    sharing_condition: str
    licence: str
    keywords: tuple[str, ...]
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry. ``facts``: (name, words); ``wanting``: what its core metadata lacks;
    ``uses`` and ``used_by``: (id, title) of entries it is made from, and of those made from it.
    """

    id: str
    kind: str
    title: ShownText
    summary: ShownText
    state: EntryState
    version: int
    facts: tuple[tuple[str, ShownText], ...]
    fields: tuple[FieldRow, ...]
    ways: tuple[tuple[str, str], ...]  # address, format; shown to be copied, the hub leads nowhere outside
    wanting: tuple[str, ...]
    complete: float
    uses: tuple[tuple[str, ShownText], ...]
    used_by: tuple[tuple[str, ShownText], ...]
    versions: tuple[VersionRow, ...]
    drifts: tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = ()
    remarks: Mapping[str, str] | None = None
    provider: ShownText = NO_TEXT
    grade: ShownText = NO_TEXT
    grade_reasons: tuple[ShownReason, ...] = ()
    score: float | None = None
    look: LookView | None = None
    shared: SharedView | None = None
    contract: ContractView | None = None
    policy: SourcePolicy | None = None
    settle: bool = False  # whether the person may say what its columns hold
    writing: EntryWriting | None = None  # where the person may write of it by hand
