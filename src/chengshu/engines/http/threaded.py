"""The HTTP client for code on plain threads: an event loop of its own in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

from chengshu.engines.http.client import AioHttpClient
from chengshu.ports.addresses import AddressGuard
from chengshu.ports.http import HttpAnswer, HttpRequest


class ThreadedHttp:
    """Starts with the first request; :meth:`close` ends the thread."""

    def __init__(
        self, guard: AddressGuard | None = None, *, connections: int = 256, per_host: int = 64
    ) -> None:
        self._client = AioHttpClient(guard, connections=connections, per_host=per_host)
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def submit(self, request: HttpRequest) -> Future[HttpAnswer]:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="chengshu-http", daemon=True
                )
                self._thread.start()
        return asyncio.run_coroutine_threadsafe(self._client.send(request), self._loop)

    def close(self) -> None:
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        thread.join(10)
        self._loop.close()

    async def _end(self) -> None:
        mine = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not mine]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._client.close()
