"""Server-sent events: small messages that say what changed, so that pages fetch only that part again.

One watcher reads the newest position of the change stream for all connections; each connection reads its own
changes from there, so it can resume at any position (``Last-Event-ID``). Messages: ``change`` {seq, kind,
subject}, ``beat`` {now, seq, problems} every few seconds, ``reload`` when too much happened in between, and
``trouble`` when the hub does not answer.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import structlog
from starlette.concurrency import run_in_threadpool

from chengshu.console.model import HubStatus, LiveChange
from chengshu.console.view import HubView
from chengshu.kernel.clock import iso

_BATCH = 500
_log = structlog.get_logger(__name__)


def message(event: str, data: dict[str, Any], seq: int | None = None) -> str:
    """One message in the event-stream format (HTML Living Standard §9.2)."""
    head = f"id: {seq}\n" if seq is not None else ""
    return f"{head}event: {event}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"


def squeeze(changes: Sequence[LiveChange]) -> list[LiveChange]:
    """The last change of each kind and subject, in order; observations count as one subject."""
    last: dict[tuple[str, str], LiveChange] = {}
    for change in changes:
        key = (change.kind, "" if change.kind == "observations" else change.subject)
        last.pop(key, None)
        last[key] = change
    return list(last.values())


class Live:
    """The streams of all connected consoles of one process."""

    def __init__(self, view: HubView, *, watch_s: float = 0.5, beat_s: float = 5.0) -> None:
        self._view = view
        self._watch_s = watch_s
        self._beat_s = beat_s
        self._status: HubStatus | None = None
        self._moved = asyncio.Event()
        self._watcher: asyncio.Task[None] | None = None
        self._streams = 0
        self._watched = False

    async def stream(self, start: int | None) -> AsyncIterator[str]:
        """Messages after position ``start`` (None: from now on), until the connection is closed."""
        self._enter()
        try:
            yield f"retry: 2000\n{message('hello', {})}"
            seq = start
            while True:
                moved = self._moved
                status = self._status
                if status is not None and seq is None:
                    seq = status.seq
                if status is None or seq is None:
                    yield message("trouble", {}) if self._watched else ": waiting\n\n"
                else:
                    if status.seq < seq and await self._put_back(seq):
                        seq = status.seq
                        yield message("reload", {}, seq)
                    elif status.seq > seq:
                        seq, texts = await self._news(seq, status.seq)
                        for text in texts:
                            yield text
                    yield message(
                        "beat", {"now": iso(status.now), "seq": seq, "problems": len(status.problems)}
                    )
                try:
                    await asyncio.wait_for(moved.wait(), self._beat_s)
                except TimeoutError:
                    continue
        finally:
            self._leave()

    async def _put_back(self, seq: int) -> bool:
        """Whether the hub was put back from a backup, so that what is on screen may not exist. A page may
        also be younger than what the watcher saw last: it must not lose what somebody is typing into it.
        """
        try:
            return (await run_in_threadpool(self._view.status)).seq < seq
        except Exception:  # the watcher meets it too, and tells
            return False

    async def _news(self, seq: int, newest: int) -> tuple[int, list[str]]:
        changes = await run_in_threadpool(self._view.changes_since, seq, _BATCH)
        if not changes:
            return newest, []
        last = changes[-1].seq
        if len(changes) >= _BATCH and newest > last:
            return newest, [message("reload", {}, newest)]
        texts = [
            message("change", {"seq": c.seq, "kind": c.kind, "subject": c.subject}, c.seq)
            for c in squeeze(changes)
        ]
        return last, texts

    def _enter(self) -> None:
        self._streams += 1
        if self._watcher is None or self._watcher.done():
            self._watched, self._status = False, None
            self._watcher = asyncio.create_task(self._watch())

    def _leave(self) -> None:
        self._streams -= 1
        if self._streams == 0 and self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None

    async def _watch(self) -> None:
        while True:
            try:
                status: HubStatus | None = await run_in_threadpool(self._view.status)
            except Exception as error:  # whatever broke, the pages must say that the hub does not answer
                _log.warning("console.live.trouble", error=str(error))
                status = None
            before = self._status
            self._status = status
            first, self._watched = not self._watched, True
            if (
                first
                or (before is None) != (status is None)
                or (before is not None and status is not None and before.seq != status.seq)
            ):
                self._moved.set()
                self._moved = asyncio.Event()
            await asyncio.sleep(self._watch_s)
