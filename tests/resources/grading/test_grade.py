"""Grades of columns and tables: the highest wins, and each says why."""

from __future__ import annotations

import json
from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kernel.errors import Invalid
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.resources.grading import Classification, Elements, Grade, Graded, grade_sample, table_sample
from chengshu.resources.grading.grade import grade_column, grade_table
from chengshu.resources.grading.risk import Risk, combination_risk, quasi_identifiers

DAY = date(2026, 7, 1)
GRADES = st.lists(st.sampled_from(list(Grade)), min_size=1, max_size=8)


def found(category: str, *, confidence: float = 1.0, **more: object) -> Classification:
    return Classification(category or "x", category, confidence, Reason("test", Text.of("test")), **more)  # type: ignore[arg-type]


def column(grade: Grade, name: str = "c") -> Graded:
    return Graded(name, grade, (Reason("test", Text.of("test")),))


@pytest.mark.parametrize(
    ("category", "more", "grade"),
    [
        ("identity_number", {}, Grade.GENERAL_3),
        ("identity_number", {"masked": 1.0}, Grade.GENERAL_2),
        ("identity_number", {"masked": 0.5}, Grade.GENERAL_3),
        ("mobile", {}, Grade.GENERAL_2),
        ("region_code", {}, Grade.GENERAL_1),
        ("", {}, Grade.GENERAL_1),
        ("", {"confidence": 0.4}, Grade.GENERAL_2),
        ("", {"also": (("identity_number", 0.05),)}, Grade.GENERAL_3),
        ("place", {"also": (("email", 0.02), ("bank_card", 0.03))}, Grade.GENERAL_3),
    ],
)
def test_a_column(category: str, more: dict[str, object], grade: Grade) -> None:
    graded = grade_column(found(category, **more), DAY, persons=True)  # type: ignore[arg-type]
    assert graded.grade == grade
    assert graded.reasons[0].rule.startswith("harm.") and graded.reasons[1].rule.startswith("matrix.")


def test_a_column_has_field_and_attribute() -> None:
    graded = grade_column(found("identity_number"), DAY, persons=True, sector="health")
    assert graded.attributes["field"] == "health" and graded.attributes["attribute"] == "identity"
    assert graded.attributes["attribute_label"]["zh-Hant"] == "個人身份信息"  # type: ignore[index]
    assert graded.attributes["rules"] == ["industry_field.health", "business_attribute.identity"]


@given(GRADES, st.sampled_from(list(Grade)), st.floats(0, 1), st.integers(0, 20_000_000))
def test_the_highest_wins_and_more_never_lowers(
    grades: list[Grade], more: Grade, unique: float, persons: int
) -> None:
    risk = Risk(("a",), 1000, int(unique * 1000), 0, 1, ())
    elements = Elements(persons=persons)
    before = grade_table("t", [column(grade) for grade in grades], elements, DAY, risk).grade
    after = grade_table("t", [column(grade) for grade in [*grades, more]], elements, DAY, risk).grade
    assert before.rank >= max(grade.rank for grade in grades)
    assert after.rank >= before.rank


@pytest.mark.parametrize(
    ("elements", "highest", "grade", "rule"),
    [
        (Elements(persons=500), Grade.GENERAL_3, Grade.GENERAL_3, "table.columns"),
        (Elements(persons=200_000), Grade.GENERAL_3, Grade.GENERAL_4, "table_harms.scale_100k_sensitive"),
        (Elements(persons=2_000_000), Grade.GENERAL_3, Grade.IMPORTANT, "table_harms.scale_1m_sensitive"),
        (Elements(persons=2_000_000), Grade.GENERAL_2, Grade.GENERAL_3, "table_harms.scale_100k"),
        (Elements(persons=20_000_000), Grade.GENERAL_2, Grade.IMPORTANT, "table_harms.scale_10m"),
        (Elements(importance="key"), Grade.GENERAL_2, Grade.IMPORTANT, "table_harms.key_sites"),
        (Elements(importance="key", precision="coarse"), Grade.GENERAL_2, Grade.GENERAL_2, "table.columns"),
        (Elements(importance="catalogued"), Grade.GENERAL_1, Grade.IMPORTANT, "table_harms.catalogued"),
        (Elements(importance="core"), Grade.GENERAL_1, Grade.CORE, "table_harms.nominated_core"),
        (Elements(group="minors"), Grade.GENERAL_2, Grade.GENERAL_3, "table_harms.minors"),
    ],
)
def test_the_elements(elements: Elements, highest: Grade, grade: Grade, rule: str) -> None:
    graded = grade_table("t", [column(highest)], elements, DAY)
    assert (graded.grade, graded.reasons[0].rule) == (grade, rule)


@pytest.mark.parametrize(
    "slip",
    [{"importance": "hight"}, {"coverage": ""}, {"precision": "fine"}, {"group": "all"}, {"persons": -1}],
)
def test_a_slip_lowers_nothing(slip: dict[str, object]) -> None:
    with pytest.raises(Invalid, match="element-unknown"):
        Elements(**slip)  # type: ignore[arg-type]


def people(rows: int) -> pa.Table:
    """Sex, birth and region of ``rows`` persons; few share all three."""
    return pa.table(
        {
            "性别": ["男" if at % 2 else "女" for at in range(rows)],
            "出生日期": [f"{1950 + at % 60}-{at % 12 + 1:02d}-{at % 28 + 1:02d}" for at in range(rows)],
            "行政区划代码": [("110101", "310115", "440305")[at % 3] for at in range(rows)],
            "数量": [str(at % 7) for at in range(rows)],
        }
    )


def test_rows_alone_with_their_values_are_counted() -> None:
    table = pa.table({"a": ["x", "x", "y", "z"], "b": ["1", "1", "1", None]})
    risk = combination_risk(table, ["a", "b"])
    assert (risk.rows, risk.unique, risk.below_5, risk.smallest) == (4, 2, 4, 1)
    assert risk.shortest == ("a",) and "a" in risk.reason.text.zh_hans
    assert combination_risk(table.slice(0, 0), ["a"]).unique_share == 0


def test_columns_that_name_nobody_do_together() -> None:
    table = people(300)
    report = grade_sample("人口", table_sample(table), DAY)
    assert report.risk.columns == ("性别", "出生日期", "行政区划代码")
    assert report.risk.unique_share >= 0.2
    assert report.graded.grade == Grade.GENERAL_3
    assert report.graded.reasons[0].rule == "table_harms.singled_out"
    assert "combination" in [reason.rule for reason in report.graded.reasons]


def test_groups_large_enough_single_out_nobody() -> None:
    table = pa.table({"性别": ["男", "女"] * 200, "学历": ["本科", "本科", "高中", "高中"] * 100})
    assert quasi_identifiers([found("", confidence=1)]) == ()
    risk = combination_risk(table, ["性别", "学历"])
    assert (risk.unique, risk.smallest, risk.shortest) == (0, 100, ())


def test_a_report_can_be_told() -> None:
    table = people(40)
    told = grade_sample("人口", table_sample(table), DAY, Elements(sector="civil")).as_dict()
    assert json.loads(json.dumps(told)) == told
    assert told["tables_of"] == "2026-07-01" and len(told["columns"]) == 4
    assert told["columns"][1]["category"] == "birth_date"
    assert told["columns"][1]["grade"]["label"]["zh-Hant"] == "一般數據2級"
