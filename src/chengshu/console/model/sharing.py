"""What the pages of data sharing show: the desk with its clocks, one request, grants in use, the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from chengshu.console.model.common import ALLOWED, NO_TEXT, Permission, ShownReason, ShownText, TimelineItem

SharingState = Literal[
    "incomplete",
    "review",
    "granted",
    "refused",
    "objection",
    "supplied",
    "in_use",
    "suspended",
    "ended",
    "expired",
    "revoked",
    "withdrawn",
]
SharingAct = Literal[
    "complete",
    "withdraw",
    "missing",
    "extend",
    "grant",
    "refuse",
    "object",
    "uphold",
    "reject",
    "supply",
    "suspend",
    "restore",
    "revoke",
    "end",
    "destroyed",
]
DeskScope = Literal["waiting", "asked", "provided", "all"]
ClockKind = Literal["answer", "supply", "objection", "destroy", "catalogue", "correction"]
ClockState = Literal["runs", "stands", "done"]
Treatment = Literal["show", "generalise", "mask", "tokenise", "withhold"]
Manner = Literal["query", "api", "file"]
Outcome = Literal["answered", "denied", "blocked"]
MissingItem = Literal["fields", "purpose", "basis", "duration", "recipients", "assessment", "other"]


@dataclass(frozen=True, slots=True)
class ClockRow:
    """A period in working days. ``left`` is negative when it ran out, then days overdue."""

    kind: ClockKind
    owner: ShownText
    title: ShownText
    address: str
    days: int
    left: int
    state: ClockState
    overdue: bool
    due: datetime | None = None
    extended: bool = False

    @property
    def spent(self) -> float:
        """The share of the period that is spent, 0 to 1."""
        return 1.0 if self.left < 0 else max(0.0, 1 - self.left / self.days)


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request in a list. ``waits``: whether it waits for the person; ``clock``: the most urgent."""

    id: str
    title: ShownText
    applicant: ShownText
    provider: ShownText
    purpose: str
    state: SharingState
    submitted_at: datetime
    waits: bool = False
    waits_for: ShownText = NO_TEXT
    clock: ClockRow | None = None


@dataclass(frozen=True, slots=True)
class DeskView:
    """The desk as one person sees it. ``departments`` are those the person acts for; ``older``: the last
    id shown when there are more.
    """

    scope: DeskScope
    rows: tuple[RequestRow, ...]
    clocks: tuple[ClockRow, ...]
    departments: tuple[ShownText, ...]
    waiting: int
    sees_record: bool = False
    at_counter: bool = False
    older: str = ""


@dataclass(frozen=True, slots=True)
class FieldShown:
    """A field and how its values are, or would be, shown."""

    name: str
    title: ShownText
    category: ShownText
    grade: ShownText
    treatment: Treatment
    reason: ShownReason | None = None


@dataclass(frozen=True, slots=True)
class AskGiven:
    """A request as it was filled in. ``programs``: names of programs, separated by commas."""

    department: str = ""
    fields: tuple[str, ...] = ()
    rows: str = ""
    purpose: str = ""
    basis: str = ""
    duration: str = ""
    recipients: tuple[str, ...] = ()
    programs: str = ""
    manner: str = "query"
    reader: str = "official"
    assessment: str = ""
    consent: bool = False


@dataclass(frozen=True, slots=True)
class SourcePolicy:
    """What the source class of an entry asks of sharing it, by which rule. ``floor``: the mildest way in
    which values that tell who somebody is are shown.
    """

    source_class: str
    reason: ShownReason
    review: bool = False
    agreement: bool = False
    assessment: bool = False
    floor: Treatment = "show"


@dataclass(frozen=True, slots=True)
class AskForm:
    """The form of a request for one entry; ``told`` is what an incomplete one lacked."""

    resource: str
    title: ShownText
    provider: ShownText
    sharing: str
    condition: str
    fields: tuple[FieldShown, ...]
    departments: tuple[tuple[str, ShownText], ...]
    everybody: tuple[tuple[str, ShownText], ...]
    given: AskGiven
    ask: Permission = ALLOWED
    completes: str = ""
    told: tuple[tuple[str, ShownText], ...] = ()
    policy: SourcePolicy | None = None


@dataclass(frozen=True, slots=True)
class ActView:
    """Something the person may do now, and what will follow."""

    act: SharingAct
    effect: ShownText


@dataclass(frozen=True, slots=True)
class NextBy:
    """What others may do next."""

    department: ShownText
    acts: tuple[SharingAct, ...]


@dataclass(frozen=True, slots=True)
class UseRow:
    """One use, or attempt, of the record."""

    seq: int
    at: datetime
    who: str
    department: ShownText
    title: ShownText
    request: str
    purpose: str
    manner: Manner
    fields: tuple[str, ...]
    filter: str
    rows: int
    outcome: Outcome
    reason: ShownReason | None = None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class GrantView:
    """A grant. ``answers``: whether it gives rows now to this person; ``why_not`` in words."""

    id: str
    request: str
    title: ShownText
    provider: ShownText
    applicant: ShownText
    purpose: str
    state: SharingState
    manner: Manner
    fields: tuple[FieldShown, ...]
    rows: str
    rows_per_use: int
    rows_per_day: int
    conditions: str
    place: str
    starts: datetime | None
    ends: datetime | None
    answers: bool = False
    why_not: ShownText = NO_TEXT
    agreement: str = ""


@dataclass(frozen=True, slots=True)
class Destroyed:
    """The proof that received data are gone."""

    at: datetime
    how: str
    witness: str
    digest: str


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request with all that became of it, and what may be done now."""

    row: RequestRow
    resource: str
    given: AskGiven
    recipients: tuple[ShownText, ...]
    sharing: str
    fields: tuple[FieldShown, ...]
    told: tuple[tuple[str, ShownText], ...]
    reuse: tuple[tuple[str, str], ...]
    decision: ShownReason | None
    law: str
    objected: str
    grant: GrantView | None
    acts: tuple[ActView, ...]
    others: tuple[NextBy, ...]
    clocks: tuple[ClockRow, ...]
    history: tuple[TimelineItem, ...]
    uses: tuple[UseRow, ...]
    destroyed: Destroyed | None = None
    limits: tuple[int, int] = (0, 0)
    policy: SourcePolicy | None = None


@dataclass(frozen=True, slots=True)
class UseAsk:
    """What a person wants of a grant."""

    purpose: str
    fields: tuple[str, ...] = ()
    filter: str = ""
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class UseResult:
    """Rows as they may be seen; ``denied`` says why there are none."""

    seq: int
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    more: bool = False
    notes: tuple[ShownText, ...] = ()
    denied: ShownText | None = None


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A marked file for its recipient."""

    name: str
    content: bytes
    mark: str


@dataclass(frozen=True, slots=True)
class GrantSum:
    """How much left by one grant in a period."""

    request: str
    title: ShownText
    applicant: ShownText
    rows: int


@dataclass(frozen=True, slots=True)
class RecordView:
    """What an auditor asks of a period; ``broken`` says what does not fit the seals, empty when whole.

    ``uses`` are the newest, of ``total``.
    """

    since: datetime
    until: datetime
    outcomes: Mapping[Outcome, int]
    rows: int
    sums: tuple[GrantSum, ...]
    suspended: tuple[RequestRow, ...]
    overdue: tuple[ClockRow, ...]
    destroyed: int
    not_destroyed: tuple[RequestRow, ...]
    broken: str
    uses: tuple[UseRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class SeenRow:
    """One use of a resident's data, in plain words."""

    at: datetime
    department: ShownText
    purpose: str
    basis: str
    resource: str
    title: ShownText
    fields: tuple[tuple[str, str], ...]  # the field's name, its treatment
    consent: bool = False
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class SeenView:
    """What a resident is told, and where consent can be taken back: (entry, its name, already taken back)."""

    rows: tuple[SeenRow, ...] = ()
    consents: tuple[tuple[str, ShownText, bool], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class CodeGiven:
    """A resident's code, shown once, and until when it holds."""

    code: str
    ends_at: datetime
