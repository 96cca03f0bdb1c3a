"""pick and omit, with braces for linked entities (clause 4.21)."""

import pytest

from chengshu.foundation.broker.errors import BadRequestData
from chengshu.foundation.broker.ld.contexts import CORE
from chengshu.surfaces.ngsi_ld.projection import WHOLE, read_projection


def iri(name: str) -> str:
    return CORE.expand(name)


def test_nothing_said_gives_everything() -> None:
    shown = read_projection(None, None, CORE)
    assert shown is WHOLE
    assert shown.keeps("id") and shown.keeps(iri("speed")) and shown.below(iri("a")).keeps("type")


def test_pick_gives_only_what_it_names_and_goes_into_links() -> None:
    shown = read_projection("id,locatedAt{id,name,isIn{id}}", None, CORE)
    assert shown.keeps("id") and shown.keeps(iri("locatedAt")) and not shown.keeps("type")
    below = shown.below(iri("locatedAt"))
    assert below.keeps(iri("name")) and not below.keeps("type")
    assert not below.below(iri("isIn")).keeps("type")
    assert below.below(iri("name")).keeps("type"), "nothing in braces: all of a linked entity"


def test_omit_with_braces_means_what_is_inside_them() -> None:
    shown = read_projection(None, "type,locatedAt{name}", CORE)
    assert not shown.keeps("type") and shown.keeps(iri("locatedAt"))
    assert not shown.below(iri("locatedAt")).keeps(iri("name"))


@pytest.mark.parametrize(
    "text", ["", ",", "a,,b", "a{", "a{}", "a}b", "a{b", "{" * 3, "a{" * 40 + "b" + "}" * 40]
)
def test_what_is_no_list_of_names_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(BadRequestData) as caught:
        read_projection(text, None, CORE)
    assert caught.value.fault.where == "pick" and caught.value.fault.remedy
