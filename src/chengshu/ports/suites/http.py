"""The promises of :class:`chengshu.ports.http.HttpClient`, over a small server on the loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from chengshu.kernel.errors import Invalid
from chengshu.ports.http import AddressRefused, HttpAnswer, HttpClient, HttpRequest, Unreachable
from chengshu.ports.suites.promise import Broken, expect

Factory = Callable[[Sequence[str]], HttpClient]  # opens a client that may call these hosts and networks
_LOCAL = ("127.0.0.0/8", "::1")
_MOST = 100_000


class _Server:
    """Answers by the path, and remembers what came."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await self._head(reader):
                length = next(
                    (
                        int(line[15:])
                        for line in head.lower().split(b"\r\n")
                        if line[:15] == b"content-length:"
                    ),
                    0,
                )
                body = await reader.readexactly(length)
                self.requests.append(head + body)
                if not await self._answer(head.split(b" ")[1], body, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    @staticmethod
    async def _head(reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""

    async def _answer(self, path: bytes, body: bytes, writer: asyncio.StreamWriter) -> bool:
        if path == b"/close":
            return False
        if path == b"/slow":
            await asyncio.sleep(30)
        if path == b"/garbage":
            writer.write(b"this is not HTTP\r\n\r\n")
        elif path == b"/redirect":
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: /echo\r\nContent-Length: 0\r\n\r\n")
        elif path == b"/large":
            size = _MOST + 1
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
        elif path == b"/cookie":
            writer.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")
        else:
            status = path[1:] if path[1:].isdigit() else b"200"
            writer.write(
                b"HTTP/1.1 %s Said\r\nX-Who: Me\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body
            )
        await writer.drain()
        return True


@asynccontextmanager
async def _served(client: HttpClient) -> AsyncIterator[tuple[_Server, str]]:
    server = _Server()
    listening = await asyncio.start_server(server, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    try:
        yield server, f"http://127.0.0.1:{port}"
    finally:
        await client.close()
        listening.close()


async def _fails(client: HttpClient, request: HttpRequest, error: type[Exception], promise: str) -> None:
    try:
        answer = await client.send(request)
    except error:
        return
    raise Broken(f"{promise}: nothing was raised, the answer was {answer.status}")


async def check_sends_and_receives(factory: Factory) -> None:
    """Method, headers and body arrive as they are, and so does the answer."""
    client = factory(_LOCAL)
    async with _served(client) as (server, base):
        answer = await client.send(HttpRequest("POST", f"{base}/echo?a=b", {"X-One": "1"}, b"hello"))
        expect((answer.status, answer.body), (200, b"hello"), "the answer comes back")
        expect(answer.headers.get("x-who"), "Me", "headers of the answer have lower-case names")
        (request,) = server.requests
        expect(request.startswith(b"POST /echo?a=b HTTP/1.1\r\n"), True, "method and path arrive")
        expect(b"x-one: 1" in request.lower(), True, "headers arrive")
        expect(request.endswith(b"\r\n\r\nhello"), True, "the body arrives")


async def check_any_status_is_an_answer(factory: Factory) -> None:
    """4xx and 5xx are answers, not errors."""
    client = factory(_LOCAL)
    async with _served(client) as (_, base):
        for status in (204, 404, 503):
            answer = await client.send(HttpRequest("GET", f"{base}/{status}"))
            expect((answer.status, answer.ok), (status, status == 204), "every status is given back")


async def check_redirects_are_not_followed(factory: Factory) -> None:
    """A redirect is given back, not followed: it could lead to where nobody may call."""
    client = factory(_LOCAL)
    async with _served(client) as (server, base):
        answer = await client.send(HttpRequest("GET", f"{base}/redirect"))
        expect((answer.status, len(server.requests)), (302, 1), "a redirect is not followed")


async def check_connections_are_kept(factory: Factory) -> None:
    """Requests one after the other use one connection, and no cookie of an earlier answer."""
    client = factory(_LOCAL)
    async with _served(client) as (server, base):
        for path in ("cookie", "echo", "echo"):
            await client.send(HttpRequest("GET", f"{base}/{path}"))
        expect(server.connections, 1, "a connection is used again")
        expect(any(b"cookie:" in request.lower() for request in server.requests), False, "no cookies")


async def check_no_answer_is_unreachable(factory: Factory) -> None:
    """Refused, closed, not HTTP: :class:`Unreachable`; and the client goes on working."""
    client = factory(_LOCAL)
    async with _served(client) as (_, base):
        for url in ("http://127.0.0.1:9/", f"{base}/close", f"{base}/garbage"):
            await _fails(
                client, HttpRequest("POST", url, {}, b"x", 5), Unreachable, "no answer is Unreachable"
            )
        expect((await client.send(HttpRequest("GET", f"{base}/echo"))).status, 200, "it goes on working")


async def check_time_is_bounded(factory: Factory) -> None:
    """``timeout_s`` bounds a server that never answers."""
    client = factory(_LOCAL)
    async with _served(client) as (_, base):
        await _fails(
            client, HttpRequest("GET", f"{base}/slow", timeout_s=0.2), Unreachable, "time is bounded"
        )


async def check_size_is_bounded(factory: Factory) -> None:
    """Of an answer no more than ``most`` bytes are read."""
    client = factory(_LOCAL)
    async with _served(client) as (_, base):
        large = HttpRequest("GET", f"{base}/large", most=_MOST)
        await _fails(client, large, Unreachable, "size is bounded")
        answer = await client.send(HttpRequest("GET", f"{base}/large", most=_MOST + 1))
        expect(len(answer.body), _MOST + 1, "an answer of exactly that size is given")


async def check_own_network_is_refused(factory: Factory) -> None:
    """Addresses of the own network are refused in every spelling, unless they are allowed."""
    client = factory(())
    async with _served(client) as (server, base):
        port = base.rpartition(":")[2]
        for host in (
            *("127.0.0.1", "localhost", "[::1]", "0x7f.1", "2130706433", "127.1", "0.0.0.0"),  # noqa: S104
            *("[::ffff:127.0.0.1]", "[::]", "[64:ff9b::7f00:1]", "10.0.0.1", "169.254.169.254", "[fe80::1]"),
        ):
            request = HttpRequest("GET", f"http://{host}:{port}/echo", timeout_s=5)
            await _fails(client, request, AddressRefused, f"{host} is refused")
        expect(server.requests, [], "nothing arrived")
    client = factory(("localhost",))
    async with _served(client) as (server, base):
        answer = await client.send(HttpRequest("GET", base.replace("127.0.0.1", "localhost") + "/echo"))
        expect(answer.status, 200, "a host that is allowed by name is called")


async def check_bad_requests_are_refused(factory: Factory) -> None:
    """Line breaks in headers, headers of the transport, addresses that are none: :class:`Invalid`."""
    client = factory(_LOCAL)
    async with _served(client) as (server, base):
        for headers in (
            {"X": "a\r\nY: b"},
            {"X\r\nY": "a"},
            {"": "a"},
            {"Host": "other"},
            {"Content-Length": "0"},
        ):
            request = HttpRequest("GET", f"{base}/echo", headers)
            await _fails(client, request, Invalid, "a header that would add others is refused")
        for url in ("ftp://127.0.0.1/", "http:///path", "http://127.0.0.1:99999/", "nothing"):
            await _fails(client, HttpRequest("GET", url), Invalid, "an address that is none is refused")
        expect(server.requests, [], "nothing arrived")


async def check_many_at_once(factory: Factory) -> None:
    """Requests at the same time each get their own answer."""
    client = factory(_LOCAL)
    async with _served(client) as (_, base):
        bodies = [b"%d" % number for number in range(100)]
        sent: list[Awaitable[HttpAnswer]] = [
            client.send(HttpRequest("POST", f"{base}/echo", {}, body)) for body in bodies
        ]
        answers = await asyncio.gather(*sent)
        expect([answer.body for answer in answers], bodies, "each request gets its own answer")


HTTP_CHECKS: Sequence[Callable[[Factory], Awaitable[None]]] = (
    check_sends_and_receives,
    check_any_status_is_an_answer,
    check_redirects_are_not_followed,
    check_connections_are_kept,
    check_no_answer_is_unreachable,
    check_time_is_bounded,
    check_size_is_bounded,
    check_own_network_is_refused,
    check_bad_requests_are_refused,
    check_many_at_once,
)
