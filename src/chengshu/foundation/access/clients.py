"""Programs that use the hub's interfaces: each has a name, rights, tenants and a token of its own."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chengshu.foundation.access import store
from chengshu.foundation.access.model import ANY
from chengshu.foundation.access.passwords import digest
from chengshu.foundation.journal import Act, Actor, record
from chengshu.kernel.clock import Clock, iso
from chengshu.kernel.errors import Conflict, Denied, Findings, Missing, Unauthenticated
from chengshu.ports.database import Database

RIGHTS = ("read", "write")


@dataclass(frozen=True, slots=True)
class Client:
    """A program. ``tenants``: those it may name; ``*`` for all, ``""`` for the default one."""

    name: str
    rights: tuple[str, ...]
    tenants: tuple[str, ...]
    expires_at: datetime | None = None

    @property
    def actor(self) -> Actor:
        """The program as the journal names it."""
        return Actor(f"client:{self.name}", self.name)


class Clients:
    """The programs that may come in. Only the SHA-256 of a token is kept; it is shown once."""

    def __init__(
        self, database: Database, clock: Clock, draw: Callable[[], str] = lambda: secrets.token_urlsafe(32)
    ) -> None:
        self._database, self._clock, self._draw = database, clock, draw
        self._lock = threading.Lock()
        self._by_token: dict[str, Client] = {}
        self._reload()

    def _reload(self) -> None:
        with self._database.read() as connection:
            found = {
                row.token: Client(row.name, row.rights, row.tenants, row.expires_at)
                for row in store.valid_clients(connection)
            }
        with self._lock:
            self._by_token = found

    def create(
        self,
        name: str,
        rights: Iterable[str],
        actor: Actor,
        *,
        tenants: Iterable[str] = ("",),
        expires_at: datetime | None = None,
        policy: str = "",
    ) -> str:
        """A new program and its token. Raises :class:`Invalid`; :class:`Conflict` for a name in use."""
        client = Client(name, tuple(sorted(set(rights))), tuple(sorted(set(tenants))), expires_at)
        _check(client, self._clock.now())
        token = self._draw()
        now = self._clock.now()

        def work(connection: Connection) -> None:
            if not store.put_client(
                connection, digest(token), name, client.rights, client.tenants, expires_at, now
            ):
                raise Conflict(
                    "client-exists",
                    f"a program {name!r} exists",
                    remedy="revoke it first, or take another name",
                )
            body = {
                "rights": client.rights,
                "tenants": client.tenants,
                "expires_at": iso(expires_at) if expires_at else None,
            }
            record(connection, Act(actor, "client.created", name, now, body, policy=policy))

        self._database.write(work)
        self._reload()
        return token

    def revoke(self, name: str, actor: Actor, policy: str = "") -> None:
        """Make the program's token worthless at once. Raises :class:`Missing`."""
        now = self._clock.now()

        def work(connection: Connection) -> None:
            if not store.revoke_client(connection, name, now):
                raise Missing("client-missing", f"no program {name!r} has a token")
            record(connection, Act(actor, "client.revoked", name, now, policy=policy))

        self._database.write(work)
        self._reload()

    def all(self) -> list[Client]:
        """Every program with a token, by name."""
        return sorted(self._by_token.values(), key=lambda client: client.name)

    def admit(self, token: str, right: str, tenant: str = "") -> Client:
        """The program whose token this is. Raises :class:`Unauthenticated`, or :class:`Denied` when it may
        not do this, or not in this tenant.
        """
        client = self._by_token.get(digest(token)) if token else None
        if client is None or (client.expires_at is not None and client.expires_at <= self._clock.now()):
            raise Unauthenticated(
                "client-token",
                "no valid token of a program came with the request",
                remedy="send Authorization: Bearer with a token made by: chengshu client add",
            )
        if right not in client.rights:
            raise Denied("client-right", f"the program {client.name!r} may not {right} here")
        if tenant not in client.tenants and ANY not in client.tenants:
            raise Denied("client-tenant", f"the program {client.name!r} may not use the tenant {tenant!r}")
        return client


def _check(client: Client, now: datetime) -> None:
    findings = Findings()
    if not (0 < len(client.name) <= 64 and client.name.isprintable()):
        findings.add("client-name", "a program's name has 1 to 64 printable characters")
    if unknown := [right for right in client.rights if right not in RIGHTS]:
        findings.add(
            "client-right",
            f"{', '.join(unknown)}: no such right",
            remedy=f"give one or more of {', '.join(RIGHTS)}",
        )
    if not client.rights:
        findings.add("client-right", "a program without rights can do nothing", remedy="give read, or write")
    if client.expires_at is not None and client.expires_at <= now:
        findings.add("client-expiry", "the token would have expired before its first use")
    findings.raise_any()
