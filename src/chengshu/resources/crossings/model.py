"""What the crossings speak about. Frozen.

Source: 跨層級、跨地域、跨系統、跨部門、跨業務 of the action plan: each is a path on which data really passed,
with its record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chengshu.kernel.texts import Text

Crossing = Literal["level", "region", "system", "department", "business"]
CROSSINGS: tuple[Crossing, ...] = Crossing.__args__  # type: ignore[attr-defined]
State = Literal["fresh", "stale", "never"]
How = Literal["harvest", "use"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """The newest time that data passed on one path, and where that is on record.

    ``giver`` and ``taker`` are names; ``about`` is the harvest source, or the entry that was used, and
    ``subject`` what the journal calls it; ``record`` the number of the run or the use, ``journal`` the entry
    of the journal that holds it (0: a use that is not sealed yet). ``count`` are entries seen or rows given.
    """

    how: How
    at: datetime
    giver: Text
    taker: Text
    about: str
    subject: str
    record: int
    journal: int
    count: int
    state: State


@dataclass(frozen=True, slots=True)
class Line:
    """One crossing: ``fresh`` only when data passed within its days. ``paths``, the newest first."""

    crossing: Crossing
    state: State
    days: int
    paths: tuple[Exchange, ...]
    broken: tuple[str, ...] = ()  # harvest sources whose newest run broke off
    declared: bool = True  # whether the city names partners for it, where it must
