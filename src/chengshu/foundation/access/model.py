"""Who may do what: persons with grants, things with scopes, decisions with reasons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from chengshu.foundation.journal import Actor
from chengshu.kernel.errors import ChengshuError
from chengshu.kernel.reasons import Reason

ROLES = ("viewer", "crew", "operator", "lead", "duty_officer", "commander", "auditor", "administrator")
ACTIONS = (
    "view",
    "acknowledge_warning",
    "claim_task",
    "complete_task",
    "accept_work_order",
    "report_work_order",
    "assign_work_order",
    "close_event",
    "edit_settings",
    "edit_rules",
    "approve_rules",
    "share_data",
    "grade_data",
    "label_data",
    "propose_deletion",
    "confirm_deletion",
    "administer",
)
ANY = "*"
_UNSAID = "?"


class TooMany(ChengshuError):
    """Too many attempts; ``extra['retry_at']`` says when to try again."""

    status: ClassVar[int] = 429
    title: ClassVar[str] = "Too many attempts"


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A role, in a department (or all: ``*``) and in an area with everything below it (or all: ``*``)."""

    role: str
    department: str = ANY
    area: str = ANY

    def scopes(self) -> tuple[str, ...]:
        """The scopes this grant covers: also of things that name no department, or no area."""
        return tuple(
            f"{department}@{area}"
            for department in (self.department, _UNSAID)
            for area in (self.area, _UNSAID)
        )


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with an account. ``unit``: the crew or vehicle entity the person belongs to."""

    id: str
    login: str
    name: str
    grants: tuple[Grant, ...] = ()
    unit: str = ""
    language: str = ""
    disabled: bool = False

    @property
    def actor(self) -> Actor:
        """The person as the journal names it."""
        return Actor(self.id, self.name)

    @property
    def roles(self) -> tuple[str, ...]:
        """Each role once."""
        return tuple(sorted({grant.role for grant in self.grants}))

    @property
    def departments(self) -> tuple[str, ...]:
        """The departments of the grants; ``*`` for all."""
        return tuple(sorted({grant.department for grant in self.grants}))

    def as_dict(self) -> dict[str, Any]:
        """The form in journal and API: nothing secret."""
        return {
            "id": self.id,
            "login": self.login,
            "name": self.name,
            "unit": self.unit,
            "language": self.language,
            "disabled": self.disabled,
            "grants": [{"role": g.role, "department": g.department, "area": g.area} for g in self.grants],
        }


@dataclass(frozen=True, slots=True)
class Resource:
    """What something is to be done to. ``areas``:
    the area's own id and its parents' (see AreaTree.ancestors).
    """

    kind: str
    id: str = ""
    department: str = ""
    areas: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    assignee: str = ""
    handlers: tuple[str, ...] = ()

    def scopes(self) -> tuple[str, ...]:
        """Every scope whose holder is responsible for it."""
        departments: Sequence[str] = (self.department, ANY) if self.department else (_UNSAID,)
        areas: Iterable[str] = (*self.areas, ANY) if self.areas else (_UNSAID,)
        return tuple(f"{department}@{area}" for department in departments for area in areas)


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether it is allowed, why, and the ids of the policies that decided."""

    allowed: bool
    reason: Reason
    policies: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True, slots=True)
class Opened:
    """A fresh session. ``token`` goes into an HttpOnly cookie and is stored only as a hash;
    ``csrf`` into forms.
    """

    token: str
    csrf: str
    person: Person
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A living session."""

    person: Person
    csrf: str
    opened_at: datetime
    expires_at: datetime
