"""orderBy (clause 4.23)."""

import pytest

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld.contexts import CORE
from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.surfaces.ngsi_ld.collating import collated, level_of
from chengshu.surfaces.ngsi_ld.ordering import ordered, orders_of


def building(name: str, height: object = None, at: int = 0, unit: str = "") -> Entity:
    attributes = {}
    if height is not None:
        inner = {CORE.expand("floor"): (Attribute("Property", height),)}
        attributes[CORE.expand("height")] = (Attribute("Property", height, unit_code=unit, attributes=inner),)
    return Entity(f"urn:b:{name}", ("T",), created_at=at, attributes=attributes)


def order(text: str, *entities: Entity) -> str:
    return "".join(item.id[-1] for item in ordered(entities, orders_of({"orderBy": text}, CORE)))


def test_numbers_go_before_texts_and_what_lacks_comes_last_either_way() -> None:
    entities = [building("a"), building("b", "tall"), building("c", 3), building("d", 20)]
    assert order("height", *entities) == "cdba"
    assert order("height;desc", *entities) == "bdca"


def test_members_sub_attributes_and_ties() -> None:
    entities = [building("c", 1, 3, "M"), building("b", 1, 2, "A"), building("a", 1, 2, "Z")]
    assert order("createdAt", *entities) == "abc"
    assert order("id;desc", *entities) == "cba"
    assert order("type,height.unitCode", *entities) == "bca"
    assert order("height.floor,createdAt;desc,id", *entities) == "cab"


@pytest.mark.parametrize("text", ["", "a,", "a;up", ";asc", ",".join("abcdefghi")])
def test_what_is_no_order_is_refused(text: str) -> None:
    with pytest.raises(BadRequestData) as caught:
        orders_of({"orderBy": text}, CORE)
    assert caught.value.fault.where == "orderBy"


def test_kinds_of_values_in_their_order() -> None:
    values: list[object] = [
        7,
        "text",
        {"city": "x"},
        [1],
        True,
        {"@type": "Time", "@value": "10:00:00Z"},
        {"@type": "Date", "@value": "2026-01-01"},
        {"@type": "DateTime", "@value": "2026-01-01T00:00:00Z"},
        None,
    ]
    entities = [building(name, value) for name, value in zip("abcdefghi", values, strict=True)]
    assert order("height", *reversed(entities)) == "abcdefghi"


def test_texts_are_in_the_order_of_people() -> None:
    """As the root collation of Unicode has it: bases, then accents, then small before capital."""
    texts = ["z", "A", "B", "á", "a", "_", "b", "2", "ab", "泵", "Äb"]
    assert sorted(texts, key=collated) == ["_", "2", "a", "A", "á", "ab", "Äb", "b", "B", "z", "泵"]
    assert collated("á", level_of("und-u-ks-level1")) == collated("A", 1)
    assert collated("a", level_of("und-u-ks-level2")) == collated("A", level_of("und-u-ks-identic"))
    assert collated("á", 2) != collated("a", 2) and level_of("de") == level_of("") == 3
    entities = [building("a", "b"), building("b", "B"), building("c", "a")]
    assert order("height", *reversed(entities)) == "cab"


def test_by_a_member_of_a_value() -> None:
    entities = [building("a", {"city": "York"}), building("b", {"city": "Bath"}), building("c", "Bath")]
    assert order("height[city]", *entities) == "bac"


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"orderFrom": "[0,0]"}, "cba"),
        ({"orderFrom": "[[3,0],[3,9]]", "orderGeometry": "LineString"}, "abc"),
        ({"geometry": "Point", "coordinates": "[0,0]"}, "cba"),
    ],
)
def test_distances_are_from_a_geometry_of_their_own(more: dict[str, str], wanted: str) -> None:
    places = {
        name: {"type": "Point", "coordinates": [x, 0]} for name, x in zip("abc", (3, 2, 1), strict=True)
    }
    entities = [
        Entity(f"urn:{name}", ("T",), attributes={CORE.expand("location"): (Attribute("GeoProperty", at),)})
        for name, at in places.items()
    ]
    orders = orders_of({"orderBy": "location;dist-asc"} | more, CORE)
    assert "".join(one.id[-1] for one in ordered(entities, orders)) == wanted
