"""A decision over all rows of an Arrow table: a decision table is taken rule by rule, not row by row.

That is possible for a decision whose logic is a table with the hit policy UNIQUE, ANY or FIRST, with inputs
that are columns of the declared types and with constant results. Every other decision is asked row by row, to
the same answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from chengshu.rules.dmn import model as dmn
from chengshu.rules.dmn.decide import Model
from chengshu.rules.feel.compare import equal
from chengshu.rules.feel.compile import constant_of
from chengshu.rules.feel.errors import FeelSyntaxError
from chengshu.rules.feel.expression import compile_expression, compile_unary_tests
from chengshu.rules.feel.runtime import MISSING
from chengshu.rules.feel.vector import NotVectorised, evaluate_rows, passes, read_column

POLICIES = frozenset({"UNIQUE", "ANY", "FIRST"})


def decide_rows(model: Model, name: str, rows: Any) -> list[Any]:
    """The values of a decision for every row of a ``pyarrow.Table`` whose columns are its inputs.

    Raises DmnError for an unknown decision.
    """
    table = _plain_table(model, name, rows)
    if table is None:
        return [model.decide(name, row).value for row in rows.to_pylist()]
    return _by_rule(model, name, table, rows)


def _plain_table(model: Model, name: str, rows: Any) -> dmn.Table | None:
    """The decision's table, when it can be taken rule by rule."""
    found = next(
        (e for e in model.definitions.elements if e.name == name and isinstance(e, dmn.Decision)), None
    )
    if found is None or not isinstance(found.logic, dmn.Table):
        return None
    table = found.logic
    inputs = {e.name: e for e in model.definitions.elements if isinstance(e, dmn.InputData)}
    for column in table.inputs:
        known = inputs.get(column.expression)
        if known is None or column.expression not in rows.column_names:
            return None
        if not _of_type(rows[column.expression], known.type_ref):
            return None
    cells = [text for rule in table.rules for text in rule.inputs if text not in ("", "-")]
    cells += [column.allowed for column in table.inputs if column.allowed]
    if table.hit_policy not in POLICIES or any(_needs_names(text) for text in cells):
        return None
    results = [text for rule in table.rules for text in rule.outputs]
    results += [column.default for column in table.outputs if column.default]
    # a list is no constant here: under ANY, [1] and 1 may agree once they are of the output's type
    return table if all(_constant(text) is not MISSING for text in results) else None


def _of_type(column: Any, type_ref: str) -> bool:
    """Whether every value of a column is of the declared type as it stands, so that none is converted."""
    if type_ref in ("", "Any"):
        return True
    try:
        return read_column(column).kind in (type_ref, "null")
    except NotVectorised:
        return False


def _needs_names(text: str) -> bool:
    try:
        return bool(compile_unary_tests(text).names)
    except FeelSyntaxError:
        return True


def _constant(text: str) -> Any:
    try:
        return constant_of(compile_expression(text or "null").tree)
    except FeelSyntaxError:
        return MISSING


_NONE, _CLASH, _BARRED = -1, -2, -3


def _by_rule(model: Model, name: str, table: dmn.Table, rows: Any) -> list[Any]:
    """Which rule decides each row, column by column; then each of these answers is asked for once."""
    size = rows.num_rows
    columns: Mapping[str, Any] = {c.expression: evaluate_rows(c.expression, rows) for c in table.inputs}
    results = [[_constant(text) for text in rule.outputs] for rule in table.rules]
    chosen = pa.repeat(pa.scalar(_NONE, pa.int32()), size)
    for number, rule in enumerate(table.rules):
        holds = None
        for column, text in zip(table.inputs, rule.inputs, strict=True):
            if text not in ("", "-"):
                one = pc.fill_null(passes(text, columns[column.expression]), False)
                holds = one if holds is None else pc.and_(holds, one)
        if holds is None:
            holds = pa.repeat(pa.scalar(True), size)
        free = pc.equal(chosen, _NONE)
        if table.hit_policy != "FIRST":
            clash = _disagrees(table, results, number, chosen, pc.and_(holds, pc.greater_equal(chosen, 0)))
            chosen = pc.if_else(clash, pa.scalar(_CLASH, pa.int32()), chosen)
        chosen = pc.if_else(pc.and_(holds, free), pa.scalar(number, pa.int32()), chosen)
    for column in table.inputs:
        if column.allowed:
            values = columns[column.expression]
            admitted = pc.or_(pc.is_null(values), pc.fill_null(passes(column.allowed, values), False))
            chosen = pc.if_else(admitted, chosen, pa.scalar(_BARRED, pa.int32()))
    return _answers(model, name, rows, chosen)


def _disagrees(table: dmn.Table, results: list[list[Any]], number: int, chosen: Any, both: Any) -> Any:
    """Where a further rule matches and may not: always under UNIQUE, with another result under ANY."""
    if table.hit_policy == "UNIQUE":
        return both
    same = [at for at in range(number) if equal(results[at], results[number]) is True]
    return pc.and_(both, pc.invert(pc.is_in(chosen, value_set=pa.array(same, pa.int32()))))


def _answers(model: Model, name: str, rows: Any, chosen: Any) -> list[Any]:
    """The decision for one row of each kind, given to all rows of that kind: results are constants."""
    values = {
        kind: model.decide(name, rows.slice(pc.index(chosen, kind).as_py(), 1).to_pylist()[0]).value
        for kind in pc.unique(chosen).to_pylist()
    }
    codes = chosen.to_pylist()
    if any(isinstance(value, dict | list) for value in values.values()):
        return [deepcopy(values[code]) for code in codes]
    return [values[code] for code in codes]
