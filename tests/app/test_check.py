"""``chengshu check``: a right folder passes; each kind of mistake is told with place and remedy."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.app.terminal import run


def test_a_new_city_is_right(pristine: Path) -> None:
    ran = run("check", pristine)
    assert (ran.code, ran.err) == (0, "")
    assert "no mistakes" in ran.out


def test_the_demo_city_and_its_package_are_right(root: Path) -> None:
    assert run("check", root / "cities" / "demo", "--json").json["faults"] == []
    assert run("check", root / "scenarios" / "waterlogging", "--json").json["faults"] == []


def edit(path: Path, old: str, new: str) -> int:
    """Replace ``old``, which occurs once, and give its line."""
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), "utf-8")
    return text[: text.index(old)].count("\n") + 1


def package(city: Path) -> Path:
    return city.parents[1] / "scenarios" / "waterlogging"


def broken_yaml(city: Path) -> str:
    line = edit(city / "duties.yaml", "{matter: inspect, area: city,", "{matter: inspect, area: [city,")
    return f"duties.yaml:{line}"


def unknown_key(city: Path) -> str:
    line = edit(city / "departments.yaml", "contact: ext. 101", "contacts: ext. 101")
    return f"departments.yaml:{line}"


def unknown_unit(city: Path) -> str:
    line = edit(package(city) / "sources.yaml", "rain, unit: mm/h", "rain, unit: mm/hour")
    return f"sources.yaml:{line}"


def cyclic_areas(city: Path) -> str:
    path = city / "areas.geojson"
    areas = json.loads(path.read_text("utf-8"))
    areas["features"][1]["properties"]["parent"] = "north-1"
    path.write_text(json.dumps(areas), "utf-8")
    return "areas.geojson: north"


def unknown_source(city: Path) -> str:
    path = package(city) / "indicators.yaml"
    text = path.read_text("utf-8")
    path.write_text(
        text.replace("type: Underpass, attribute: pondingDepth", "type: Underpass, attribute: pondingDeep")
    )
    line = text[: text.index("- id: ponding\n")].count("\n") + 1
    return f"indicators.yaml:{line}"


def dead_end(city: Path) -> str:
    edit(
        package(city) / "plan.bpmn",
        '<bpmn:sequenceFlow id="f_end_dispatch" sourceRef="dispatch" targetRef="end_dispatch"/>',
        "",
    )
    return "dispatch"


def unknown_node(city: Path) -> str:
    line = edit(city / "drainage.inp", "C4  J4  F1", "C4  J4  F9")
    return str(city / f"drainage.inp:{line}")


def missing_department(city: Path) -> str:
    path = city / "departments.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("- id: meteorology", "- id: meteorologie"), "utf-8")
    duties = city / "duties.yaml"
    duties.write_text(duties.read_text("utf-8").replace("meteorology", "meteorologie"), "utf-8")
    plan = (package(city) / "plan.bpmn").read_text("utf-8")
    before = plan[: plan.index('department="meteorology"')]
    return f"plan.bpmn:{before.count(chr(10)) + 1}"


def projected(city: Path) -> str:
    path = city / "areas.geojson"
    areas = json.loads(path.read_text("utf-8"))
    ring = areas["features"][3]["geometry"]["coordinates"][0]
    areas["features"][3]["geometry"]["coordinates"] = [[[x * 111_320, y * 110_852] for x, y in ring]]
    path.write_text(json.dumps(areas), "utf-8")
    return "areas.geojson: feature 4"


def unknown_gauge(city: Path) -> str:
    edit(city / "entities" / "sensors.geojson", '"gauge":"RG2"', '"gauge":"RG7"')
    return str(city / "drainage.inp:71")


def unknown_sensor_node(city: Path) -> str:
    edit(city / "entities" / "sensors.geojson", '"refNode":"J4"', '"refNode":"J44"')
    return str(city / "drainage.inp")


def unknown_area(city: Path) -> str:
    line = edit(city / "duties.yaml", "{matter: command, area: city", "{matter: command, area: citty")
    return f"duties.yaml:{line}"


CASES = """
decision: {file: rules/severity.dmn, decision: severty, result: level}
cases: [{name: one, given: {areas: 1}, then: blue}]
"""
PARAMETERS = """
parameters:
  child.allowance:
    label: {en: Allowance, zh-Hans: 补贴, zh-Hant: 補貼}
    values: {2025-07-01: {value: 1, until: 2024-01-01}}
"""


def wrong_period(city: Path) -> str:
    (package(city) / "parameters.yaml").write_text(PARAMETERS, "utf-8")
    return "parameters.yaml"


def unnamed_version(city: Path) -> str:
    rules = package(city) / "rules"
    (rules / "fee").mkdir()
    shutil.copy(rules / "measures.dmn", rules / "fee" / "july.dmn")
    return "july.dmn"


def broken_version(city: Path) -> str:
    rules = package(city) / "rules"
    (rules / "fee").mkdir()
    text = (rules / "severity.dmn").read_text("utf-8").replace("&gt;= 6", "&gt;= sixx")
    (rules / "fee" / "2026-07-01.dmn").write_text(text, "utf-8")
    return "2026-07-01.dmn"


def cases_of_no_decision(city: Path) -> str:
    (package(city) / "cases" / "more.yaml").write_text(CASES, "utf-8")
    return "more.yaml"


def cases_of_no_rule(city: Path) -> str:
    text = CASES.replace("rules/severity.dmn", "rules/sevrity.dmn")
    (package(city) / "cases" / "more.yaml").write_text(text, "utf-8")
    return str(package(city))


def case_with_unknown_key(city: Path) -> str:
    text = CASES.replace("severty", "severity").replace("given:", "givn:")
    (package(city) / "cases" / "more.yaml").write_text(text, "utf-8")
    return "more.yaml:3"


MISTAKES: list[tuple[Callable[[Path], str], str, str]] = [
    # what is spoiled, a word of the sentence, a word of the remedy
    (broken_yaml, "not YAML", "same column"),
    (unknown_key, "contacts", "contact"),
    (unknown_unit, "mm/hour", "mm/h"),
    (cyclic_areas, "circle: north → north-1 → north", "another parent"),
    (unknown_source, "pondingDeep", "pondingDepth"),
    (dead_end, "no flow leaves it", "end event"),
    (unknown_node, "undefined object F9 in [CONDUITS]", "correct the name"),
    (missing_department, "department 'meteorology', which the city does not have", "'meteorologie'"),
    (projected, "not longitude and latitude", "EPSG:4326"),
    (unknown_gauge, "'RG2' has no gauge", "RG2"),
    (unknown_sensor_node, "'J44', which the model does not have", "refNode"),
    (unknown_area, "citty", "'city'"),
    (wrong_period, "ends before it begins", "exchange"),
    (unnamed_version, "does not say from which day", "2026-07-01.dmn"),
    (broken_version, "sixx", "written in quotes"),
    (cases_of_no_decision, "no decision «severty»", "severity"),
    (cases_of_no_rule, "«rules/sevrity.dmn» are not there", "decision.file"),
    (case_with_unknown_key, "givn", "given"),
]


@pytest.mark.parametrize(
    ("spoil", "word", "cure"), MISTAKES, ids=[spoil.__name__ for spoil, _, _ in MISTAKES]
)
def test_a_mistake_is_told_with_place_and_remedy(
    city: Path, spoil: Callable[[Path], str], word: str, cure: str
) -> None:
    place = spoil(city)
    ran = run("check", city, "--json")
    assert ran.code == 1
    (fault, *_) = ran.json["faults"]
    assert place in fault["where"]
    assert word in fault["detail"]
    assert fault["remedy"] and cure in f"{fault['detail']} {fault['remedy']}"
    assert "ERROR 200" not in fault["detail"]


def test_in_words_each_mistake_has_its_place_and_an_arrow_to_the_remedy(city: Path) -> None:
    first, second = unknown_area(city), cyclic_areas(city)
    ran = run("check", city)
    assert ran.code == 1
    assert second in ran.err and "    → give one of them another parent" in ran.err
    assert (
        first.split(":")[0] in ran.err or "citty" not in ran.err
    )  # areas that do not stand hide what names them


def test_a_folder_of_neither_kind_is_told_what_to_do(tmp_path: Path) -> None:
    ran = run("check", tmp_path)
    assert ran.code == 1
    assert "neither a city (city.toml) nor a scenario" in ran.err
    assert "chengshu new" in ran.err


def test_a_scenario_that_is_not_there_is_told_from_its_neighbours(city: Path) -> None:
    edit(city / "city.toml", '["waterlogging"]', '["waterloging"]')
    (fault,) = run("check", city, "--json").json["faults"]
    assert "'waterlogging'" in fault["remedy"]


def test_a_package_is_checked_on_its_own(city: Path) -> None:
    shutil.rmtree(city)
    dead_end(city)
    (fault, *_) = run("check", package(city), "--json").json["faults"]
    assert "plan.bpmn" in fault["where"]
