"""Rules that missed by one cell are told, and telling them changes nothing."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chengshu.rules.dmn import read_model
from chengshu.rules.feel import Limits, compile_unary_tests

RULES = [("> 50", '"low"', '"red"'), ("> 30", '"low"', '"orange"'), ("-", '"high"', '"blue"')]


def model(build: Any, rules: list[tuple[str, ...]] = RULES, policy: str = "UNIQUE") -> Any:
    table = build.table(["rain", "ground"], rules, policy, outputs=[("level", "", "")])
    return build.of_table(["rain", "ground"], table)


def test_the_cell_in_the_way_is_named(build: Any) -> None:
    outcome = model(build).decide("d", {"rain": 40, "ground": "low"}, near=True)
    assert outcome.value == "orange"
    assert [(miss.rule, miss.input, miss.cell) for miss in outcome.near] == [
        (1, "rain", "> 50"),
        (3, "ground", '"high"'),
    ]
    text = outcome.near[0].text
    assert text.en == 'Rule 1 of «d» missed by one cell: rain = 40 is not > 50; it would give level = "red"'
    assert text.zh_hans == '“d”第 1 条规则只差一格未命中：rain = 40，不满足 > 50；否则给出 level = "red"'
    assert text.zh_hant == '「d」第 1 條規則只差一格未命中：rain = 40，不滿足 > 50；否則給出 level = "red"'


def test_two_cells_away_is_not_near(build: Any) -> None:
    outcome = model(build).decide("d", {"rain": 10, "ground": "middle"}, near=True)
    assert [miss.rule for miss in outcome.near] == [3]


def test_nobody_asked_nobody_told(build: Any) -> None:
    assert model(build).decide("d", {"rain": 40, "ground": "low"}).near == ()


def test_behind_the_first_rule_nothing_is_near(build: Any) -> None:
    outcome = model(build, policy="FIRST").decide("d", {"rain": 40, "ground": "low"}, near=True)
    assert [miss.rule for miss in outcome.near] == [1]


def test_a_table_asked_by_a_table_tells_its_own(build: Any) -> None:
    lower = build.table(["x"], [("> 5", "1"), ("<= 5", "0")])
    upper = build.table(["a"], [("1", '"yes"'), ("0", '"no"')])
    found = build.model(
        build.input_data("x"),
        build.decision("a", lower, ["x"]),
        '<decision id="b" name="b"><variable name="b"/><informationRequirement>'
        f'<requiredDecision href="#a"/></informationRequirement>{upper}</decision>',
    ).decide("b", {"x": 3}, near=True)
    assert (found.value, [(miss.table, miss.rule) for miss in found.near]) == ("no", [("a", 1), ("b", 1)])


def test_an_explanation_that_is_cut_short_leaves_the_value(build: Any) -> None:
    costly = "count(for i in 1..3000 return i) > 5000"
    table = build.table(["x"], [("1", '"one"'), *[(costly, '"never"')] * 9], "FIRST")
    data = build.wrap(build.input_data("x") + build.decision("d", table, ["x"]))
    tight = read_model(data, limits=Limits(steps=4000))
    assert tight.decide("d", {"x": 1}, near=True).value == "one"
    other = build.wrap(
        build.input_data("x")
        + build.decision("d", build.table(["x"], [(costly, '"never"'), ("-", '"x"')]), ["x"])
    )
    plain = read_model(other).decide("d", {"x": 1})
    told = read_model(other).decide("d", {"x": 1}, near=True)
    assert (told.value, told.diagnostics, told.matched) == (plain.value, plain.diagnostics, plain.matched)


CELLS = st.sampled_from(["-", "< 2", ">= 2", "[1..3]", "5", "not(5)"])
WORDS = st.sampled_from(["-", '"low"', '"high"', 'not("low")'])


def test_near_is_one_failing_cell_and_nothing_else_changes(build: Any) -> None:
    @given(
        st.lists(st.tuples(CELLS, WORDS, st.sampled_from("12")), min_size=1, max_size=15),
        st.integers(0, 6),
        st.sampled_from(["low", "high", None]),
    )
    def holds(rules: list[tuple[str, str, str]], rain: int, ground: str | None) -> None:
        subject = model(build, rules, "COLLECT")
        context = {"rain": rain, "ground": ground}
        told, plain = subject.decide("d", context, near=True), subject.decide("d", context)
        assert (told.value, told.diagnostics, told.matched) == (plain.value, plain.diagnostics, plain.matched)
        expected = []
        for number, (one, other, _) in enumerate(rules, 1):
            holds = [
                one == "-" or compile_unary_tests(one)(rain) is True,
                other == "-" or compile_unary_tests(other)(ground) is True,
            ]
            if holds.count(False) == 1:
                expected.append((number, ["rain", "ground"][holds.index(False)]))
        assert [(miss.rule, miss.input) for miss in told.near] == expected

    holds()
