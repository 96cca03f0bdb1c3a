"""The pump: order, durable offsets, isolation, and the clock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, insert, select
from tests.examples import examples
from tests.waiting import PATIENCE_S

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.journal import Act, Actor, Pump, entries_about, last_seq, record
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import Conflict, Missing, Unavailable
from chengshu.ports.runtime import Change, Effect

ACTOR = Actor("test")
_metadata = MetaData()
_seen = Table(
    "seen", _metadata, Column("id", Integer, primary_key=True), Column("who", String), Column("seq", Integer)
)


class Follower:
    """Notes every change it gets in a table, in the same transaction as its offset."""

    def __init__(
        self,
        name: str,
        kinds: tuple[str, ...] = ("",),
        before: Callable[[Change], None] | None = None,
        answer: str = "",
    ) -> None:
        self.name, self.kinds = name, kinds
        self._before, self._answer = before, answer

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        for change in changes:
            if self._before:
                self._before(change)

        def effect(connection: Connection) -> None:
            for change in changes:
                connection.execute(insert(_seen).values(who=self.name, seq=change.seq))
                if self._answer:
                    record(connection, Act(ACTOR, self._answer, change.subject, change.at))

        return effect


class Alarm:
    """Rings every ten minutes."""

    name = "alarm"

    def __init__(self, start: datetime, fails: int = 0) -> None:
        self.due = start + timedelta(minutes=10)
        self.rung: list[datetime] = []
        self.fails = fails

    def next_due(self) -> datetime | None:
        return self.due

    def tick(self, now: datetime) -> None:
        if self.fails:
            self.fails -= 1
            raise OSError("the bell is stuck")
        self.rung.append(now)
        self.due += timedelta(minutes=10)


@pytest.fixture
def filled(database: SqliteDatabase, clock: VirtualClock) -> SqliteDatabase:
    database.create(_metadata)
    publish(database, clock, "a.one", "b.two", "a.three")
    return database


def publish(database: SqliteDatabase, clock: VirtualClock, *kinds: str) -> None:
    for kind in kinds:
        database.write(lambda c, kind=kind: record(c, Act(ACTOR, kind, kind, clock.now())))


def seen(database: SqliteDatabase, who: str) -> list[int]:
    with database.read() as connection:
        return list(
            connection.execute(select(_seen.c.seq).where(_seen.c.who == who).order_by(_seen.c.id)).scalars()
        )


def test_each_consumer_gets_its_kinds_once_and_a_new_pump_goes_on(
    filled: SqliteDatabase, clock: VirtualClock
) -> None:
    pump = Pump(filled, clock, [Follower("all"), Follower("a", ("a.",))], strict=True)
    assert pump.drain() == 5
    assert pump.drain() == 0
    assert (seen(filled, "all"), seen(filled, "a")) == ([1, 2, 3], [1, 3])
    publish(filled, clock, "a.four")
    again = Pump(filled, clock, [Follower("all"), Follower("a", ("a.",))], strict=True)
    assert again.drain() == 2
    assert (seen(filled, "all"), seen(filled, "a")) == ([1, 2, 3, 4], [1, 3, 4])


class Idle(Follower):
    """Looks and has nothing to do."""

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        super().prepare(changes)
        return None


def test_where_those_stand_that_had_nothing_to_do_is_kept_at_once(
    filled: SqliteDatabase, clock: VirtualClock
) -> None:
    looked: list[int] = []
    idle = [Idle(name, before=lambda change: looked.append(change.seq)) for name in ("one", "two", "three")]
    commits: list[int] = []
    filled.on_commit(lambda: commits.append(1))
    pump = Pump(filled, clock, idle, strict=True)
    assert (pump.drain(), len(commits), len(looked)) == (9, 1, 9)
    assert Pump(filled, clock, idle, strict=True).drain() == 0
    assert (len(commits), len(looked)) == (1, 9)


def test_offsets_that_cannot_be_kept_are_kept_at_the_next_drain(
    filled: SqliteDatabase, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pump = Pump(filled, clock, [Idle("one")])
    with monkeypatch.context() as patch:
        patch.setattr("chengshu.foundation.journal.store.put_offset", broken)
        assert pump.drain() == 3
    assert Pump(filled, clock, [Idle("one")]).drain() == 3  # as after a kill: it looks again
    publish(filled, clock, "a.four")
    assert pump.drain() == 1
    assert Pump(filled, clock, [Idle("one")]).drain() == 0


def broken(*_given: object) -> None:
    raise OSError("the disk is full")


def test_a_backlog_is_taken_in_bites_in_order(filled: SqliteDatabase, clock: VirtualClock) -> None:
    publish(filled, clock, *(f"a.{n}" for n in range(20)))
    Pump(filled, clock, [Follower("all")], strict=True, bite=4).drain()
    assert seen(filled, "all") == list(range(1, 24))


def test_consumers_that_answer_run_to_a_fixpoint(filled: SqliteDatabase, clock: VirtualClock) -> None:
    chain = [
        Follower("second", ("b.",), answer="c.x"),
        Follower("first", ("a.",), answer="b.x"),
        Follower("c", ("c.",)),
    ]
    Pump(filled, clock, chain, strict=True).drain()
    assert len(seen(filled, "second")) == 3  # the one that was there, and two answers of `first`
    assert len(seen(filled, "c")) == 3


def test_consumers_that_feed_themselves_are_stopped(
    filled: SqliteDatabase, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chengshu.foundation.journal.pump._ROUNDS", 20)
    with pytest.raises(Unavailable, match="without end"):
        Pump(filled, clock, [Follower("echo", ("a.",), answer="a.x")], strict=True).drain()


def test_a_failing_consumer_stands_alone_and_is_tried_again(
    filled: SqliteDatabase, clock: VirtualClock
) -> None:
    broken = {2}

    def choke(change: Change) -> None:
        if change.seq in broken:
            raise ValueError("I cannot digest this")

    pump = Pump(filled, clock, [Follower("weak", before=choke), Follower("strong")])
    pump.drain()
    assert (seen(filled, "weak"), seen(filled, "strong")) == ([], [1, 2, 3])
    weak, strong = pump.health()
    assert weak.trouble is not None
    assert (weak.trouble.failures, weak.lag, strong.lag, strong.trouble) == (1, 3, 0, None)
    assert pump.next_due() == clock.now() + timedelta(seconds=1)
    clock.advance_to(clock.now() + timedelta(seconds=1))
    pump.drain()  # now one by one: the good one before the bad one is handled, the bad one singled out
    assert seen(filled, "weak") == [1, 2, 3][:1]
    pump_health = pump.health()[0]
    assert pump_health.trouble is not None
    assert (pump_health.trouble.stuck_at, pump_health.lag) == (2, 2)
    assert "ValueError: I cannot digest this" in pump_health.trouble.error
    broken.clear()
    clock.advance_to(clock.now() + timedelta(minutes=5))
    pump.drain()
    assert seen(filled, "weak") == [1, 2, 3]
    assert pump.health()[0].trouble is None


def test_the_pause_between_attempts_grows_to_five_minutes(
    filled: SqliteDatabase, clock: VirtualClock
) -> None:
    def choke(_change: Change) -> None:
        raise ValueError

    pump, pauses = Pump(filled, clock, [Follower("weak", before=choke)]), []
    for _ in range(12):
        pump.drain()
        due = pump.next_due()
        assert due is not None
        pauses.append((due - clock.now()).total_seconds())
        clock.advance_to(due)
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_an_effect_that_fails_is_undone_with_its_offset(filled: SqliteDatabase, clock: VirtualClock) -> None:
    class HalfWay(Follower):
        def prepare(self, changes: Sequence[Change]) -> Effect | None:
            inner = super().prepare(changes)

            def effect(connection: Connection) -> None:
                assert inner is not None
                inner(connection)
                raise OSError("disk full")

            return effect

    with pytest.raises(OSError, match="disk full"):
        Pump(filled, clock, [HalfWay("half")], strict=True).drain()
    assert seen(filled, "half") == []
    Pump(filled, clock, [Follower("half")], strict=True).drain()
    assert seen(filled, "half") == [1, 2, 3]


def test_a_stuck_change_can_be_passed_over_by_a_named_person(
    filled: SqliteDatabase, clock: VirtualClock
) -> None:
    def choke(change: Change) -> None:
        if change.seq == 2:
            raise ValueError("bad")

    pump = Pump(filled, clock, [Follower("weak", before=choke)])
    pump.drain()
    with pytest.raises(Conflict, match="not stuck"):
        pump.skip("weak", ACTOR, "too early: not singled out yet")
    with pytest.raises(Missing):
        pump.skip("nobody", ACTOR, "")
    clock.advance_to(clock.now() + timedelta(seconds=1))
    pump.drain()
    assert pump.skip("weak", Actor("person:li"), "a broken device, see ticket 7") == 2
    pump.drain()
    assert seen(filled, "weak")[:2] == [1, 3]
    with filled.read() as connection:
        (entry,) = entries_about(connection, "consumer:weak")
    assert (entry.actor, entry.body["change"], entry.body["why"]) == (
        "person:li",
        2,
        "a broken device, see ticket 7",
    )


def test_tickers_wake_when_due_and_not_before(filled: SqliteDatabase, clock: VirtualClock) -> None:
    start = clock.now()
    alarm = Alarm(start)
    pump = Pump(filled, clock, tickers=[alarm], strict=True)
    assert (pump.drain(), pump.next_due()) == (0, start + timedelta(minutes=10))
    clock.advance_to(start + timedelta(minutes=35))
    assert pump.drain() == 3  # it catches up
    assert pump.next_due() == start + timedelta(minutes=40)


def test_a_failing_ticker_is_tried_again(filled: SqliteDatabase, clock: VirtualClock) -> None:
    alarm = Alarm(clock.now(), fails=1)
    pump = Pump(filled, clock, tickers=[alarm])
    clock.advance_to(clock.now() + timedelta(minutes=10))
    pump.drain()
    trouble = pump.health()[0].trouble
    assert trouble is not None
    assert trouble.error == "OSError: the bell is stuck"
    due = pump.next_due()
    assert due == clock.now() + timedelta(seconds=1)
    clock.advance_to(due)
    pump.drain()
    assert (alarm.rung, pump.health()[0].trouble) == ([clock.now()], None)


def test_two_consumers_of_one_name_are_refused(filled: SqliteDatabase, clock: VirtualClock) -> None:
    with pytest.raises(Conflict, match="share a name"):
        Pump(filled, clock, [Follower("a"), Follower("a")])


def test_the_server_loop_follows_commits_until_stopped(
    tmp_path_factory: pytest.TempPathFactory, clock: VirtualClock
) -> None:
    from chengshu.foundation.journal import store

    database = SqliteDatabase(tmp_path_factory.mktemp("db") / "hub.db", durable=False)
    database.create(store.metadata)
    database.create(_metadata)
    done, stop = threading.Event(), threading.Event()
    pump = Pump(
        database, clock, [Follower("all", before=lambda change: done.set() if change.seq == 3 else None)]
    )
    thread = threading.Thread(target=pump.run, args=(stop,))
    thread.start()
    publish(database, clock, "a", "b", "c")
    assert done.wait(PATIENCE_S)
    stop.set()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert seen(database, "all") == [1, 2, 3]
    database.close()


class Bell:
    """A clock in the store: it says so, and counts how often it is asked."""

    name = "bell"
    follows_stream = True

    def __init__(self) -> None:
        self.due: datetime | None = None
        self.asked = 0
        self.rung = 0

    def next_due(self) -> datetime | None:
        self.asked += 1
        return self.due

    def tick(self, now: datetime) -> None:
        self.rung += 1
        self.due = None


def test_a_clock_that_follows_the_stream_is_asked_again_only_after_a_change(
    filled: SqliteDatabase, clock: VirtualClock
) -> None:
    bell = Bell()
    pump = Pump(filled, clock, [Follower("all")], [bell], strict=True)
    pump.drain()
    assert pump.next_due() is None
    asked = bell.asked
    pump.drain()
    assert (pump.next_due(), bell.asked) == (None, asked)
    bell.due = clock.now() + timedelta(minutes=3)
    publish(filled, clock, "a.moved")  # whoever moves it publishes
    assert pump.next_due() == bell.due
    clock.advance_to(bell.due)
    pump.drain()
    assert (bell.rung, pump.next_due()) == (1, None)


@given(st.lists(st.sampled_from(["a.x", "b.x", "c.x"]), max_size=30), st.integers(1, 7), st.integers(1, 9))
@settings(max_examples=examples(15))
def test_the_tail_in_memory_gives_what_the_stream_has(
    database: SqliteDatabase, clock: VirtualClock, kinds: list[str], tail: int, bite: int
) -> None:
    database.create(_metadata)
    parts = (("all", ("",)), ("some", ("a.", "c.")), ("none", ("d.",)))
    run = uuid4().hex
    with database.read() as connection:
        before = last_seq(connection)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chengshu.foundation.journal.pump._TAIL", tail)
        pump = Pump(
            database, clock, [Follower(f"{name}{run}", k) for name, k in parts], strict=True, bite=bite
        )
        for at in range(0, len(kinds), 4):
            publish(database, clock, *kinds[at : at + 4])
            pump.drain()
    for name, wanted in parts:
        got = [seq for seq in seen(database, f"{name}{run}") if seq > before]
        assert got == [before + 1 + i for i, kind in enumerate(kinds) if kind.startswith(wanted)]
