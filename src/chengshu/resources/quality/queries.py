"""Readers of quality: the newest measure of a resource, and how its scores went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chengshu.resources.quality import store
from chengshu.resources.quality.store import Kept


@dataclass(frozen=True, slots=True)
class History:
    """``newest`` is the last measure, ``trend`` the scores of the last ones, oldest first."""

    newest: Kept
    trend: tuple[Kept, ...]


def history(connection: Connection, resource: str, until: datetime | None = None) -> History | None:
    """The measures of a resource until a moment; None when there is none."""
    found = store.measures_of(connection, resource, until, limit=60)
    return History(found[0], tuple(reversed(found))) if found else None
