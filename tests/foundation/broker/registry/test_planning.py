"""Who is asked for what: exclusive before redirect before everybody else, and nothing asked twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chengshu.foundation.broker.query.model import Selector
from chengshu.foundation.broker.registry.index import RegistrationIndex
from chengshu.foundation.broker.registry.model import EntityInfo, Information, Mode, Registration
from chengshu.foundation.broker.registry.planning import keeps, plan_read, plan_write

PUMP, GATE = "https://x/Pump", "https://x/Gate"
ONE = Selector(("urn:1",), "", ((PUMP,),))
NAMES = ("a", "b", "c", "d")


def source(
    name: str,
    mode: Mode = "inclusive",
    names: tuple[str, ...] = (),
    *,
    id_: str = "",
    operations: tuple[str, ...] = ("redirectionOps",),
) -> Registration:
    return Registration(
        name, f"http://{name}", (Information((EntityInfo((PUMP,), id_),), names),), mode, operations
    )


def asked(plan: object) -> dict[str, object]:
    return {part.registration.id: part.names for part in plan.parts}  # type: ignore[attr-defined]


def test_each_attribute_has_its_sources() -> None:
    sources = [
        source("inc"),
        source("red", "redirect", ("b", "c")),
        source("exc", "exclusive", ("a", "b"), id_="urn:1"),
        source("aux", "auxiliary"),
        source("other", "exclusive", ("a",), id_="urn:2"),
    ]
    plan = plan_write(sources, ("createEntity",), ONE, frozenset(NAMES))
    assert asked(plan) == {"exc": {"a", "b"}, "red": {"c"}, "inc": {"d"}}
    assert plan.taken == {"a", "b", "c"}
    assert keeps(plan, frozenset(NAMES))
    assert not keeps(plan, frozenset({"a", "b"}))


def test_a_redirect_of_everything_leaves_nothing() -> None:
    plan = plan_write([source("red", "redirect"), source("inc")], ("deleteEntity",), ONE, None)
    assert asked(plan) == {"red": None}
    assert plan.taken is None
    assert not keeps(plan, None)


def test_all_redirect_sources_get_theirs() -> None:
    plan = plan_write(
        [source("one", "redirect"), source("two", "redirect")], ("createEntity",), ONE, frozenset("a")
    )
    assert asked(plan) == {"one": {"a"}, "two": {"a"}}


def test_what_a_proxy_does_not_offer_is_blocked() -> None:
    sources = [source("exc", "exclusive", ("a",), id_="urn:1", operations=("retrieveOps",)), source("inc")]
    plan = plan_write(sources, ("createEntity",), ONE, frozenset({"a", "b"}))
    assert [part.registration.id for part in plan.blocked] == ["exc"]
    assert asked(plan) == {"inc": {"b"}}


def test_an_inclusive_source_without_the_operation_is_left_alone() -> None:
    plan = plan_write([source("inc", operations=())], ("createEntity",), ONE, frozenset("a"))
    assert not plan


def test_reading_takes_the_best_operation_offered() -> None:
    sources = [
        source("one", operations=("queryEntity",)),
        source("two"),
        source("three", operations=("updateOps",)),
    ]
    plan = plan_read(sources, ("retrieveEntity", "queryEntity"), (ONE,))
    assert {part.registration.id: part.operation for part in plan.parts} == {
        "one": "queryEntity",
        "two": "retrieveEntity",
    }
    assert not plan.claims


def test_reading_asks_for_what_both_want() -> None:
    plan = plan_read([source("one", "redirect", ("a", "b"))], ("queryEntity",), (ONE,), ("b", "c"))
    assert asked(plan) == {"one": {"b"}}
    assert [claim.names for claim in plan.claims] == [frozenset({"a", "b"})]
    assert not plan_read([source("one", "redirect", ("a",))], ("queryEntity",), (ONE,), ("c",))
    assert not plan_read([source("one", id_="urn:2")], ("queryEntity",), (ONE,))


modes: st.SearchStrategy[Mode] = st.sampled_from(["inclusive", "exclusive", "redirect", "auxiliary"])
held = st.lists(st.sampled_from(NAMES), max_size=3, unique=True).map(tuple)


@given(st.lists(st.tuples(modes, held), max_size=6), st.frozensets(st.sampled_from(NAMES), min_size=1))
def test_every_attribute_is_written_somewhere_and_never_beside_a_proxy(
    made: list[tuple[Mode, tuple[str, ...]]], names: frozenset[str]
) -> None:
    sources = [
        source(str(at), mode, held or (("a",) if mode == "exclusive" else ()))
        for at, (mode, held) in enumerate(made)
    ]
    plan = plan_write(sources, ("createEntity",), ONE, names)
    proxies, others = set(), set()
    for part in plan.parts:
        (proxies if part.registration.mode in ("exclusive", "redirect") else others).update(
            part.names or names
        )
        assert part.registration.mode != "auxiliary"
    local = set() if plan.taken is None else set(names - plan.taken)
    assert proxies | local >= names
    assert not proxies & (others | local)
    exclusive = [set(part.names or names) for part in plan.parts if part.registration.mode == "exclusive"]
    redirected = [set(part.names or names) for part in plan.parts if part.registration.mode == "redirect"]
    assert not any(one & other for one in exclusive for other in redirected)


def test_the_index_finds_by_type_and_forgets_what_is_over() -> None:
    index = RegistrationIndex()
    gone = Registration(
        "old", "http://x", (Information((EntityInfo((PUMP,)),)),), expires_at="2026-01-01T00:00:00Z"
    )
    anything = Registration("any", "http://x", (Information(properties=("a",)),))
    index.put("t", [source("one"), gone, anything])
    assert not index.any("other")
    assert index.candidates("other", 0) is None
    found = index.candidates("t", 1_785_000_000_000)
    assert found is not None
    assert [one.id for one in found.about((PUMP,))] == ["one", "any"]
    assert [one.id for one in found.about((GATE,))] == ["any"]
    assert [one.id for one in found.about()] == ["one", "any"]
    index.put("t", [])
    assert not index.any("t")
