"""The command line as a person meets it: arguments in, words and exit code out."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from tests.waiting import PATIENCE_S, free_port, until

from chengshu.app.cli import main

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, read as JSON."""
        return json.loads(self.out)


def run(*words: object) -> Ran:
    """Run ``chengshu`` with ``words`` in this process."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with (
        patch.object(sys, "argv", ["chengshu", *map(str, words)]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
    return Ran(code, out.getvalue(), err.getvalue())


class Served:
    """A hub in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], log: Path, port: int) -> None:
        self.process, self.log = process, log
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S)

    @property
    def said(self) -> str:
        """Everything it has printed."""
        return self.log.read_text("utf-8")

    @property
    def code(self) -> str:
        """The code of the set-up link it printed, empty where it printed none."""
        found = re.search(r"/set-up\?code=(\S+)", self.said)
        return found[1] if found else ""

    def wait(self, seconds: float = 240) -> None:
        """Until it answers. Fails with what it said when it ends before."""
        until(lambda: self.process.poll() is not None or self._answers(), seconds, every=0.1)
        assert self.process.poll() is None, f"the hub ended with {self.process.returncode}: {self.said}"

    def _answers(self) -> bool:
        with suppress(httpx.TransportError):
            self.http.get("/healthz")
            return True
        return False

    def stop(self, how: signal.Signals) -> int:
        """Ask it to stop; gives its exit code."""
        self.process.send_signal(how)
        return self.process.wait(timeout=PATIENCE_S)

    def children(self) -> list[int]:
        """Its worker processes, and theirs."""
        found, left = [], [self.process.pid]
        while left:
            parent = left.pop()
            for task in Path(f"/proc/{parent}/task").glob("*/children"):
                own = [int(pid) for pid in task.read_text().split()]
                found += own
                left += own
        return found


def ended(pids: list[int]) -> bool:
    """Whether none of these processes runs any more."""
    return not any(map(alive, pids))


@contextmanager
def serving(city: Path, data: Path, command: str = "serve") -> Iterator[Served]:
    """A hub serving ``city`` on a free port, ready to be asked; killed at the end where it still runs."""
    port = free_port()
    log = data.with_suffix(".log")
    words = [
        command,
        str(city),
        "--port",
        str(port),
        "--data",
        str(data),
        "--packages",
        str(ROOT / "scenarios"),
    ]
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", "from chengshu.app.cli import main; main()", *words],
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=data.parent,
        )
    served = Served(process, log, port)
    try:
        served.wait()
        yield served
    finally:
        served.http.close()
        if process.poll() is None:
            process.kill()
        process.wait(timeout=PATIENCE_S)


def alive(pid: int) -> bool:
    """Whether a process still runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
