"""The whole loop on real drainage networks, real rain and real roads, as the command line runs it.

What a drill's report must show, whatever the storm: every flooded sub-area was warned before its first
flooding, the dispatched actions left less water on the streets than doing nothing, every event was closed by
data, and another process computes the same figures. Nothing here is made up for the hub: it knows neither
the rain to come nor the true city, which differs from its model.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.external, pytest.mark.slow]

PAIRS = (("theta", "E5"), ("theta", "E1"), ("gamma", "E2"), ("gamma", "E3"))


@dataclass(frozen=True)
class Drilled:
    """The reports of two processes that drilled the same city."""

    network: str
    first: Mapping[str, Any]
    second: Mapping[str, Any]


def start(city: Path, packages: Path, out: Path, hash_seed: int) -> subprocess.Popen[str]:
    """One drill by the command line. Another hash seed shuffles sets, as another start of Python does."""
    command = [str(Path(sys.executable).with_name("chengshu")), "drill", str(city), "waterlogging"]
    return subprocess.Popen(
        [*command, "--packages", str(packages), "--out", str(out)],
        env=os.environ | {"PYTHONHASHSEED": str(hash_seed)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def drill_twice(city: Path, packages: Path, folder: Path) -> list[dict[str, Any]]:
    """The same drill in two processes at once; their reports."""
    outs = [folder / "first", folder / "second"]
    runs = [start(city, packages, out, seed) for seed, out in enumerate(outs, 1)]
    said = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    return [json.loads((out / "report.json").read_text("utf-8")) for out in outs]


@pytest.fixture(scope="module", params=PAIRS, ids="-".join)
def drilled(
    request: pytest.FixtureRequest, shared: Path, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Drilled:
    """A test city, built and drilled twice."""
    from tests.cities.build import build_city

    network, event = request.param
    folder = tmp_path_factory.mktemp(f"{network}-{event}")
    city = build_city(shared, network, event, folder / "city")
    first, second = drill_twice(city, root / "scenarios", folder)
    return Drilled(network, first, second)


def test_every_flooded_sub_area_is_warned_before_its_first_flooding(drilled: Drilled) -> None:
    flooded = [row for row in drilled.first["sub_areas"] if row["first_flood_at"] is not None]
    assert flooded  # the storm floods something when nobody acts
    assert all(row["outcome"] == "hit" and row["lead_time_s"] > 0 for row in flooded), flooded
    assert drilled.first["misses"] == 0


def test_less_water_floods_with_the_dispatched_actions_than_without(drilled: Drilled) -> None:
    volume = drilled.first["flood_volume_m3"]
    assert 0 <= volume["with"] < volume["without"]
    orders = drilled.first["work_orders"]
    assert orders["total"] == orders["by_state"]["done"] + orders["by_state"].get("cancelled", 0)
    assert all(abs(error) < 0.02 for error in drilled.first["mass_balance_error"].values())


def test_every_event_is_closed_by_data(drilled: Drilled) -> None:
    events = drilled.first["events"]
    assert events
    for event in events:
        assert event["closed_at"] is not None, event
        assert event["closed_by"]["kind"] == "data"
        assert event["closed_by"]["coverage"] >= 0.6  # of the sensors of its areas spoke


def test_another_process_computes_the_same_figures(drilled: Drilled) -> None:
    assert drilled.second["result_hash"] == drilled.first["result_hash"]
    assert drilled.second == drilled.first


def test_the_report_names_whose_map_it_is(drilled: Drilled) -> None:
    assert "OpenStreetMap" in json.dumps(drilled.first["attribution"], ensure_ascii=False)
    assert drilled.first["travel"]["length_m"] > 0  # trucks went on these roads
