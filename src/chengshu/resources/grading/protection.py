"""How a reader sees a column: shown, masked, generalised, tokenised or withheld, by grade and role (a
table).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chengshu.kernel.errors import Invalid
from chengshu.kernel.reasons import Reason
from chengshu.resources.grading.generalising import generalise
from chengshu.resources.grading.masking import mask
from chengshu.resources.grading.model import Grade
from chengshu.resources.grading.rulebook import rulings
from chengshu.resources.grading.tokens import tokenise

READERS = ("owner", "steward", "official", "analyst", "public")
_KINDS = {
    "birth_date": "date",
    "date": "date",
    "timestamp": "date",
    "region_code": "region",
    "longitude": "coordinate",
    "latitude": "coordinate",
    "coordinates": "coordinate",
    "person_name": "text",
    "address": "text",
    "organisation": "text",
    "place": "text",
    "": "text",
}


@dataclass(frozen=True, slots=True)
class Treatment:
    """show, mask, generalise, tokenise or withhold, and why."""

    kind: str
    reason: Reason


def treatment_for(reader: str, grade: Grade, category: str, day: date) -> Treatment:
    """What the tables of a day say. Raises Invalid for an unknown role, Missing for a day without tables."""
    if reader not in READERS:
        raise Invalid(
            "reader-unknown",
            f"there is no reader {reader!r}",
            where="reader",
            remedy=f"use one of: {', '.join(READERS)}",
        )
    kind = _KINDS.get(category, "identifier")
    ruling = rulings(day, "protection", {"reader": reader, "rank": grade.rank, "kind": kind})[0]
    return Treatment(str(ruling.value["treatment"]), ruling.reason)


def treated(
    values: Sequence[str | None], category: str, treatment: Treatment, *, key: bytes = b""
) -> list[str | None] | None:
    """The values as the reader sees them; None for a column that is withheld. Gaps stay gaps.

    Raises Invalid when tokens are asked for without a key.
    """
    if treatment.kind == "withhold":
        return None
    if treatment.kind == "show":
        return list(values)
    return [None if value is None else _one(value, category, treatment.kind, key) for value in values]


def _one(value: str, category: str, kind: str, key: bytes) -> str:
    if kind == "generalise":
        return generalise(value, category)
    return tokenise(value, category, key) if kind == "tokenise" else mask(value, category)
