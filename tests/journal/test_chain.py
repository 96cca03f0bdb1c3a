"""The chain: what was written can be proven, and what was changed afterwards is found."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from tests.examples import examples

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.journal import (
    Act,
    Actor,
    changes_after,
    enter,
    entries_about,
    head,
    last_seq,
    record,
    verify,
)
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.reasons import Reason
from chengshu.kernel.texts import Text

OFFICER = Actor("person:li", "Li")


def _act(clock: VirtualClock, number: int) -> Act:
    return Act(
        OFFICER,
        "event.opened",
        f"event-{number}",
        clock.now(),
        {"event": {"n": number, "名": "內澇"}},
        Reason("severity/3", Text.of("level above 0.3 m"), {"level": 0.31}),
        "policy-7",
    )


def test_a_record_is_journalled_and_published_together(database: SqliteDatabase, clock: VirtualClock) -> None:
    seq = database.write(lambda connection: record(connection, _act(clock, 1)))
    with database.read() as connection:
        (entry,) = entries_about(connection, "event-1")
        (change,) = changes_after(connection, 0)
        assert (entry.actor, entry.policy, entry.body) == (
            "person:li",
            "policy-7",
            {"event": {"n": 1, "名": "內澇"}},
        )
        assert entry.reason["inputs"] == {"level": 0.31}
        assert (change.seq, change.kind, change.subject) == (seq, "event.opened", "event-1")
        assert change.payload == {"event": {"n": 1, "名": "內澇"}, "actor": "person:li"}
        assert (change.at, entry.at) == (clock.now(), clock.now())


def test_entering_does_not_publish(database: SqliteDatabase, clock: VirtualClock) -> None:
    database.write(lambda connection: enter(connection, _act(clock, 1)))
    with database.read() as connection:
        assert last_seq(connection) == 0
        assert head(connection)[0] == 1


def test_a_failed_command_leaves_neither_entry_nor_change(
    database: SqliteDatabase, clock: VirtualClock
) -> None:
    def work(connection: Connection) -> None:
        record(connection, _act(clock, 1))
        raise LookupError

    with pytest.raises(LookupError):
        database.write(work)
    with database.read() as connection:
        assert (head(connection)[0], last_seq(connection)) == (0, 0)


@settings(max_examples=examples(30))
@given(
    victim=st.integers(1, 8),
    column=st.sampled_from(["at", "actor", "action", "subject", "reason", "policy", "body"]),
)
def test_any_change_of_any_field_is_found(
    database: SqliteDatabase, clock: VirtualClock, victim: int, column: str
) -> None:
    def fill(connection: Connection) -> None:
        connection.execute(text("DELETE FROM journal"))
        for number in range(8):
            enter(connection, _act(clock, number))

    database.write(fill)
    with database.read() as connection:
        assert verify(connection).ok
    changed = "at + 1" if column == "at" else f"{column} || ' '"
    database.write(lambda c: c.execute(text(f"UPDATE journal SET {column} = {changed} WHERE seq = {victim}")))
    with database.read() as connection:
        verdict = verify(connection)
    assert (verdict.ok, verdict.broken_at) == (False, victim)


def test_a_missing_entry_is_found_and_a_cut_tail_by_its_head(
    database: SqliteDatabase, clock: VirtualClock
) -> None:
    def fill(connection: Connection) -> None:
        for number in range(5):
            enter(connection, _act(clock, number))

    database.write(fill)
    with database.read() as connection:
        before = head(connection)
    database.write(lambda c: c.execute(text("DELETE FROM journal WHERE seq = 5")))
    with database.read() as connection:
        assert verify(connection).ok
        assert head(connection) != before
    database.write(lambda c: c.execute(text("DELETE FROM journal WHERE seq = 2")))
    with database.read() as connection:
        assert verify(connection).broken_at == 3


def test_changes_are_read_in_order_by_prefix_and_in_bites(
    database: SqliteDatabase, clock: VirtualClock
) -> None:
    def fill(connection: Connection) -> None:
        for number in range(6):
            kind = "event.opened" if number % 2 else "warning.raised"
            record(connection, Act(OFFICER, kind, str(number), clock.now()))

    database.write(fill)
    with database.read() as connection:
        assert [change.seq for change in changes_after(connection, 2)] == [3, 4, 5, 6]
        assert [change.seq for change in changes_after(connection, 0, ("event.",))] == [2, 4, 6]
        assert [change.seq for change in changes_after(connection, 0, ("event.", "warn"), limit=3)] == [
            1,
            2,
            3,
        ]
