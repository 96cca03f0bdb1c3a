"""retention.yaml: which rule counts, until when, and mistakes with their lines."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.app.terminal import ROOT, run
from tests.examples import examples

from chengshu.app.checks import schemas
from chengshu.kernel.errors import Invalid
from chengshu.kernel.texts import Text
from chengshu.resources.ledger import Resource
from chengshu.resources.retention import keeping, kept_until, read_retention
from chengshu.resources.retention.declared import rule_for
from chengshu.resources.retention.periods import earliest_kept

TEXT = """
rules:
  - {id: people, source_classes: [personal], keep: P1Y, law: 個人信息保護法 19, basis: as short as can be}
  - {id: grave, grades: [core, important], keep: P30Y, law: 數據安全法 21, basis: important data}
  - {id: rain, entries: ["urn:x:rain*"], kinds: [dataset], keep: P5Y, law: 檔案法, basis: {zh-Hant: 檔案}}
  - {id: water, themes: [water], keep: P2Y, law: 檔案法, basis: water}
"""


def entry(id_: str = "urn:x:a", **parts: object) -> Resource:
    return Resource(id_, **({"kind": "dataset", "title": Text.of("a")} | parts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("resource", "rule"),
    [
        (entry(source_class="personal", grade="core"), "people"),
        (entry(grade="important"), "grave"),
        (entry("urn:x:rain:2026"), "rain"),
        (entry("urn:x:rain:2026", kind="stream"), None),
        (entry(themes=("roads", "water")), "water"),
        (entry(), None),
    ],
)
def test_the_first_rule_that_fits_counts(resource: Resource, rule: str | None, tmp_path: Path) -> None:
    (tmp_path / "retention.yaml").write_text(TEXT, "utf-8")
    found = rule_for(read_retention(tmp_path), resource)
    assert (found.id if found else None) == rule


def test_a_city_without_the_file_destroys_nothing(tmp_path: Path) -> None:
    assert read_retention(tmp_path) == ()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{id: a, keep: soon, law: x, basis: y}", "'soon' is no duration"),
        ("{id: a, keep: P3WD, law: x, basis: y}", "no time to keep data"),
        ("{id: a, keep: P0D, law: x, basis: y}", "no time to keep data"),
        ("{id: a, keep: P1Y, basis: y}", "law is missing"),
        ("{id: a, keep: P1Y, law: x}", "basis is missing"),
        ("{id: a, kinds: [datset], keep: P1Y, law: x, basis: y}", "no kind 'datset'"),
        ("{id: a, source_classes: [alien], keep: P1Y, law: x, basis: y}", "no source class 'alien'"),
    ],
)
def test_mistakes(line: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "retention.yaml").write_text(f"rules:\n  - {line}\n", "utf-8")
    with pytest.raises(Invalid) as error:
        read_retention(tmp_path)
    assert said in error.value.fault.detail and "retention.yaml:2" in error.value.fault.where


def test_a_rule_is_declared_once(tmp_path: Path) -> None:
    line = "  - {id: a, keep: P1Y, law: x, basis: y}\n"
    (tmp_path / "retention.yaml").write_text(f"rules:\n{line}{line}", "utf-8")
    with pytest.raises(Invalid, match="declared twice"):
        read_retention(tmp_path)


@pytest.mark.parametrize(
    ("keep", "until"),
    [
        ("P1Y", datetime(2025, 2, 28, 9, tzinfo=UTC)),
        ("P1M", datetime(2024, 3, 29, 9, tzinfo=UTC)),
        ("P30D", datetime(2024, 3, 30, 9, tzinfo=UTC)),
        ("PT36H", datetime(2024, 3, 1, 21, tzinfo=UTC)),
    ],
)
def test_the_calendar_counts(keep: str, until: datetime) -> None:
    assert kept_until(datetime(2024, 2, 29, 9, tzinfo=UTC), keeping(keep)) == until


@settings(max_examples=examples(100))
@given(
    st.integers(0, 15_000).map(lambda days: datetime(2001, 1, 1, 7, tzinfo=UTC) + timedelta(days=days)),
    st.sampled_from(["P1M", "P1Y", "P18M", "P1Y3M10D", "P90D", "PT36H", "P6MT12H"]),
    st.timedeltas(timedelta(0), timedelta(days=40)),
)
def test_nothing_due_is_overlooked(at: datetime, keep: str, late: timedelta) -> None:
    now = kept_until(at, keeping(keep)) + late
    assert at < earliest_kept(now, keeping(keep)) <= now + timedelta(days=4)


@pytest.mark.slow
def test_a_citys_check_and_schema_know_the_file(tmp_path: Path) -> None:
    city = tmp_path / "city"
    shutil.copytree(ROOT / "cities" / "demo", city)
    (city / "retention.yaml").write_text("rules:\n  - {id: a, keep: soon, law: x, basis: y}\n", "utf-8")
    found = run("check", city, "--packages", ROOT / "scenarios")
    assert (
        found.code == 1
        and "retention.yaml:2" in found.err + found.out
        and "'soon' is no" in found.err + found.out
    )
    assert "retention.yaml" in schemas()
