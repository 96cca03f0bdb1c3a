"""What grading speaks about: samples of columns, what they hold, how grave that is. Frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text


class Grade(StrEnum):
    """Levels of GB/T 43697-2024: general data in four of its own (Annex H), important, core; the last is
    highest.
    """

    GENERAL_1 = "general-1"
    GENERAL_2 = "general-2"
    GENERAL_3 = "general-3"
    GENERAL_4 = "general-4"
    IMPORTANT = "important"
    CORE = "core"

    @property
    def rank(self) -> int:
        """1 for the lowest, 6 for core data."""
        return _RANKS[self.value]

    @property
    def label(self) -> Text:
        """The name on screen."""
        return GRADE_LABELS[self]

    @classmethod
    def of_rank(cls, rank: int) -> Grade:
        """The grade of a rank from 1 to 6; ranks beyond are taken as the nearest."""
        return list(cls)[min(max(rank, 1), len(_RANKS)) - 1]

    @classmethod
    def highest(cls, grades: list[Grade]) -> Grade:
        """就高從嚴: the highest wins. Of nothing, the lowest."""
        return max(grades, key=lambda grade: grade.rank, default=cls.GENERAL_1)


_RANKS = {"general-1": 1, "general-2": 2, "general-3": 3, "general-4": 4, "important": 5, "core": 6}
GRADE_LABELS: Mapping[Grade, Text] = {
    Grade.GENERAL_1: Text("general data, level 1", "一般数据1级", "一般數據1級"),
    Grade.GENERAL_2: Text("general data, level 2", "一般数据2级", "一般數據2級"),
    Grade.GENERAL_3: Text("general data, level 3", "一般数据3级", "一般數據3級"),
    Grade.GENERAL_4: Text("general data, level 4", "一般数据4级", "一般數據4級"),
    Grade.IMPORTANT: Text("important data", "重要数据", "重要數據"),
    Grade.CORE: Text("core data", "核心数据", "核心數據"),
}


@dataclass(frozen=True, slots=True)
class ColumnSample:
    """Values of a column as they were read. ``rows`` counts the whole column, the rest the sample."""

    name: str
    values: tuple[str, ...]  # distinct, in the order met
    counts: tuple[int, ...]  # how often each occurs in the sample
    rows: int
    nulls: int = 0


@dataclass(frozen=True, slots=True)
class Classification:
    """What a column holds. ``category`` is "" where nothing known was found.

    ``also`` has what else occurs among or within its values, with the share of values; ``masked`` is the
    share of values that were masked already; ``crs`` is told for coordinates only.
    """

    column: str
    category: str
    confidence: float
    reason: Reason
    also: tuple[tuple[str, float], ...] = ()
    masked: float = 0.0
    crs: str = ""
    by_steward: bool = False
    machine: Classification | None = None  # what was found before a steward said otherwise

    @property
    def unsure(self) -> bool:
        """Whether a person should look at it."""
        return self.confidence < UNSURE_BELOW

    def as_dict(self) -> dict[str, Any]:
        """For APIs and the journal."""
        told = {
            "column": self.column,
            "category": self.category,
            "confidence": round(self.confidence, 3),
            "reason": self.reason.as_dict(),
            "also": [{"category": name, "share": round(share, 4)} for name, share in self.also],
            "masked": round(self.masked, 3),
            "crs": self.crs,
            "by_steward": self.by_steward,
        }
        return told | ({"machine": self.machine.as_dict()} if self.machine else {})

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Classification:
        """The inverse of :meth:`as_dict`."""
        return cls(
            told["column"],
            told["category"],
            told["confidence"],
            Reason.from_dict(told["reason"]),
            tuple((also["category"], also["share"]) for also in told["also"]),
            told["masked"],
            told["crs"],
            told["by_steward"],
            cls.from_dict(told["machine"]) if told.get("machine") else None,
        )


UNSURE_BELOW = 0.7


@dataclass(frozen=True, slots=True)
class Graded:
    """A grade with the reasons that led to it, the deciding one first."""

    subject: str
    grade: Grade
    reasons: tuple[Reason, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For APIs and the journal."""
        return {
            "subject": self.subject,
            "grade": self.grade.value,
            "label": self.grade.label.as_dict(),
            "reasons": [reason.as_dict() for reason in self.reasons],
            "attributes": dict(self.attributes),
        }
