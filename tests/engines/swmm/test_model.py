"""Reading and preparing model files: units, gauges, errors with element and line."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.engines.swmm.controls import rules_of, without
from chengshu.engines.swmm.inp import Inp, general_name
from chengshu.engines.swmm.prepare import Model
from chengshu.engines.swmm.twin import SwmmTwin
from chengshu.kernel.errors import Invalid
from chengshu.ports.twin import Rain, Run, TwinSetup, Variant

START = datetime(2026, 7, 17, 8, tzinfo=UTC)


def _networks() -> ModuleType:
    path = Path(__file__).with_name("networks.py")
    spec = importlib.util.spec_from_file_location("swmm_networks", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


STREET: str = _networks().STREET
FEET: str = _networks().FEET
Opener = Callable[..., SwmmTwin]


def _model(text: str, **setup: object) -> Model:
    return Model.of(Inp.parse(text), TwinSetup(Path("model.inp"), **setup))  # type: ignore[arg-type]


def test_sections_are_known_by_their_beginning() -> None:
    assert general_name("Polygons") == "POLYGON"
    assert general_name("LID_CONTROLS") == "LID_CONTROL"
    assert general_name("subcatchments") == "SUBCATCHMENT"
    assert general_name("SOMETHING NEW") == "SOMETHING NEW"


def test_feet_become_metres() -> None:
    model = _model(FEET)
    node = model.nodes[0]
    assert (node.id, round(node.invert, 4), round(node.full_depth, 4)) == ("a", 6.096, 1.8288)
    assert [n.id for n in model.nodes] == ["a", "b", "o"]  # the doubled section is read too


def test_the_same_rain_gives_the_same_depth_of_water_in_both_unit_systems(open_twin: Opener) -> None:
    twin = open_twin(FEET)
    twin.reset(START)
    rain = Rain.steady({"g": 36.0}, 3600)
    totals = twin.simulate([Run(twin.snapshot(), rain)])[0].totals
    area = 21 * 4046.8564224  # acres
    dry_weather = 0.5 * 0.3048**3 * 3600
    assert 0.4 < (totals.inflow_m3 - dry_weather) / (area * 0.036) < 0.7
    assert abs(totals.error) < 0.02


def test_unknown_flow_units_are_named() -> None:
    with pytest.raises(Invalid, match="FURLONGS") as caught:
        _model(FEET.replace("CFS", "FURLONGS"))
    assert "CMS" in caught.value.fault.remedy


@pytest.mark.parametrize(
    ("old", "new", "line_of", "words"),
    [
        ("s2 south b 6 80", "s2 south nowhere 6 80", "s2 south nowhere", "nowhere"),
        ("ab a b 200 0.013", "ab a zz 200 0.013", "ab a zz", "zz"),
        ("bp CIRCULAR 0.8", "bp SQUARISH 0.8", "bp SQUARISH", "SQUARISH"),
        ("co c o 100 0.013", "co c o 0 0.013", "co c o 0", "co"),
        ("lift_curve PUMP4 0 0.05\n", "lift_curve PUMP4 2 0.05\n", "lift_curve PUMP4 2", "lift_curve"),
    ],
)
def test_swmm_errors_name_element_and_line(
    open_twin: Opener, old: str, new: str, line_of: str, words: str
) -> None:
    text = STREET.replace(old, new)
    assert text != STREET
    with pytest.raises(Invalid) as caught:
        open_twin(text)
    line = next(n for n, row in enumerate(text.splitlines(), 1) if row.startswith(line_of))
    fault = caught.value.fault
    assert words in fault.detail
    assert fault.where == f"model.inp:{line}"
    assert "200" not in fault.code
    assert fault.remedy


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "model-format"),
        ("hello\n[OPTIONS]\n", "model-format"),
        ("[OPTIONS]\nFLOW_UNITS CMS\n", "model-empty"),
        (STREET.replace("a 3.0 2.5", "a deep 2.5"), "model-number"),
        (STREET.replace("c 0.6 3.0 0 0 0", "c 0.6 3.0 0 0 0\nc 0.6 3.0 0 0 0"), "model-node-double"),
        (STREET.replace("RULE half_at_first\n", ""), "model-control"),
    ],
)
def test_files_that_cannot_be_a_twin(text: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        _model(text)
    assert caught.value.fault.code == code
    assert caught.value.fault.where.startswith("model.inp")


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        Model.read(TwinSetup(tmp_path / "none.inp"))


def test_gauges_by_name_and_by_nearness() -> None:
    assert _model(STREET).gauges == ("north", "south")
    by_name = _model(STREET, gauges={"north": "urn:a", "south": "urn:b"})
    assert by_name.heard == {"s1": "urn:a", "s2": "urn:b", "s3": "urn:b"}
    near = _model(STREET, gauge_positions={"west": (0.0, 100.0), "east": (190.0, 20.0)})
    assert near.heard == {"s1": "west", "s2": "west", "s3": "east"}  # s1 by polygon, the others by outlet
    with pytest.raises(Invalid, match="'south'"):
        _model(STREET, gauges={"north": "urn:a"})


def test_sites_and_zones_are_checked(open_twin: Opener) -> None:
    with pytest.raises(Invalid, match="'nowhere'"):
        _model(STREET, mobile={"nowhere": 1.0})
    with pytest.raises(Invalid, match="capacity"):
        _model(STREET, mobile={"a": 0.0})
    with pytest.raises(Invalid, match="Atlantis"):
        open_twin(STREET, zone="Atlantis/Centre")


def test_rules_lose_only_what_is_held() -> None:
    rules = rules_of(Inp.parse(STREET))
    assert len(rules) == 2
    assert without(rules, {"gate"}, 0.0) == []
    both = STREET.replace(
        "SETTING = 1.0\n", "SETTING = 1.0\nAND PUMP lift SETTING = 1\nELSE PUMP lift SETTING = 0\n"
    )
    rows = [row.text for row in without(rules_of(Inp.parse(both)), {"gate"}, 0.0)]
    assert rows[-4:] == [
        "IF NODE p DEPTH > 2.0",
        "THEN PUMP lift SETTING = 1",
        "ELSE PUMP lift SETTING = 0",
        "PRIORITY 5",
    ]


def test_series_without_dates_are_dated_from_the_reset() -> None:
    text = STREET + "\n[INFLOWS]\na FLOW sewer FLOW 1.0 1.0\n[TIMESERIES]\nsewer 0:30 0.1 1.5 0.2\n"
    prepared = _model(text).prepared(Variant(), frozenset(), datetime(2026, 7, 17, 16))  # noqa: DTZ001
    assert "sewer 07/17/2026 16:30:00 0.1" in prepared.text
    assert "sewer 07/17/2026 17:30:00 0.2" in prepared.text
    assert "storm" not in prepared.text  # the embedded rain is gone


@given(seed=st.integers(1, 10_000), spread=st.floats(0.01, 0.5))
def test_disturbed_models_stay_physical(seed: int, spread: float) -> None:
    model = _model(STREET)
    variant = Variant(seed, spread, spread, spread)
    text = model.prepared(variant, frozenset(), datetime(2026, 7, 17)).text  # noqa: DTZ001
    inp = Inp.parse(text)
    shares = [float(tokens[4]) for _, tokens in inp.rows("SUBCATCHMENT")]
    rough = [float(tokens[4]) for _, tokens in inp.rows("CONDUIT")]
    assert all(0 < share <= 100 for share in shares)
    assert all(0 < n < 0.2 for n in rough)
    assert text == model.prepared(variant, frozenset(), datetime(2026, 7, 17)).text  # noqa: DTZ001


def test_steps_of_odd_lengths_lose_no_water(open_twin: Opener) -> None:
    twin = open_twin(STREET)
    twin.reset(START)
    start = twin.snapshot()
    whole = twin.simulate([Run(start, Rain.steady({"north": 50.0, "south": 50.0}, 1260))])[0]
    for seconds in (60, 7, 113, 300, 480, 300):
        twin.step(datetime.fromtimestamp(twin.now.timestamp() + seconds, UTC), {"north": 50.0, "south": 50.0})
    assert twin.totals().inflow_m3 == pytest.approx(whole.totals.inflow_m3, rel=0.02)
    assert abs(twin.totals().error) < 0.02
    assert np.isfinite(whole.depth).all()


def test_a_rule_on_elapsed_time_counts_from_the_reset_in_a_run_that_begins_later() -> None:
    rules = rules_of(Inp.parse(STREET))
    asked = [row.text for row in without(rules, (), 0.5) if "SIMULATION TIME" in row.text]
    assert asked
    assert all(float(text.split()[-1]) < 0 for text in asked)  # 0:10 after reset is long past
