"""The notifier in its own thread, over real HTTP: endpoints that work, hang, break, close the line."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.foundation.broker.subscriptions.bench import WHO, Bench, Courier
from tests.waiting import PATIENCE_S, free_port, listening, until

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.http import AddressGuard, AioHttpClient
from chengshu.kernel.clock import SystemClock
from chengshu.kernel.errors import Conflict

_NAME = b'"subscriptionId":"urn:ngsi-ld:Subscription:'


class Receivers:
    """A server whose paths behave differently; ``got`` has the levels by subscription."""

    def __init__(self) -> None:
        self.got: dict[str, list[int]] = {}
        self.broken = True
        self._socket = listening()
        self.port = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()
        assert self._up.wait(PATIENCE_S)

    def _run(self) -> None:
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, sock=self._socket))
        self._up.set()
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                body = await reader.readexactly(size)
                path = head.split(b" ")[1].decode()
                if self.broken and path == "/close":
                    break
                if self.broken and path == "/slow":
                    await asyncio.sleep(60)
                status = 500 if self.broken and path == "/ill" else 200
                if status == 200:
                    name = body.split(_NAME)[1].split(b'"')[0].decode()
                    levels = [item["level"]["value"] for item in json.loads(body)["data"]]
                    self.got.setdefault(name, []).extend(levels)
                writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def first_times(self, name: str) -> list[int]:
        """What arrived, in order; an answer that came too late for the sender makes it arrive again."""
        return list(dict.fromkeys(self.got.get(name, [])))

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def close(self) -> None:
        async def end() -> None:
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(PATIENCE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)


class Running(Bench):
    """A broker with the notifier at work in its thread."""

    def open_database(self, folder: Path) -> SqliteDatabase:
        return SqliteDatabase(folder / "state.sqlite", durable=False)

    def make_sender(self) -> Courier:
        return Courier(AioHttpClient(AddressGuard(["127.0.0.0/8"])))


@pytest.fixture
def receivers() -> Iterator[Receivers]:
    made = Receivers()
    yield made
    made.close()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path, SystemClock())
    made.notifier.start()
    yield made
    made.notifier.stop()
    made.close()


@pytest.mark.slow
def test_what_hangs_and_breaks_delays_nobody(running: Running, receivers: Receivers) -> None:
    for path in ("/slow", "/ill", "/close"):
        running.subscribe(path[1:], uri=receivers.url(path), endpoint={"timeout": 300})
    running.subscribe("nobody", uri=f"http://127.0.0.1:{free_port()}/")
    running.subscribe("good", uri=receivers.url("/good"))
    for level in range(20):
        running.create(f"g{level}", level=level)
    until(lambda: receivers.first_times("good") == list(range(20)))
    assert set(receivers.got) == {"good"}
    receivers.broken = False
    for name in ("slow", "ill", "close"):
        until(lambda name=name: receivers.first_times(name) == list(range(20)))
    until(lambda: running.queries.health("", "urn:ngsi-ld:Subscription:nobody").failures > 0)
    assert running.queries.health("", "urn:ngsi-ld:Subscription:nobody").behind
    until(lambda: running.queries.deliveries("", "urn:ngsi-ld:Subscription:good") != [])


def test_it_runs_once(running: Running) -> None:
    with pytest.raises(Conflict):
        running.notifier.start()


def test_a_stopped_notifier_goes_on_where_it_was(
    running: Running, receivers: Receivers, tmp_path: Path
) -> None:
    running.subscribe("good", uri=receivers.url("/good"))
    running.create("g1", level=1)
    until(lambda: receivers.got.get("good") == [1])
    running.notifier.stop()
    running.create("g2", level=2)
    running.notifier = running.make_notifier()
    running.notifier.start()
    until(lambda: receivers.got.get("good") == [1, 2])


def test_deletion_and_change_reach_the_thread(running: Running, receivers: Receivers) -> None:
    running.subscribe("good", uri=receivers.url("/good"))
    running.create("g1", level=1)
    until(lambda: receivers.got.get("good") == [1])
    running.subscriptions.delete("", "urn:ngsi-ld:Subscription:good", WHO).result()
    running.subscribe("other", uri=receivers.url("/other"))
    running.create("g2", level=2)
    until(lambda: receivers.got.get("other") == [2])
    assert receivers.got["good"] == [1]


@pytest.mark.slow
def test_kill_9_loses_nothing(tmp_path: Path, receivers: Receivers) -> None:
    """A process that writes and notifies is killed again and again; all that it accepted arrives."""
    script = Path(__file__).with_name("victim.py")
    accepted: list[int] = []
    for life in range(3):
        process = subprocess.Popen(
            [sys.executable, str(script), str(tmp_path), receivers.url("/good"), str(life)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[4],
            text=True,
        )
        assert process.stdout is not None
        for line in process.stdout:
            accepted.append(int(line))
            if len(accepted) % 40 == 0:
                os.kill(process.pid, signal.SIGKILL)
                break
        accepted += [int(line) for line in process.stdout]
        process.wait(PATIENCE_S)
    last = Running(tmp_path, SystemClock())
    last.notifier.start()
    until(lambda: set(accepted) <= set(receivers.got.get("good", [])))
    last.notifier.stop()
    last.database.close()
    first_times = receivers.first_times("good")
    assert first_times == sorted(first_times)
