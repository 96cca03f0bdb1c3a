"""Decision tables (DMN 1.5, chapter 8): compile, find the rules that match, apply the hit policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chengshu.rules.dmn.explain import Match, NearMiss
from chengshu.rules.dmn.model import Rule, Table
from chengshu.rules.dmn.policy import POLICIES, Answer, Policy
from chengshu.rules.dmn.scope import LogicScope
from chengshu.rules.dmn.table_index import INDEX_FROM, RuleIndex
from chengshu.rules.feel import ast
from chengshu.rules.feel.compare import equal
from chengshu.rules.feel.compile import constant_of
from chengshu.rules.feel.compile_tests import PLACEHOLDER, TestCode, compile_tests
from chengshu.rules.feel.errors import FeelSyntaxError, LimitExceeded
from chengshu.rules.feel.parser import parse_unary_tests
from chengshu.rules.feel.runtime import MISSING, Code, Run, Vars
from chengshu.rules.feel.temporal import Date
from chengshu.rules.feel.types import FeelType, convert
from chengshu.rules.feel.values import kind_of, to_python

CompileText = Callable[[str, str, LogicScope], Code]
ANY_CELLS = frozenset({"", "-"})
MAX_NEAR = 20
"""Near misses told of one table in one evaluation."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that matched, to be told in words when somebody asks."""

    table: Table
    rule: int
    values: Sequence[Any]
    result: Sequence[Any]

    def as_match(self) -> Match:
        """The form given to users, in Python's values."""
        rule: Rule = self.table.rules[self.rule]
        inputs, outputs = _by_column(self.table, self.values, self.result)
        return Match(self.table.name, self.rule + 1, rule.id, rule.inputs, inputs, outputs, rule.annotations)


@dataclass(frozen=True, slots=True)
class Miss:
    """A rule that failed at one condition only, to be told in words when somebody asks."""

    table: Table
    rule: int
    column: int
    values: Sequence[Any]
    result: Sequence[Any]

    def as_near_miss(self) -> NearMiss:
        """The form given to users, in Python's values."""
        rule: Rule = self.table.rules[self.rule]
        inputs, outputs = _by_column(self.table, self.values, self.result)
        column = self.table.inputs[self.column]
        return NearMiss(
            self.table.name,
            self.rule + 1,
            rule.id,
            column.label or column.expression,
            rule.inputs[self.column],
            inputs,
            outputs,
        )


def _by_column(
    table: Table, values: Sequence[Any], result: Sequence[Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was seen and given, by the names of the columns, in Python's values."""
    inputs = {
        column.label or column.expression: to_python(value)
        for column, value in zip(table.inputs, values, strict=True)
    }
    outputs = {column.name: to_python(value) for column, value in zip(table.outputs, result, strict=True)}
    return inputs, outputs


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """The tests of a rule that can fail, with their columns, and its results."""

    tests: tuple[tuple[int, TestCode, bool], ...]
    results: tuple[Code, ...]


def read_cell(text: str, scope: LogicScope, place: str) -> ast.UnaryTests | None:
    """The tree of a condition; None for one that does not parse, which is reported."""
    if text.strip() in ANY_CELLS:
        return ast.UnaryTests((), any=True)
    try:
        tree = parse_unary_tests(text, scope.names)
    except FeelSyntaxError as error:
        scope.report(place, f"{error.message} ({error.fault.where}) in «{text}»")
        return None
    scope.check_names(tree, place)
    return tree


def _mentions_value(tree: ast.Node) -> bool:
    return any(isinstance(part, ast.Name) and part.name == PLACEHOLDER for part in ast.walk(tree))


def _cell(text: str, scope: LogicScope, place: str) -> tuple[TestCode, bool, ast.UnaryTests | None]:
    tree = read_cell(text, scope, place)
    if tree is None:

        def broken(value: Any, v: Vars, r: Run) -> None:
            r.note("syntax", name=place, problem=text)

        return broken, False, None
    uses = _mentions_value(tree)
    return compile_tests(tree, scope.inside((PLACEHOLDER,)).feel() if uses else scope.feel()), uses, tree


def _taken(code: Code, kind: FeelType | None) -> Code:
    """The value of an input as one of its declared type, where an implicit conversion makes it one."""
    if kind is None or kind.anything:
        return code
    wanted, listed = kind, kind.kind == "list"

    def taken(v: Vars, r: Run) -> Any:
        value = code(v, r)
        given = type(value)
        if listed is (given is list) and given is not Date:
            return value
        converted, fits = convert(value, wanted)
        return converted if fits else value

    return taken


def _in_order(tree: ast.UnaryTests) -> list[Any]:
    return [constant_of(test.value) for test in tree.tests if not test.op]


def _allowed_order(kind: FeelType | None) -> list[Any]:
    """The allowed values of a type: the order of priority where the table does not state its own."""
    if kind is None or not kind.allowed_text:
        return []
    try:
        return _in_order(parse_unary_tests(kind.allowed_text))
    except FeelSyntaxError:
        return []  # several restrictions of a type do not make one list


class CompiledTable:
    """A decision table ready to be asked."""

    def __init__(
        self, table: Table, scope: LogicScope, compile_text: CompileText, kinds: Sequence[FeelType | None]
    ) -> None:
        self.table = table
        self.kinds = kinds
        place = scope.place
        self.inputs = [
            _taken(
                compile_text(c.expression, f"{place}, input {i}", scope),
                scope.types(c.type_ref) if c.type_ref else None,
            )
            for i, c in enumerate(table.inputs, 1)
        ]
        self.allowed = [
            _cell(column.allowed, scope, f"{place}, input values {i}")[:2] if column.allowed else None
            for i, column in enumerate(table.inputs, 1)
        ]
        self.rules: list[CompiledRule] = []
        trees: list[list[ast.UnaryTests | None]] = []
        for number, rule in enumerate(table.rules, 1):
            cells = [_cell(text, scope, f"{place}, rule {number}") for text in rule.inputs]
            tests = tuple(
                (i, test, uses) for i, (test, uses, tree) in enumerate(cells) if tree is None or not tree.any
            )
            outputs = tuple(
                compile_text(text or "null", f"{place}, rule {number}", scope) for text in rule.outputs
            )
            self.rules.append(CompiledRule(tests, outputs))
            trees.append([tree for _, _, tree in cells])
        self.defaults = [
            compile_text(column.default, f"{place}, default", scope) if column.default else None
            for column in table.outputs
        ]
        self.ranks = [
            self._ranks(column.values, scope, place) if column.values else _allowed_order(kind)
            for column, kind in zip(table.outputs, kinds, strict=True)
        ]
        self.policy = self._policy(scope)
        self.index = RuleIndex(trees, len(table.inputs)) if len(self.rules) >= INDEX_FROM else None

    def _policy(self, scope: LogicScope) -> Policy:
        name = self.table.hit_policy
        found = POLICIES.get((name, self.table.aggregation if name == "COLLECT" else ""))
        if found is None:
            scope.report(scope.place, f"there is no hit policy «{name} {self.table.aggregation}»")
            return POLICIES["UNIQUE", ""]
        return found

    def _ranks(self, values: str, scope: LogicScope, place: str) -> list[Any]:
        """The output values in order of priority."""
        try:
            tree = parse_unary_tests(values, scope.names)
        except FeelSyntaxError as error:
            scope.report(f"{place}, output values", f"{error.message} in «{values}»")
            return []
        return _in_order(tree)

    def __call__(self, v: Vars, r: Run) -> Any:
        values = [code(v, r) for code in self.inputs]
        for column, check in enumerate(self.allowed):
            if check is None or values[column] is None:
                continue  # null is in every type, whatever values are allowed (10.3.2.9.4)
            if not self._admits(check, values[column], column, v, r):
                return None
        hits = self._matching(values, v, r)
        if r.budget.near is not None:
            self._tell_near(hits, values, v, r, r.budget.near)
        if not hits:
            return self._no_match(v, r)
        results = [tuple(self._result(rule, i, v, r) for i in range(len(self.kinds))) for rule in hits]
        answer = Answer(
            [rule + 1 for rule in hits], results, [column.name for column in self.table.outputs], self._rank
        )
        value, used = self.policy(answer, self.table.name, r)
        for at in used:
            r.budget.matched.append(Hit(self.table, hits[at], values, results[at]))
        return value

    def _admits(self, check: tuple[TestCode, bool], value: Any, column: int, v: Vars, r: Run) -> bool:
        test, _ = check
        if test(value, {**v, PLACEHOLDER: value}, r) is True:
            return True
        shown = self.table.inputs[column]
        r.note("not-allowed", where=shown.expression, allowed=shown.allowed)
        return False

    def _matching(self, values: list[Any], v: Vars, r: Run) -> list[int]:
        """Indices of the rules that match; only the first when the hit policy is FIRST."""
        only_first = self.table.hit_policy == "FIRST"
        candidates: Sequence[int] | None = None if self.index is None else self.index.candidates(values)
        numbers = range(len(self.rules)) if candidates is None else candidates
        r.spend(len(numbers) >> 3)
        rules = self.rules
        found: list[int] = []
        for number in numbers:
            for column, test, uses_value in rules[number].tests:
                value = values[column]
                inside = {**v, PLACEHOLDER: value} if uses_value else v
                if test(value, inside, r) is not True:
                    break
            else:
                found.append(number)
                if only_first:
                    return found
        return found

    def _tell_near(self, hits: list[int], values: list[Any], v: Vars, r: Run, near: list[Any]) -> None:
        """Keep the rules that failed at one condition only, and would have had a say without it.

        What is asked for here leaves no other trace.
        """
        only_first = self.table.hit_policy == "FIRST" and hits
        rules = self.rules[: hits[0]] if only_first else self.rules
        budget = r.budget
        steps, depth = budget.steps, budget.depth
        notes, matched = len(budget.diagnostics), len(budget.matched)
        budget.near = None  # tables that the conditions and results ask are not told again
        try:
            told = 0
            for number, rule in enumerate(rules):
                column = self._only_failing(rule, values, v, r)
                if column is not None and told < MAX_NEAR:
                    results = tuple(self._result(number, at, v, r) for at in range(len(self.kinds)))
                    near.append(Miss(self.table, number, column, values, results))
                    told += 1
        except (LimitExceeded, RecursionError):
            pass  # an explanation may be cut short, the value may not
        budget.near = near
        budget.steps, budget.depth = steps, depth
        del budget.diagnostics[notes:], budget.matched[matched:]

    def _only_failing(self, rule: CompiledRule, values: list[Any], v: Vars, r: Run) -> int | None:
        """The column of the one condition that fails; None when none fails, or several."""
        r.spend(1)
        failing: int | None = None
        for column, test, uses_value in rule.tests:
            value = values[column]
            if test(value, {**v, PLACEHOLDER: value} if uses_value else v, r) is not True:
                if failing is not None:
                    return None
                failing = column
        return failing

    def _result(self, rule: int, column: int, v: Vars, r: Run) -> Any:
        return self._as_declared(self.rules[rule].results[column](v, r), column, f"rule {rule + 1}", r)

    def _as_declared(self, value: Any, column: int, where: str, r: Run) -> Any:
        kind = self.kinds[column]
        if kind is None or value is None:
            return value
        converted, fits = convert(value, kind)
        if not fits:
            r.note(
                "type-mismatch",
                where=f"{self.table.name}, {where}",
                expected=kind,
                type=kind_of(value),
            )
        return converted

    def _no_match(self, v: Vars, r: Run) -> Any:
        if any(code is not None for code in self.defaults):
            values = [
                None if code is None else self._as_declared(code(v, r), column, "default", r)
                for column, code in enumerate(self.defaults)
            ]
            if len(values) == 1:
                return values[0]
            return dict(zip((column.name for column in self.table.outputs), values, strict=True))
        if self.table.hit_policy == "COLLECT" and self.table.aggregation == "COUNT":
            return Decimal(0)
        r.note("no-rule", name=self.table.name)
        return None

    def _rank(self, column: int, value: Any) -> int:
        """The place of a result in the column's order of priority; the last for one that is not listed."""
        ranks = self.ranks[column]
        for place, ranked in enumerate(ranks):
            if ranked is not MISSING and equal(ranked, value) is True:
                return place
        return len(ranks)


def compile_table(
    table: Table, scope: LogicScope, compile_text: CompileText, kinds: Sequence[FeelType | None]
) -> Code:
    """The closure of a decision table; ``kinds`` are the types of its outputs."""
    return CompiledTable(table, scope, compile_text, kinds)
