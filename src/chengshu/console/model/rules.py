"""What the pages of rules show: tables as grids, versions, cases, findings, differences, signatures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from chengshu.console.model.common import NO_TEXT, Permission, ShownText

CellPart = Literal["input", "output", "annotation"]
ChangeStateName = Literal["draft", "signed", "published", "withdrawn"]
RequirementKind = Literal["input", "decision", "knowledge", "service"]
EditKind = Literal["set", "insert", "remove", "move", "insert_column", "remove_column", "policy"]


@dataclass(frozen=True, slots=True)
class RuleTableRow:
    """A rule table in the list. ``version`` is empty for the plain file of the scenario."""

    scenario: str
    scenario_name: ShownText
    rule: str
    table: str
    file: str
    title: ShownText
    hit_policy: str
    size: int
    version: str
    since: datetime | None
    by: tuple[str, ...]
    cases: int
    passed: int
    findings: int
    drafts: int
    coming: datetime | None = None
    department: ShownText = NO_TEXT


@dataclass(frozen=True, slots=True)
class RulesView:
    """All rule tables of the city at a moment; ``writable``: scenarios that may get a new one, with names."""

    as_of: datetime
    tables: tuple[RuleTableRow, ...]
    faults: tuple[ShownText, ...] = ()
    writable: tuple[tuple[str, ShownText], ...] = ()
    files: int = 0


@dataclass(frozen=True, slots=True)
class GridColumn:
    """A column: an input's expression or an output's name, its type and values; ``label`` as it is called."""

    part: CellPart
    number: int
    name: str
    type: str = ""
    values: str = ""
    label: ShownText = NO_TEXT


@dataclass(frozen=True, slots=True)
class GridCell:
    """A cell. ``mark`` is empty, matched, near, changed or finding; ``was`` the text before the change;
    ``called`` what a text that the rule gives is called on screen."""

    part: CellPart
    number: int
    text: str
    mark: str = ""
    note: ShownText = NO_TEXT
    was: str | None = None
    called: ShownText = NO_TEXT


@dataclass(frozen=True, slots=True)
class GridRow:
    """A rule of a table; ``mark`` is empty, matched, near, added, removed or finding. Number 0: gone."""

    number: int
    id: str
    cells: tuple[GridCell, ...]
    mark: str = ""
    note: ShownText = NO_TEXT


@dataclass(frozen=True, slots=True)
class Grid:
    """A decision table as it is drawn."""

    table: str
    hit_policy: str
    aggregation: str
    columns: tuple[GridColumn, ...]
    rows: tuple[GridRow, ...]


@dataclass(frozen=True, slots=True)
class TrialField:
    """An input of the try-it form: its type, what was typed, what may be chosen, what is wrong with it."""

    name: str
    type: str
    value: str = ""
    choices: tuple[str, ...] = ()
    error: ShownText = NO_TEXT
    label: ShownText = NO_TEXT


@dataclass(frozen=True, slots=True)
class Trial:
    """What was tried and what came of it; ``value`` is None when nothing was tried."""

    fields: tuple[TrialField, ...]
    value: str | None = None
    matched: tuple[ShownText, ...] = ()
    near: tuple[ShownText, ...] = ()
    notes: tuple[ShownText, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case beside the table: how it came out, by which rules, and the inputs to try it with.

    ``kept`` is the id of one that was kept from a past decision, ``kept_by`` who kept it.
    """

    name: str
    file: str
    passed: bool
    text: ShownText
    reasons: tuple[ShownText, ...] = ()
    rules: tuple[int, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    kept: str = ""
    kept_by: str = ""


@dataclass(frozen=True, slots=True)
class PastRow:
    """A past decision that can become a case: when, from which inputs, by which rows. ``kept``: it is one."""

    key: str
    at: datetime
    value: str
    inputs: tuple[tuple[ShownText, str], ...]
    reasons: tuple[ShownText, ...] = ()
    kept: bool = False


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A gap, an overlap or a rule that never decides; ``inputs`` is the counter-example to try, if any."""

    kind: str
    text: ShownText
    rules: tuple[int, ...]
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """One place of two versions that differs: kind is cell, added, removed, moved, column or policy."""

    kind: str
    rule: int
    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """A case, or a past decision, that comes out otherwise."""

    text: ShownText
    past: bool
    reasons: tuple[ShownText, ...] = ()


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of a rule: from when it holds, who wrote and approved it. ``holds``: at the moment shown."""

    name: str
    since: datetime | None
    until: datetime | None
    author: str
    approver: str
    signed_at: datetime | None
    approved_at: datetime | None
    note: str
    hash: str
    change: str
    holds: bool
    coming: bool
    withdraw: Permission = field(default_factory=lambda: Permission(False))


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A draft on its way, or what became of it."""

    id: str
    state: ChangeStateName
    author: str
    begun_at: datetime
    saved_at: datetime
    signed_at: datetime | None
    note: str
    mine: bool


@dataclass(frozen=True, slots=True)
class ChecksView:
    """The figures that a signature stands under; ``past`` of ``past_kept`` decisions could be replayed."""

    problems: tuple[ShownText, ...]
    findings: int
    cases: int
    failed: int
    past: int
    past_kept: int
    outcomes: tuple[OutcomeRow, ...]
    clean: bool


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A draft with everything that its author and its approver need to see."""

    row: ChangeRow
    hash: str
    revision: int
    editable: bool
    differences: tuple[DifferenceRow, ...]
    checks: ChecksView
    signed_checks: Mapping[str, int]
    write: Permission
    approve: Permission
    withdraw: Permission
    base: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """Something a model decides, takes in or knows, with the ids of what it needs. ``rank`` 0 needs nothing;
    ``table`` is the decision table behind it, if there is one in this file; ``here``: the one on the page."""

    id: str
    name: str
    label: ShownText
    kind: RequirementKind
    rank: int
    needs: tuple[str, ...] = ()
    table: str = ""
    here: bool = False


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A version of a rule as the file it is, for a DMN editor; or all that was published, packed."""

    name: str
    content: bytes
    media_type: str = "application/xml"


@dataclass(frozen=True, slots=True)
class RuleView:
    """The page of one rule file: one of its tables, and all about it."""

    scenario: str
    scenario_name: ShownText
    rule: str
    file: str
    title: ShownText
    description: str
    department: ShownText
    as_of: datetime
    tables: tuple[str, ...]
    grid: Grid
    version: VersionRow
    versions: tuple[VersionRow, ...]
    trial: Trial
    cases: tuple[CaseRow, ...]
    findings: tuple[FindingRow, ...]
    unread: tuple[str, ...]
    complete: bool
    drafts: tuple[ChangeRow, ...]
    write: Permission
    change: ChangeView | None = None
    against: str | None = None
    differences: tuple[DifferenceRow, ...] = ()
    outcomes: tuple[OutcomeRow, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    past: tuple[PastRow, ...] | None = None
    uses: tuple[ShownText, ...] = ()
    decisions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleAsk:
    """What is to be shown of a rule: which table, version and other version, tried with which inputs."""

    table: str = ""
    version: str | None = None
    against: str | None = None
    given: Mapping[str, str] | None = None
    past: bool = False


@dataclass(frozen=True, slots=True)
class RuleEdit:
    """One edit of a table, as it was typed."""

    kind: EditKind
    rule: int = 0
    part: CellPart = "input"
    column: int = 0
    text: str = ""
    to: int = 0


@dataclass(frozen=True, slots=True)
class CellCheck:
    """Whether a cell's text can stand: what is wrong, where (from 0, in characters), what to do."""

    ok: bool
    message: ShownText = NO_TEXT
    position: int = 0
