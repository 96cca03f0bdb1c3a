"""Evolutions: what writes leave behind, what clients tell of the past, and how both are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from statistics import fmean, pstdev

import pytest
from msgspec.structs import replace
from tests.foundation.broker.conftest import START, Hub, V, opened, prop, thing

from chengshu.foundation.broker import temporal_feed
from chengshu.foundation.broker.edit import CreateEntity, DeleteAttribute, DeleteEntity, UpdateAttributes
from chengshu.foundation.broker.errors import NonexistentTenant, ResourceNotFound
from chengshu.foundation.broker.model import NULL, Attribute, AttributePatch, Entity
from chengshu.foundation.broker.query.model import Compare, Number, Query, Selector
from chengshu.foundation.broker.query.model import Path as QueryPath
from chengshu.foundation.broker.temporal import (
    SCOPE,
    AddInstances,
    Ask,
    DropAttribute,
    DropEvolution,
    DropInstance,
    PatchInstance,
    UpsertEvolution,
)
from chengshu.foundation.broker.temporal_feed import TemporalFeed
from chengshu.foundation.journal import Pump
from chengshu.kernel.clock import from_millis, iso, millis

NOW = millis(START)
ONE = "urn:ngsi-ld:Thing:1"
SPEED = V + "speed"
MINUTE = 60_000
ALL = Ask()


def told(name: object = 1, count: int = 10, step: int = MINUTE, **more: object) -> Entity:
    """An evolution with ``count`` speeds, a step apart, from NOW on."""
    speeds = tuple(prop(n, observed_at=iso(from_millis(NOW + n * step))) for n in range(count))
    return thing(name, speed=speeds, **more)


def values(hub: Hub, ask: Ask = ALL, name: str = SPEED) -> list[object]:
    return [item.value for item in hub.queries.evolution("", ONE, ask).entity.attributes.get(name, ())]


@pytest.mark.slow
def test_every_write_leaves_an_instance(hub: Hub) -> None:
    hub.ok(CreateEntity(thing(1, speed=1, colour="red")))
    for speed in (2, 3):
        hub.later(60)
        hub.ok(UpdateAttributes(ONE, thing(1, speed=prop(speed, unit_code="KMH"))))
    found = hub.queries.evolution("", ONE, Ask()).entity
    speeds = found.attributes[SPEED]
    assert [item.value for item in speeds] == [1, 2, 3]
    assert [item.modified_at for item in speeds] == [NOW, NOW + MINUTE, NOW + 2 * MINUTE]
    assert [item.unit_code for item in speeds] == ["", "KMH", "KMH"]
    assert [item.value for item in found.attributes[V + "colour"]] == ["red"]
    ids = {item.instance for items in found.attributes.values() for item in items}
    assert len(ids) == 4 and all(item.startswith("urn:ngsi-ld:Instance:") for item in ids)
    assert (found.types, found.created_at, found.modified_at) == ((V + "Thing",), NOW, NOW + 2 * MINUTE)


def test_values_come_back_as_they_were_said(hub: Hub) -> None:
    said = [
        prop(3),
        prop(3.0),
        prop(2.5, unit_code="CEL"),
        prop(2**60),
        prop(True),
        prop("text"),
        prop({"a": [1, 2]}),
        Attribute("LanguageProperty", {"en": "hello"}),
        Attribute("Relationship", "urn:x:1", object_types=("urn:t",)),
        prop(7, observed_at="2026-07-20T08:00:00.123456Z"),
        prop(7, observed_at="2026-07-20T10:00:01+02:00"),
        prop(1, attributes={V + "accuracy": (prop(2),)}),
    ]
    for item in said:
        hub.ok(UpsertEvolution(thing(1, speed=item)))
        hub.later()
    found = hub.queries.evolution("", ONE, Ask(property="createdAt")).entity.attributes[SPEED]
    plain = [replace(item, created_at=0, modified_at=0, instance="") for item in found]
    assert plain == said
    assert [type(item.value) for item in plain] == [type(item.value) for item in said]


def test_a_deleted_attribute_leaves_its_end(hub: Hub) -> None:
    hub.ok(CreateEntity(thing(1, speed=prop(1, observed_at=iso(START)))))
    hub.later(60)
    hub.ok(DeleteAttribute(ONE, SPEED))
    (end,) = hub.queries.evolution("", ONE, Ask(property="deletedAt")).entity.attributes[SPEED]
    assert (end.value, end.deleted_at) == (NULL, NOW + MINUTE)
    after = Ask("after", NOW, property="deletedAt")
    assert values(hub, after) == [NULL] and values(hub, replace(after, at=NOW + MINUTE)) == []
    assert values(hub, Ask("after", NOW - 1)) == [1]


def test_scopes_evolve_too(hub: Hub) -> None:
    hub.ok(CreateEntity(thing(1, scopes=("/a", "/b"), speed=1)))
    hub.later()
    hub.ok(DeleteAttribute(ONE, SCOPE))
    first, second = hub.queries.evolution("", ONE, Ask()).entity.attributes[SCOPE]
    assert (first.value, first.deleted_at) == (["/a", "/b"], 0)
    assert (second.value, second.deleted_at) == ([], NOW + 1000)


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
@pytest.mark.parametrize("forget", [True, False])
def test_an_evolution_outlives_its_entity_or_not(engine: str, forget: bool, tmp_path: Path) -> None:
    with opened(engine, tmp_path, forget=forget) as hub:
        hub.do(CreateEntity(thing(1, speed=1)), CreateEntity(thing(2, speed=1)))
        hub.later()
        hub.ok(DeleteEntity(ONE))
        if forget:
            with pytest.raises(ResourceNotFound):
                hub.queries.evolution("", ONE, Ask())
        else:
            found = hub.queries.evolution("", ONE, Ask()).entity
            assert found.deleted_at == NOW + 1000
            assert [item.value for item in found.attributes[SPEED]] == [1, NULL]
        assert hub.queries.evolution("", "urn:ngsi-ld:Thing:2", Ask()).entity.attributes[SPEED][0].value == 1


def test_pump_and_readers_may_both_bring_evolutions_up_to_date(hub: Hub) -> None:
    """Whoever comes first: no instance is lost or doubled."""
    pump = Pump(hub.database, hub.clock, [hub.evolutions], strict=True)
    hub.ok(CreateEntity(thing(1, speed=0)))
    for n in range(1, 12):
        hub.later()
        hub.ok(UpdateAttributes(ONE, thing(1, speed=n)))
        if n % 3 == 0:
            assert values(hub) == list(range(n + 1))
        if n % 4 == 0:
            pump.drain()
    effect = hub.evolutions.prepare(list(_all_changes(hub)))
    assert effect is not None
    hub.database.write(effect)
    assert values(hub) == list(range(12))
    assert Pump(hub.database, hub.clock, [hub.evolutions], strict=True).drain() == 0


class Ticking:
    """A clock on which every look takes ten milliseconds."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        self.at += timedelta(milliseconds=10)
        return self.at


def test_what_brings_evolutions_up_to_date_gives_way_to_writers(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Ticking()
    feed = TemporalFeed(hub.database, clock=clock)

    def rest() -> float:
        """How long it rests after a portion, in times as long as that took."""
        started = clock.now()
        feed.tick(started)
        assert feed._rest is not None
        return (feed._rest - clock.at) / (clock.at - started)

    hub.ok(CreateEntity(thing(1, speed=0)))
    busy = rest()
    quiet = rest()
    hub.later()
    hub.ok(UpdateAttributes(ONE, thing(1, speed=1)))
    assert rest() == busy > quiet > 1
    assert rest() == quiet
    for n in range(3):
        hub.later()
        hub.ok(UpdateAttributes(ONE, thing(1, speed=n)))
    monkeypatch.setattr(temporal_feed, "_FAR", 2)
    monkeypatch.setattr(temporal_feed, "_BITE", 1)
    assert rest() == busy  # two are left
    for n in range(3):
        hub.later()
        hub.ok(UpdateAttributes(ONE, thing(1, speed=n)))
    assert rest() == quiet  # it is too far behind to wait


def _all_changes(hub: Hub) -> Iterator[object]:
    from chengshu.foundation.journal import changes_after

    with hub.database.read() as connection:
        yield from [item for item in changes_after(connection, 0) if item.kind == "linked.changed"]


@pytest.mark.parametrize(
    ("ask", "wanted"),
    [
        (Ask(), range(10)),
        (Ask("before", NOW + 3 * MINUTE), range(3)),
        (Ask("after", NOW + 3 * MINUTE), range(4, 10)),
        (Ask("between", NOW + 3 * MINUTE, NOW + 6 * MINUTE), range(4, 6)),
        (Ask(last=3), range(7, 10)),
        (Ask("before", NOW + 5 * MINUTE, last=2), range(3, 5)),
        (Ask("after", NOW, property="modifiedAt"), ()),
        (Ask("before", NOW + 1, property="createdAt"), range(10)),
        (Ask("after", NOW + 100 * MINUTE), ()),
    ],
)
def test_time_is_asked_for_in_every_way(hub: Hub, ask: Ask, wanted: range) -> None:
    hub.ok(UpsertEvolution(told()))
    found = hub.queries.evolution("", ONE, ask)
    assert [item.value for item in found.entity.attributes[SPEED]] == list(wanted)
    assert not found.cut


def test_a_page_of_time_is_the_same_for_all_attributes(hub: Hub) -> None:
    slow = tuple(prop(n, observed_at=iso(from_millis(NOW + n * 3 * MINUTE))) for n in range(10))
    hub.ok(UpsertEvolution(told(slow=slow)))
    seen: dict[str, list[object]] = {SPEED: [], V + "slow": []}
    at, rounds = NOW - 1, 0
    while True:
        found = hub.queries.evolution("", ONE, Ask("after", at, most=4))
        for name, items in found.entity.attributes.items():
            seen[name] += [item.value for item in items]
        rounds += 1
        if not found.cut:
            break
        assert found.last is not None and found.last > at
        at = found.last
    assert seen == {SPEED: list(range(10)), V + "slow": list(range(10))}
    assert rounds > 2
    backwards = hub.queries.evolution("", ONE, Ask(last=8, most=4))
    assert backwards.cut and [item.value for item in backwards.entity.attributes[SPEED]] == []
    assert [item.value for item in backwards.entity.attributes[V + "slow"]] == [6, 7, 8, 9]


def test_a_moment_is_never_cut_in_two(hub: Hub) -> None:
    twice = tuple(
        prop(10 * n + d, observed_at=iso(from_millis(NOW + n * MINUTE))) for n in range(4) for d in range(2)
    )
    hub.ok(UpsertEvolution(thing(1, speed=twice)))
    found = hub.queries.evolution("", ONE, Ask(most=3))
    assert found.cut and [item.value for item in found.entity.attributes[SPEED]] == [0, 1]
    rest = hub.queries.evolution("", ONE, Ask("after", found.last or 0))
    assert [item.value for item in rest.entity.attributes[SPEED]] == [10, 11, 20, 21, 30, 31]


def test_only_some_attributes_and_datasets(hub: Hub) -> None:
    speeds = (prop(1), prop(2, dataset="urn:d:1"), prop(3, dataset="urn:d:2"))
    hub.ok(UpsertEvolution(thing(1, speed=speeds, colour="red")))
    found = hub.queries.evolution("", ONE, Ask(attributes=(SPEED,), datasets=("", "urn:d:2"))).entity
    assert [item.value for item in found.attributes[SPEED]] == [1, 3]
    assert set(found.attributes) == {SPEED}


# ---- provision -------------------------------------------------------------------------------------------


def test_an_instance_of_the_same_moment_takes_the_place_of_the_old(hub: Hub) -> None:
    assert hub.ok(UpsertEvolution(told(count=3))).created
    before = hub.queries.evolution("", ONE, Ask()).entity.attributes[SPEED]
    hub.later()
    again = thing(1, speed=prop(70, observed_at=iso(from_millis(NOW + MINUTE))))
    assert not hub.ok(UpsertEvolution(again)).created
    after = hub.queries.evolution("", ONE, Ask()).entity.attributes[SPEED]
    assert [item.value for item in after] == [0, 70, 2]
    assert [item.instance for item in after] == [item.instance for item in before]


def test_instances_are_added_changed_and_forgotten(hub: Hub) -> None:
    hub.ok(UpsertEvolution(told(count=3)))
    hub.ok(AddInstances(ONE, thing(1, colour="red", speed=prop(9, dataset="urn:d:1"))))
    items = hub.queries.evolution("", ONE, Ask(datasets=("",))).entity.attributes[SPEED]
    hub.later()
    patch = AttributePatch(value=11, observed_at=iso(from_millis(NOW + 90 * MINUTE)))
    hub.ok(PatchInstance(ONE, SPEED, items[0].instance, patch))
    hub.ok(DropInstance(ONE, SPEED, items[1].instance))
    left = hub.queries.evolution("", ONE, Ask(datasets=("",))).entity.attributes[SPEED]
    assert [(item.value, item.instance) for item in left] == [(2, items[2].instance), (11, items[0].instance)]
    assert left[1].created_at == NOW and left[1].modified_at == NOW + 1000
    hub.ok(DropAttribute(ONE, SPEED))
    assert values(hub) == [9]
    hub.ok(DropAttribute(ONE, SPEED, all_instances=True))
    assert SPEED not in hub.queries.evolution("", ONE, Ask()).entity.attributes
    for command in (
        DropAttribute(ONE, SPEED),
        DropInstance(ONE, V + "colour", "urn:ngsi-ld:Instance:ffff"),
        DropInstance(ONE, V + "colour", "nonsense"),
        PatchInstance(ONE, V + "never", items[0].instance, patch),
        AddInstances("urn:ngsi-ld:Thing:none", thing(1, speed=1)),
        DropEvolution("urn:ngsi-ld:Thing:none"),
    ):
        with pytest.raises(ResourceNotFound):
            hub.ok(command)
    hub.ok(DropEvolution(ONE))
    with pytest.raises(ResourceNotFound):
        hub.queries.evolution("", ONE, Ask())


def test_a_failing_temporal_command_leaves_its_neighbours_whole(hub: Hub) -> None:
    results = hub.do(
        UpsertEvolution(told(1, count=2)),
        PatchInstance(
            "urn:ngsi-ld:Thing:1", V + "unheard", "urn:ngsi-ld:Instance:1", AttributePatch(value=1)
        ),
        UpsertEvolution(thing(2, unheard=5)),
        CreateEntity(thing(3, speed=4)),
    )
    assert [isinstance(result, ResourceNotFound) for result in results] == [False, True, False, False]
    found = hub.queries.evolution("", "urn:ngsi-ld:Thing:2", Ask()).entity
    assert [item.value for item in found.attributes[V + "unheard"]] == [5]


def test_an_entity_told_by_its_past_is_there_now_and_goes_with_it(hub: Hub) -> None:
    hub.ok(UpsertEvolution(told(count=3)))
    assert hub.queries.get("", ONE).attributes[SPEED][0].value == 2
    hub.ok(AddInstances(ONE, thing(1, speed=prop(5, observed_at=iso(from_millis(NOW + 9 * MINUTE))))))
    assert hub.queries.get("", ONE).attributes[SPEED][0].value == 5
    hub.ok(AddInstances(ONE, thing(1, speed=prop(6, observed_at=iso(from_millis(NOW - MINUTE))))))
    assert hub.queries.get("", ONE).attributes[SPEED][0].value == 5
    hub.ok(DeleteAttribute(ONE, SPEED))
    assert values(hub) == [6, 0, NULL, 1, 2, 5]  # it went at the moment that 0 was observed
    hub.ok(DropEvolution(ONE))
    assert hub.queries.peek("", ONE) is None


def test_an_entity_of_its_own_stays_when_its_past_is_forgotten(hub: Hub) -> None:
    hub.ok(CreateEntity(thing(1, speed=1)))
    hub.ok(UpsertEvolution(told(count=3)))
    hub.ok(DropEvolution(ONE))
    assert hub.queries.get("", ONE).attributes[SPEED][0].value == 1


# ---- queries ---------------------------------------------------------------------------------------------


def test_evolutions_are_found_by_type_id_attribute_and_value_in_time(hub: Hub) -> None:
    hub.do(
        *(UpsertEvolution(told(n, count=n + 1)) for n in range(5)),
        UpsertEvolution(thing("b", "Bus", colour="red")),
    )
    things = (Selector(types=((V + "Thing",),)),)

    def names(query: Query, ask: Ask = ALL, **page: int) -> list[str]:
        found = hub.queries.evolutions("", query, ask, **page)
        return [item.entity.id.rpartition(":")[2] for item in found.items]

    assert names(Query(selectors=things)) == ["0", "1", "2", "3", "4"]
    assert names(Query(selectors=things), limit=2, offset=1) == ["1", "2"]
    assert names(Query(selectors=things), Ask("after", NOW + 2 * MINUTE)) == ["3", "4"]
    assert names(Query(selectors=(Selector(ids=(ONE, "urn:ngsi-ld:Bus:b")),))) == ["1", "b"]
    assert names(Query(selectors=(Selector(id_pattern="[34]$"),))) == ["3", "4"]
    assert names(Query(attrs=(V + "colour",))) == ["b"]
    fast = Compare(QueryPath((SPEED,)), ">", (Number(2.0),))
    assert names(Query(selectors=things, q=fast)) == ["3", "4"]
    assert names(Query(selectors=things, q=fast), Ask("before", NOW + 3 * MINUTE)) == []
    found = hub.queries.evolutions("", Query(selectors=things), Ask(), limit=1, count=True)
    assert found.total == 5
    with pytest.raises(NonexistentTenant):
        hub.queries.evolutions("nowhere", Query(), Ask())


def test_a_page_of_entities_is_cut_at_one_moment(hub: Hub) -> None:
    hub.do(UpsertEvolution(told(1, count=8)), UpsertEvolution(told(2, count=8, step=2 * MINUTE)))
    found = hub.queries.evolutions("", Query(attrs=(SPEED,)), Ask(most=4))
    first, second = (item.entity.attributes[SPEED] for item in found.items)
    assert found.cut and (found.first, found.last) == (NOW, NOW + 3 * MINUTE)
    assert [item.value for item in first] == [0, 1, 2, 3] and [item.value for item in second] == [0, 1]


# ---- aggregates ------------------------------------------------------------------------------------------


def aggregates(hub: Hub, ask: Ask, name: str = SPEED) -> dict[str, list[tuple[object, int, int]]]:
    (found,) = (item for item in hub.queries.evolution("", ONE, ask).aggregates if item.name == name)
    return {
        method: [(item.value, item.start, item.end) for item in items]
        for method, items in found.methods.items()
    }


def test_aggregates_over_all_of_it(hub: Hub) -> None:
    hub.ok(UpsertEvolution(told(count=6)))
    ask = Ask(methods=("totalCount", "distinctCount", "sum", "avg", "min", "max", "stddev", "sumsq"))
    found = aggregates(hub, ask)
    span = (NOW, NOW + 5 * MINUTE)
    assert {method: value for method, ((value, *_),) in found.items()} == pytest.approx(
        {
            "totalCount": 6,
            "distinctCount": 6,
            "sum": 15,
            "avg": 2.5,
            "min": 0,
            "max": 5,
            "stddev": pstdev(range(6)),
            "sumsq": 55,
        }
    )
    assert {items[0][1:] for items in found.values()} == {span}


def test_aggregates_by_period_begin_where_it_was_asked(hub: Hub) -> None:
    hub.ok(UpsertEvolution(told(count=10)))
    found = aggregates(hub, Ask("after", NOW - 2 * MINUTE, methods=("avg",), period="PT4M"))
    start = NOW - 2 * MINUTE
    wanted = [
        (fmean(part), start + n * 4 * MINUTE, start + (n + 1) * 4 * MINUTE)
        for n, part in enumerate(([0, 1], [2, 3, 4, 5], [6, 7, 8, 9]))
    ]
    assert found["avg"] == wanted


def test_calendar_months_are_as_long_as_they_are(hub: Hub) -> None:
    days = ("2026-01-31", "2026-02-27", "2026-02-28", "2026-03-30", "2026-03-31")
    speeds = tuple(prop(n, observed_at=f"{day}T00:00:00Z") for n, day in enumerate(days))
    hub.ok(UpsertEvolution(thing(1, speed=speeds)))
    found = aggregates(hub, Ask(methods=("totalCount",), period="P1M"))["totalCount"]
    assert [(value, iso(from_millis(start))[:10]) for value, start, _ in found] == [
        (2, "2026-01-31"),
        (2, "2026-02-28"),
        (1, "2026-03-31"),
    ]


def test_aggregates_of_what_is_no_number(hub: Hub) -> None:
    texts = tuple(prop(word, observed_at=iso(from_millis(NOW + n))) for n, word in enumerate(["b", "a", "b"]))
    flags = tuple(
        prop(flag, observed_at=iso(from_millis(NOW + n))) for n, flag in enumerate([True, False, True])
    )
    lists = tuple(prop(list(range(n)), observed_at=iso(from_millis(NOW + n))) for n in (1, 3))
    hub.ok(UpsertEvolution(thing(1, words=texts, flags=flags, lists=lists)))
    ask = Ask(methods=("totalCount", "distinctCount", "sum", "min", "max"))

    def plain(name: str) -> list[object]:
        return [items[0][0] for items in aggregates(hub, ask, V + name).values()]

    assert plain("words") == [3, 2, None, "a", "b"]
    assert plain("flags") == [3, 2, 2, 0, 1]
    assert plain("lists") == [2, 2, 4, 1, 3]


def test_deletions_do_not_count(hub: Hub) -> None:
    hub.ok(CreateEntity(thing(1, speed=prop(4, observed_at=iso(START)))))
    hub.later()
    hub.ok(DeleteAttribute(ONE, SPEED))
    assert aggregates(hub, Ask(methods=("totalCount", "sum")))["totalCount"][0][0] == 1
