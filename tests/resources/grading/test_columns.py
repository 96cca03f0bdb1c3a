"""Columns written by hand, one case a column: what each holds, and why, in three languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from chengshu.kernel.texts import LANGUAGES
from chengshu.resources.grading import ColumnSample, classify
from chengshu.resources.grading.declared import catalogue

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "columns.yaml").read_text("utf-8"))["cases"]


def sample(column: str, values: list[Any], rows: int = 0) -> ColumnSample:
    distinct = tuple(dict.fromkeys(str(value) for value in values))
    return ColumnSample(column, distinct, (1,) * len(distinct), rows or len(values))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_a_column_holds(case: dict[str, Any]) -> None:
    (found,) = classify([sample(case["column"], case["values"])])
    assert found.category == case["holds"], found.reason.text.en
    assert {name for name, _ in found.also} >= set(case.get("also", []))
    assert found.masked == case.get("masked", 0.0)
    assert found.unsure == case.get("unsure", found.unsure)
    assert all(found.reason.text.say(language) for language in LANGUAGES)
    assert 0 <= found.confidence <= 1


def test_every_category_has_a_case() -> None:
    assert set(catalogue().categories) <= {case["holds"] for case in CASES}


def test_a_reason_counts_and_names() -> None:
    values = ["11010519491231002X", "110105194912310038", "440524188001010014", "bad", "无"]
    (found,) = classify([sample("sfzh", values)])
    inputs = found.reason.inputs
    assert (inputs["passed"], inputs["looked"], inputs["hint"]) == (3, 4, "sfzh")
    assert found.reason.text.en.startswith("3 of 4 distinct values pass the check for identity number")
    assert "「居民身份證號」" in found.reason.text.zh_hant


def test_a_stranger_among_the_values_is_told() -> None:
    values = [f"说明{at}" for at in range(40)] + ["11010519491231002X", "440524188001010014"]
    (found,) = classify([sample("备注", values)])
    assert found.category == "" and dict(found.also)["identity_number"] == pytest.approx(2 / 42)


def test_longitude_and_latitude_are_told_by_their_pair() -> None:
    east = [f"{121.4 + at / 997:.6f}" for at in range(60)]
    north = [f"{31.2 + at / 991:.6f}" for at in range(60)]
    alone = classify([sample("v1", east)])
    pair = classify([sample("v1", east), sample("v2", north)])
    other = classify([sample("v2", north), sample("lng", east)])
    assert alone[0].category == ""
    assert [one.category for one in pair] == ["longitude", "latitude"] and pair[0].unsure
    assert [one.category for one in other] == ["latitude", "longitude"] and not other[0].unsure


def test_two_measured_columns_are_no_coordinates() -> None:
    pressure = [f"{100 + at / 3:.3f}" for at in range(60)]
    flow = [f"{10 + at / 3:.3f}" for at in range(60)]
    found = classify([sample("压力值", pressure), sample("流量", flow)])
    assert [one.category for one in found] == ["", ""]


def test_a_name_beside_numbers_of_persons_is_surer() -> None:
    names = sample("c2", ["王小明", "李国强", "陈思远", "赵子涵", "周立波", "吴京华", "张伟文", "孙悦然"])
    numbers = sample("c1", ["13800138000", "13912345678", "18600001111", "15912345678", "13700001234"] * 2)
    (alone,) = classify([names])
    _, beside = classify([sample("手机", list(numbers.values)), names])
    assert alone.category == beside.category == "person_name"
    assert beside.confidence >= alone.confidence


def test_what_a_steward_taught_of_a_name_counts() -> None:
    values = ["01234567", "98765432", "55667788", "10293847"]
    (before,) = classify([sample("tb_code", values)])
    (after,) = classify([sample("TB_Code2", values)], learned={"tb_code": "taiwan_permit"})
    assert (before.category, after.category) == ("", "taiwan_permit")
    assert "taught" in after.reason.text.en
