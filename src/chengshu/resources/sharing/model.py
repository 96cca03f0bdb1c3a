"""What sharing speaks about: requests and their grants, clocks, uses, corrections. Frozen.

Source: 政務數據共享條例 (in force from 2025-08-01). Moments are milliseconds UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

Manner = Literal["query", "api", "file"]
MANNERS: tuple[Manner, ...] = Manner.__args__  # type: ignore[attr-defined]
ASKING_READERS = ("official", "analyst")  # roles of the protection table in which others' data may be read
State = Literal[
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
OPEN_STATES: frozenset[str] = frozenset(["supplied", "in_use"])  # the states in which a grant answers
OVER: frozenset[str] = frozenset(["ended", "expired", "revoked"])  # the states that oblige to destroy

TRANSITIONS: Mapping[str, frozenset[str]] = {
    "": frozenset(["incomplete", "review", "granted", "refused"]),
    "incomplete": frozenset(["review", "granted", "refused", "withdrawn"]),
    "review": frozenset(["incomplete", "granted", "refused", "withdrawn"]),
    "refused": frozenset(["objection"]),
    "objection": frozenset(["granted", "refused", "withdrawn"]),
    "granted": frozenset(["supplied", "revoked", "ended", "expired"]),
    "supplied": frozenset(["in_use", "suspended", "ended", "expired", "revoked"]),
    "in_use": frozenset(["suspended", "ended", "expired", "revoked"]),
    "suspended": frozenset(["in_use", "ended", "expired", "revoked"]),
}
"""Which state may follow which; from "" begins a request. What is not here cannot happen."""


class Party(msgspec.Struct, frozen=True):
    """A person acting for a department."""

    person: str
    department: str
    name: str = ""


class Ask(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is asked for. ``rows`` is a FEEL expression over the resource's fields, empty for every row.

    ``duration`` is an ISO 8601 duration from the day of supply; ``recipients`` are departments or persons;
    ``consent`` says that it rests on the consent of the persons concerned (個人信息保護法 13), so that who
    withdraws it is left out from then on; duties set by law need none.
    ``assessment`` refers to the risk assessment that important data need (網絡數據安全管理條例 31).
    """

    resource: str
    fields: tuple[str, ...] = ()
    rows: str = ""
    purpose: str = ""
    basis: str = ""
    duration: str = ""
    recipients: tuple[str, ...] = ()
    manner: str = "query"
    reader: str = "official"
    assessment: str = ""
    consent: bool = False


class GrantedField(msgspec.Struct, frozen=True):
    """A field of a grant, and how its values are shown: the kinds of grading's protection table."""

    name: str
    category: str
    grade: str
    treatment: str
    reason: dict[str, Any]


class Grant(msgspec.Struct, frozen=True, omit_defaults=True):
    """What may be had: never more than was asked. ``starts_at``, ``ends_at`` are 0 until it is supplied;
    ``agreement`` names that of the firm or body whose data they are, where the grant rests on one.
    """

    id: str
    fields: tuple[GrantedField, ...]
    rows: str
    rows_per_use: int
    rows_per_day: int
    conditions: str = ""
    starts_at: int = 0
    ends_at: int = 0
    place: str = ""
    agreement: str = ""

    def names(self) -> tuple[str, ...]:
        """The granted fields that are not withheld."""
        return tuple(field.name for field in self.fields if field.treatment != "withhold")


class Destruction(msgspec.Struct, frozen=True):
    """What proves that received data are gone: how, by whom, who saw it, and a digest of the protocol."""

    at: int
    by: str
    how: str
    witness: str
    digest: str


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request and all that became of it.

    ``told`` has what was missing when the applicant was told, once (條例: 一次性告知). ``reason`` is that of
    the last decision; ``reuse`` names grants and entries that may already serve.
    """

    id: str
    by: Party
    ask: Ask
    provider: str
    state: State
    sharing: str
    submitted_at: int
    version: int = 1
    told: tuple[dict[str, Any], ...] = ()
    told_at: int = 0
    reason: dict[str, Any] = {}
    reuse: tuple[str, ...] = ()
    refusals: int = 0
    objected: str = ""
    grant: Grant | None = None
    destruction: Destruction | None = None

    @property
    def grant_id(self) -> str:
        """The grant's id, or empty."""
        return self.grant.id if self.grant else ""


def recipients(request: Request) -> frozenset[str]:
    """Who may use it: departments, persons, and programs as ``client:NAME``."""
    return frozenset(name.strip() for name in request.ask.recipients) - {""}


class Step(msgspec.Struct, frozen=True):
    """One step of a request's life."""

    request: str
    number: int
    at: int
    actor: str
    what: str
    before: str
    after: str
    reason: dict[str, Any]


ClockKind = Literal["answer", "supply", "objection", "destroy", "catalogue", "correction"]


class StatutoryClock(msgspec.Struct, frozen=True):
    """A period in working days that somebody has.

    ``used`` are the days spent before ``started_at`` (a clock that stood still goes on where it was).
    ``due_at`` is 0 while it stands still; ``ended_at`` 0 while it is not done; ``warn_at``, when its owner is
    told that it ends soon, is 0 where that is done or the period is too short for it.
    """

    subject: str
    kind: str
    owner: str
    days: int
    used: int
    started_at: int
    due_at: int
    extended: bool = False
    escalated_at: int = 0
    ended_at: int = 0
    warn_at: int = 0

    @property
    def running(self) -> bool:
        """Whether days are counted now."""
        return self.due_at > 0 and self.ended_at == 0


Outcome = Literal["answered", "denied", "blocked"]


class Use(msgspec.Struct, frozen=True, omit_defaults=True):
    """One use, or attempt: who, when, what, how many rows, what for. Kept three years at least.

    ``filter`` and ``fields`` are as asked; ``mark`` says which watermark an export carries.
    """

    seq: int
    grant: str
    request: str
    resource: str
    at: int
    person: str
    department: str
    purpose: str
    manner: str
    fields: tuple[str, ...]
    filter: str
    rows: int
    outcome: Outcome
    reason: dict[str, Any] = {}
    mark: str = ""
    digest: str = ""


class Correction(msgspec.Struct, frozen=True):
    """Somebody says that a shared datum is wrong (數據校核); decided in working days, with a reason.

    ``record`` is a key the provider understands, or a resident's token. ``field`` is empty for a whole row.
    ``evidence`` says what shows it; ``department`` and ``grant`` by what right it was seen, empty for
    residents; ``told`` the departments that were told of the decision.
    """

    id: str
    resource: str
    provider: str
    by: str
    record: str
    field: str
    claim: str
    at: int
    state: Literal["open", "corrected", "declined"] = "open"
    reason: str = ""
    decided_by: str = ""
    decided_at: int = 0
    evidence: str = ""
    department: str = ""
    grant: str = ""
    told: tuple[str, ...] = ()
