"""How a dataset's rows may be seen: graded with all that stewards said, each column treated for a reader."""

from __future__ import annotations

from datetime import date

import duckdb

from chengshu.ports.database import Database
from chengshu.resources.grading import Grade, TableReport, grade_sample
from chengshu.resources.grading import queries as grading_queries
from chengshu.resources.grading.export import ExportPlan, PlannedColumn
from chengshu.resources.grading.protection import treatment_for
from chengshu.resources.grading.sampling import draw_sample
from chengshu.resources.ledger import Resource


def report_of(database: Database, entry: str, db: duckdb.DuckDBPyConnection, day: date) -> TableReport:
    """What the rows of the table ``data`` are, with all that stewards have said of this entry's columns."""
    with database.read() as connection:
        learned = grading_queries.learned_names(connection)
        said = grading_queries.said_for(connection, entry)
    return grade_sample(entry, draw_sample(db), day, learned=learned, said=said)


def plan_for(entry: Resource, report: TableReport, reader: str, day: date) -> ExportPlan:
    """How each column is shown: by the higher of what was found in it and what the ledger says of it."""
    booked = {item.name: Grade(item.grade) for item in entry.fields if item.grade}
    columns = []
    for column in report.columns:
        name = column.found.column
        grade = Grade.highest([column.graded.grade, *([booked[name]] if name in booked else [])])
        treatment = treatment_for(reader, grade, column.found.category, day)
        columns.append(PlannedColumn(name, column.found.category, treatment, marked=False))
    return ExportPlan(reader, tuple(columns))
