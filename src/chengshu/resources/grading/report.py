"""A table, graded: what its columns hold, how grave each is, what they tell together. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from chengshu.resources.grading.classify import classify, fingerprint
from chengshu.resources.grading.feature_types import FeatureTypes, facts_of
from chengshu.resources.grading.glimpse import UNSEEN, Glimpse, glimpse
from chengshu.resources.grading.grade import PLAIN, Elements, about_persons, grade_column, grade_table
from chengshu.resources.grading.model import Classification, Graded
from chengshu.resources.grading.risk import Risk, combination_risk, quasi_identifiers
from chengshu.resources.grading.sampling import TableSample


@dataclass(frozen=True, slots=True)
class ColumnReport:
    """One column with its fingerprint, under which a steward's word about it is kept."""

    fingerprint: str
    found: Classification
    graded: Graded
    feature_type: str = ""  # what the column is to statistics, where a model for it is there
    seen: Glimpse = UNSEEN

    def as_dict(self) -> dict[str, Any]:
        """For APIs and the journal."""
        return self.found.as_dict() | {
            "fingerprint": self.fingerprint,
            "grade": self.graded.as_dict(),
            "feature_type": self.feature_type,
            "glimpse": self.seen.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class TableReport:
    """A graded table. ``day`` says whose tables were used."""

    name: str
    rows: int
    day: date
    elements: Elements
    columns: tuple[ColumnReport, ...]
    graded: Graded
    risk: Risk

    def as_dict(self) -> dict[str, Any]:
        """For APIs and ``--json``."""
        return self.about() | {"name": self.name, "columns": [column.as_dict() for column in self.columns]}

    def about(self) -> dict[str, Any]:
        """The table without its columns."""
        return {
            "rows": self.rows,
            "tables_of": self.day.isoformat(),
            "elements": asdict(self.elements),
            "grade": self.graded.as_dict(),
            "risk": self.risk.as_dict(),
        }


def grade_sample(
    name: str,
    table: TableSample,
    day: date,
    elements: Elements = PLAIN,
    *,
    learned: Mapping[str, str] | None = None,
    said: Mapping[str, str] | None = None,
    types: FeatureTypes | None = None,
) -> TableReport:
    """Grade a sampled table by the tables of ``day``; ``learned`` and ``said`` are what stewards have taught.

    Where the elements tell no number of persons and a column names some, each row counts as one person: the
    stricter reading. Raises Missing when no tables are in force on the day.
    """
    found = classify(table.columns, learned=learned, said=said)
    quasi = quasi_identifiers(found) if about_persons(found) or elements.persons else ()
    told = types.of([facts_of(sample) for sample in table.columns]) if types else [("", 0.0)] * len(found)
    columns = [
        Held(fingerprint(sample), one, kind, glimpse(sample, one.category))
        for sample, one, (kind, _) in zip(table.columns, found, told, strict=True)
    ]
    return grade_held(name, table.rows, day, elements, combination_risk(table.sample, quasi), columns)


@dataclass(frozen=True, slots=True)
class Held:
    """What a column holds, before it is graded."""

    fingerprint: str
    found: Classification
    feature_type: str = ""
    seen: Glimpse = UNSEEN


def grade_held(
    name: str, rows: int, day: date, elements: Elements, risk: Risk, columns: Sequence[Held]
) -> TableReport:
    """Grade a table of which it is known what its columns hold. Raises Missing as :func:`grade_sample`."""
    persons = about_persons([column.found for column in columns])
    counted = replace(elements, persons=rows) if persons and elements.persons == 0 else elements
    graded = [
        ColumnReport(
            column.fingerprint,
            column.found,
            grade_column(column.found, day, persons=persons, sector=elements.sector),
            column.feature_type,
            column.seen,
        )
        for column in columns
    ]
    table = grade_table(name, [column.graded for column in graded], counted, day, risk)
    return TableReport(name, rows, day, elements, tuple(graded), table, risk)
