"""Grades along lineage: monotone, idempotent, stopped by breakers, at peace with cycles."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kernel.errors import Invalid
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text
from chengshu.resources.grading.lineage import TRANSFORMS, Step, as_graded, effect_on, propagate
from chengshu.resources.grading.model import Grade

EFFECT = effect_on(date(2026, 7, 1))
COLUMNS = st.sampled_from([f"t{table}.c{column}" for table in range(4) for column in range(3)])
STEPS = st.lists(
    st.builds(Step, COLUMNS, COLUMNS, st.sampled_from(TRANSFORMS), st.integers(0, 20), st.booleans()),
    max_size=25,
)
OWN = st.dictionaries(COLUMNS, st.sampled_from(list(Grade)), max_size=8)


def ranks(own: dict[str, Grade], steps: list[Step]) -> dict[str, int]:
    return {column: found.grade.rank for column, found in propagate(own, steps, EFFECT).items()}


@given(OWN, STEPS)
def test_it_is_the_least_grading_that_respects_every_step(own: dict[str, Grade], steps: list[Step]) -> None:
    found = propagate(own, steps, EFFECT)
    for column, grade in own.items():
        assert found[column].grade.rank >= grade.rank
    for step in steps:
        assert found[step.target].grade.rank >= EFFECT(step, found[step.source].grade)[0].rank
    slow = {column: own.get(column, Grade.GENERAL_1) for column in found}
    for _ in range(len(found) + 1):  # the same by going round until nothing changes
        for step in steps:
            grade, _reason = EFFECT(step, slow[step.source])
            slow[step.target] = max(slow[step.target], grade, key=lambda one: one.rank)
    assert {column: one.grade for column, one in found.items()} == slow


@given(OWN, STEPS, COLUMNS, st.sampled_from(list(Grade)))
def test_a_higher_grade_lowers_nothing(
    own: dict[str, Grade], steps: list[Step], column: str, grade: Grade
) -> None:
    higher = {**own, column: max(own.get(column, Grade.GENERAL_1), grade, key=lambda one: one.rank)}
    before, after = ranks(own, steps), ranks(higher, steps)
    assert all(after[name] >= rank for name, rank in before.items())


@given(OWN, STEPS)
def test_again_changes_nothing(own: dict[str, Grade], steps: list[Step]) -> None:
    first = propagate(own, steps, EFFECT)
    second = propagate({column: found.grade for column, found in first.items()}, steps, EFFECT)
    assert {column: found.grade for column, found in second.items()} == {
        column: found.grade for column, found in first.items()
    }


@given(OWN, STEPS, st.randoms(use_true_random=False))
def test_the_order_of_steps_does_not_matter(own: dict[str, Grade], steps: list[Step], chance) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(steps)
    chance.shuffle(shuffled)
    assert propagate(own, steps, EFFECT) == propagate(own, shuffled, EFFECT)


@given(OWN, STEPS)
def test_a_path_leads_from_the_grade_to_the_column(own: dict[str, Grade], steps: list[Step]) -> None:
    for column, found in propagate(own, steps, EFFECT).items():
        visited = [step.source for step in found.path] + [column]
        assert len(set(visited)) == len(visited)  # no cycle
        assert all(one.target == other.source for one, other in zip(found.path, found.path[1:], strict=False))
        grade = own.get(visited[0], Grade.GENERAL_1)
        for step in found.path:
            grade, _ = EFFECT(step, grade)
        assert grade == found.grade and len(found.reasons) == len(found.path)


def test_breakers_stop_with_evidence_and_only_then() -> None:
    own = {"people.id": Grade.GENERAL_3}
    steps = [
        Step("people.id", "clean.id"),
        Step("clean.id", "counts.n", "aggregate", 12),
        Step("clean.id", "small.n", "aggregate", 2),
        Step("clean.id", "shown.id", "mask"),
        Step("clean.id", "joined.id", "tokenise"),
    ]
    found = propagate(own, steps, EFFECT)
    assert found["counts.n"].grade == Grade.GENERAL_1
    assert found["small.n"].grade == found["joined.id"].grade == Grade.GENERAL_3
    assert found["shown.id"].grade == Grade.GENERAL_2
    graded = as_graded(found["small.n"])
    assert graded.reasons[0].text.en == "comes by people.id → clean.id → small.n (copy, aggregate)"
    assert [reason.rule for reason in graded.reasons[1:]] == [
        "derived_effect.copy",
        "derived_effect.aggregate_open",
    ]


@pytest.mark.parametrize("grade", [Grade.IMPORTANT, Grade.CORE])
def test_important_data_are_lowered_by_a_decision_only(grade: Grade) -> None:
    def after(decided: bool) -> Grade:
        return propagate({"a": grade}, [Step("a", "b", "aggregate", 50, decided)], EFFECT)["b"].grade

    assert (after(False), after(True)) == (grade, Grade.GENERAL_1)


def test_a_cycle_settles() -> None:
    steps = [Step("a", "b"), Step("b", "c"), Step("c", "a"), Step("c", "c")]
    found = propagate({"b": Grade.GENERAL_4}, steps, EFFECT)
    assert {one.grade for one in found.values()} == {Grade.GENERAL_4}
    assert found["b"].path == () and len(found["a"].path) == 2


def test_what_cannot_be() -> None:
    with pytest.raises(Invalid, match="no step of lineage"):
        propagate({"a": Grade.GENERAL_3}, [Step("a", "b", "magic")], EFFECT)
    with pytest.raises(Invalid, match="cannot raise"):
        propagate({}, [Step("a", "b")], lambda step, grade: (Grade.CORE, Reason("x", Text.of("x"))))
