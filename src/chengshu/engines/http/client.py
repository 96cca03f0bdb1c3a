"""An HTTP client on aiohttp: guarded addresses, no redirects, no cookies, bounded answers."""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit

import aiohttp
from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult

from chengshu.kernel.errors import Invalid
from chengshu.ports.addresses import AddressGuard
from chengshu.ports.http import AddressRefused, HttpAnswer, HttpRequest, Unreachable, check_headers

_PART = 64 * 1024
_MOST_KNOWN = 20_000  # addresses remembered


class AioHttpClient:
    """Made and used on one event loop. ``connections`` bounds all, ``per_host`` those to one host."""

    def __init__(
        self, guard: AddressGuard | None = None, *, connections: int = 256, per_host: int = 64
    ) -> None:
        self._guard = guard or AddressGuard()
        self._connections, self._per_host = connections, per_host
        self._known: set[str] = set()  # addresses that may be called, as far as their text goes
        self._named: set[str] = set()  # addresses of hosts that are allowed by name
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: HttpRequest) -> HttpAnswer:
        check_headers(request.headers)
        if request.url not in self._known:
            self._learn(request.url)
        try:
            async with asyncio.timeout(request.timeout_s):
                return await self._send(request)
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

    def _learn(self, text: str) -> None:
        """An address, read and checked once. Raises :class:`Invalid` and :class:`AddressRefused`."""
        try:
            parts = urlsplit(text)
            right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            right = False
        if not right:
            raise Invalid(
                "http-url", f"{text[:200]!r} is no address to call", remedy="write http://host/path"
            )
        self._guard.check_host(parts.hostname or "")
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known.add(text)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=_GuardedResolver(self._guard, self._named),
                socket_factory=self._socket,
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

    def _socket(self, info: AddrInfoType) -> socket.socket:
        """The socket of a connection: the last place to see where it really goes."""
        family, kind, protocol, _, address = info
        host = str(address[0])
        if host not in self._named:
            self._guard.check_address(host, host)
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


class _GuardedResolver(AbstractResolver):
    """Resolves names, and gives back only addresses that may be called."""

    def __init__(self, guard: AddressGuard, named: set[str]) -> None:
        self._guard, self._named = guard, named
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
                if self._guard.host_allowed(host):
                    self._named.add(item["host"])
        if not allowed and refused is not None:
            raise OSError(str(refused)) from refused
        return allowed

    async def close(self) -> None:
        await self._inner.close()


def _unreachable(request: HttpRequest, error: Exception) -> Unreachable:
    return Unreachable("http-unreachable", f"{type(error).__name__}: {error}"[:300], where=request.url)
