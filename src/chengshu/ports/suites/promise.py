"""A broken promise of a port."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Broken(AssertionError):
    """The engine does not do what the port says."""


def expect(found: Any, wanted: Any, promise: str) -> None:
    """Raise :class:`Broken` unless ``found`` equals ``wanted``."""
    if found != wanted:
        raise Broken(f"{promise}: expected {wanted!r}, found {found!r}")


def expect_raises(error: type[BaseException], work: Callable[[], object], promise: str) -> None:
    """Raise :class:`Broken` unless ``work`` raises ``error``."""
    try:
        work()
    except error:
        return
    raise Broken(f"{promise}: nothing was raised")
