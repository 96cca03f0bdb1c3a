"""Aggregates of one series (clause 4.5.19), of numbers by the store and of anything else here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from chengshu.foundation.broker.columns import Columns, Sums, by_period
from chengshu.foundation.broker.model import Attribute
from chengshu.foundation.broker.periods import Cover
from chengshu.foundation.broker.temporal import Aggregate, Method
from chengshu.foundation.journal.model import canonical


def of_sums(sums: Sums, methods: Sequence[Method]) -> dict[Method, Any]:
    """The values of the methods for one period of numbers. ``stddev`` is that of the population."""
    count, distinct, total, least, most, squares = sums
    mean = total / count
    values: dict[Method, Any] = {
        "totalCount": count,
        "distinctCount": distinct,
        "sum": total,
        "avg": mean,
        "min": least,
        "max": most,
        "stddev": math.sqrt(max(squares / count - mean * mean, 0.0)),
        "sumsq": squares,
    }
    return {method: values[method] for method in methods}


def of_columns(columns: Columns, cover: Cover, methods: Sequence[Method]) -> dict[str, tuple[Aggregate, ...]]:
    """The values of the methods for every period that has a number."""
    parts = [
        (*cover.bounds(number), of_sums(sums, methods))
        for number, sums in by_period(columns, cover.starts, distinct="distinctCount" in methods)
    ]
    return collect(parts, methods)


def of_values(items: Sequence[Attribute], methods: Sequence[Method]) -> dict[Method, Any]:
    """The values of the methods for one period of anything: what makes no sense for them is None.

    Booleans count as 0 and 1, lists by their length, texts are ordered by code point (table 4.5.19.1-1).
    """
    values = [item.value for item in items]
    numbers = [float(number) for value in values if (number := _as_number(value)) is not None]
    texts = [value for value in values if isinstance(value, str)]
    if numbers and len(numbers) == len(values):
        distinct = (
            len(set(numbers)) if not any(isinstance(value, list) for value in values) else _distinct(values)
        )
        squares = sum(number * number for number in numbers)
        sums = (len(numbers), distinct, sum(numbers), min(numbers), max(numbers), squares)
        return of_sums(sums, methods)
    ordered = len(texts) == len(values) and all(item.kind == "Property" for item in items)
    known: dict[Method, Any] = {
        "totalCount": len(values),
        "distinctCount": _distinct(values),
        "min": min(texts) if ordered else None,
        "max": max(texts) if ordered else None,
    }
    return {method: known.get(method) for method in methods}


def _as_number(value: Any) -> float | None:
    if isinstance(value, bool | int | float):
        return float(value)
    return float(len(value)) if isinstance(value, list) else None


def _distinct(values: Sequence[Any]) -> int:
    return len(
        {canonical(value) if isinstance(value, Mapping | list | tuple) else repr(value) for value in values}
    )


def collect(
    found: Sequence[tuple[int, int, dict[Method, Any]]], methods: Sequence[Method]
) -> dict[str, tuple[Aggregate, ...]]:
    """Periods with their values, by method."""
    return {
        method: tuple(Aggregate(values[method], start, end) for start, end, values in found)
        for method in methods
    }
