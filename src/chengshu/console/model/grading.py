"""What the pages about an entry's insides show: quality, lineage, what changed; and the steward's queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chengshu.console.model.common import NO_TEXT, Permission, ShownReason, ShownText

DIMENSIONS = ("completeness", "validity", "accuracy", "uniqueness", "consistency", "timeliness")
StepKind = Literal[
    "copy",
    "join",
    "compute",
    "condition",
    "mask",
    "generalise",
    "tokenise",
    "aggregate",
    "anonymise",
    "differential privacy",
    "uses",
]


@dataclass(frozen=True, slots=True)
class EntryHead:
    """An entry as the top of its pages shows it."""

    id: str
    title: ShownText
    kind: str
    state: str
    version: int
    provider: ShownText = NO_TEXT


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The scores of one measure, 0 to 1; None where no rule speaks of a dimension."""

    at: datetime
    rows: int
    score: float | None
    scores: tuple[float | None, ...]  # in the order of DIMENSIONS


@dataclass(frozen=True, slots=True)
class FailingRow:
    """A row that breaks a rule: its number, and its values as grades let them be seen (None: hidden or not
    there).
    """

    number: int
    values: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What a rule of quality found."""

    id: str
    name: ShownText
    about: str
    dimension: str
    discovered: bool
    checked: int
    broken: int
    score: float
    problem: str = ""
    failing: tuple[FailingRow, ...] = ()


@dataclass(frozen=True, slots=True)
class QualityView:
    """The newest measure with its trend (oldest first). ``at`` None: never measured."""

    head: EntryHead
    at: datetime | None = None
    rows: int = 0
    score: float | None = None
    trend: tuple[TrendPoint, ...] = ()
    rules: tuple[RuleOutcome, ...] = ()
    error: str = ""
    remedy: str = ""
    corrected: tuple[tuple[datetime, str], ...] = ()  # when, which field ("": a whole row)
    asked: int = 0  # corrections that wait for an answer


@dataclass(frozen=True, slots=True)
class LineageNode:
    """A column (or, with ``column`` empty, an entry as a whole). ``rank``: steps away, below 0 upstream."""

    key: str
    entry: str
    title: ShownText
    kind: str
    column: str
    rank: int


@dataclass(frozen=True, slots=True)
class LineageEdge:
    """One step between two nodes."""

    source: str
    target: str
    step: StepKind


@dataclass(frozen=True, slots=True)
class TouchedEntry:
    """An entry that would be touched by retiring something."""

    id: str
    title: ShownText
    kind: str


@dataclass(frozen=True, slots=True)
class LineageView:
    """Where an entry or one of its columns comes from and goes, and what would stop without it.

    ``more``: nodes that were left out because there are too many to be drawn.
    """

    head: EntryHead
    column: str
    columns: tuple[str, ...]
    nodes: tuple[LineageNode, ...] = ()
    edges: tuple[LineageEdge, ...] = ()
    touched: tuple[TouchedEntry, ...] = ()
    jobs: tuple[str, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class PartChange:
    """What became of one part of an entry; of fields one line each."""

    part: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """What changed of an entry between two moments."""

    head: EntryHead
    since: datetime
    until: datetime
    what: Literal["added", "changed", "retired", "restored", "same", "absent"]
    changes: tuple[PartChange, ...] = ()


@dataclass(frozen=True, slots=True)
class MovedRow:
    """What became of one entry in a period, and which of its parts changed."""

    id: str
    title: ShownText
    kind: str
    what: Literal["added", "changed", "retired", "restored"]
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PeriodView:
    """The ledger over a period: its balance, what moved (``more`` of it is not shown), and what there is now.

    ``systems``, ``entries``, ``fields``, ``grants`` are counted now; ``uses`` and ``rows`` in the period.
    """

    since: datetime
    until: datetime
    opening: int
    added: int
    changed: int
    retired: int
    closing: int
    reconciles: bool
    moved: tuple[MovedRow, ...]
    more: bool
    systems: int
    entries: int
    fields: int
    grants: int
    uses: int
    rows: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A category a steward may choose. "" is nothing known."""

    code: str
    label: ShownText


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another column of the same table, and what it holds."""

    column: str
    holds: ShownText


@dataclass(frozen=True, slots=True)
class StewardCard:
    """One column that a steward is asked about, with the evidence: never its values, only masked ones."""

    item: str  # the queue's item; "" when the column does not wait in it
    entry: str
    entry_title: ShownText
    column: str
    column_title: ShownText
    proposal: Choice
    confidence: float
    grade: ShownText
    reason: ShownReason
    samples: tuple[tuple[str, int], ...]
    shapes: tuple[tuple[str, int], ...]
    distinct: int
    missing: int
    rows: int
    neighbours: tuple[Neighbour, ...]
    near: tuple[Choice, ...]  # what it might be, the likeliest first
    settle: Permission
    by_steward: bool = False
    opened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SaidRow:
    """What a steward has said, to be taken back."""

    entry: str
    entry_title: ShownText
    column: str
    category: ShownText
    by: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StewardView:
    """The queue: the card to be answered now, how many wait, what all categories are, what was said last."""

    card: StewardCard | None
    waiting: int
    position: int
    following: str  # the item after this one, "" for none
    choices: tuple[Choice, ...]
    said: tuple[SaidRow, ...]
