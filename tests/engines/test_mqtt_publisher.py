"""Publishing over MQTT to a real broker, with every QoS, and what goes wrong."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from tests.engines.broker import MOSQUITTO, broker
from tests.waiting import PATIENCE_S, free_port

from chengshu.engines.mqtt import MqttPublisher
from chengshu.engines.mqtt.polling import PollingClient
from chengshu.ports.addresses import AddressGuard
from chengshu.ports.http import AddressRefused, Unreachable
from chengshu.ports.messaging import Publication

LOCAL = AddressGuard(["127.0.0.0/8"])


@pytest.fixture
def port() -> Iterator[int]:
    with broker(free_port()) as port:
        yield port


class Listener:
    """Hears what is published."""

    def __init__(self, port: int, wanted: int) -> None:
        self.heard: list[tuple[str, bytes, int]] = []
        self._enough, self._ready = threading.Event(), threading.Event()
        self._client = PollingClient(CallbackAPIVersion.VERSION2, "listener")

        def on_message(_client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
            self.heard.append((message.topic, bytes(message.payload), message.qos))
            if len(self.heard) >= wanted:
                self._enough.set()

        self._client.on_message = on_message
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._client.subscribe("city/#", 2)
        assert self._ready.wait(PATIENCE_S)

    def wait(self) -> None:
        assert self._enough.wait(PATIENCE_S)
        self._client.disconnect()
        self._client.loop_stop()


def message(port: int, **more: object) -> Publication:
    return Publication("127.0.0.1", port, "city/notices", b"{}", version="mqtt3.1.1", **more)  # type: ignore[arg-type]


def test_every_qos_arrives_over_one_connection(port: int) -> None:
    listener = Listener(port, 3)
    publisher = MqttPublisher(LOCAL)

    async def publish() -> None:
        for qos in (0, 1, 2):
            await publisher.publish(message(port, qos=qos))
        assert len(publisher._open) == 1
        await publisher.close()

    asyncio.run(publish())
    listener.wait()
    assert [(topic, payload) for topic, payload, _ in listener.heard] == [("city/notices", b"{}")] * 3
    if MOSQUITTO:  # amqtt delivers everything with the QoS of the subscription
        assert [qos for *_, qos in listener.heard] == [0, 1, 2]


def test_a_broker_that_is_not_there_is_unreachable() -> None:
    publisher = MqttPublisher(LOCAL)
    with pytest.raises(Unreachable):
        asyncio.run(publisher.publish(message(free_port(), timeout_s=2)))


def test_a_hub_with_a_thousand_open_connections_still_publishes(port: int) -> None:
    """select() takes no descriptor from 1024 on; a hub with many live pages has such."""
    others = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        listener = Listener(port, 1)
        assert listener._client.socket().fileno() > 1024  # type: ignore[union-attr]
        publisher = MqttPublisher(LOCAL)
        asyncio.run(publisher.publish(message(port, qos=1)))
        listener.wait()
        asyncio.run(publisher.close())
    finally:
        for descriptor in others:
            os.close(descriptor)


@pytest.mark.slow
def test_a_broker_that_came_back_is_connected_again() -> None:
    publisher, port = MqttPublisher(LOCAL), free_port()
    with broker(port):
        asyncio.run(publisher.publish(message(port, qos=1)))
    with pytest.raises(Unreachable):
        asyncio.run(publisher.publish(message(port, qos=1, timeout_s=2)))
    with broker(port):
        asyncio.run(publisher.publish(message(port, qos=1)))
    asyncio.run(publisher.close())


def test_addresses_of_the_own_network_are_refused(port: int) -> None:
    with pytest.raises(AddressRefused):
        asyncio.run(MqttPublisher().publish(message(port)))
