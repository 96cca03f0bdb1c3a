"""The metrics of a contract: counted in the table, held against what they must be, with failing rows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

from chengshu.kernel.errors import Invalid
from chengshu.resources.contracts.model import Bound, Element, Expectation, Finding, Promised
from chengshu.resources.contracts.table import Typed, literal
from chengshu.resources.quality.table import quoted

_DIMENSIONS = {"conformity": "validity", "coverage": "completeness"}
_OF_METRIC = {
    "nullValues": "completeness",
    "missingValues": "completeness",
    "rowCount": "completeness",
    "invalidValues": "validity",
    "duplicateValues": "uniqueness",
}
_BEYOND = {"minimum": "<", "maximum": ">", "exclusiveMinimum": "<=", "exclusiveMaximum": ">="}
_MOMENTS = {"date": "DATE", "timestamp": "TIMESTAMPTZ", "time": "TIME"}
_PATIENCE = 30.0  # seconds for one query of a contract


def keeps(value: float, bound: Bound) -> bool:
    """Whether a measured number is what it must be. Raises :class:`Invalid` for a bound that is no number."""
    wanted = bound.value
    if bound.operator in ("mustBeBetween", "mustNotBeBetween"):
        low, high = (_number(end) for end in wanted)
        return (low <= value <= high) == (bound.operator == "mustBeBetween")
    number = _number(wanted)
    return {
        "mustBe": value == number,
        "mustNotBe": value != number,
        "mustBeGreaterThan": value > number,
        "mustBeGreaterOrEqualTo": value >= number,
        "mustBeLessThan": value < number,
        "mustBeLessOrEqualTo": value <= number,
    }[bound.operator]


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise Invalid("bound", f"{value!r} is no number", remedy="say a number") from None


def judged(data: Typed, table: Promised, element: Element | None, check: Expectation) -> Finding | None:
    """What a library check finds; None where it holds."""
    columns = _columns(table, element, check)
    if unknown := [name for name in columns if name not in data.columns]:
        return _finding(check, element, f"the table has no column {', '.join(unknown)}", data.rows, data.rows)
    try:
        if check.metric == "rowCount":
            return _row_count(data, check, element)
        condition = _condition(check, columns)
        [(count,)] = data.ask(f"SELECT count(*) FROM data WHERE {condition}")
        measured = 100 * count / data.rows if check.unit.startswith("percent") and data.rows else count
        if keeps(measured, check.bound or Bound("mustBe", 0)):
            return None
        detail = f"{check.metric} is {_said(measured, check.unit)}, it {_must(check)}"
        return _finding(check, element, detail, data.rows, int(count), data.some(condition))
    except Invalid as error:
        return _finding(check, element, error.fault.detail, data.rows, data.rows)


def _row_count(data: Typed, check: Expectation, element: Element | None) -> Finding | None:
    if keeps(data.rows, check.bound or Bound("mustBeGreaterThan", 0)):
        return None
    return _finding(check, element, f"there are {data.rows:,} rows, it {_must(check)}", 0, 0)


def _columns(table: Promised, element: Element | None, check: Expectation) -> list[str]:
    if element is not None:
        return [element.column]
    if check.metric == "rowCount":
        return []
    named = check.arguments.get("properties") or [item.name for item in table.elements]
    known = {item.name: item.column for item in table.elements}
    return [known.get(str(name), str(name)) for name in named]


def _condition(check: Expectation, columns: list[str]) -> str:
    """SQL that is true for a row that counts."""
    texts = [f"CAST({quoted(name)} AS VARCHAR)" for name in columns]
    if check.metric == "nullValues":
        return " OR ".join(f"{text} IS NULL" for text in texts)
    if check.metric == "missingValues":
        missing = list(check.arguments.get("missingValues", [None, ""]))
        listed = ", ".join(_literal(item) for item in missing if item is not None)
        parts = [f"{text} IN ({listed})" for text in texts] if listed else []
        return " OR ".join([*parts, *(f"{text} IS NULL" for text in texts)] or ["false"])
    if check.metric == "duplicateValues":
        names = ", ".join(quoted(name) for name in columns)
        return f"({names}) IN (SELECT ({names}) FROM data GROUP BY {names} HAVING count(*) > 1)"
    return " OR ".join(f"({text} IS NOT NULL AND {_invalid(check, text)})" for text in texts)


def _invalid(check: Expectation, text: str) -> str:
    parts = []
    if values := check.arguments.get("validValues"):
        parts.append(f"{text} NOT IN ({', '.join(_literal(value) for value in values)})")
    if pattern := check.arguments.get("pattern"):
        parts.append(f"NOT regexp_full_match({text}, {_literal(pattern)})")
    if not parts:
        raise Invalid("metric-arguments", "invalidValues needs validValues or a pattern in its arguments")
    return "(" + " OR ".join(parts) + ")"


def _literal(value: Any) -> str:
    return literal(str(value).lower() if isinstance(value, bool) else str(value))


def bounds_broken(data: Typed, element: Element) -> list[Finding]:
    """Lengths, multiples, exclusive bounds and bounds of moments: what the rules have no kind for."""
    if element.column not in data.columns:
        return []
    found = []
    for name, condition in _bounds(element):
        check = Expectation(f"{element.name}: {name}", "library", dimension="conformity")
        try:
            [(broken,)] = data.ask(f"SELECT count(*) FROM data WHERE {condition}")
        except Invalid as error:  # a bound that is no moment
            found.append(_finding(check, element, error.fault.detail, data.rows, data.rows))
            continue
        if broken:
            detail = f"{broken:,} of {data.rows:,} values break {name} {element.options[name]}"
            found.append(_finding(check, element, detail, data.rows, int(broken), data.some(condition)))
    return found


def _bounds(element: Element) -> Iterator[tuple[str, str]]:
    """Each bound of a column, and SQL that is true for a value beyond it."""
    text = f"CAST({quoted(element.column)} AS VARCHAR)"
    number = f"TRY_CAST({text} AS DOUBLE)"
    moment = _MOMENTS.get(element.logical_type)
    for name, value in element.options.items():
        if name in ("minLength", "maxLength"):
            yield name, f"length({text}) {'<' if name == 'minLength' else '>'} {int(value)}"
        elif name == "multipleOf":
            share = f"{number} / {float(value)}"
            yield name, f"abs({share} - round({share})) > 1e-9"
        elif name in _BEYOND and moment:
            bound = f"CAST({literal(str(value))} AS {moment})"
            yield name, f"TRY_CAST({text} AS {moment}) {_BEYOND[name]} {bound}"
        elif name.startswith("exclusive") and isinstance(value, int | float) and not isinstance(value, bool):
            yield name, f"{number} {_BEYOND[name]} {float(value)}"


def lock(data: Typed, copy: Path) -> None:
    """Take the typed rows into the database and shut it: what a contract asks in SQL sees nothing else."""
    data.database.execute(f"CREATE TABLE locked AS SELECT * FROM read_parquet({literal(str(copy))})")
    data.database.execute("SET enable_external_access = false; SET lock_configuration = true")


def asked(data: Typed, table: Promised, element: Element | None, check: Expectation) -> Finding | None:
    """What an SQL check finds, in a database that :func:`lock` shut; None where it holds."""
    try:
        value = _answer(data, _spelled(table, element, check.query))
        if keeps(_number(value), check.bound or Bound("mustBe", 0)):
            return None
        detail = f"the query gives {_said(_number(value), '')}, it {_must(check)}"
    except Invalid as error:
        detail = error.fault.detail
    return _finding(check, element, detail, data.rows, 0)


def _spelled(table: Promised, element: Element | None, query: str) -> str:
    """The query with its names filled in: one SELECT over the table, or :class:`Invalid`."""
    text = query
    for word in ("${table}", "${object}", "{table}", "{object}", "{model}"):
        text = text.replace(word, "locked")
    if element is not None:
        for word in ("${column}", "${property}", "{column}", "{property}", "{field}"):
            text = text.replace(word, quoted(element.column))
    try:
        read = sqlglot.parse(text, read="duckdb")
    except sqlglot.errors.SqlglotError as error:
        raise Invalid("query", f"the query cannot be read: {str(error).splitlines()[0]}") from None
    if len(read) != 1 or not isinstance(read[0], exp.Query):
        raise Invalid("query", "a check may run one SELECT and nothing else")
    names = {cte.alias for cte in read[0].find_all(exp.CTE)}
    own = {table.name, table.physical_name} - {"", *names}
    for node in read[0].find_all(exp.Table):
        if isinstance(node.this, exp.Identifier) and node.name in own:
            node.set("this", exp.to_identifier("locked"))
            node.set("db", None)
    return str(read[0].sql(dialect="duckdb"))


def _answer(data: Typed, query: str) -> Any:
    timer = threading.Timer(_PATIENCE, data.database.interrupt)
    timer.start()
    try:
        rows = data.database.execute(query).fetchmany(2)
    except duckdb.InterruptException:
        raise Invalid("query-slow", f"the query took longer than {_PATIENCE:.0f} seconds") from None
    except duckdb.Error as error:
        raise Invalid("query", f"the query cannot be run: {str(error).splitlines()[0][:200]}") from None
    finally:
        timer.cancel()
    if len(rows) != 1 or len(rows[0]) != 1:
        raise Invalid("query", "the query must give one number")
    return rows[0][0]


def _finding(
    check: Expectation,
    element: Element | None,
    detail: str,
    checked: int,
    broken: int,
    failing: tuple[tuple[int, dict[str, Any]], ...] = (),
) -> Finding:
    dimension = _DIMENSIONS.get(check.dimension, check.dimension) or _OF_METRIC.get(check.metric, "validity")
    column = element.column if element else ""
    severity = check.severity
    return Finding(
        check.metric or check.kind, check.id, detail, column, dimension, severity, checked, broken, failing
    )


def _said(value: float, unit: str) -> str:
    return f"{value:,.6g}{' %' if unit.startswith('percent') else ''}"


def _must(check: Expectation) -> str:
    bound = check.bound or Bound("mustBe", 0)
    words = "".join(f" {sign.lower()}" if sign.isupper() else sign for sign in bound.operator)
    told = " and ".join(map(str, bound.value)) if isinstance(bound.value, tuple | list) else str(bound.value)
    return f"{words} {told}{' %' if check.unit.startswith('percent') else ''}"
