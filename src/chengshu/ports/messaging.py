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
    """The state of the connection: since when, and what went wrong last."""

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
