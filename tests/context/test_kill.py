"""SIGKILL at any moment: everything acknowledged is there, once, and the chain verifies."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from tests.waiting import PATIENCE_S, free_port, until

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.embedded.history import DuckHistory
from chengshu.foundation.context import HistoryFeed, SeriesRegistry, decode_batch
from chengshu.foundation.journal import Pump, changes_after, verify
from chengshu.kernel.clock import SystemClock

ROWS = 10
SCRIPT = Path(__file__).with_name("hub_process.py")


@dataclass
class Sender:
    """Pushes numbered messages until it is told to stop; knows which were acknowledged."""

    port: int
    token: str
    first: int
    acked: list[int] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    sent: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Send until stopped, or until the hub is dead."""
        headers = {"authorization": f"Bearer {self.token}"}
        with httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=PATIENCE_S
        ) as http:
            while not self.stop.is_set():
                number = self.first + self.sent
                self.sent += 1
                try:
                    answer = http.post("/ingest/gauges", content=message(number))
                except httpx.TransportError:
                    return
                if answer.status_code == 200 and answer.json() == {"accepted": ROWS, "quarantined": []}:
                    self.acked.append(number)
                else:
                    self.odd.append(answer.text)


def message(number: int) -> bytes:
    """Message ``number``: one row of each gauge, all with its number as value and its own moment."""
    return json.dumps(
        [{"gauge": str(g), "mm_h": number, "time": 1_700_000_000_000 + number} for g in range(ROWS)]
    ).encode()


def start(folder: Path, port: int) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.context.hub_process", str(folder), str(port)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=SCRIPT.parents[2],
    )
    assert process.stdout is not None
    token = process.stdout.readline().strip()
    assert token, "the hub did not start"
    until(lambda: process.poll() is not None or _answers(port))
    assert process.poll() is None, "the hub ended"
    return process, token


def _answers(port: int) -> bool:
    with contextlib.suppress(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{port}/")
        return True
    return False


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_or_doubled(tmp_path: Path) -> None:
    chance, acked, sent = random.Random(20160720), [], 0
    for _round in range(6):
        port = free_port()
        process, token = start(tmp_path, port)
        senders = [Sender(port, token, first=sent + n * 100_000) for n in range(3)]
        threads = [threading.Thread(target=sender.run) for sender in senders]
        for thread in threads:
            thread.start()
        wanted = chance.randint(10, 60)
        until(lambda: sum(len(sender.acked) for sender in senders) >= wanted)  # noqa: B023 - asked at once
        time.sleep(chance.uniform(0, 0.3))  # anywhere in what it does then
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_S)
        for thread in threads:
            thread.join(PATIENCE_S)
        assert [sender.odd for sender in senders] == [[]] * 3
        acked += [number for sender in senders for number in sender.acked]
        sent += 300_000
    assert len(acked) > 50

    database, clock = SqliteDatabase(tmp_path / "hub.db"), SystemClock()
    with database.read() as connection:
        assert verify(connection).ok
        batches = [
            decode_batch(change.payload["batch"])
            for change in changes_after(connection, 0, limit=10**6)
            if change.kind == "observations"
        ]
    in_stream = [int(value) for batch in batches for value in batch.values]
    assert set(acked) <= set(in_stream)
    assert len(in_stream) == ROWS * len(set(in_stream)), (
        "a message is in the stream wholly, once, or not at all"
    )

    history = DuckHistory(tmp_path / "history.duckdb")
    feed = HistoryFeed(history, clock)
    Pump(database, clock, [feed], [feed], strict=True).drain()
    (sums,) = history.sql(
        "SELECT count(*) AS n, count(DISTINCT (series, observed_at)) AS d FROM history"
    ).to_pylist()
    assert sums == {"n": len(in_stream), "d": len(in_stream)}
    kept = {row["v"] for row in history.sql("SELECT DISTINCT value::BIGINT AS v FROM history").to_pylist()}
    assert kept == set(in_stream)
    assert len(SeriesRegistry(database)) == ROWS
    history.close()
    database.close()
