"""Runs the notifier in a thread of its own, many deliveries at a time."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import Any, Protocol

import structlog

from chengshu.foundation.broker.subscriptions.desk import Parcel
from chengshu.foundation.broker.subscriptions.desks import Desks
from chengshu.foundation.broker.subscriptions.sending import Sender

_PACE = 0.02  # seconds between two looks at the stream at least: a flood is taken in large bites
_KEEP_EVERY = 0.1  # seconds between two writes of what happened
_REST = 3_600.0
_log = structlog.get_logger("chengshu.notifier")


class Steps(Protocol):
    """What the notifier does, step by step."""

    @property
    def sender(self) -> Sender: ...
    @property
    def worth_keeping(self) -> bool: ...
    @property
    def full(self) -> bool: ...
    def now(self) -> int: ...
    def opened(self) -> Desks: ...
    def follow(self) -> int: ...
    def read_on(self) -> int: ...
    async def deliver(self, parcel: Parcel) -> None: ...
    def keep(self) -> Future[None]: ...
    def kept(self, head: int) -> None: ...
    def keep_now(self) -> None: ...


class Service:
    """The notifier in a thread of its own."""

    def __init__(self, notifier: Steps) -> None:
        self._notifier = notifier
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news: asyncio.Event | None = None
        self._stopping = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._keeping: asyncio.Task[None] | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chengshu-notifier", daemon=True)

    def start(self) -> None:
        """Begin; returns when the thread runs."""
        self._thread.start()
        self._ready.wait(30)

    def wake(self) -> None:
        """Something was committed (called from the writer's thread)."""
        if self._loop is not None and not self._stopping:
            with _quiet():
                self._loop.call_soon_threadsafe(self._look)

    def _look(self) -> None:
        if self._news is not None:
            self._news.set()

    def stop(self) -> None:
        """End: what is under way gets a moment, what happened is kept, connections are given back."""
        self._stopping = True
        if self._loop is not None:
            with _quiet():
                self._loop.call_soon_threadsafe(self._look)
        self._thread.join(30)

    def _run(self) -> None:
        try:
            import uvloop

            runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        except ImportError:  # not on every system
            runner = asyncio.Runner()
        with runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._news = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        pause = _PACE
        while not self._stopping:
            self._news.clear()
            try:
                busy = self._step()
                pause = _PACE
            except Exception as error:  # the store is away, say: try again, later and later
                _log.error("notifier failed", exc_info=error)
                busy, pause = False, min(pause * 2, 30.0)
                await asyncio.sleep(pause)
            if not busy:
                await self._wait()
            await asyncio.sleep(_PACE)
        await self._end()

    def _step(self) -> bool:
        """One look at the stream; whether there is more to read."""
        notifier = self._notifier
        read = notifier.follow()
        self._send()
        helped = notifier.read_on() if not read else 0
        self._send()
        self._keep()
        return read > 0 or helped > 0

    async def _wait(self) -> None:
        """Until there is news, or something may be sent that may not be sent now."""
        assert self._news is not None  # noqa: S101  set before the first wait
        due = self._notifier.opened().next_due()
        rest = _REST if not due else max((due - self._notifier.now()) / 1000, 0.0)
        try:
            async with asyncio.timeout(min(rest, _REST)):
                await self._news.wait()
        except TimeoutError:
            pass

    def _send(self) -> None:
        """Start as many deliveries as may be under way."""
        notifier, desks = self._notifier, self._notifier.opened()
        while not self._stopping and not notifier.full:
            parcel = desks.take(notifier.now())
            if parcel is None:
                return
            task = asyncio.ensure_future(notifier.deliver(parcel))
            self._tasks.add(task)
            task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._stopping or task.cancelled():
            return
        self._send()
        self._keep()
        self._look()

    def _keep(self) -> None:
        if self._keeping is None and self._notifier.worth_keeping:
            self._keeping = asyncio.ensure_future(self._kept())

    async def _kept(self) -> None:
        """Write what happened, then rest, so that much is written at once."""
        try:
            head = self._notifier.opened().head
            await asyncio.wrap_future(self._notifier.keep())
            self._notifier.kept(head)
        except Exception as error:  # it stays noted and is written the next time
            _log.error("deliveries not noted", error=str(error))
            await asyncio.sleep(1.0)
        await asyncio.sleep(_KEEP_EVERY)
        self._keeping = None
        if not self._stopping:
            self._look()

    async def _end(self) -> None:
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=2.0)
            for task in late:
                task.cancel()
        if self._keeping is not None:
            await self._keeping
        try:
            await asyncio.to_thread(self._notifier.keep_now)
        except Exception as error:
            _log.error("deliveries not noted", error=str(error))
        await self._notifier.sender.close()


class _quiet:  # noqa: N801  used like a function
    """A loop that was closed in between does not matter."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, _error: Any, _trace: Any) -> bool:
        return kind is not None and issubclass(kind, RuntimeError)
