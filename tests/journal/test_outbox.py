"""The outbox: every side effect once by its key, tried until it succeeds or visibly gives up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.journal import Actor, Outbox, Pump, changes_after, deliveries, send
from chengshu.foundation.journal.breaker import Strain
from chengshu.foundation.journal.outbox import (
    ATTEMPTS,
    attempts_of,
    counts,
    prune_outbox,
    retry,
    strain_in,
)
from chengshu.kernel.clock import VirtualClock
from chengshu.kernel.errors import Conflict
from chengshu.ports.runtime import Rejected


class Post:
    """A channel that refuses the first ``refusals`` deliveries of each key."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.tried: list[str] = []
        self.got: list[tuple[str, Mapping[str, Any]]] = []

    def deliver(self, key: str, payload: Mapping[str, Any]) -> None:
        self.tried.append(key)
        if self.tried.count(key) <= self.refusals:
            raise ConnectionError("nobody answers")
        self.got.append((key, payload))


def _send(database: SqliteDatabase, clock: VirtualClock, channel: str, key: str) -> None:
    database.write(lambda connection: send(connection, channel, key, clock.now(), {"to": "water", "n": 1}))


def _run(pump: Pump, clock: VirtualClock) -> None:
    pump.drain()
    while (due := pump.next_due()) is not None:
        clock.advance_to(max(due, clock.now()))
        pump.drain()


def test_a_side_effect_leaves_once_whatever_is_sent_twice(
    database: SqliteDatabase, clock: VirtualClock
) -> None:
    post = Post()
    pump = Pump(database, clock, tickers=[Outbox(database, clock, {"mail": post})], strict=True)
    _send(database, clock, "mail", "event-1/opened")
    _send(database, clock, "mail", "event-1/opened")
    pump.drain()
    assert post.got == [("event-1/opened", {"to": "water", "n": 1})]
    _send(database, clock, "mail", "event-1/opened")
    pump.drain()
    assert len(post.got) == 1
    assert pump.next_due() is None


def test_a_dead_channel_is_tried_with_a_growing_pause_and_blocks_nobody(
    database: SqliteDatabase, clock: VirtualClock
) -> None:
    dead, alive = Post(refusals=3), Post()
    pump = Pump(
        database, clock, tickers=[Outbox(database, clock, {"dead": dead, "alive": alive})], strict=True
    )
    start = clock.now()
    _send(database, clock, "dead", "a")
    _send(database, clock, "alive", "b")
    pump.drain()
    assert [key for key, _ in alive.got] == ["b"]
    with database.read() as connection:
        (waiting,) = deliveries(connection)
    assert (waiting.key, waiting.attempts, waiting.error) == ("a", 1, "ConnectionError: nobody answers")
    _run(pump, clock)
    assert [key for key, _ in dead.got] == ["a"]
    assert clock.now() - start == timedelta(seconds=10 + 20 + 40)


def test_giving_up_is_published_and_can_be_taken_back(database: SqliteDatabase, clock: VirtualClock) -> None:
    post = Post(refusals=ATTEMPTS)
    pump = Pump(database, clock, tickers=[Outbox(database, clock, {"mail": post})], strict=True)
    _send(database, clock, "mail", "a")
    _run(pump, clock)
    with database.read() as connection:
        (lost,) = deliveries(connection, state="gave_up")
        assert (lost.attempts, deliveries(connection)) == (ATTEMPTS, [])
        assert [change.kind for change in changes_after(connection, 0)] == ["delivery.gave_up"]
    database.write(lambda connection: retry(connection, "a", Actor("person:li"), clock.now()))
    _run(pump, clock)
    assert [key for key, _ in post.got] == ["a"]
    with database.read() as connection:
        assert [item.key for item in deliveries(connection, state="done")] == ["a"]
    with pytest.raises(Conflict, match="has not given up"):
        database.write(lambda connection: retry(connection, "a", Actor("person:li"), clock.now()))


def test_an_unknown_channel_is_kept_and_said(database: SqliteDatabase, clock: VirtualClock) -> None:
    pump = Pump(database, clock, tickers=[Outbox(database, clock, {})], strict=True)
    _send(database, clock, "pigeon", "a")
    pump.drain()
    with database.read() as connection:
        (waiting,) = deliveries(connection)
    assert "no channel 'pigeon' is registered" in str(waiting.error)


class Wall:
    """A channel that says of some keys that they will never be taken, and of others that nobody is there."""

    def __init__(self) -> None:
        self.tried: list[str] = []
        self.up = False

    def deliver(self, key: str, payload: Mapping[str, Any]) -> None:
        self.tried.append(key)
        if key.startswith("never"):
            raise Rejected("mail-refused", "no such address")
        if not self.up:
            raise ConnectionError("nobody answers")


def test_what_will_never_be_taken_is_given_up_at_once_and_says_nothing_against_the_channel(
    database: SqliteDatabase, clock: VirtualClock
) -> None:
    wall = Wall()
    wall.up = True
    outbox = Outbox(database, clock, {"mail": wall})
    for key in ("never-1", "never-2", "never-3", "never-4", "good"):
        _send(database, clock, "mail", key)
    outbox.tick(clock.now())
    with database.read() as connection:
        assert len(deliveries(connection, state="gave_up")) == 4
        assert [item.key for item in deliveries(connection, state="done")] == ["good"]
        assert strain_in(connection, "mail") == Strain()
        assert [one.outcome for one in attempts_of(connection, "mail")] == ["done", *["rejected"] * 4]


def test_a_channel_in_trouble_rests_and_one_delivery_at_a_time_tries_it(
    database: SqliteDatabase, clock: VirtualClock
) -> None:
    wall = Wall()
    for number in range(20):
        _send(database, clock, "mail", f"n{number}")
    Outbox(database, clock, {"mail": wall}).tick(clock.now())
    assert wall.tried == ["n0", "n1", "n2"], "the others keep their attempts"
    outbox = Outbox(database, clock, {"mail": wall})  # another start of the hub forgets nothing
    outbox.tick(clock.now())
    assert len(wall.tried) == 3
    due = outbox.next_due()
    assert due == clock.now() + timedelta(seconds=30)
    clock.advance_to(due)
    outbox.tick(clock.now())
    assert len(wall.tried) == 4 and outbox.next_due() == clock.now() + timedelta(seconds=60)
    wall.up = True
    for _ in range(40):
        if (due := outbox.next_due()) is None:
            break
        clock.advance_to(max(due, clock.now()))
        outbox.tick(clock.now())
    with database.read() as connection:
        assert len(deliveries(connection, state="done")) == 20
        assert counts(connection) == {"mail": {"waiting": 0, "done": 20, "gave_up": 0}}
    database.write(lambda connection: prune_outbox(connection, clock.now() + timedelta(days=400)))
    with database.read() as connection:
        assert (attempts_of(connection), deliveries(connection, state="done")) == ([], [])


def test_boxes_side_by_side_serve_their_own_channels_alone(
    database: SqliteDatabase, clock: VirtualClock
) -> None:
    post = Post()
    _send(database, clock, "mail", "a")
    _send(database, clock, "sms", "b")
    outbox = Outbox(database, clock, {"sms": post}, only=("sms",))
    outbox.tick(clock.now())
    assert post.tried == ["b"] and outbox.next_due() is None
