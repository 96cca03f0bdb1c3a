"""A follower of the change stream: what happened becomes notices, in one transaction with its own offset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import Connection

from chengshu.foundation.notices.commands import Notices
from chengshu.foundation.notices.model import Notice
from chengshu.kernel.clock import Clock
from chengshu.ports.runtime import Change, Effect

Teller = Callable[[Change], Sequence[Notice]]
_ACCOUNTS = "account."
OLD = timedelta(days=30)  # a hub that tells for the first time does not tell its whole past


class NoticeFollower:
    """A consumer. ``tell`` says which notices follow from a change; it must say the same each time."""

    name = "notices"

    def __init__(self, notices: Notices, clock: Clock, kinds: tuple[str, ...], tell: Teller) -> None:
        self.kinds = (*kinds, _ACCOUNTS)
        self._notices, self._clock, self._tell = notices, clock, tell

    def prepare(self, changes: Sequence[Change]) -> Effect | None:
        """The notices of these changes."""
        someone_new = any(change.kind.startswith(_ACCOUNTS) for change in changes)
        since = self._clock.now() - OLD
        found = [notice for change in changes if change.at > since for notice in self._tell(change)]
        if not found and not someone_new:
            return None

        def effect(connection: Connection) -> None:
            self._notices.post_in(connection, found)
            if someone_new:
                self._notices.claim_in(connection)

        return effect
