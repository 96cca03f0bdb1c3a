"""What leaves the house: each column treated for its reader, some of them marked for the recipient. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from chengshu.kernel.errors import Invalid
from chengshu.resources.grading.protection import Treatment, treated, treatment_for
from chengshu.resources.grading.report import TableReport
from chengshu.resources.grading.watermark import mark


@dataclass(frozen=True, slots=True)
class PlannedColumn:
    """How one column leaves: treated so, and marked or not."""

    name: str
    category: str
    treatment: Treatment
    marked: bool


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """How a table leaves for a reader."""

    reader: str
    columns: tuple[PlannedColumn, ...]

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns that leave in some form."""
        return tuple(column.name for column in self.columns if column.treatment.kind != "withhold")


def plan_export(report: TableReport, reader: str, marked: Sequence[str] = ()) -> ExportPlan:
    """The plan for a reader; ``marked`` are numeric columns that bear a change in their last place.

    Raises Invalid for an unknown reader, and for a column to be marked that is not shown as it is.
    """
    columns = tuple(
        PlannedColumn(
            column.found.column,
            column.found.category,
            treatment_for(reader, column.graded.grade, column.found.category, report.day),
            column.found.column in marked,
        )
        for column in report.columns
    )
    shown = [column.name for column in columns if column.treatment.kind == "show"]
    for name in marked:
        if name not in shown:
            raise Invalid(
                "mark-impossible",
                f"the column {name!r} is not shown as it is, so it cannot carry a mark",
                where=name,
                remedy=f"choose of: {', '.join(shown) or '(none is)'}",
            )
    return ExportPlan(reader, columns)


def protected(table: pa.Table, plan: ExportPlan, *, recipient: str = "", key: bytes = b"") -> pa.Table:
    """A table of texts as it leaves by a plan; the parts of a large one can be treated one by one.

    Raises Invalid where the plan needs a key and it is too short.
    """
    names, columns = [], []
    for column in plan.columns:
        values = treated(table[column.name].to_pylist(), column.category, column.treatment, key=key)
        if values is not None:
            names.append(column.name)
            columns.append(pa.array(mark(values, recipient, key) if column.marked else values, pa.string()))
    return pa.table(columns, names=names)
