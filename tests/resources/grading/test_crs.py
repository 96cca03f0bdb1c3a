"""Coordinate systems told apart, or said to be undetermined."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.resources.grading import ColumnSample, classify
from chengshu.resources.grading.crs import (
    SYSTEMS,
    UNDETERMINED,
    by_reference,
    distances_m,
    from_wgs84,
    named_system,
    to_wgs84,
)

CITY = np.array([[121.40 + at / 600, 31.15 + (at * 37 % 60) / 500] for at in range(60)])


def test_known_points() -> None:
    """A point of Beijing as the published transforms give it."""
    found = from_wgs84(np.array([[116.404, 39.915]]), "GCJ-02")[0]
    assert found == pytest.approx([116.410244, 39.916404], abs=1e-6)
    found = from_wgs84(np.array([[116.404, 39.915]]), "BD-09")[0]
    assert found == pytest.approx([116.416627, 39.922699], abs=1e-5)


@given(st.floats(75, 134), st.floats(19, 52), st.sampled_from(SYSTEMS))
def test_back_and_forth(lon: float, lat: float, system: str) -> None:
    point = np.array([[lon, lat]])
    assert distances_m(to_wgs84(from_wgs84(point, system), system), point)[0] < 0.01


@pytest.mark.parametrize("system", SYSTEMS)
def test_places_that_are_known_otherwise_tell(system: str) -> None:
    assert by_reference(from_wgs84(CITY, system), CITY)[0] == system


def test_other_places_tell_nothing() -> None:
    assert by_reference(CITY + 0.05, CITY)[0] == UNDETERMINED


@pytest.mark.parametrize(
    ("names", "system"),
    [
        ("lng_gcj02 lat_gcj02", "GCJ-02"),
        ("百度经度 百度纬度", "BD-09"),
        ("bd_lng bd_lat", "BD-09"),
        ("wgs84_x wgs84_y", "WGS-84"),
        ("高德坐标", "GCJ-02"),
        ("经度 纬度", ""),
        ("gcj_lng baidu_lat", ""),
    ],
)
def test_names_tell(names: str, system: str) -> None:
    assert named_system(names) == system


def column(name: str, values: np.ndarray) -> ColumnSample:
    texts = tuple(dict.fromkeys(f"{value:.6f}" for value in values))
    return ColumnSample(name, texts, (1,) * len(texts), len(texts))


def test_one_pair_alone_is_undetermined() -> None:
    found = classify([column("经度", CITY[:, 0]), column("纬度", CITY[:, 1])])
    assert [one.crs for one in found] == [UNDETERMINED, UNDETERMINED]
    assert "未定" in found[0].reason.text.zh_hans


def test_a_named_pair_tells_the_other_by_the_offset() -> None:
    gcj = from_wgs84(CITY, "GCJ-02")
    found = classify(
        [
            column("lng", CITY[:, 0]),
            column("lat", CITY[:, 1]),
            column("gcj02_lng", gcj[:, 0]),
            column("gcj02_lat", gcj[:, 1]),
        ]
    )
    assert [one.category for one in found] == ["longitude", "latitude"] * 2
    assert [one.crs for one in found] == ["WGS-84", "WGS-84", "GCJ-02", "GCJ-02"]


def test_cells_with_both_are_told_by_another_such_column() -> None:
    bd = from_wgs84(CITY, "BD-09")
    cells = {
        "坐标": tuple(f"{lon:.6f},{lat:.6f}" for lon, lat in CITY),
        "百度坐标": tuple(f"{lon:.6f},{lat:.6f}" for lon, lat in bd),
    }
    samples = [ColumnSample(name, values, (1,) * 60, 60) for name, values in cells.items()]
    assert [one.crs for one in classify(samples)] == ["WGS-84", "BD-09"]
