"""Waiting in tests for what another thread, process or browser brings about, and the ports they meet on.

A wait is for a condition and ends as soon as it holds; its limit only says when to give up, and is far beyond
what a machine loaded many times over takes.
"""

from __future__ import annotations

import itertools
import os
import socket
import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 90.0
"""After so many seconds a test gives up what it waits for."""

_LANE = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
# below the ports a system hands out by itself (32768 on Linux, 49152 elsewhere): nobody is given one of these
# between the moment it was found free and the moment it is listened on; each worker has a lane of its own
_ports = (20_000 + 1_000 * _LANE + (os.getpid() + at) % 1_000 for at in itertools.count())


def until(holds: Callable[[], Any], seconds: float = PATIENCE_S, every: float = 0.02) -> Any:
    """Ask again and again until it holds; gives what it gave then. Fails after ``seconds``."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, f"it did not come about in {seconds:g} s"
        time.sleep(every)
    return found


def free_port() -> int:
    """A port of this machine that nobody listens on, for a server in another process.

    A server of this process binds :func:`listening` instead.
    """
    for port in itertools.islice(_ports, 1_000):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")


def listening() -> socket.socket:
    """A socket that listens on a port of its own, to be handed to a server; callers wait in its queue."""
    return socket.create_server(("127.0.0.1", 0))
