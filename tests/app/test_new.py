"""``chengshu new``: a city of one's own, all of it or nothing."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.app.terminal import ROOT, run

from chengshu.app.newcity import make_city
from chengshu.engines.swmm.twin import SwmmEngine
from chengshu.foundation.city import read_city
from chengshu.foundation.twins import wire
from chengshu.foundation.twins.storm import chicago
from chengshu.kernel.clock import as_utc
from chengshu.kernel.errors import Invalid
from chengshu.ports.twin import Rain, Run
from chengshu.scenes.response.declared import read_response


def test_the_city_has_its_name_and_is_told_the_next_steps(tmp_path: Path) -> None:
    ran = run("new", "san-he_2", "--in", tmp_path / "cities")
    made = tmp_path / "cities" / "san-he_2"
    assert ran.code == 0
    assert f"chengshu check {made}" in ran.out
    city = read_city(made, ROOT / "scenarios")
    assert (city.id, city.name.say("en")) == ("san-he_2", "San He 2")
    assert not [path for path in made.rglob("*") if path.is_file() and "${" in path.read_text("utf-8")]
    assert [path.name for path in made.parent.iterdir()] == ["san-he_2"]  # no draft stays behind


@pytest.mark.parametrize(
    ("name", "example"),
    [
        ("My City", "my-city"),
        ("9lives", "lives"),
        ("城市", "mycity"),
        ("../up", "up"),
        ("x" * 64, "x" * 63),
        ("", "mycity"),
    ],
)
def test_a_bad_name_is_refused_with_the_rule_and_an_example(tmp_path: Path, name: str, example: str) -> None:
    ran = run("new", "--in", tmp_path, "--", name)
    assert ran.code == 2
    assert "begin with a lower-case letter" in ran.err and ran.err.rstrip().endswith(f"for example {example}")
    assert list(tmp_path.iterdir()) == []


@given(st.text(max_size=80))
def test_what_is_refused_is_answered_by_a_name_that_would_do(name: str) -> None:
    folder = ROOT / "pyproject.toml" / "nowhere"  # nothing can be made there: a good name fails later
    try:
        make_city(name, folder)
    except Invalid as error:
        example = error.fault.remedy.rpartition(" ")[2]
        with pytest.raises(NotADirectoryError):
            make_city(example, folder)
    except NotADirectoryError:
        assert name[0].isalpha()


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mycity").mkdir()
    (tmp_path / "mycity" / "mine.txt").write_text("mine")
    ran = run("new", "mycity", "--in", tmp_path)
    assert ran.code == 2
    assert str(tmp_path / "mycity") in ran.err and "choose another name" in ran.err
    assert [path.name for path in (tmp_path / "mycity").iterdir()] == ["mine.txt"]


def test_it_has_whom_and_what_the_scenario_asks_for(pristine: Path) -> None:
    city = read_city(pristine, ROOT / "scenarios")
    plan = city.scenarios["waterlogging"].file("plan.bpmn")
    dispatch = city.scenarios["waterlogging"].file("dispatch.yaml")
    assert plan and dispatch
    asked = [part.split('"')[0] for part in plan.read_text("utf-8").split(' department="')[1:]]
    assert asked and set(asked) <= set(city.departments)
    matters = [part.split('"')[0] for part in plan.read_text("utf-8").split(' matter="')[1:]]
    matters += [order.matter for order in read_response(dispatch).orders.values()]
    assert {matter for matter in matters if matter} <= {duty.matter for duty in city.duties}
    skills = {skill for item in city.entities if item["type"] == "Crew" for skill in item["skills"]}
    assert {skill for order in read_response(dispatch).orders.values() for skill in order.skills} <= skills
    for item in city.entities:  # things lie in the area they say
        at = city.areas.locate(item["lon"], item["lat"])
        assert at is not None and at.id == item["area"], item["id"]


def test_it_floods_in_a_storm_of_fifty_years_and_not_in_one_of_two(pristine: Path) -> None:
    city = read_city(pristine, ROOT / "scenarios")
    setup = wire(city, city.scenarios["waterlogging"]).setup
    engine = SwmmEngine(workers=1)
    try:
        twin = engine.open(setup)
        start = as_utc(datetime(2026, 7, 17, 15, tzinfo=city.zone))
        volumes = {}
        for years in (2, 50):
            twin.reset(start)
            storm = np.concatenate([chicago(years, 120, 0.43), np.zeros(36)])
            rain = Rain(twin.spec().gauges, 300, np.repeat(storm[:, None], len(twin.spec().gauges), axis=1))
            trace = twin.simulate([Run(twin.snapshot(), rain)])[0]
            volumes[years] = float(trace.flooded[-1].sum())
            assert abs(trace.totals.error) < 0.02
        assert volumes[2] < 1.0
        assert volumes[50] > 500.0
    finally:
        engine.close()


def test_its_map_files_are_geojson_that_others_can_read(pristine: Path) -> None:
    for path in pristine.rglob("*.geojson"):
        features = json.loads(path.read_text("utf-8"))["features"]
        assert features and all(feature["geometry"]["coordinates"] for feature in features), path
