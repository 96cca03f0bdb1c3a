"""What is wrong with a decision table before anybody uses it: gaps, contradictions, rules that never decide.

Each input has finitely many classes of values (see :mod:`analysis_columns`). One value of each class stands
for all; the classes are gone through input by input, keeping only the rules that still can match, so whole
regions are settled at once. A gap or an overlap is told only with values on which every condition was
evaluated; conditions that hang on what is not known here (the clock) may hold or not, the same text alike in
all rules. Inputs that share names, and decisions of the model that are inputs, have what follows from the
values of those names (see :mod:`analysis_ties`). Settings and parameters count as their values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from chengshu.kernel.texts import Text
from chengshu.rules.dmn.analysis_around import Around, around
from chengshu.rules.dmn.analysis_columns import OTHER, Cell, Class, Column, make_column, merged
from chengshu.rules.dmn.analysis_ties import UNSETTLED, Ties
from chengshu.rules.dmn.decide import Model
from chengshu.rules.dmn.explain import shown
from chengshu.rules.dmn.model import Boxed, ContextEntry, Decision, Definitions, Knowledge, Table, TableInput
from chengshu.rules.dmn.scope import LogicScope
from chengshu.rules.dmn.settled import settled
from chengshu.rules.dmn.table import read_cell
from chengshu.rules.dmn.table_index import bits
from chengshu.rules.feel import ast
from chengshu.rules.feel.types import SIMPLE, FeelType
from chengshu.rules.feel.values import to_python

KindOfInput = Callable[[TableInput], FeelType | None]
"""The type of an input of a table, as far as it is known."""

MAX_VISITS = 50_000
"""Regions looked at in one table; beyond, the analysis says that it is incomplete."""

_SINGLE_HIT = frozenset({"UNIQUE", "ANY", "FIRST", "PRIORITY"})
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


def analyse(
    table: Table,
    given: Mapping[str, Any] = _NOTHING,
    kind_of_input: KindOfInput = lambda column: None,
    around: Around | None = None,
) -> Analysis:
    """Gaps, contradictory overlaps and unreachable rules of a table.

    ``given`` has what is known beside the inputs (settings, parameters), by name; ``kind_of_input`` the types
    of the inputs (see :func:`kinds_of`); ``around`` the model that the table stands in.
    """
    columns: list[Column] = []
    for at, column in enumerate(table.inputs):
        kind = kind_of_input(column) or SIMPLE.get(column.type_ref)
        cells = [Cell(_condition(rule.inputs[at], table, given), given) for rule in table.rules]
        text = column.allowed or ("" if kind is None else kind.allowed_text)
        allowed = _condition(text, table, given) if text else None
        columns.append(make_column(column, cells, None if allowed is None else Cell(allowed, given), kind))
    analysis = Analysis()
    search = _Search(table, columns, given, analysis, around or Around())
    search.run()
    analysis.unread = tuple(columns[at].name for at in sorted(search.unread))
    return analysis


def _condition(text: str, table: Table, given: Mapping[str, Any]) -> ast.UnaryTests | None:
    """A cell as a tree, with what is given put in; None where it does not parse."""
    scope = LogicScope(frozenset(), SIMPLE.get, table.name, lambda place, problem: None)
    tree = read_cell(text, scope, "")
    return tree if tree is None else settled(tree, given)


class _Search:
    def __init__(
        self,
        table: Table,
        columns: list[Column],
        given: Mapping[str, Any],
        analysis: Analysis,
        around: Around,
    ) -> None:
        self.table = table
        self.columns = columns
        self.analysis = analysis
        self.ties = Ties(columns, given, around)
        self.known = (1 << len(table.rules)) - 1
        for column in columns:
            self.known &= column.known
        self.unread = {at for at, column in enumerate(columns) if self.is_unread(at, column)}
        for at, column in enumerate(columns):
            if at not in self.ties.watched:
                column.classes = merged(column.classes)
        self.left = MAX_VISITS
        self.decides = 0
        self.fits = 0
        self.seen: set[tuple[str, tuple[int, ...]]] = set()
        self.visited: set[tuple[object, ...]] = set()
        self.told: set[tuple[object, ...]] = set()

    def is_unread(self, at: int, column: Column) -> bool:
        """Whether a condition of an input cannot be told even when all inputs have values."""
        everything = (1 << len(self.table.rules)) - 1
        later = (column.cells[rule] for rule in bits(everything & ~column.known))
        if all(cell.any for cell in column.cells):
            return False
        return at in self.ties.blind or any(not self.ties.can_tell(cell) for cell in later)

    def run(self) -> None:
        everything = (1 << len(self.table.rules)) - 1
        for sample, rules in self.regions(0, everything, []):
            self.look(sample, rules)
        dead = [at for at in range(len(self.table.rules)) if not self.decides >> at & 1]
        never = [at for at in dead if self.analysis.complete and self.never(at)]
        for at in never if self.analysis.complete else ():
            self.unreachable(at)
        if self.analysis.complete and self.ties.bound and self.ties.exact:
            for at in dead:
                if at not in never and not self.fits >> at & 1 and self.settles(at):
                    self.never_together(at)

    def settles(self, rule: int) -> bool:
        """Whether what was tried of a rule is all there is: its cells compare, and null does not pass."""
        return all(column.understood >> rule & 1 for column in self.columns) and all(
            cell.any or cell.holds(None, {}) is False
            for cell in (self.columns[at].cells[rule] for at in self.ties.bound)
        )

    def regions(self, at: int, rules: int, sample: list[Any]) -> Iterator[tuple[list[Any], int]]:
        """A sample of each region, with the rules that may match; one that no rule reaches stays whole."""
        key = (at, rules, *(str(sample[seen]) for seen in self.ties.watched if seen < at))
        if key in self.visited:
            return  # the same rules meet the same remaining inputs: nothing new can come of it
        self.visited.add(key)
        self.left -= 1
        if self.left < 0:
            self.analysis.complete = False
            return
        if at == len(self.columns) or not (rules or self.ties.sources):
            yield sample, rules
            return
        if at in self.ties.bound:
            yield from self.regions(at + 1, rules, [*sample, UNSETTLED])
            return
        for one in self.columns[at].classes:
            if one.real:
                yield from self.regions(at + 1, rules & one.rules, [*sample, one.sample])

    def never(self, rule: int) -> bool:
        """Whether no values at all let a rule decide: wherever it may match, an earlier one surely does."""
        earlier = (1 << rule) - 1 if self.table.hit_policy == "FIRST" else 0
        return not self.escapes(0, rule, earlier, set())

    def escapes(self, at: int, rule: int, earlier: int, visited: set[tuple[int, int]]) -> bool:
        """Whether there may be values that a rule accepts and that no earlier one surely accepts."""
        if at == len(self.columns):
            return not earlier
        if (at, earlier) in visited:
            return False
        visited.add((at, earlier))
        self.left -= 1
        if self.left < 0:
            self.analysis.complete = False
            return True
        column = self.columns[at]
        own = column.cells[rule].text
        same = sum(1 << other for other in bits(earlier) if column.cells[other].text == own)
        return any(
            self.escapes(at + 1, rule, earlier & (one.rules & column.understood | same), visited)
            for one in column.classes
            if one.possible >> rule & 1
        )

    def settle(self, sample: list[Any], rules: int) -> tuple[list[Any], int, int]:
        """A sample with the inputs that follow from others, its rules, and those of them that surely fit."""
        if not self.ties.bound and self.known == (1 << len(self.table.rules)) - 1:
            return sample, rules, rules if len(sample) == len(self.columns) else 0
        sample, others = self.ties.settled(sample)
        surely = rules
        for rule in bits(rules):
            for at, value in enumerate(sample):
                column = self.columns[at]
                if column.known >> rule & 1 and at not in self.ties.bound:
                    continue
                cell = column.cells[rule]
                holds = True if cell.any else None if value is UNSETTLED else cell.holds(value, others)
                if holds is False:
                    rules &= ~(1 << rule)
                if holds is not True:
                    surely &= ~(1 << rule)
        return sample, rules, surely if len(sample) == len(self.columns) else 0

    def look(self, sample: list[Any], rules: int) -> None:
        sample, rules, sure = self.settle(sample, rules)
        if self.ties.sources and self.ties.lacks(sample):
            return
        numbers, surely = bits(rules), bits(sure)
        self.fits |= sure
        policy = self.table.hit_policy
        if not numbers:
            must = policy in _SINGLE_HIT and not any(column.default for column in self.table.outputs)
            if must and self.is_new(sample):
                self.gap(sample)
            return
        for at in surely if policy != "FIRST" else surely[:1] if surely[:1] == numbers[:1] else ():
            self.decides |= 1 << at
        if policy in ("UNIQUE", "ANY") and len(surely) > 1:
            results = {self.table.rules[at].outputs for at in surely}
            if policy == "UNIQUE" or len(results) > 1:
                self.overlap(sample, surely)

    def is_new(self, sample: list[Any]) -> bool:
        """Whether no gap was told yet at which each input fails the same conditions; only asked of ties."""
        if not self.ties.bound:
            return True
        others = {name: sample[at] for at, name in self.ties.names.items() if at < len(sample)}
        shown = [(at, value) for at, value in enumerate(sample[: self.ties.shown]) if value is not UNSETTLED]
        key = tuple((at, self.columns[at].rules_for(value, others)) for at, value in shown)
        if ("gap", key) in self.told:
            return False
        self.told.add(("gap", key))
        return True

    def example(self, sample: list[Any]) -> dict[str, Any]:
        return {
            column.name: to_python(value)
            for column, value in zip(self.columns, sample, strict=False)
            if value is not UNSETTLED
        }

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

    def never_together(self, at: int) -> None:
        """A rule whose cells each fit something, but nothing all of them: they are about the same."""
        asking = [column for column in self.columns if not column.cells[at].any]
        why = _NOTHING_TOGETHER.fill(inputs=_named(asking))
        self.add("unreachable", (at + 1,), [], _joined(_never_said(at), why))

    def unreachable(self, at: int) -> None:
        """A rule that never decides, with what stands in its way: an earlier rule, or a cell."""
        wanted = [_wanted(column, at) for column in self.columns]
        said = _never_said(at)
        classes = [one for one in wanted if one is not None]
        if len(classes) < len(wanted):
            column = wanted.index(None)
            why = _CELL_FITS_NOTHING.fill(
                input=_literally(self.columns[column].name),
                cell=_literally(self.table.rules[at].inputs[column]),
            )
            self.add("unreachable", (at + 1,), [], _joined(said, why))
            return
        rules = (1 << at) - 1
        for one, of in zip(classes, self.columns, strict=True):
            own = of.cells[at].text
            same = sum(1 << other for other in range(at) if of.cells[other].text == own)
            rules &= one.rules & of.understood | same
        why = _DECIDED_BEFORE.fill(rule=next(iter(bits(rules)), 0) + 1)
        self.add("unreachable", (at + 1,), [one.sample for one in classes], _joined(said, why))


def _never_said(at: int) -> tuple[str, str, str]:
    return (
        f"rule {at + 1} of «{{name}}» never decides",
        f"“{{name}}”的规则 {at + 1} 永远不起作用",
        f"「{{name}}」的規則 {at + 1} 永遠不起作用",
    )


def _named(columns: list[Column]) -> str:
    return ", ".join(_literally(column.name) for column in columns)


def _wanted(column: Column, rule: int) -> Class | None:
    """A class that a rule accepts: one that the input may have before one that it may not."""
    fitting = [one for one in column.classes if one.possible >> rule & 1]
    return next((one for one in fitting if one.real), next(iter(fitting), None))


_CELL_FITS_NOTHING = Text(
    ": no value that {input} may have is {cell}",
    "：{input} 可取的值都不满足 {cell}",
    "：{input} 可取的值都不滿足 {cell}",
)
_NOTHING_TOGETHER = Text(
    ": its cells for {inputs} fit no values together",
    "：{inputs} 各格不能同时满足",
    "：{inputs} 各格無法同時滿足",
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
    return value if value is OTHER else shown(value)


def analyse_model(model: Model, given: Mapping[str, Any] = _NOTHING) -> dict[str, Analysis]:
    """The analyses of all decision tables of a model, by the name of the decision or knowledge model.

    ``given`` as for :func:`analyse`. A table within another expression is called after the place and its
    number there.
    """
    kinds = kinds_of(model)
    return {
        place: analyse(table, given, kinds, around(model, element, table, given))
        for place, (element, table) in tables_of(model.definitions).items()
    }


def analyse_in(model: Model, table: Table, given: Mapping[str, Any] = _NOTHING) -> Analysis:
    """The analysis of one table of a model."""
    element = next(own for own, one in tables_of(model.definitions).values() if one is table)
    return analyse(table, given, kinds_of(model), around(model, element, table, given))


def kinds_of(model: Model) -> KindOfInput:
    """The types of the inputs of tables: as declared in the table, or that of the input of the model."""

    def kind(column: TableInput) -> FeelType | None:
        declared = column.type_ref and model.types.find(column.type_ref)
        of_input = model.types.find(ref) if (ref := model.inputs.get(column.expression, "")) else None
        if declared and (of_input is None or of_input.allowed is None or declared.allowed is not None):
            return declared
        return of_input

    return kind


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
