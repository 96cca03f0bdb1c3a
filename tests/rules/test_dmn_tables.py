"""Decision tables: each hit policy, defaults, allowed values, explanation, and the index."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.rules.dmn.boxed import compile_text
from chengshu.rules.dmn.model import Rule, Table, TableInput, TableOutput
from chengshu.rules.dmn.scope import LogicScope
from chengshu.rules.dmn.table import CompiledTable
from chengshu.rules.feel.runtime import Budget, Run
from chengshu.rules.feel.types import SIMPLE

LEVELS = [
    (">= 30", '"yellow"'),
    (">= 50", '"orange"'),
    (">= 80", '"red"'),
    ("-", '"blue"'),
]
ORDER = '"red", "orange", "yellow", "blue"'


@pytest.mark.parametrize(
    ("policy", "aggregation", "expected"),
    [
        ("FIRST", "", "yellow"),
        ("PRIORITY", "", "orange"),
        ("RULE ORDER", "", ["yellow", "orange", "blue"]),
        ("OUTPUT ORDER", "", ["orange", "yellow", "blue"]),
        ("COLLECT", "", ["yellow", "orange", "blue"]),
        ("COLLECT", "COUNT", Decimal(3)),
        ("COLLECT", "MIN", "blue"),
        ("COLLECT", "MAX", "yellow"),
        ("UNIQUE", "", None),
        ("ANY", "", None),
    ],
)
def test_hit_policies(build: Any, policy: str, aggregation: str, expected: object) -> None:
    model = build.of_table(["rain"], build.table(["rain"], LEVELS, policy, (("", ORDER, ""),), aggregation))
    outcome = model.decide("d", {"rain": 60})
    assert outcome.value == expected
    if expected is None:
        assert [note.code for note in outcome.diagnostics] == ["several-rules"]
        assert [match.rule for match in outcome.matched] == [1, 2, 4]


def test_sum_adds_durations_too(build: Any) -> None:
    rules = [("> 1", 'duration("PT1H")'), ("> 2", 'duration("PT30M")')]
    model = build.of_table(["x"], build.table(["x"], rules, "COLLECT", aggregation="SUM"))
    assert str(model.decide("d", {"x": 3}).value) == "1:30:00"


def test_any_accepts_rules_that_agree(build: Any) -> None:
    model = build.of_table(["x"], build.table(["x"], [("> 1", "7"), ("> 2", "7.0")], "ANY"))
    assert model.decide("d", {"x": 3}).value == 7


def test_several_outputs_make_a_context(build: Any) -> None:
    text = build.table(["x"], [("> 1", '"a"', "1")], "UNIQUE", (("grade", "", ""), ("rank", "", "9")))
    model = build.of_table(["x"], text)
    assert model.decide("d", {"x": 3}).value == {"grade": "a", "rank": 1}
    assert model.decide("d", {"x": 0}).value == {"grade": None, "rank": 9}


def test_no_rule_gives_null_and_says_so(build: Any) -> None:
    outcome = build.of_table(["x"], build.table(["x"], [("> 1", "1")])).decide("d", {"x": 0})
    assert outcome.value is None
    assert [note.code for note in outcome.diagnostics] == ["no-rule"]


def test_counting_no_rules_gives_zero(build: Any) -> None:
    model = build.of_table(["x"], build.table(["x"], [("> 1", "1")], "COLLECT", aggregation="COUNT"))
    assert model.decide("d", {"x": 0}).value == 0


def test_results_that_do_not_add_up_give_null(build: Any) -> None:
    rules = [("> 1", "1"), ("> 2", '"a"')]
    for aggregation, code in (("SUM", "no-operation"), ("MAX", "not-comparable")):
        model = build.of_table(["x"], build.table(["x"], rules, "COLLECT", aggregation=aggregation))
        outcome = model.decide("d", {"x": 3})
        assert outcome.value is None
        assert outcome.diagnostics[0].code == code


def test_the_default_stands_in(build: Any) -> None:
    model = build.of_table(["x"], build.table(["x"], [("> 1", "1")], outputs=(("", "", '"none"'),)))
    assert model.decide("d", {"x": 0}).value == "none"


def test_values_that_are_not_allowed_are_refused(build: Any) -> None:
    text = build.table(["colour"], [("-", "1")], allowed=['"red", "blue"'])
    outcome = build.of_table(["colour"], text).decide("d", {"colour": "green"})
    assert outcome.value is None
    assert outcome.diagnostics[0].text.en == 'colour must be one of "red", "blue"'


def test_a_match_explains_itself(build: Any) -> None:
    text = build.table(["rain", "area"], [(">= 50", "-", '"orange"'), ("< 50", '"low"', '"blue"')])
    (match,) = build.of_table(["rain", "area"], text).decide("d", {"rain": 42.5, "area": "low"}).matched
    assert (match.table, match.rule, match.rule_id) == ("d", 2, "r2")
    assert match.cells == ("< 50", '"low"')
    assert match.inputs == {"rain": Decimal("42.5"), "area": "low"}
    assert match.text.en == 'Rule 2 of «d» gives "blue", because rain = 42.5 (< 50); area = "low" ("low")'
    assert match.text.zh_hant.startswith("「d」第 2 條規則給出")
    assert match.reason.rule == "d#r2"


def test_cells_see_other_names_and_the_value(build: Any) -> None:
    rules = [("> limit", '"over"'), ("? >= limit * 0.8", '"near"'), ("-", '"under"')]
    text = build.table(["level"], rules, "FIRST")
    model = build.model(
        *map(build.input_data, ("level", "limit")), build.decision("d", text, ["level", "limit"])
    )
    found = [model.decide("d", {"level": level, "limit": 10}).value for level in (11, 9, 1)]
    assert found == ["over", "near", "under"]


CELLS = st.one_of(
    st.just("-"),
    st.integers(-3, 12).map(str),
    st.builds(lambda op, n: f"{op} {n}", st.sampled_from(["<", "<=", ">", ">=", "!="]), st.integers(-3, 12)),
    st.builds(
        lambda a, b, left, right: f"{left}{min(a, b)}..{max(a, b)}{right}",
        st.integers(-3, 12),
        st.integers(-3, 12),
        st.sampled_from("[("),
        st.sampled_from("])"),
    ),
    st.lists(st.integers(-3, 12).map(str), min_size=2, max_size=3).map(", ".join),
    st.integers(0, 5).map(lambda n: f"not({n})"),
    st.just("limit"),
    st.just("null"),
)
DAY_CELLS = st.sampled_from(
    [
        "-",
        '@"2026-07-01"',
        '< @"2026-07-02"',
        '[@"2026-07-01"..@"2026-07-03")',
        '> @"2026-07-02T00:00:00Z"',
        "7",
    ]
)
TEXT_CELLS = st.sampled_from(["-", '"a"', '"b", "c"', 'not("a")', "true", "null", 'contains(?, "b")'])


@given(
    st.lists(st.tuples(CELLS, TEXT_CELLS, DAY_CELLS), min_size=12, max_size=30),
    st.one_of(st.none(), st.integers(-4, 13), st.decimals(-4, 13, places=1), st.just("a")),
    st.sampled_from([None, "a", "b", "c", "d", True, False, 3]),
    st.sampled_from(
        [date(2026, 6, 30), date(2026, 7, 1), date(2026, 7, 3), datetime(2026, 7, 3, tzinfo=UTC), 7]
    ),
)
def test_the_index_finds_what_trying_every_rule_finds(
    cells: list[tuple[str, str, str]], number: object, word: object, day: object
) -> None:
    rules = tuple(Rule(pair, (str(at),)) for at, pair in enumerate(cells))
    table = Table(
        (TableInput("n"), TableInput("w"), TableInput("d")), (TableOutput(),), rules, "RULE ORDER", name="t"
    )
    scope = LogicScope(frozenset(), SIMPLE.get, "t", lambda place, problem: pytest.fail(problem))
    compiled = CompiledTable(table, scope, lambda text, place, inside: compile_text(text, inside), [None])
    assert compiled.index is not None
    context = {"n": number, "w": word, "d": day, "limit": 4}
    with_index = compiled({}, Run(context, Budget()))
    compiled.index = None
    assert with_index == compiled({}, Run(context, Budget()))


def test_null_is_asked_about_whatever_values_are_allowed(build: Any) -> None:
    text = build.table(["x"], [("[1..2]", "1"), ("-", "2")], "FIRST", allowed=["[0..9]"])
    model = build.of_table(["x"], text)
    assert [model.decide("d", {"x": value}).value for value in (1, None, 10)] == [1, 2, None]


def test_the_default_has_the_type_of_its_column(build: Any) -> None:
    typed = build.table(["x"], [("1", "1")], outputs=[("", "", '"none"')]).replace(
        '<output name="">', '<output name="" typeRef="number">'
    )
    outcome = build.of_table(["x"], typed).decide("d", {"x": 2})
    assert outcome.value is None
    assert outcome.diagnostics[-1].code == "type-mismatch"
