"""What matches, clause by clause."""

from __future__ import annotations

from typing import Any

import pytest

from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.query.grammar import read_q
from chengshu.foundation.broker.query.matching import matches
from chengshu.foundation.broker.query.model import Query, Selector
from chengshu.foundation.broker.query.selection import read_scopes, read_types

NGSI_LD = "https://uri.etsi.org/ngsi-ld/"
CORE = {
    name: NGSI_LD + name
    for name in ("createdAt", "modifiedAt", "observedAt", "unitCode", "datasetId", "scope")
}


def expand(name: str) -> str:
    return CORE.get(name, f"x:{name}")


def prop(value: Any, **more: Any) -> Attribute:
    return Attribute("Property", value, **more)


ROOM = Entity("urn:r:1", ("x:Room",), attributes={"x:floor": (prop(7),), "x:kind": (prop("lab"),)})
ENTITY = Entity(
    "urn:x:1",
    ("x:Car", "x:Taxi"),
    scopes=("/Madrid/Gardens/North", "/CompanyA"),
    created_at=86_400_000,
    modified_at=2 * 86_400_000,
    attributes={
        "x:speed": (
            prop(55, observed_at="2020-05-01T10:00:00Z", unit_code="KMH"),
            prop(60.5, dataset="urn:d:gps", attributes={"x:error": (prop(2), prop("high"))}),
        ),
        "x:name": (prop("Tower"),),
        "x:free": (prop(True),),
        "x:tags": (prop(["blue", "red", 5]),),
        "x:in": (Attribute("Relationship", "urn:r:1"),),
        "x:near": (Attribute("ListRelationship", ["urn:r:1", "urn:r:2"]),),
        "x:color": (
            Attribute("LanguageProperty", {"fr": "rouge", "en": ["red", "scarlet"], "zh-Hans": "红"}),
        ),
        "x:sex": (Attribute("VocabProperty", "http://e.org/Male"),),
        "x:list": (Attribute("ListProperty", [1, 2]),),
        "x:json": (Attribute("JsonProperty", {"id": "85", "value": "Overstay", "n": {"k": 3}}),),
        "x:raw": (Attribute("JsonProperty", 5),),
        "x:address": (prop({"city": "Berlin", "geo": {"alt": 34}, "lines": ["a", "b"]}),),
        "x:seen": (prop("2020-05-01T12:00:00+02:00"),),
        "x:typed": (prop({"@type": "DateTime", "@value": "2020-05-01T10:00:00.000Z"}),),
        "x:opens": (prop("08:30:00Z"),),
        "x:location": (Attribute("GeoProperty", {"type": "Point", "coordinates": [8, 40]}),),
    },
)


def holds(text: str, **more: Any) -> bool:
    return matches(
        ENTITY, Query(q=read_q(text, expand, **more)), resolve=lambda iri: ROOM if iri == ROOM.id else None
    )


@pytest.mark.parametrize(
    "text",
    [
        "speed",
        "speed==55",
        "speed==60.5",  # any instance
        "speed!=55",  # the other instance differs
        "speed==50..55",
        "speed!=50..59",
        "speed>60;speed<56",
        "speed==1,2,55.0",
        'speed!="55"',  # another type is unequal
        'name=="Tower"',
        'name=="Bridge","Tower"',
        'name>"T";name<"U"',
        'name=="S".."U"',
        "name~=^T.*r$",
        "name!~=^B",
        "free==true",
        "free!=false",
        "free!=1",
        'tags=="red"',
        "tags==5",
        'tags!="green"',
        'tags!="green","black"',
        "in==urn:r:1",
        'in=="urn:r:1"',
        "in!=urn:r:9",
        "near==urn:r:2",
        "near!=urn:r:9,urn:r:8",
        'color[fr]=="rouge"',
        'color[en]=="scarlet"',
        'color[*]=="red"',
        'color=="red"',
        'color[EN]!="rouge"',
        'color[zh-Hans]=="红"',
        "color[fr]",
        "sex==http://e.org/Male",
        "list==2",
        "list!=3",
        'json[value]=="Overstay"',
        "json[n.k]==3",
        "json",
        "json!=3",
        "raw!=5",  # a JsonProperty is opaque but for its members
        'address[city]=="Berlin"',
        "address[geo.alt]>30",
        'address[lines]=="b"',
        "address[geo]",
        "address!=5",
        "seen==2020-05-01T10:00:00Z",  # instants, not texts
        "seen>=2020-05-01;seen<2020-05-02",
        "typed==2020-05-01T10:00:00Z",
        "opens>08:00:00Z",
        "opens!=2020-05-01",
        "speed.observedAt==2020-05-01T10:00:00Z",
        'speed.observedAt>="2020-04-30T00:00:00Z"',
        'speed.unitCode=="KMH"',
        'speed.datasetId=="urn:d:gps"',
        "speed.error",
        "speed.error==2",
        'speed.error=="high"',
        "createdAt==1970-01-02",
        "createdAt>1970-01-01;modifiedAt<=1970-01-03T00:00:00Z",
        'createdAt=="1970-01-02".."1970-01-04"',
        'scope=="/CompanyA"',
        'location[type]=="Point"',
        "in{floor}==7",
        'in{Room:kind}=="lab"',
        "in{floor}!=8",
        "near{floor}<8",
        "(speed>99|speed<56);name",
        "nothing|name",
    ],
)
def test_holds(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "nothing!=1",  # the element must be there
        "speed==56",
        'speed=="55"',
        'speed>"1"',  # a number never compares with a text
        "name>5",
        "name!~=^T",
        "speed~=5",
        "speed!~=5",
        "free==1",
        "speed==55..55.4;speed==70",
        'tags!="red"',
        'tags!="green","red"',
        'in>="urn:r:0"',  # Relationships know only equality
        "in~=r",
        "in!~=zzz",
        "in!=urn:r:1",
        "near!=urn:r:9,urn:r:2",
        'color[fr]=="red"',
        'color[de]=="rot"',
        "color[de]",
        'color[*]!="red"',
        'color!="rouge"',
        "list!=2",
        "raw==5",
        "json==85",
        "address[town]",
        "address[city.name]",
        "address[lines.length]",
        "name[x]",
        "in[x]",
        "seen!=2020-05-01T10:00:00.000Z",
        "seen==10:00:00Z",
        'seen=="2020-05-01T10:00:00Z"',
        "opens>09:00:00Z",
        "speed>1970-01-01",  # a number is no instant
        "speed.unitCode>5",
        "speed.nothing",
        "name.error",
        "createdAt>5",
        "createdAt==00:00:00Z",
        "in{floor}==8",
        "in{Device:floor}==7",
        "in{nothing}",
        "name{floor}",
        "speed>99;name",
    ],
)
def test_does_not_hold(text: str) -> None:
    assert not holds(text)


def test_expanded_values() -> None:
    def vocabulary(word: str) -> str:
        return f"http://e.org/{word}" if word == "Male" else expand(word)

    query = Query(q=read_q("sex==Male", vocabulary, expand_values=["x:sex"]))
    assert matches(ENTITY, query)
    assert not matches(ENTITY, Query(q=read_q('sex=="Male"', expand)))


def test_linked_entities_need_someone_to_find_them() -> None:
    assert not matches(ENTITY, Query(q=read_q("in{floor}", expand)))


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (Selector(), True),
        (Selector(ids=("urn:x:1", "urn:x:2")), True),
        (Selector(ids=("urn:x:2",)), False),
        (Selector(id_pattern="^urn:x:"), True),
        (Selector(id_pattern="^urn:y:"), False),
        (Selector(types=read_types("Bus,Taxi", expand)), True),
        (Selector(types=read_types("(Car;Taxi)", expand)), True),
        (Selector(types=read_types("(Car;Bus)|Van", expand)), False),
        (Selector(ids=("urn:x:1",), types=read_types("Van", expand)), False),
    ],
)
def test_selectors(selector: Selector, expected: bool) -> None:
    assert matches(ENTITY, Query(selectors=(selector,))) is expected
    assert matches(ENTITY, Query(selectors=(Selector(ids=("urn:y:9",)), selector))) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/Madrid/Gardens/North", True),
        ("/Madrid/+/North", True),
        ("/Madrid/#", True),
        ("/Madrid/Gardens/North/#", True),
        ("/+/Gardens/#", True),
        ("/#", True),
        ("/Madrid/Gardens", False),
        ("/Madrid/+", False),
        ("/Gardens/#", False),
        ("(/Madrid/#;/CompanyA)", True),
        ("(/Madrid/#;/CompanyB)", False),
        ("/CompanyB,/CompanyA", True),
    ],
)
def test_scopes(text: str, expected: bool) -> None:
    assert matches(ENTITY, Query(scopes=read_scopes(text))) is expected
    assert not matches(ROOM, Query(scopes=read_scopes(text)))


def test_attributes_ask_for_one_of_them() -> None:
    assert matches(ENTITY, Query(attrs=("x:none", "x:name")))
    assert not matches(ENTITY, Query(attrs=("x:none",)))


def test_numbers_beyond_doubles_break_nothing() -> None:
    huge = Entity("urn:x:2", ("x:T",), attributes={"x:a": (prop(10**400),)})
    assert matches(huge, Query(q=read_q("a>5", expand)))
    assert not matches(huge, Query(q=read_q("a==5", expand)))
