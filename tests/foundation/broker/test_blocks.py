"""Blocks spare reading instances and never say anything else than they do."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.foundation.broker.conftest import START, Hub, V, opened, prop, thing

from chengshu.foundation.broker import store, store_blocks, store_temporal
from chengshu.foundation.broker.model import AttributePatch
from chengshu.foundation.broker.temporal import Ask, DropInstance, Method, PatchInstance, UpsertEvolution
from chengshu.kernel.clock import from_millis, iso, millis

NOW = millis(START)
SPEED = V + "speed"
METHODS: tuple[Method, ...] = ("totalCount", "distinctCount", "sum", "min", "max", "sumsq")
_names = count(1)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def lasting(request: pytest.FixtureRequest) -> Iterator[Hub]:
    with tempfile.TemporaryDirectory() as folder, opened(request.param, Path(folder)) as hub:
        yield hub


def blocks(hub: Hub) -> int:
    with hub.database.read() as connection:
        return int(store.rows(connection, "SELECT count(*) FROM linked_blocks")[0][0])


steps = st.one_of(
    st.tuples(
        st.just("add"), st.lists(st.tuples(st.integers(0, 60), st.integers(-5, 5)), min_size=1, max_size=12)
    ),
    st.tuples(st.sampled_from(["patch", "move", "text", "drop"]), st.integers(0, 1000)),
)


@settings(max_examples=examples(40), suppress_health_check=list(HealthCheck))
@given(st.lists(steps, min_size=3, max_size=15), st.integers(-1, 61), st.integers(-1, 61))
def test_aggregates_by_blocks_are_those_of_the_instances(
    lasting: Hub, told: list[tuple[str, object]], start: int, end: int
) -> None:
    name = f"urn:ngsi-ld:Thing:{next(_names)}"
    with pytest.MonkeyPatch.context() as patch:
        for module in (store_blocks, store_temporal):
            patch.setattr(module, "SIZE", 4)
        patch.setattr(store_blocks, "_LOOSE", 1)
        for what, how in told:
            change(lasting, name, what, how)
        for ask in (
            Ask(),
            Ask("between", NOW + start * 1000, NOW + end * 1000),
            Ask("after", NOW + start * 1000),
        ):
            check(lasting, name, ask)


def change(hub: Hub, name: str, what: str, how: object) -> None:
    if what == "add":
        assert isinstance(how, list)
        items = tuple(prop(value, observed_at=iso(from_millis(NOW + at * 1000))) for at, value in how)
        hub.ok(UpsertEvolution(thing(name.rpartition(":")[2], speed=items)))
        return
    assert isinstance(how, int)
    if hub.queries.peek("", name) is None:
        return
    present = hub.queries.evolution("", name, Ask()).entity.attributes.get(SPEED, ())
    if not present:
        return
    instance = present[how % len(present)].instance
    patches = {
        "patch": AttributePatch(value=how),
        "move": AttributePatch(observed_at=iso(from_millis(NOW + how % 60 * 1000))),
        "text": AttributePatch(value="none"),
    }
    if what == "drop":
        hub.ok(DropInstance(name, SPEED, instance))
    else:
        hub.ok(PatchInstance(name, SPEED, instance, patches[what]))


def check(hub: Hub, name: str, ask: Ask) -> None:
    if hub.queries.peek("", name) is None:
        return
    items = hub.queries.evolution("", name, ask).entity.attributes.get(SPEED, ())
    found = hub.queries.evolution("", name, Ask(ask.relation, ask.at, ask.end, methods=METHODS)).aggregates
    numbers = [float(item.value) for item in items if not isinstance(item.value, str)]
    if not items or len(numbers) < len(items):
        return
    values = {method: items[0].value for method, items in found[0].methods.items()}
    assert values == pytest.approx(
        {
            "totalCount": len(numbers),
            "distinctCount": len(set(numbers)),
            "sum": sum(numbers),
            "min": min(numbers),
            "max": max(numbers),
            "sumsq": sum(number * number for number in numbers),
        }
    )


@pytest.mark.slow
def test_a_long_series_is_packed_and_a_late_value_unpacks_only_its_place(hub: Hub) -> None:
    def told(first: int, last: int) -> None:
        items = tuple(prop(n / 7, observed_at=iso(from_millis(NOW + n * 1000))) for n in range(first, last))
        hub.ok(UpsertEvolution(thing(1, speed=items)))

    for first in range(0, 6000, 1500):
        told(first, first + 1500)
    packed = blocks(hub)
    assert packed >= 4
    check(hub, "urn:ngsi-ld:Thing:1", Ask(most=10_000))
    hub.ok(UpsertEvolution(thing(1, speed=prop(1000.5, observed_at=iso(from_millis(NOW + 2_000_500))))))
    assert blocks(hub) == packed - 1
    check(hub, "urn:ngsi-ld:Thing:1", Ask(most=10_000))
    hub.ok(UpsertEvolution(thing(1, speed=prop("text", observed_at=iso(from_millis(NOW + 9_000_000))))))
    (mixed,) = hub.queries.evolution("", "urn:ngsi-ld:Thing:1", Ask(methods=("totalCount", "sum"))).aggregates
    assert [mixed.methods[name][0].value for name in ("totalCount", "sum")] == [6002, None]
