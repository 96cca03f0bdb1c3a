"""What may be kept of a measure: rows and values as their grade lets an analyst see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chengshu.resources.quality.measure import Outcome, Report
from chengshu.resources.quality.profile import ColumnProfile, Profile

Guard = Callable[[str, str], str | None]
"""Column and value → what may be seen of it, None for nothing."""

_MOST_COLUMNS = 400  # of a failing row: a row of thousands is told by those its rule is about


def kept_body(profile: Profile, report: Report, guard: Guard) -> dict[str, Any]:
    """Profile and outcomes as they are kept and shown; ``guard`` hides what grades hide."""
    return {
        "columns": [_column(column, guard) for column in profile.columns],
        "rules": [_outcome(outcome, guard) for outcome in report.outcomes],
    }


def _column(column: ColumnProfile, guard: Guard) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": column.type,
        "filled": round(column.filled, 6),
        "distinct": column.distinct,
        "least": _seen(column.name, column.least, guard),
        "most": _seen(column.name, column.most, guard),
        "shapes": [list(pair) for pair in column.shapes[:3]],
    }


def _outcome(outcome: Outcome, guard: Guard) -> dict[str, Any]:
    rule = outcome.rule
    return {
        "id": rule.id,
        "name": rule.name.as_dict() if rule.name else None,
        "kind": rule.kind,
        "dimension": rule.dimension,
        "discovered": rule.discovered,
        "rule": rule.model_dump(mode="json") if rule.discovered else None,
        "about": about(rule.model_dump(mode="json")),
        "checked": outcome.checked,
        "broken": outcome.broken,
        "problem": outcome.problem,
        "score": round(outcome.score, 6),
        "failing": [[number, _row(row, guard)] for number, row in outcome.failing],
    }


def about(rule: Mapping[str, Any]) -> str:
    """What a rule asks, shortly and without words of a language: ``rain 0 … 400``."""
    named = ", ".join(rule.get("columns") or ()) or rule.get("column") or ""
    return f"{named} {_bounds(rule)}".strip()


def _bounds(rule: Mapping[str, Any]) -> str:
    match rule["kind"]:
        case "range":
            return f"{_bound(rule['least'])} … {_bound(rule['most'])}".strip()
        case "one_of":
            values = rule["values"]
            return " | ".join(map(str, values[:8])) + (" …" if len(values) > 8 else "")
        case "pattern":
            return str(rule["pattern"])
        case "reference":
            return f"∈ {rule['file']}: {rule['to']}"
        case "holds":
            return str(rule["expression"])
        case "fresh":
            return f"≤ {rule['within']}"
    return ""


def _bound(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, int | float) else str(value)


def _row(row: Mapping[str, Any], guard: Guard) -> dict[str, str | None]:
    names = list(row)[:_MOST_COLUMNS]
    return {name: _seen(name, row[name], guard) for name in names}


def _seen(name: str, value: Any, guard: Guard) -> str | None:
    return None if value is None else guard(name, str(value))
