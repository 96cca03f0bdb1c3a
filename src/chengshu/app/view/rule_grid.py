"""A decision table as the console draws it, the form to try it, and what two versions have different."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from chengshu.console.model import rules as page
from chengshu.kernel.texts import Text
from chengshu.rules.dmn import Model, Outcome
from chengshu.rules.dmn.analysis import Analysis
from chengshu.rules.dmn.difference import Difference
from chengshu.rules.dmn.explain import shown
from chengshu.rules.dmn.model import Decision, Element, InputData, Table
from chengshu.rules.dmn.scope import LogicScope
from chengshu.rules.dmn.table import read_cell
from chengshu.rules.dmn.table_index import constants
from chengshu.rules.feel import FeelSyntaxError, compile_expression
from chengshu.rules.feel.syntax_words import in_words
from chengshu.rules.feel.types import SIMPLE
from chengshu.rules.feel.values import to_python

OFFERED = frozenset({"settings", "parameters"})
_NULL = Text(
    "this has no value; write it in FEEL, a text in quotes",
    "此处没有值；请用 FEEL 书写，文本加引号",
    "此處沒有值；請用 FEEL 書寫，文字加引號",
)
_BROKEN = Text("at character {at}: {message}", "第 {at} 个字符处：{message}", "第 {at} 個字元處：{message}")


def draw(
    table: Table,
    called: Callable[[str], Text],
    outcome: Outcome | None = None,
    analysis: Analysis | None = None,
    changed: Iterable[Difference] = (),
) -> page.Grid:
    """The grid of a table, with the marks of a trial, of findings and of a change. The trial's come first."""
    notes = max((len(rule.annotations) for rule in table.rules), default=0)
    columns = (
        *(
            page.GridColumn("input", at, c.label or c.expression, c.type_ref, c.allowed, called(c.expression))
            for at, c in enumerate(table.inputs, 1)
        ),
        *(
            page.GridColumn(
                "output", at, c.name or table.name, c.type_ref, c.values, called(c.name or table.name)
            )
            for at, c in enumerate(table.outputs, 1)
        ),
        *(page.GridColumn("annotation", at, "") for at in range(1, notes + 1)),
    )
    changed = tuple(changed)
    rows = [_row(table, at, called, outcome, analysis, changed, notes) for at in range(len(table.rules))]
    for one in changed:
        if one.kind == "removed":
            gone = page.GridCell("input", 0, one.before)
            rows.append(page.GridRow(0, "", (gone,), "removed"))
    return page.Grid(table.name, table.hit_policy, table.aggregation, columns, tuple(rows))


def _row(
    table: Table,
    at: int,
    called: Callable[[str], Text],
    outcome: Outcome | None,
    analysis: Analysis | None,
    changed: Sequence[Difference],
    notes: int,
) -> page.GridRow:
    rule, number = table.rules[at], at + 1
    match = next((m for m in outcome.matched if _is(m, table, number)), None) if outcome else None
    near = next((m for m in outcome.near if _is(m, table, number)), None) if outcome else None
    finding = next((f for f in analysis.findings if number in f.rules), None) if analysis else None
    was = {(d.part, d.column): d.before for d in changed if d.kind == "cell" and d.rule == number}
    cells = []
    for part, texts in (
        ("input", rule.inputs),
        ("output", rule.outputs),
        ("annotation", (*rule.annotations, *[""] * (notes - len(rule.annotations)))),
    ):
        for column, text in enumerate(texts, 1):
            mark, note = "", Text()
            if near is not None and part == "input" and _name(table, column) == near.input:
                mark, note = "near", near.text
            elif match is not None and (part != "input" or text not in ("", "-")):
                mark = "matched"
            elif (part, column) in was:
                mark = "changed"
            before, given = was.get((part, column)), _given(text, called) if part == "output" else Text()
            cells.append(page.GridCell(part, column, text, mark, note, before, given))  # type: ignore[arg-type]
    mark, note = "", Text()
    if match is not None:
        mark, note = "matched", match.text
    elif near is not None:
        mark, note = "near", near.text
    elif any(d.kind == "added" and d.rule == number for d in changed):
        mark = "added"
    elif finding is not None:
        mark, note = "finding", finding.text
    return page.GridRow(number, rule.id, tuple(cells), mark, note)


def _given(text: str, called: Callable[[str], Text]) -> Text:
    """What a text that a rule gives is called; empty for what is no text, or called nothing else."""
    plain = text.strip()
    if len(plain) < 2 or plain[0] != '"' or plain[-1] != '"':
        return Text()
    found = called(plain[1:-1])
    return Text() if found == Text.of(plain[1:-1]) else found


def _is(found: Any, table: Table, number: int) -> bool:
    return bool(found.table == table.name and found.rule == number)


def _name(table: Table, column: int) -> str:
    head = table.inputs[column - 1]
    return head.label or head.expression


# -- trying ------------------------------------------------------------------------------------------------


def needed(model: Model, element: Element) -> dict[str, str]:
    """The inputs that a decision needs, its own and those of what it requires, with their types."""
    found: dict[str, str] = {}
    todo, seen = [model.nodes[element.id]], set()
    while todo:
        node = todo.pop(0)
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node.element, InputData) and node.element.name not in OFFERED:
            found[node.element.name] = node.element.type_ref
        todo += [required for _, required in node.required]
    return found


def fields(
    model: Model,
    element: Element,
    table: Table,
    given: Mapping[str, str] | None,
    called: Callable[[str], Text],
) -> tuple[tuple[page.TrialField, ...], dict[str, Any] | None]:
    """The form of a decision's inputs, and their values; None for these when something in them is wrong."""
    if not isinstance(element, Decision):
        return (), None
    values: dict[str, Any] = {}
    rows: list[page.TrialField] = []
    for name, kind in needed(model, element).items():
        text = (given or {}).get(name, "")
        value, error = typed(text, kind)
        values[name] = value
        choices = next((_choices(c.allowed) for c in table.inputs if c.expression == name), ())
        if not choices and kind == "boolean":
            choices = ("true", "false")
        rows.append(page.TrialField(name, kind, text, choices, error, called(name)))
    wrong = given is None or any(row.error.en for row in rows)
    return tuple(rows), None if wrong else values


def typed(text: str, kind: str) -> tuple[Any, Text]:
    """A value as typed: a bare text for a string, else FEEL; empty is null. And what is wrong with it."""
    text = text.strip()
    if not text or text == "null":
        return None, Text()
    if kind == "string" and not text.startswith('"'):
        return text, Text()
    try:
        value = compile_expression(text)()
    except FeelSyntaxError as error:
        said = in_words(error.message)
        return None, Text(
            *(
                _BROKEN.say(tag).format(at=error.position + 1, message=said.say(tag))
                for tag in ("en", "zh-Hans", "zh-Hant")
            )
        )
    return value, _NULL if value is None else Text()


def _choices(allowed: str) -> tuple[str, ...]:
    if not allowed:
        return ()
    scope = LogicScope(frozenset(), SIMPLE.get, "", lambda place, problem: None)
    found = constants(read_cell(allowed, scope, ""))
    return tuple(as_typed(to_python(value)) for value in found or ())


def as_typed(value: Any) -> str:
    """A value as it is typed into the form: a string bare, else FEEL."""
    return value if isinstance(value, str) else shown(value)


def trial(rows: tuple[page.TrialField, ...], outcome: Outcome | None) -> page.Trial:
    """The form with what came of it."""
    if outcome is None:
        return page.Trial(rows)
    return page.Trial(
        rows,
        shown(outcome.value),
        tuple(match.text for match in outcome.matched),
        tuple(miss.text for miss in outcome.near),
        tuple(note.text for note in outcome.diagnostics),
    )


def findings(analysis: Analysis, table: Table, inputs: Iterable[str]) -> tuple[page.FindingRow, ...]:
    """The findings with their examples as inputs to try, where every one is an input of the decision."""
    known = set(inputs)
    rows = []
    for one in analysis.findings:
        example: dict[str, str] = {}
        for head in table.inputs:
            key = head.label or head.expression
            if key in one.example and head.expression in known and one.example[key] != "anything else":
                example[head.expression] = as_typed(one.example[key])
        rows.append(
            page.FindingRow(
                one.kind, one.text, one.rules, example if len(example) == len(one.example) else {}
            )
        )
    return tuple(rows)


def difference_rows(found: Iterable[Difference], table: Table) -> tuple[page.DifferenceRow, ...]:
    """Differences with the columns' names."""
    rows = []
    for one in found:
        column = one.after or one.before if one.kind == "column" else ""
        if one.part == "input" and one.column <= len(table.inputs) and one.kind == "cell":
            column = _name(table, one.column)
        elif one.part == "output" and one.column <= len(table.outputs) and one.kind == "cell":
            column = table.outputs[one.column - 1].name or table.name
        rows.append(page.DifferenceRow(one.kind, one.rule or one.before_rule, column, one.before, one.after))
    return tuple(rows)
