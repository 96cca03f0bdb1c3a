"""What a data contract says that the hub acts upon; the document itself is kept whole beside it. Frozen.

Source: Open Data Contract Standard (ODCS) v3.0 to v3.2, Bitol (LF AI & Data). Names are the standard's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

LOGICAL_TYPES = (
    *("string", "date", "timestamp", "time", "number", "integer"),
    *("object", "array", "boolean", "map", "vector"),
)
OPERATORS = (
    *("mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan"),
    *("mustBeLessOrEqualTo", "mustBeBetween", "mustNotBeBetween"),
)
METRICS = ("nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount")
ENGINE = "chengshu"  # the engine name under which our own rules stand in a contract
Severity = Literal["error", "warning", "info"]


class Bound(msgspec.Struct, frozen=True):
    """What a measured number must be: one operator of :data:`OPERATORS` with its value or two."""

    operator: str
    value: Any


class Expectation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One quality check. ``kind`` is library, sql, text or custom; ``unit`` rows or percent."""

    id: str
    kind: str
    metric: str = ""
    dimension: str = ""
    severity: str = "error"
    unit: str = "rows"
    bound: Bound | None = None
    arguments: dict[str, Any] = {}
    query: str = ""
    engine: str = ""
    implementation: Any = None
    description: str = ""


class Element(msgspec.Struct, frozen=True, omit_defaults=True):
    """One column. ``column`` is its name in the data, ``key`` its place in the primary key, 0 for none."""

    name: str
    column: str
    logical_type: str = ""
    physical_type: str = ""
    title: str = ""
    description: str = ""
    required: bool = False
    unique: bool = False
    key: int = 0
    classification: str = ""
    options: dict[str, Any] = {}
    values: tuple[Any, ...] = ()
    expectations: tuple[Expectation, ...] = ()


class Promised(msgspec.Struct, frozen=True, omit_defaults=True):
    """A table of the contract."""

    name: str
    physical_name: str = ""
    elements: tuple[Element, ...] = ()
    expectations: tuple[Expectation, ...] = ()

    def key(self) -> tuple[str, ...]:
        """The columns of the primary key, in its order."""
        keyed = sorted((item for item in self.elements if item.key), key=lambda item: item.key)
        return tuple(item.column for item in keyed)


class Service(msgspec.Struct, frozen=True, omit_defaults=True):
    """One property of the service level: ``element`` is ``table.column`` where it is about a column."""

    property: str
    value: Any
    unit: str = ""
    element: str = ""


class Contract(msgspec.Struct, frozen=True, omit_defaults=True):
    """A contract. ``document`` is all of it, as it was read."""

    id: str
    version: str
    status: str
    name: str
    tables: tuple[Promised, ...]
    services: tuple[Service, ...] = ()
    document: dict[str, Any] = {}

    def table(self, name: str = "") -> Promised | None:
        """The table of a name (or file stem); the only one where no name is given; None."""
        if not name:
            return self.tables[0] if len(self.tables) == 1 else None
        return next((item for item in self.tables if name in (item.name, item.physical_name)), None)


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where data and contract part. ``failing``: (row number from 1, the row), some of them.

    ``dimension`` is one of the six of quality. ``checked``, ``broken`` count rows; both 0 where it is not
    about rows. ``unchecked`` findings say what the hub cannot judge.
    """

    code: str
    check: str
    detail: str
    column: str = ""
    dimension: str = ""
    severity: str = "error"
    checked: int = 0
    broken: int = 0
    failing: tuple[tuple[int, dict[str, Any]], ...] = ()
    unchecked: bool = False

    def as_dict(self) -> dict[str, Any]:
        """For APIs; failing rows carry their number under ``row``."""
        body: dict[str, Any] = msgspec.to_builtins(self, enc_hook=str)
        body["failing"] = [{"row": number} | _plain(row) for number, row in self.failing]
        return body


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, int | float | str | None) else str(value)
        for name, value in row.items()
    }


class Verdict(msgspec.Struct, frozen=True):
    """What a check found: ``checks`` were judged, ``unchecked`` findings were not."""

    contract: str
    version: str
    table: str
    rows: int
    checks: int
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing that was judged breaks the contract; warnings do not."""
        return not any(item.severity == "error" and not item.unchecked for item in self.findings)


class Kept(msgspec.Struct, frozen=True):
    """A contract as it was kept with an entry: its number from 1, when (ms UTC) and by whom."""

    entry: str
    number: int
    at: int
    actor: str
    id: str
    version: str
    digest: str
    document: dict[str, Any]


class Held(msgspec.Struct, frozen=True):
    """One check of an entry's data against its contract, as it was noted: ``at`` in ms UTC.

    ``stamp``: a word that changes with contract and rows, empty for checks made by hand.
    """

    entry: str
    at: int
    number: int
    table: str
    rows: int
    checks: int
    broken: int
    holds: bool
    stamp: str = ""
