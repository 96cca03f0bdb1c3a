"""The drill of a new city by the command line: figures, the same bytes twice, settings, comparison."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

import pytest
from lxml import html
from tests.app.conftest import Drilled, drill
from tests.app.terminal import run

KEYS = {
    "warnings",
    "sub_areas",
    "hits",
    "misses",
    "false_alarms",
    "median_lead_time_s",
    "signal_to_accepted_s",
    "time_to_close_s",
    "flood_volume_m3",
    "flooded_nodes",
    "events",
    "work_orders",
    "travel",
    "course",
    "assumptions",
    "overrides",
    "result_hash",
}


def read(drilled: Drilled) -> dict[str, object]:
    return dict(json.loads((drilled.report / "report.json").read_text("utf-8")))


@pytest.mark.slow
def test_the_report_has_every_figure(drilled: Drilled) -> None:
    assert drilled.ran.code == 0, drilled.ran.err
    report = json.loads((drilled.report / "report.json").read_text("utf-8"))
    assert set(report) >= KEYS
    assert report["hits"] >= 1
    assert report["misses"] == 0
    assert all("lead_time_s" in warning for warning in report["warnings"])
    leads = [row["lead_time_s"] for row in report["warnings"] if row["lead_time_s"] is not None]
    assert leads and max(leads) > 0
    assert 0 < report["signal_to_accepted_s"] < report["time_to_close_s"]
    volume = report["flood_volume_m3"]
    assert 0 < volume["with"] < volume["without"]  # acting does good
    (event,) = report["events"]
    assert event["closed_by"]["kind"] == "data" and event["closed_by"]["coverage"] > 0.5
    assert all(abs(error) < 0.02 for error in report["mass_balance_error"].values())


@pytest.mark.slow
def test_the_hash_is_of_everything_in_the_report(drilled: Drilled) -> None:
    report = read(drilled)
    found = report.pop("result_hash")
    text = json.dumps(report, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert found == hashlib.sha256(text.encode()).hexdigest()
    assert str(found) in drilled.ran.out


@pytest.mark.slow
def test_a_second_run_gives_the_same_bytes(drilled: Drilled, pristine: Path, tmp_path: Path) -> None:
    again = drill(pristine, tmp_path, "--json")
    assert again.ran.json == read(drilled)
    assert read(again)["result_hash"] == read(drilled)["result_hash"]
    for name in ("report.json", "report.html", "report.zh-Hans.html", "report.zh-Hant.html"):
        assert (again.report / name).read_bytes() == (drilled.report / name).read_bytes()
    assert journal_of(again) == journal_of(drilled)


def journal_of(drilled: Drilled) -> list[tuple[object, ...]]:
    with sqlite3.connect(drilled.data / "hub.db") as connection:
        return list(connection.execute("select seq, hash from journal order by seq"))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "word"), [("report.html", "Warnings"), ("report.zh-Hans.html", "预警")])
def test_every_chart_of_the_page_has_a_table_beside_it(drilled: Drilled, name: str, word: str) -> None:
    page = html.fromstring((drilled.report / name).read_text("utf-8"))
    assert word in page.text_content()
    charts, tables = page.xpath("//svg"), page.xpath("//table")
    assert len(charts) == 2 and all(chart.get("aria-label") or chart.xpath(".//title") for chart in charts)
    (twin,) = page.xpath("//details//table")
    report = json.loads((drilled.report / "report.json").read_text("utf-8"))
    assert len(twin.xpath("./tbody/tr")) == len(report["course"]["with"])
    assert len(tables) >= 5 and all(table.xpath("./thead//th") for table in tables)
    (warned,) = [table for table in tables if len(table.xpath("./tbody/tr")) == len(report["warnings"])][-1:]
    assert warned.xpath("./tbody/tr")
    assert not page.xpath(
        "//script[@src] | //link[@href] | //img[starts-with(@src, 'http')]"
    )  # one file, whole


@pytest.mark.slow
def test_another_setting_gives_another_result_and_both_can_be_compared(
    drilled: Drilled, pristine: Path, tmp_path: Path
) -> None:
    """With trucks and guards that are never sent, more water stays."""
    changed = drill(pristine, tmp_path, "--set", "dispatch.probability=2", "--set", "road.guard_depth=9")
    report = read(changed)
    assert report["overrides"] == {"dispatch.probability": 2.0, "road.guard_depth": 9.0}
    assert report["result_hash"] != read(drilled)["result_hash"]
    page = tmp_path / "compare.html"
    ran = run("compare", drilled.report, changed.report / "report.json", "--html", page, "--json")
    assert ran.code == 0
    rows = {row["figure"]: row for row in ran.json["figures"]}
    assert rows["travel.length_m"]["b"] < rows["travel.length_m"]["a"]
    for row in rows.values():
        assert row["change"] is None or row["change"] == pytest.approx(row["b"] - row["a"])
    assert len(html.fromstring(page.read_text("utf-8")).xpath("//table/tbody/tr")) == len(rows)
    words = run("compare", drilled.report, changed.report)
    assert "flood_volume_m3.with" in words.out


@pytest.mark.slow
def test_the_journal_of_the_drill_is_whole_until_somebody_changes_it(
    drilled: Drilled, tmp_path: Path
) -> None:
    said = run("journal", "verify", "--data", drilled.data, "--json")
    assert said.code == 0
    assert said.json["ok"] and said.json["entries"] > 50


def test_an_unknown_setting_is_refused_with_the_nearest(pristine: Path, tmp_path: Path) -> None:
    ran = run("drill", pristine, "waterlogging", "--set", "road.closedepth=1", "--out", tmp_path / "r")
    assert ran.code == 2
    assert "--set road.closedepth" in ran.err and "'road.close_depth'" in ran.err
    assert not (tmp_path / "r").exists()


def test_a_setting_without_a_value_is_refused(pristine: Path) -> None:
    ran = run("drill", pristine, "waterlogging", "--set", "road.close_depth")
    assert ran.code == 2
    assert "KEY=VALUE" in ran.err


def test_a_scenario_that_is_not_installed_is_told(pristine: Path) -> None:
    ran = run("drill", pristine, "earthquake")
    assert ran.code == 2
    assert "no scenario 'earthquake'" in ran.err and "installed: waterlogging" in ran.err


def test_what_is_no_report_cannot_be_compared(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("{}")
    ran = run("compare", tmp_path, tmp_path)
    assert ran.code == 2
    assert "not the report of a drill" in ran.err
    missing = run("compare", tmp_path / "a", tmp_path / "b")
    assert missing.code == 2 and str(tmp_path / "a") in missing.err
