"""The tables of grading decide the cases beside them as expected, whole and without gaps."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from chengshu.kernel.errors import Missing
from chengshu.resources.grading.declared import catalogue
from chengshu.resources.grading.model import Grade
from chengshu.resources.grading.rulebook import rulings, timeline
from chengshu.rules.cases import Case, judge
from chengshu.rules.dmn import Outcome
from chengshu.rules.dmn.analysis import analyse_model

DAY = date(2026, 7, 1)
FOLDER = Path(__file__).parent / "cases"
FILES = ("harm", "matrix", "derived", "protection")


def cases() -> list[tuple[str, str, dict[str, Any]]]:
    found = []
    for name in FILES:
        content = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
        head = content["decision"]
        found += [(head["decision"], head.get("result", ""), case) for case in content["cases"]]
    return found


@pytest.mark.parametrize(("decision", "part", "case"), cases(), ids=lambda value: str(value)[:60])
def test_a_case_is_decided(decision: str, part: str, case: dict[str, Any]) -> None:
    def decide(one: Case) -> Outcome:
        return timeline().on(DAY).decide(decision, one.given)

    (verdict,) = judge([Case(case["name"], case["given"], case["then"])], decide, part)
    assert verdict.passed, verdict.text.en


def test_the_tables_have_no_gap_and_no_row_in_vain() -> None:
    found = analyse_model(timeline().on(DAY))
    said = {name: [finding.kind for finding in one.findings] for name, one in found.items()}
    assert said.pop("matrix") == ["gap"]  # other objects than the six of the standard are none
    assert not any(said.values()), said


def test_every_object_and_degree_of_the_tables_is_in_the_matrix() -> None:
    model = timeline().on(DAY)
    for category in (*catalogue().categories, ""):
        for masked in (True, False):
            for persons in (True, False):
                given = {"category": category, "masked": masked, "about persons": persons, "unsure": False}
                harm = model.decide("harm", given).value
                grade = model.decide("matrix", {"object": harm["object"], "degree": harm["degree"]}).value
                assert Grade(grade)


def test_masking_never_raises_and_persons_never_lower() -> None:
    def rank(category: str, masked: bool, persons: bool) -> int:
        given = {"category": category, "masked": masked, "about persons": persons, "unsure": False}
        harm = rulings(DAY, "harm", given)[0].value
        found = rulings(DAY, "matrix", {"object": harm["object"], "degree": harm["degree"]})[0]
        return Grade(found.value).rank

    for category in catalogue().categories:
        for flag in (True, False):
            assert rank(category, True, flag) <= rank(category, False, flag), category
            assert rank(category, flag, True) >= rank(category, flag, False), category


def test_each_ruling_names_its_rule_its_source_and_says_it_in_three_languages() -> None:
    given = {"category": "bank_card", "masked": False, "about persons": True, "unsure": False}
    (ruling,) = rulings(DAY, "harm", given)
    assert ruling.reason.rule == "harm.account" and ruling.reason.inputs["source"] == "PIPL 28"
    assert "金融账户" in ruling.reason.text.zh_hans and "金融賬戶" in ruling.reason.text.zh_hant
    (cell,) = rulings(DAY, "matrix", {"object": "economy", "degree": "serious"})
    assert "to be verified" in str(cell.reason.inputs["source"])


def test_before_the_standard_there_are_no_tables() -> None:
    with pytest.raises(Missing, match="nothing holds on 2024-09-30"):
        rulings(date(2024, 9, 30), "matrix", {"object": "economy", "degree": "serious"})
