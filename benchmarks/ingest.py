"""How many observations per second the hub takes in, durable (committed with an fsync before the answer).

    python benchmarks/ingest.py [--seconds 8] [--only http|mqtt|raw]

Real servers over the loopback: uvicorn for HTTP, a broker (mosquitto where installed, else amqtt) for MQTT;
the pump runs and brings everything into history meanwhile. Beside it, in the same run, the same rows by
SQLite ``executemany`` and by a DuckDB Arrow append (one durable commit per message): the ratio says how much
of the engine is left after decoding, mapping, checking, journal and current state.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import shutil
import socket
import sqlite3
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
from rich.console import Console
from rich.table import Table

SENSORS = 5000
START_MS = round(time.time() * 1000) - 3_600_000
SOURCES = {
    "sources": [
        {
            "id": name,
            "connector": connector,
            "each": "readings",
            "type": "RainGauge",
            "entity": '"urn:ngsi-ld:RainGauge:" + gauge',
            "observed_at": "time",
            "attributes": {"rainIntensity": {"value": "mm_h", "unit": "mm/h", "range": [0, 500]}},
            "unknown": "create",
        }
        for name, connector in (
            ("bench", {"kind": "http"}),
            ("bench_mqtt", {"kind": "mqtt", "topic": "bench/#"}),
        )
    ]
}


@dataclass(frozen=True)
class Result:
    """One line of the table."""

    way: str
    size: int
    rate: float
    messages: float
    p50_ms: float | None = None
    p99_ms: float | None = None


def message(number: int, size: int) -> bytes:
    """The ``number``-th message: ``size`` readings of different gauges, every row of the run different."""
    readings = []
    for i in range(size):
        row = number * size + i
        moment = datetime.fromtimestamp((START_MS + row // SENSORS * 100) / 1000, UTC)
        time_ = moment.isoformat(timespec="milliseconds")
        readings.append({"gauge": f"{row % SENSORS}", "time": time_, "mm_h": row % 1000 / 10})
    return json.dumps({"readings": readings}).encode()


def serve(folder: str, ready: Any, broker: int | None) -> None:
    """The hub's process: HTTP surface, pump with history, and the MQTT client when there is a broker."""
    import uvicorn
    from fastapi import FastAPI

    from chengshu.engines.embedded.database import SqliteDatabase
    from chengshu.engines.embedded.history import DuckHistory
    from chengshu.engines.mqtt import MqttSubscriber
    from chengshu.foundation.context import Context, HistoryFeed
    from chengshu.foundation.context import store as context_store
    from chengshu.foundation.journal import Actor, Pump
    from chengshu.foundation.journal import store as journal_store
    from chengshu.foundation.sensing import Intake, SensingHealth, Tokens
    from chengshu.foundation.sensing import store as sensing_store
    from chengshu.foundation.sensing.connectors import MqttIntake
    from chengshu.foundation.sensing.declared import Sources
    from chengshu.kernel.clock import SystemClock
    from chengshu.surfaces.ingest import router

    clock = SystemClock()
    database = SqliteDatabase(Path(folder) / "hub.db", durable=True)
    for module in (journal_store, context_store, sensing_store):
        database.create(module.metadata)
    history = DuckHistory(Path(folder) / "history.duckdb")
    context = Context(database, clock)
    sources = Sources.model_validate(SOURCES).sources
    intake = Intake(database, clock, context, sources, ZoneInfo("UTC"))
    tokens = Tokens(database, clock)
    feed, health = HistoryFeed(history, clock), SensingHealth(database, clock, intake.sources)
    pump = Pump(database, clock, [feed, health], [feed, health])
    threading.Thread(target=pump.run, args=(threading.Event(),), daemon=True).start()
    if broker is not None:
        MqttIntake(MqttSubscriber(clock, "127.0.0.1", broker, client_id="hub"), intake).start()
    app = FastAPI()
    app.include_router(router(intake, tokens))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    ready.put((listener.getsockname()[1], tokens.create("bench", Actor("bench"))))
    config = uvicorn.Config(app, loop="uvloop", http="httptools", log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


@contextlib.contextmanager
def hub(broker: int | None = None) -> Iterator[tuple[int, str, Path]]:
    """A running hub in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="chengshu-bench-"))
    queue: Any = multiprocessing.get_context("spawn").Queue()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(str(folder), queue, broker))
    process.start()
    try:
        port, token = queue.get(timeout=60)
        yield port, token, folder
    finally:
        process.kill()
        process.join()
        shutil.rmtree(folder, ignore_errors=True)


async def _push(
    port: int, requests: list[bytes], next_: Iterator[int], end: float, waits: list[float]
) -> int:
    """One keep-alive connection that sends until ``end``; raw bytes, so that the client costs little."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent = 0
    while time.perf_counter() < end and (number := next(next_, None)) is not None:
        started = time.perf_counter()
        writer.write(requests[number])
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head.split(b"\r\n", 1)[0], head
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n", 1)[0])
        body = await reader.readexactly(length)
        assert b'"quarantined":[]' in body, body
        waits.append(time.perf_counter() - started)
        sent += 1
    writer.close()
    return sent


def bench_http(size: int, seconds: float, connections: int) -> Result:
    """Messages of ``size`` observations over HTTP."""
    count = max(20, round(seconds * (150_000 / size if size > 1 else 8_000)))
    with hub() as (port, token, _):
        requests = []
        for number in range(count):
            body = message(number, size)
            head = (
                f"POST /ingest/bench HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            requests.append(head.encode() + body)
        warm = SENSORS // size + 1
        waits: list[float] = []

        async def run() -> tuple[int, float]:
            numbers = iter(range(count))
            for _ in range(min(warm, count // 4)):  # the first sight of each sensor opens its series
                await _push(port, requests, iter([next(numbers)]), float("inf"), [])
            started = time.perf_counter()
            sent = await asyncio.gather(
                *(_push(port, requests, numbers, started + seconds, waits) for _ in range(connections))
            )
            return sum(sent), time.perf_counter() - started

        sent, took = asyncio.run(run())
    cuts = statistics.quantiles(waits, n=100)
    return Result("HTTP", size, sent * size / took, sent / took, cuts[49] * 1000, cuts[98] * 1000)


def _serve_amqtt(port: int) -> None:
    from amqtt.broker import Broker

    async def run() -> None:
        broker = Broker(
            {
                "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
                "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
            }
        )
        await broker.start()
        await asyncio.Event().wait()

    asyncio.run(run())


@contextlib.contextmanager
def broker() -> Iterator[tuple[str, int]]:
    """A broker in a process of its own: mosquitto where it is installed, else amqtt. Its name and port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    process: Any
    settings = Path(tempfile.mkdtemp(prefix="chengshu-broker-")) / "mosquitto.conf"
    if program:
        limits = "max_inflight_messages 200\nmax_queued_messages 0\n"
        settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n{limits}")
        process = subprocess.Popen([program, "-c", str(settings)], stderr=subprocess.DEVNULL)
    else:
        process = multiprocessing.get_context("spawn").Process(target=_serve_amqtt, args=(port,))
        process.start()
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield ("mosquitto" if program else "amqtt"), port
    finally:
        process.kill()
        shutil.rmtree(settings.parent, ignore_errors=True)


def bench_mqtt(size: int, seconds: float) -> Result:
    """Messages of ``size`` observations, QoS 1, through a broker, until the last is durable."""
    import paho.mqtt.client as paho
    from paho.mqtt.enums import CallbackAPIVersion

    count = max(20, round(seconds * (60_000 / size if size > 1 else 1_500)))
    warm = min(SENSORS // size + 1, count)
    with broker() as (name, port), hub(port) as (_, _, folder):
        client = paho.Client(CallbackAPIVersion.VERSION2, "bench")
        client.max_inflight_messages_set(200)
        client.connect("127.0.0.1", port)
        client.loop_start()
        time.sleep(1)  # the hub's subscription

        def send(start: int, end: int) -> float:
            started = time.perf_counter()
            for number in range(start, end):
                client.publish("bench/a", message_of[number], qos=1)
            db = sqlite3.connect(folder / "hub.db")
            query = "SELECT accepted FROM sources WHERE source = 'bench_mqtt'"
            while (row := db.execute(query).fetchone()) is None or row[0] < end * size:
                assert time.perf_counter() - started < 120, f"only {row} of {end * size} arrived"
                time.sleep(0.01)
            db.close()
            return time.perf_counter() - started

        message_of = [message(number, size) for number in range(warm + count)]
        send(0, warm)
        took = send(warm, warm + count)
        client.disconnect()
        client.loop_stop()
    return Result(f"MQTT ({name})", size, count * size / took, count / took)


def bench_sqlite(size: int, seconds: float) -> Result:
    """The same rows by ``executemany``, one durable commit per message: (series, time) as key, no text."""
    with tempfile.TemporaryDirectory() as folder:
        db = sqlite3.connect(Path(folder) / "raw.db", isolation_level=None)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("CREATE TABLE h (series INT, at INT, value REAL, PRIMARY KEY (series, at)) WITHOUT ROWID")
        started, number = time.perf_counter(), 0
        while time.perf_counter() - started < seconds:
            rows = [
                ((number * size + i) % SENSORS, START_MS + (number * size + i) // SENSORS, 1.5)
                for i in range(size)
            ]
            db.execute("BEGIN")
            db.executemany("INSERT INTO h VALUES (?, ?, ?)", rows)
            db.execute("COMMIT")
            number += 1
        took = time.perf_counter() - started
        db.close()
    return Result("SQLite executemany", size, number * size / took, number / took)


def bench_duckdb(size: int, seconds: float) -> Result:
    """The same rows as Arrow into DuckDB, one durable commit per message."""
    with tempfile.TemporaryDirectory() as folder:
        db = duckdb.connect(str(Path(folder) / "raw.duckdb"))
        db.execute("CREATE TABLE h (series BIGINT, moment BIGINT, value DOUBLE)")
        started, number = time.perf_counter(), 0
        while time.perf_counter() - started < seconds:
            first = number * size
            rows = pa.table(
                {
                    "series": [(first + i) % SENSORS for i in range(size)],
                    "moment": [START_MS + (first + i) // SENSORS for i in range(size)],
                    "value": [1.5] * size,
                }
            )
            db.register("incoming", rows)
            db.execute("INSERT INTO h SELECT * FROM incoming")
            number += 1
        took = time.perf_counter() - started
        db.close()
    return Result("DuckDB Arrow append", size, number * size / took, number / took)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--only", choices=["http", "mqtt", "raw"])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 100, 1000])
    options = parser.parse_args()
    results: list[Result] = []
    for size in options.sizes:
        if options.only in (None, "http"):
            connections = options.connections * (4 if size == 1 else 1)
            results.append(bench_http(size, options.seconds, connections))
        if options.only in (None, "mqtt"):
            results.append(bench_mqtt(size, options.seconds))
        if options.only in (None, "raw"):
            results += [bench_sqlite(size, options.seconds / 2), bench_duckdb(size, options.seconds / 2)]
    print_table(results)


def print_table(results: list[Result]) -> None:
    """Rates, latencies, and each rate as a multiple of the raw engines' of the same message size."""
    table = Table(title=f"durable ingest, {SENSORS} sensors")
    for column in (
        "way",
        "obs/message",
        "observations/s",
        "messages/s",
        "p50 ms",
        "p99 ms",
        "x SQLite",
        "x DuckDB",
    ):
        table.add_column(column, justify="left" if column == "way" else "right")
    rates = {(item.way, item.size): item.rate for item in results}
    for item in results:
        raw = [rates.get((way, item.size)) for way in ("SQLite executemany", "DuckDB Arrow append")]
        table.add_row(
            item.way,
            str(item.size),
            f"{item.rate:,.0f}",
            f"{item.messages:,.0f}",
            *("" if value is None else f"{value:.1f}" for value in (item.p50_ms, item.p99_ms)),
            *("" if not value else f"{item.rate / value:.2f}" for value in raw),
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
