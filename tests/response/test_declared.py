"""dispatch.yaml: what is wrong is named with its place and remedy; the shipped package and examples load."""

from __future__ import annotations

import copy

import pytest
import yaml
from world import SCENARIO, World, truck

from chengshu.kernel.errors import Invalid
from chengshu.scenes.response.declared import ResponseFile, read_response

GOOD = yaml.safe_load((SCENARIO / "dispatch.yaml").read_text())


def changed(*path, value):
    data = copy.deepcopy(GOOD)
    at = data
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return data


def read(data, folder):
    (folder / "dispatch.yaml").write_text(yaml.safe_dump(data, allow_unicode=True))
    return read_response(folder / "dispatch.yaml")


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (changed("matters", value="x"), "matters"),
        (changed("events", "open_from", value="purple"), "purple"),
        (changed("needs", 0, "when", value="depth >"), "FEEL"),
        (changed("needs", 0, "order", value="pumps"), "'pumps'"),
        (changed("orders", "pump", "unit", value="Ship"), "'Ship'"),
        (changed("needs", 0, "order", value="control"), "no unit"),
        (changed("closing", "evidence", value=[]), "evidence"),
        (changed("closing", "dwell", value="soon"), "dwell"),
        (changed("control", "order", value="set"), "'set'"),
        ({}, "matter"),
        ([], "dispatch"),
    ],
)
def test_mistakes_are_named(data, word, tmp_path):
    with pytest.raises(Invalid) as caught:
        read(data, tmp_path)
    told = str(caught.value.extra.get("faults")) + str(caught.value.fault)
    assert word in told
    assert caught.value.fault.remedy
    assert "dispatch.yaml" in caught.value.fault.where


def test_all_mistakes_at_once(tmp_path):
    data = changed("needs", 0, "order", value="pumps")
    data["roads"][0]["order"] = "watch"
    with pytest.raises(Invalid) as caught:
        read(data, tmp_path)
    assert len(caught.value.extra["faults"]) == 2


def test_broken_yaml_is_told_with_its_line(tmp_path):
    (tmp_path / "dispatch.yaml").write_text("matter: x\nevents: [")
    with pytest.raises(Invalid) as caught:
        read_response(tmp_path / "dispatch.yaml")
    assert "dispatch.yaml" in caught.value.fault.where


def test_the_schema_can_be_exported():
    assert ResponseFile.model_json_schema()["required"][0] == "matter"


def test_the_shipped_package_loads(root):
    path = root / "scenarios" / "waterlogging" / "dispatch.yaml"
    if not path.is_file():
        pytest.skip("the waterlogging package is not here")
    assert read_response(path).orders["pump"].unit == "PumpTruck"


def test_a_unit_without_a_place_is_told(tmp_path):
    lost = truck(7, 0, 0)
    del lost["lon"]
    with pytest.raises(Invalid, match="no place"):
        World(tmp_path / "hub.db", units=[lost])


def test_a_scenario_without_its_rules_is_told(tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "dispatch.yaml").write_bytes((SCENARIO / "dispatch.yaml").read_bytes())
    with pytest.raises(Exception, match=r"severity\.dmn does not exist"):
        World(tmp_path / "hub.db", folder=tmp_path / "s")
