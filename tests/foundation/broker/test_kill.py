"""SIGKILL at any moment: what was acknowledged is there, once, with its past; indexes and chain fit."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.foundation.broker.broker_process import command
from tests.foundation.broker.conftest import Hub
from tests.foundation.broker.test_queries import index_rows

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.foundation.broker.commands import Broker
from chengshu.foundation.broker.edit import CreateEntity, DeleteEntity, Upsert
from chengshu.foundation.broker.queries import BrokerQueries
from chengshu.foundation.broker.query.model import Query
from chengshu.foundation.broker.stream import KIND, changes_of
from chengshu.foundation.broker.temporal import Ask
from chengshu.foundation.broker.temporal_feed import TemporalFeed
from chengshu.foundation.journal import Actor, changes_after, entries_about, verify
from chengshu.kernel.clock import SystemClock

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_or_doubled(tmp_path: Path) -> None:
    chance = random.Random(20260720)
    acked: dict[str, int] = {}
    for round_ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.foundation.broker.broker_process", str(tmp_path), f"r{round_}-"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(chance.randint(50, 400))]
        time.sleep(chance.uniform(0, 0.1))  # anywhere in what it does then
        process.send_signal(signal.SIGKILL)
        said += process.stdout.read().splitlines(keepends=True)
        process.wait()
        for line in said:
            if line.endswith("\n") and line.strip():
                name, number = line.split()
                acked[name] = int(number)
    assert sum(acked.values()) > 300

    database, clock = SqliteDatabase(tmp_path / "hub.db"), SystemClock()
    feed = TemporalFeed(database)
    queries = BrokerQueries(database, clock, feed)
    with database.read() as connection:
        assert verify(connection).ok
        stream = [change for change in changes_after(connection, 0, limit=10**6) if change.kind == KIND]
        journalled = [
            entry.body["change"] for entry in entries_about(connection, "test", 10**6) if entry.action == KIND
        ]
    assert [change.seq for change in stream] == journalled
    told: dict[str, list[object]] = {}
    for change in stream:
        for item in changes_of(change).items:
            value = item.entity.attributes["urn:a:n"][0].value
            told.setdefault(item.entity.id, []).append((item.what == "deleted", value))
    for name, last in acked.items():
        writes = told[f"urn:e:{name}"]
        numbers = [value for deleted, value in writes if not deleted]
        assert len(numbers) == len(set(numbers)), "a write is in the stream once"
        plain = max(n for n in range(last + 1) if isinstance(command(n, name), Upsert) or n == 0)
        assert not plain or numbers[-1] >= plain
        if isinstance(command(last, name), DeleteEntity):
            assert writes[-1][0] or numbers[-1] > last
        deleted, value = writes[-1]
        entity = queries.peek("", f"urn:e:{name}")
        assert (entity is None) == deleted
        if entity is not None:
            assert entity.attributes["urn:a:n"][0].value == value
        past = queries.evolution("", f"urn:e:{name}", Ask(most=10**6)).entity.attributes["urn:a:n"]
        times = Counter(item.value for item in past if not item.deleted_at)
        assert set(numbers) <= set(times) and max(times.values()) == 1
        assert last in times or isinstance(command(last, name), DeleteEntity)
        assert sum(bool(item.deleted_at) for item in past) == sum(deleted for deleted, _ in writes)
    hub = Hub(database, clock, feed, Broker(database, clock, feed), queries)  # type: ignore[arg-type]
    left = list(queries.each("", Query()))
    actor = Actor("test")
    hub.broker.submit("fresh", [CreateEntity(entity) for entity in left], actor).result()
    assert index_rows(hub, "") == index_rows(hub, "fresh")
    database.close()
