"""Which version of a rule holds when: files, dated versions, publications; and deciding by them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.foundation.city.model import Scenario
from chengshu.foundation.rulebook.files import around
from chengshu.foundation.rulebook.model import ChangeState, RuleChange, Signature, Version
from chengshu.foundation.rulebook.queries import in_force, rule_paths
from chengshu.foundation.rulebook.standing import Rule, take_publications
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import Missing
from chengshu.kernel.texts import Text

ZONE = ZoneInfo("Asia/Shanghai")
MODEL = """<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="fee" namespace="urn:fee">
  <inputData id="x" name="x"><variable name="x"/></inputData>
  <inputData id="parameters" name="parameters"/>
  <decision id="d" name="fee"><variable name="fee"/>
    <informationRequirement><requiredInput href="#x"/></informationRequirement>
    <informationRequirement><requiredInput href="#parameters"/></informationRequirement>
    <decisionTable hitPolicy="FIRST"><input><inputExpression><text>x</text></inputExpression></input>
      <output name="fee"/>
      <rule id="r1"><inputEntry><text>-</text></inputEntry>
        <outputEntry><text>{value} * parameters.base</text></outputEntry></rule>
    </decisionTable></decision></definitions>"""
PARAMETERS = """
parameters:
  base:
    label: {en: Base, zh-Hans: 基数, zh-Hant: 基數}
    values: {2024-01-01: 1, 2026-07-01: 10}
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    rules = tmp_path / "pack" / "rules"
    (rules / "fee").mkdir(parents=True)
    (rules / "fee.dmn").write_text(MODEL.format(value=1), "utf-8")
    (rules / "fee" / "2026-01-01.dmn").write_text(MODEL.format(value=2), "utf-8")
    (rules / "fee" / "2026-08-01_2026-08-31.dmn").write_text(MODEL.format(value=3), "utf-8")
    (tmp_path / "pack" / "parameters.yaml").write_text(PARAMETERS, "utf-8")
    return Scenario("pack", Text.of("Pack"), "1.0.0", tmp_path / "pack", tmp_path / "over")


@pytest.fixture
def rule(scenario: Scenario) -> Rule:
    paths = rule_paths(scenario)
    assert list(paths) == ["rules/fee.dmn"]
    return Rule(scenario, "rules/fee.dmn", paths["rules/fee.dmn"], ZONE, around(scenario.folder))


def published(number: int, begins: datetime, value: int) -> RuleChange:
    signature = Signature("person-2", "Zhao", begins - timedelta(hours=1))
    return RuleChange(
        f"rule-{number}",
        "pack",
        "rules/fee.dmn",
        ChangeState.PUBLISHED,
        MODEL.format(value=value).encode(),
        "person-1",
        "Wei",
        begins,
        begins,
        number=number,
        signed=signature,
        approved=signature,
        valid_from=begins,
    )


def fee(rule: Rule, moment: datetime) -> float:
    rule.clock = VirtualClock(moment)
    return float(rule.decide("fee", {"x": 1}).value)


def test_the_rules_and_parameters_of_the_moment_decide(rule: Rule) -> None:
    assert fee(rule, at("2025-12-31T23:59")) == 1
    assert fee(rule, at("2026-01-01T00:00")) == 2
    assert fee(rule, at("2026-06-30T23:59")) == 2
    assert fee(rule, at("2026-07-01T00:00")) == 20  # the parameter changed, midnight of the city
    assert fee(rule, at("2026-08-05T00:00")) == 30
    with pytest.raises(Missing, match="no version"):
        fee(rule, at("2026-09-01T00:00"))


def test_a_publication_takes_over_at_its_moment_and_is_named(rule: Rule) -> None:
    begins = at("2026-03-05T14:30")
    take_publications({("pack", "rules/fee.dmn"): rule}, [published(1, begins, 7)])
    assert fee(rule, begins - timedelta(seconds=1)) == 2
    assert fee(rule, begins) == 7
    (match,) = rule.decide("fee", {"x": 1}).matched
    assert (match.version, match.rule_id) == ("1", "r1@1") and "version 1" in match.text.en
    assert "1 版" in match.text.zh_hans
    assert fee(rule, at("2026-08-01T00:00")) == 30  # a dated file that begins later takes over again


def test_the_later_number_wins_at_one_moment(rule: Rule) -> None:
    begins = at("2026-03-05T14:30")
    changes = [published(1, begins, 7), published(2, begins, 8)]
    take_publications({("pack", "rules/fee.dmn"): rule}, changes)
    assert fee(rule, begins) == 8


def test_what_was_approved_later_is_not_seen_before(rule: Rule) -> None:
    begins = at("2026-03-05T14:30")
    take_publications({("pack", "rules/fee.dmn"): rule}, [published(1, begins, 7)])
    before = begins - timedelta(hours=2)
    assert [one.name for one in rule.versions(before)] == ["", "2026-01-01", "2026-08-01_2026-08-31"]
    assert [one.name for one in rule.versions()][-1] == "1"
    with pytest.raises(Missing, match="no version '9'"):
        rule.version("9")


def test_the_overlay_wins_and_another_rule_is_not_touched(scenario: Scenario, rule: Rule) -> None:
    over = scenario.overlay / "rules"
    over.mkdir(parents=True)
    (over / "fee.dmn").write_text(MODEL.format(value=9), "utf-8")
    (over / "new.dmn").write_text(MODEL.format(value=9), "utf-8")
    paths = rule_paths(scenario)
    assert paths == {"rules/fee.dmn": over / "fee.dmn", "rules/new.dmn": over / "new.dmn"}
    take_publications({("pack", "rules/other.dmn"): rule}, [published(1, at("2026-03-05T14:30"), 7)])
    assert rule.published == ()


@given(st.lists(st.integers(0, 40), max_size=8), st.integers(0, 45))
def test_the_last_to_begin_holds(begins: list[int], now: int) -> None:
    zero = datetime(2026, 1, 1, tzinfo=UTC)
    versions = [Version("", b"", Path("x"))]
    versions += [
        Version(str(number), b"", Path("x"), zero + timedelta(days=day), None, published(number, zero, 1))
        for number, day in enumerate(begins, 1)
    ]
    found = in_force(versions, zero + timedelta(days=now), "x")
    begun = [(day, number) for number, day in enumerate(begins, 1) if day <= now]
    assert found.name == (str(max(begun)[1]) if begun else "")
