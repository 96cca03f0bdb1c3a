"""What the page of people, programs and keys shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chengshu.console.model.common import Permission, ShownText

SecretKind = Literal["link", "token", "key"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose in a form."""

    key: str
    name: ShownText


@dataclass(frozen=True, slots=True)
class GrantLine:
    """A role with where it holds; ``key`` names it in the form that takes it away."""

    key: str
    role: str
    department: ShownText
    area: ShownText


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A person's account. ``own``: it is that of who looks; ``waits``: no password is set yet."""

    id: str
    login: str
    name: str
    grants: tuple[GrantLine, ...]
    unit: ShownText
    disabled: bool
    own: bool
    waits: bool


@dataclass(frozen=True, slots=True)
class ProgramRow:
    """A program with a token."""

    name: str
    rights: tuple[str, ...]
    tenants: tuple[str, ...]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A source that may push, and how many of its keys are valid."""

    source: str
    title: ShownText
    keys: int


@dataclass(frozen=True, slots=True)
class AccessView:
    """Who may come in. ``edit``: whether the person may change it."""

    people: tuple[AccountRow, ...]
    programs: tuple[ProgramRow, ...]
    keys: tuple[KeyRow, ...]
    roles: tuple[str, ...]
    rights: tuple[str, ...]
    departments: tuple[Choice, ...]
    areas: tuple[Choice, ...]
    units: tuple[Choice, ...]
    edit: Permission


@dataclass(frozen=True, slots=True)
class Secret:
    """What is shown once: a link (path) for a person, a program's token, a source's key."""

    kind: SecretKind
    of: str
    text: str
