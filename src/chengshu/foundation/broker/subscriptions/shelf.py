"""What was read or written out lately, within a bound of bytes: done once for many subscribers."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Shelf(Generic[K, V]):
    """A mapping that forgets what was put in first when it holds more than ``most`` bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._items: dict[K, tuple[V, int]] = {}

    def get(self, key: K) -> V | None:
        """What lies under ``key``, or None when it was never put there or is forgotten."""
        found = self._items.get(key)
        return found[0] if found is not None else None

    def put(self, key: K, value: V, size: int) -> None:
        """Put ``value`` of ``size`` bytes under ``key``."""
        old = self._items.pop(key, None)
        if old is not None:
            self._size -= old[1]
        self._items[key] = (value, size)
        self._size += size
        while self._size > self._most and len(self._items) > 1:
            first = next(iter(self._items))
            self._size -= self._items.pop(first)[1]

    def __len__(self) -> int:
        return len(self._items)

    @property
    def size(self) -> int:
        """How many bytes lie here."""
        return self._size
