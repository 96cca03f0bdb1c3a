"""Messages of a broker to the intake: acknowledged after the commit, tried again when that fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

import structlog

from chengshu.foundation.sensing.commands import Intake
from chengshu.foundation.sensing.declared import MqttConnector
from chengshu.foundation.sensing.model import Receipt
from chengshu.kernel.errors import TooLarge
from chengshu.ports.messaging import Link, Message, Subscriber, topic_matches

_PAUSE_MAX = 60.0
_log = structlog.get_logger("chengshu.mqtt")


class MqttIntake:
    """Routes every message to the sources whose topic filter it matches.

    A message that the store cannot take now is tried again with a growing pause and stays unacknowledged,
    so that a crash in between makes the broker deliver it again. One that no source wants is acknowledged.
    """

    def __init__(self, subscriber: Subscriber, intake: Intake) -> None:
        self._subscriber = subscriber
        self._intake = intake
        self._routes = [
            (source.connector.topic, source.connector.qos, source.id)
            for source in intake.sources.values()
            if isinstance(source.connector, MqttConnector)
        ]
        self._stopped = threading.Event()

    def start(self) -> None:
        """Subscribe; returns at once."""
        filters: dict[str, int] = {}
        for topic, qos, _ in self._routes:
            filters[topic] = max(qos, filters.get(topic, 0))
        self._subscriber.start(filters, self.handle)

    def stop(self) -> None:
        """Stop listening."""
        self._stopped.set()
        self._subscriber.stop()

    def link(self) -> Link:
        """How the connection stands."""
        return self._subscriber.link()

    def handle(self, message: Message) -> None:
        """Take in one message."""
        wanted = [source for topic, _, source in self._routes if topic_matches(topic, message.topic)]
        if not wanted:
            message.done()
            return
        self._deliver(message, wanted, 1.0)

    def _deliver(self, message: Message, sources: list[str], pause: float) -> None:
        """Give the message to each source; acknowledge when all have it, else try those left again."""
        if self._stopped.is_set():
            return
        left = set(sources)
        failed: list[str] = []
        lock = threading.Lock()

        def settled(source: str, error: BaseException | None) -> None:
            with lock:
                left.discard(source)
                if error is not None:
                    _log.error("message not kept", source=source, topic=message.topic, error=str(error))
                    failed.append(source)
                if left:
                    return
            if failed:
                self._later(message, sorted(failed), pause)
            else:
                message.done()

        for source in sources:
            try:
                future = self._receive(source, message)
            except Exception as error:
                settled(source, error)
            else:
                future.add_done_callback(_telling(settled, source))

    def _receive(self, source: str, message: Message) -> Future[Receipt]:
        try:
            return self._intake.receive(source, message.payload, topic=message.topic)
        except TooLarge as error:
            return self._intake.refuse(source, message.payload, message.topic, error)

    def _later(self, message: Message, sources: list[str], pause: float) -> None:
        timer = threading.Timer(pause, self._deliver, (message, sources, min(pause * 2, _PAUSE_MAX)))
        timer.daemon = True
        timer.start()


def _telling(
    settled: Callable[[str, BaseException | None], None], source: str
) -> Callable[[Future[Receipt]], None]:
    return lambda done: settled(source, done.exception())
