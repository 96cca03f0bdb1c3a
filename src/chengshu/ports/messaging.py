"""Messages from a broker: at least once, acknowledged only when what they brought is durable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``done`` acknowledges it; until then the broker keeps it and delivers it again."""

    topic: str
    payload: bytes
    done: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Link:
    """The state of the connection: since when, and what went wrong last.

    ``connected`` says that messages can come: the broker accepted the client and granted every filter.
    """

    connected: bool
    since: datetime | None
    failures: int
    error: str = ""


class Subscriber(Protocol):
    """A client that listens. It reconnects by itself with a growing pause."""

    def start(self, filters: Mapping[str, int], handler: Callable[[Message], None]) -> None:
        """Subscribe to topic filters (with their QoS) and hand every message to ``handler``, in order.

        ``handler`` runs in the client's thread; it must not raise. Returns before the link is up.
        """
        ...

    def link(self) -> Link:
        """How the connection stands."""
        ...

    def stop(self) -> None:
        """Disconnect; messages not yet acknowledged stay with the broker."""
        ...


@dataclass(frozen=True, slots=True)
class Publication:
    """One message to hand to a broker. ``version`` is ``mqtt3.1.1`` or ``mqtt5.0``; ``tls`` checks the
    broker's certificate by the system's authorities. ``timeout_s`` bounds connecting and handing over."""

    host: str
    port: int
    topic: str
    payload: bytes
    qos: int = 0
    version: str = "mqtt5.0"
    username: str = ""
    password: str = ""
    tls: bool = False
    timeout_s: float = 10.0


class Publisher(Protocol):
    """A client that publishes, to whichever broker a message names. It keeps connections for a while."""

    async def publish(self, message: Publication) -> None:
        """Hand ``message`` over; returns when the broker has it as far as its QoS promises.

        Raises :class:`~chengshu.ports.http.Unreachable` when that did not come about in time, and
        :class:`~chengshu.ports.http.AddressRefused` for an address that is not allowed.
        """
        ...

    async def close(self) -> None:
        """End every connection."""
        ...


def topic_matches(pattern: str, topic: str) -> bool:
    """Whether ``topic`` matches the filter (MQTT 3.1.1, 4.7)."""
    if topic.startswith("$") and pattern[:1] in ("+", "#"):
        return False
    wanted, levels = pattern.split("/"), topic.split("/")
    for at, part in enumerate(wanted):
        if part == "#":
            return True
        if at >= len(levels) or part not in ("+", levels[at]):
            return False
    return len(wanted) == len(levels)
