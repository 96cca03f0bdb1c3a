"""Requests to the outside over HTTP: one answer or one typed failure, never a surprise.

An engine refuses addresses inside the hub's own network (loopback, private, link-local …) unless the operator
allows them, follows no redirect, and reads no more of an answer than it is told to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from chengshu.kernel.errors import Denied, Invalid, Unavailable

MOST_BODY = 16 * 1024 * 1024
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]{0,8192}")
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection"})


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request. ``timeout_s`` bounds the whole of it, ``most`` the bytes read of the answer."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    timeout_s: float = 10.0
    most: int = MOST_BODY


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back, whatever its status. ``headers`` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the other side took it (2xx)."""
        return 200 <= self.status < 300


class Unreachable(Unavailable):
    """No answer came: refused, broken off, too slow, or not understood. Trying again may help."""

    title = "The other side does not answer"


class AddressRefused(Denied):
    """The operator does not let the hub call this address. Trying again does not help."""

    title = "This address may not be called"


class HttpClient(Protocol):
    """A client for code on an event loop."""

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """The answer to ``request``.

        Raises :class:`Unreachable` when none came in time, :class:`AddressRefused` for an address that is
        not allowed, and :class:`Invalid` for a request that must not be sent (headers, URL).
        """
        ...

    async def close(self) -> None:
        """Give back every connection."""
        ...


class HttpCalls(Protocol):
    """The same for code on plain threads; safe to use from several at once."""

    def submit(self, request: HttpRequest) -> Future[HttpAnswer]:
        """Start ``request``; the future carries what :meth:`HttpClient.send` gives or raises."""
        ...

    def close(self) -> None:
        """Break off what is under way and give back every connection."""
        ...


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse headers that are not well-formed (a line break would add headers of its own) or not the
    caller's to set. Raises :class:`Invalid`.
    """
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or name.lower() in _OURS:
            raise Invalid(
                "http-header-name",
                f"a request cannot have the header {name[:80]!r}",
                where=name[:80],
                remedy="use letters, digits and hyphens, and leave out what the transport sets itself",
            )
        if not _VALUE.fullmatch(value):
            raise Invalid(
                "http-header-value",
                f"the value of the header {name} has signs that no header can carry",
                where=name,
                remedy="use printable Latin text without line breaks",
            )
