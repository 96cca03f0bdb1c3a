"""The demo city is drawn the same every time, is what the repository holds, and floods as a city does."""

from __future__ import annotations

import json
import multiprocessing
import re
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry import shape
from shapely.ops import unary_union
from tools.demo_city import inp
from tools.make_demo_city import draw

from chengshu.foundation.city.reader import read_city
from chengshu.kernel.calendar import WorkingCalendar

CITY = Path(__file__).resolve().parents[2] / "cities" / "demo"
MEGABYTE = 1_000_000


@cache
def drawn() -> dict[str, str]:
    return draw()


def features(name: str) -> list[dict[str, object]]:
    return json.loads(drawn()[name])["features"]  # type: ignore[no-any-return]


def test_drawing_again_gives_the_files_of_the_repository() -> None:
    for name, text in drawn().items():
        kept = (CITY / name).read_text(encoding="utf-8")
        assert kept == text, f"{name} differs: run python -m tools.make_demo_city"
        assert len(text.encode()) < MEGABYTE


def test_it_has_what_a_city_has() -> None:
    city = read_city(CITY, CITY.parents[1] / "scenarios")
    kinds = Counter(area.kind for area in city.areas)
    assert (
        kinds["city"] == 1 and kinds["district"] == 3 and kinds["street"] == 12 and kinds["community"] >= 40
    )
    types = Counter(entity["type"] for entity in city.entities)
    assert types["RainGauge"] == 8 and types["WaterLevelSensor"] == 30 and types["Underpass"] == 12
    assert types["PumpTruck"] == 10 and types["Crew"] == 20 and types["Depot"] == 3 and types["Gate"] == 4
    assert all(0.1 <= e["capacity"] <= 0.5 for e in city.entities if e["type"] == "PumpTruck")
    for entity in city.entities:
        place = city.areas.locate(entity["lon"], entity["lat"])
        assert (
            place is not None
            and city.areas[entity["area"]].shape.distance(
                shape({"type": "Point", "coordinates": [entity["lon"], entity["lat"]]})
            )
            < 1e-5
        )
    for department in city.departments.values():
        assert department.name.en and department.name.zh_hans and department.name.zh_hant


def test_areas_cover_their_parents_without_overlap() -> None:
    city = read_city(CITY, CITY.parents[1] / "scenarios")
    for area in city.areas:
        parts = [child.shape for child in city.areas.children(area.id)]
        if parts:
            joined = unary_union(parts)
            assert joined.symmetric_difference(area.shape).area < 1e-4 * area.shape.area
            assert sum(part.area for part in parts) - joined.area < 1e-4 * area.shape.area


def test_every_crossing_can_be_reached_from_every_other() -> None:
    roads = [feature["properties"] for feature in features("roads.geojson")]
    assert len(roads) >= 600
    index: dict[str, int] = {}
    pairs = []
    for road in roads:
        a, b = (index.setdefault(road[end], len(index)) for end in ("from", "to"))
        pairs += [(a, b)] if road["oneway"] else [(a, b), (b, a)]
    rows, columns = zip(*pairs, strict=True)
    graph = csr_matrix((np.ones(len(pairs)), (rows, columns)), shape=(len(index), len(index)))
    assert connected_components(graph, connection="strong")[0] == 1
    assert {road["kind"] for road in roads} == {"arterial", "collector", "local"}
    passes = [road["underpass"] for road in roads if "underpass" in road]
    assert len(passes) == len(set(passes)) == 12
    assert set(passes) == {feature["id"] for feature in features("entities/underpasses.geojson")}


def test_the_calendar_knows_holidays_and_make_up_days() -> None:
    city = read_city(CITY, CITY.parents[1] / "scenarios")
    calendar = WorkingCalendar.read(city.calendar, city.zone)
    from datetime import datetime

    thursday = datetime(2026, 9, 24, 17, 0, tzinfo=city.zone)  # before the Mid-Autumn holiday
    assert calendar.due(thursday, "P1WD").astimezone(city.zone).date().isoformat() == "2026-09-28"
    friday = datetime(2026, 10, 9, 17, 0, tzinfo=city.zone)  # the Saturday after National Day is worked
    assert calendar.due(friday, "P1WD").astimezone(city.zone).date().isoformat() == "2026-10-10"


@pytest.mark.slow
@pytest.mark.parametrize(("years", "fewest", "most"), [(2.0, 0.0, 0.02), (50.0, 0.10, 0.25)])
def test_it_floods_as_a_city_does(tmp_path: Path, years: float, fewest: float, most: float) -> None:
    text = _with_storm(drawn()["drainage.inp"], years)
    file = tmp_path / "storm.inp"
    file.write_text(text, encoding="utf-8")
    with multiprocessing.get_context("spawn").Pool(1) as pool:  # SWMM: one simulation per process
        pool.apply(_run_swmm, (str(file),))
    report = file.with_suffix(".rpt").read_text(encoding="utf-8", errors="replace")
    errors = [abs(float(value)) for value in re.findall(r"Continuity Error \(%\) \.+\s+(-?[\d.]+)", report)]
    assert len(errors) == 2 and max(errors) < 1.0
    nodes = _rows(text, "JUNCTIONS") | _rows(text, "STORAGE")
    assert len(nodes) >= 150
    flooded = {node for node, litres in _flooded(report).items() if litres > 30_000}
    assert fewest * len(nodes) <= len(flooded) <= most * len(nodes)
    underpasses = {node for node in nodes if re.fullmatch(r"U\d\d", node)}
    assert not flooded & underpasses if years == 2.0 else underpasses <= flooded


def _with_storm(text: str, years: float) -> str:
    rain = re.search(r"\[TIMESERIES\]\n;;.*?\n(.*?)\n\n", text, re.S)
    assert rain is not None
    return text.replace(
        rain.group(1), "\n".join(f"DESIGN {m // 60}:{m % 60:02d} {v}" for m, v in inp.storm(years))
    )


def _run_swmm(file: str) -> None:
    from swmm.toolkit import solver

    solver.swmm_run(file, file[:-3] + "rpt", file[:-3] + "out")


def _rows(text: str, section: str) -> set[str]:
    body = text.split(f"[{section}]\n", 1)[1].split("\n\n", 1)[0]
    return {line.split()[0] for line in body.splitlines() if line and not line.startswith(";;")}


def _flooded(report: str) -> dict[str, float]:
    """Litres that left each node, of the report's Node Flooding Summary (10^6 ltr)."""
    part = re.search(r"Node Flooding Summary\s+\*+(.*?)\n\s*\*{5}", report, re.S)
    rows = [line.split() for line in part.group(1).splitlines()] if part else []
    return {row[0]: float(row[5]) * 1e6 for row in rows if len(row) == 7 and row[1][:1].isdigit()}
