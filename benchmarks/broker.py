"""How fast the context broker answers over HTTP, with everything durable before the answer.

    python -m benchmarks broker [--seconds 5] [--entities 100000] [--instances 1000000] [--only NAME ...]

One broker process (SQLite, WAL, an fsync before each answer that says something was kept) and one client
process on the same machine, over the loopback; client and broker share the cores. ``CPU µs`` is the
processor time of the broker for one request (of a batch: for one entity), whatever else the machine does.
An entity has a number with unit and time, a text and a place. Beside each figure stands the limit that is
to be reached; the same documents go into a bare table first, to tell the machine's share of the batches.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import multiprocessing
import os
import random
import shutil
import socket
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.console import Console
from rich.table import Table

HOST = "127.0.0.1"
START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
BATCH = 1000  # entities in a request
SERIES = 10  # entities among which the instances of the temporal benchmark lie


@dataclass(frozen=True)
class Result:
    """One line of the table."""

    name: str
    rate: float
    unit: str
    waits: Sequence[float]
    least: float | None = None  # of the rate
    most_ms: float | None = None  # of the 95th percentile
    cpu_us: float | None = None  # of the broker's process, for one of what the rate counts


def entity(number: int, chance: random.Random) -> dict[str, Any]:
    """The ``number``-th entity."""
    return {
        "id": f"urn:ngsi-ld:Vehicle:{number:07d}",
        "type": "Vehicle",
        "speed": {
            "type": "Property",
            "value": round(chance.uniform(0, 200), 3),
            "unitCode": "KMH",
            "observedAt": "2026-01-01T00:00:00Z",
        },
        "brandName": {"type": "Property", "value": f"brand-{number % 50}"},
        "location": {
            "type": "GeoProperty",
            "value": {
                "type": "Point",
                "coordinates": [round(113 + chance.random(), 6), round(22 + chance.random(), 6)],
            },
        },
    }


# ---- the broker's process --------------------------------------------------------------------------------


def serve(folder: str, ready: Any) -> None:
    """A broker by itself."""
    import uvicorn
    from tools.broker import Standing

    app = Standing(Path(folder)).app()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    listener = socket.socket()
    listener.bind((HOST, 0))
    ready.put(listener.getsockname()[1])
    config = uvicorn.Config(app, loop="uvloop", http="httptools", log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


def cpu_seconds(process: int) -> float | None:
    """The processor time a process has used, where the system tells."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def standing(folder: Path) -> Iterator[tuple[int, int]]:
    """Port and process of a broker over the data in ``folder``."""
    context = multiprocessing.get_context("spawn")
    queue: Any = context.Queue()
    process = context.Process(target=serve, args=(str(folder), queue))
    process.start()
    try:
        port = queue.get(timeout=60)
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
                break
            time.sleep(0.05)
        yield port, process.pid or 0
    finally:
        process.kill()
        process.join()


def fill_past(folder: Path, instances: int) -> None:
    """Instances of a few entities, a second apart, told to the store itself."""
    from tools.broker import Standing

    from chengshu.foundation.broker.ld.core import DEFAULT_VOCAB
    from chengshu.foundation.broker.model import Attribute, Entity
    from chengshu.foundation.broker.temporal import UpsertEvolution
    from chengshu.foundation.journal import Actor
    from chengshu.kernel.clock import from_millis, iso

    own = Standing(folder, durable=False)
    chance, portion = random.Random(7), 10_000
    for number in range(SERIES):
        for first in range(0, instances // SERIES, portion):
            items = tuple(
                Attribute(
                    "Property",
                    round(chance.uniform(0, 100), 2),
                    observed_at=iso(from_millis(START_MS + n * 1000)),
                )
                for n in range(first, min(first + portion, instances // SERIES))
            )
            told = Entity(
                f"urn:ngsi-ld:Meter:{number}",
                (DEFAULT_VOCAB + "Meter",),
                attributes={DEFAULT_VOCAB + "level": items},
            )
            own.rooms.broker.write("", UpsertEvolution(told), Actor("bench"))
    own.close()


# ---- the client ------------------------------------------------------------------------------------------


def request(method: str, path: str, body: Any = None) -> bytes:
    """A whole request as bytes, so that the client costs little."""
    sent = b"" if body is None else json.dumps(body).encode()
    head = f"{method} /ngsi-ld/v1/{path} HTTP/1.1\r\nHost: broker\r\nAccept: application/json\r\n"
    if sent:
        head += f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n"
    return f"{head}\r\n".encode() + sent


async def _one(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, raw: bytes, wanted: Sequence[int]
) -> bytes:
    writer.write(raw)
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    found = head.lower().partition(b"content-length:")[2]
    body = await reader.readexactly(int(found.split(b"\r\n", 1)[0])) if found else b""
    assert status in wanted, (status, body[:500], raw[:300])
    return body


async def _push(
    port: int, numbers: Iterator[int], make: Callable[[int], bytes], end: float, wanted: Sequence[int]
) -> list[float]:
    reader, writer = await asyncio.open_connection(HOST, port, limit=2**24)
    waits = []
    while time.perf_counter() < end and (number := next(numbers, None)) is not None:
        raw = make(number)
        started = time.perf_counter()
        await _one(reader, writer, raw, wanted)
        waits.append(time.perf_counter() - started)
    writer.close()
    return waits


def measure(
    port: int,
    make: Callable[[int], bytes],
    count: int,
    seconds: float,
    connections: int,
    wanted: Sequence[int] = (200,),
) -> tuple[float, list[float]]:
    """Requests per second and their waits, of ``count`` requests at most."""

    async def run() -> tuple[float, list[float]]:
        numbers = iter(range(count))
        started = time.perf_counter()
        parts = await asyncio.gather(
            *(_push(port, numbers, make, started + seconds, wanted) for _ in range(connections))
        )
        waits = [wait for part in parts for wait in part]
        return len(waits) / (time.perf_counter() - started), waits

    return asyncio.run(run())


# ---- what is measured ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bench:
    """One run: where, how long, how large."""

    port: int
    seconds: float
    entities: int
    connections: int

    def batch(self) -> Result:
        """Load all entities, 1,000 in a request; afterwards they are there for the others."""
        chance, size = random.Random(1), BATCH
        bodies = [
            request(
                "POST", "entityOperations/upsert", [entity(n, chance) for n in range(first, first + size)]
            )
            for first in range(0, self.entities, size)
        ]
        rate, waits = measure(self.port, lambda n: bodies[n], len(bodies), 600, 4, (201, 204))
        return Result("batch upsert, 1,000 a request", rate * size, "entities/s", waits, 20_000)

    def create(self) -> Result:
        """One entity a request."""
        chance, count = random.Random(2), round(self.seconds * 4000)
        bodies = [request("POST", "entities", entity(self.entities + n, chance)) for n in range(count)]
        rate, waits = measure(self.port, lambda n: bodies[n], count, self.seconds, self.connections, (201,))
        return Result("create", rate, "requests/s", waits, 1000)

    def update(self) -> Result:
        """One attribute of one entity a request."""
        chance, count = random.Random(3), round(self.seconds * 8000)
        bodies = [
            request(
                "PATCH",
                f"entities/urn:ngsi-ld:Vehicle:{chance.randrange(self.entities):07d}/attrs/speed",
                {"value": round(chance.uniform(0, 200), 3), "observedAt": "2026-01-01T01:00:00Z"},
            )
            for _ in range(count)
        ]
        rate, waits = measure(self.port, lambda n: bodies[n], count, self.seconds, self.connections, (204,))
        return Result("update an attribute", rate, "requests/s", waits, 2000)

    def retrieve(self) -> Result:
        """One entity by id."""
        chance, count = random.Random(4), round(self.seconds * 8000)
        paths = [f"entities/urn:ngsi-ld:Vehicle:{chance.randrange(self.entities):07d}" for _ in range(count)]
        rate, waits = measure(self.port, lambda n: request("GET", paths[n]), count, self.seconds, 16)
        return Result("retrieve by id", rate, "requests/s", waits, 2000)

    def query(self) -> Result:
        """Type and a condition that from 1 in 2,000 to 1 in 2 entities meets, 20 given."""
        chance = random.Random(5)
        levels = (100.0, 150.0, 180.0, 190.0, 198.0, 199.9)

        def make(_: int) -> bytes:
            q = quote(f"speed>{chance.choice(levels) + chance.random() / 20}")
            return request("GET", f"entities?type=Vehicle&q={q}&limit=20")

        rate, waits = measure(self.port, make, 10**6, self.seconds, 8)
        return Result(f"type and q over {self.entities:,}", rate, "requests/s", waits, 300, 50)

    def combined(self) -> Result:
        """Type and two conditions, counted."""
        chance = random.Random(6)

        def make(_: int) -> bytes:
            q = quote(f'brandName=="brand-{chance.randrange(50)}";speed>{chance.uniform(100, 199):.2f}')
            return request("GET", f"entities?type=Vehicle&q={q}&limit=20&count=true")

        rate, waits = measure(self.port, make, 10**6, self.seconds, 8)
        return Result("type and two conditions, counted", rate, "requests/s", waits, 200)

    def near(self) -> Result:
        """Entities within a kilometre."""
        chance = random.Random(7)

        def make(_: int) -> bytes:
            place = quote(f"[{113.05 + 0.9 * chance.random():.5f},{22.05 + 0.9 * chance.random():.5f}]")
            georel = quote("near;maxDistance==1000")
            return request(
                "GET", f"entities?type=Vehicle&georel={georel}&geometry=Point&coordinates={place}&limit=20"
            )

        rate, waits = measure(self.port, make, 10**6, self.seconds, 8)
        return Result("geo near, 1 km", rate, "requests/s", waits, 300)

    def aggregate(self, instances: int) -> Result:
        """An hourly mean and maximum over all instances of one entity, and of each day of it in turn."""
        chance = random.Random(8)

        def make(_: int) -> bytes:
            path = (
                f"temporal/entities/urn:ngsi-ld:Meter:{chance.randrange(SERIES)}?attrs=level"
                "&options=aggregatedValues&aggrMethods=avg,max&aggrPeriodDuration=PT1H"
            )
            return request("GET", path)

        rate, waits = measure(self.port, make, 10**6, self.seconds, 1)
        name = f"temporal aggregate, {instances // SERIES:,} of {instances:,} instances"
        return Result(name, rate, "requests/s", waits, None, 100)


def bare(folder: Path, entities: int) -> Result:
    """The same documents into one table of SQLite by id, as fast as Python can, an fsync for each batch."""
    chance, waits = random.Random(1), []
    rows = [(one["id"], json.dumps(one)) for one in (entity(n, chance) for n in range(entities))]
    connection = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE e (id TEXT, doc TEXT)"
    )
    connection.execute("CREATE UNIQUE INDEX e_id ON e (id)")
    started = time.perf_counter()
    for first in range(0, entities, BATCH):
        begun = time.perf_counter()
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO e VALUES (?, ?)", rows[first : first + BATCH])
        connection.execute("COMMIT")
        waits.append(time.perf_counter() - begun)
    rate = entities / (time.perf_counter() - started)
    connection.close()
    return Result("the same documents into bare SQLite", rate, "entities/s", waits)


def with_cpu(process: int, work: Callable[[], Result]) -> Result:
    """The result of a benchmark with the broker's processor time for one of what it counts."""
    before = cpu_seconds(process)
    result = work()
    after = cpu_seconds(process)
    if before is None or after is None:
        return result
    done = len(result.waits) * (BATCH if result.unit == "entities/s" else 1)
    return replace(result, cpu_us=(after - before) / done * 1e6)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--entities", type=int, default=100_000)
    parser.add_argument("--instances", type=int, default=1_000_000)
    parser.add_argument("--connections", type=int, default=64)
    known = ["create", "update", "retrieve", "query", "combined", "near", "aggregate"]
    parser.add_argument("--only", nargs="+", choices=known, default=known)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="chengshu-bench-"))
    try:
        if "aggregate" in options.only:
            fill_past(folder, options.instances)
        with standing(folder) as (port, process):
            bench = Bench(port, options.seconds, options.entities, options.connections)
            results = [bare(folder, options.entities), with_cpu(process, bench.batch)]
            for name in options.only:
                if name == "aggregate":
                    results.append(with_cpu(process, lambda: bench.aggregate(options.instances)))
                else:
                    results.append(with_cpu(process, getattr(bench, name)))
        print_table(results)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def print_table(results: Sequence[Result]) -> None:
    """Rates and waits, each beside its limit."""
    table = Table(title="context broker over HTTP, durable, one process")
    for column in ("operation", "rate", "per", "p50 ms", "p95 ms", "p99 ms", "CPU µs", "limit", "reached"):
        table.add_column(column, justify="left" if column in ("operation", "per") else "right")
    for item in results:
        cuts = statistics.quantiles(item.waits, n=100) if len(item.waits) > 1 else [item.waits[0]] * 99
        limits = [f"≥ {item.least:,.0f}"] if item.least else []
        limits += [f"p95 ≤ {item.most_ms:.0f} ms"] if item.most_ms else []
        reached = (not item.least or item.rate >= item.least) and (
            not item.most_ms or cuts[94] * 1000 <= item.most_ms
        )
        table.add_row(
            item.name,
            f"{item.rate:,.0f}",
            item.unit,
            *(f"{cuts[n] * 1000:.1f}" for n in (49, 94, 98)),
            "" if item.cpu_us is None else f"{item.cpu_us:,.0f}",
            ", ".join(limits),
            ("yes" if reached else "no") if limits else "",
        )
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
