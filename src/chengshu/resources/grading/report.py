"""A table, graded: what its columns hold, how grave each is, what they tell together. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chengshu.resources.grading.classify import classify, fingerprint
from chengshu.resources.grading.feature_types import FeatureTypes, facts_of
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


@dataclass(frozen=True, slots=True)
class TableReport:
    """A graded table. ``day`` says whose tables were used."""

    name: str
    rows: int
    day: date
    columns: tuple[ColumnReport, ...]
    graded: Graded
    risk: Risk

    def as_dict(self) -> dict[str, Any]:
        """For APIs and ``--json``."""
        return {
            "name": self.name,
            "rows": self.rows,
            "tables_of": self.day.isoformat(),
            "grade": self.graded.as_dict(),
            "risk": dict(self.risk.reason.inputs),
            "columns": [
                column.found.as_dict()
                | {
                    "fingerprint": column.fingerprint,
                    "grade": column.graded.as_dict(),
                    "feature_type": column.feature_type,
                }
                for column in self.columns
            ],
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
    persons = about_persons(found)
    if persons and elements.persons == 0:
        elements = replace(elements, persons=table.rows)
    quasi = quasi_identifiers(found) if persons or elements.persons else ()
    risk = combination_risk(table.sample, quasi)
    graded = [grade_column(one, day, persons=persons, sector=elements.sector) for one in found]
    told = types.of([facts_of(sample) for sample in table.columns]) if types else [("", 0.0)] * len(graded)
    columns = tuple(
        ColumnReport(fingerprint(sample), one, grade, kind)
        for sample, one, grade, (kind, _) in zip(table.columns, found, graded, told, strict=True)
    )
    return TableReport(name, table.rows, day, columns, grade_table(name, graded, elements, day, risk), risk)
