"""Times as NGSI-LD says them (RFC 3339, clause 4.6.3), as milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from chengshu.kernel.clock import millis


@lru_cache(maxsize=4096)
def millis_of(moment: str) -> int:
    """Milliseconds UTC of a date-time; finer fractions are cut. A time without zone is UTC.

    Raises ValueError for anything that is no date-time.
    """
    found = datetime.fromisoformat(moment)
    return millis(found if found.tzinfo else found.replace(tzinfo=UTC))
