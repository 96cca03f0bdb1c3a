"""Identifiers: sortable and unguessable in service, countable in a drill."""

from __future__ import annotations

import secrets
import threading
from typing import Protocol

from chengshu.kernel.clock import Clock, millis

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base 32: no i, l, o, u to misread on paper


class Ids(Protocol):
    """Where new identifiers come from."""

    def new(self, kind: str) -> str:
        """A fresh identifier such as ``event-01j9…``; ``kind`` is a short lower-case word."""
        ...


class TimeIds:
    """Identifiers that sort by time of birth: 48 bits of milliseconds, 80 bits of chance (as ULID)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def new(self, kind: str) -> str:
        number = (millis(self._clock.now()) << 80) | secrets.randbits(80)
        digits = []
        for _ in range(26):
            number, rest = divmod(number, 32)
            digits.append(_ALPHABET[rest])
        return f"{kind}-{''.join(reversed(digits))}"


class SequenceIds:
    """Identifiers 1, 2, 3 … per kind, so that two drills of the same input give the same bytes."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()

    def new(self, kind: str) -> str:
        with self._lock:
            count = self._counts.get(kind, 0) + 1
            self._counts[kind] = count
        return f"{kind}-{count:06d}"
