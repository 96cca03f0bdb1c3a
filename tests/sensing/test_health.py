"""A silent source is noticed by the clock; one that speaks again is noticed by its voice. Tokens."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from tests.context.conftest import START, Room
from tests.sensing.conftest import GAUGES

from chengshu.foundation.journal import Actor, Pump, changes_after
from chengshu.foundation.sensing import Intake, SensingHealth, Tokens
from chengshu.kernel.clock import iso

Open = Callable[..., Intake]


def push(room: Room, intake: Intake, value: float = 1.0) -> None:
    reading = {"gauge": "1", "mm_h": value, "time": iso(room.clock.now())}
    intake.receive("gauges", json.dumps({"readings": [reading] * 2}).encode()).result()


def start(room: Room, intake: Intake) -> tuple[SensingHealth, Pump]:
    health = SensingHealth(room.database, room.clock, intake.sources)
    return health, Pump(room.database, room.clock, [health], [health], strict=True)


def kinds(room: Room) -> list[str]:
    with room.database.read() as connection:
        return [change.kind for change in changes_after(connection, 0, ("source.",))]


def test_counts_rate_and_silence(room: Room, open_intake: Open) -> None:
    intake = open_intake(GAUGES | {"interval": "PT5M"})
    health, pump = start(room, intake)
    for minute in range(10):
        room.clock.advance_to(START + timedelta(minutes=minute))
        push(room, intake)
        pump.drain()
    push(room, intake, -1)
    pump.drain()
    (report,) = health.report()
    assert (report.accepted, report.quarantined, report.per_minute, report.silent_since) == (20, 2, 2.0, None)
    assert report.last_seen == room.clock.now()
    last = room.clock.now()
    assert pump.next_due() == last + timedelta(minutes=15)
    room.clock.advance_to(last + timedelta(minutes=15))
    pump.drain()
    (report,) = health.report()
    assert (report.silent_since, kinds(room), pump.next_due()) == (last, ["source.silent"], None)
    again, pump = start(room, intake)  # a restart remembers the silence and does not say it twice
    pump.drain()
    assert kinds(room) == ["source.silent"]
    push(room, intake)
    pump.drain()
    (report,) = again.report()
    assert (report.silent_since, kinds(room)) == (None, ["source.silent", "source.resumed"])


def test_a_source_that_never_spoke_is_silent_too(room: Room, open_intake: Open) -> None:
    health, pump = start(room, open_intake(GAUGES | {"interval": "PT1M", "silent_after": "PT2M"}))
    pump.drain()
    assert health.report()[0].silent_since is None
    room.clock.advance_to(START + timedelta(minutes=2))
    pump.drain()
    assert (health.report()[0].silent_since, health.report()[0].last_seen) == (START, None)


def test_minutes_older_than_a_day_are_forgotten(room: Room, open_intake: Open) -> None:
    intake = open_intake()
    _, pump = start(room, intake)
    for hour in range(0, 72, 6):
        room.clock.advance_to(START + timedelta(hours=hour))
        push(room, intake)
        pump.drain()
    with room.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM source_minutes")).scalar_one() == 5


def test_tokens_are_per_source_hashed_and_revocable(room: Room) -> None:
    tokens = Tokens(room.database, room.clock)
    token = tokens.create("gauges", Actor("person:li"))
    other = tokens.create("levels", Actor("person:li"))
    assert [
        tokens.check(*pair)
        for pair in (("gauges", token), ("gauges", other), ("levels", token), ("gauges", ""))
    ] == [True, False, False, False]
    assert Tokens(room.database, room.clock).check("gauges", token)
    assert tokens.revoke("gauges", Actor("person:li")) == 1
    assert not tokens.check("gauges", token)
    assert tokens.check("levels", other)
    with room.database.read() as connection:
        everything = str(list(connection.execute(text("SELECT * FROM source_tokens")))) + str(
            list(connection.execute(text("SELECT * FROM journal")))
        )
    assert token not in everything


@pytest.mark.parametrize("source", ["", "x"])
def test_without_a_token_nobody_enters(room: Room, source: str) -> None:
    assert not Tokens(room.database, room.clock).check(source, "")
