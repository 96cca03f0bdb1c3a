"""How notifications keep up: 500 writes a second, 10,000 subscriptions, 16 of them concerned by every write.

    python benchmarks/notifications.py [--seconds 30] [--rate 500] [--subscriptions 10000] [--dead 0]

A writer in the hub's process makes durable updates at the given rate; the notifier follows in its thread;
receivers live in a process of their own behind real HTTP over the loopback, one address per subscription.
Every entry of every notification carries the moment of its write: the lag is from there to its arrival. What
is missing or double at the end is counted by sequence numbers. ``--dead`` percent of the subscriptions name a
port where nobody listens: they must not cost the others anything. The target is all 16 entries of every write
delivered (ratio 1); one published measurement of the same load on 8 cores delivered 8.4 %.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import resource
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace
from rich.console import Console
from rich.table import Table

PER_WRITE = 16
VOCAB = "https://bench.test/"
_PUBLISHED = 0.084
_PATIENCE = 60.0  # seconds the receivers may still get what was written


class _Value(msgspec.Struct):
    value: float


class _Entity(msgspec.Struct):
    at: _Value


class _Notification(msgspec.Struct):
    subscriptionId: str  # noqa: N815  as NGSI-LD says it
    data: list[_Entity]


@dataclass
class Arrivals:
    """What the receivers got."""

    posts: int = 0
    entries: int = 0
    lags: list[float] = field(default_factory=list)
    seen: set[tuple[str, int]] = field(default_factory=set)


class Receiver(asyncio.Protocol):
    """The least an HTTP server can be: reads requests, notes them, answers 204."""

    _decode = msgspec.json.Decoder(_Notification).decode

    def __init__(self, arrivals: Arrivals) -> None:
        self._arrivals = arrivals
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            at = head.index(b"content-length:") + 15
            length = int(head[at : (head + b"\r\n").index(b"\r\n", at)])
            if len(self._buffer) < end + 4 + length:
                return
            body, self._buffer = self._buffer[end + 4 : end + 4 + length], self._buffer[end + 4 + length :]
            self._note(head, body)
            self._transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    def _note(self, head: bytes, body: bytes) -> None:
        now, arrivals = time.time() * 1000, self._arrivals
        told = self._decode(body)
        at = head.index(b"chengshu-sequence:") + 18
        sequences = head[at : (head + b"\r\n").index(b"\r\n", at)].split(b",")
        arrivals.posts += 1
        arrivals.entries += len(told.data)
        for entity, seq in zip(told.data, sequences, strict=True):
            arrivals.lags.append(now - entity.at.value)
            arrivals.seen.add((told.subscriptionId, hash((int(seq), entity.at.value))))


def receive(port: Any, pipe: Any) -> None:
    """The process of the receivers: answers ``count`` with what has come so far, ``end`` with all of it."""
    import uvloop

    arrivals = Arrivals()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Receiver(arrivals), "127.0.0.1", 0, backlog=4096)
        port.value = server.sockets[0].getsockname()[1]
        while True:
            if not pipe.poll():
                await asyncio.sleep(0.05)
                continue
            asked = pipe.recv()
            if asked == "count":
                pipe.send(len(arrivals.seen))
            else:
                cpu = resource.getrusage(resource.RUSAGE_SELF)
                pipe.send((arrivals.posts, arrivals.entries, len(arrivals.seen), arrivals.lags, cpu.ru_utime))
                return

    uvloop.run(main())


class Hub:
    """A broker with its notifier and the subscriptions."""

    def __init__(self, folder: Path, port: int, subscriptions: int, dead: int) -> None:
        from chengshu.engines.embedded.database import SqliteDatabase
        from chengshu.engines.http import AddressGuard, AioHttpClient
        from chengshu.foundation.broker import store as broker_store
        from chengshu.foundation.broker.commands import Broker
        from chengshu.foundation.broker.ld import store as context_store
        from chengshu.foundation.broker.ld.library import ContextLibrary
        from chengshu.foundation.broker.queries import BrokerQueries
        from chengshu.foundation.broker.subscriptions import store
        from chengshu.foundation.broker.subscriptions.composing import Composer
        from chengshu.foundation.broker.subscriptions.notifier import Notifier
        from chengshu.foundation.broker.subscriptions.sending import Courier
        from chengshu.foundation.journal import store as journal_store
        from chengshu.kernel.clock import SystemClock
        from chengshu.kernel.ids import SequenceIds

        clock = SystemClock()
        self.database = SqliteDatabase(folder / "state.sqlite")
        for tables in (journal_store, broker_store, context_store, store):
            self.database.create(tables.metadata)
        self.broker = Broker(self.database, clock)
        self.contexts = ContextLibrary(self.database, clock, SequenceIds())
        composer = Composer(self.contexts, BrokerQueries(self.database, clock))
        courier = Courier(AioHttpClient(AddressGuard(["127.0.0.0/8"])))
        self.notifier = Notifier(self.database, clock, composer, courier)
        self.entities = subscriptions // PER_WRITE
        self._fill(port, subscriptions, dead)
        self.notifier.start()

    def _fill(self, port: int, subscriptions: int, dead: int) -> None:
        from chengshu.foundation.broker.edit import CreateEntity
        from chengshu.foundation.broker.ld.contexts import compile_context
        from chengshu.foundation.broker.subscriptions.commands import Subscriptions
        from chengshu.foundation.broker.subscriptions.reading import read_subscription
        from chengshu.foundation.journal import Actor
        from chengshu.kernel.clock import SystemClock

        self.actor = Actor("bench")
        creating = [CreateEntity(self.entity(n, 0)) for n in range(self.entities)]
        self.broker.submit("", creating, self.actor).result()
        terms = {"at": VOCAB + "at", "level": VOCAB + "level", "Gauge": VOCAB + "Gauge"}
        terms |= {f"Gauge{n}": f"{VOCAB}Gauge{n}" for n in range(self.entities)}
        context, room = compile_context([terms], terms), Subscriptions(self.database, SystemClock())
        address = f"http://hub/ngsi-ld/v1/jsonldContexts/{self.contexts.implicit(terms).id}"
        futures = []
        for number in range(subscriptions):
            place, way = divmod(number, PER_WRITE)
            by_id = {"id": f"urn:ngsi-ld:Gauge:{place}", "type": "Gauge"}
            here = 9 if number % 100 < dead else port
            payload = {
                "type": "Subscription",
                "entities": [by_id if way % 2 else {"type": f"Gauge{place}"}],
                "watchedAttributes": ["level"],
                "notification": {"endpoint": {"uri": f"http://127.0.0.1:{here}/notify/{number}"}},
            } | ({"q": "level>=0"} if way % 4 == 0 else {})
            name = f"urn:ngsi-ld:Subscription:{number}"
            read = read_subscription(payload, context, tenant="", name=name, now_ms=0)
            futures.append(room.create(replace(read, context=address), self.actor))
        for future in futures:
            future.result()

    def settle(self) -> None:
        """Until the notifier has read what the preparation wrote."""
        from chengshu.foundation.journal import last_seq

        with self.database.read() as connection:
            end = last_seq(connection)
        while self.notifier.opened().head < end:
            time.sleep(0.05)

    def entity(self, number: int, at: float) -> Any:
        """One gauge as of a moment, with what gauges usually say."""
        from chengshu.foundation.broker.model import Attribute, Entity

        attributes = {
            VOCAB + "at": (Attribute("Property", at),),
            VOCAB + "level": (Attribute("Property", 1.25, unit_code="MTR"),),
        }
        types = (VOCAB + "Gauge", f"{VOCAB}Gauge{number}")
        return Entity(f"urn:ngsi-ld:Gauge:{number}", types, attributes=attributes)

    def write(self, seconds: float, rate: float) -> tuple[int, float]:
        """Durable updates at ``rate`` for ``seconds``; how many, and the rate that came about."""
        from chengshu.foundation.broker.edit import UpdateAttributes

        begun, written, waiting = time.perf_counter(), 0, threading.Semaphore(2000)
        while (passed := time.perf_counter() - begun) < seconds:
            due = min(int(passed * rate), int(seconds * rate))
            while written < due:
                number = written * 7919 % self.entities
                fragment = self.entity(number, time.time() * 1000)
                waiting.acquire()
                future = self.broker.submit("", [UpdateAttributes(fragment.id, fragment)], self.actor)
                future.add_done_callback(lambda _: waiting.release())
                written += 1
            time.sleep(0.002)
        future.result()
        return written, written / (time.perf_counter() - begun)


def bench(seconds: float, rate: float, subscriptions: int, dead: int) -> bool:
    """One run; whether everything arrived."""
    context = multiprocessing.get_context("spawn")
    port, (pipe, other) = context.Value("i", 0), context.Pipe()
    process = context.Process(target=receive, args=(port, other), daemon=True)
    process.start()
    while not port.value:
        time.sleep(0.05)
    folder = Path(tempfile.mkdtemp(prefix="bench-notifications-"))
    try:
        hub = Hub(folder, port.value, subscriptions, dead)
        hub.settle()
        cpu = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        written, real = hub.write(seconds, rate)
        expected = written * (PER_WRITE if not dead else 0) or _expected(hub, written, subscriptions, dead)
        ended = time.perf_counter()
        got = 0
        while got < expected and time.perf_counter() - ended < _PATIENCE:
            time.sleep(0.2)
            pipe.send("count")
            got = pipe.recv()
        after = time.perf_counter() - ended
        spent = resource.getrusage(resource.RUSAGE_SELF).ru_utime - cpu
        pipe.send("end")
        posts, entries, distinct, lags, theirs = pipe.recv()
        hub.notifier.stop()
        hub.database.close()
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(folder)
        process.join(5)
    show(written, real, expected, posts, entries, distinct, lags, after, spent, theirs)
    return distinct == expected


def _expected(hub: Hub, written: int, subscriptions: int, dead: int) -> int:
    """How many entries the living receivers must get when a part is dead."""
    alive = [0] * hub.entities
    for number in range(hub.entities * PER_WRITE):
        alive[number // PER_WRITE] += number % 100 >= dead
    return sum(alive[n * 7919 % hub.entities] for n in range(written))


def show(
    written: int,
    rate: float,
    expected: int,
    posts: int,
    entries: int,
    distinct: int,
    lags: list[float],
    after: float,
    spent: float,
    theirs: float,
) -> None:
    """The table."""
    table = Table(title="notifications", title_justify="left")
    for column in ("figure", "value"):
        table.add_column(column, justify="right" if column == "value" else "left")
    share = distinct / expected if expected else 0.0
    p50, p95, worst = np.percentile(lags, [50, 95, 100]) if lags else (0.0, 0.0, 0.0)
    rows = {
        "writes, durable": f"{written:,} at {rate:,.0f}/s",
        "entries to deliver": f"{expected:,}",
        "delivered": f"{distinct:,} = {100 * share:.2f} %",
        "ratio to the target (all of them)": f"{share:.4f}",
        "ratio to the published 8.4 % (8 cores)": f"{share / _PUBLISHED:.1f}",
        "delivered twice": f"{entries - distinct:,}",
        "requests": f"{posts:,} with {entries / max(posts, 1):.1f} entries each",
        "lag p50 / p95 / max": f"{p50:,.0f} / {p95:,.0f} / {worst:,.0f} ms",
        "last one after the last write": f"{after:.1f} s",
        "CPU of hub / receivers": f"{spent:.1f} / {theirs:.1f} s",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    Console().print(table)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=500.0)
    parser.add_argument("--subscriptions", type=int, default=10_000)
    parser.add_argument("--dead", type=int, default=0, help="percent of the endpoints that are dead")
    given = parser.parse_args()
    return 0 if bench(given.seconds, given.rate, given.subscriptions, given.dead) else 1


if __name__ == "__main__":
    raise SystemExit(main())
