"""What runs beside: a deletion that was begun before the hub was stopped or killed is finished."""

from __future__ import annotations

from datetime import datetime

from chengshu.foundation.journal import Actor
from chengshu.kernel.clock import from_millis
from chengshu.ports.database import Database
from chengshu.resources.retention import store
from chengshu.resources.retention.commands import Retention


class RetentionFinisher:
    """A ticker. It begins nothing of its own: people look and confirm."""

    name = "retention"
    follows_stream = True

    def __init__(self, database: Database, retention: Retention) -> None:
        self._database, self._retention = database, retention

    def next_due(self) -> datetime | None:
        """When the first deletion was marked that is not finished."""
        with self._database.read() as connection:
            waiting = store.select_destructions(connection, state="marked")
        return from_millis(min(item.at for item in waiting)) if waiting else None

    def tick(self, now: datetime) -> None:
        """Finish what waits."""
        self._retention.resume(Actor.hub("retention"))
