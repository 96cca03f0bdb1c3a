"""``chengshu rules``: what a department does with its rules at the command line."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path

import pytest
from tests.app.terminal import Ran, run

MODEL = "https://www.omg.org/spec/DMN/20230324/MODEL/"
RULES = """<definitions xmlns="{model}" name="allowance" namespace="urn:allowance">
  <inputData id="children" name="children"><variable name="children" typeRef="number"/></inputData>
  <inputData id="parameters" name="parameters"/>
  <decision id="d" name="allowance"><variable name="allowance"/>
    <informationRequirement><requiredInput href="#children"/></informationRequirement>
    <informationRequirement><requiredInput href="#parameters"/></informationRequirement>
    <decisionTable hitPolicy="UNIQUE">
      <input><inputExpression typeRef="number"><text>children</text></inputExpression></input>
      <output name="amount"/>
      <rule id="r1"><inputEntry><text>&gt;= {from_}</text></inputEntry>
        <outputEntry><text>children * parameters.child.allowance</text></outputEntry></rule>
      <rule id="r2"><inputEntry><text>&lt; {from_}</text></inputEntry>
        <outputEntry><text>0</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>
"""
PARAMETERS = """
parameters:
  child.allowance:
    label: {en: Allowance for a child, zh-Hans: 每孩补贴, zh-Hant: 每孩補貼}
    unit: CNY
    values:
      2024-01-01: 3000
      2025-07-01: {value: 3600, until: 2027-12-31, source: decision 12 of 2025}
"""
CASES = """
decision: {file: rules/allowance, decision: allowance}
cases:
  - {name: two children before, given: {children: 2}, then: 6000, as of: 2025-06-30}
  - {name: two children after, given: {children: 2}, then: 7200, as of: 2025-07-01}
  - {name: one child before the change of rules, given: {children: 1}, then: 0, as of: 2025-12-31}
  - {name: one child after it, given: {children: 1}, then: 3600, as of: 2026-01-01}
"""


def rules(first: int) -> str:
    return RULES.format(model=MODEL, from_=first)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A scenario whose one table has two versions, and a parameter that was raised."""
    versions = tmp_path / "pack" / "rules" / "allowance"
    versions.mkdir(parents=True)
    (versions / "2024-01-01_2025-12-31.dmn").write_text(rules(2), "utf-8")
    (versions / "2026-01-01.dmn").write_text(rules(1), "utf-8")
    (tmp_path / "pack" / "parameters.yaml").write_text(PARAMETERS, "utf-8")
    (tmp_path / "pack" / "cases").mkdir()
    (tmp_path / "pack" / "cases" / "allowance.yaml").write_text(CASES, "utf-8")
    return tmp_path / "pack"


def with_input(text: str, *words: object) -> Ran:
    """Run with something on the standard input."""
    kept = sys.stdin
    sys.stdin = io.StringIO(text)
    try:
        return run(*words)
    finally:
        sys.stdin = kept


def test_an_expression_is_evaluated() -> None:
    ran = run("rules", "eval", "sum(for i in 1..3 return i * 2.5)")
    assert (ran.code, ran.out, ran.err) == (0, "15\n", "")


def test_an_expression_sees_the_inputs(tmp_path: Path) -> None:
    file = tmp_path / "given.yaml"
    file.write_text("lead time: '@\"PT2H\"'\nrain-rate: 30\n", "utf-8")
    ran = run("rules", "eval", 'lead time > @"PT1H" and rain-rate > 20', "--context", file)
    assert ran.out == "true\n"
    ran = with_input('{"a": 0.1, "b": 0.2}', "rules", "eval", "a + b", "--context", "-", "--json")
    assert ran.json == {"value": 0.3, "notes": []}


def test_what_became_null_is_explained_in_the_language_asked_for() -> None:
    ran = run("rules", "eval", "1 / 0", "--language", "zh-Hant")
    assert (ran.code, ran.out) == (0, "null\n")
    assert ran.err == "note: 除數為零\n"


def test_the_day_is_the_day_of_the_rules() -> None:
    assert run("rules", "eval", "today()", "--as-of", "2025-07-01").out == "2025-07-01\n"
    moment = "2025-07-01T08:30:00+08:00"
    assert run("rules", "eval", 'now() = @"2025-07-01T00:30:00Z"', "--as-of", moment).out == "true\n"


def test_a_text_that_does_not_parse_says_where() -> None:
    ran = run("rules", "eval", "1 + * 2")
    assert (ran.code, ran.out) == (2, "")
    assert "line 1, column 5" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("eval", "nowhere.dmn"), "nowhere.dmn"),
        (("eval", "1", "--context", "nowhere.yaml"), "nowhere.yaml"),
        (("eval", "1", "--as-of", "1st of May"), "2026-07-01"),
        (("test", "nowhere.yaml"), "nowhere.yaml"),
        (("analyse", "nowhere.dmn"), "nowhere.dmn"),
    ],
)
def test_mistakes_end_with_status_2_and_say_what(words: tuple[str, ...], said: str) -> None:
    ran = run("rules", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_broken_input_on_stdin_names_it_and_the_line() -> None:
    ran = with_input("a: 1\n b: 2\n", "rules", "eval", "a", "--context", "-")
    assert ran.code == 2
    assert "standard input:2" in ran.err
    assert "standard input" in with_input("[1]", "rules", "eval", "1", "--context", "-").err
    wrong = with_input("a: '@\"2026-13-01\"'", "rules", "eval", "a", "--context", "-")
    assert (wrong.code, "standard input" in wrong.err) == (2, True)


def test_a_decision_is_explained(root: Path) -> None:
    model = root / "scenarios" / "waterlogging" / "rules" / "severity.dmn"
    given = '{"highest rank": 2, "areas": 4, "probability": 0.5, "lead time": 3600}'
    ran = with_input(given, "rules", "eval", model, "--context", "-", "--json")
    assert ran.json["value"]["level"] == "yellow"
    (match,) = ran.json["matched"]
    assert match["text"]["zh-Hans"].startswith("“severity”第 ")
    assert {miss["input"] for miss in ran.json["near"]} == {"highest rank", "lead time"}
    said = with_input(given, "rules", "eval", model, "--context", "-").out
    assert "near: Rule 7 of «severity» missed by one cell: lead time = 3600 is not <= 1800" in said


def test_the_decision_must_be_clear(root: Path, tmp_path: Path) -> None:
    body = "".join(
        f'<decision id="{name}" name="{name}"><literalExpression><text>{value}</text>'
        "</literalExpression></decision>"
        for name, value in (("one", 1), ("two", 2))
    )
    path = tmp_path / "m.dmn"
    path.write_text(f'<definitions xmlns="{MODEL}" name="m" namespace="urn:m">{body}</definitions>', "utf-8")
    assert run("rules", "eval", path, "--decision", "two").out == "2\n"
    ran = run("rules", "eval", path)
    assert ran.code == 2
    assert "'one' | 'two'" in ran.err
    assert "has no decision «three»" in run("rules", "eval", path, "--decision", "three").err


def test_rules_and_parameters_are_those_of_the_day(package: Path) -> None:
    def amount(children: int, day: str) -> object:
        versions = package / "rules" / "allowance"
        ran = with_input(
            f"children: {children}", "rules", "eval", versions, "--as-of", day, "--context", "-", "--json"
        )
        return ran.json["value"]

    assert [amount(2, day) for day in ("2024-01-01", "2025-06-30", "2025-07-01")] == [6000, 6000, 7200]
    assert [amount(1, day) for day in ("2025-12-31", "2026-01-01")] == [0, 3600]


def test_a_day_on_which_nothing_holds_is_told(package: Path) -> None:
    versions = package / "rules" / "allowance"
    ran = run("rules", "eval", versions, "--as-of", "2023-12-31")
    assert ran.code == 2
    assert "nothing holds on 2023-12-31" in ran.err
    assert "2024-01-01 to 2025-12-31, from 2026-01-01" in ran.err
    ran = with_input("children: 2", "rules", "eval", versions, "--as-of", "2028-01-01", "--context", "-")
    assert ran.out.startswith("null\n")
    assert "the parameter child.allowance has no value on 2028-01-01" in ran.err


def test_versions_are_named_by_their_days(package: Path) -> None:
    (package / "rules" / "allowance" / "final.dmn").write_text(rules(3), "utf-8")
    ran = run("rules", "eval", package / "rules" / "allowance")
    assert ran.code == 2
    assert "«final.dmn» does not say from which day it holds" in ran.err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("2025-07-01: {value", "2025-13-01: {value", "parameters.yaml:8"),
        ("until: 2027-12-31", "until: 2025-01-01", "ends before it begins"),
        ("source:", "sauce:", "'source'"),
        ("child.allowance", "child..allowance", "pattern"),
    ],
)
def test_mistakes_in_parameters_are_told_with_their_place(
    package: Path, old: str, new: str, said: str
) -> None:
    path = package / "parameters.yaml"
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")
    ran = run("rules", "test", package)
    assert ran.code == 2
    assert "parameters.yaml" in ran.err
    assert said in ran.err


def test_the_cases_of_the_scenarios_pass(root: Path) -> None:
    for folder in sorted(path.parent for path in root.glob("scenarios/*/scenario.yaml")):
        if not any("\ndecision:" in f"\n{file.read_text('utf-8')}" for file in folder.glob("cases/*.yaml")):
            continue
        ran = run("rules", "test", folder, "--json")
        assert ran.code == 0, ran.out
        assert ran.json["total"] > 0


def test_cases_of_their_days_pass(package: Path) -> None:
    ran = run("rules", "test", package)
    assert ran.code == 0, ran.out
    assert "4 of 4 cases are decided as expected" in ran.out


def test_a_failing_case_is_told_with_the_rules_that_decided(package: Path) -> None:
    path = package / "cases" / "allowance.yaml"
    path.write_text(path.read_text("utf-8").replace("then: 6000", "then: 6001"), "utf-8")
    ran = run("rules", "test", path)
    assert ran.code == 1
    assert "fails: two children before: expected 6001, decided 6000" in ran.out
    assert "Rule 1 of «allowance» gives amount = 6000, because children = 2 (>= 2)" in ran.out
    assert "near: Rule 2 of «allowance» missed by one cell: children = 2 is not < 2" in ran.out
    assert "3 of 4" in ran.out
    answer = run("rules", "test", path, "--json")
    assert (answer.code, answer.json["failed"], answer.json["total"]) == (1, 1, 4)
    assert answer.json["files"][0]["cases"][0]["expected"] == 6001


def test_a_city_tests_with_its_own_rules_and_settings(city: Path) -> None:
    ran = run("rules", "test", city)
    assert ran.code == 0, ran.out
    settings = city / "overlays" / "waterlogging" / "settings.yaml"
    settings.write_text("settings:\n  closing.fill: 0.2\n", "utf-8")
    ran = run("rules", "test", city)
    assert ran.code == 1
    assert "fails: all is quiet: expected true, decided false" in ran.out
    settings.unlink()
    overlay = city / "overlays" / "waterlogging" / "rules"
    overlay.mkdir()
    package = city.parent.parent / "scenarios" / "waterlogging" / "rules" / "measures.dmn"
    (overlay / "measures.dmn").write_bytes(
        package.read_bytes().replace(b'r1o1"><text>true', b'r1o1"><text>false')
    )
    ran = run("rules", "test", city)
    assert ran.code == 1
    assert "blue clears inlets only" in ran.out
    assert "1 of 23" not in ran.out and "22 of 23" in ran.out


def test_bare_inputs_are_no_test(package: Path, tmp_path: Path) -> None:
    past = tmp_path / "past.jsonl"
    past.write_text('{"children": 1}\n', "utf-8")
    ran = run("rules", "test", past)
    assert ran.code == 2
    assert "these are inputs, not cases of a decision" in ran.err
    assert "chengshu rules diff" in ran.err


@pytest.mark.parametrize("part", [".", "rules", "rules/allowance", "cases", "cases/allowance.yaml"])
def test_cases_are_found_from_the_rules_as_well(package: Path, part: str) -> None:
    (package / "cases" / "plan.yaml").write_text("cases: []\n", "utf-8")
    (package / "cases" / "zero.yaml").write_text(
        "decision: {file: rules/zero.dmn, decision: allowance}\n"
        "cases: [{name: z, given: {children: 0}, then: 0}]\n",
        "utf-8",
    )
    (package / "rules" / "zero.dmn").write_text(rules(2), "utf-8")
    total = run("rules", "test", package / part, "--json").json["total"]
    assert total == (5 if part in (".", "rules", "cases") else 4)
    assert run("rules", "test", package / "rules" / "zero.dmn", "--json").json["total"] == 1


def test_a_name_that_no_input_has_is_told(package: Path) -> None:
    path = package / "cases" / "allowance.yaml"
    path.write_text(CASES.replace("{children: 1}, then: 0", "{childern: 1}, then: 0"), "utf-8")
    ran = run("rules", "test", package)
    assert ran.code == 2
    assert "«childern» is no input of the model" in ran.err
    assert "did you mean «children»?" in ran.err
    assert "one child before the change of rules" in ran.err


def test_a_decision_that_the_model_does_not_have_is_told_with_its_file(package: Path) -> None:
    path = package / "cases" / "allowance.yaml"
    path.write_text(CASES.replace("decision: allowance}", "decision: alowance}"), "utf-8")
    ran = run("rules", "test", package)
    assert ran.code == 2
    assert "has no decision «alowance»" in ran.err
    assert "rules/allowance" in ran.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a": NaN}', "NaN is no number of JSON"),
        (b"[1]", "a case is an object of inputs"),
        (b'{"a": "\xff"}', "not UTF-8"),
    ],
)
def test_past_cases_that_cannot_be_read_are_told(
    package: Path, tmp_path: Path, content: bytes, said: str
) -> None:
    past = tmp_path / "past.jsonl"
    past.write_bytes(content)
    versions = package / "rules" / "allowance"
    ran = run("rules", "diff", versions, versions, past)
    assert ran.code == 2
    assert "past.jsonl" in ran.err
    assert said in ran.err


def test_a_folder_without_cases_of_decisions_is_told(tmp_path: Path) -> None:
    ran = run("rules", "test", tmp_path)
    assert ran.code == 2
    assert "no file here has cases about a decision" in ran.err


def test_rules_that_cases_name_must_be_there(package: Path) -> None:
    shutil.rmtree(package / "rules")
    ran = run("rules", "test", package)
    assert ran.code == 2
    assert "the rules «rules/allowance» are not there" in ran.err


def test_tables_are_analysed_with_examples(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole.dmn", tmp_path / "broken.dmn"
    whole.write_text(rules(2), "utf-8")
    broken.write_text(rules(2).replace("&lt; 2", "&gt; 3"), "utf-8")
    assert run("rules", "analyse", whole).out == "tables: 1, findings: 0\n"
    ran = run("rules", "analyse", tmp_path, "--json")
    assert ran.code == 1
    (table,) = [row for row in ran.json["tables"] if row["findings"]]
    assert table["file"] == str(broken)
    assert [(one["kind"], one["rules"], one["example"]) for one in table["findings"]] == [
        ("gap", [], {"children": 1}),
        ("overlap", [1, 2], {"children": 4}),
    ]
    assert (
        "gap: “allowance”没有规则覆盖：children = 1"
        in run("rules", "analyse", broken, "--language", "zh-Hans").out
    )


def test_the_difference_of_two_versions_is_told_case_by_case(package: Path, tmp_path: Path) -> None:
    old, new = package / "rules" / "old.dmn", tmp_path / "new.dmn"
    old.write_text(rules(2), "utf-8")
    new.write_text(rules(1), "utf-8")
    past = tmp_path / "past.jsonl"
    lines = [
        {"children": 2},
        {"name": "Li", "given": {"children": 1}, "as of": "2025-03-01"},
        {"children": 0},
    ]
    past.write_text("\n".join(map(json.dumps, lines)) + "\n\n", "utf-8")
    ran = run("rules", "diff", old, new, past, "--as-of", "2026-03-01")
    assert ran.code == 1
    assert ran.out.splitlines()[0] == "Li: was 0, becomes 3000"
    assert "1 of 3 cases come out otherwise" in ran.out
    answer = run("rules", "diff", old, new, past, "--as-of", "2026-03-01", "--json").json
    assert (answer["total"], answer["changed"]) == (3, 1)
    assert (answer["changes"][0]["before"]["value"], answer["changes"][0]["after"]["value"]) == (0, 3000)
    assert run("rules", "diff", old, old, past).code == 0


def test_a_changed_parameter_is_a_change_of_outcomes(package: Path, tmp_path: Path) -> None:
    changed = Path(shutil.copytree(package, tmp_path / "changed"))
    (changed / "parameters.yaml").write_text(PARAMETERS.replace("3600", "4000"), "utf-8")
    ran = run("rules", "diff", package, changed, package / "cases")
    assert ran.code == 1
    assert ran.out.splitlines()[0] == "two children after: was 7200, becomes 8000"
    assert "2 of 4 cases come out otherwise" in ran.out


def test_a_broken_line_of_past_cases_is_told_with_its_number(package: Path, tmp_path: Path) -> None:
    past = tmp_path / "past.jsonl"
    past.write_text('{"children": 1}\n{"children": \n', "utf-8")
    versions = package / "rules" / "allowance"
    ran = run("rules", "diff", versions, versions, past)
    assert ran.code == 2
    assert "past.jsonl:2" in ran.err


def test_a_model_that_imports_finds_its_neighbour(tmp_path: Path) -> None:
    part = (
        f'<definitions xmlns="{MODEL}" name="part" namespace="urn:part"><decision id="a" name="a">'
        "<literalExpression><text>20</text></literalExpression></decision></definitions>"
    )
    whole = (
        f'<definitions xmlns="{MODEL}" name="whole" namespace="urn:whole">'
        '<import name="p" namespace="urn:part" importType="x"/>'
        '<decision id="b" name="b"><informationRequirement><requiredDecision href="urn:part#a"/>'
        "</informationRequirement><literalExpression><text>p.a + 1</text></literalExpression></decision>"
        "</definitions>"
    )
    (tmp_path / "part.dmn").write_text(part, "utf-8")
    (tmp_path / "whole.dmn").write_text(whole, "utf-8")
    assert run("rules", "eval", tmp_path / "whole.dmn").out == "21\n"
    (tmp_path / "part.dmn").unlink()
    ran = run("rules", "eval", tmp_path / "whole.dmn")
    assert ran.code == 2
    assert "urn:part" in ran.err
