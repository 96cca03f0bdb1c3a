"""An MQTT 3.1.1 subscriber on Eclipse Paho: durable session, QoS 1, acknowledged by hand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from chengshu.engines.mqtt.polling import PollingClient
from chengshu.kernel.clock import Clock
from chengshu.kernel.errors import Invalid
from chengshu.ports.messaging import Link, Message

_PAUSE_MIN, _PAUSE_MAX = 1, 60  # seconds between attempts to reconnect


class MqttSubscriber:
    """One connection to a broker. ``client_id`` must stay the same over restarts: the broker keeps what
    was not acknowledged under it. ``tls`` True checks the broker's certificate by the system's authorities.
    """

    def __init__(
        self,
        clock: Clock,
        host: str,
        port: int = 1883,
        *,
        client_id: str,
        username: str | None = None,
        password: str | None = None,
        tls: bool = False,
    ) -> None:
        if not client_id:
            raise Invalid(
                "mqtt-client-id",
                "a durable session needs a client id",
                where=f"{host}:{port}",
                remedy="give the hub a client id of its own at this broker",
            )
        self._clock = clock
        self._host, self._port = host, port
        self._client = PollingClient(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=False,
            protocol=paho.MQTTv311,
            manual_ack=True,
        )
        if username is not None:
            self._client.username_pw_set(username, password)
        if tls:
            self._client.tls_set()
        self._client.reconnect_delay_set(_PAUSE_MIN, _PAUSE_MAX)
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._filters: list[tuple[str, int]] = []
        self._handler: Callable[[Message], None] | None = None
        self._link = Link(False, None, 0)
        self._lock = threading.Lock()

    def start(self, filters: Mapping[str, int], handler: Callable[[Message], None]) -> None:
        self._filters = sorted(filters.items())
        self._handler = handler
        self._client.connect_async(self._host, self._port, keepalive=30)
        self._client.loop_start()

    def link(self) -> Link:
        return self._link

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(
        self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            self._failed(f"the broker refused: {reason}")
        elif self._filters:
            client.subscribe(self._filters)
        else:
            self._connected()

    def _on_subscribe(
        self, _client: paho.Client, _data: Any, _mid: int, reasons: list[Any], _properties: Any
    ) -> None:
        """Only a broker that granted every filter delivers: before that the link is not green."""
        refused = [
            name for (name, _), reason in zip(self._filters, reasons, strict=False) if reason.is_failure
        ]
        if refused:
            self._failed(f"the broker refused the subscription to {', '.join(refused)}")
        else:
            self._connected()

    def _connected(self) -> None:
        with self._lock:
            self._link = Link(True, self._clock.now(), 0)

    def _on_connect_fail(self, _client: paho.Client, _data: Any) -> None:
        self._failed(f"no broker answers at {self._host}:{self._port}")

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._failed(f"the connection ended: {reason}")

    def _failed(self, error: str) -> None:
        with self._lock:
            since = (
                self._clock.now() if self._link.connected or self._link.since is None else self._link.since
            )
            self._link = replace(
                self._link, connected=False, since=since, failures=self._link.failures + 1, error=error
            )

    def _on_message(self, client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        mid, qos = message.mid, message.qos
        if self._handler is not None:
            self._handler(
                Message(message.topic, bytes(message.payload), lambda: self._acknowledge(client, mid, qos))
            )

    @staticmethod
    def _acknowledge(client: paho.Client, mid: int, qos: int) -> None:
        client.ack(mid, qos)
