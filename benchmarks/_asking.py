"""Questions over HTTP: a server in a process of its own, one client, and how long each answer took."""

from __future__ import annotations

import contextlib
import http.client
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_PATIENCE = 600  # seconds a server may take until it answers


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(
    command: Sequence[str],
    port: int,
    ready: str,
    cwd: Path,
    log: Path,
    settled: Callable[[bytes], bool] = lambda body: True,
) -> Iterator[int]:
    """A server while it is needed; its process id. It is asked at ``ready`` until the answer is settled.

    Raises :class:`RuntimeError` when it never is.
    """
    with (
        log.open("wb") as out,
        subprocess.Popen(command, cwd=cwd, stdout=out, stderr=subprocess.STDOUT) as process,
    ):
        try:
            _wait(process, port, ready, log, settled)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(
    process: subprocess.Popen[bytes], port: int, ready: str, log: Path, settled: Callable[[bytes], bool]
) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", ready)
            answer = connection.getresponse()
            if answer.status == 200 and settled(answer.read()):
                return
        time.sleep(0.2)
    raise RuntimeError(f"the server does not answer: {log.read_text('utf-8', 'replace')[-400:]}")


@dataclass(frozen=True)
class Spent:
    """Milliseconds per answer, and how many answers had at least one hit."""

    times: np.ndarray
    with_hits: int
    asked: int

    def at(self, share: float) -> float:
        """The percentile."""
        return float(np.percentile(self.times, share))


def ask(
    port: int,
    paths: Sequence[str],
    hits: Callable[[bytes], int],
    *,
    rounds: int,
    headers: Mapping[str, str] | None = None,
    most: float = 60.0,
) -> Spent:
    """Ask each address once to warm up, then ``rounds`` times while ``most`` seconds are not over."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    spent, found, end = [], 0, time.monotonic() + most
    for number in range(rounds + 1):
        for path in paths:
            if number > 1 and time.monotonic() > end:
                break
            start = time.perf_counter()
            connection.request("GET", path, headers=dict(headers or {}))
            answer = connection.getresponse()
            body = answer.read()
            took = (time.perf_counter() - start) * 1000
            if answer.status != 200:
                raise RuntimeError(f"{path}: status {answer.status}: {body[:200]!r}")
            if number:
                spent.append(took)
            else:
                found += hits(body) > 0
    connection.close()
    return Spent(np.array(spent), found, len(paths))


def peak_memory(pid: int) -> float:
    """The most memory a process ever held, in megabytes; 0 where the system does not tell."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1000
    return 0.0
