"""Past decisions held against a change: what can be taken again, and what is not claimed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from chengshu.foundation.city.model import Scenario
from chengshu.foundation.rulebook.checking import changed_past
from chengshu.foundation.rulebook.files import around
from chengshu.foundation.rulebook.model import Version
from chengshu.foundation.rulebook.queries import Decided
from chengshu.foundation.rulebook.standing import Rule
from chengshu.kernel.texts import Text

NOW = datetime(2026, 7, 20, tzinfo=UTC)
MODEL = """<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="over" namespace="urn:over">
  <inputData id="levels" name="levels"><variable name="levels"/></inputData>
  <inputData id="coverage" name="coverage"><variable name="coverage"/></inputData>
  <decision id="full" name="fullest"><variable name="fullest"/>
    <informationRequirement><requiredInput href="#levels"/></informationRequirement>
    <literalExpression><text>{made}(levels)</text></literalExpression></decision>
  <decision id="over" name="over"><variable name="over"/>
    <informationRequirement><requiredDecision href="#full"/></informationRequirement>
    <informationRequirement><requiredInput href="#coverage"/></informationRequirement>
    <decisionTable hitPolicy="FIRST">
      <input><inputExpression><text>fullest</text></inputExpression></input>
      <input><inputExpression><text>coverage</text></inputExpression></input>
      <output name="over"/>
      <rule id="r1"><inputEntry><text>-</text></inputEntry><inputEntry><text>&lt; {least}</text></inputEntry>
        <outputEntry><text>false</text></outputEntry></rule>
      <rule id="r2"><inputEntry><text>&lt; {fill}</text></inputEntry><inputEntry><text>-</text></inputEntry>
        <outputEntry><text>true</text></outputEntry></rule>
      <rule id="r3"><inputEntry><text>-</text></inputEntry><inputEntry><text>-</text></inputEntry>
        <outputEntry><text>false</text></outputEntry></rule>
    </decisionTable></decision></definitions>"""


def model(made: str = "max", least: float = 0.5, fill: float = 0.75) -> bytes:
    return MODEL.format(made=made, least=least, fill=fill).encode()


@pytest.fixture
def rule(tmp_path: Path) -> Rule:
    path = tmp_path / "pack" / "rules" / "over.dmn"
    path.parent.mkdir(parents=True)
    path.write_bytes(model())
    scenario = Scenario("pack", Text.of("Pack"), "1.0.0", tmp_path / "pack", tmp_path / "over")
    return Rule(scenario, "rules/over.dmn", path, ZoneInfo("UTC"), around(scenario.folder))


def decided(row: str, fullest: float, coverage: float) -> Decided:
    """As the journal keeps it: forty readings counted, what the table's columns saw."""
    inputs = {"levels": "40 readings", "coverage": coverage}
    columns = {"fullest": fullest, "coverage": coverage}
    return Decided(1, NOW, "rules/over.dmn#over", inputs, (row,), columns, frozenset({"levels"}))


PAST = [decided("r1", 0.1, 0.4), decided("r2", 0.7, 0.9), decided("r3", 0.8, 0.9)]


def outcome(rule: Rule, data: bytes) -> tuple[list[tuple[object, object]], int]:
    new = Version("draft", data, rule.path)
    changes, replayed = changed_past(rule, "over", PAST, new)
    return [(change.before.value, change.after.value) for change in changes], replayed


def test_the_values_of_then_stand_where_only_the_table_changes(rule: Rule) -> None:
    assert outcome(rule, model()) == ([], 3)
    assert outcome(rule, model(fill=0.6)) == ([(True, False)], 3)
    assert outcome(rule, model(fill=0.9)) == ([(False, True)], 3)
    assert outcome(rule, model(least=0.3)) == ([(False, True)], 3)


def test_nothing_is_claimed_where_the_readings_themselves_would_be_needed(rule: Rule) -> None:
    assert outcome(rule, model(made="mean")) == ([], 0)


def test_kept_inputs_that_do_not_give_the_rows_of_then_are_not_replayed(rule: Rule) -> None:
    new = Version("draft", model(fill=0.6), rule.path)
    assert changed_past(rule, "over", [decided("r2", 0.9, 0.9)], new) == ((), 0)
