"""An HTTP client on aiohttp: guarded addresses, no redirects, no cookies, bounded answers."""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from chengshu.kernel.errors import Invalid
from chengshu.ports.addresses import AddressGuard
from chengshu.ports.http import AddressRefused, HttpAnswer, HttpRequest, Unreachable, check_headers

_PART = 64 * 1024


class AioHttpClient:
    """Made and used on one event loop. ``connections`` bounds all, ``per_host`` those to one host."""

    def __init__(
        self, guard: AddressGuard | None = None, *, connections: int = 256, per_host: int = 64
    ) -> None:
        self._guard = guard or AddressGuard()
        self._connections, self._per_host = connections, per_host
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: HttpRequest) -> HttpAnswer:
        self._check(request)
        try:
            return await asyncio.wait_for(self._send(request), request.timeout_s)
        except TimeoutError:
            raise Unreachable(
                "http-timeout", f"no answer within {request.timeout_s:g} s", where=request.url
            ) from None
        except aiohttp.ClientConnectorError as error:
            refused = error.os_error.__cause__
            if isinstance(refused, AddressRefused):
                raise refused from None
            raise _unreachable(request, error) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _unreachable(request, error) from error

    async def _send(self, request: HttpRequest) -> HttpAnswer:
        async with self._opened().request(
            request.method,
            request.url,
            data=request.body or None,
            headers=dict(request.headers),
            allow_redirects=False,
        ) as answer:
            parts, size = [], 0
            async for part in answer.content.iter_chunked(_PART):
                size += len(part)
                if size > request.most:
                    answer.close()
                    raise Unreachable(
                        "http-answer-large",
                        f"the answer has more than {request.most:,} bytes",
                        where=request.url,
                    )
                parts.append(part)
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return HttpAnswer(answer.status, headers, b"".join(parts))

    def _check(self, request: HttpRequest) -> None:
        check_headers(request.headers)
        try:
            parts = urlsplit(request.url)
            port_ok = parts.port is None or parts.port > 0
        except ValueError:
            port_ok = False
        if not port_ok or parts.scheme not in ("http", "https") or not parts.hostname:
            raise Invalid(
                "http-url", f"{request.url[:200]!r} is no address to call", remedy="write http://host/path"
            )
        self._guard.check_host(parts.hostname)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=_GuardedResolver(self._guard),
                limit=self._connections,
                limit_per_host=self._per_host,
                ttl_dns_cache=30,
                keepalive_timeout=30,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                skip_auto_headers=("User-Agent", "Accept-Encoding", "Content-Type"),
                headers={"User-Agent": "chengshu", "Accept-Encoding": "identity"},
                trust_env=False,
            )
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


class _GuardedResolver(AbstractResolver):
    """Resolves names, and gives back only addresses that may be called."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        allowed: list[ResolveResult] = []
        refused: AddressRefused | None = None
        for item in found:
            try:
                self._guard.check_address(host, item["host"])
            except AddressRefused as error:
                refused = error
            else:
                allowed.append(item)
        if not allowed and refused is not None:
            raise OSError(str(refused)) from refused
        return allowed

    async def close(self) -> None:
        await self._inner.close()


def _unreachable(request: HttpRequest, error: Exception) -> Unreachable:
    return Unreachable("http-unreachable", f"{type(error).__name__}: {error}"[:300], where=request.url)
