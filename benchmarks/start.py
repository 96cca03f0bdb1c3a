"""How long it takes to begin: a help page, a look at a city, a hub that answers, beside their least.

    python -m benchmarks.start [--city cities/demo] [--times 5]

A command is timed from its start to its end, a hub from its start to its first answer over HTTP (to 0.2 s),
on a new data folder and again on the same one. The baselines are the bare interpreter, and a web server of
the same kind that has one answer and nothing behind it.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks._asking import free_port, peak_memory, serving

ROOT = Path(__file__).resolve().parent.parent
CHENGSHU = [sys.executable, "-c", "from chengshu.app.cli import main; main()"]
BARE = """
import sys, uvicorn
from fastapi import FastAPI
app = FastAPI()
app.get("/healthz")(lambda: {"status": "ok"})
uvicorn.run(app, port=int(sys.argv[1]), log_level="error")
"""


def command(words: Sequence[str], times: int) -> float:
    """The middle of the seconds a command takes; once to warm up."""
    spent = []
    for _ in range(times + 1):
        start = time.perf_counter()
        subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        spent.append(time.perf_counter() - start)
    return statistics.median(spent[1:])


def served(words: Sequence[str], port: int, log: Path) -> tuple[float, float]:
    """Seconds until a server answers, and the most memory it took (MB)."""
    start = time.perf_counter()
    with serving(words, port, "/healthz", ROOT, log) as process:
        return time.perf_counter() - start, peak_memory(process)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--city", type=Path, default=ROOT / "cities" / "demo")
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    city = str(options.city)
    bare = command([sys.executable, "-c", ""], options.times)
    table = Table("what", "s", "MB", "baseline", title="from the start to the first answer")
    for name, words in (("chengshu --help", ["--help"]), (f"chengshu check {city}", ["check", city])):
        took = command([*CHENGSHU, *words], options.times)
        table.add_row(name, f"{took:.2f}", "", f"the interpreter alone {bare:.2f} s (1 : {took / bare:.1f})")
    with tempfile.TemporaryDirectory() as folder:
        log, data = Path(folder, "log"), str(Path(folder, "data"))
        port = free_port()
        least, small = served([sys.executable, "-c", BARE, str(port)], port, log)
        for name in ("serve, a new data folder", "serve, the same again"):
            port = free_port()
            words = [*CHENGSHU, "serve", city, "--port", str(port), "--data", data]
            took, memory = served(words, port, log)
            told = f"a server with one answer {least:.2f} s, {small:.0f} MB (1 : {took / least:.1f})"
            table.add_row(name, f"{took:.2f}", f"{memory:.0f}", told)
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
