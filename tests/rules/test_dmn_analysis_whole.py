"""Inputs that stand on the same name, and inputs that are decisions: found as trying many values finds it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.rules.conftest import decision, input_data, literal, wrap
from tests.rules.conftest import table as xml_table

from chengshu.rules.dmn import Model, read_model
from chengshu.rules.dmn.analysis import Analysis, analyse, analyse_in, analyse_model, tables_of
from chengshu.rules.dmn.model import Rule, Table, TableInput, TableOutput
from chengshu.rules.feel import compile_expression, compile_unary_tests

GRID = [Decimal(step) / 4 for step in range(-28, 61)]


def of(expressions: Iterable[str], rules: Iterable[tuple[str, ...]], policy: str = "UNIQUE") -> Table:
    inputs = tuple(TableInput(text) for text in expressions)
    made = tuple(Rule(rule, (str(at),)) for at, rule in enumerate(rules))
    return Table(inputs, (TableOutput(),), made, policy, name="t")


def hits(table: Table, names: dict[str, Any]) -> list[int]:
    """The rules that really match, counted from 1."""
    values = [compile_expression(column.expression)(names) for column in table.inputs]
    return [
        number
        for number, rule in enumerate(table.rules, 1)
        if all(
            compile_unary_tests(cell)(value, names) is True
            for cell, value in zip(rule.inputs, values, strict=True)
        )
    ]


def test_a_gap_between_two_sides_of_one_name() -> None:
    (gap,) = analyse(of(["x", "x + 1"], [("< 5", "-"), ("-", "> 7")])).of("gap")
    assert 5 <= gap.example["x"] <= 6
    assert gap.example["x + 1"] == gap.example["x"] + 1
    assert not analyse(of(["x", "x + 1"], [("< 5", "-"), ("-", ">= 6")])).findings


def test_a_name_that_is_no_input_is_gone_through_too() -> None:
    analysis = analyse(of(["x * 2", "10 - x"], [("< 8", "-"), (">= 8", "> 3")]))
    assert analysis.unread == ()
    (gap,) = analysis.of("gap")
    assert gap.example["x"] >= 7
    assert "x = 7" in gap.text.en


def test_cells_that_cannot_hold_together_never_decide() -> None:
    (dead,) = analyse(of(["x", "x + 1"], [("< 5", "> 7"), ("-", "<= 7"), (">= 5", "> 7")])).findings
    assert (dead.kind, dead.rules) == ("unreachable", (1,))
    assert dead.text.en == "rule 1 of «t» never decides: its cells for x, x + 1 fit no values together"
    assert dead.text.zh_hant == "「t」的規則 1 永遠不起作用：x, x + 1 各格無法同時滿足"


def test_parts_of_one_day_belong_together() -> None:
    days = of(["day.year", "day.month"], [("< 2026", "-"), ("2026", "<= 6"), ("> 2026", "-")])
    found = analyse(days).of("gap")
    assert found and all(gap.example["day"].year == 2026 for gap in found)
    assert all(gap.example["day.month"] > 6 for gap in found)


def test_two_names_in_one_expression() -> None:
    table = of(["depth", "depth / limit"], [("< 10", "-"), (">= 10", "< 2"), (">= 10", "> 2")])
    (gap,) = [one for one in analyse(table).of("gap") if one.example["limit"]]
    assert gap.example["depth"] / gap.example["limit"] == 2
    assert not hits(table, {key: gap.example[key] for key in ("depth", "limit")})


SIDES = ["x", "x + 1", "10 - 2 * x", "x / 2", "-x"]
CELLS = st.sampled_from(["-", "-", "< 2", ">= 2", "[1..4]", "(0..3)", "> 5", "1, 4", "<= -1", "4"])


@st.composite
def tables(draw: st.DrawFn) -> Table:
    sides = draw(st.lists(st.sampled_from(SIDES), min_size=2, max_size=3, unique=True))
    rules = draw(st.lists(st.tuples(*[CELLS] * len(sides)), min_size=1, max_size=5))
    return of(sides, rules, draw(st.sampled_from(["UNIQUE", "FIRST"])))


@settings(max_examples=examples(120))
@given(tables())
def test_findings_about_one_name_are_those_of_trying_many_values(table: Table) -> None:
    found = {x: hits(table, {"x": x}) for x in GRID}
    analysis = analyse(table)
    assert analysis.complete and not analysis.unread
    assert bool(analysis.of("gap")) is any(not rules for rules in found.values())
    if table.hit_policy == "UNIQUE":
        several = {tuple(rules) for rules in found.values() if len(rules) > 1}
        assert {one.rules for one in analysis.of("overlap")} == several
    for one in (*analysis.of("gap"), *analysis.of("overlap")):
        assert hits(table, {"x": one.example.get("x", Decimal(0))}) == list(one.rules)
    dead = {one.rules[0] for one in analysis.of("unreachable")}
    fitting = {number for rules in found.values() for number in rules}
    deciding = {rules[0] for rules in found.values() if rules} if table.hit_policy == "FIRST" else fitting
    asking = {
        number for number, rule in enumerate(table.rules, 1) if any(cell != "-" for cell in rule.inputs)
    }
    assert not dead & deciding
    if table.hit_policy == "UNIQUE" and set(SIDES) & {c.expression for c in table.inputs} - {"x"}:
        assert (set(range(1, len(table.rules) + 1)) - fitting) & asking == dead


# -- decisions as inputs -----------------------------------------------------------------------------------


def _asking(risk: list[tuple[str, str]], level: list[tuple[str, str, str]], policy: str = "UNIQUE") -> Model:
    return read_model(
        wrap(
            input_data("age", "number")
            + decision("risk", xml_table(["age"], risk, "FIRST"), ["age"])
            + _needing("level", xml_table(["age", "risk"], level, policy), "age", "risk")
        )
    )


def _needing(name: str, logic: str, given_input: str, asked: str) -> str:
    needs = f'<informationRequirement><requiredInput href="#{given_input}"/></informationRequirement>'
    needs += f'<informationRequirement><requiredDecision href="#{asked}"/></informationRequirement>'
    return f'<decision id="{name}" name="{name}"><variable name="{name}"/>{needs}{logic}</decision>'


def _of_level(model: Model) -> Analysis:
    return analyse_model(model)["level"]


def test_a_decision_has_only_what_the_model_gives() -> None:
    risk = [("< 18", '"low"'), ("-", '"high"')]
    whole = [("< 18", '"low"', "1"), (">= 18", '"high"', "2")]
    assert not _of_level(_asking(risk, whole)).findings
    short = [("< 18", '"low"', "1"), ("> 30", '"high"', "2")]
    model = _asking(risk, short)
    (gap,) = _of_level(model).findings
    assert (gap.kind, gap.example["risk"]) == ("gap", "high")
    assert 18 <= gap.example["age"] <= 30
    assert model.decide("level", {"age": gap.example["age"]}).value is None
    crossed = [("< 18", '"high"', "0"), *whole]
    (dead,) = _of_level(_asking(risk, crossed)).findings
    assert (dead.kind, dead.rules) == ("unreachable", (1,))


def test_a_decision_by_an_expression_is_evaluated() -> None:
    model = read_model(
        wrap(
            input_data("depth", "number")
            + decision("centimetres", literal("depth * 100"), ["depth"])
            + decision("level", xml_table(["centimetres"], [("< 15", "1"), ("> 15", "2")]), ["centimetres"])
        ).replace(b'<requiredInput href="#centimetres"/>', b'<requiredDecision href="#centimetres"/>')
    )
    (gap,) = _of_level(model).findings
    assert (gap.example["depth"], gap.example["centimetres"]) == (Decimal("0.15"), 15)


def test_what_lies_behind_too_much_stays_a_name_like_any_other() -> None:
    model = read_model(
        wrap(
            input_data("readings")
            + decision("fullest", literal("max(readings.level)"), ["readings"])
            + decision("level", xml_table(["fullest"], [("< 15", "1"), ("> 15", "2")]), ["fullest"])
        ).replace(b'<requiredInput href="#fullest"/>', b'<requiredDecision href="#fullest"/>')
    )
    (gap,) = _of_level(model).findings
    assert gap.example == {"fullest": 15}


def test_one_table_of_a_model_is_analysed_alike() -> None:
    model = _asking([("-", '"low"')], [("-", '"low"', "1")])
    _, table = tables_of(model.definitions)["level"]
    assert analyse_in(model, table) == _of_level(model)


AGES = st.sampled_from(["-", "< 10", ">= 10", "[5..20]", "> 20", "20"])
RISKS = st.sampled_from(["-", '"a"', '"b"', '"c"', 'not("a")'])


@settings(max_examples=examples(60))
@given(
    st.lists(st.tuples(AGES, st.sampled_from(['"a"', '"b"', '"c"'])), min_size=1, max_size=3),
    st.lists(st.tuples(AGES, RISKS, st.sampled_from("12")), min_size=1, max_size=4),
)
def test_findings_of_a_whole_model_are_those_of_running_it(
    risk: list[tuple[str, str]], level: list[tuple[str, str, str]]
) -> None:
    model = _asking(risk, level)
    found: dict[Decimal, set[str]] = {}
    for age in range(-4, 30):
        outcome = model.decide("level", {"age": age})
        if model.decide("risk", {"age": age}).value is not None:
            found[Decimal(age)] = {note.code for note in outcome.diagnostics}
    analysis = _of_level(model)
    assert bool(analysis.of("gap")) is any("no-rule" in notes for notes in found.values())
    assert bool(analysis.of("overlap")) is any("several-rules" in notes for notes in found.values())
    for kind, code in (("gap", "no-rule"), ("overlap", "several-rules")):
        for one in analysis.of(kind):
            told = model.decide("level", {"age": one.example["age"]})
            assert code in {note.code for note in told.diagnostics}, one.text.en


@pytest.mark.parametrize(
    ("expression", "cell"),
    [
        ("floor(x)", "3"),
        ("abs(x)", "[2..3]"),
        ("if x > 4 then 1 else 2", "2"),
        ("x ** 2", "< 9"),
        ("string(x)", '"1"'),
    ],
)
def test_what_is_told_of_other_expressions_is_so(expression: str, cell: str) -> None:
    table = of(["x", expression], [("> 4", "-"), ("<= 4", cell)])
    for gap in analyse(table).of("gap"):
        assert "x" not in gap.example or not hits(table, {"x": gap.example["x"]})
