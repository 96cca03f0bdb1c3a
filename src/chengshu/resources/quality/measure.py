"""Measuring a table by its rules: how many rows each breaks, which, and the six scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chengshu.kernel.clock import as_utc
from chengshu.kernel.errors import ChengshuError, Invalid, Unavailable
from chengshu.resources.quality.profile import Profile, profile_of
from chengshu.resources.quality.rules import (
    DIMENSIONS,
    Dimension,
    Filled,
    Fresh,
    Holds,
    OneOf,
    Pattern,
    Range,
    Reference,
    Rule,
    Unique,
    columns_of,
)
from chengshu.resources.quality.table import Opened, opened, quoted
from chengshu.rules.feel.vector import evaluate_rows

_SHOWN = 20  # failing rows kept per rule
_PORTION = 100_000  # rows of one FEEL evaluation


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule found. ``failing``: row number (from 1, header not counted) and the row, some of them.

    ``problem``: why the rule could not be applied; it then counts as wholly broken.
    """

    rule: Rule
    checked: int
    broken: int
    failing: tuple[tuple[int, dict[str, Any]], ...] = ()
    problem: str = ""

    @property
    def score(self) -> float:
        """The share that holds, 0 to 1."""
        if self.problem:
            return 0.0
        return 1.0 if not self.checked else 1 - self.broken / self.checked


@dataclass(frozen=True, slots=True)
class Report:
    """Every rule's outcome, a score per dimension that has rules, and one over them (equal weights)."""

    rows: int
    outcomes: tuple[Outcome, ...]
    scores: dict[Dimension, float]

    @property
    def score(self) -> float | None:
        """The mean over the dimensions; None where no rule says anything."""
        return sum(self.scores.values()) / len(self.scores) if self.scores else None


def measure(
    source: Path | pa.Table,
    rules: Sequence[Rule],
    now: datetime,
    *,
    folder: Path | None = None,
    encoding: str = "",
) -> Report:
    """Apply the rules to a table. ``folder``: what files of references are relative to.

    Raises :class:`Invalid`, :class:`Missing` when the table itself cannot be read; a rule that cannot be
    applied (an unknown column, a broken expression) says so in its outcome.
    """
    with opened(source, encoding) as table:
        return _measured(table, rules, now, folder)


def examine(
    source: Path | pa.Table,
    rules: Sequence[Rule] | None,
    now: datetime,
    *,
    folder: Path | None = None,
    encoding: str = "",
    seconds: float | None = None,
    earlier: Suggested | None = None,
) -> tuple[Profile, Report]:
    """Profile a table and measure it, opened once; without ``rules`` by those that it suggests itself.

    What it suggested ``earlier`` is what it is measured by later: only new columns suggest anew.

    Raises as :func:`measure`, and :class:`Unavailable` when it takes longer than ``seconds``.
    """
    with opened(source, encoding, seconds=seconds) as table:
        found = profile_of(table)
        applied = _suggested(found, earlier) if rules is None else rules
        return found, _measured(table, applied, now, folder, found)


@dataclass(frozen=True, slots=True)
class Suggested:
    """What a table suggested when it was measured before, and the columns it had then."""

    rules: tuple[Rule, ...]
    columns: frozenset[str]


def _suggested(profile: Profile, earlier: Suggested | None) -> tuple[Rule, ...]:
    """Earlier rules of columns that are still there, and those that new columns suggest."""
    found = discover(profile)
    if earlier is None:
        return found
    there = {column.name for column in profile.columns}
    kept = [rule for rule in earlier.rules if there.issuperset(columns_of(rule))]
    taken = {rule.id for rule in kept}
    fresh = [rule for rule in found if not earlier.columns.intersection(columns_of(rule))]
    return (*kept, *(_renamed(rule, taken) for rule in fresh))


def _renamed(rule: Rule, taken: set[str]) -> Rule:
    """The rule under an id that no other has: ids tell the place of a column, and columns come and go."""
    id_, number = rule.id, 2
    while id_ in taken:
        id_, number = f"{rule.id}-{number}", number + 1
    taken.add(id_)
    return rule.model_copy(update={"id": id_})


def _measured(
    table: Opened, rules: Sequence[Rule], now: datetime, folder: Path | None, profile: Profile | None = None
) -> Report:
    [(rows,)] = table.rows("SELECT count(*) FROM data")
    empty = {column.name: column.missing + column.blank for column in profile.columns} if profile else {}
    outcomes = tuple(_counted(rule, rows, empty) or _apply(table, rule, rows, now, folder) for rule in rules)
    return Report(rows, outcomes, scores_of(outcomes))


def _counted(rule: Rule, rows: int, empty: Mapping[str, int]) -> Outcome | None:
    """A rule that the profile has counted already: a column without gaps needs no second look."""
    if isinstance(rule, Filled) and all(empty.get(name) == 0 for name in rule.columns):
        return Outcome(rule, rows, 0)
    return None


def scores_of(outcomes: Sequence[Outcome]) -> dict[Dimension, float]:
    """The weighted mean of the rules of each dimension."""
    scores: dict[Dimension, float] = {}
    for dimension in DIMENSIONS:
        own = [item for item in outcomes if item.rule.dimension == dimension]
        if own:
            weight = sum(item.rule.weight for item in own)
            scores[dimension] = sum(item.score * item.rule.weight for item in own) / weight
    return scores


def _apply(table: Opened, rule: Rule, rows: int, now: datetime, folder: Path | None) -> Outcome:
    if unknown := [name for name in columns_of(rule) if name not in table.columns]:
        return Outcome(rule, rows, rows, problem=f"the table has no column {', '.join(unknown)}")
    try:
        if isinstance(rule, Holds):
            return _holds(table, rule, rows)
        if isinstance(rule, Fresh):
            return _fresh(table, rule, now)
        if isinstance(rule, Unique):
            return _unique(table, rule, rows)
        return _broken_where(table, rule, rows, _condition(table, rule, folder))
    except Unavailable:
        raise  # the time is up for all rules, not for this one
    except ChengshuError as error:
        return Outcome(rule, rows, rows, problem=error.fault.detail)


def _condition(table: Opened, rule: Rule, folder: Path | None) -> str:
    """SQL that is true for a broken row. A missing value breaks only the rule that it must be filled."""
    if isinstance(rule, Filled):
        return " OR ".join(
            f"{quoted(name)} IS NULL OR trim(CAST({quoted(name)} AS VARCHAR)) = ''" for name in rule.columns
        )
    if isinstance(rule, Range):
        column = quoted(rule.column)
        kind = (
            "DOUBLE" if isinstance(rule.least if rule.least is not None else rule.most, int | float) else ""
        )
        value = f"TRY_CAST({column} AS {kind})" if kind else f"CAST({column} AS VARCHAR)"
        parts = [f"{value} IS NULL"] if kind else []
        parts += [f"{value} < {_literal(rule.least)}"] if rule.least is not None else []
        parts += [f"{value} > {_literal(rule.most)}"] if rule.most is not None else []
        return f"{column} IS NOT NULL AND ({' OR '.join(parts)})"
    if isinstance(rule, OneOf):
        values = ", ".join(_literal(str(value)) for value in rule.values)
        return f"CAST({quoted(rule.column)} AS VARCHAR) NOT IN ({values})"
    if isinstance(rule, Pattern):
        text = f"CAST({quoted(rule.column)} AS VARCHAR)"
        return f"NOT regexp_full_match({text}, {_literal(rule.pattern)})"
    if isinstance(rule, Reference):
        return _reference(table, rule, folder)
    raise TypeError(type(rule).__name__)  # pragma: no cover


def _reference(table: Opened, rule: Reference, folder: Path | None) -> str:
    with opened((folder or Path()) / rule.file) as other:
        if rule.to not in other.columns:
            raise Invalid("rule-reference", f"{rule.file} has no column {rule.to}")
        known = other.arrow(f"SELECT DISTINCT CAST({quoted(rule.to)} AS VARCHAR) AS value FROM data")
    name = f"reference_{rule.id}"
    table.database.register(name, known)
    column = f"CAST({quoted(rule.column)} AS VARCHAR)"
    return (
        f"{column} IS NOT NULL AND {column} NOT IN (SELECT value FROM {quoted(name)} WHERE value IS NOT NULL)"
    )


def _literal(value: str | float | bool | None) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(float(value or 0))


def _broken_where(table: Opened, rule: Rule, rows: int, condition: str) -> Outcome:
    [(broken,)] = table.rows(f"SELECT count(*) FROM data WHERE {condition}")
    return Outcome(rule, rows, broken, _some(table, condition) if broken else ())


def _some(table: Opened, condition: str) -> tuple[tuple[int, dict[str, Any]], ...]:
    """The first broken rows, numbered as they lie in the file."""
    found = table.arrow(
        "SELECT * FROM (SELECT row_number() OVER () AS __row, * FROM data) "
        f"WHERE {condition} ORDER BY __row LIMIT {_SHOWN}"
    )
    return tuple((row.pop("__row"), row) for row in found.to_pylist())


def _unique(table: Opened, rule: Unique, rows: int) -> Outcome:
    names = ", ".join(quoted(name) for name in rule.columns)
    there = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in rule.columns)
    [(broken,)] = table.rows(
        "SELECT coalesce(sum(n), 0) FROM "
        f"(SELECT count(*) AS n FROM data WHERE {there} GROUP BY {names}) WHERE n > 1"
    )
    doubles = f"({names}) IN (SELECT ({names}) FROM data WHERE {there} GROUP BY {names} HAVING count(*) > 1)"
    return Outcome(rule, rows, int(broken), _some(table, doubles) if broken else ())


def _fresh(table: Opened, rule: Fresh, now: datetime) -> Outcome:
    [(newest,)] = table.rows(f"SELECT max(TRY_CAST({quoted(rule.column)} AS TIMESTAMP)) FROM data")
    if newest is None:
        return Outcome(rule, 1, 1, problem=f"{rule.column} holds no moment")
    late = as_utc(newest.replace(tzinfo=now.tzinfo)) < now - rule.within
    return Outcome(rule, 1, int(late))


def _holds(table: Opened, rule: Holds, rows: int) -> Outcome:
    broken = 0
    failing: list[tuple[int, dict[str, Any]]] = []
    for start in range(0, rows, _PORTION):
        portion = table.arrow(f"SELECT * FROM data LIMIT {_PORTION} OFFSET {start}")
        verdict = evaluate_rows(rule.expression, portion)
        if not pa.types.is_boolean(verdict.type) and not pa.types.is_null(verdict.type):
            raise Invalid("rule-expression", "the expression does not say yes or no")
        good = pc.fill_null(verdict.cast(pa.bool_()), False)
        wrong = np.flatnonzero(~np.asarray(good.to_numpy(zero_copy_only=False)))
        broken += len(wrong)
        for at in wrong[: _SHOWN - len(failing)]:
            failing.append((start + int(at) + 1, portion.slice(int(at), 1).to_pylist()[0]))
    return Outcome(rule, rows, broken, tuple(failing))


def discover(profile: Profile) -> tuple[Rule, ...]:
    """Rules that the table keeps today and might well keep tomorrow: filled, unique, few values.

    They are marked as discovered: a steward confirms them before they count for more than a hint.
    """
    found: list[Rule] = []
    if profile.rows < 20:
        return ()
    for number, column in enumerate(profile.columns):
        stem = f"c{number}"
        if not column.missing and not column.blank:
            found.append(Filled(id=f"{stem}-filled", kind="filled", columns=(column.name,), discovered=True))
        if column.distinct == column.rows and not column.missing:
            found.append(Unique(id=f"{stem}-unique", kind="unique", columns=(column.name,), discovered=True))
        few = 1 < column.distinct <= 20 and profile.rows >= 50 * column.distinct
        if few and len(column.frequent) == column.distinct and column.type == "VARCHAR":
            values = tuple(value for value, _ in column.frequent)
            found.append(
                OneOf(id=f"{stem}-values", kind="one_of", column=column.name, values=values, discovered=True)
            )
    return tuple(found)
