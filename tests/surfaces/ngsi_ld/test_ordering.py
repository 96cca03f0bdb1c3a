"""orderBy (clause 4.23)."""

import pytest

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld.contexts import CORE
from chengshu.foundation.broker.model import Attribute, Entity
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
