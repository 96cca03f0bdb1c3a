"""Properties of the assignment: rules are kept whatever comes, and commitments unless they must be broken."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from world import at, roads

from chengshu.engines.pyvrp import PyVrpSolver
from chengshu.ports.routing import UNREACHABLE
from chengshu.scenes.response.assignment import Hand, Want, assign
from chengshu.scenes.response.declared import Dispatch

ROADS = roads()
RULE = Dispatch(iterations=40, prize_seconds=10)


def scene(seed, hands, wants):
    random = np.random.default_rng(seed)
    units = []
    for i in range(hands):
        skills = frozenset({"pump"}) if random.random() < 0.7 else frozenset()
        units.append(Hand(f"u{i}", "PumpTruck", skills, *at(*random.uniform(0, 6, 2)), 0.2))
    places = []
    for i in range(wants):
        barred = frozenset(f"u{j}" for j in range(hands) if random.random() < 0.1)
        places.append(
            Want(
                f"s{i}",
                "pump",
                "PumpTruck",
                frozenset({"pump"}),
                *at(*random.uniform(0, 6, 2)),
                float(random.uniform(0, 200)),
                True,
                600,
                barred,
            )
        )
    closed = frozenset(int(e) for e in random.choice(len(ROADS.edges), 25, replace=False))
    return units, places, closed


@settings(max_examples=examples(25))
@given(st.integers(0, 10_000), st.integers(0, 6), st.integers(0, 10))
def test_every_choice_keeps_the_rules_and_every_want_is_answered(seed, hands, wants):
    units, places, closed = scene(seed, hands, wants)
    answer = assign(places, units, closed, ROADS, PyVrpSolver(), RULE)
    by_unit, by_slot = {unit.id: unit for unit in units}, {want.slot: want for want in places}
    assert len({choice.unit for choice in answer.choices}) == len(answer.choices)
    assert len({choice.slot for choice in answer.choices}) == len(answer.choices)
    assert {choice.slot for choice in answer.choices} | set(answer.unserved) == set(by_slot)
    for choice in answer.choices:
        unit, want = by_unit[choice.unit], by_slot[choice.slot]
        assert want.skills <= unit.skills
        assert unit.id not in want.not_units
        way = ROADS.travel(
            [ROADS.snap(unit.lon, unit.lat).node], [ROADS.snap(want.lon, want.lat).node], closed
        )
        assert way[0, 0] != UNREACHABLE


@settings(max_examples=examples(20))
@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(2, 8))
def test_planning_again_with_nothing_new_changes_nothing(seed, hands, wants):
    units, places, closed = scene(seed, hands, wants)
    first = assign(places, units, closed, ROADS, PyVrpSolver(), RULE)
    given_to = {choice.unit: choice.slot for choice in first.choices}
    held = [Hand(u.id, u.type, u.skills, u.lon, u.lat, u.capacity, given_to.get(u.id)) for u in units]
    again = assign(places, held, closed, ROADS, PyVrpSolver(), RULE)
    assert not again.broken
    assert {c.unit: c.slot for c in again.choices if c.kept} == given_to


def test_a_commitment_is_broken_only_for_much():
    near, far = at(1, 0), at(5, 0)
    hand = Hand("u", "PumpTruck", frozenset(), *at(0, 0), 0.2, slot="small")

    def wants(worth):
        return [
            Want("small", "pump", "PumpTruck", frozenset(), *near, 60.0, True, 0),
            Want("big", "pump", "PumpTruck", frozenset(), *far, worth, True, 0),
        ]

    little = assign(wants(100.0), [hand], frozenset(), ROADS, PyVrpSolver(), RULE)
    assert [(c.slot, c.kept) for c in little.choices] == [("small", True)]
    much = assign(wants(500.0), [hand], frozenset(), ROADS, PyVrpSolver(), RULE)
    assert [(c.slot, c.kept) for c in much.choices] == [("big", False)]
    assert much.broken == {"small": "not_worth"}
