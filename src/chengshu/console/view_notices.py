"""What the pages of notices need of the hub."""

from __future__ import annotations

from typing import Protocol

from chengshu.console.model import Person
from chengshu.console.model.notices import InboxView, Scope, WaysView


class NoticeDesk(Protocol):
    """Each person's own inbox, and the ways out for who runs the hub."""

    def notices(self, person: Person, scope: Scope, before: int) -> InboxView:
        """The person's inbox, the newest first; ``before`` is milliseconds, 0 for the newest."""
        ...

    def open_notice(self, person: Person, notice: str) -> str:
        """Mark it read; gives the page of the thing. Raises Missing for what is not in the inbox."""
        ...

    def read_notices(self, person: Person, until: int) -> None:
        """Mark as read all that was there at ``until`` (milliseconds)."""
        ...

    def keep_notice(self, person: Person, notice: str) -> None:
        """Put it back among the unread."""
        ...

    def notice_ways(self, person: Person) -> WaysView:
        """Channels, what was given up, the newest attempts. Raises Denied for others than auditors and
        administrators.
        """
        ...

    def retry_notice(self, person: Person, key: str) -> None:
        """Send again what was given up. Raises Denied, and Conflict when it was not."""
        ...
