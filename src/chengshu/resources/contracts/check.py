"""A table held against its contract: columns, types, rules, metrics, queries, service; all of it at once."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pyarrow as pa

from chengshu.kernel.errors import Missing
from chengshu.resources.contracts.measuring import asked, bounds_broken, judged, lock
from chengshu.resources.contracts.model import (
    ENGINE,
    Contract,
    Element,
    Expectation,
    Finding,
    Promised,
    Verdict,
)
from chengshu.resources.contracts.rules_of import every_expectation, faults_of_rules, own_rule, rules_of
from chengshu.resources.contracts.services import service_findings
from chengshu.resources.contracts.table import Typed, broken_types, read_as_text, typed_copy
from chengshu.resources.ledger import Resource
from chengshu.resources.quality.measure import Outcome, measure
from chengshu.resources.quality.rules import columns_of


def check_table(
    contract: Contract,
    source: Path | pa.Table,
    now: datetime,
    *,
    table: str = "",
    entry: Resource | None = None,
    folder: Path | None = None,
    zone: str = "UTC",
) -> Verdict:
    """Hold rows against a table of the contract: that of the name, of the file's name, or the only one.

    ``entry``: the ledger's entry, for promises of service. ``folder``: what files of reference are relative
    to, else the file's own. ``zone``: of moments that name none. Raises :class:`Missing`, :class:`Invalid`
    when the file cannot be read.
    """
    path = source if isinstance(source, Path) else Path()
    promised = table_for(contract, path, table)
    with read_as_text(source, zone) as data:
        findings = [*_columns(data, promised), *faults_of_rules(promised)]
        checks = len(promised.elements)
        types = broken_types(data, promised)
        findings += types
        checks += sum(1 for item in promised.elements if item.logical_type)
        copy = typed_copy(data, promised, {item.column for item in types})
        if not any(item.code == "check-unreadable" for item in findings):
            rules = rules_of(promised)
            report = measure(copy, rules, now, folder=folder or path.parent)
            findings += [_of_rule(item, promised) for item in report.outcomes if item.broken or item.problem]
            checks += len(rules)
        for element in promised.elements:
            findings += bounds_broken(data, element)
        findings += service_findings(contract, promised, data, now, entry)
        checks += len(contract.services)
        counted, more = _expectations(data, promised, copy)
        findings += more
    return Verdict(contract.id, contract.version, promised.name, data.rows, checks + counted, tuple(findings))


def table_for(contract: Contract, source: Path, name: str = "") -> Promised:
    """The table of the contract that a file is. Raises :class:`Missing`."""
    for wanted in (name,) if name else (source.stem, source.name, ""):
        if (found := contract.table(wanted)) is not None:
            return found
    known = ", ".join(item.name for item in contract.tables) or "none"
    raise Missing(
        "contract-table",
        f"the contract has no table {name or source.stem!r}",
        where=contract.id,
        remedy=f"name one of: {known}",
    )


def _columns(data: Typed, table: Promised) -> list[Finding]:
    """Columns that are promised and not there, and those that nobody promised."""
    promised = {item.column: item for item in table.elements}
    found = [
        Finding(
            *("column-missing", name, f"the table has no column {name}", name, "completeness"),
            *("error", data.rows, data.rows),
        )
        for name in promised
        if name not in data.columns
    ]
    if promised:
        found += [
            Finding(
                "column-unpromised",
                name,
                f"column {name} is not in the contract",
                name,
                "consistency",
                "info",
            )
            for name in data.columns
            if name not in promised
        ]
    return found


def _of_rule(outcome: Outcome, table: Promised) -> Finding:
    rule = outcome.rule
    own = [check for check in every_expectation(table) if check.kind == "custom" and check.engine == ENGINE]
    told = {own_rule(check).id: check.severity for check in own}
    detail = outcome.problem or f"{outcome.broken:,} of {outcome.checked:,} break it"
    return Finding(
        rule.kind,
        rule.id,
        detail,
        ", ".join(columns_of(rule)),
        rule.dimension,
        told.get(rule.id, "error"),
        outcome.checked,
        outcome.broken,
        outcome.failing,
    )


def _expectations(data: Typed, table: Promised, copy: Path) -> tuple[int, list[Finding]]:
    """How many metrics and queries were judged, and what they found. Queries come last, behind the lock."""
    owned: list[tuple[Element | None, Expectation]] = [(None, check) for check in table.expectations]
    owned += [(element, check) for element in table.elements for check in element.expectations]
    found: list[Finding | None] = []
    found += [judged(data, table, element, check) for element, check in owned if check.kind == "library"]
    queries = [(element, check) for element, check in owned if check.kind == "sql"]
    if queries:
        lock(data, copy)
    found += [asked(data, table, element, check) for element, check in queries]
    found += [
        Finding(
            *(check.kind, check.id, _unchecked(check), element.column if element else ""),
            severity=check.severity,
            unchecked=True,
        )
        for element, check in owned
        if check.kind == "text" or (check.kind == "custom" and check.engine != ENGINE)
    ]
    judged_ = sum(1 for _, check in owned if check.kind in ("library", "sql"))
    return judged_, [item for item in found if item is not None]


def _unchecked(check: Expectation) -> str:
    if check.kind == "text":
        return f"for people to judge: {check.description}"
    return f"written for {check.engine}, which this hub does not run"
