"""A decision over all rows of an Arrow table: a decision table is taken rule by rule, not row by row.

That is possible for a decision whose logic is a table with the hit policy UNIQUE, ANY or FIRST, with inputs
that are columns and with constant results. Every other decision is asked row by row, with the same answers.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from chengshu.rules.feel.values import to_python
from chengshu.rules.feel.vector import evaluate_rows, passes

POLICIES = frozenset({"UNIQUE", "ANY", "FIRST"})


def decide_rows(model: Model, name: str, rows: Any) -> list[Any]:
    """The values of a decision for every row of a ``pyarrow.Table`` whose columns are its inputs.

    Raises DmnError for an unknown decision.
    """
    table = _plain_table(model, name, rows)
    if table is None:
        return [model.decide(name, row).value for row in rows.to_pylist()]
    return _by_rule(table, rows)


def _plain_table(model: Model, name: str, rows: Any) -> dmn.Table | None:
    """The decision's table, when it can be taken rule by rule."""
    found = next(
        (e for e in model.definitions.elements if e.name == name and isinstance(e, dmn.Decision)), None
    )
    if found is None or not isinstance(found.logic, dmn.Table) or found.type_ref:
        return None
    table = found.logic
    typed = any(column.allowed for column in table.inputs) or any(c.type_ref for c in table.outputs)
    inputs = {e.name: e for e in model.definitions.elements if isinstance(e, dmn.InputData)}
    for column in table.inputs:
        known = inputs.get(column.expression)
        if known is None or known.type_ref or column.expression not in rows.column_names:
            return None
    cells = [text for rule in table.rules for text in rule.inputs if text not in ("", "-")]
    if typed or table.hit_policy not in POLICIES or any(_needs_names(text) for text in cells):
        return None
    results = [text for rule in table.rules for text in rule.outputs]
    results += [column.default for column in table.outputs if column.default]
    return table if all(_constant(text) is not MISSING for text in results) else None


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


def _by_rule(table: dmn.Table, rows: Any) -> list[Any]:
    size = rows.num_rows
    columns: Mapping[str, Any] = {c.expression: evaluate_rows(c.expression, rows) for c in table.inputs}
    results = [[_constant(text) for text in rule.outputs] for rule in table.rules]
    chosen = pa.repeat(pa.scalar(-1, pa.int32()), size)
    clash = pa.repeat(pa.scalar(False), size)
    for number, rule in enumerate(table.rules):
        holds = pa.repeat(pa.scalar(True), size)
        for column, text in zip(table.inputs, rule.inputs, strict=True):
            if text not in ("", "-"):
                holds = pc.and_(holds, pc.fill_null(passes(text, columns[column.expression]), False))
        taken = pc.greater_equal(chosen, 0)
        if table.hit_policy != "FIRST":
            clash = pc.or_(clash, _disagrees(table, results, number, chosen, pc.and_(holds, taken)))
        chosen = pc.if_else(pc.and_(holds, pc.invert(taken)), number, chosen)
    return _values(table, results, chosen.to_pylist(), clash.to_pylist())


def _disagrees(table: dmn.Table, results: list[list[Any]], number: int, chosen: Any, both: Any) -> Any:
    """Where a further rule matches and may not: always under UNIQUE, with another result under ANY."""
    if table.hit_policy == "UNIQUE":
        return both
    same = [at for at in range(number) if equal(results[at], results[number]) is True]
    return pc.and_(both, pc.invert(pc.is_in(chosen, value_set=pa.array(same, pa.int32()))))


def _values(table: dmn.Table, results: list[list[Any]], chosen: list[int], clash: list[bool]) -> list[Any]:
    names = [column.name for column in table.outputs]
    defaults = [_constant(column.default) for column in table.outputs]
    has_default = any(column.default for column in table.outputs)

    def value(parts: list[Any]) -> Any:
        return to_python(parts[0] if len(parts) == 1 else dict(zip(names, parts, strict=True)))

    missed = value(defaults) if has_default else None
    return [
        None if bad else missed if at < 0 else value(results[at])
        for at, bad in zip(chosen, clash, strict=True)
    ]
