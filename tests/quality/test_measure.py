"""Profiles and rules of quality: what is in a table, what is wrong with it, and where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from chengshu.kernel.errors import Invalid, Missing
from chengshu.resources.quality.measure import discover, measure
from chengshu.resources.quality.profile import profile
from chengshu.resources.quality.rules import (
    Filled,
    Fresh,
    Holds,
    OneOf,
    Pattern,
    Range,
    Reference,
    Unique,
    read_quality,
)
from chengshu.resources.tables import shape_of

NOW = datetime(2026, 7, 10, tzinfo=UTC)
TABLE = """id,district,rain,depth,seen
1,east,1.5,0.2,2026-07-01
2,east,,0.3,2026-07-02
3,west,-4,9.0,2026-07-03
3,mars,2,0.1,2026-07-04
5, ,2.5,0.1,2026-07-05
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "rain.csv"
    path.write_text(TABLE)
    (tmp_path / "districts.csv").write_text("code,name\neast,East\nwest,West\n")
    return path


def test_a_profile_counts_what_is_there(path: Path) -> None:
    found = {column.name: column for column in profile(path).columns}
    assert found["rain"].missing == 1
    assert (found["rain"].least, found["rain"].most) == ("-4.0", "2.5")
    assert found["district"].blank == 1
    assert found["district"].frequent[0] == ("east", 2)
    assert found["district"].shapes[0] == ("a{4}", 4)
    assert found["district"].filled == 0.8


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_other_encodings_are_read_as_what_they_are(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("名称,数量\n水务局,1\n城管局,2\n".encode(encoding))
    found = profile(path, encoding)
    assert [column.name for column in found.columns] == ["名称", "数量"]
    assert found.columns[0].frequent == ()
    assert found.columns[0].most == "水务局"


CASES = [
    (Filled(id="r", kind="filled", columns=("district",)), [5]),
    (Filled(id="r", kind="filled", columns=("rain", "district")), [2, 5]),
    (Unique(id="r", kind="unique", columns=("id",)), [3, 4]),
    (Unique(id="r", kind="unique", columns=("id", "district")), []),
    (Range(id="r", kind="range", column="rain", least=0), [3]),
    (Range(id="r", kind="range", column="depth", least=0, most=5), [3]),
    (Range(id="r", kind="range", column="seen", most="2026-07-03"), [4, 5]),
    (OneOf(id="r", kind="one_of", column="district", values=("east", "west")), [4, 5]),
    (Pattern(id="r", kind="pattern", column="district", pattern="[a-z]+"), [5]),
    (Reference(id="r", kind="reference", column="district", file="districts.csv", to="code"), [4, 5]),
    (Holds(id="r", kind="holds", expression="depth < 1"), [3]),
    (Holds(id="r", kind="holds", expression="rain >= 0"), [2, 3]),
]


@pytest.mark.parametrize(("rule", "rows"), CASES, ids=lambda value: getattr(value, "kind", ""))
def test_each_rule_names_the_rows_that_break_it(path: Path, rule: object, rows: list[int]) -> None:
    [outcome] = measure(path, [rule], NOW, folder=path.parent).outcomes  # type: ignore[list-item]
    assert [number for number, _ in outcome.failing] == rows
    assert outcome.broken == len(rows)
    assert outcome.score == pytest.approx(1 - len(rows) / 5)


@pytest.mark.parametrize(("days", "score"), [(3, 0.0), (5, 1.0), (30, 1.0)])
def test_freshness_is_of_the_newest_row(path: Path, days: int, score: float) -> None:
    report = measure(path, [Fresh(id="r", kind="fresh", column="seen", within=timedelta(days=days))], NOW)
    assert report.scores == {"timeliness": score}


def test_scores_are_weighted_within_a_dimension_and_even_between(path: Path) -> None:
    report = measure(
        path,
        [
            Filled(id="a", kind="filled", columns=("id",), weight=3),
            Filled(id="b", kind="filled", columns=("district",), weight=1),
            Unique(id="c", kind="unique", columns=("id",)),
        ],
        NOW,
    )
    assert report.scores == pytest.approx({"completeness": (3 * 1 + 0.8) / 4, "uniqueness": 0.6})
    assert report.score == pytest.approx((0.95 + 0.6) / 2)


def test_a_rule_that_cannot_be_applied_says_so_and_counts_as_broken(path: Path) -> None:
    rules = [
        Filled(id="a", kind="filled", columns=("nowhere",)),
        Holds(id="b", kind="holds", expression="depth + 1"),
        Pattern(id="c", kind="pattern", column="district", pattern="("),
        Reference(id="d", kind="reference", column="district", file="gone.csv", to="x"),
    ]
    report = measure(path, rules, NOW, folder=path.parent)
    assert all(outcome.problem and outcome.score == 0 for outcome in report.outcomes)


def test_hostile_names_are_only_names(tmp_path: Path) -> None:
    name = 'x"); DROP TABLE data; --'
    table = pa.table({name: ["a", "", None]})
    report = measure(table, [Filled(id="r", kind="filled", columns=(name,))], NOW)
    assert report.outcomes[0].broken == 2
    values = OneOf(id="r", kind="one_of", column=name, values=("a'); DROP TABLE data; --", "a"))
    assert measure(table, [values], NOW).outcomes[0].broken == 1


@settings(max_examples=examples(60))
@given(st.lists(st.one_of(st.none(), st.sampled_from(["a", "b", " ", ""])), min_size=1, max_size=40))
def test_counts_agree_with_counting_by_hand(values: list[str | None]) -> None:
    table = pa.table({"v": pa.array(values, pa.string())})
    rules = [Filled(id="f", kind="filled", columns=("v",)), Unique(id="u", kind="unique", columns=("v",))]
    filled, unique = measure(table, rules, NOW).outcomes
    assert filled.broken == sum(value is None or not value.strip() for value in values)
    assert unique.broken == sum(values.count(value) > 1 for value in values if value is not None)


def test_discovered_rules_hold_on_the_table_they_come_from(tmp_path: Path) -> None:
    rows = [{"id": n, "kind": "ab"[n % 2], "note": None if n % 3 else "x"} for n in range(200)]
    table = pa.Table.from_pylist(rows)
    rules = discover(profile(table))
    assert {type(rule).__name__ for rule in rules} == {"Filled", "Unique", "OneOf"}
    assert all(rule.discovered for rule in rules)
    assert measure(table, rules, NOW).score == 1.0


def test_unreadable_files_are_said(tmp_path: Path) -> None:
    with pytest.raises(Missing):
        profile(tmp_path / "gone.csv")
    (tmp_path / "x.docx").write_text("x")
    with pytest.raises(Invalid):
        profile(tmp_path / "x.docx")
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(Invalid):
        profile(tmp_path / "x.parquet")


@settings(max_examples=examples(100))
@given(st.text(max_size=300))
def test_a_shape_is_never_longer_than_its_value_by_much(text: str) -> None:
    assert len(shape_of(text)) <= 4 * 200


def test_a_file_of_rules_is_read_and_its_mistakes_are_told(tmp_path: Path) -> None:
    path = tmp_path / "quality.yaml"
    path.write_text(
        "rules:\n"
        "  - {id: a, kind: filled, columns: [id]}\n"
        "  - {id: b, kind: holds, expression: 'depth < 1'}\n"
    )
    assert [rule.id for rule in read_quality(path)] == ["a", "b"]
    path.write_text(
        "rules:\n  - {id: a, kind: holds, expression: '1 +'}\n  - {id: b, kind: range, column: x}\n"
    )
    with pytest.raises(Invalid) as caught:
        read_quality(path)
    assert len(caught.value.extra["faults"]) == 2
