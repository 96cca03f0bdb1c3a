"""The waterlogging package says what it should: every readable case, every reference, the plan."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from scenario_lab import PACKAGE, ROOT, Watch, cases, demo_city

from chengshu.app.drill.declared import DevicesFile, DrillFile
from chengshu.engines.spiff.engine import SpiffEngine
from chengshu.foundation.city.model import nested
from chengshu.foundation.declared import checked, read_document
from chengshu.foundation.sensing.declared import read_sources
from chengshu.foundation.twins.declared import read_twin
from chengshu.kernel.levels import WARNING_LEVELS
from chengshu.kernel.texts import LANGUAGES
from chengshu.rules.dmn import read_model
from chengshu.scenes.response.declared import read_response
from chengshu.scenes.vitals.declared import IndicatorsFile


def _ids(value: Any) -> str:
    return value["name"].replace(" ", "-") if isinstance(value, Mapping) and "name" in value else ""


def _decisions() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    found = []
    for name in ("severity", "measures", "closing"):
        head, rows = cases(name)
        found += [(head["decision"], row) for row in rows]
    return found


@pytest.mark.parametrize(("decision", "case"), _decisions(), ids=_ids)
def test_the_rules_say_what_the_cases_say(decision: dict[str, Any], case: dict[str, Any]) -> None:
    model = read_model((PACKAGE / decision["file"]).read_bytes())
    settings = nested(demo_city().scenarios["waterlogging"].settings)
    value = model.decide(decision["decision"], {**case["given"], "settings": settings}).value
    assert isinstance(value, Mapping)
    assert (value[decision["result"]] if "result" in decision else dict(value)) == case["then"]


@pytest.mark.slow
@pytest.mark.parametrize("case", cases("levels")[1], ids=_ids)
def test_the_levels_are_those_of_the_cases(tmp_path: Path, case: dict[str, Any]) -> None:
    watch = Watch(tmp_path)
    try:
        for part in case["readings"]:
            watch.stands(part["entity"], part["minutes"], part.get("value"), part.get("fill"))
        assert watch.worst(case["indicator"]).level.word == case["level"]
    finally:
        watch.close()


def test_the_plan_is_clean_and_drawn_whole() -> None:
    source = (PACKAGE / "plan.bpmn").read_bytes()
    assert list(SpiffEngine().lint([source])) == []
    text = source.decode()
    model, drawing = text.split("<bpmndi:BPMNDiagram", 1)
    elements = set(re.findall(r'<bpmn:(?!message|process|definitions)\w+ id="(\w+)"', model))
    events = {e for e in elements if e.endswith(("_def", "_timer"))}
    assert elements - events == set(re.findall(r'bpmnElement="(\w+)"', drawing)) - {"waterlogging_plan"}


def test_every_department_and_matter_of_the_plan_is_in_the_demo_city() -> None:
    text = (PACKAGE / "plan.bpmn").read_text(encoding="utf-8")
    city = demo_city()
    matters = {duty.matter for duty in city.duties}
    for kind in ("department", "escalate"):
        assert set(re.findall(rf'{kind}="(\w+)"', text)) <= set(city.departments)
    assert set(re.findall(r'matter="([\w.]+)"', text)) <= matters
    declared = read_response(PACKAGE / "dispatch.yaml")
    assert {declared.matter, *(kind.matter for kind in declared.orders.values())} <= matters


def test_the_plan_asks_only_for_measures_the_table_gives() -> None:
    text = (PACKAGE / "plan.bpmn").read_text(encoding="utf-8")
    asked = set(re.findall(r"measures\.(\w+) = true", text))
    model = read_model((PACKAGE / "rules" / "measures.dmn").read_bytes())
    given = model.decide("measures", {"severity": "red"}).value
    assert isinstance(given, Mapping) and asked == set(given)


def test_severity_never_falls_short_of_an_answer() -> None:
    model = read_model((PACKAGE / "rules" / "severity.dmn").read_bytes())
    words = {level.word for level in WARNING_LEVELS}
    grid = product(range(5), (0, 1, 4, 6, 40), (None, 0.0, 0.5, 0.9), (None, 0, 1800, 7200))
    for rank, areas, chance, lead in grid:
        given = {"highest rank": rank, "areas": areas, "probability": chance, "lead time": lead}
        value = model.decide("severity", given).value
        assert isinstance(value, Mapping) and value["level"] in words, given


def test_every_setting_a_file_refers_to_is_declared() -> None:
    settings = demo_city().scenarios["waterlogging"].settings
    referred: set[str] = set()
    for name in ("indicators.yaml", "dispatch.yaml", "rules/closing.dmn", "rules/severity.dmn", "plan.bpmn"):
        text = (PACKAGE / name).read_text(encoding="utf-8")
        referred |= set(re.findall(r"settings\.([a-z0-9_]+(?:\.[a-z0-9_]+)+)", text))
    assert referred and referred <= set(settings)
    assert set(settings) == referred, "a setting that nothing reads is noise"


def test_thresholds_rise_with_the_levels() -> None:
    settings = demo_city().scenarios["waterlogging"].settings
    for name in {key.split(".")[1] for key in settings if key.startswith("level.")}:
        values = [settings[f"level.{name}.{level.word}"] for level in WARNING_LEVELS]
        assert values == sorted(set(values))


def test_sources_devices_and_twin_fit_the_demo_city() -> None:
    types = {entity["type"] for entity in demo_city().entities}
    sources = {source.id: source for source in read_sources(PACKAGE / "sources.yaml")}
    devices = checked(DevicesFile, read_document(PACKAGE / "devices.yaml")).devices
    assert {device.source for device in devices} == set(sources)
    assert all(sources[device.source].type == device.type for device in devices)
    twin = read_twin(PACKAGE / "twin.toml")
    named = {
        twin.rain.entity,
        twin.nodes.entity,
        *(s.entity for s in twin.sensors),
        *(a.entity for a in twin.actuators),
    }
    assert named | {source.type for source in sources.values()} <= types


def test_the_drill_speaks_of_devices_that_exist() -> None:
    city = demo_city()
    drill = checked(DrillFile, read_document(city.folder / "drills" / "waterlogging.yaml"))
    locals_ = {entity["id"].rsplit(":", 1)[1] for entity in city.entities}
    assert {outage.device for outage in (*drill.sensors.silent, *drill.sensors.broken)} <= locals_
    assert drill.scenario in city.scenarios


def _texts(value: Any) -> list[Mapping[str, str]]:
    if isinstance(value, Mapping):
        if set(value) & set(LANGUAGES):
            return [value]
        return [text for part in value.values() for text in _texts(part)]
    return [text for part in value for text in _texts(part)] if isinstance(value, list) else []


@pytest.mark.parametrize(
    "name", ["scenario.yaml", "indicators.yaml", "sources.yaml", "dispatch.yaml", "strings/terms.yaml"]
)
def test_words_on_screen_are_there_in_three_languages(name: str) -> None:
    texts = _texts(yaml.safe_load((PACKAGE / name).read_text(encoding="utf-8")))
    assert texts
    for text in texts:
        assert set(text) == set(LANGUAGES) and all(text.values()), text


def test_every_task_of_the_plan_has_chinese_names() -> None:
    text = (PACKAGE / "plan.bpmn").read_text(encoding="utf-8")
    tasks = re.findall(r"<bpmn:(?:user|service|businessRule)Task .*?</bpmn:\w+Task>", text, re.S)
    assert len(tasks) >= 12
    for task in tasks:
        assert 'lang="zh-Hans"' in task and 'lang="zh-Hant"' in task, task[:80]


def test_the_quality_card_says_why_where_a_rule_is_not_kept() -> None:
    card = yaml.safe_load((PACKAGE / "quality.yaml").read_text(encoding="utf-8"))["rules"]
    assert card
    for rule, state in card.items():
        assert state["status"] in ("done", "exempt", "todo"), rule
        assert state["note"], rule


def test_indicators_are_declared_soundly() -> None:
    declared = checked(IndicatorsFile, read_document(PACKAGE / "indicators.yaml"))
    owners = {entry.owner for entry in declared.indicators}
    assert owners <= set(demo_city().departments)
    assert (ROOT / "cities" / "demo").is_dir()
