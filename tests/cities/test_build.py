"""Test cities of real networks can be read and stand where they should."""

from __future__ import annotations

from pathlib import Path

import pytest

from chengshu.app.drill.declared import DrillFile
from chengshu.foundation.city.reader import read_city
from chengshu.foundation.declared import checked, read_document
from chengshu.foundation.roads import read_roads
from chengshu.foundation.twins.declared import read_twin

pytestmark = pytest.mark.external


@pytest.mark.parametrize("network", ["theta", "alpha", "gamma", "epsilon", "zeta"])
def test_each_network_becomes_a_city(shared: Path, root: Path, tmp_path: Path, network: str) -> None:
    from tests.cities.build import build_city

    folder = build_city(shared, network, "E1", tmp_path / network)
    city = read_city(folder, root / "scenarios")
    drill = checked(DrillFile, read_document(folder / "drills" / "waterlogging.yaml"))
    read_twin(folder / "overlays" / "waterlogging" / "twin.toml")
    nodes = [e for e in city.entities if e["type"] == "DrainageNode"]
    assert nodes
    for node in nodes:
        place = city.areas.locate(node["lon"], node["lat"])
        assert place is not None and place.id == node["area"]
        assert node["fullDepth"] > 0
    assert drill.storm.kind == "recorded"
    assert len(set(drill.storm.stations.values())) == 6  # six stations differ in these events
    assert "OpenStreetMap" in (folder / "city.toml").read_text(encoding="utf-8")


def test_units_and_nodes_can_be_reached_on_the_road(shared: Path, tmp_path: Path) -> None:
    from tests.cities.build import build_city

    folder = build_city(shared, "gamma", "E1", tmp_path)
    roads = read_roads(folder / "roads.geojson")
    city = read_city(folder, Path(__file__).resolve().parents[2] / "scenarios")
    truck = next(e for e in city.entities if e["type"] == "PumpTruck")
    start = roads.snap(truck["lon"], truck["lat"]).node
    for node in (e for e in city.entities if e["type"] == "DrainageNode"):
        snap = roads.snap(node["lon"], node["lat"])
        assert snap.away_m < 2500
        path = roads.path(start, snap.node)
        assert path is None or path.seconds < 3600


def test_building_twice_gives_the_same_bytes(shared: Path, tmp_path: Path) -> None:
    from tests.cities.build import build_city

    first, second = (
        build_city(shared, "theta", "E5", tmp_path / "a"),
        build_city(shared, "theta", "E5", tmp_path / "b"),
    )
    for path in sorted(p.relative_to(first) for p in first.rglob("*") if p.is_file()):
        assert (first / path).read_bytes() == (second / path).read_bytes(), path
