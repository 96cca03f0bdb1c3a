"""What a test opened and left open is closed behind it, and a worker that still holds many files says so.

A database is a test's own when it was opened while the test ran, or lies in its ``tmp_path``; what fixtures
of a wider scope opened elsewhere is theirs to close.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import pytest

from chengshu.engines.embedded.database import SqliteDatabase
from chengshu.engines.embedded.history import DuckHistory

MOST = 200
"""Descriptors a worker may hold when its tests are over; more means that something is never closed."""
_KINDS: tuple[type[Any], ...] = (SqliteDatabase, DuckHistory)
_opened: WeakKeyDictionary[Any, tuple[str, bool]] = WeakKeyDictionary()  # where it lies; by a test itself?
_running: list[pytest.Item] = []
_held: dict[str, int] = {}  # by process, at its end


def watch() -> None:
    """Note every database that is opened from here on."""
    for kind in _KINDS:
        kind.__init__ = _noting(kind.__init__)


def _noting(opens: Callable[..., None]) -> Callable[..., None]:
    def noted(self: Any, path: Path | None = None, *more: Any, **named: Any) -> None:
        opens(self, path, *more, **named)
        _opened[self] = (str(path), bool(_running))

    return noted


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[Any]:
    """What is opened now is the test's own."""
    _running.append(item)
    try:
        return (yield)
    finally:
        _running.pop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[Any]:
    """Close it, after the fixtures have had their turn."""
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    try:
        return (yield)
    finally:
        for one, (path, own) in list(_opened.items()):
            if own or (folder is not None and path.startswith(str(folder))):
                del _opened[one]
                with suppress(Exception):  # a test may have broken it on purpose
                    one.close()


def held() -> int:
    """Descriptors this process holds; 0 where the system does not say."""
    folder = Path("/proc/self/fd")
    return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The run is red when a process holds more than :data:`MOST`; a worker tells the one who started it."""
    if (told := getattr(session.config, "workeroutput", None)) is not None:
        told["held"] = held()
        return
    _held["main"] = held()
    if max(_held.values()) > MOST:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker is done."""
    _held[node.gateway.id] = getattr(node, "workeroutput", {}).get("held", 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which process never closed what it opened."""
    for name, count in sorted(_held.items()):
        if count > MOST:
            terminalreporter.write_line(
                f"{name} holds {count} descriptors after its last test, {MOST} at most: "
                "something is opened and never closed"
            )
