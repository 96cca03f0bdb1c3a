"""Places subscriptions at sources, and takes them back: from a thread of its own, again until it is done.

What is to be done lies in the store, so a kill forgets nothing; every request may be made twice. A source
that does not answer is asked again after growing pauses, one that refuses not before something changes.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog
from msgspec.structs import replace

from chengshu.foundation.broker.relaying.commands import Relays
from chengshu.foundation.broker.relaying.model import Relay
from chengshu.foundation.broker.relaying.planning import complete
from chengshu.foundation.broker.subscriptions.lanes import pause_ms
from chengshu.kernel.clock import Clock, millis
from chengshu.kernel.errors import ChengshuError
from chengshu.ports.http import HttpAnswer, HttpClient, HttpRequest
from chengshu.ports.runtime import Change, Effect

_REST_S = 60.0  # the longest sleep: what expires by itself is noticed by then
_GATHER_S = 0.05  # a flood of subscriptions is looked at together
_TIMEOUT_S = 5.0
_JSON = "application/json"
_PREFIX = "/ngsi-ld/v1"
_log = structlog.get_logger("chengshu.relaying")


class Forwarder:
    """Consumer ``broker-relays``, and the thread it wakes. Start it and stop it once."""

    name = "broker-relays"
    kinds: tuple[str, ...] = ("subscription.", "csource.")

    def __init__(self, relays: Relays, clock: Clock, client: Callable[[], HttpClient]) -> None:
        self._relays, self._clock, self._make_client = relays, clock, client
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="chengshu-relays", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is under way is done again when it starts anew."""
        self._stopping = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join(30)

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        """A subscription or a registration has changed: look at all of them."""
        self.wake()
        return None

    def wake(self) -> None:
        """Look now. Cheap, from any thread."""
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self._news.set)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        client = self._make_client()
        try:
            while not self._stopping:
                self._news.clear()
                try:
                    wait = await self.round(client)
                except Exception as error:  # the store is away, say
                    _log.error("relaying failed", exc_info=error)
                    wait = 5.0
                try:
                    await asyncio.wait_for(self._news.wait(), wait)
                except TimeoutError:
                    continue
                await asyncio.sleep(_GATHER_S)
        finally:
            await client.close()

    async def round(self, client: HttpClient) -> float:
        """Do what is due, all sources at once; the seconds until more is."""
        await asyncio.to_thread(self._relays.reconcile)
        now = millis(self._clock.now())
        waiting = [
            pair
            for pair in await asyncio.to_thread(self._relays.all)
            if pair[0].state in ("placing", "leaving")
        ]
        due = [pair for pair in waiting if pair[0].retry_at <= now]
        await asyncio.gather(*(self._move(client, relay, base) for relay, base in due))
        if due:
            return 0.05  # what was settled may have left something to do
        soonest = min((relay.retry_at for relay, _ in waiting), default=now + round(_REST_S * 1000))
        return min(max((soonest - now) / 1000, 0.05), _REST_S)

    async def _move(self, client: HttpClient, relay: Relay, base: str) -> None:
        """One step with one source, and its result kept."""
        try:
            if relay.state == "leaving":
                answer = await self._ask(client, relay, "DELETE")
                over = answer.ok or answer.status in (404, 410)
            else:
                answer = await self._ask(client, relay, "POST", base)
                over = answer.ok or answer.status == 409  # it stood there before a kill
            status, error = answer.status, "" if over else f"the source answers {answer.status}"
        except ChengshuError as fault:
            over, status, error = False, 0, fault.fault.detail
        if over and relay.state == "leaving":
            await asyncio.to_thread(self._relays.settle, relay, gone=True)
            return
        await asyncio.to_thread(self._relays.settle, self._after(relay, over, status, error))

    def _after(self, relay: Relay, over: bool, status: int, error: str) -> Relay:
        if over:
            return replace(relay, state="standing", failures=0, retry_at=0, error="")
        failures = relay.failures + 1
        if relay.state == "placing" and 400 <= status < 500 and status not in (408, 425, 429):
            return replace(relay, state="refused", failures=failures, error=error)
        rests = millis(self._clock.now()) + pause_ms(relay.key, failures)
        return replace(relay, failures=failures, retry_at=rests, error=error)

    async def _ask(self, client: HttpClient, relay: Relay, method: str, base: str = "") -> HttpAnswer:
        address = relay.endpoint.rstrip("/")
        if not address.endswith(_PREFIX):
            address += _PREFIX
        headers, body = dict(relay.headers) | {"Accept": _JSON}, b""
        if method == "POST":
            address, body = f"{address}/subscriptions", complete(relay, base)
            headers["Content-Type"] = _JSON
        else:
            address = f"{address}/subscriptions/{relay.remote}"
        return await client.send(HttpRequest(method, address, headers, body, _TIMEOUT_S, 64 * 1024))
