"""Gaps, contradictions and dead rules of tables, with examples that really show them."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

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


def test_nothing_is_claimed_about_what_is_not_known_here() -> None:
    analysis = analyse(table([("> limit", "-", "1"), ("<= limit", "-", "2")]))
    assert not analysis.findings
    assert analysis.unread == ("rain",)
    assert analyse(table([("< today().day", "-", "1")])).unread == ("rain",)


def test_a_condition_that_is_not_known_is_the_same_wherever_it_stands() -> None:
    rules = [("> limit", "-", "1"), ("> limit", '"low"', "2"), ("> other", '"low"', "3"), ("-", "-", "4")]
    (dead,) = analyse(table(rules, "FIRST")).findings
    assert (dead.kind, dead.rules) == ("unreachable", (2,))
    assert dead.text.en.endswith("rule 1 decides")


def test_functions_are_tried() -> None:
    rules = [("odd(?)", "-", "1"), ("even(?)", '"low"', "2"), ("? > 4 and ? < 6", "-", "3")]
    analysis = analyse(table(rules))
    assert not analysis.unread
    assert any(f.example["rain"] % 2 == 0 and f.example["area"] == "high" for f in analysis.of("gap"))
    (overlap,) = analysis.of("overlap")
    assert (overlap.rules, overlap.example["rain"]) == ((1, 3), 5)


def test_null_counts_where_a_condition_asks_for_it() -> None:
    (gap,) = analyse(table([("not(null)", "-", "1")])).findings
    assert gap.example == {"rain": None}
    assert not analyse(table([("not(null)", "-", "1"), ("null", "-", "2")])).findings
    late = analyse(table([("< 5", "-", "1"), (">= 5", "-", "2"), ("-", "-", "3")], "FIRST"))
    assert not late.findings  # rule 3 is for what is missing
    (twice,) = analyse(table([("null", "-", "1"), ("-", "-", "2")])).of("overlap")
    assert twice.example["rain"] is None


def test_inputs_that_follow_from_others_are_not_chosen_freely() -> None:
    inputs = (TableInput("x", "number"), TableInput("x * 2", "number"), TableInput("count(l)", "number"))

    def of(*rules: tuple[str, ...]) -> Table:
        made = tuple(Rule((*rule, "-"), ("1",)) for rule in rules)
        return Table(inputs, (TableOutput(),), made, "UNIQUE", name="t")

    assert not analyse(of(("< 5", "-"), (">= 5", ">= 10"))).findings
    (gap,) = analyse(of(("< 5", "-"), (">= 5", "> 10"))).findings
    assert gap.example["x"] == 5
    assert gap.example["x * 2"] == 10
    crossed = Table(
        (TableInput("x", "number"), TableInput("y", "number")),
        (TableOutput(),),
        (Rule(("< y", "-"), ("1",)), Rule((">= y", "[0..9]"), ("1",))),
        "UNIQUE",
        name="t",
    )
    assert all(gap.example["x"] >= gap.example["y"] for gap in analyse(crossed).of("gap"))
    assert analyse(crossed).of("gap")
    both = Table(
        (TableInput("count(l)"), TableInput("sum(l)")),
        (TableOutput(),),
        (Rule(("= 0", "-"), ("1",)), Rule(("> 0", "!= 7"), ("1",))),
        name="t",
    )
    assert not any("sum(l)" in gap.example for gap in analyse(both).of("gap"))
    assert analyse(both).unread == ("sum(l)",)


def test_the_values_of_a_declared_type_are_all_there_are(build: Any) -> None:
    types = (
        '<itemDefinition name="area"><typeRef>string</typeRef>'
        '<allowedValues><text>"low", "high"</text></allowedValues></itemDefinition>'
    )
    whole = build.table(["a"], [('"low"', "1"), ('"high"', "2")])
    short = build.table(["a"], [('"low"', "1")])
    for text, gaps in ((whole, []), (short, [{"a": "high"}])):
        model = build.model(types, build.input_data("a", "area"), build.decision("d", text, ["a"]))
        assert [gap.example for gap in analyse_model(model)["d"].of("gap")] == gaps


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
FURTHER = st.sampled_from(["null", "not(null)", "not(1, [2..3])", "!= 2", "odd(?)", "? * 2 > 3", "> 1, null"])
WORDS = st.sampled_from(["-", '"low"', '"high"'])
ODDER = st.sampled_from(['not("low")', 'starts with(?, "l")', "null", '"low", null'])
UNKNOWN = st.sampled_from(["> limit", "<= limit", "? = day(now())"])
NUMBERS = [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]


def matching(rules: list[tuple[str, str, str]], number: Any, word: Any) -> list[int]:
    given = {"limit": 2}
    return [
        at
        for at, (a, b, _) in enumerate(rules)
        if compile_unary_tests(a)(number, given) is True and compile_unary_tests(b)(word, given) is True
    ]


@given(
    st.lists(st.tuples(CELLS, WORDS, st.sampled_from("12")), min_size=1, max_size=6),
    st.sampled_from(["UNIQUE", "FIRST", "ANY"]),
)
def test_findings_are_those_of_trying_many_values(rules: list[tuple[str, str, str]], policy: str) -> None:
    gaps, overlaps, deciding = False, set(), set()
    for number, word in product([*NUMBERS, None], ["low", "high", None]):
        hits = matching(rules, number, word)
        deciding |= set(hits[:1] if policy == "FIRST" else hits)
        if number is None or word is None:
            continue  # nobody asks for what is missing here, but a rule may be there for it
        gaps = gaps or not hits
        if len(hits) > 1 and (
            policy == "UNIQUE" or (policy == "ANY" and len({rules[at][2] for at in hits}) > 1)
        ):
            overlaps.add(tuple(at + 1 for at in hits))
    analysis = analyse(table(rules, policy))
    assert bool(analysis.of("gap")) is gaps
    assert {f.rules for f in analysis.of("overlap")} == overlaps
    assert {f.rules[0] - 1 for f in analysis.of("unreachable")} == set(range(len(rules))) - deciding


@settings(max_examples=examples(300))
@given(
    st.lists(
        st.tuples(CELLS | FURTHER | UNKNOWN, WORDS | ODDER, st.sampled_from("12")), min_size=1, max_size=6
    ),
    st.sampled_from(["UNIQUE", "FIRST", "ANY"]),
)
def test_what_is_found_is_so_whatever_the_conditions_are(
    rules: list[tuple[str, str, str]], policy: str
) -> None:
    analysis = analyse(table(rules, policy))
    for gap in analysis.of("gap"):
        tried = product(
            [gap.example["rain"]] if "rain" in gap.example else [*NUMBERS, None],
            [gap.example["area"]] if "area" in gap.example else ["low", "high"],
        )
        assert not any(matching(rules, number, word) for number, word in tried), gap.text.en
    for overlap in analysis.of("overlap"):
        hits = {at + 1 for at in matching(rules, overlap.example["rain"], overlap.example["area"])}
        assert set(overlap.rules) <= hits, overlap.text.en
    deciding = set()
    for number, word in product([*NUMBERS, None], ["low", "high", None]):
        hits = matching(rules, number, word)
        deciding |= set(hits[:1] if policy == "FIRST" else hits)
    assert not deciding & {f.rules[0] - 1 for f in analysis.of("unreachable")}
