"""Times of the broker as text: ISO 8601 in UTC, to the millisecond, with ``Z`` (clause 4.6.3)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=16384)
def stamp(millis: int) -> str:
    """Milliseconds since 1970 as text, as in ``createdAt`` and ``modifiedAt``."""
    moment = datetime.fromtimestamp(millis // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{millis % 1000:03d}Z"
