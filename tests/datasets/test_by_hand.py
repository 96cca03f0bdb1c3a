"""Labelling by hand: each for themselves, a third where they differ, and nothing said is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.datasets.room import ENTRY, LIN, Room
from tests.examples import examples

from chengshu.foundation.journal import Actor, entries_about
from chengshu.kernel.errors import Conflict, Denied, Invalid, Missing
from chengshu.resources.datasets import Begin, Judgement, LabelPlan, LabelTask
from chengshu.resources.datasets.hand.turns import board, following
from chengshu.resources.datasets.holding import DatasetHolding

AN, BO, CY = Actor("person:an"), Actor("person:bo"), Actor("person:cy")


def begin(room: Room, rows: int = 4, columns: tuple[str, ...] = (), **parts: object) -> LabelTask:
    room.add(rows)
    plan = LabelPlan(**({"name": "kind", "unit": "report", "values": ("a", "b", "c")} | parts))  # type: ignore[arg-type]
    return room.by_hand.begin(ENTRY, Begin(plan, columns), LIN)


def say(room: Room, who: Actor, labels: str) -> None:
    """The first units get these labels in their order."""
    for place, value in enumerate(labels):
        room.clock.advance_to(room.clock.now() + timedelta(seconds=1))
        room.by_hand.say(ENTRY, "kind", place, value, who)


def test_two_label_a_third_settles_and_a_version_is_kept(room: Room) -> None:
    task = begin(room)
    say(room, AN, "abca")
    say(room, BO, "abba")
    board_ = room.hand.board(task)
    assert (board_.whole, board_.differing, board_.disputed) == (4, [2], [2])
    assert room.hand.agreement(task).share == 0.75
    turn = room.hand.turn(task, CY.id, None, None, settle=True)
    assert turn is not None and (turn.place, turn.said, turn.following) == (2, ("b", "c"), None)
    room.by_hand.settle(ENTRY, "kind", 2, "c", CY)
    assert room.hand.board(task).disputed == []
    found = room.by_hand.keep(ENTRY, "kind", LIN, "by the guide")
    assert (found.count, found.annotators, found.adjudicators) == (9, 3, (CY.id,))
    decided = {one.unit: (one.value, one.how) for one in room.queries.decided(ENTRY, "kind")}
    assert decided["r2"] == ("c", "adjudicated") and decided["r0"] == ("a", "agreed")
    assert room.queries.agreement(ENTRY, "kind").kappa == room.hand.agreement(task).kappa
    with pytest.raises(Conflict, match="nothing was said"):
        room.by_hand.keep(ENTRY, "kind", LIN)
    with room.database.read() as connection:
        told = [(one.actor, one.action, one.body.get("place")) for one in entries_about(connection, ENTRY)]
    assert (CY.id, "dataset.settled", 3) in told and (AN.id, "dataset.judged", 1) in told


def test_a_labeller_sees_only_what_they_may_and_not_what_others_say(room: Room) -> None:
    task = begin(room)
    seen = {column.name: column.treatment for column in task.columns}
    assert "mobile" not in seen or seen["mobile"] != "show"
    assert seen["kind"] == "show" and seen["hours"] == "show"
    room.by_hand.say(ENTRY, "kind", 0, "a", AN)
    turn = room.hand.turn(task, BO.id, None, None, settle=False)
    assert turn is not None and (turn.place, turn.mine, turn.said) == (0, "", ())
    names = [column.name for column in task.columns]
    assert turn.rows[0][names.index("hours")] == "0.0" and "13800130000" not in turn.rows[0]


def test_next_skip_and_back_lead_through_all_units(room: Room) -> None:
    task = begin(room)

    def at(place: int | None = None, after: int | None = None) -> tuple[object, ...]:
        turn = room.hand.turn(task, AN.id, place, after, settle=False)
        return (None,) if turn is None else (turn.place, turn.mine, turn.following, turn.before)

    assert at() == (0, "", 1, None)
    assert at(after=0) == (1, "", 2, None)  # skipped: it comes again
    say(room, AN, "a")
    assert at(after=0) == (1, "", 2, 0)  # back leads to what was said last
    assert at(place=0) == (0, "a", 1, None)
    say(room, AN, "bbbb")
    assert at() == (None,) and at(place=0)[1] == "b"
    with pytest.raises(Missing, match="no unit 5"):
        at(place=4)


def test_who_settles_does_not_label_and_the_other_way_round(room: Room) -> None:
    begin(room)
    say(room, AN, "a")
    say(room, BO, "b")
    with pytest.raises(Denied, match="a third person does"):
        room.by_hand.settle(ENTRY, "kind", 0, "a", AN)
    with pytest.raises(Conflict, match="nobody differs"):
        room.by_hand.settle(ENTRY, "kind", 1, "a", CY)
    with pytest.raises(Conflict, match="enough people"):
        room.by_hand.say(ENTRY, "kind", 0, "a", CY)
    room.by_hand.settle(ENTRY, "kind", 0, "a", CY)
    with pytest.raises(Denied, match="does not label"):
        room.by_hand.say(ENTRY, "kind", 1, "a", CY)
    room.by_hand.keep(ENTRY, "kind", LIN)  # who was what is remembered by the version
    with pytest.raises(Denied, match="does not label"):
        room.by_hand.say(ENTRY, "kind", 1, "a", CY)
    with pytest.raises(Denied, match="a third person does"):
        room.by_hand.settle(ENTRY, "kind", 0, "a", BO)


def test_what_cannot_be_said_or_begun_is_refused(room: Room) -> None:
    begin(room)
    for error, place, value in ((Invalid, 9, "a"), (Invalid, 0, "z")):
        with pytest.raises(error):
            room.by_hand.say(ENTRY, "kind", place, value, AN)
    plan = LabelPlan("kind", "report", values=("a", "b", "c"))
    with pytest.raises(Conflict, match="labelled already"):
        room.by_hand.begin(ENTRY, Begin(plan), LIN)
    for parts, said in (
        ({"values": ("a",)}, "2 to 30"),
        ({"values": ("a", "a")}, "2 to 30"),
        ({"unit": "age"}, "no column"),
    ):
        with pytest.raises(Invalid, match=said):
            room.by_hand.begin(
                ENTRY,
                Begin(LabelPlan(**({"name": "x", "unit": "report", "values": ("a", "b")} | parts))),
                LIN,
            )
    with pytest.raises(Invalid, match="may not see the column 'mobile'"):
        wanted = Begin(LabelPlan("y", "report", values=("a", "b")), ("mobile",), "public")
        room.by_hand.begin(ENTRY, wanted, LIN)
    say(room, AN, "a")
    with pytest.raises(Conflict, match="not kept yet"):
        room.by_hand.close(ENTRY, "kind", LIN)
    room.by_hand.keep(ENTRY, "kind", LIN)
    room.by_hand.close(ENTRY, "kind", LIN)
    with pytest.raises(Conflict, match="not labelled any more"):
        room.by_hand.say(ENTRY, "kind", 1, "a", AN)
    with pytest.raises(Conflict, match="another unit, scale or values"):
        room.by_hand.begin(ENTRY, Begin(LabelPlan("kind", "report", values=("a", "b"))), LIN)
    with pytest.raises(Missing, match="nobody labels 'other'"):
        room.hand.task(ENTRY, "other")


def test_marks_that_are_due_are_destroyed_and_later_ones_stay(room: Room) -> None:
    task = begin(room)
    say(room, AN, "a")
    holding = DatasetHolding(room.database, room.clock, room.vault)
    [item] = [one for one in holding.items(ENTRY, 1 << 60) if one.name == "marks/kind/now"]
    say(room, BO, "b")
    assert holding.destroy(ENTRY, item) == "changed" and room.hand.board(task).begun == 1
    [item] = [one for one in holding.items(ENTRY, 1 << 60) if one.name == "marks/kind/now"]
    assert holding.holds(ENTRY, item) and holding.destroy(ENTRY, item) == "destroyed"
    assert not holding.holds(ENTRY, item) and holding.destroy(ENTRY, item) == "absent"
    assert room.hand.board(task).begun == 0


@settings(max_examples=examples(60))
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from("pqrs"), st.sampled_from("xyz")), max_size=30))
def test_no_unit_is_given_to_more_than_it_needs_and_none_twice_to_one(
    said: list[tuple[int, str, str]],
) -> None:
    units = [f"u{at}" for at in range(6)]
    taken: list[Judgement] = []
    for at, who, value in said:
        seen = board(units, taken, (), 2)
        waits = seen.waits_for(who)
        assert all(who not in seen.labelled(units[place]) for place in waits)
        if at in waits:
            taken.append(Judgement(units[at], who, value))
    seen = board(units, taken, (), 2)
    assert all(len(seen.labelled(unit)) <= 2 for unit in units)
    assert set(seen.disputed) == {at for at in range(6) if len(set(seen.labelled(units[at]).values())) > 1}
    assert following([], 3) is None and following([1, 4], 4) == 1 and following([1, 4], 1) == 4
