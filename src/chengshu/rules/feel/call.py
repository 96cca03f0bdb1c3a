"""Calling functions that are values."""

from __future__ import annotations

from typing import Any

from chengshu.rules.feel.errors import FeelError, LimitExceeded
from chengshu.rules.feel.runtime import Run
from chengshu.rules.feel.types import convert
from chengshu.rules.feel.values import Function, kind_of


def call_function(run: Run, function: Function, values: list[Any], names: tuple[str, ...] = ()) -> Any:
    """Call a function with positional arguments, or with named ones.

    Arguments are converted to the declared types. Raises FeelError when the arguments do not fit.
    """
    if function.bind is not None:
        return function.bind(run, values, names)
    parameters = function.parameters
    if names:
        if sorted(names) != sorted(parameters):
            raise FeelError(
                "arguments",
                name=function.name,
                problem=f"it takes ({', '.join(parameters)}); {', '.join(names)}",
            )
        given = dict(zip(names, values, strict=True))
        values = [given[name] for name in parameters]
    elif len(values) != len(parameters):
        raise FeelError(
            "arguments",
            name=function.name,
            problem=f"it takes ({', '.join(parameters)}); {len(values)} given",
        )
    converted: list[Any] = []
    for name, kind, value in zip(parameters, function.types, values, strict=True):
        if kind is not None:
            taken, fits = convert(value, kind)
            if not fits:
                raise FeelError(
                    "argument-type", name=function.name, parameter=name, expected=kind, type=kind_of(value)
                )
            converted.append(taken)
        else:
            converted.append(value)
    budget = run.budget
    run.spend(1)
    if budget.depth >= budget.limits.depth:
        raise LimitExceeded("calls within calls", budget.limits.depth)
    budget.depth += 1
    result = function.call(run, converted)
    budget.depth -= 1
    if function.result is not None and result is not None:
        value, fits = convert(result, function.result)
        if not fits:
            raise FeelError(
                "type-mismatch", where=function.name, expected=function.result, type=kind_of(result)
            )
        return value
    return result
