"""A real MQTT broker on a free port: mosquitto where it is installed, else amqtt in a thread of this process.

amqtt 0.12 forgets what was not acknowledged when a connection ends (its ``inflight_out`` is emptied), so that
delivery after a crash can only be shown with mosquitto.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator

from amqtt.broker import Broker


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


MOSQUITTO = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def broker(port: int) -> contextlib.AbstractContextManager[int]:
    """Run a broker that lets everybody in."""
    return _mosquitto(port) if MOSQUITTO else _amqtt(port)


@contextlib.contextmanager
def _mosquitto(port: int) -> Iterator[int]:
    process = subprocess.Popen([str(MOSQUITTO), "-p", str(port)], stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def _amqtt(port: int) -> Iterator[int]:
    loop = asyncio.new_event_loop()
    up, down = threading.Event(), asyncio.Event()

    async def serve() -> None:
        config = {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
        server = Broker(config)
        await server.start()
        up.set()
        await down.wait()
        await server.shutdown()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert up.wait(20), "the broker did not come up"
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(down.set)
        thread.join(20)
