"""What is wrong with a decision table before anybody uses it: gaps, contradictions, rules that never decide.

The conditions of the table cut the values of each input into finitely many classes: numbers, dates and the
like into points and the stretches between them, strings and booleans into those that are named and one that
is not. One value of each class stands for all; the classes are gone through input by input, keeping only the
rules that still can match, so whole regions are settled at once. Null is not looked at. Inputs with
conditions of other forms (functions, other variables) are taken as "may match": nothing is reported that
hangs on them. Settings and parameters whose values are given count as those values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from chengshu.kernel.texts import Text
from chengshu.rules.dmn.decide import Model
from chengshu.rules.dmn.explain import shown
from chengshu.rules.dmn.model import Boxed, ContextEntry, Decision, Definitions, Knowledge, Table
from chengshu.rules.dmn.scope import LogicScope
from chengshu.rules.dmn.settled import settled
from chengshu.rules.dmn.table import read_cell
from chengshu.rules.dmn.table_index import (
    Interval,
    OrderedColumn,
    bits,
    constants,
    intervals,
    key_of,
    ordered_column,
)
from chengshu.rules.feel import ast
from chengshu.rules.feel.temporal import DAY, NANOS, Date, DateTime, Duration, Months, Time
from chengshu.rules.feel.types import SIMPLE
from chengshu.rules.feel.values import to_python

MAX_VISITS = 50_000
"""Regions looked at in one table; beyond, the analysis says that it is incomplete."""

_SINGLE_HIT = frozenset({"UNIQUE", "ANY", "FIRST", "PRIORITY"})
_OTHER = "anything else"
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Finding:
    """A mistake with an example: kind is gap, overlap or unreachable; rules count from 1."""

    kind: str
    rules: tuple[int, ...]
    example: dict[str, Any]
    text: Text


@dataclass(slots=True)
class Analysis:
    """All findings; ``complete`` is false when the table was too large to look at all of it."""

    findings: list[Finding] = field(default_factory=list)
    complete: bool = True
    unread: tuple[str, ...] = ()
    """Inputs with conditions of other forms, about which nothing is claimed."""

    def of(self, kind: str) -> list[Finding]:
        """The findings of one kind."""
        return [finding for finding in self.findings if finding.kind == kind]


@dataclass(frozen=True, slots=True)
class Class:
    """Values that all conditions of an input treat alike: one of them, and the rules that accept it."""

    sample: Any
    rules: int


@dataclass(slots=True)
class Column:
    name: str
    classes: list[Class]
    certain: int
    """Rules whose condition here is fully understood."""


def analyse(table: Table, given: Mapping[str, Any] = _NOTHING) -> Analysis:
    """Gaps, contradictory overlaps and unreachable rules of a table.

    ``given`` has what is known beside the inputs (settings, parameters), by name.
    """
    trees = [[_condition(text, table, given) for text in rule.inputs] for rule in table.rules]
    allowed = [
        _condition(column.allowed, table, given) if column.allowed else None for column in table.inputs
    ]
    columns = [
        _column(input_.label or input_.expression, input_.type_ref, [row[i] for row in trees], allowed[i])
        for i, input_ in enumerate(table.inputs)
    ]
    everything = (1 << len(table.rules)) - 1
    certain = everything
    for column in columns:
        certain &= column.certain
    analysis = Analysis(unread=tuple(c.name for c in columns if c.certain != everything))
    _Search(table, columns, certain, analysis).run()
    return analysis


def _condition(text: str, table: Table, given: Mapping[str, Any]) -> ast.UnaryTests | None:
    """A cell as a tree, with what is given put in; None where it does not parse."""
    scope = LogicScope(frozenset(), SIMPLE.get, table.name, lambda place, problem: None)
    tree = read_cell(text, scope, "")
    return tree if tree is None else settled(tree, given)


def _column(
    name: str, type_ref: str, cells: Sequence[ast.UnaryTests | None], allowed: ast.UnaryTests | None
) -> Column:
    every = (1 << len(cells)) - 1
    free = sum(1 << at for at, cell in enumerate(cells) if cell is not None and cell.any)
    ordered = ordered_column(cells, intervals(allowed) or ())
    if ordered is not None:
        spans = [intervals(cell) for cell in cells]
        known = sum(1 << at for at, cell in enumerate(spans) if cell and cell[0].kind is ordered.kind)
        return Column(name, _ordered_classes(ordered, intervals(allowed)), free | known)
    named = [constants(cell) for cell in cells]
    certain = free | sum(1 << at for at, cell in enumerate(named) if cell is not None)
    wanted = constants(allowed)
    if type_ref == "boolean" and wanted is None:
        wanted = [True, False]
    return Column(name, _constant_classes(named, every & ~certain | free, wanted), certain)


def _ordered_classes(column: OrderedColumn, allowed: list[Interval] | None) -> list[Class]:
    classes: list[Class] = []
    for segment, rules in enumerate(column.masks):
        key = _sample_key(column.points, segment)
        if key is None or (allowed is not None and not any(_holds(span, key) for span in allowed)):
            continue
        classes.append(Class(_sample(column.kind, key), rules))
    return _merged(classes)


def _sample_key(points: list[Any], segment: int) -> Any:
    """A key in a segment; None for one between neighbouring whole keys, which holds nothing."""
    at, exact = divmod(segment, 2)
    if exact:
        return points[at]
    if at == 0:
        return points[0] - 1
    if at == len(points):
        return points[-1] + 1
    low, high = points[at - 1], points[at]
    if isinstance(low, Decimal):
        return (low + high) / 2
    return (low + high) // 2 if high - low > 1 else None


def _sample(kind: type, key: Any) -> Any:
    """A value with a key."""
    if kind is Date:
        return to_python(Date.of_number(key))
    if kind is Time:
        return to_python(Time.of_nanos(key % DAY * NANOS))
    if kind is DateTime:
        return to_python(DateTime.of_local_nanos(key * NANOS, Time(0, 0, 0, 0, 0)))
    if kind is Duration or kind is Months:
        return to_python(kind(key))
    return key


def _holds(span: Interval, key: Any) -> bool:
    low, high = key_of(span.low), key_of(span.high)
    above = low is None or low < key or (low == key and span.low_included)
    return above and (high is None or key < high or (key == high and span.high_included))


def _constant_classes(
    cells: Sequence[list[Any] | None], loose: int, allowed: list[Any] | None
) -> list[Class]:
    listed = {(type(value), value) for cell in cells if cell for value in cell}
    if allowed is not None:
        listed = {(type(value), value) for value in allowed}
    classes = [] if allowed is not None else [Class(_OTHER, loose)]
    for kind, value in sorted(listed, key=str):
        rules = loose
        for at, cell in enumerate(cells):
            if cell is not None and any(type(v) is kind and v == value for v in cell):
                rules |= 1 << at
        classes.append(Class(value, rules))
    return _merged(classes)


def _merged(classes: list[Class]) -> list[Class]:
    """One class for each set of rules: the others would only repeat it."""
    found: dict[int, Class] = {}
    for one in classes:
        found.setdefault(one.rules, one)
    return list(found.values())


class _Search:
    def __init__(self, table: Table, columns: list[Column], certain: int, analysis: Analysis) -> None:
        self.table = table
        self.columns = columns
        self.certain = certain
        self.analysis = analysis
        self.left = MAX_VISITS
        self.decides = 0
        self.seen: set[tuple[str, tuple[int, ...]]] = set()
        self.visited: set[tuple[int, int]] = set()

    def run(self) -> None:
        everything = (1 << len(self.table.rules)) - 1
        for sample, rules in self.regions(0, everything, []):
            self.look(sample, rules)
        if not self.analysis.complete:
            return
        for at in range(len(self.table.rules)):
            if not self.decides >> at & 1:
                self.unreachable(at)

    def regions(self, at: int, rules: int, sample: list[Any]) -> Iterator[tuple[list[Any], int]]:
        """A sample of each region, with the rules that may match; one that no rule reaches stays whole."""
        if (at, rules) in self.visited:
            return  # the same rules meet the same remaining inputs: nothing new can come of it
        self.visited.add((at, rules))
        self.left -= 1
        if self.left < 0:
            self.analysis.complete = False
            return
        if at == len(self.columns) or not rules:
            yield sample, rules
            return
        for one in self.columns[at].classes:
            yield from self.regions(at + 1, rules & one.rules, [*sample, one.sample])

    def look(self, sample: list[Any], rules: int) -> None:
        numbers, surely = bits(rules), bits(rules & self.certain)
        policy = self.table.hit_policy
        if not numbers:
            if policy in _SINGLE_HIT and not any(column.default for column in self.table.outputs):
                self.gap(sample)
            return
        if policy == "FIRST":
            first_sure = surely[0] if surely else numbers[-1]
            self.mark(at for at in numbers if at <= first_sure)
        else:
            self.mark(numbers)
        if policy in ("UNIQUE", "ANY") and len(surely) > 1:
            results = {self.table.rules[at].outputs for at in surely}
            if policy == "UNIQUE" or len(results) > 1:
                self.overlap(sample, surely)

    def mark(self, numbers: Iterator[int] | list[int]) -> None:
        for at in numbers:
            self.decides |= 1 << at

    def example(self, sample: list[Any]) -> dict[str, Any]:
        return {column.name: value for column, value in zip(self.columns, sample, strict=False)}

    def add(self, kind: str, rules: tuple[int, ...], sample: list[Any], text: tuple[str, str, str]) -> None:
        example = self.example(sample)
        key = (kind, rules) if rules else (kind, tuple(hash((k, str(v))) for k, v in example.items()))
        if key in self.seen:
            return
        self.seen.add(key)
        when = ", ".join(f"{name} = {_said(value)}" for name, value in example.items())
        parts = [part.format(when=when, name=self.table.name) for part in text]
        self.analysis.findings.append(Finding(kind, rules, example, Text(*parts)))

    def gap(self, sample: list[Any]) -> None:
        self.add(
            "gap",
            (),
            sample,
            (
                "no rule of «{name}» covers {when}",
                "“{name}”没有规则覆盖：{when}",
                "「{name}」沒有規則涵蓋：{when}",
            ),
        )

    def overlap(self, sample: list[Any], rules: list[int]) -> None:
        numbers = tuple(at + 1 for at in rules)
        said = ", ".join(map(str, numbers))
        self.add(
            "overlap",
            numbers,
            sample,
            (
                f"rules {said} of «{{name}}» all match {{when}}",
                f"“{{name}}”的规则 {said} 同时命中：{{when}}",
                f"「{{name}}」的規則 {said} 同時命中：{{when}}",
            ),
        )

    def unreachable(self, at: int) -> None:
        """A rule that never decides, with what stands in its way: an earlier rule, or a cell."""
        wanted = [next((c for c in column.classes if c.rules >> at & 1), None) for column in self.columns]
        said = (
            f"rule {at + 1} of «{{name}}» never decides",
            f"“{{name}}”的规则 {at + 1} 永远不起作用",
            f"「{{name}}」的規則 {at + 1} 永遠不起作用",
        )
        classes = [one for one in wanted if one is not None]
        if len(classes) < len(wanted):
            column = wanted.index(None)
            why = _CELL_FITS_NOTHING.fill(
                input=_literally(self.columns[column].name),
                cell=_literally(self.table.rules[at].inputs[column]),
            )
            self.add("unreachable", (at + 1,), [], _joined(said, why))
            return
        rules = self.certain
        for one in classes:
            rules &= one.rules
        why = _DECIDED_BEFORE.fill(rule=next(iter(bits(rules)), 0) + 1)
        self.add("unreachable", (at + 1,), [one.sample for one in classes], _joined(said, why))


_CELL_FITS_NOTHING = Text(
    ": no value that {input} may have is {cell}",
    "：{input} 可取的值都不满足 {cell}",
    "：{input} 可取的值都不滿足 {cell}",
)
_DECIDED_BEFORE = Text(
    ": with {{when}}, rule {rule} decides",
    "：{{when}} 时由规则 {rule} 决定",
    "：{{when}} 時由規則 {rule} 決定",
)


def _literally(text: str) -> str:
    """A text that stays as it is when places are filled."""
    return text.replace("{", "{{").replace("}", "}}")


def _joined(said: tuple[str, str, str], why: Text) -> tuple[str, str, str]:
    return said[0] + why.en, said[1] + why.zh_hans, said[2] + why.zh_hant


def _said(value: Any) -> str:
    return value if value is _OTHER else shown(value)


def analyse_model(model: Model, given: Mapping[str, Any] = _NOTHING) -> dict[str, Analysis]:
    """The analyses of all decision tables of a model, by the name of the decision or knowledge model.

    ``given`` as for :func:`analyse`. A table within another expression is called after the place and its
    number there.
    """
    return {place: analyse(table, given) for place, (_, table) in tables_of(model.definitions).items()}


def tables_of(definitions: Definitions) -> dict[str, tuple[Decision | Knowledge, Table]]:
    """The decision tables of a model by place, each with the decision or knowledge model it is in."""
    found: dict[str, tuple[Decision | Knowledge, Table]] = {}
    for element in definitions.elements:
        if isinstance(element, Decision | Knowledge) and element.logic is not None:
            tables = list(_tables(element.logic))
            for number, table in enumerate(tables, 1):
                place = element.name if len(tables) == 1 else f"{element.name} ({number})"
                found[place] = (element, table)
    return found


def _tables(boxed: Boxed) -> Iterator[Table]:
    if isinstance(boxed, Table):
        yield boxed
        return
    for part in fields(boxed):
        yield from _tables_in(getattr(boxed, part.name))


def _tables_in(value: Any) -> Iterator[Table]:
    if isinstance(value, Boxed):
        yield from _tables(value)
    elif isinstance(value, ContextEntry):
        yield from _tables(value.value)
    elif isinstance(value, tuple):
        for part in value:
            yield from _tables_in(part)
