"""MQTT against a real broker: acknowledged only after the commit, delivered again after a crash."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion
from tests.context.conftest import START, Room, open_room
from tests.engines.broker import MOSQUITTO, broker
from tests.sensing.conftest import GAUGES, declare
from tests.waiting import PATIENCE_S, free_port, until

from chengshu.engines.mqtt import MqttSubscriber
from chengshu.engines.mqtt.polling import PollingClient
from chengshu.foundation.context import Entity, Observation
from chengshu.foundation.sensing import Intake, Receipt, quarantined, store
from chengshu.foundation.sensing.connectors import MqttIntake
from chengshu.kernel.clock import VirtualClock, iso
from chengshu.kernel.errors import Invalid
from chengshu.ports.messaging import Message, topic_matches

SOURCE: dict[str, Any] = GAUGES | {
    "connector": {"kind": "mqtt", "topic": "city/rain/+"},
    "entity": '"urn:ngsi-ld:RainGauge:" + topic[3]',
    "limits": {"bytes": 2000},
}


@pytest.fixture
def port() -> Iterator[int]:
    with broker(free_port()) as port:
        yield port


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = open_room(tmp_path, VirtualClock(START), threaded=True)
    room.database.create(store.metadata)
    for number in range(5):
        room.context.upsert(Entity(f"urn:ngsi-ld:RainGauge:{number}", "RainGauge"))
    yield room
    room.history.close()
    room.database.close()


def open_intake(room: Room) -> Intake:
    return Intake(room.database, room.clock, room.context, declare(SOURCE), ZoneInfo("UTC"))


def publish(port: int, *messages: tuple[str, bytes]) -> None:
    """Publish with QoS 1 and wait for the broker's acknowledgement."""
    client = PollingClient(CallbackAPIVersion.VERSION2, "publisher")
    client.connect("127.0.0.1", port)
    client.loop_start()
    for topic, payload in messages:
        sent = client.publish(topic, payload, qos=1)
        sent.wait_for_publish(PATIENCE_S)
        assert sent.is_published(), f"the broker did not acknowledge {topic}"
    client.disconnect()
    client.loop_stop()


def reading(value: float) -> bytes:
    return json.dumps({"readings": [{"mm_h": value, "time": iso(START)}]}).encode()


def values(room: Room) -> dict[str, Any]:
    return {item.series.entity[-1]: item.value for item in room.queries.latest()}


def connected(room: Room, port: int, intake: Intake, client_id: str = "hub") -> MqttIntake:
    listener = MqttIntake(MqttSubscriber(room.clock, "127.0.0.1", port, client_id=client_id), intake)
    listener.start()
    until(lambda: listener.link().connected)
    return listener


@pytest.mark.slow
def test_messages_become_observations_by_topic(room: Room, port: int) -> None:
    listener = connected(room, port, open_intake(room))
    publish(
        port,
        *((f"city/rain/{n}", reading(n + 0.5)) for n in range(4)),
        ("city/other/4", reading(9)),
        ("city/rain/77", reading(1)),
        ("city/rain/0", b"{"),
        ("city/rain/0", b" " * 3000),
    )
    until(lambda: len(values(room)) == 4 and len(quarantined(room.database)) == 3)
    assert values(room) == {"0": 0.5, "1": 1.5, "2": 2.5, "3": 3.5}
    assert sorted(item.code for item in quarantined(room.database)) == [
        "entity-unknown",
        "malformed",
        "too-large",
    ]
    listener.stop()


class _Stubborn(Intake):
    """An intake whose store does not answer for a while."""

    stuck = True
    tried = 0

    def receive(self, *args: Any, **options: Any) -> Future[Receipt]:
        self.tried += 1
        if self.stuck:
            failed: Future[Receipt] = Future()
            failed.set_exception(OSError("disk full"))
            return failed
        return super().receive(*args, **options)


def stubborn(room: Room) -> _Stubborn:
    return _Stubborn(room.database, room.clock, room.context, declare(SOURCE), ZoneInfo("UTC"))


@pytest.mark.skipif(MOSQUITTO is None, reason="needs mosquitto: amqtt forgets unacknowledged messages")
def test_what_was_not_committed_is_delivered_again_after_a_crash(room: Room, port: int) -> None:
    intake = stubborn(room)
    first = connected(room, port, intake)
    publish(port, ("city/rain/1", reading(7)))
    until(lambda: intake.tried > 0)
    first.stop()  # the hub dies before it could keep the message
    assert values(room) == {}
    second = connected(room, port, open_intake(room))
    until(lambda: values(room) == {"1": 7.0})
    second.stop()
    third = connected(room, port, counted := stubborn(room))
    publish(port, ("city/rain/2", reading(1)))
    until(lambda: counted.tried > 0)
    assert counted.tried == 1  # only the new one: the old one was acknowledged after its commit
    third.stop()


@pytest.mark.slow
def test_no_acknowledgement_leaves_before_the_commit(room: Room) -> None:
    """Seen on the wire: CONNACK, SUBACK and one PUBLISH of QoS 1 by hand, then silence until the commit."""
    gate, held = threading.Event(), threading.Event()

    def hold(_connection: object) -> None:
        held.set()
        gate.wait(PATIENCE_S)

    room.context.record(
        [Observation("urn:ngsi-ld:RainGauge:1", "RainGauge", "rainIntensity", 0.0, "mm/h", START)]
    )
    blocked = room.database.submit(hold)
    assert held.wait(PATIENCE_S)
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = MqttIntake(
            MqttSubscriber(room.clock, "127.0.0.1", server.getsockname()[1], client_id="hub"),
            open_intake(room),
        )
        listener.start()
        wire, _ = server.accept()
        assert wire.recv(1000)[0] == 0x10  # CONNECT
        wire.sendall(bytes([0x20, 2, 0, 0]))
        subscribe = wire.recv(1000)
        assert subscribe[0] == 0x82
        wire.sendall(bytes([0x90, 3, *subscribe[2:4], 1]))
        topic, payload = b"city/rain/1", reading(7)
        content = len(topic).to_bytes(2, "big") + topic + (42).to_bytes(2, "big") + payload
        assert len(content) < 128
        wire.sendall(bytes([0x32, len(content)]) + content)
        wire.settimeout(0.5)
        with pytest.raises(TimeoutError):
            wire.recv(1000)
        gate.set()
        blocked.result(PATIENCE_S)
        wire.settimeout(PATIENCE_S)
        assert wire.recv(1000) == bytes([0x40, 2, 0, 42])  # PUBACK of message 42
        assert values(room) == {"1": 7.0}
        wire.close()
        listener.stop()


def test_a_refused_subscription_is_a_failed_link(room: Room) -> None:
    """SUBACK with return code 0x80 (MQTT 3.1.1, 3.9.3): connected, yet nothing would ever come."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = MqttIntake(
            MqttSubscriber(room.clock, "127.0.0.1", server.getsockname()[1], client_id="hub"),
            open_intake(room),
        )
        listener.start()
        wire, _ = server.accept()
        with wire:
            assert wire.recv(1000)[0] == 0x10  # CONNECT
            wire.sendall(bytes([0x20, 2, 0, 0]))
            subscribe = wire.recv(1000)
            assert not listener.link().connected
            wire.sendall(bytes([0x90, 3, *subscribe[2:4], 0x80]))
            until(lambda: "city/rain/+" in (listener.link().error or ""))
            assert not listener.link().connected
            listener.stop()


@pytest.mark.slow
def test_a_store_that_comes_back_gets_the_message_without_a_restart(room: Room, port: int) -> None:
    intake = stubborn(room)
    listener = connected(room, port, intake)
    publish(port, ("city/rain/1", reading(7)))
    until(lambda: intake.tried > 0)
    intake.stuck = False
    until(lambda: values(room) == {"1": 7.0})
    listener.stop()


@pytest.mark.slow
def test_a_broker_that_comes_late_is_found_and_one_that_goes_is_seen(room: Room) -> None:
    port = free_port()
    listener = MqttIntake(MqttSubscriber(room.clock, "127.0.0.1", port, client_id="hub"), open_intake(room))
    listener.start()
    until(lambda: listener.link().failures > 0)
    assert "no broker answers" in listener.link().error
    with broker(port):
        until(lambda: listener.link().connected)
        publish(port, ("city/rain/1", reading(3)))
        until(lambda: values(room) == {"1": 3.0})
    until(lambda: not listener.link().connected)
    listener.stop()


def test_a_durable_session_needs_a_name(room: Room) -> None:
    with pytest.raises(Invalid, match="client id"):
        MqttSubscriber(room.clock, "127.0.0.1", client_id="")


def test_a_message_for_nobody_is_acknowledged(room: Room) -> None:
    done: list[str] = []
    listener = MqttIntake(MqttSubscriber(room.clock, "127.0.0.1", client_id="hub"), open_intake(room))
    listener.handle(Message("city/other", b"", lambda: done.append("other")))
    assert done == ["other"]


@pytest.mark.parametrize(
    ("pattern", "topic", "matches"),
    [
        ("a/+/c", "a/b/c", True),
        ("a/+/c", "a/b/d", False),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("#", "a/b", True),
        ("+", "a/b", False),
        ("+/+", "/a", True),
        ("/+", "/a", True),
        ("+", "/a", False),
        ("#", "$SYS/x", False),
        ("+/x", "$SYS/x", False),
        ("$SYS/#", "$SYS/x", True),
        ("a", "a/b", False),
        ("a/b", "a", False),
    ],
)
def test_topic_filters(pattern: str, topic: str, matches: bool) -> None:
    """MQTT 3.1.1, 4.7: the examples of the standard."""
    assert topic_matches(pattern, topic) is matches


@given(st.lists(st.text("ab", max_size=2), min_size=1, max_size=4))
def test_every_topic_matches_itself_and_the_filter_of_its_depth(levels: list[str]) -> None:
    topic = "/".join(levels)
    assert topic_matches(topic, topic)
    assert topic_matches("/".join("+" for _ in levels), topic)
    assert topic_matches("#", topic)
