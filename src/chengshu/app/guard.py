"""Who calls a machine interface: a program with its token, or a person with a session."""

from __future__ import annotations

from collections.abc import MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.requests import Request

from chengshu.console.visit import SESSION_COOKIE
from chengshu.foundation.access import Access, Accounts, Clients, Resource
from chengshu.foundation.journal import Actor
from chengshu.kernel.errors import Denied, Unauthenticated
from chengshu.resources.sharing import Party
from chengshu.surfaces.ngsi_ld import PREFIX

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_ASKING = frozenset(  # questions that are posted
    f"{PREFIX}/{path}" for path in ("entityOperations/query", "temporal/entityOperations/query")
)
Scope = MutableMapping[str, Any]


class Guard:
    """Admits programs by rights and tenants. Persons may look, with their session, and write elsewhere."""

    def __init__(self, clients: Clients, accounts: Accounts, access: Access) -> None:
        self.clients, self._accounts, self._access = clients, accounts, access

    def who(self, scope: Scope) -> Actor:
        """The caller of a request, from its ASGI scope. Raises :class:`Unauthenticated`, :class:`Denied`."""
        headers = dict(scope["headers"])
        asking = scope["method"] == "POST" and scope["path"].rstrip("/") in _ASKING
        reading = asking or scope["method"] in _READING
        scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" and (session := _session(headers.get(b"cookie", b""))):
            person = self._accounts.session(session).person
            self._access.require(person, "view", Resource("broker", "entities"))
            if not reading:
                raise Denied(
                    "guard-person",
                    "a person's session may only read here",
                    remedy="write with a program's token, or in the console",
                )
            return person.actor
        tenant = headers.get(b"ngsild-tenant", b"").decode("latin-1")
        return self.clients.admit(token.strip(), "read" if reading else "write", tenant).actor

    def program(self, request: Request) -> Party:
        """The program that calls, as a recipient of shared data. Raises :class:`Unauthenticated`,
        :class:`Denied`.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        client = self.clients.admit(token.strip() if scheme.lower() == "bearer" else "", "read")
        return Party(client.actor.id, "", client.name)

    def reader(self, request: Request) -> None:
        """Let a request pass whose caller may read. Raises :class:`Unauthenticated`, :class:`Denied`."""
        self.who(request.scope)

    def knows(self, request: Request) -> bool:
        """Whether the caller is somebody who may read; strangers see only what is open."""
        try:
            self.who(request.scope)
        except (Unauthenticated, Denied):
            return False
        return True


def _session(cookie: bytes) -> str:
    try:
        found = SimpleCookie(cookie.decode("latin-1")).get(SESSION_COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
