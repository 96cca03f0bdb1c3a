"""What the page of an entry's life shows: each stage with the rule that holds and what was done by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chengshu.console.model.common import ShownText
from chengshu.console.model.grading import EntryHead, LineageView

StageName = Literal["collected", "kept", "made", "shared", "ended"]
FactName = Literal[
    "source",
    "way",
    "run",
    "versions",
    "quality",
    "class",
    "requests",
    "uses",
    "files",
    "hold",
    "due",
    "proven",
    "broken",
]


@dataclass(frozen=True, slots=True)
class LifeFact:
    """Something known of a stage. ``name`` is a :data:`FactName`, or the kind of an entry made from it."""

    name: str
    text: ShownText
    address: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LifeStage:
    """A stage: the policy in words, and where it is declared."""

    name: StageName
    policy: ShownText
    rule: str
    facts: tuple[LifeFact, ...]


@dataclass(frozen=True, slots=True)
class LifeView:
    """An entry from collection to deletion, with the lineage that joins the stages."""

    head: EntryHead
    stages: tuple[LifeStage, ...]
    lineage: LineageView
