"""What the rule book keeps: a version of a rule, a change on its way, the signatures under it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any


class ChangeState(StrEnum):
    """Where a change stands. Only a published one ever decides anything."""

    DRAFT = "draft"
    SIGNED = "signed"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Signature:
    """Who put their name under a text, and when. ``policies`` are the ids of those that allowed it."""

    person: str
    name: str
    at: datetime
    policies: str = ""


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A change of a rule file: its text, who wrote it, who signed it, and from when it holds.

    ``file`` is the rule's name within its scenario (``rules/severity.dmn``), ``base`` the number of the
    newest publication it was written on (0: the files), ``number`` its own once published. ``checks`` is
    what the author saw when signing. ``revision`` counts the savings.
    """

    id: str
    scenario: str
    file: str
    state: ChangeState
    data: bytes
    author: str
    author_name: str
    begun_at: datetime
    saved_at: datetime
    base: int = 0
    number: int = 0
    revision: int = 1
    note: str = ""
    checks: Mapping[str, Any] = field(default_factory=dict)
    signed: Signature | None = None
    approved: Signature | None = None
    valid_from: datetime | None = None
    withdrawn: Signature | None = None

    @property
    def hash(self) -> str:
        """SHA-256 of the text: what the signatures are about."""
        return digest(self.data)


@dataclass(frozen=True, slots=True)
class Version:
    """A text of a rule that holds from ``since`` on (None: from the beginning), before ``until`` if set.

    ``name`` is empty for a plain file, the day for a dated file, the number for a publication.
    """

    name: str
    data: bytes
    path: Path
    since: datetime | None = None
    until: datetime | None = None
    change: RuleChange | None = None

    @property
    def hash(self) -> str:
        """SHA-256 of the text."""
        return digest(self.data)


@dataclass(frozen=True, slots=True)
class KeptCase:
    """A past decision kept as a case: inputs, and what was decided then. ``seq`` is its journal line."""

    id: str
    scenario: str
    file: str
    decision: str
    name: str
    given: Mapping[str, Any]
    then: Any
    seq: int
    person: str
    person_name: str
    kept_at: datetime


def digest(data: bytes) -> str:
    """SHA-256 as hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
