"""The road graph: times, routes, closures; and what it says of files that are wrong."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from chengshu.foundation.roads import read_roads, roads_from
from chengshu.foundation.roads.graph import position_at
from chengshu.foundation.roads.osm import ATTRIBUTION, read_osm
from chengshu.kernel.errors import Invalid
from chengshu.ports.routing import UNREACHABLE


def road(a, b, at, to, *, speed=36, oneway=False, **more):
    line = {"type": "LineString", "coordinates": [at, to]}
    return {
        "type": "Feature",
        "geometry": line,
        "properties": {"from": a, "to": b, "speed_kmh": speed, "oneway": oneway} | more,
    }


def square():
    """a–b–c–d–a, 1000 m sides as declared; the side a–b goes through an underpass; d→a one way only."""
    a, b, c, d = [0.0, 0.0], [0.01, 0.0], [0.01, 0.01], [0.0, 0.01]
    return roads_from(
        {
            "type": "FeatureCollection",
            "features": [
                road("a", "b", a, b, length_m=1000, underpass="urn:u1"),
                road("b", "c", b, c, length_m=1000),
                road("c", "d", c, d, length_m=1000),
                road("d", "a", d, a, length_m=1000, oneway=True),
            ],
        }
    )


def test_travel_and_closure():
    roads = square()
    a, b = roads.snap(0, 0).node, roads.snap(0.01, 0).node
    assert roads.travel([a, b], [b, a]).tolist() == [[100, 0], [0, 100]]
    closed = frozenset(roads.through("urn:u1"))
    assert len(closed) == 2
    assert roads.travel([a], [b], closed).tolist() == [[UNREACHABLE]]  # d→a is one way: no way round
    assert roads.path(a, b, closed) is None
    assert roads.travel([b], [a], closed).tolist() == [[300]]
    assert roads.path(b, a, closed).seconds == 300


def test_path_has_times_at_each_vertex():
    roads = square()
    path = roads.path(roads.snap(0, 0).node, roads.snap(0.01, 0.01).node)
    assert [point.after_s for point in path.points] == [0, 100, 200]
    assert path.length_m == 2000
    assert position_at(path.points, 50) == pytest.approx((0.005, 0))
    assert position_at(path.points, 999) == (0.01, 0.01)
    assert position_at(path.points, -5) == (0.0, 0.0)


def test_parallel_roads_take_the_fastest_that_is_open():
    roads = roads_from(
        {
            "type": "FeatureCollection",
            "features": [
                road("a", "b", [0, 0], [0.01, 0], length_m=1000, speed=72),
                road("a", "b", [0, 0], [0.01, 0], length_m=1000, speed=36),
            ],
        }
    )
    assert roads.travel([0], [1]).tolist() == [[50]]
    assert roads.travel([0], [1], frozenset({0, 1})).tolist() == [[100]]


def test_edges_near_a_place():
    roads = square()
    near = {roads.edges[index].feature for index in roads.within(0.005, 0.0002, 40)}
    assert near == {0}
    assert roads.within(0.005, 0.005, 40) == ()


def test_snap_never_lands_on_an_island():
    features = [
        road("a", "b", [0, 0], [0.01, 0]),
        road("b", "c", [0.01, 0], [0.02, 0]),
        road("x", "y", [0.05, 0], [0.051, 0], oneway=True),
    ]
    roads = roads_from({"type": "FeatureCollection", "features": features})
    assert roads.snap(0.05, 0).node == 2


@settings(max_examples=examples(30))
@given(st.integers(0, 10_000))
def test_closing_roads_never_makes_a_way_shorter(seed):
    random = np.random.default_rng(seed)
    points = random.uniform(0, 0.05, (12, 2))
    pairs = [(i, int(j)) for i in range(12) for j in random.choice(12, 3) if i != j]
    roads = roads_from(
        {
            "type": "FeatureCollection",
            "features": [road(str(i), str(j), points[i].tolist(), points[j].tolist()) for i, j in pairs],
        }
    )
    everyone = list(range(len(roads.nodes)))
    closed = frozenset(int(e) for e in random.choice(len(roads.edges), 6))
    free, hindered = roads.travel(everyone, everyone), roads.travel(everyone, everyone, closed)
    assert ((hindered == UNREACHABLE) | (hindered >= free)).all()
    assert (hindered[free == UNREACHABLE] == UNREACHABLE).all()
    for target in everyone:
        path = roads.path(0, target, closed)
        assert (path is None) == (hindered[0, target] == UNREACHABLE)
        if path is not None:
            assert not set(path.edges) & closed
            assert np.ceil(path.seconds - 0.06) <= hindered[0, target] <= np.ceil(path.seconds + 0.06)


@pytest.mark.parametrize(
    ("feature", "word"),
    [
        (
            {"properties": {"from": "a", "to": "b"}, "geometry": {"coordinates": [[0, 0], [1, 1]]}},
            "speed_kmh",
        ),
        (
            {
                "properties": {"from": "a", "to": "b", "speed_kmh": 0},
                "geometry": {"coordinates": [[0, 0], [1, 1]]},
            },
            "speed",
        ),
        (
            {"properties": {"from": "a", "to": "b", "speed_kmh": 9}, "geometry": {"coordinates": [[0, 0]]}},
            "two points",
        ),
        ("not a feature", "lacks"),
    ],
)
def test_a_wrong_road_is_named(feature, word):
    good = road("a", "b", [0, 0], [0.01, 0])
    with pytest.raises(Invalid, match=word) as caught:
        roads_from({"features": [good, feature]})
    assert "feature 2" in caught.value.fault.where
    assert caught.value.fault.remedy


def test_a_node_at_two_places_is_a_mistake():
    with pytest.raises(Invalid, match="two places"):
        roads_from({"features": [road("a", "b", [0, 0], [0.01, 0]), road("b", "c", [0.02, 0], [0.03, 0])]})


def test_no_roads(tmp_path):
    with pytest.raises(Invalid, match="no roads"):
        roads_from({"features": []})
    with pytest.raises(Invalid, match="FeatureCollection"):
        roads_from([])
    (tmp_path / "roads.geojson").write_text(json.dumps({"features": [road("a", "b", [0, 0], [0.01, 0])]}))
    assert len(read_roads(tmp_path / "roads.geojson").edges) == 2


OSM = """<osm><node id="1" lon="0" lat="0"/><node id="2" lon="0.01" lat="0"/><node id="3" lon="0.02" lat="0"/>
<node id="4" lon="0.01" lat="0.01"/><node id="5" lon="0.015" lat="0"/>
<way id="9"><nd ref="1"/><nd ref="2"/><nd ref="5"/><nd ref="3"/><tag k="highway" v="primary"/>
<tag k="name" v="Main"/></way>
<way id="8"><nd ref="2"/><nd ref="4"/><tag k="highway" v="residential"/><tag k="oneway" v="-1"/></way>
<way id="7"><nd ref="1"/><nd ref="4"/><tag k="highway" v="footway"/></way></osm>"""


def test_osm_ways_are_split_at_crossings(tmp_path):
    (tmp_path / "x.osm").write_text(OSM)
    collection = read_osm(tmp_path / "x.osm")
    ends = [(f["properties"]["from"], f["properties"]["to"]) for f in collection["features"]]
    assert ends == [("1", "2"), ("2", "3"), ("4", "2")]
    assert collection["attribution"] == ATTRIBUTION
    assert len(roads_from(collection).edges) == 5


def test_osm_that_is_none(tmp_path):
    (tmp_path / "x.osm").write_text("hello")
    with pytest.raises(Invalid, match="no OSM XML"):
        read_osm(tmp_path / "x.osm")


@pytest.mark.external
def test_a_real_city(shared, tmp_path):
    packed = shared / "data" / "roads" / "luxembourg_city.osm.xml.gz"
    (tmp_path / "city.osm").write_bytes(gzip.decompress(packed.read_bytes()))
    roads = roads_from(read_osm(tmp_path / "city.osm"))
    assert len(roads.edges) > 5000
    random = np.random.default_rng(1)
    lon, lat = random.uniform(6.09, 6.16, 30), random.uniform(49.58, 49.63, 30)
    nodes = [roads.snap(float(x), float(y)).node for x, y in zip(lon, lat, strict=True)]
    times = roads.travel(nodes, nodes)
    assert (times >= 0).all()
    assert 60 < np.median(times) < 1800
