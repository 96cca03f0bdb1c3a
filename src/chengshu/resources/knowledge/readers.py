"""Who may read which document: open ones everybody, those of one's own department, others by grade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chengshu.resources.grading.model import Grade
from chengshu.resources.ledger import Resource

_UNGRADED = Grade.GENERAL_3  # until somebody grades it, a document is read as if it were this grave
PROGRAM = Grade.GENERAL_2  # programs with a token
CLEARANCES: Mapping[str, Grade] = {
    "viewer": Grade.GENERAL_2,
    "crew": Grade.GENERAL_2,
    "operator": Grade.GENERAL_3,
    "lead": Grade.GENERAL_3,
    "duty_officer": Grade.GENERAL_3,
    "commander": Grade.GENERAL_4,
    "administrator": Grade.GENERAL_4,
    "auditor": Grade.IMPORTANT,
}
"""The highest grade a role reads of other departments' documents. Core data nobody outside the department."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who asks. ``clearance`` None: a stranger, who sees what is open."""

    clearance: Grade | None = None
    departments: frozenset[str] = frozenset()

    @classmethod
    def of(cls, roles: Iterable[str], departments: Iterable[str]) -> Reader:
        """The reader a person with these roles in these departments (``*``: none of its own) is."""
        known = [CLEARANCES[role] for role in roles if role in CLEARANCES]
        return cls(Grade.highest(known) if known else None, frozenset(departments) - {"*", ""})


STRANGER = Reader()


def may_read(item: Resource, reader: Reader) -> bool:
    """Whether the reader sees a document, its passages, and that there is one at all."""
    if item.state == "retired":
        return False
    if item.open or (item.provider and item.provider in reader.departments):
        return True
    grade = Grade(item.grade) if item.grade in {*Grade} else _UNGRADED
    return reader.clearance is not None and grade.rank <= reader.clearance.rank
