"""Reading: what is found is what a look at every entity would find, in order, in pages, and counted."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.examples import examples
from tests.foundation.broker.conftest import ME, Hub, V, opened, prop, thing
from tests.foundation.broker.query import strategies as some

from chengshu.foundation.broker import queries, store_find
from chengshu.foundation.broker.edit import (
    CreateEntity,
    DeleteAttribute,
    DeleteEntity,
    Outcome,
    UpdateAttributes,
    Upsert,
)
from chengshu.foundation.broker.errors import NonexistentTenant, ResourceNotFound
from chengshu.foundation.broker.expiry import Expiry
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.query.geo import read_geo
from chengshu.foundation.broker.query.matching import compile_query
from chengshu.foundation.broker.query.model import Compare, Number, Query, Selector, Text
from chengshu.foundation.broker.query.model import Path as QueryPath

_tenants = count(1)
SPEED = QueryPath((V + "speed",))
LOCATION = "https://uri.etsi.org/ngsi-ld/location"


def of_type(name: str = "Thing") -> tuple[Selector, ...]:
    return (Selector(types=((V + name,),)),)


def faster(than: float) -> Query:
    return Query(selectors=of_type(), q=Compare(SPEED, ">", (Number(than),)))


def ids(hub: Hub, query: Query, tenant: str = "", **page: int) -> list[str]:
    found = hub.queries.find(tenant, query, **page)
    return [entity.id.rpartition(":")[2] for entity in found.entities]


# ---- against a look at everything ------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def lasting(request: pytest.FixtureRequest) -> Iterator[Hub]:
    """One hub for many examples, each in a tenant of its own."""
    with tempfile.TemporaryDirectory() as folder, opened(request.param, Path(folder)) as hub:
        yield hub


@settings(max_examples=examples(60), suppress_health_check=list(HealthCheck))
@given(
    st.lists(some.entities, min_size=1, max_size=12),
    st.lists(some.queries, min_size=2, max_size=4),
    st.sampled_from([1, 3, 5000]),
    st.integers(0, 3),
    st.integers(1, 5),
)
def test_an_index_answers_as_a_look_at_everything(
    lasting: Hub, drawn: list[Entity], asked: list[Query], common: int, offset: int, limit: int
) -> None:
    tenant = f"example{next(_tenants)}"
    entities = [replace(entity, id=f"urn:e:{number}") for number, entity in enumerate(drawn)]
    results = lasting.do(*(CreateEntity(entity) for entity in entities), tenant=tenant)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_find, "_COMMON", common)
        patch.setattr(queries, "_PATIENCE", 4)
        patch.setattr(queries, "_CHUNK", 2)
        written = [result.id for result in results if isinstance(result, Outcome)]
        if not written:
            return
        kept = {entity.id: entity for entity in lasting.queries.many(tenant, written)}
        for query in asked:
            fits = compile_query(query, kept.get)
            wanted = [name for name, entity in kept.items() if fits(entity)]
            for counted in (False, True):
                found = lasting.queries.find(tenant, query, limit=limit, offset=offset, count=counted)
                assert [entity.id for entity in found.entities] == wanted[offset : offset + limit], query
                assert found.total == (len(wanted) if counted else None)
            assert [entity.id for entity in lasting.queries.each(tenant, query)] == wanted


@settings(max_examples=examples(40), suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from("abcdef"), some.entities), min_size=1, max_size=15), st.data())
def test_an_index_follows_every_change(
    lasting: Hub, told: list[tuple[str, Entity]], data: st.DataObject
) -> None:
    """After replacing, updating and deleting in many groups the index rows are those of a fresh store."""
    tenant, fresh = f"example{next(_tenants)}", f"example{next(_tenants)}"
    for name, entity in told:
        command = data.draw(
            st.sampled_from(
                [
                    Upsert(replace(entity, id=f"urn:e:{name}")),
                    Upsert(replace(entity, id=f"urn:e:{name}"), "update"),
                    DeleteEntity(f"urn:e:{name}"),
                    UpdateAttributes(f"urn:e:{name}", entity),
                    *(DeleteAttribute(f"urn:e:{name}", iri) for iri in entity.attributes),
                ]
            )
        )
        lasting.do(command, tenant=tenant)
    if tenant not in lasting.queries.tenants():
        return
    left = list(lasting.queries.each(tenant, Query()))
    lasting.do(*(CreateEntity(entity) for entity in left), CreateEntity(thing(1)), tenant=fresh)
    lasting.do(DeleteEntity(thing(1).id), tenant=fresh)
    assert index_rows(lasting, tenant) == index_rows(lasting, fresh)
    assert lasting.queries.type_details(tenant) == lasting.queries.type_details(fresh)
    assert lasting.queries.attribute_details(tenant) == lasting.queries.attribute_details(fresh)


def index_rows(hub: Hub, tenant: str) -> list[object]:
    """Everything the indexes know of a tenant, with names instead of numbers."""
    from chengshu.foundation.broker import store

    found: list[object] = []
    with hub.database.read() as connection:
        names = dict(store.rows(connection, "SELECT id, iri FROM linked_names"))
        keys = dict(store.rows(connection, "SELECT key, id FROM linked_entities WHERE tenant = ?", (tenant,)))
        for typeset, types in store.typesets_of(connection, tenant):
            for row in store.rows(connection, "SELECT * FROM linked_values WHERE typeset = ?", (typeset,)):
                found.append((types, names[row[1]], *row[2:5], keys[row[5]]))
            for row in store.rows(connection, "SELECT * FROM linked_places WHERE typeset = ?", (typeset,)):
                found.append((types, names[row[1]], *row[2:4], keys[row[4]], *row[5:]))
            for row in store.rows(connection, "SELECT * FROM linked_scopes WHERE typeset = ?", (typeset,)):
                found.append((types, row[1], keys[row[2]]))
            for row in store.rows(connection, "SELECT * FROM linked_counts WHERE typeset = ?", (typeset,)):
                found.append((types, names.get(row[1]), *row[2:]))
    return sorted(found, key=repr)


# ---- pages, tenants, ends --------------------------------------------------------------------------------


def test_pages_are_in_order_of_creation_and_do_not_overlap(hub: Hub) -> None:
    hub.do(*(CreateEntity(thing(n, speed=n)) for n in range(30)))
    hub.do(Upsert(thing(4, speed=100)), DeleteEntity("urn:ngsi-ld:Thing:5"))
    wanted = [str(n) for n in range(30) if n > 9 or n == 4]
    assert ids(hub, faster(9), limit=100) == wanted
    assert [name for at in range(0, 24, 4) for name in ids(hub, faster(9), limit=4, offset=at)] == wanted
    assert hub.queries.find("", faster(9), limit=0, count=True).total == len(wanted)
    assert ids(hub, Query(selectors=of_type()), limit=3, offset=4) == ["4", "6", "7"]
    assert hub.queries.find("", Query(selectors=of_type()), count=True).total == 29
    assert ids(hub, Query(selectors=of_type("Nothing"))) == []


def test_many_gives_those_that_are_there_in_the_order_asked(hub: Hub) -> None:
    hub.do(*(CreateEntity(thing(n)) for n in range(5)))
    asked = [f"urn:ngsi-ld:Thing:{n}" for n in (3, 9, 1, 3)]
    assert [entity.id for entity in hub.queries.many("", asked)] == [asked[0], asked[2]]


def test_tenants_never_see_each_other(hub: Hub) -> None:
    for tenant, speed in (("", 10), ("north", 20), ("south", 30)):
        hub.do(*(CreateEntity(thing(n, speed=speed + n)) for n in range(3)), tenant=tenant)
    hub.ok(CreateEntity(thing("bus", "Bus", seats=4)), "south")
    assert ids(hub, faster(0), "north") == ["0", "1", "2"]
    assert [e.attributes[V + "speed"][0].value for e in hub.queries.find("north", faster(21)).entities] == [
        22
    ]
    assert hub.queries.types("north") == [V + "Thing"] and hub.queries.types("south") == [
        V + "Bus",
        V + "Thing",
    ]
    hub.ok(DeleteEntity("urn:ngsi-ld:Thing:1"), "north")
    assert ids(hub, faster(0)) == ["0", "1", "2"] and ids(hub, faster(0), "north") == ["0", "2"]
    for read in (
        lambda: hub.queries.find("west", Query()),
        lambda: hub.queries.many("west", []),
        lambda: hub.queries.types("west"),
        lambda: list(hub.queries.each("west", Query())),
        lambda: hub.queries.check_tenant("west"),
    ):
        with pytest.raises(NonexistentTenant, match="west"):
            read()


def test_an_entity_is_gone_when_its_time_is_over(hub: Hub) -> None:
    soon = replace(thing(1, speed=1), expires_at="2026-07-20T08:00:10Z")
    hub.do(CreateEntity(soon), CreateEntity(thing(2, speed=2)))
    ticker = Expiry(hub.database, hub.clock, hub.broker)
    assert ids(hub, faster(0)) == ["1", "2"] and hub.queries.peek("", soon.id) is not None
    assert ticker.next_due() is not None
    hub.later(11)
    assert hub.queries.peek("", soon.id) is None and hub.queries.many("", [soon.id]) == []
    assert ids(hub, faster(0)) == ["2"] and ids(hub, Query(selectors=of_type())) == ["2"]
    assert hub.queries.find("", faster(0), count=True).total == 1
    ticker.tick(hub.clock.now())
    assert ticker.next_due() is None
    hub.ok(CreateEntity(thing(1, speed=3)))
    assert ids(hub, faster(0)) == ["2", "1"]


def test_texts_longer_than_the_index_keeps_are_told_apart(hub: Hub) -> None:
    long = "x" * 199
    hub.do(*(CreateEntity(thing(n, word=long + end)) for n, end in enumerate(("", "a", "ab", "b", "ab\0"))))
    path = QueryPath((V + "word",))

    def equal(text: str) -> list[str]:
        return ids(hub, Query(selectors=of_type(), q=Compare(path, "==", (Text(text),))))

    assert equal(long) == ["0"] and equal(long + "ab") == ["2"] and equal(long + "ab\0") == ["4"]


def test_lists_too_long_for_the_index_are_looked_at(hub: Hub) -> None:
    hub.do(
        CreateEntity(thing("long", speed=prop(list(range(1000))))),
        CreateEntity(thing("short", speed=prop([1, 2, 999]))),
        CreateEntity(thing("none", speed=3)),
    )
    equal = Query(selectors=of_type(), q=Compare(SPEED, "==", (Number(999.0),)))
    assert ids(hub, equal) == ["long", "short"]
    assert hub.queries.find("", equal, count=True).total == 2
    assert ids(hub, Query(selectors=of_type(), q=Compare(SPEED, "==", (Number(3.0),)))) == ["long", "none"]


@pytest.mark.parametrize("size", [0.0, 0.001, 0.05, 1.5, 40.0, 169.0])
def test_places_of_every_size_are_found_where_they_are(hub: Hub, size: float) -> None:
    ring = [[10.0, 50.0], [10.0 + size, 50.0], [10.0 + size, 50.0 + size / 10], [10.0, 50.0]]
    shape = {"type": "Polygon", "coordinates": [ring]} if size else {"type": "Point", "coordinates": ring[0]}
    area = Entity("urn:e:1", (V + "Thing",), attributes={LOCATION: (Attribute("GeoProperty", shape),)})
    hub.ok(CreateEntity(area))

    def around(lon: float, lat: float) -> list[str]:
        west, south, east, north = lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01
        box = [[[west, south], [east, south], [east, north], [west, north], [west, south]]]
        geo = read_geo("intersects", "Polygon", box, LOCATION)
        return ids(hub, Query(selectors=of_type(), geo=geo))

    assert around(10.001, 50.001) == ["1"] and around(10.0 + size, 50.001) == ["1"]
    assert around(9.9, 50.0) == [] and around(10.0, 49.9) == []
    hub.ok(DeleteEntity("urn:e:1"))
    assert around(10.001, 50.001) == []


# ---- discovery -------------------------------------------------------------------------------------------


def test_types_and_attributes_are_counted(hub: Hub) -> None:
    both = Entity("urn:e:both", (V + "Bus", V + "Thing"), attributes={V + "seats": (prop(4),)})
    place = Attribute("Relationship", "urn:x:1")
    hub.do(
        CreateEntity(thing(1, speed=1, seats=2)),
        CreateEntity(thing(2, speed=(prop(1), prop(2, dataset="urn:d:1")))),
        CreateEntity(thing(3, speed=place)),
        CreateEntity(both),
        CreateEntity(thing(4, gone=1)),
    )
    hub.ok(DeleteEntity("urn:ngsi-ld:Thing:4"))
    assert hub.queries.types("") == [V + "Bus", V + "Thing"]
    assert hub.queries.attributes("") == [V + "seats", V + "speed"]
    info = hub.queries.type_info("", V + "Thing")
    assert info.count == 4
    assert [(item.name, item.count, item.kinds) for item in info.attributes] == [
        (V + "seats", 2, ("Property",)),
        (V + "speed", 3, ("Property", "Relationship")),
    ]
    seats = hub.queries.attribute_info("", V + "seats")
    assert (seats.count, seats.types) == (2, (V + "Bus", V + "Thing"))
    with pytest.raises(ResourceNotFound):
        hub.queries.type_info("", V + "Nothing")
    with pytest.raises(ResourceNotFound):
        hub.queries.attribute_info("", V + "gone")


def test_a_read_in_a_plain_hub_needs_nobody(hub: Hub) -> None:
    assert hub.queries.types("") == [] and hub.queries.attribute_details("") == []
    with pytest.raises(ResourceNotFound):
        hub.queries.get("", "urn:none")
    assert hub.broker.submit("", [], ME).result(10) == []
