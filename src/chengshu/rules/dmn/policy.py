"""Hit policies (DMN 1.5, 8.2.8): from the results of the rules that match to the result of the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chengshu.rules.feel.arithmetic import calculate
from chengshu.rules.feel.compare import equal, order
from chengshu.rules.feel.errors import FeelError
from chengshu.rules.feel.runtime import Run
from chengshu.rules.feel.temporal import Duration, Months
from chengshu.rules.feel.values import kind_of

Result = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Numbers and results of the rules that match, names of the outputs, and the priority of a result."""

    rules: list[int]
    results: list[Result]
    names: list[str]
    rank: Callable[[int, Any], int]

    def value(self, at: int) -> Any:
        """The result of one of the rules: a value, or a context when there are several outputs."""
        result = self.results[at]
        return result[0] if len(result) == 1 else dict(zip(self.names, result, strict=True))

    def by_priority(self) -> list[int]:
        """The rules in order of the priority of their results, output by output; ties stay in rule order."""
        return sorted(
            range(len(self.results)),
            key=lambda at: tuple(self.rank(column, value) for column, value in enumerate(self.results[at])),
        )


Policy = Callable[[Answer, str, Run], tuple[Any, list[int]]]
"""Gives the value and the indices of the rules that made it."""


def _unique(answer: Answer, table: str, r: Run) -> tuple[Any, list[int]]:
    if len(answer.rules) > 1:
        r.note("several-rules", name=table, policy="UNIQUE", rules=", ".join(map(str, answer.rules)))
        return None, list(range(len(answer.rules)))
    return answer.value(0), [0]


def _any(answer: Answer, table: str, r: Run) -> tuple[Any, list[int]]:
    used = list(range(len(answer.rules)))
    first = list(answer.results[0])
    if any(equal(list(result), first) is not True for result in answer.results[1:]):
        r.note("several-rules", name=table, policy="ANY", rules=", ".join(map(str, answer.rules)))
        return None, used
    return answer.value(0), used


def _first(answer: Answer, _table: str, _r: Run) -> tuple[Any, list[int]]:
    return answer.value(0), [0]


def _priority(answer: Answer, _table: str, _r: Run) -> tuple[Any, list[int]]:
    best = answer.by_priority()[0]
    return answer.value(best), [best]


def _collect(answer: Answer, _table: str, _r: Run) -> tuple[Any, list[int]]:
    used = list(range(len(answer.rules)))
    return [answer.value(at) for at in used], used


def _output_order(answer: Answer, _table: str, _r: Run) -> tuple[Any, list[int]]:
    used = answer.by_priority()
    return [answer.value(at) for at in used], used


def _aggregated(aggregate: Callable[[list[Any]], Any]) -> Policy:
    """Each output by itself."""

    def policy(answer: Answer, _table: str, r: Run) -> tuple[Any, list[int]]:
        used = list(range(len(answer.rules)))
        values: list[Any] = []
        for column in range(len(answer.names)):
            try:
                values.append(aggregate([result[column] for result in answer.results]))
            except FeelError as error:
                r.note_error(error)
                values.append(None)
        value = values[0] if len(values) == 1 else dict(zip(answer.names, values, strict=True))
        return value, used

    return policy


_SUMMED = (Decimal, Duration, Months)


def _sum(values: list[Any]) -> Any:
    total = values[0]
    if not isinstance(total, _SUMMED):
        raise FeelError("no-operation", op="+", left=kind_of(total), right=kind_of(total))
    for value in values[1:]:
        total = calculate("+", total, value)
    return total


def _extreme(sign: int) -> Callable[[list[Any]], Any]:
    def best(values: list[Any]) -> Any:
        found = values[0]
        for value in values:
            towards = order(value, found)
            if towards is None:
                raise FeelError("not-comparable", left="the results", right="each other")
            found = value if towards == sign else found
        return found

    return best


POLICIES: dict[tuple[str, str], Policy] = {
    ("UNIQUE", ""): _unique,
    ("ANY", ""): _any,
    ("FIRST", ""): _first,
    ("PRIORITY", ""): _priority,
    ("COLLECT", ""): _collect,
    ("RULE ORDER", ""): _collect,
    ("OUTPUT ORDER", ""): _output_order,
    ("COLLECT", "SUM"): _aggregated(_sum),
    ("COLLECT", "MIN"): _aggregated(_extreme(-1)),
    ("COLLECT", "MAX"): _aggregated(_extreme(1)),
    ("COLLECT", "COUNT"): _aggregated(lambda values: Decimal(len(values))),
}
