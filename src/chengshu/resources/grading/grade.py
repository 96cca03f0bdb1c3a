"""Grades of columns and tables by the tables of a day: industry field, attribute, harm, matrix; 就高從嚴."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chengshu.kernel.errors import Invalid
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.resources.grading.declared import catalogue
from chengshu.resources.grading.model import Classification, Grade, Graded
from chengshu.resources.grading.risk import Risk
from chengshu.resources.grading.rulebook import rulings

_PERSONS = frozenset(
    [
        "person_name",
        "identity_number",
        "passport",
        "hk_macao_permit",
        "taiwan_permit",
        "birth_date",
        "bank_card",
    ]
)
_MOSTLY = 0.9  # share of masked values from which a column counts as masked


@dataclass(frozen=True, slots=True)
class Elements:
    """What grading looks at beyond the columns (GB/T 43697: field, group, region, precision, scale, depth
    …).

    ``persons`` is how many people the data are about, ``coverage`` one of district, city, province, nation,
    ``precision`` precise, coarse or aggregate, ``depth`` raw, derived or insight, ``importance`` ordinary,
    key, catalogued or core, ``group`` minors or "".
    """

    sector: str = ""
    persons: int = 0
    coverage: str = "city"
    precision: str = "precise"
    depth: str = "raw"
    importance: str = "ordinary"
    group: str = ""

    def __post_init__(self) -> None:
        """Raises Invalid for a word that no table knows: a slip must not lower a grade."""
        for name, words in _WORDS.items():
            if getattr(self, name) not in words:
                raise Invalid(
                    "element-unknown",
                    f"{getattr(self, name)!r} is no {name}",
                    where=name,
                    remedy=f"use one of: {', '.join(word or 'nothing' for word in words)}",
                )
        if self.persons < 0:
            raise Invalid("element-unknown", "fewer than no persons", where="persons", remedy="0 for unknown")


_WORDS = {
    "coverage": ("district", "city", "province", "nation"),
    "precision": ("precise", "coarse", "aggregate"),
    "depth": ("raw", "derived", "insight"),
    "importance": ("ordinary", "key", "catalogued", "core"),
    "group": ("", "minors"),
}
PLAIN = Elements()
"""Nothing known beyond the columns."""


def about_persons(columns: Sequence[Classification]) -> bool:
    """Whether a table is about persons: some column names one."""
    return any(column.category in _PERSONS for column in columns)


def attribute_of(column: Classification, *, persons: bool, sector: str, day: date) -> dict[str, object]:
    """The category of GB/T 43697: field of industry, then attribute of business, each with the rule's id."""
    field = rulings(day, "industry field", {"sector": sector})[0]
    attribute = rulings(day, "business attribute", {"category": column.category, "about persons": persons})[0]
    return {
        "field": field.value["field"],
        "field_label": field.reason.text.as_dict(),
        "attribute": attribute.value["attribute"],
        "attribute_label": attribute.reason.text.as_dict(),
        "subject": attribute.value["subject"],
        "rules": [field.reason.rule, attribute.reason.rule],
    }


def grade_column(column: Classification, day: date, *, persons: bool, sector: str = "") -> Graded:
    """The grade of a column: of what it holds and of whatever else occurs in it; the highest wins.

    Raises Missing when no tables are in force on the day.
    """
    masked = column.masked >= _MOSTLY
    found = [_harm(column.category, day, masked=masked, persons=persons, unsure=column.unsure)]
    for category, share in column.also:
        grade, reasons = _harm(category, day, masked=False, persons=True, unsure=False)
        label = catalogue().categories[category].label
        found.append((grade, (_beside(label, share, reasons[0]), *reasons[1:])))
    grade, reasons = _strictest(found)
    attributes = attribute_of(column, persons=persons, sector=sector, day=day)
    return Graded(column.column, grade, (*reasons, column.reason), attributes)


def grade_table(
    name: str, columns: Sequence[Graded], elements: Elements, day: date, risk: Risk | None = None
) -> Graded:
    """The grade of a table: the highest of its columns, of what they tell together, and of its elements.

    Raises Missing when no tables are in force on the day.
    """
    highest = Grade.highest([column.grade for column in columns])
    given = {
        "persons": elements.persons,
        "highest": highest.rank,
        "unique share": risk.unique_share if risk else 0,
        "precision": elements.precision,
        "coverage": elements.coverage,
        "depth": elements.depth,
        "importance": elements.importance,
        "group": elements.group,
    }
    found: list[tuple[Grade, tuple[Reason, ...]]] = []
    for column in columns:
        if column.grade == highest:
            text = _OF_COLUMN.fill(column=column.subject)
            found.append(
                (highest, (Reason("table.columns", text, {"column": column.subject}), *column.reasons[:2]))
            )
            break
    for ruling in rulings(day, "table harms", given):
        extra = (risk.reason,) if risk and risk.columns and "singled_out" in ruling.reason.rule else ()
        grade, matrix = _graded(ruling.value["object"], ruling.value["degree"], day)
        found.append((grade, (ruling.reason, matrix, *extra)))
    grade, reasons = _strictest(found)
    return Graded(name, grade, reasons, {"highest_column": highest.value, "persons": elements.persons})


def _harm(
    category: str, day: date, *, masked: bool, persons: bool, unsure: bool
) -> tuple[Grade, tuple[Reason, ...]]:
    given = {"category": category, "masked": masked, "about persons": persons, "unsure": unsure}
    ruling = rulings(day, "harm", given)[0]
    grade, matrix = _graded(ruling.value["object"], ruling.value["degree"], day)
    return grade, (ruling.reason, matrix)


def _graded(harmed: str, degree: str, day: date) -> tuple[Grade, Reason]:
    ruling = rulings(day, "matrix", {"object": harmed, "degree": degree})[0]
    return Grade(ruling.value), ruling.reason


def _strictest(found: Sequence[tuple[Grade, tuple[Reason, ...]]]) -> tuple[Grade, tuple[Reason, ...]]:
    """The highest grade with its reasons; then the first reason of each that stayed below."""
    if not found:
        return Grade.GENERAL_1, (Reason("table.empty", _NO_COLUMN),)
    best = max(range(len(found)), key=lambda at: (found[at][0].rank, -at))
    rest = tuple(reasons[0] for at, (_, reasons) in enumerate(found) if at != best)
    return found[best][0], (*found[best][1], *rest)


def _beside(label: Text, share: float, reason: Reason) -> Reason:
    text = Text(
        f"{share:.1%} of the values hold {label.en}: {reason.text.en}",
        f"{share:.1%} 的取值含{label.zh_hans}：{reason.text.zh_hans}",
        f"{share:.1%} 的取值含{label.zh_hant}：{reason.text.zh_hant}",
    )
    return Reason(reason.rule, text, {**reason.inputs, "share": round(share, 4)})


_OF_COLUMN = Text(
    "the strictest column is «{column}»", "级别最高的列为“{column}”", "級別最高的欄為「{column}」"
)
_NO_COLUMN = Text("the table has no column", "该表没有列", "該表沒有欄")
