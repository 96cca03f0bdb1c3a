"""Views of the same entity made into one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chengshu.foundation.broker.model import Attribute, Entity
from chengshu.foundation.broker.registry.merging import View, merge_views
from chengshu.foundation.broker.registry.model import EntityInfo, Information, Mode, Registration
from chengshu.foundation.broker.registry.planning import Claim, Part
from chengshu.foundation.broker.registry.timelines import join_lists, join_timelines

T = "https://x/T"
values = st.builds(
    Attribute,
    kind=st.just("Property"),
    value=st.integers(0, 99),
    modified_at=st.integers(1, 9),
    observed_at=st.sampled_from(["", "2026-08-21T06:00:00Z", "2026-08-21T07:00:00Z"]),
    dataset=st.sampled_from(["", "urn:d:1"]),
)
attributes = st.dictionaries(
    st.sampled_from("abc"),
    st.lists(values, min_size=1, max_size=2, unique_by=lambda one: one.dataset).map(tuple),
    max_size=3,
)
views = st.lists(
    st.tuples(
        st.sampled_from(["inclusive", "redirect", "auxiliary"]),
        st.dictionaries(st.sampled_from(["urn:1", "urn:2"]), attributes),
    ),
    max_size=4,
)


def part(name: str, mode: Mode, names: frozenset[str] | None = None) -> Part:
    registration = Registration(name, "http://x", (Information((EntityInfo((T,)),)),), mode)
    return Part(registration, "queryEntity", names)


def entity(id_: str, held: dict[str, tuple[Attribute, ...]]) -> Entity:
    return Entity(id_, (T,), attributes=held)


@given(views)
def test_nothing_is_invented_and_nothing_is_lost(
    made: list[tuple[Mode, dict[str, dict[str, tuple[Attribute, ...]]]]],
) -> None:
    all_views = [
        View(tuple(entity(id_, held) for id_, held in said.items()), part(str(at), mode))
        for at, (mode, said) in enumerate(made)
    ]
    merged = {one.id: one for one in merge_views(all_views)}
    assert merged.keys() == {id_ for _, said in made for id_ in said}
    for id_, one in merged.items():
        said = {
            (name, instance.dataset): []
            for _, ids in made
            for name, held in ids.get(id_, {}).items()
            for instance in held
        }
        for _, ids in made:
            for name, held in ids.get(id_, {}).items():
                for instance in held:
                    said[name, instance.dataset].append(instance)
        found = {(name, each.dataset): each for name, held in one.attributes.items() for each in held}
        assert found.keys() == said.keys()
        assert all(found[key] in said[key] for key in found)


@given(attributes, attributes)
def test_an_auxiliary_source_changes_nothing_that_is_there(
    own: dict[str, tuple[Attribute, ...]], other: dict[str, tuple[Attribute, ...]]
) -> None:
    (merged,) = merge_views(
        [View((entity("urn:1", own),)), View((entity("urn:1", other),), part("x", "auxiliary"))]
    )
    for name, held in own.items():
        assert set(map(repr, held)) <= set(map(repr, merged.attributes[name]))


def test_the_newest_by_observation_then_by_change() -> None:
    early = Attribute("Property", 1, modified_at=9, observed_at="2026-08-21T06:00:00Z")
    late = Attribute("Property", 2, modified_at=1, observed_at="2026-08-21T07:00:00Z")
    plain = Attribute("Property", 3, modified_at=5)
    source = part("x", "inclusive")
    for one, other, expected in ((early, late, 2), (late, early, 2), (early, plain, 1), (late, plain, 3)):
        (merged,) = merge_views(
            [View((entity("urn:1", {"a": (one,)}),)), View((entity("urn:1", {"a": (other,)}),), source)]
        )
        assert merged.attributes["a"][0].value == expected


def test_what_a_proxy_answers_for_counts_from_there_alone() -> None:
    own = entity("urn:1", {"a": (Attribute("Property", 1, modified_at=9),), "b": (Attribute("Property", 1),)})
    theirs = entity(
        "urn:1", {"a": (Attribute("Property", 2, modified_at=1),), "b": (Attribute("Property", 2),)}
    )
    proxy = part("x", "exclusive", frozenset("a"))
    claim = Claim(proxy.registration, (EntityInfo((T,)),), frozenset("a"))
    (merged,) = merge_views([View((own,)), View((theirs,), proxy)], [claim])
    assert {name: held[0].value for name, held in merged.attributes.items()} == {"a": 2, "b": 1}
    (alone,) = merge_views([View((own,)), View((), proxy)], [claim])
    assert alone.attributes.keys() == {"b"}
    assert merge_views([View((own,))], [Claim(proxy.registration, (), None)]) == []


def test_lists_are_united_and_counts_added() -> None:
    one = {"id": "T", "entityCount": 2, "attributeDetails": [{"id": "a", "attributeTypes": ["Property"]}]}
    two = {
        "id": "T",
        "entityCount": 3,
        "attributeDetails": [{"id": "a", "attributeTypes": ["Relationship"]}, {"id": "b"}],
    }
    assert join_lists([one, two]) == {
        "id": "T",
        "entityCount": 5,
        "attributeDetails": [{"id": "a", "attributeTypes": ["Property", "Relationship"]}, {"id": "b"}],
    }


def test_timelines_stand_in_order_of_time() -> None:
    def at(*hours: int) -> list[dict[str, object]]:
        return [
            {"type": "Property", "value": hour, "observedAt": f"2026-08-21T{hour:02}:00:00Z"}
            for hour in hours
        ]

    one, two = {"id": "urn:1", "a": at(9, 7)}, {"id": "urn:1", "a": at(8, 6), "b": at(1)}
    assert join_timelines([one, two]) == {"id": "urn:1", "a": at(9, 8, 7, 6), "b": at(1)}
    assert join_timelines([[one], [two]], 2)[0]["a"] == at(9, 8)
    compact = {"type": "Property", "values": [[1, "2026-08-21T01:00:00Z"]]}
    other = {"type": "Property", "values": [[2, "2026-08-21T00:00:00Z"]]}
    joined = join_timelines([{"id": "urn:1", "a": compact}, {"id": "urn:1", "a": other}])
    assert [value for value, _ in joined["a"]["values"]] == [2, 1]
