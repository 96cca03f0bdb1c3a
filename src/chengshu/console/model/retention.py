"""What the page of retention shows: what is due, held, was destroyed, and whether it is proven."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chengshu.console.model.common import ShownText

DestructionState = Literal["marked", "stopped", "proven"]
ItemOutcome = Literal["kept", "destroyed", "released", "absent", "changed"]


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A legal hold that stands. ``release``: the person may end it."""

    id: str
    entry: str
    title: ShownText
    reason: str
    law: str
    by: str
    at: datetime
    release: bool


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One thing that goes or went; ``outcome`` empty before."""

    holding: str
    name: str
    sha256: str
    size: int
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """Who proposed it, when and why; ``same``: it is still what was shown."""

    id: str
    by: str
    at: datetime
    why: str
    same: bool
    own: bool
    confirm: bool
    reason: ShownText


@dataclass(frozen=True, slots=True)
class DueRow:
    """What of an entry is kept longer than its rule says."""

    entry: str
    title: ShownText
    rule: str
    keep: str
    law: str
    basis: ShownText
    since: datetime
    items: tuple[ItemRow, ...]
    more: int
    root: str
    holds: tuple[str, ...]
    proposal: ProposalRow | None
    propose: bool
    reason: ShownText


@dataclass(frozen=True, slots=True)
class DeletionRow:
    """A deletion."""

    id: str
    entry: str
    title: ShownText
    state: DestructionState
    by: str
    at: datetime
    law: str
    count: int
    root: str
    why: str


@dataclass(frozen=True, slots=True)
class ProofView:
    """A deletion held against the journal and what is there; ``broken`` empty when the proof holds.

    ``among`` is the item that a digest was asked for, with the hashes that lead from it to the root.
    """

    deletion: DeletionRow
    journal: int
    hash: str
    broken: ShownText
    counts: tuple[tuple[str, int], ...]
    items: tuple[ItemRow, ...]
    more: int
    asked: str = ""
    among: tuple[str, int, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class RetentionView:
    """All of it. ``rules``: how many the city has; without any nothing is ever due."""

    rules: int
    due: tuple[DueRow, ...]
    holds: tuple[HoldRow, ...]
    deletions: tuple[DeletionRow, ...]
    may_hold: bool
