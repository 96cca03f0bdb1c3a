"""The index of watches: never misses one, and looks at few."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.foundation.broker.query import strategies as some

from chengshu.foundation.broker.model import Attribute, Entity, EntityChange, Touched
from chengshu.foundation.broker.query.geo import read_geo
from chengshu.foundation.broker.query.grammar import read_q
from chengshu.foundation.broker.query.index import WatchIndex
from chengshu.foundation.broker.query.matching import compile_query
from chengshu.foundation.broker.query.model import Query, Selector


def change(entity: Entity, *touched: str, tenant: str = "") -> EntityChange:
    return EntityChange(tenant, "updated", entity, tuple(Touched(name, "updated") for name in touched))


def gauge(level: float, number: int = 1, lon: float = 8.0) -> Entity:
    return Entity(
        f"urn:g:{number}",
        ("Gauge",),
        scopes=("/A",),
        attributes={
            "level": (Attribute("Property", level),),
            "name": (Attribute("Property", f"g{number}"),),
            "location": (Attribute("GeoProperty", {"type": "Point", "coordinates": [lon, 40.0]}),),
        },
    )


watches = st.tuples(some.queries, st.sets(st.sampled_from(some.NAMES), max_size=2))


@given(
    st.lists(watches, max_size=6), st.lists(some.entities, min_size=1, max_size=3), st.sets(st.integers(0, 5))
)
def test_no_watch_is_missed(
    asked: list[tuple[Query, set[str]]], entities: list[Entity], gone: set[int]
) -> None:
    index: WatchIndex[int] = WatchIndex()
    for number, (query, watched) in enumerate(asked):
        index.add("", query, number, watched)
    for number in gone:
        index.remove(number)
    assert len(index) == len(set(range(len(asked))) - gone)
    for entity in entities:
        touched = tuple(entity.attributes)[:1]
        found = index.candidates(change(entity, *touched))
        assert found == sorted(set(found))
        for number, (query, watched) in enumerate(asked):
            if number not in gone and (not watched or watched.intersection(touched)):
                assert number in found or not compile_query(query)(entity)
    for number in range(len(asked)):
        index.remove(number)
    assert index.candidates(change(entities[0], *some.NAMES)) == []


def test_it_looks_only_at_what_can_matter() -> None:
    index: WatchIndex[str] = WatchIndex()
    gauges = (Selector(types=(("Gauge",),)),)
    for at in range(1000):
        index.add("", Query((Selector(ids=(f"urn:g:{at}",)),)), f"id{at}")
        index.add("", Query((Selector(types=((f"Type{at}",),)),)), f"type{at}")
        index.add("", Query(gauges, q=read_q(f'name=="g{at}"', str)), f"name{at}")
        index.add("", Query(gauges, q=read_q(f"level>{at};name", str)), f"above{at}")
        index.add("", Query(gauges, q=read_q(f"level<={at}", str)), f"below{at}")
        near = read_geo("near;maxDistance==1000", "Point", [at / 10, 40], "location")
        index.add("", Query(gauges, geo=near), f"near{at}")
        index.add("", Query(gauges), f"watch{at}", [f"attribute{at}"])
        index.add("other", Query(gauges), f"tenant{at}")
    found = index.candidates(change(gauge(2.5, 7), "attribute5", "attribute6"))
    assert set(found) >= {
        "id7",
        "name7",
        "above0",
        "above1",
        "above2",
        "below3",
        "near80",
        "watch5",
        "watch6",
    }
    assert not {"above3", "below2", "near79", "name8"} & set(found)
    assert len(found) == 1 + 1 + 3 + 997 + 1 + 2  # one id, one name, above, below, near, two watched


def test_a_large_geometry_finds_small_boxes() -> None:
    index: WatchIndex[str] = WatchIndex()
    for lon in range(-170, 171, 10):
        index.add("", Query(geo=read_geo("intersects", "Point", [lon, 0], "x")), f"at{lon}")
    ring = [[-50, -50], [50, -50], [50, 50], [-50, 50], [-50, -50]]
    area = {"type": "Polygon", "coordinates": [ring]}
    found = index.candidates(
        change(Entity("urn:e:1", ("T",), attributes={"x": (Attribute("GeoProperty", area),)}))
    )
    assert found == [f"at{lon}" for lon in range(-50, 51, 10)]
