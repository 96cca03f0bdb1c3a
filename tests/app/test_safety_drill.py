"""The drill of data security: what is misused is stopped, told, decided and on record, the same each time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chengshu.app.newcity import make_city
from chengshu.app.safety.run import run_safety_drill, words
from chengshu.foundation.city import City, read_city
from chengshu.kernel.errors import Missing

pytestmark = pytest.mark.slow

NUMBER = "11010119{:02d}0101{:04d}"


def city_of(folder: Path, root: Path, terms: str = "", rows: int = 700) -> City:
    place = make_city("mycity", folder)
    (place / "files").mkdir()
    lines = [f"{NUMBER.format(at % 24 + 1, at)},{at * 7 % 9000 + 1000}.{at % 90 + 10}" for at in range(rows)]
    (place / "files" / "people.csv").write_text("\n".join(["id_number,allowance", *lines]) + "\n")
    (place / "harvest.yaml").write_text(
        "sources:\n  - {id: files, department: command_centre, connector: {kind: folder, path: files}}\n"
    )
    if terms:
        (place / "sharing.yaml").write_text(terms)
    return read_city(place, root / "scenarios")


def by_id(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["id"]: item for item in report["attacks"]}


def test_all_rows_at_three_in_the_morning_are_blocked_told_decided_and_on_record(
    tmp_path: Path, root: Path
) -> None:
    city = read_city(root / "cities" / "demo", root / "scenarios")
    report = run_safety_drill(city, tmp_path / "data")
    assert report["passed"], "\n".join(words(report, "en"))
    night = by_id(report)["night"]
    assert (night["outcome"], night["rows_left"], night["time_to_detect_s"]) == ("blocked", 0, 0.0)
    assert night["began"].endswith("T19:00:00Z")  # three in the morning in the city's zone
    assert night["alarm"]["level"] == "orange" and night["alarm"]["department"] == "data_bureau"
    assert night["alarm"]["accept_by"] > night["alarm"]["opened"]
    assert report["decided"]["closed"] and report["decided"]["state"] == "revoked"
    assert report["decided"]["destroy_by"] is not None
    assert report["record"]["outcomes"]["blocked"] == 2
    assert not report["record"]["seals"] and report["record"]["journal"]
    assert by_id(report)["drip"]["rows_left"] == report["thresholds"]["bulk_rows"]


def test_the_same_city_gives_the_same_bytes_and_another_threshold_others(tmp_path: Path, root: Path) -> None:
    city = city_of(tmp_path, root, "anomalies: {bulk_rows: 2000}\n")
    one = run_safety_drill(city, tmp_path / "one")
    assert run_safety_drill(city, tmp_path / "two") == one
    city.folder.joinpath("sharing.yaml").write_text("anomalies: {bulk_rows: 1000}\n")
    other = run_safety_drill(city, tmp_path / "three")
    assert other["result_hash"] != one["result_hash"]
    assert by_id(one)["drip"]["rows_left"] == 2_000 and by_id(other)["drip"]["rows_left"] == 1_000


def test_a_city_that_lets_it_through_fails_its_drill(tmp_path: Path, root: Path) -> None:
    city = city_of(tmp_path, root, "anomalies: {bulk: 'off', off_hours: 'off', off_hours_bulk: flag}\n")
    report = run_safety_drill(city, tmp_path / "data")
    night = by_id(report)["night"]
    assert (night["outcome"], night["rows_left"], night["passed"]) == ("answered", 700, False)
    assert night["time_to_detect_s"] is None and not report["passed"]
    assert by_id(report)["purpose"]["passed"]


def test_a_city_without_rows_of_its_own_has_nothing_to_drill(tmp_path: Path, root: Path) -> None:
    city = read_city(make_city("bare", tmp_path), root / "scenarios")
    with pytest.raises(Missing, match="no register of its own"):
        run_safety_drill(city, tmp_path / "data")
