"""What the pages of notices show: an inbox, and the ways out of the hub."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chengshu.console.model.common import Permission
from chengshu.kernel.texts import Text as ShownText

Scope = Literal["unread", "all"]


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One line of an inbox. ``instead``: nobody of those it is for has an account."""

    id: str
    kind: ShownText
    title: ShownText
    text: ShownText
    at: datetime
    urgent: bool
    instead: bool
    read: bool


@dataclass(frozen=True, slots=True)
class InboxView:
    """An inbox. ``until`` is the newest line's moment in milliseconds: what comes later stays unread;
    ``older`` is where the next page begins, None where there is none.
    """

    scope: Scope
    rows: tuple[NoticeRow, ...]
    unread: int
    until: int
    older: int | None
    may_see_ways: bool


@dataclass(frozen=True, slots=True)
class WayRow:
    """A channel and how it fares. ``declared`` is False for one that the city no longer names."""

    name: str
    kind: str
    declared: bool
    waiting: int
    held: int
    done: int
    gave_up: int
    failures: int
    rests_until: datetime | None
    last_at: datetime | None
    last_error: str


@dataclass(frozen=True, slots=True)
class LostRow:
    """A message that was given up."""

    key: str
    channel: str
    to: str
    title: ShownText
    gave_up_at: datetime
    attempts: int
    error: str


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One line of the ledger of attempts."""

    at: datetime
    channel: str
    key: str
    outcome: Literal["done", "failed", "rejected"]
    took_ms: int
    error: str


@dataclass(frozen=True, slots=True)
class WaysView:
    """The ways out. ``outside`` is False where nothing may leave: drills and the demo city."""

    outside: bool
    ways: tuple[WayRow, ...]
    lost: tuple[LostRow, ...]
    attempts: tuple[AttemptRow, ...]
    retry: Permission
