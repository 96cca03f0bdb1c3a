"""The secrets by which sources prove who they are. No default: one is made by command, shown once."""

from __future__ import annotations

import hashlib
import secrets
import threading

from sqlalchemy import Connection

from chengshu.foundation import journal
from chengshu.foundation.journal import Act, Actor
from chengshu.foundation.sensing import store
from chengshu.kernel.clock import Clock, millis
from chengshu.ports.database import Database


class Tokens:
    """Tokens per source. Only their SHA-256 is kept: 256 bits of chance need no slow hash."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._valid: set[tuple[str, str]] = set()
        self._reload()

    def _reload(self) -> None:
        with self._database.read() as connection:
            valid = set(store.valid_tokens(connection))
        with self._lock:
            self._valid = valid

    def create(self, source: str, actor: Actor, policy: str = "") -> str:
        """A new token for ``source``, journalled without its secret. Earlier ones stay valid."""
        token = secrets.token_urlsafe(32)
        now = self._clock.now()

        def work(connection: Connection) -> None:
            store.put_token(connection, source, _digest(token), millis(now), actor.id)
            act = Act(actor, "source_token.created", source, now, {"source": source}, policy=policy)
            journal.record(connection, act)

        self._database.write(work)
        self._reload()
        return token

    def revoke(self, source: str, actor: Actor, policy: str = "") -> int:
        """Make every token of ``source`` worthless at once; returns how many there were."""
        now = self._clock.now()

        def work(connection: Connection) -> int:
            count = store.revoke_tokens(connection, source, millis(now))
            body = {"source": source, "count": count}
            journal.record(connection, Act(actor, "source_token.revoked", source, now, body, policy=policy))
            return count

        count = self._database.write(work)
        self._reload()
        return count

    def sources(self) -> list[str]:
        """The source of each valid token."""
        return sorted(source for source, _ in self._valid)

    def check(self, source: str, token: str) -> bool:
        """Whether ``token`` is a valid one of ``source`` (compared by hash, so that timing tells nothing)."""
        return (source, _digest(token)) in self._valid


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
