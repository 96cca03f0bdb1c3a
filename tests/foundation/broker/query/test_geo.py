"""Geoqueries: reading, relations, distances, boxes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.foundation.broker.errors import BadRequestData, TooComplexQuery
from chengshu.foundation.broker.query.geo import boxes_of, compile_geo, read_geo, read_geo_body
from chengshu.foundation.broker.query.model import LOCATION, GeoQuery
from chengshu.foundation.broker.query.printing import print_geo

SQUARE = [[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]]


def point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


def polygon(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def test_reading() -> None:
    read = read_geo("near;maxDistance==2000", "Point", "[8, 40.0]")
    assert read == GeoQuery("near", "Point", "[8,40.0]", LOCATION, 2000.0)
    body = {"georel": "within", "geometry": "Polygon", "coordinates": SQUARE, "geoproperty": "space"}
    assert read_geo_body(body, expand=str.upper).geoproperty == "SPACE"
    assert read_geo("near;minDistance==1.5", "Point", [8, 40]).farther


@pytest.mark.parametrize(
    ("georel", "geometry", "coordinates", "where"),
    [
        ("invalid", "Point", "[1,2]", "georel"),
        ("near", "Point", "[1,2]", "georel"),
        ("near;maxDistance==-5", "Point", "[1,2]", "georel"),
        ("near;maxDistance==0", "Point", "[1,2]", "georel"),
        ("near;maxDistance==1e999", "Point", "[1,2]", "georel"),
        ("within", "Circle", "[1,2]", "geometry"),
        ("within", "GeometryCollection", "[1,2]", "geometry"),
        ("within", "Point", "1,2", "coordinates"),
        ("within", "Point", "[181,2]", "coordinates"),
        ("within", "Point", "[1,-91]", "coordinates"),
        ("within", "Point", "[NaN,1]", "coordinates"),
        ("within", "Point", "[1]", "coordinates"),
        ("within", "Point", "[true,1]", "coordinates"),
        ("within", "Point", '["1","2"]', "coordinates"),
        ("within", "Polygon", "[[1,2],[3,4]]", "coordinates"),
        ("within", "Polygon", "[[[0,0],[1,0],[1,1],[0,1]]]", "coordinates"),
        ("within", "Polygon", "[[[0,0],[1,0],[0,0]]]", "coordinates"),
        ("within", "Polygon", "[[]]", "coordinates"),
        ("within", "LineString", "[[0,0]]", "coordinates"),
        ("within", "Polygon", "[" * 100_000, "coordinates"),
        ("within", "Point", None, "coordinates"),
    ],
)
def test_refused(georel: str, geometry: str, coordinates: Any, where: str) -> None:
    with pytest.raises(BadRequestData) as refused:
        read_geo(georel, geometry, coordinates)
    assert refused.value.fault.where == where
    assert refused.value.fault.remedy


def test_too_many_vertices() -> None:
    with pytest.raises(TooComplexQuery):
        read_geo("within", "MultiPoint", json.dumps([[0, 0]] * 10_001))


@pytest.mark.parametrize(
    "body", [5, {}, {"georel": "within", "geometry": "Point"}, {"georel": 5, "geometry": "Point"}]
)
def test_refused_bodies(body: Any) -> None:
    with pytest.raises(BadRequestData):
        read_geo_body(body)


@pytest.mark.parametrize(
    ("georel", "shape", "coordinates", "target", "expected"),
    [
        ("equals", "Point", [1, 1], point(1, 1), True),
        ("equals", "Polygon", SQUARE, polygon(0, 0, 4, 4), True),
        ("equals", "Point", [1, 1], point(1, 2), False),
        ("within", "Polygon", SQUARE, point(1, 1), True),
        ("within", "Polygon", SQUARE, point(0, 1), False),  # on the edge is not within
        ("within", "Polygon", SQUARE, polygon(1, 1, 2, 2), True),
        ("within", "Polygon", SQUARE, polygon(1, 1, 5, 2), False),
        ("contains", "Point", [1, 1], polygon(0, 0, 4, 4), True),
        ("contains", "Polygon", SQUARE, polygon(-1, -1, 5, 5), True),
        ("contains", "Polygon", SQUARE, polygon(1, 1, 2, 2), False),
        ("intersects", "Polygon", SQUARE, point(0, 1), True),
        ("intersects", "LineString", [[0, 0], [4, 4]], polygon(1, 1, 2, 2), True),
        ("disjoint", "Polygon", SQUARE, point(5, 5), True),
        ("disjoint", "Polygon", SQUARE, point(0, 0), False),
        ("overlaps", "Polygon", SQUARE, polygon(2, 2, 6, 6), True),
        ("overlaps", "Polygon", SQUARE, polygon(1, 1, 2, 2), False),
        ("near;maxDistance==111300", "Point", [0, 0], point(0, 1), True),
        ("near;maxDistance==111100", "Point", [0, 0], point(0, 1), False),
        ("near;minDistance==111100", "Point", [0, 0], point(0, 1), True),
        ("near;maxDistance==150000", "Point", [179.5, 0], point(-179.5, 0), True),
        ("near;maxDistance==150000", "Point", [0, 0], polygon(0.5, 0, 1, 0.5), True),
        (
            "near;maxDistance==100000",
            "Point",
            [0, 0],
            polygon(0.5, 0, 1, 0.5),
            False,
        ),  # the whole must be near
        ("near;minDistance==50000", "Point", [0, 0], polygon(0.5, 0, 1, 0.5), True),
        ("near;minDistance==60000", "Point", [0, 0], polygon(0.5, 0, 1, 0.5), False),
        ("near;maxDistance==12000", "LineString", [[0, 0], [2, 0]], point(1, 0.1), True),
        ("near;maxDistance==11000", "LineString", [[0, 0], [2, 0]], point(1, 0.1), False),
        ("near;minDistance==11000", "Polygon", SQUARE, point(4.1, 2), True),
        ("near;maxDistance==1", "Polygon", SQUARE, point(2, 2), True),
    ],
)
def test_relations(georel: str, shape: str, coordinates: Any, target: dict[str, Any], expected: bool) -> None:
    assert compile_geo(read_geo(georel, shape, coordinates))(target) is expected


def test_a_polygon_that_crosses_itself_has_an_answer() -> None:
    bow = [[[0, 0], [4, 4], [4, 0], [0, 4], [0, 0]]]
    assert compile_geo(read_geo("within", "Polygon", bow))(point(3.5, 2))
    assert compile_geo(read_geo("intersects", "Point", [3.5, 2]))({"type": "Polygon", "coordinates": bow})


@pytest.mark.parametrize(
    "broken",
    [{"type": "Point"}, {"type": "Polygon", "coordinates": [[1, 2]]}, {"type": "X", "coordinates": []}, {}],
)
def test_what_is_no_geometry_matches_nothing(broken: dict[str, Any]) -> None:
    assert not compile_geo(read_geo("intersects", "Polygon", SQUARE))(broken)


lons, lats = st.floats(-180, 180), st.floats(-90, 90)


@given(lons, lats, lons, lats, st.floats(1, 3e7))
def test_what_is_near_lies_in_the_boxes(
    lon: float, lat: float, lon2: float, lat2: float, metres: float
) -> None:
    query = read_geo(f"near;maxDistance=={metres!r}", "Point", [lon, lat])
    if compile_geo(query)(point(lon2, lat2)):
        assert any(w <= lon2 <= e and s <= lat2 <= n for w, s, e, n in boxes_of(query))


@given(lons, lats, st.sampled_from(["near;maxDistance==12.5", "within", "near;minDistance==1e-3"]))
def test_printing_is_the_inverse_of_reading(lon: float, lat: float, georel: str) -> None:
    query = read_geo(georel, "Point", [lon, lat], "x:space")
    said = print_geo(query, str)
    assert read_geo(said["georel"], said["geometry"], said["coordinates"], said["geoproperty"]) == query
