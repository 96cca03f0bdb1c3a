"""An MQTT publisher on Eclipse Paho: a connection per broker and account, kept while it is used."""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from chengshu.engines.mqtt.polling import PollingClient
from chengshu.ports.addresses import AddressGuard
from chengshu.ports.http import Unreachable
from chengshu.ports.messaging import Publication

_THREADS = 8  # brokers that may be slow at the same time
_MOST = 64  # connections kept; the one used longest ago goes first
_VERSIONS = {"mqtt3.1.1": paho.MQTTv311, "mqtt5.0": paho.MQTTv5}


class _Account(NamedTuple):
    host: str
    port: int
    version: str
    username: str
    password: str
    tls: bool


class _Connection:
    """One connection; ``up`` is set while the broker has accepted it."""

    def __init__(self, account: _Account) -> None:
        self.up = threading.Event()
        self.error = ""
        client = PollingClient(CallbackAPIVersion.VERSION2, protocol=_VERSIONS[account.version])
        if account.username:
            client.username_pw_set(account.username, account.password or None)
        if account.tls:
            client.tls_set()
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        self.client = client
        self.account = account

    def open(self, timeout_s: float) -> None:
        """Connect and wait until the broker accepts. Raises :class:`Unreachable`."""
        self.client.connect_timeout = timeout_s
        try:
            self.client.connect(self.account.host, self.account.port, keepalive=30)
        except (OSError, ValueError) as error:
            raise _unreachable(self.account, str(error)) from error
        self.client.loop_start()
        if not self.up.wait(timeout_s):
            raise _unreachable(self.account, self.error or f"no answer within {timeout_s:g} s")

    def publish(self, message: Publication) -> None:
        """Publish and wait as the QoS asks. Raises :class:`Unreachable`."""
        info = self.client.publish(message.topic, message.payload, message.qos)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise _unreachable(self.account, paho.error_string(info.rc))
        try:
            info.wait_for_publish(message.timeout_s)
        except (RuntimeError, ValueError) as error:
            raise _unreachable(self.account, str(error)) from error
        if not info.is_published():
            raise _unreachable(self.account, f"not acknowledged within {message.timeout_s:g} s")

    def close(self) -> None:
        """Disconnect and end the thread."""
        self.client.disconnect()
        self.client.loop_stop()

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self.error = f"the broker refused: {reason}"
        else:
            self.up.set()

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self.up.clear()
        self.error = self.error or f"the connection ended: {reason}"


class MqttPublisher:
    """Publishes to any broker whose address ``guard`` lets through."""

    def __init__(self, guard: AddressGuard | None = None) -> None:
        self._guard = guard or AddressGuard()
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="chengshu-mqtt")
        self._open: dict[_Account, _Connection] = {}
        self._lock = threading.Lock()

    async def publish(self, message: Publication) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._pool, self._publish, message)

    def _publish(self, message: Publication) -> None:
        self._check(message)
        account = _Account(
            message.host, message.port, message.version, message.username, message.password, message.tls
        )
        connection = self._take(account)
        try:
            if not connection.up.is_set():
                connection.open(message.timeout_s)
            connection.publish(message)
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)

    def _check(self, message: Publication) -> None:
        self._guard.check_host(message.host)
        try:
            found = socket.getaddrinfo(message.host, message.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise Unreachable(
                "mqtt-unreachable", f"{message.host} cannot be resolved: {error}", where=message.host
            ) from error
        for item in found:  # the library resolves again: so none of the addresses may be a forbidden one
            self._guard.check_address(message.host, str(item[4][0]))

    def _take(self, account: _Account) -> _Connection:
        with self._lock:
            connection = self._open.pop(account, None)
        if connection is not None and connection.up.is_set():
            return connection
        if connection is not None:
            connection.close()
        return _Connection(account)

    def _give_back(self, connection: _Connection) -> None:
        surplus: list[_Connection] = []
        with self._lock:
            other = self._open.pop(connection.account, None)
            if other is not None:
                surplus.append(other)
            self._open[connection.account] = connection
            if len(self._open) > _MOST:
                surplus.append(self._open.pop(next(iter(self._open))))
        for item in surplus:
            item.close()

    async def close(self) -> None:
        with self._lock:
            connections, self._open = list(self._open.values()), {}
        for connection in connections:
            connection.close()
        self._pool.shutdown(wait=False, cancel_futures=True)


def _unreachable(account: _Account, why: str) -> Unreachable:
    place = f"{account.host}:{account.port}"
    return Unreachable("mqtt-unreachable", f"the MQTT broker does not take it: {why}", where=place)
