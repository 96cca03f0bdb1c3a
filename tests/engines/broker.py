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
from collections.abc import Iterator

from amqtt.broker import Broker
from tests.waiting import PATIENCE_S, until

MOSQUITTO = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def broker(port: int) -> contextlib.AbstractContextManager[int]:
    """Run a broker that lets everybody in."""
    return _mosquitto(port) if MOSQUITTO else _amqtt(port)


@contextlib.contextmanager
def _mosquitto(port: int) -> Iterator[int]:
    process = subprocess.Popen([str(MOSQUITTO), "-p", str(port)], stderr=subprocess.DEVNULL)
    try:
        until(lambda: process.poll() is not None or _listens(port))
        assert process.poll() is None, "the broker ended"
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


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
    assert up.wait(PATIENCE_S), "the broker did not come up"
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(down.set)
        thread.join(PATIENCE_S)
