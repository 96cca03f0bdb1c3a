"""Gaps, contradictions and dead rules of tables, with examples that really show them."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chengshu.rules.dmn.analysis import analyse, analyse_model
from chengshu.rules.dmn.model import Rule, Table, TableInput, TableOutput
from chengshu.rules.feel import compile_unary_tests


def table(rules: list[tuple[str, ...]], policy: str = "UNIQUE", default: str = "") -> Table:
    return Table(
        (TableInput("rain", "number"), TableInput("area", "string", '"low", "high"')),
        (TableOutput(default=default),),
        tuple(Rule(rule[:2], rule[2:]) for rule in rules),
        policy,
        name="levels",
    )


def test_a_gap_is_found_with_an_example() -> None:
    (gap,) = analyse(table([("< 30", "-", "1"), ("> 30", "-", "2")])).findings
    assert gap.kind == "gap"
    assert gap.text.en == "no rule of «levels» covers rain = 30"


def test_a_default_closes_gaps() -> None:
    assert not analyse(table([("< 30", "-", "1")], default="0")).findings


def test_an_overlap_is_found_where_rules_may_not_overlap() -> None:
    rules = [("<= 30", "-", "1"), (">= 30", "-", "2")]
    (overlap,) = analyse(table(rules)).findings
    assert (overlap.kind, overlap.rules, overlap.example["rain"]) == ("overlap", (1, 2), 30)
    assert not analyse(table(rules, "FIRST")).findings


def test_rules_that_agree_may_overlap_under_any() -> None:
    rules = [("<= 30", "-", "1"), (">= 30", "-", "1")]
    assert not analyse(table(rules, "ANY")).findings
    assert analyse(table(rules)).of("overlap")


def test_a_rule_behind_another_never_decides() -> None:
    (dead,) = analyse(table([("> 10", "-", "1"), ("> 20", '"low"', "2"), ("-", "-", "3")], "FIRST")).findings
    assert (dead.kind, dead.rules) == ("unreachable", (2,))
    assert dead.text.zh_hans == '“levels”的规则 2 永远不起作用：rain = 21, area = "low" 时由规则 1 决定'
    assert dead.example == {"rain": 21, "area": "low"}


def test_a_rule_outside_the_allowed_values_never_decides() -> None:
    findings = analyse(table([("-", '"low"', "1"), ("-", '"high"', "2"), ("-", '"hihg"', "3")])).findings
    assert [(f.kind, f.rules) for f in findings] == [("unreachable", (3,))]
    assert findings[0].text.en == 'rule 3 of «levels» never decides: no value that area may have is "hihg"'


def test_nothing_is_claimed_about_conditions_that_are_not_understood() -> None:
    analysis = analyse(table([("> limit", "-", "1"), ("<= limit", "-", "2")]))
    assert not analysis.findings
    assert analysis.unread == ("rain",)


def test_settings_count_as_their_values() -> None:
    rules = [("> settings.rain.heavy", "-", "1"), ("[settings.rain.some..30]", "-", "2"), ("< 10", "-", "3")]
    some = {"settings": {"rain": {"heavy": 30, "some": 10}}}
    assert not analyse(table(rules), some).findings
    assert not analyse(table(rules), some).unread
    (gap,) = analyse(table(rules), {"settings": {"rain": {"heavy": 30, "some": 12.5}}}).of("gap")
    assert 10 <= gap.example["rain"] < 12.5
    assert analyse(table(rules), {"settings": {"rain": {"heavy": 30}}}).unread == ("rain",)
    late = [("> since", "-", "1"), ('<= @"2026-01-01"', "-", "2")]
    assert not analyse(table(late), {"since": date(2026, 1, 1)}).findings
    assert analyse(table(late), {"since": date(2026, 1, 2)}).of("gap")


def test_a_huge_table_says_that_it_was_not_finished() -> None:
    inputs = tuple(TableInput(f"x{i}", "number") for i in range(12))
    rules = tuple(
        Rule(tuple(f"> {(i * 7 + r * (i + 1)) % 50}" for i in range(12)), ("1",)) for r in range(200)
    )
    assert not analyse(Table(inputs, (TableOutput(),), rules, "ANY")).complete


def test_dates_have_gaps_too() -> None:
    season = Table(
        (TableInput("day", "date"),),
        (TableOutput(),),
        (
            Rule(('< @"2026-06-01"',), ("1",)),
            Rule(('[@"2026-06-01"..@"2026-08-31"]',), ("2",)),
            Rule(('> @"2026-09-01"',), ("3",)),
        ),
        name="season",
    )
    (gap,) = analyse(season).findings
    assert gap.text.en == "no rule of «season» covers day = 2026-09-01"


def test_large_tables_are_looked_at_quickly_enough() -> None:
    rules = tuple(Rule((f"[{at}..{at + 1})", "-"), ("1",)) for at in range(2000))
    analysis = analyse(
        Table((TableInput("x", "number"), TableInput("y")), (TableOutput(default="0"),), rules, name="t")
    )
    assert analysis.complete
    assert not analysis.findings


def test_all_tables_of_a_model(build: Any) -> None:
    inner = build.table(["x"], [("> 1", "1")])
    nested = (
        f'<context><contextEntry><variable name="a"/>{inner}</contextEntry>'
        f"<contextEntry>{inner}</contextEntry></context>"
    )
    model = build.model(
        build.input_data("x"), build.decision("plain", inner, ["x"]), build.decision("nested", nested, ["x"])
    )
    found = analyse_model(model)
    assert list(found) == ["plain", "nested (1)", "nested (2)"]
    assert all(analysis.of("gap") for analysis in found.values())


CELLS = st.sampled_from(["-", "1", "2", "< 2", ">= 1", "[1..3]", "(1..3)", "1, 3", "> 3"])
WORDS = st.sampled_from(["-", '"low"', '"high"'])


@given(
    st.lists(st.tuples(CELLS, WORDS, st.sampled_from("12")), min_size=1, max_size=6),
    st.sampled_from(["UNIQUE", "FIRST", "ANY"]),
)
def test_findings_are_those_of_trying_many_values(rules: list[tuple[str, str, str]], policy: str) -> None:
    tests = [(compile_unary_tests(a), compile_unary_tests(b)) for a, b, _ in rules]
    gaps, overlaps, deciding = False, set(), set()
    for number, word in product([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4], ["low", "high"]):
        hits = [at for at, (a, b) in enumerate(tests) if a(number) and b(word)]
        gaps = gaps or not hits
        deciding |= set(hits[:1] if policy == "FIRST" else hits)
        if len(hits) > 1 and (
            policy == "UNIQUE" or (policy == "ANY" and len({rules[at][2] for at in hits}) > 1)
        ):
            overlaps.add(tuple(at + 1 for at in hits))
    analysis = analyse(table(rules, policy))
    assert bool(analysis.of("gap")) is gaps
    assert {f.rules for f in analysis.of("overlap")} == overlaps
    assert {f.rules[0] - 1 for f in analysis.of("unreachable")} == set(range(len(rules))) - deciding
